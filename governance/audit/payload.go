package audit

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"fmt"
	"hash"
	"io"
	"slices"

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
	digest := sum(append(slices.Clip(salt), canonical...))
	return hmac.Equal(digest[:], p.Digest[:]), nil
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
	s, ok := j.scribes.Get().(*scribe)
	if !ok {
		s = newScribe(j.secret)
	}
	p, err := s.payload(call, raw, &j.o)
	if cap(s.salted) <= maxKept {
		j.scribes.Put(s)
	}
	if err != nil {
		return Payload{}, fmt.Errorf("payload of call %s: %w", call, err)
	}
	return p, nil
}

// maxKept bounds the buffers that wait to be used again, in bytes.
const maxKept = 256 << 10

// A scribe makes payloads, one after the other, in the same memory.
type scribe struct {
	mac     hash.Hash // HMAC-SHA256 under the journal's secret; it keeps its keyed state when it is reset
	form    primitives.Canonicalizer
	id      []byte // of the call, for the mac
	of      string // the call that the salt is of
	salted  []byte // the salt, and behind it the canonical JSON: what is hashed
	preview preview
}

func newScribe(secret []byte) *scribe {
	return &scribe{mac: hmac.New(sha256.New, secret)}
}

// payload makes one payload.
func (s *scribe) payload(call string, raw []byte, o *Options) (p Payload, err error) {
	s.salt(call)
	if s.salted, err = s.form.Append(s.salted[:sha256.Size], raw); err != nil {
		return Payload{}, err
	}
	canonical := s.salted[sha256.Size:]
	p = Payload{Digest: sum(s.salted), Bytes: int64(len(canonical))}
	if o.Capture != CaptureDigest {
		p.Preview = string(s.preview.of(canonical))
	}
	if o.Capture == CaptureSealed {
		p.Sealed, err = seal(canonical, o.Recipient)
	}
	return p, err
}

// salt puts the salt of a call's digests where it is hashed: HMAC-SHA256(secret, call id). It is disclosed only with a
// receipt.
func (s *scribe) salt(call string) {
	if s.of == call && call != "" { // a call's arguments and its result are often written by the same scribe
		return
	}
	s.mac.Reset()
	s.id = append(s.id[:0], call...)
	s.mac.Write(s.id)
	s.of, s.salted = call, s.mac.Sum(s.salted[:0])
}

// salt returns the salt of a call's digests.
func (j *Journal) salt(call string) []byte {
	s := newScribe(j.secret)
	s.salt(call)
	return s.salted
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
