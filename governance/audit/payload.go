package audit

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"fmt"
	"io"

	"filippo.io/age"

	"github.com/mcp-kernel/mcp-kernel/modules/primitives"
)

// A Payload is how arguments and results appear in the journal: never themselves, unless sealed.
type Payload struct {
	Digest  Hash   // SHA-256(salt ‖ canonical JSON); zero when there is no payload
	Bytes   int64  // length of the canonical JSON
	Preview string // its shape with secrets replaced and texts cut, at most 256 bytes
	Sealed  []byte // the canonical JSON encrypted with age to the operator's recipient, when captured so
}

// Matches reports whether the payload is the digest of this JSON under the salt that a receipt disclosed.
func (p Payload) Matches(salt, raw []byte) (bool, error) {
	canonical, err := primitives.Canonical(raw)
	if err != nil {
		return false, fmt.Errorf("payload: %w", err)
	}
	digest := digestOf(salt, canonical)
	return hmac.Equal(digest[:], p.Digest[:]), nil
}

// digestOf returns SHA-256(salt ‖ canonical).
func digestOf(salt, canonical []byte) Hash {
	h := sha256.New()
	h.Write(salt)
	h.Write(canonical)
	return Hash(h.Sum(nil))
}

// Capture says how much of arguments and results the journal keeps. The zero value keeps a preview.
type Capture uint8

// The ways to capture.
const (
	CapturePreview Capture = iota // digest and redacted preview
	CaptureDigest                 // digest alone
	CaptureSealed                 // digest, preview, and the whole encrypted to Options.Recipient
)

// Payload returns raw JSON as the journal keeps it for this call, by Options.Capture. Empty raw gives the zero Payload.
// JSON that has no canonical form (it is malformed) is an error.
func (j *Journal) Payload(call string, raw []byte) (Payload, error) {
	if len(raw) == 0 {
		return Payload{}, nil
	}
	canonical, err := primitives.Canonical(raw)
	if err != nil {
		return Payload{}, fmt.Errorf("payload of call %s: %w", call, err)
	}
	p := Payload{Digest: digestOf(j.salt(call), canonical), Bytes: int64(len(canonical))}
	if j.o.Capture != CaptureDigest {
		p.Preview = Preview(canonical)
	}
	if j.o.Capture == CaptureSealed {
		p.Sealed, err = seal(canonical, j.o.Recipient)
	}
	return p, err
}

// salt returns the salt of a call's digests: HMAC-SHA256(secret, call id). It is disclosed only with a receipt.
func (j *Journal) salt(call string) []byte {
	mac := hmac.New(sha256.New, j.secret)
	mac.Write([]byte(call))
	return mac.Sum(nil)
}

// seal encrypts to the recipient.
func seal(plain []byte, to age.Recipient) ([]byte, error) {
	var out bytes.Buffer
	w, err := age.Encrypt(&out, to)
	if err != nil {
		return nil, fmt.Errorf("seal payload: %w", err)
	}
	if _, err := io.Copy(w, bytes.NewReader(plain)); err != nil {
		return nil, fmt.Errorf("seal payload: %w", err)
	}
	if err := w.Close(); err != nil {
		return nil, fmt.Errorf("seal payload: %w", err)
	}
	return out.Bytes(), nil
}
