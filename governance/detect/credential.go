package detect

import (
	stdbase64 "encoding/base64"
	"strings"

	"github.com/mcp-kernel/mcp-kernel/governance/match"
)

// key judges the value of a key or token.
func (s *scan) key(text, name string, from, to int, quoted bool) {
	n := len(strings.TrimRight(text, "="))
	var room [64]byte
	plain := view(letters(room[:0], name[max(0, len(name)-64):]))
	alphabet := base64URLSet.span(text, len(text)) == len(text) || tildeSet.span(text, len(text)) == len(text)
	switch {
	case isUUID(text):
		confidence := 0.5
		if endsWith(plain, "apikey", "secret", "secretkey", "accesstoken", "authtoken", "apitoken", "refreshtoken", "licensekey", "personalaccesstoken", "authkey", "servicekey") {
			confidence = 0.8
		}
		s.secret("uuid_key", "api_key", match.Medium, confidence, from, to)
	case alphabet && n == 40 && strings.Contains(plain, "secret") && strings.Contains(plain, "aws") && random(text[:n]):
		s.secret("aws_secret_key", "api_key", match.Critical, 0.97, from, to)
	case alphabet && random(text[:n]) && !version(text):
		confidence := 0.8
		if quoted && n >= 20 {
			confidence = 0.88
		}
		s.secret("high_entropy_value", "api_key", match.High, confidence, from, to)
	default:
		s.chosen(text, plain, from, to, quoted)
	}
}

// chosen judges the value of a key that does not look as if a machine had drawn it from an alphabet.
func (s *scan) chosen(text, name string, from, to int, quoted bool) {
	m := mix(text)
	bound := quoted || s.byteBefore(from) == '='
	switch {
	case strings.Count(text, " ") > 0 || m.digit == 0 && m.other < 2 || reference(text, false) || version(text) || m.wide > 0:
		if plain, ok := unwrapped(text); ok && mix(plain).kinds() > 2 && mix(plain).digit > 0 {
			s.secret("secret_value", "password", match.High, 0.75, from, to)
		}
	case len(text) >= 16 && m.kinds() >= 3 && m.digit > 1 && entropy(text) > 3.3 && !technical(text):
		s.secret("secret_value", "api_key", match.High, 0.8, from, to)
	case bound && len(text) >= 8 && len(text) <= 64 && m.kinds() == 4 && !strings.ContainsAny(text, "/:.<"):
		s.secret("secret_value", "password", match.High, 0.7, from, to)
	case bound && m.digit > 0 && m.kinds() >= 3 && len(text) >= 10 && entropy(text) > 2.9 && strings.HasSuffix(name, "secret"):
		s.secret("secret_value", "password", match.High, 0.7, from, to)
	case bound && len(text) >= 10 && m.digit > 2 && m.lower+m.upper > 2 && changes(text) > 3 && entropy(text) > 2.9 && !technical(text):
		s.secret("short_key", "api_key", match.High, 0.75, from, to)
	}
}

// version reports whether a text is a path or a list of names joined by slashes or dots.
func version(text string) bool {
	return strings.Count(text, "/") > 2 && mix(text).digit*8 < len(text) || strings.Count(text, "-") > 4 || strings.Count(text, ".") > 3
}

// isUUID reports whether a text has the form of RFC 9562, which names things.
func isUUID(text string) bool {
	return len(text) == 36 && text[8] == '-' && text[13] == '-' && text[18] == '-' && text[23] == '-' && hexSet.span(text, 8) == 8
}

// bearer looks at what follows the word "bearer" or "basic".
func (s *scan) bearer(end int, basic bool) {
	if s.lookout&Secrets == 0 {
		return
	}
	n := base64URLSet.span(s.text[end:], 4096)
	if basic {
		n = base64Set.span(s.text[end:], 512)
	} else if k := dottedSet.span(s.text[end:], 4096); k > n {
		n = k
	}
	s.credential(s.text[end:end+n], end, end+n, basic)
}

// credential judges what stands behind the scheme of an Authorization header.
func (s *scan) credential(text string, from, to int, basic bool) {
	if stale(text) {
		return
	}
	if !basic {
		if n := len(strings.TrimRight(text, "=.")); n >= 20 && random(text[:n]) {
			s.secret("bearer_token", "api_token", match.High, 0.9, from, from+n)
		}
		return
	}
	var room [384]byte
	if len(text) < 8 || len(text) > 512 {
		return
	}
	encoding := stdbase64.StdEncoding
	if len(text)%4 != 0 {
		encoding = stdbase64.RawStdEncoding
	}
	n, err := encoding.Decode(room[:], []byte(text))
	user, pass, ok := strings.Cut(string(room[:n]), ":")
	if err == nil && ok && user != "" && len(pass) >= 3 && printable(user) && printable(pass) && !stale(pass) {
		s.secret("basic_auth", "password", match.High, 0.93, from, to)
	}
}

func printable(text string) bool {
	for i := range len(text) {
		if text[i] < ' ' || text[i] >= 0x7F {
			return false
		}
	}
	return true
}
