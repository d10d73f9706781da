package detect

import (
	"crypto/sha256"
	"net/netip"
	"strings"

	"github.com/mcp-kernel/mcp-kernel/governance/match"
)

// ipv4 looks at an address of which the middle stands at i. Only public ones tell anything about anyone; four numbers
// that a version may have count less.
func (s *scan) ipv4(i int) {
	if s.lookout&PII == 0 {
		return
	}
	start := i
	for start > 0 && i-start < 16 && (isDigit(s.text[start-1]) || s.text[start-1] == '.') {
		start--
	}
	end := i
	for end < len(s.text) && end-start < 17 && (isDigit(s.text[end]) || s.text[end] == '.') {
		end++
	}
	text := strings.TrimRight(s.text[start:end], ".")
	end = start + len(text)
	if s.wordAt(start-1) || s.wordAt(end) || s.byteBefore(start) == '-' || strings.Count(text, ".") != 3 {
		return
	}
	address, err := netip.ParseAddr(text)
	if err != nil || !personal(address) || end < len(s.text) && (s.text[end] == '-' || s.text[end] == '+') {
		return
	}
	confidence := 0.75
	bytes := address.As4()
	switch {
	case s.near(start, "version", "ver", "v", "release", "chrome", "safari", "firefox", "build", "edg", "oid", "section", "package", "assembly"),
		strings.HasSuffix(s.before(start, 8), "/"):
		confidence = 0.25
	case s.near(start, "ip", "address", "addr", "host", "client", "from", "remote", "src", "dst", "login", "server", "forwarded"):
		confidence = 0.9
	case bytes[0] < 16 && bytes[1] < 32 && bytes[2] < 32:
		confidence = 0.35
	}
	s.pii("ipv4", "ip_address", match.Low, confidence, start, end)
}

// personal reports whether an address may be that of somebody's line.
func personal(a netip.Addr) bool {
	for _, documented := range [...]string{"2001:db8:", "192.0.2.", "198.51.100.", "203.0.113."} { // RFC 3849, RFC 5737
		if strings.HasPrefix(a.String(), documented) {
			return false
		}
	}
	return a.IsGlobalUnicast() && !a.IsPrivate() && !a.IsLinkLocalUnicast() && (!a.Is4() || a.As4()[0] != 0)
}

// ipv6 looks at an address that may begin at start.
func (s *scan) ipv6(start int) {
	if s.lookout&PII == 0 || s.byteBefore(start) == ':' {
		return
	}
	end := start
	for end < len(s.text) && end-start < 40 && (isHex(s.text[end]) || s.text[end] == ':') {
		end++
	}
	text := strings.TrimRight(s.text[start:end], ":")
	if strings.Count(text, ":") < 3 || s.wordAt(end) {
		return
	}
	if address, err := netip.ParseAddr(text); err == nil && personal(address) {
		s.pii("ipv6", "ip_address", match.Low, 0.85, start, start+len(text))
	}
}

// wallet looks at an address of a cryptocurrency that may begin at start.
func (s *scan) wallet(start int) {
	if s.lookout&PII == 0 {
		return
	}
	n := alnumSet.span(s.text[start:], 100)
	text := s.text[start : start+n]
	if s.wordAt(start + n) {
		return
	}
	switch {
	case strings.HasPrefix(text, "0x"):
		if n == 42 && hexSet.span(text[2:], 40) == 40 && entropy(text[2:]) > 2.5 && strings.Trim(text[2:], "0123456789") != "" {
			s.pii("ethereum_address", "crypto_address", match.Low, s.surer(start, 0.7, 0.9, "wallet", "eth", "ethereum", "address", "pay"), start, start+n)
		}
	case strings.HasPrefix(text, "bc1"):
		if n >= 42 && n <= 62 && bech32(text) {
			s.pii("bitcoin_address", "crypto_address", match.Low, 0.98, start, start+n)
		}
	case n >= 26 && n <= 35 && base58check(text):
		s.pii("bitcoin_address", "crypto_address", match.Low, 0.98, start, start+n)
	}
}

// base58check verifies the checksum of Bitcoin's older addresses: the first four bytes of a double SHA-256.
func base58check(text string) bool {
	const alphabet = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
	var number [25]byte
	for i := range len(text) {
		carry := strings.IndexByte(alphabet, text[i])
		if carry < 0 {
			return false
		}
		for k := len(number) - 1; k >= 0; k-- {
			carry += int(number[k]) * 58
			number[k] = byte(carry)
			carry >>= 8
		}
		if carry != 0 {
			return false
		}
	}
	first := sha256.Sum256(number[:21])
	second := sha256.Sum256(first[:])
	return string(second[:4]) == string(number[21:])
}
