package detect

import (
	"strings"

	"github.com/mcp-kernel/mcp-kernel/governance/match"
)

// address looks at a URL, whose :// stands at i, for a password before its host (RFC 3986, 3.2.1).
func (s *scan) address(i int) {
	if s.lookout&Secrets == 0 {
		return
	}
	start := i + len("://")
	end := start
	at, colon := -1, -1
	for end < len(s.text) && end-start < 512 {
		c := s.text[end]
		if c <= ' ' || strings.IndexByte("\"'`<>/?", c) >= 0 {
			break
		}
		if c == '@' {
			at = end
		}
		if c == ':' && colon < 0 {
			colon = end
		}
		end++
	}
	if at < 0 || end == at+1 {
		return
	}
	if colon < 0 && at-start >= 20 && random(s.text[start:at]) { // a token in the place of a user
		s.secret("url_token", "api_token", match.High, 0.85, start, at)
		return
	}
	if colon < 0 || colon >= at-1 {
		return
	}
	pass := s.text[colon+1 : at]
	if stale(pass) || len(pass) < 3 || common(pass) || strings.EqualFold(pass, s.text[start:colon]) && len(pass) < 9 {
		return
	}
	confidence := 0.95
	if m := mix(pass); m.kinds() < 2 {
		confidence = 0.75
	}
	s.secret("url_password", "password", match.High, confidence, colon+1, at)
}

// common reports whether a password is a word that manuals use and that guards nothing.
func common(pass string) bool {
	var room [24]byte
	switch lowered(room[:0], pass[:min(len(pass), len(room))]) {
	case "password", "pass", "passwd", "pwd", "pw", "secret", "token", "postgres", "root", "admin", "guest", "user", "test", "mysql", "db_password", "dbpass",
		"x-oauth-basic", "x-access-token", "redis", "changeit", "pass123", "password123", "none", "null":
		return true
	}
	return strings.HasPrefix(pass, "$") || strings.HasPrefix(pass, ":") || strings.HasPrefix(pass, "<") || pass[0] == '%' && (len(pass) < 3 || !isHex(pass[1]) || !isHex(pass[2]))
}
