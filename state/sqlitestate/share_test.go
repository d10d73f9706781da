package sqlitestate_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"iter"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/mcp-kernel/mcp-kernel/state"
	"github.com/mcp-kernel/mcp-kernel/state/sqlitestate"
	"github.com/mcp-kernel/mcp-kernel/state/statetest"
)

// A pair is two stores of one file that answer in turn, as two processes would.
type pair struct {
	stores [2]*sqlitestate.Store
	turn   atomic.Uint32
}

func (p *pair) next() *sqlitestate.Store { return p.stores[p.turn.Add(1)%2] }

func (p *pair) Get(ctx context.Context, key string) (state.Item, error) {
	return p.next().Get(ctx, key)
}

func (p *pair) Set(ctx context.Context, key string, value []byte, ttl time.Duration) error {
	return p.next().Set(ctx, key, value, ttl)
}

func (p *pair) Delete(ctx context.Context, key string) error { return p.next().Delete(ctx, key) }

func (p *pair) Write(ctx context.Context, puts ...state.Put) error {
	return p.next().Write(ctx, puts...)
}

func (p *pair) CompareAndSwap(ctx context.Context, key string, old state.Version, value []byte, ttl time.Duration) (state.Version, error) {
	return p.next().CompareAndSwap(ctx, key, old, value, ttl)
}

func (p *pair) Take(ctx context.Context, shard string, claims ...state.Claim) ([]state.Taken, error) {
	return p.next().Take(ctx, shard, claims...)
}

func (p *pair) List(ctx context.Context, collection, after string, limit int) ([]state.Entry, error) {
	return p.next().List(ctx, collection, after, limit)
}

func (p *pair) Append(ctx context.Context, stream string, after state.Seq, records ...[]byte) (state.Seq, error) {
	return p.next().Append(ctx, stream, after, records...)
}

func (p *pair) Read(ctx context.Context, stream string, from state.Seq) iter.Seq2[state.Record, error] {
	return p.next().Read(ctx, stream, from)
}

func (p *pair) Follow(ctx context.Context, stream string, from state.Seq) iter.Seq2[state.Record, error] {
	return p.next().Follow(ctx, stream, from)
}

func (p *pair) Last(ctx context.Context, stream string) (state.Seq, error) {
	return p.next().Last(ctx, stream)
}

func (p *pair) Trim(ctx context.Context, stream string, before state.Seq) error {
	return p.next().Trim(ctx, stream, before)
}

func (p *pair) Close() error { return errors.Join(p.stores[0].Close(), p.stores[1].Close()) }

func openPair(t *testing.T) statetest.Subject {
	t.Helper()
	clock := newClock()
	path := filepath.Join(t.TempDir(), "state.db")
	p := &pair{}
	for i := range p.stores {
		p.stores[i] = open(t, path, sqlitestate.Options{Now: clock.Now})
	}
	return statetest.Subject{Backend: p, Log: p, Now: clock.Now, Advance: clock.Advance}
}

func TestSharedBackend(t *testing.T) {
	t.Parallel()
	statetest.TestBackend(t, openPair)
}

func TestSharedLog(t *testing.T) {
	t.Parallel()
	statetest.TestLog(t, openPair)
}

// TestFirstTogether lets several stores make and migrate the same file at the same moment.
func TestFirstTogether(t *testing.T) {
	t.Parallel()
	const stores = 8
	path := filepath.Join(t.TempDir(), "state.db")
	var group sync.WaitGroup
	for range stores {
		store := open(t, path, sqlitestate.Options{Patience: time.Minute})
		group.Go(func() {
			if _, err := store.Take(t.Context(), "alice", state.Claim{Name: "n", N: 1, Limit: stores}); err != nil {
				t.Error(err)
			}
		})
	}
	group.Wait()
	taken, err := open(t, path, sqlitestate.Options{}).Take(t.Context(), "alice", state.Claim{Name: "n"})
	check(t, err)
	if taken[0].Used != stores {
		t.Errorf("%d of %d were counted", taken[0].Used, stores)
	}
}

// hold keeps the file locked as another process would, until the returned function is called.
func hold(t *testing.T, path string) (free func()) {
	t.Helper()
	db, err := sql.Open("sqlite", path)
	check(t, err)
	t.Cleanup(func() { check(t, db.Close()) })
	conn, err := db.Conn(t.Context())
	check(t, err)
	_, err = conn.ExecContext(t.Context(), "BEGIN IMMEDIATE")
	check(t, err)
	return sync.OnceFunc(func() {
		_, err := conn.ExecContext(context.Background(), "ROLLBACK")
		check(t, errors.Join(err, conn.Close()))
	})
}

func TestLockedForLong(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "state.db")
	store := open(t, path, sqlitestate.Options{Patience: 20 * time.Millisecond})
	check(t, store.Set(t.Context(), "things/a", []byte("1"), 0))
	free := hold(t, path)
	defer free()
	if err := store.Set(t.Context(), "things/a", []byte("2"), 0); !errors.Is(err, sqlitestate.ErrBusy) {
		t.Errorf("Set: %v, want %v", err, sqlitestate.ErrBusy)
	}
	if item, err := store.Get(t.Context(), "things/a"); err != nil || string(item.Value) != "1" {
		t.Errorf("reading waits for a writer: %q, error %v", item.Value, err)
	}
	free()
	check(t, store.Set(t.Context(), "things/a", []byte("3"), 0))
}

// TestGivenUpWhileLocked ends contexts while the file is locked. None of what was given up may be written later.
func TestGivenUpWhileLocked(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "state.db")
	store := open(t, path, sqlitestate.Options{Patience: time.Minute})
	check(t, store.Ping(t.Context()))
	free := hold(t, path)
	defer free()
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Millisecond)
	defer cancel()
	var group sync.WaitGroup
	for i := range 8 {
		group.Go(func() {
			err := store.Set(ctx, fmt.Sprintf("things/%d", i), nil, 0)
			if !errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("Set: %v, want %v", err, context.DeadlineExceeded)
			}
		})
	}
	group.Wait()
	free()
	check(t, store.Set(t.Context(), "things/after", nil, 0))
	page, err := store.List(t.Context(), "things", "", 100)
	check(t, err)
	if len(page) != 1 || page[0].Key != "things/after" {
		t.Errorf("written: %v, want only what was not given up", page)
	}
}
