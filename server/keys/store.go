package keys

import (
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"

	"github.com/mcp-kernel/mcp-kernel/modules/primitives"
)

var (
	// ErrRefused is what every token comes to that opens nothing. Its text is all that a client may be told; the error
	// that wraps it names the reason, and is for the log.
	ErrRefused = errors.New("the key is not accepted")
	// ErrMalformed is the reason when a text has not the form of a token.
	ErrMalformed = errors.New("not of the form of a key")
	// ErrUnknown is the reason when there is no such key, or the secret is not its. It is also what Revoke returns for an
	// id that is nobody's.
	ErrUnknown = errors.New("unknown")
	// ErrExpired is the reason when the key's time is over.
	ErrExpired = errors.New("expired")
	// ErrRevoked is the reason when the operator has revoked the key.
	ErrRevoked = errors.New("revoked")
	// ErrUnusable is the reason when the file of keys cannot be read or understood: nobody is let in then.
	ErrUnusable = errors.New("the file of keys cannot be used")
	// ErrFull is returned by Create when there is room for no further key.
	ErrFull = errors.New("too many keys")
)

// Options say where time, ids and randomness come from. The zero value takes the real ones.
type Options struct {
	Now    func() time.Time // nil is time.Now
	IDs    func() string    // UUIDv7; nil makes them of Now and Random
	Random io.Reader        // nil is crypto/rand
}

// A Store is the keys of one data directory. Other processes may change them at any time: a Store looks once a second at
// most whether they have. It is safe for concurrent use, has no goroutines and need not be closed.
type Store struct {
	path   string
	o      Options
	shown  atomic.Pointer[snapshot]
	looked atomic.Int64 // when it was last looked, in nanoseconds of Unix time
	look   sync.Mutex   // held by the one that looks
	served atomic.Bool  // a file was seen
}

// A snapshot is the file as it was read.
type snapshot struct {
	info os.FileInfo // nil: there was no file
	err  error       // why it cannot be used
	keys map[string]known
}

// known is a key and what its token is recognised by.
type known struct {
	key    Key
	digest digest
}

// interval is how long a change of the file may stay unseen.
const interval = time.Second

// Open returns the keys of a data directory. A directory without a file of keys has none; a file that cannot be used
// makes every token refused, and List say why.
func Open(dir string, o Options) *Store {
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Random == nil {
		o.Random = rand.Reader
	}
	if o.IDs == nil {
		o.IDs = primitives.NewIDs(o.Now, o.Random).New
	}
	s := &Store{path: filepath.Join(dir, fileName), o: o}
	s.looked.Store(o.Now().UnixNano())
	s.reload(nil)
	return s
}

// Authenticate returns the key that a token belongs to. Whatever is wrong with a token is an error that wraps ErrRefused
// and the reason: ErrMalformed, ErrUnknown, ErrExpired, ErrRevoked or ErrUnusable. It names a key's id at most, so it may
// be logged. How long it takes tells nothing of the secret.
func (s *Store) Authenticate(token string) (Key, error) {
	now := s.o.Now()
	shown := s.current(now)
	if shown.err != nil {
		return Key{}, fmt.Errorf("%w: %w", ErrRefused, shown.err)
	}
	id, ok := idOf(token)
	if !ok {
		return Key{}, fmt.Errorf("%w: %w", ErrRefused, ErrMalformed)
	}
	k, found := shown.keys[id] // not found: no token has the digest of zeros
	if given := digestOf(token); !given.equal(k.digest) || !found {
		return Key{}, fmt.Errorf("%w: key %s: %w", ErrRefused, id, ErrUnknown)
	}
	switch k.key.Status(now) {
	case Revoked:
		return Key{}, fmt.Errorf("%w: key %s: %w", ErrRefused, id, ErrRevoked)
	case Expired:
		return Key{}, fmt.Errorf("%w: key %s: %w", ErrRefused, id, ErrExpired)
	default:
		return k.key, nil
	}
}

// Configured reports whether the operator has ever made a key here, be it expired or revoked by now: then nobody is
// served without one. A file that cannot be used counts, and so does one that was there since the Store was opened:
// losing the file must not open the door.
func (s *Store) Configured() bool {
	s.current(s.o.Now())
	return s.served.Load()
}

// current returns what the file says, as of an interval ago at most. While one caller looks, the others go on with what
// is known.
func (s *Store) current(now time.Time) *snapshot {
	shown := s.shown.Load()
	if !s.due(now) || !s.look.TryLock() {
		return shown
	}
	defer s.look.Unlock()
	if !s.due(now) {
		return s.shown.Load()
	}
	s.looked.Store(now.UnixNano())
	s.reload(s.shown.Load())
	return s.shown.Load()
}

// due reports whether it is time to look. A clock that was set back makes it so.
func (s *Store) due(now time.Time) bool {
	since := now.UnixNano() - s.looked.Load()
	return since < 0 || since >= int64(interval)
}

// reload reads the file unless it is the one that was read before.
func (s *Store) reload(before *snapshot) {
	if before != nil && before.err == nil && before.same(s.path) {
		return
	}
	records, info, err := readFile(s.path)
	next := &snapshot{info: info, keys: make(map[string]known, len(records))}
	if err != nil {
		next.err = fmt.Errorf("%w: %s: %w", ErrUnusable, s.path, err)
		records = nil
	}
	for i := range records {
		d, _ := records[i].digest() // checked when it was decoded
		next.keys[records[i].ID] = known{records[i].Key, d}
	}
	if err != nil || len(records) > 0 {
		s.served.Store(true)
	}
	s.shown.Store(next)
}

// same reports whether the file is the one that was read. Every change is a new file, so its identity tells; time and
// size are for those who write into it by hand.
func (before *snapshot) same(path string) bool {
	info, err := os.Stat(path)
	if err != nil || before.info == nil {
		return os.IsNotExist(err) && before.info == nil
	}
	return os.SameFile(info, before.info) && info.ModTime().Equal(before.info.ModTime()) &&
		info.Size() == before.info.Size() && info.Mode() == before.info.Mode()
}
