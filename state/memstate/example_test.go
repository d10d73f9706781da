package memstate_test

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/mcp-kernel/mcp-kernel/state"
	"github.com/mcp-kernel/mcp-kernel/state/memstate"
)

// Time is the caller's: nothing expires before it says so.
func ExampleNew() {
	ctx := context.Background()
	now := time.Date(2026, 3, 4, 5, 6, 7, 0, time.UTC)
	store := memstate.New(memstate.Options{Now: func() time.Time { return now }})

	_ = store.Set(ctx, "sessions/alice", []byte("open"), time.Minute)
	item, _ := store.Get(ctx, "sessions/alice")
	fmt.Printf("%s until %s\n", item.Value, item.Expires.Format(time.TimeOnly))

	now = now.Add(time.Minute)
	_, err := store.Get(ctx, "sessions/alice")
	fmt.Println(err, errors.Is(err, state.ErrNotFound))
	// Output:
	// open until 05:07:07
	// not found true
}
