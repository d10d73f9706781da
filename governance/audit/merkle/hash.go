package merkle

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
)

// HashSize is the length of a hash in bytes.
const HashSize = sha256.Size

// A Hash is a node of the tree, or the hash of an entry. The zero Hash is what the first entry names as its predecessor.
type Hash [HashSize]byte

// String returns the hash as 64 lower-case hexadecimal digits.
func (h Hash) String() string { return hex.EncodeToString(h[:]) }

// MarshalText implements encoding.TextMarshaler.
func (h Hash) MarshalText() ([]byte, error) { return hex.AppendEncode(nil, h[:]), nil }

// UnmarshalText implements encoding.TextUnmarshaler; anything but 64 lower-case hexadecimal digits is an error.
func (h *Hash) UnmarshalText(text []byte) error {
	parsed, ok := ParseHash(text)
	if !ok {
		return fmt.Errorf("hash %.80q: want 64 lower-case hexadecimal digits", text)
	}
	*h = parsed
	return nil
}

// ParseHash reads 64 lower-case hexadecimal digits; ok is false for anything else.
func ParseHash(text []byte) (h Hash, ok bool) {
	if len(text) != 2*HashSize {
		return Hash{}, false
	}
	for i := range h {
		high, low := nibble(text[2*i]), nibble(text[2*i+1])
		if high > 15 || low > 15 {
			return Hash{}, false
		}
		h[i] = high<<4 | low
	}
	return h, true
}

// nibble returns the value of one lower-case hexadecimal digit, or 16.
func nibble(c byte) byte {
	switch {
	case '0' <= c && c <= '9':
		return c - '0'
	case 'a' <= c && c <= 'f':
		return c - 'a' + 10
	}
	return 16
}

// Leaf returns the leaf of an entry whose hash is given: SHA-256(0x00 ‖ hash), as in RFC 6962.
func Leaf(entry Hash) Hash {
	var b [1 + HashSize]byte
	copy(b[1:], entry[:])
	return sha256.Sum256(b[:])
}

// Node returns the parent of two nodes: SHA-256(0x01 ‖ left ‖ right).
func Node(left, right Hash) Hash {
	var b [1 + 2*HashSize]byte
	b[0] = 1
	copy(b[1:], left[:])
	copy(b[1+HashSize:], right[:])
	return sha256.Sum256(b[:])
}

// Empty returns the root of the tree without leaves: SHA-256 of nothing.
func Empty() Hash { return sha256.Sum256(nil) }

// perfect returns the root over a power of two of nodes. It overwrites the slice.
func perfect(nodes []Hash) Hash {
	for n := len(nodes); n > 1; n /= 2 {
		for i := range n / 2 {
			nodes[i] = Node(nodes[2*i], nodes[2*i+1])
		}
	}
	return nodes[0]
}
