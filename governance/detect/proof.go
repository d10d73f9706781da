package detect

import (
	"encoding/base64"
	"hash/crc32"
	"strings"
)

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
