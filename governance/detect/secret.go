package detect

import (
	"strings"

	"github.com/mcp-kernel/mcp-kernel/governance/match"
)

// secret reports a secret. The name of a file that documents or tests secrets is no excuse: a redacted example harms
// nobody.
func (s *scan) secret(rule, class string, severity match.Severity, confidence float64, start, end int) {
	s.report(match.Finding{
		Check: "secrets", Rule: rule, Class: class, Severity: severity, Confidence: confidence, Span: match.Span{Start: start, End: end},
	})
}

// privateKey looks at the header of a private key: PEM (RFC 7468), OpenSSH, PGP (RFC 9580) or PuTTY.
func (s *scan) privateKey(start int) {
	if s.lookout&Secrets == 0 {
		return
	}
	head := s.window(start, 96)
	var body int
	rule := "pem_private_key"
	if strings.HasPrefix(head, "PuTTY-User-Key-File-") {
		rule, body = "putty_private_key", len("PuTTY-User-Key-File-")
		if !strings.Contains(s.window(start, 4096), "Private-Lines:") {
			return
		}
	} else {
		n := strings.Index(head, "PRIVATE KEY")
		if n < 0 || strings.ContainsAny(head[len("-----BEGIN"):n], "-\n") {
			return
		}
		after := head[n+len("PRIVATE KEY"):]
		after = strings.TrimPrefix(after, " BLOCK")
		if !strings.HasPrefix(after, "-----") {
			return
		}
		body = len(head) - len(after) + len("-----")
		switch {
		case strings.HasPrefix(head, "-----BEGIN OPENSSH"):
			rule = "openssh_private_key"
		case strings.HasPrefix(head, "-----BEGIN PGP"):
			rule = "pgp_private_key"
		}
	}
	s.keyBlock(rule, start, start+body)
}

// keyBlock reports a private key whose body begins at body, if there is one: a header alone is talk about keys.
func (s *scan) keyBlock(rule string, start, body int) {
	end := s.keyEnd(body)
	material := 0
	for i := body; i < end; i++ {
		if isAlnum(s.text[i]) {
			material++
		}
	}
	if material < 60 || monotone(strings.TrimSpace(s.text[body:end])) || strings.Contains(strings.ToLower(s.text[body:min(end, body+60)]), "xxxx") {
		return
	}
	s.secret(rule, "private_key", match.Critical, 0.99, start, end)
	s.resume = max(s.resume, end)
}

// keyEnd returns the end of a key block of which the body begins at i: behind its last line, or where what cannot be a
// part of it begins.
func (s *scan) keyEnd(i int) int {
	const most = 16 << 10
	rest := s.window(i, most)
	if n := strings.Index(rest, "-----BEGIN"); n >= 0 { // another block
		rest = rest[:n]
	}
	if n := strings.Index(rest, "-----END"); n >= 0 {
		last := n + len("-----END")
		if k := strings.Index(rest[last:min(len(rest), last+64)], "-----"); k >= 0 {
			return i + last + k + len("-----")
		}
		return i + last
	}
	if n := strings.Index(rest, "Private-Lines:"); n >= 0 && strings.HasPrefix(s.text[max(0, i-20):], "PuTTY") {
		if k := strings.Index(rest[n:], "Private-MAC:"); k >= 0 {
			n += k + len("Private-MAC:")
			for n < len(rest) && (isHex(rest[n]) || rest[n] == ' ') {
				n++
			}
			return i + n
		}
	}
	n := 0
	for n < len(rest) && (isAlnum(rest[n]) || isSpace(rest[n]) || strings.IndexByte("+/=\\:,()#|'\"`>", rest[n]) >= 0) {
		n++
	}
	return i + n
}
