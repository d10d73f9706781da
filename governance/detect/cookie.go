package detect

import (
	"strings"

	"github.com/mcp-kernel/mcp-kernel/governance/match"
)

// cookies looks at the pairs of a Cookie or Set-Cookie header (RFC 6265) from i on for those that keep somebody logged in.
func (s *scan) cookies(i int) {
	end := min(len(s.text), i+mostOperand)
	if n := strings.IndexAny(s.text[i:end], "\r\n\"`"); n >= 0 {
		end = i + n
	}
	for range 32 {
		for i < end && strings.IndexByte(" ;'", s.text[i]) >= 0 {
			i++
		}
		n := strings.IndexAny(s.text[i:end], "=;")
		if n < 0 {
			return
		}
		name, from := s.text[i:i+n], i+n+1
		i = end
		if k := strings.IndexAny(s.text[min(from, end):end], ";' "); k >= 0 {
			i = from + k
		}
		if from < i && sessionName(name) {
			s.session(from, i)
		}
	}
}

// session reports the value of a cookie if it looks as if it was drawn by lot, or is signed.
func (s *scan) session(from, to int) {
	text := s.text[from:to]
	if len(text) < 16 || stale(text) || isUUID(text) && len(text) > 36 {
		return
	}
	m := mix(text)
	if m.digit == 0 || m.lower+m.upper == 0 || entropy(text) < 3 {
		return
	}
	s.secret("session_cookie", "api_key", match.High, 0.85, from, to)
}

// sessionName reports whether the name of a cookie is that of one by which a server knows a user.
func sessionName(name string) bool {
	var room [64]byte
	plain := view(letters(room[:0], name[:min(len(name), 64)]))
	if strings.Contains(plain, "csrf") || strings.Contains(plain, "xsrf") {
		return false
	}
	for _, part := range [...]string{"sess", "auth", "token", "jwt", "connectsid", "login", "remember", "sso", "identity", "aspxauth", "user", "access", "refresh", "gitlab", "dashost", "ssid", "hsid", "wordpress"} {
		if strings.Contains(plain, part) {
			return true
		}
	}
	return plain == "sid" || strings.HasSuffix(plain, "sid") || plain == "d" || plain == "id"
}
