// Package memstate keeps a state.Backend and a state.Log in the memory of one process, for tests and for runs that
// nobody wants to remember. It means exactly what the durable drivers mean, expiry and limits included; only Close loses
// everything. It starts no goroutine: what has expired is removed a little with every write, and altogether when room is
// needed. There is a bound on its memory.
package memstate

import (
	"context"
	"fmt"
	"hash/maphash"
	"sync"
	"sync/atomic"
	"time"

	"github.com/mcp-kernel/mcp-kernel/state"
)

const (
	shards      = 64 // so that a set of them is the bits of a uint64
	defaultRoom = 256 << 20
)

// Options are the settings of a Store. The zero value is a good one.
type Options struct {
	Now      func() time.Time // the clock of expiry and windows; nil is time.Now
	MaxBytes int64            // held at most, an estimate with bookkeeping; 0 or less is 256 MiB
}

// A Store is a state.Backend and a state.Log in memory. It is made by New and safe for concurrent use.
type Store struct {
	now      func() time.Time
	seed     maphash.Seed
	versions atomic.Uint64
	room     atomic.Int64 // bytes left
	size     int64
	done     chan struct{} // closed by Close
	close    func()

	items    [shards]items
	counters [shards]counters
	streams  [shards]streams
}

var (
	_ state.Backend = (*Store)(nil)
	_ state.Log     = (*Store)(nil)
)

// New returns an empty Store.
func New(o Options) *Store {
	s := &Store{now: o.Now, seed: maphash.MakeSeed(), size: o.MaxBytes, done: make(chan struct{})}
	if s.now == nil {
		s.now = time.Now
	}
	if s.size <= 0 {
		s.size = defaultRoom
	}
	s.room.Store(s.size)
	s.close = sync.OnceFunc(func() { close(s.done) })
	return s
}

// Close ends every Follow and refuses what comes afterwards with state.ErrClosed. It never fails.
func (s *Store) Close() error {
	s.close()
	return nil
}

// ready returns why an operation may not begin: its context has ended, or the store is closed.
func (s *Store) ready(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	select {
	case <-s.done:
		return state.ErrClosed
	default:
		return nil
	}
}

// shard returns the place of what is grouped under a name.
func (s *Store) shard(name string) int { return int(maphash.String(s.seed, name) % shards) }

// reserve takes room for what is about to be stored, before any lock is held: making room locks every shard in turn.
func (s *Store) reserve(bytes int64) error {
	if s.room.Add(-bytes) >= 0 {
		return nil
	}
	s.sweep()
	if s.room.Load() >= 0 {
		return nil
	}
	s.room.Add(bytes)
	return fmt.Errorf("%w: memory for %d bytes is used up", state.ErrFull, s.size)
}

// release gives room back.
func (s *Store) release(bytes int64) { s.room.Add(bytes) }

// sweep removes everything that has expired.
func (s *Store) sweep() {
	now := s.now().UnixMilli()
	for i := range shards {
		s.release(s.items[i].sweep(now) + s.counters[i].sweep(now))
	}
}
