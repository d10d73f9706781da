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
	const most = 16 << 10
	end, material := body, 0
	for end < len(s.text) && end-body < most {
		c := s.text[end]
		if !isAlnum(c) && !isSpace(c) && strings.IndexByte("+/=\\:,()#|'\"`>", c) < 0 && (c != '-' || strings.HasPrefix(s.text[end:], "-----")) {
			break
		}
		if isAlnum(c) {
			material++
		}
		end++
	}
	if material < 60 || monotone(strings.TrimSpace(s.text[body:end])) || strings.Contains(strings.ToLower(s.text[body:min(end, body+60)]), "xxxx") {
		return
	}
	if strings.HasPrefix(s.text[end:], "-----END") {
		if n := strings.Index(s.window(end+8, 64), "-----"); n >= 0 {
			end += 8 + n + len("-----")
		}
	}
	s.secret(rule, "private_key", match.Critical, 0.99, start, end)
	s.resume = max(s.resume, end)
}
