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
	if at < 0 || colon < 0 || colon >= at-1 {
		return
	}
	pass := s.text[colon+1 : at]
	if stale(pass) || len(pass) < 3 || end == at+1 || common(pass) || strings.EqualFold(pass, s.text[start:colon]) && len(pass) < 9 {
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
	switch strings.ToLower(pass) {
	case "password", "pass", "passwd", "pwd", "pw", "secret", "token", "postgres", "root", "admin", "guest", "user", "test", "mysql", "db_password", "dbpass",
		"x-oauth-basic", "x-access-token", "redis", "changeit", "pass123", "password123", "none", "null":
		return true
	}
	return strings.HasPrefix(pass, "$") || strings.HasPrefix(pass, ":") || strings.HasPrefix(pass, "<") || strings.HasPrefix(pass, "%")
}

// curl looks at the user and password behind -u, in a line that calls curl.
func (s *scan) curl(start, end int) {
	if s.lookout&Secrets == 0 || !strings.Contains(s.before(start, 160), "curl") {
		return
	}
	from, to, _ := s.operand(end)
	user, pass, ok := strings.Cut(s.text[from:to], ":")
	if !ok || user == "" || len(pass) < 3 || stale(pass) || common(pass) || reference(pass, true) {
		return
	}
	s.secret("curl_password", "password", match.High, 0.9, from+len(user)+1, to)
}

// spoken looks at a sentence such as "the password is hunter2".
func (s *scan) spoken(start, end int) {
	if s.lookout&Secrets == 0 {
		return
	}
	from, to, _ := s.operand(s.blank(end))
	text := strings.TrimRight(s.text[from:to], ".,!?)")
	m := mix(text)
	if len(text) < 6 || len(text) > 64 || stale(text) || m.digit == 0 || m.lower+m.upper < 2 || strings.ContainsAny(text, "/(") || start > 0 && s.text[start-1] == '_' {
		return
	}
	s.secret("spoken_password", "password", match.High, 0.75, from, from+len(text))
}
