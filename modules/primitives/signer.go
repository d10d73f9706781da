package primitives

import (
	"bytes"
	"crypto/ed25519"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"
)

// A Signer signs with the Ed25519 key of a key file. It is safe for concurrent use. Nothing prints the private key.
type Signer struct {
	path   string
	random io.Reader

	mu      sync.RWMutex
	key     keyFile
	private ed25519.PrivateKey // of key.Seed
}

// keyFile is a key as it lies in its file: the seed that signs now, and the public keys that signed before, each with
// its signature over its successor's verifier key, so that whoever trusts the first key can follow to the last.
type keyFile struct {
	Version int       `json:"version"`
	Name    string    `json:"name"`
	Seed    []byte    `json:"seed"`
	Retired []Retired `json:"retired,omitempty"` // the oldest first
}

// Retired is a key that signs no more. Signature is made by it over the verifier key of its successor.
type Retired struct {
	Verifier  string `json:"verifier"`
	Signature []byte `json:"signature"`
}

// keyVersion is the version of the file's format; maxKeyFile bytes hold some thousands of retired keys.
const (
	keyVersion = 1
	maxKeyFile = 1 << 20
)

// ErrKeyReadable is returned for a key file that others than its owner may read.
var ErrKeyReadable = errors.New("key file is readable by others")

// OpenSigner loads the key of a file, or makes file and key when there is none: then with the given name, which ends up
// in every signature and must be free of spaces and "+". Two processes that make the same file at once get one key. A
// nil random is crypto/rand.
func OpenSigner(path, name string, random io.Reader) (*Signer, error) {
	if random == nil {
		random = rand.Reader
	}
	s := &Signer{path: path, random: random}
	switch err := s.load(); {
	case err == nil:
		return s, nil
	case !errors.Is(err, fs.ErrNotExist):
		return nil, err
	}
	if err := checkKeyName(name); err != nil {
		return nil, err
	}
	seed := make([]byte, ed25519.SeedSize)
	if _, err := io.ReadFull(random, seed); err != nil {
		return nil, fmt.Errorf("making a key: %w", err)
	}
	if err := writeKey(path, keyFile{Version: keyVersion, Name: name, Seed: seed}, os.Link); err != nil && !errors.Is(err, fs.ErrExist) {
		return nil, fmt.Errorf("key file %s: %w", path, err)
	}
	if err := s.load(); err != nil {
		return nil, err
	}
	return s, nil
}

func checkKeyName(name string) error {
	if name == "" || !utf8.ValidString(name) || strings.Contains(name, "+") || strings.ContainsFunc(name, unicode.IsSpace) {
		return fmt.Errorf("key name %q: must be non-empty and without spaces and +", name)
	}
	return nil
}

// load reads the file. What is checked and what is read is the same open file.
func (s *Signer) load() error {
	file, err := os.Open(s.path)
	if err != nil {
		return fmt.Errorf("key file: %w", err)
	}
	defer file.Close()
	info, err := file.Stat()
	switch {
	case err != nil:
		return fmt.Errorf("key file: %w", err)
	case readable(info):
		return fmt.Errorf("%w: run chmod 600 %s", ErrKeyReadable, s.path)
	case !info.Mode().IsRegular() || info.Size() > maxKeyFile:
		return fmt.Errorf("key file %s: not a file of at most %d bytes", s.path, maxKeyFile)
	}
	raw, err := io.ReadAll(io.LimitReader(file, maxKeyFile))
	if err != nil {
		return fmt.Errorf("key file: %w", err)
	}
	return s.decode(raw)
}

func (s *Signer) decode(raw []byte) error {
	decoder := json.NewDecoder(bytes.NewReader(raw))
	decoder.DisallowUnknownFields()
	var key keyFile
	if err := decoder.Decode(&key); err != nil {
		return fmt.Errorf("key file %s: cannot be decoded", s.path) // without the decoder's words, which may hold the seed
	}
	if key.Version != keyVersion || len(key.Seed) != ed25519.SeedSize || checkKeyName(key.Name) != nil {
		return fmt.Errorf("key file %s: not a key of version %d", s.path, keyVersion)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.key, s.private = key, ed25519.NewKeyFromSeed(key.Seed)
	return nil
}

// writeKey writes a key beside its file and puts it into place: os.Link refuses when there is one, os.Rename replaces.
func writeKey(path string, key keyFile, place func(from, to string) error) error {
	raw, err := json.Marshal(key)
	if err != nil {
		return err
	}
	file, err := os.CreateTemp(filepath.Dir(path), ".key-*") // mode 0600
	if err != nil {
		return err
	}
	_, err = file.Write(append(raw, '\n'))
	err = errors.Join(err, file.Sync(), file.Close())
	if err == nil {
		err = place(file.Name(), path)
	}
	if gone := os.Remove(file.Name()); gone != nil && !errors.Is(gone, fs.ErrNotExist) {
		err = errors.Join(err, gone)
	}
	return errors.Join(err, syncDir(filepath.Dir(path)))
}

// current returns the key that signs now and its name.
func (s *Signer) current() (ed25519.PrivateKey, string) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.private, s.key.Name
}

// Sign returns the signature over a message.
func (s *Signer) Sign(message []byte) []byte {
	private, _ := s.current()
	return ed25519.Sign(private, message)
}

// Name returns the key's name.
func (s *Signer) Name() string {
	_, name := s.current()
	return name
}

// Public returns the public key. The caller owns it.
func (s *Signer) Public() ed25519.PublicKey {
	private, _ := s.current()
	return private.Public().(ed25519.PublicKey)
}

// KeyID returns the key's short hash, as signed notes carry it.
func (s *Signer) KeyID() uint32 { return keyHash(s.Name(), s.Public()) }

// VerifierKey returns what others need to verify: name, hash and public key as one text without secrets.
func (s *Signer) VerifierKey() string { return verifierKey(s.Name(), s.Public()) }

// Verifier returns the verifier of the key that signs now.
func (s *Signer) Verifier() *Verifier { return &Verifier{name: s.Name(), public: s.Public()} }

// Retired returns the keys that signed before, the oldest first. Follow them with FollowRotation.
func (s *Signer) Retired() []Retired {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return append([]Retired(nil), s.key.Retired...)
}

// Rotate makes a new key, has the old one sign it, and signs with the new one from now on. The old one is that of the
// file: when another process has rotated in between, its key signs for the newest, and none is lost.
func (s *Signer) Rotate() error {
	if err := s.rotate(); err != nil {
		return fmt.Errorf("rotating %s: %w", s.path, err)
	}
	return nil
}

func (s *Signer) rotate() error {
	guard, err := os.OpenFile(s.path+".lock", os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return err
	}
	defer guard.Close()
	if err := lock(guard); err != nil {
		return err
	}
	if err := s.load(); err != nil {
		return err
	}
	seed := make([]byte, ed25519.SeedSize)
	if _, err := io.ReadFull(s.random, seed); err != nil {
		return err
	}
	private, name := s.current()
	successor := verifierKey(name, ed25519.NewKeyFromSeed(seed).Public().(ed25519.PublicKey))
	key := keyFile{
		Version: keyVersion, Name: name, Seed: seed,
		Retired: append(s.Retired(), Retired{Verifier: s.VerifierKey(), Signature: ed25519.Sign(private, rotation(successor))}),
	}
	if err := writeKey(s.path, key, os.Rename); err != nil {
		return err
	}
	return s.load()
}

// rotation is what a key signs to hand over to its successor; the prefix keeps it from being taken for anything else.
func rotation(successor string) []byte { return []byte("mcp-kernel key rotation\n" + successor + "\n") }

// FollowRotation returns every verifier from a trusted one to the current, by way of the retired keys that each signed
// for the next. It is an error when the chain does not lead there.
func FollowRotation(trusted *Verifier, retired []Retired, current string) ([]*Verifier, error) {
	chain := []*Verifier{trusted}
	for i, r := range retired {
		if r.Verifier != trusted.String() {
			continue
		}
		successor := current
		if i+1 < len(retired) {
			successor = retired[i+1].Verifier
		}
		if !trusted.Verify(rotation(successor), r.Signature) {
			return nil, fmt.Errorf("key %s did not sign for its successor", trusted.Name())
		}
		next, err := ParseVerifierKey(successor)
		if err != nil {
			return nil, err
		}
		trusted = next
		chain = append(chain, next)
	}
	if trusted.String() != current {
		return nil, errors.New("the trusted key does not lead to the current one")
	}
	return chain, nil
}

// String names the key without its secret.
func (s *Signer) String() string { return "signer " + s.VerifierKey() }

// GoString is String, so that %#v shows no secret either.
func (s *Signer) GoString() string { return s.String() }

// MarshalJSON refuses: a signer does not belong into any document.
func (*Signer) MarshalJSON() ([]byte, error) {
	return nil, errors.New("a signer cannot be written: write its verifier key")
}

func verifierKey(name string, public ed25519.PublicKey) string {
	encoded := base64.StdEncoding.EncodeToString(append([]byte{algorithmEd25519}, public...))
	return fmt.Sprintf("%s+%08x+%s", name, keyHash(name, public), encoded)
}
