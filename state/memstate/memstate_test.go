package memstate_test

import (
	"sync"
	"testing"
	"time"

	"github.com/mcp-kernel/mcp-kernel/state/memstate"
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

func open(t *testing.T) statetest.Subject {
	t.Helper()
	clock := newClock()
	store := memstate.New(memstate.Options{Now: clock.Now})
	t.Cleanup(func() { check(t, store.Close()) })
	return statetest.Subject{Backend: store, Log: store, Now: clock.Now, Advance: clock.Advance}
}

func TestBackend(t *testing.T) {
	t.Parallel()
	statetest.TestBackend(t, open)
}

func TestLog(t *testing.T) {
	t.Parallel()
	statetest.TestLog(t, open)
}
