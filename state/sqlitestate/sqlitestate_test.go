package sqlitestate_test

import (
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/mcp-kernel/mcp-kernel/state/sqlitestate"
	"github.com/mcp-kernel/mcp-kernel/state/statetest"
)

// A clock is set by hand.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func newClock() *clock { return &clock{now: time.Date(2026, 3, 4, 5, 6, 7, 0, time.UTC)} }

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) Advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

// open opens a file with settings, and closes it at the end of the test.
func open(tb testing.TB, path string, o sqlitestate.Options) *sqlitestate.Store {
	tb.Helper()
	store, err := sqlitestate.Open(path, o)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		if err := store.Close(); err != nil {
			tb.Error(err)
		}
	})
	return store
}

func subject(t *testing.T) statetest.Subject {
	t.Helper()
	clock := newClock()
	store := open(t, filepath.Join(t.TempDir(), "state.db"), sqlitestate.Options{Now: clock.Now})
	return statetest.Subject{Backend: store, Log: store, Now: clock.Now, Advance: clock.Advance}
}

func TestBackend(t *testing.T) {
	t.Parallel()
	statetest.TestBackend(t, subject)
}

func TestLog(t *testing.T) {
	t.Parallel()
	statetest.TestLog(t, subject)
}
