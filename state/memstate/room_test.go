package memstate_test

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/mcp-kernel/mcp-kernel/state"
	"github.com/mcp-kernel/mcp-kernel/state/memstate"
)

func check(tb testing.TB, err error) {
	tb.Helper()
	if err != nil {
		tb.Fatal(err)
	}
}

// fill writes until the store is full, and returns how many keys it wrote.
func fill(t *testing.T, store *memstate.Store, collection string, ttl time.Duration) int {
	t.Helper()
	for i := range 10_000 {
		// Collections lie in different shards.
		err := store.Set(t.Context(), fmt.Sprintf("%s%d/x", collection, i), make([]byte, 1000), ttl)
		if errors.Is(err, state.ErrFull) {
			return i
		}
		check(t, err)
	}
	t.Fatal("there is no bound on memory")
	return 0
}

func TestFull(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	store := memstate.New(memstate.Options{MaxBytes: 1 << 20})
	written := fill(t, store, "things", 0)
	if written < 500 || written > 1048 {
		t.Errorf("%d values of 1000 bytes fit into 1 MiB", written)
	}
	_, appended := store.Append(ctx, "s", 0, make([]byte, 2000))
	_, swapped := store.CompareAndSwap(ctx, "things0/y", 0, make([]byte, 2000), 0)
	for what, err := range map[string]error{"Append": appended, "CompareAndSwap": swapped} {
		if !errors.Is(err, state.ErrFull) {
			t.Errorf("%s: %v, want %v", what, err, state.ErrFull)
		}
	}
	if _, err := store.Get(ctx, "things0/x"); err != nil {
		t.Errorf("a full store does not read: %v", err)
	}
	for i := range written {
		check(t, store.Delete(ctx, fmt.Sprintf("things%d/x", i)))
	}
	if again := fill(t, store, "others", 0); again < written {
		t.Errorf("after deleting %d values there is room for %d", written, again)
	}
}

// TestRoomOfWhatIsGone does everything that takes room and gives it back, over and over: none may leak.
func TestRoomOfWhatIsGone(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	clock := newClock()
	store := memstate.New(memstate.Options{Now: clock.Now, MaxBytes: 64 << 10})
	value := make([]byte, 8<<10)
	for i := range 400 {
		key := fmt.Sprintf("things/%d", i)
		check(t, store.Set(ctx, key, value, time.Minute))
		check(t, store.Set(ctx, key, value[:10], time.Second))
		check(t, store.Set(ctx, "others/same", value, 0))
		if _, err := store.CompareAndSwap(ctx, key, 1<<60, value, 0); !errors.Is(err, state.ErrConflict) {
			t.Errorf("CompareAndSwap: %v, want %v", err, state.ErrConflict)
		}
		if _, err := store.Append(ctx, "s", 1<<60, value); !errors.Is(err, state.ErrConflict) {
			t.Errorf("Append: %v, want %v", err, state.ErrConflict)
		}
		last, err := store.Append(ctx, "s", state.Tail, value, value)
		check(t, err)
		check(t, store.Trim(ctx, "s", last+1))
		for _, claim := range []state.Claim{
			{Name: key, N: 1, Limit: 1, Window: time.Second}, {Name: key, N: 1, Limit: 1}, {Name: key, N: -1}, {Name: key, N: 1},
		} {
			_, err := store.Take(ctx, fmt.Sprint("shard", i), claim)
			check(t, err)
		}
		clock.Advance(2 * time.Minute)
	}
}

func TestExpiredMakesRoom(t *testing.T) {
	t.Parallel()
	clock := newClock()
	store := memstate.New(memstate.Options{Now: clock.Now, MaxBytes: 1 << 20})
	first := fill(t, store, "short", time.Minute)
	clock.Advance(time.Minute)
	if second := fill(t, store, "next", 0); second < first {
		t.Errorf("after %d values have expired there is room for %d", first, second)
	}
}
