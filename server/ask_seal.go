package server

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/mcp-kernel/mcp-kernel/modules/primitives"
)

// A sealer closes what a client carries for us from one request to the next, so that nobody but us can read or make it.
// Each state has a key of its own, derived by HKDF-SHA256 (RFC 5869) from the secret and a fresh salt, and is closed with
// AES-256-GCM over what it is bound to: a state that was changed, and one that is shown by somebody else or for something
// else, cannot be opened. Whoever has the secret opens what any of them has closed, so replicas share it.
type sealer struct {
	secrets func() [][]byte // at least one: the first seals, all open
	random  io.Reader
	now     func() time.Time
}

// The parts of a closed state: a version, the salt, and the sealed text with its tag.
const (
	sealVersion = 1
	saltSize    = 24
	secretSize  = 32
	sealTag     = 16
	sealInfo    = "mcp-kernel request state v1"
)

// Why a state cannot be used. The first says no more than that: whose it was is nobody's business.
var (
	errForeign = errors.New("is none that this server made for this request")
	errExpired = errors.New("has expired")
)

// close seals a state for what it is bound to.
func (s *sealer) close(state callState, bound []byte) (string, error) {
	plain, err := json.Marshal(state)
	if err != nil {
		return "", err
	}
	if len(plain) > maxState {
		return "", fmt.Errorf("request state of %d bytes, at most %d are sealed", len(plain), maxState)
	}
	text := make([]byte, 1+saltSize, 1+saltSize+len(plain)+sealTag)
	text[0] = sealVersion
	if _, err := io.ReadFull(s.random, text[1:]); err != nil {
		return "", fmt.Errorf("salt of a request state: %w", err)
	}
	box, nonce, err := boxOf(s.secrets()[0], text[1:])
	if err != nil {
		return "", err
	}
	return base64.RawURLEncoding.EncodeToString(box.Seal(text, nonce, plain, bound)), nil
}

// open returns a state that close has sealed for the same, or errForeign or errExpired.
func (s *sealer) open(sealed string, bound []byte) (callState, error) {
	const shortest = 1 + saltSize + sealTag
	if len(sealed) > base64.RawURLEncoding.EncodedLen(shortest+maxState) {
		return callState{}, errForeign
	}
	text, err := base64.RawURLEncoding.Strict().DecodeString(sealed)
	if err != nil || len(text) < shortest || text[0] != sealVersion {
		return callState{}, errForeign
	}
	plain, ok := s.unbox(text, bound)
	var state callState
	if !ok || json.Unmarshal(plain, &state) != nil {
		return callState{}, errForeign
	}
	if s.now().UnixMilli() >= state.Expires {
		return callState{}, errExpired
	}
	return state, nil
}

// unbox opens what was closed with any of the secrets.
func (s *sealer) unbox(text, bound []byte) (plain []byte, ok bool) {
	for _, secret := range s.secrets() {
		box, nonce, err := boxOf(secret, text[1:1+saltSize])
		if err != nil {
			return nil, false
		}
		if plain, err = box.Open(nil, nonce, text[1+saltSize:], bound); err == nil {
			return plain, true
		}
	}
	return nil, false
}

// boxOf returns the cipher of one salt, and the nonce: a key is used once, so it may be derived like the key.
func boxOf(secret, salt []byte) (cipher.AEAD, []byte, error) {
	const keySize, nonceSize = 32, 12
	derived, err := hkdf.Key(sha256.New, secret, salt, sealInfo, keySize+nonceSize)
	if err != nil {
		return nil, nil, fmt.Errorf("key of a request state: %w", err)
	}
	block, err := aes.NewCipher(derived[:keySize])
	if err != nil {
		return nil, nil, fmt.Errorf("key of a request state: %w", err)
	}
	box, err := cipher.NewGCM(block)
	return box, derived[keySize:], err
}

// bound is what a state of this request is bound to: who asks, what is asked for, with which arguments, in which execution.
func (r *request) bound() []byte {
	args := r.env.rawArguments()
	if len(args) == 0 {
		args = json.RawMessage("{}")
	}
	if canonical, err := primitives.Canonical(args); err == nil {
		args = canonical // a client may write the same arguments in another way
	}
	digest := sha256.Sum256(args)
	var b []byte
	for _, part := range []string{r.as().Identity(), r.env.method, r.env.name, r.meta.execution, string(digest[:])} {
		b = append(binary.AppendUvarint(b, uint64(len(part))), part...)
	}
	return b
}
