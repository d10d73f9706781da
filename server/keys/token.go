package keys

import (
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"io"

	"github.com/mcp-kernel/mcp-kernel/modules/primitives"
)

// Prefix begins every token of a key, and no access token of OAuth.
const Prefix = "mk_"

// A token is mk_<id>_<secret>: the id of its key, by which it is found, and 32 random bytes as base64url without padding.
// The first letters are there for whoever scans texts for secrets that were left lying about.
const (
	tokenPrefix = Prefix
	idLength    = 36 // a UUID's text
	secretBytes = 32
	secretAt    = len(tokenPrefix) + idLength + len("_")
	tokenLength = secretAt + (secretBytes*8+5)/6
)

// A digest is what a token is recognised by. SHA-256 once, without salt and without stretching, is right here and would
// be wrong for a password: those defend what people choose against guessing, and nobody guesses 256 random bits. Tokens
// are never alike, so there is no table to look them up in either, and what every request pays for stays below a
// microsecond. The whole token is hashed, so that a secret opens nothing under another id.
type digest [sha256.Size]byte

// digestOf hashes a token of the right length. The copy has a fixed size so that it stays on the stack.
func digestOf(token string) digest {
	var text [tokenLength]byte
	copy(text[:], token)
	return sha256.Sum256(text[:])
}

// newToken makes the token of a key.
func newToken(id string, random io.Reader) (string, error) {
	var secret [secretBytes]byte
	if _, err := io.ReadFull(random, secret[:]); err != nil {
		return "", err
	}
	return tokenPrefix + id + "_" + base64.RawURLEncoding.EncodeToString(secret[:]), nil
}

// idOf returns the id within a token; ok is false for a text that has not the form of one. What it returns holds nothing
// but hexadecimal digits and dashes, so it may be logged whoever sent it.
func idOf(token string) (id string, ok bool) {
	if len(token) != tokenLength || token[:len(tokenPrefix)] != tokenPrefix || token[secretAt-1] != '_' {
		return "", false
	}
	id = token[len(tokenPrefix) : secretAt-1]
	if !primitives.ValidID(id) || !base64url(token[secretAt:]) {
		return "", false
	}
	return id, true
}

// base64url reports whether a text is in the alphabet of RFC 4648 section 5.
func base64url(text string) bool {
	for i := range len(text) {
		switch b := text[i]; {
		case 'a' <= b && b <= 'z', 'A' <= b && b <= 'Z', '0' <= b && b <= '9', b == '-', b == '_':
		default:
			return false
		}
	}
	return true
}

// equal compares in constant time.
func (d digest) equal(other digest) bool { return subtle.ConstantTimeCompare(d[:], other[:]) == 1 }
