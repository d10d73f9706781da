// Package sqlitestate keeps a state.Backend and a state.Log in one SQLite file: the default for one machine. Several
// processes may share the file; what was acknowledged survives the death of any of them at any moment (a loss of power
// may take the last moments with it, but never the order or the integrity of what came before). The driver is pure Go.
//
// All writes go through one goroutine, which brings what several callers want at the same time into one transaction.
// Reads run beside it and never wait for it. Open does not touch the disk: the file is made, or opened and migrated, by
// the first use or by Ping.
package sqlitestate

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"

	"github.com/mcp-kernel/mcp-kernel/state"
)

const (
	pageSize        = 4096
	defaultMaxBytes = 4 << 30
	defaultPatience = 5 * time.Second
)

// Options are the settings of a Store. The zero value is a good one.
type Options struct {
	Now      func() time.Time // the clock of expiry and windows, the same in all processes; nil is time.Now
	MaxBytes int64            // of the file, without its write-ahead log; 0 is 4 GiB
	Patience time.Duration    // how long a write waits for other processes to finish theirs; 0 is 5 s
}

// validate reports all faults at once.
func (o Options) validate() error {
	var faults []error
	if o.MaxBytes != 0 && o.MaxBytes < 32*pageSize {
		faults = append(faults, fmt.Errorf("a file of at most %d bytes has no room for the tables: allow %d", o.MaxBytes, 32*pageSize))
	}
	if o.Patience < 0 {
		faults = append(faults, fmt.Errorf("patience %v is negative", o.Patience))
	}
	return errors.Join(faults...)
}

// A Store is a state.Backend and a state.Log in a file. It is made by Open and safe for concurrent use.
type Store struct {
	path    string
	options Options
	closing chan struct{} // closed by Close

	opened  atomic.Pointer[database] // nil until the first use
	opening sync.Mutex               // held while the file is being opened or closed
	closed  bool                     // guarded by opening
	fault   error                    // of Close; guarded by opening
}

var (
	_ state.Backend = (*Store)(nil)
	_ state.Log     = (*Store)(nil)
)

// Open returns the store of a file, which need not exist yet; its folder must. What is wrong with the file is reported by
// the first use, or by Ping.
func Open(path string, o Options) (*Store, error) {
	if err := o.validate(); err != nil {
		return nil, fmt.Errorf("state database: %w", err)
	}
	if path == "" {
		return nil, errors.New("state database: no path")
	}
	absolute, err := filepath.Abs(path)
	if err != nil {
		return nil, fmt.Errorf("state database %s: %w", path, err)
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.MaxBytes == 0 {
		o.MaxBytes = defaultMaxBytes
	}
	if o.Patience == 0 {
		o.Patience = defaultPatience
	}
	return &Store{path: absolute, options: o, closing: make(chan struct{})}, nil
}

// Ping opens the file unless it is open, and reads from it.
func (s *Store) Ping(ctx context.Context) error {
	_, err := s.Last(ctx, "ping")
	return err
}

// Close waits for what is running and releases the file. A second Close does nothing and returns the same.
func (s *Store) Close() error {
	s.opening.Lock()
	defer s.opening.Unlock()
	if s.closed {
		return s.fault
	}
	s.closed = true
	close(s.closing)
	if db := s.opened.Load(); db != nil {
		s.fault = s.explain(db.close())
	}
	return s.fault
}

// ready returns the open database, or why an operation may not begin.
func (s *Store) ready(ctx context.Context) (*database, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	select {
	case <-s.closing:
		return nil, state.ErrClosed
	default:
	}
	if db := s.opened.Load(); db != nil {
		return db, nil
	}
	return s.open(ctx)
}

// open opens the file, once. After a failure the next use tries again.
func (s *Store) open(ctx context.Context) (*database, error) {
	s.opening.Lock()
	defer s.opening.Unlock()
	if s.closed {
		return nil, state.ErrClosed
	}
	if db := s.opened.Load(); db != nil {
		return db, nil
	}
	db, err := openDatabase(ctx, s.path, s.options, s.closing)
	if err != nil {
		return nil, s.explain(err)
	}
	s.opened.Store(db)
	return db, nil
}

// now is the store's clock.
func (s *Store) now() time.Time { return s.options.Now() }

// nowMillis is the store's clock in Unix milliseconds.
func (s *Store) nowMillis() int64 { return s.now().UnixMilli() }
