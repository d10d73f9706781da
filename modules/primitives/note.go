package primitives

import (
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"
)

// algorithmEd25519 is the signature type of Ed25519 in signed notes (https://c2sp.org/signed-note).
const algorithmEd25519 = 0x01

// Bounds of a note.
const (
	maxNote       = 1 << 20
	maxSignatures = 100
)

// ErrNote is returned for a note that is malformed, or that none of the given keys has signed.
var ErrNote = errors.New("no valid signed note")

// A Verifier verifies the signatures of one key. It is immutable.
type Verifier struct {
	name   string
	public ed25519.PublicKey
}

// keyHash is the first four bytes of SHA-256 over name, newline, signature type and public key.
func keyHash(name string, public ed25519.PublicKey) uint32 {
	sum := sha256.Sum256(append([]byte(name+"\n\x01"), public...))
	return binary.BigEndian.Uint32(sum[:])
}

// ParseVerifierKey reads a verifier key of the form name+hash+base64.
func ParseVerifierKey(text string) (*Verifier, error) {
	name, rest, _ := strings.Cut(strings.TrimSpace(text), "+")
	hash, encoded, ok := strings.Cut(rest, "+")
	key, err := base64.StdEncoding.DecodeString(encoded)
	want, hexErr := strconv.ParseUint(hash, 16, 32)
	switch {
	case !ok || err != nil || hexErr != nil || len(hash) != 8 || checkKeyName(name) != nil:
		return nil, errors.New("verifier key: want name+hash+base64")
	case len(key) != 1+ed25519.PublicKeySize || key[0] != algorithmEd25519:
		return nil, errors.New("verifier key: not an Ed25519 key")
	}
	v := &Verifier{name: name, public: key[1:]}
	if keyHash(name, v.public) != uint32(want) {
		return nil, errors.New("verifier key: hash does not fit name and key")
	}
	return v, nil
}

// Name returns the key's name.
func (v *Verifier) Name() string { return v.name }

// KeyID returns the key's short hash.
func (v *Verifier) KeyID() uint32 { return keyHash(v.name, v.public) }

// Verify reports whether a signature over a message is this key's.
func (v *Verifier) Verify(message, signature []byte) bool {
	return len(signature) == ed25519.SignatureSize && ed25519.Verify(v.public, message, signature)
}

// String returns the verifier key.
func (v *Verifier) String() string { return verifierKey(v.name, v.public) }

// SignNote signs a text, which must end in a newline, and returns it as a signed note: the text, an empty line and the
// signature's line.
func (s *Signer) SignNote(text string) ([]byte, error) {
	if err := checkNoteText(text); err != nil {
		return nil, err
	}
	private, name := s.current()
	public := private.Public().(ed25519.PublicKey)
	signature := binary.BigEndian.AppendUint32(nil, keyHash(name, public))
	signature = append(signature, ed25519.Sign(private, []byte(text))...)
	return fmt.Appendf(nil, "%s\n— %s %s\n", text, name, base64.StdEncoding.EncodeToString(signature)), nil
}

func checkNoteText(text string) error {
	switch {
	case !strings.HasSuffix(text, "\n"):
		return errors.New("note: the text must end in a newline")
	case !utf8.ValidString(text) || strings.ContainsFunc(text, func(r rune) bool { return r < 0x20 && r != '\n' }):
		return errors.New("note: the text must be UTF-8 without control characters")
	default:
		return nil
	}
}

// OpenNote returns the text of a note that at least one of the verifiers' keys has signed, and which one. Signatures of
// other keys are ignored; a wrong one of a known key is not.
func OpenNote(note []byte, verifiers ...*Verifier) (string, *Verifier, error) {
	if len(note) > maxNote {
		return "", nil, fmt.Errorf("%w: more than %d bytes", ErrNote, maxNote)
	}
	text, signatures, ok := cutLast(string(note), "\n\n")
	if !ok || checkNoteText(text+"\n") != nil || !strings.HasSuffix(signatures, "\n") {
		return "", nil, fmt.Errorf("%w: malformed", ErrNote)
	}
	text += "\n"
	lines := strings.Split(strings.TrimSuffix(signatures, "\n"), "\n")
	if len(lines) > maxSignatures {
		return "", nil, fmt.Errorf("%w: more than %d signatures", ErrNote, maxSignatures)
	}
	var signer *Verifier
	for _, line := range lines {
		v, known, err := checkSignature(text, line, verifiers)
		if err != nil {
			return "", nil, err
		}
		if known && signer == nil {
			signer = v
		}
	}
	if signer == nil {
		return "", nil, fmt.Errorf("%w: not signed by a known key", ErrNote)
	}
	return text, signer, nil
}

func cutLast(text, separator string) (before, after string, ok bool) {
	i := strings.LastIndex(text, separator)
	if i < 0 {
		return "", "", false
	}
	return text[:i], text[i+len(separator):], true
}

// checkSignature returns the verifier that a signature line is valid for, and whether the line is of a known key.
func checkSignature(text, line string, verifiers []*Verifier) (*Verifier, bool, error) {
	rest, ok := strings.CutPrefix(line, "— ")
	name, encoded, cut := strings.Cut(rest, " ")
	raw, err := base64.StdEncoding.DecodeString(encoded)
	if !ok || !cut || err != nil || len(raw) < 5 {
		return nil, false, fmt.Errorf("%w: malformed signature line", ErrNote)
	}
	for _, v := range verifiers {
		if v.name != name || v.KeyID() != binary.BigEndian.Uint32(raw) {
			continue
		}
		if !v.Verify([]byte(text), raw[4:]) {
			return nil, false, fmt.Errorf("%w: the signature of %s is wrong", ErrNote, name)
		}
		return v, true, nil
	}
	return nil, false, nil
}
