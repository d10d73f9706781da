package detect

import (
	"encoding/base64"
	"hash/crc32"
	"strings"

	"github.com/mcp-kernel/mcp-kernel/governance/match"
)

// token looks at a token whose prefix stands at start.
func (s *scan) token(start, index int) {
	if s.lookout&Secrets == 0 {
		return
	}
	form := &s.engine.forms[index]
	body := start + len(form.prefix)
	n := form.set.span(s.text[body:], 1<<14)
	n = len(strings.TrimRight(s.text[body:body+n], ".-"))
	end := body + n
	switch {
	case n < form.least:
		return
	case form.most > 0 && n > form.most:
		if form.least == form.most || form.set != urlSet && form.set != dottedSet && form.set != base64Set && form.set != base64URLSet {
			return
		}
		end = body + form.most
	}
	s.judge(form, start, end)
}

// judge reports a token of the right shape if there is proof enough.
func (s *scan) judge(form *tokenForm, start, end int) {
	body := s.text[start+len(form.prefix) : end]
	if form.proof != proofURL && (stale(body) || entropy(body) < min(3, float64(len(body))/10)) {
		return
	}
	confidence, class := 0.97, "api_token"
	switch form.proof {
	case proofNone:
	case proofCRC:
		if confidence = 0.8; len(body) == 36 && sealed(body) {
			confidence = 1
		}
	case proofRandom:
		if !random(body) {
			return
		}
		confidence = 0.9
	case proofURL:
		if stale(body) || !random(body[strings.LastIndexByte(body, '/')+1:]) {
			return
		}
		class = "webhook"
	case proofJWT:
		if confidence = s.jwt(start, end); confidence == 0 {
			return
		}
		class = "jwt"
	case proofAge:
		if confidence = 0.7; bech32(s.text[start:end]) {
			confidence = 1
		}
		class = "private_key"
	default:
		if start = s.lead(form.proof, start); start < 0 || form.proof == proofDiscord && strings.Count(body, ".") != 1 {
			return
		}
	}
	s.secret(form.rule, class, form.severity, confidence, start, end)
}

// lead returns where a token begins of whose middle start is the beginning, -1 when no token's beginning is there.
func (s *scan) lead(p proof, start int) int {
	set, least, most := alnumSet, 14, 14
	switch p {
	case proofAzure:
		set, least, most = tildeSet, 4, 4
		if start < 1 || !isDigit(s.text[start-1]) {
			return -1
		}
	case proofTelegram:
		set, least, most = digitSet, 8, 10
	case proofMailchimp:
		set, least, most = hexLowerSet, 32, 32
	case proofDiscord:
		set, least, most = urlSet, 23, 28
	default:
	}
	first := start
	for first > 0 && start-first < most && set.has(s.text[first-1]) {
		first--
	}
	if start-first < least || s.wordAt(first-1) {
		return -1
	}
	if p == proofDiscord && !snowflake(s.text[first:start]) {
		return -1
	}
	return first
}

// snowflake reports whether a text is the base64 of a decimal number.
func snowflake(text string) bool {
	var room [24]byte
	n, err := base64.RawURLEncoding.Decode(room[:], []byte(text))
	return err == nil && n >= 17 && digitSet.span(string(room[:n]), n) == n
}

// secret reports a secret. The name of a file that documents or tests secrets is no excuse: a redacted example harms
// nobody.
func (s *scan) secret(rule, class string, severity match.Severity, confidence float64, start, end int) {
	s.report(match.Finding{
		Check: "secrets", Rule: rule, Class: class, Severity: severity, Confidence: confidence, Span: match.Span{Start: start, End: end},
	})
}

// sealed reports whether the last six of 36 characters are the CRC-32 (IEEE) of the first 30, as base62 with the digits
// first, then capitals, then small letters.
func sealed(body string) bool {
	const alphabet = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
	sum := crc32.ChecksumIEEE([]byte(body[:30]))
	for i := 35; i >= 30; i-- {
		if body[i] != alphabet[sum%62] {
			return false
		}
		sum /= 62
	}
	return true
}

// bech32 verifies the checksum of BIP 173, which age keys and Bitcoin's addresses have (or that of BIP 350).
func bech32(text string) bool {
	const alphabet = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"
	separator := strings.LastIndexByte(text, '1')
	if separator < 1 || len(text) > 128 {
		return false
	}
	sum := uint32(1)
	feed := func(value uint32) {
		top := sum >> 25
		sum = (sum&0x1FFFFFF)<<5 ^ value
		for i, generator := range [...]uint32{0x3b6a57b2, 0x26508e6d, 0x1ea119fa, 0x3d4233dd, 0x2a1462b3} {
			if top>>i&1 == 1 {
				sum ^= generator
			}
		}
	}
	prefix := text[:separator]
	for i := range len(prefix) {
		feed(uint32(small(prefix[i])) >> 5)
	}
	feed(0)
	for i := range len(prefix) {
		feed(uint32(small(prefix[i])) & 31)
	}
	for i := separator + 1; i < len(text); i++ {
		value := strings.IndexByte(alphabet, small(text[i]))
		if value < 0 {
			return false
		}
		feed(uint32(value))
	}
	return sum == 1 || sum == 0x2bc830a3
}

// small returns a letter of ASCII in lower case.
func small(c byte) byte {
	if isUpper(c) {
		return c | 0x20
	}
	return c
}

// jwt returns how sure it is that a text is a JSON Web Token (RFC 7519) that is signed or encrypted: 0 when it has not
// three or five parts or its first part is no header.
func (s *scan) jwt(start, end int) float64 {
	text := s.text[start:end]
	header, rest, _ := strings.Cut(text, ".")
	dots := strings.Count(rest, ".")
	if dots != 1 && dots != 3 || len(header) > 1024 {
		return 0
	}
	var room [768]byte
	n, err := base64.RawURLEncoding.Decode(room[:], []byte(header))
	if err != nil || !strings.Contains(string(room[:n]), `"alg"`) {
		return 0
	}
	if signature := rest[strings.LastIndexByte(rest, '.')+1:]; len(signature) < 20 {
		return 0
	}
	// The token on jwt.io's front page, which manuals repeat, opens nothing.
	if strings.Contains(rest, "SflKxwRJSMeKKF2QT4fwpMeJf36POk6yJV_adQssw5c") || strings.Contains(rest, "TJVA95OrM7E2cBab30RMHrHDcEfxjoYZgeFONFh7HgQ") {
		return 0.3
	}
	return 0.97
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
