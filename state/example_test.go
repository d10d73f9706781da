package state_test

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/mcp-kernel/mcp-kernel/state"
	"github.com/mcp-kernel/mcp-kernel/state/memstate"
)

// Two limits are charged in one step: when one has no room, neither is.
func ExampleBackend_take() {
	ctx := context.Background()
	noon := time.Date(2026, 3, 4, 12, 0, 0, 0, time.UTC)
	var backend state.Backend = memstate.New(memstate.Options{Now: func() time.Time { return noon }})
	for range 3 {
		taken, err := backend.Take(ctx, "alice",
			state.Claim{Name: "calls", N: 1, Limit: 10, Window: time.Hour},
			state.Claim{Name: "tokens", N: 400, Limit: 1000})
		if err != nil {
			fmt.Println(err)
			return
		}
		for _, t := range taken {
			fmt.Printf("%s: %d of %d, room: %v\n", t.Name, t.Used, t.Limit, t.OK)
		}
	}
	// Output:
	// calls: 1 of 10, room: true
	// tokens: 400 of 1000, room: true
	// calls: 2 of 10, room: true
	// tokens: 800 of 1000, room: true
	// calls: 2 of 10, room: true
	// tokens: 800 of 1000, room: false
}

// What somebody else has changed is not overwritten.
func ExampleBackend_compareAndSwap() {
	ctx := context.Background()
	var backend state.Backend = memstate.New(memstate.Options{})
	version, err := backend.CompareAndSwap(ctx, "notes/plan", 0, []byte("mine"), 0)
	fmt.Println(version != 0, err)

	_ = backend.Set(ctx, "notes/plan", []byte("theirs"), 0)
	_, err = backend.CompareAndSwap(ctx, "notes/plan", version, []byte("mine again"), 0)
	fmt.Println(errors.Is(err, state.ErrConflict))
	// Output:
	// true <nil>
	// true
}

// A view sees its own part of a store only.
func ExamplePrefixed() {
	ctx := context.Background()
	store := memstate.New(memstate.Options{})
	alice, bob := state.Prefixed("alice", store), state.Prefixed("bob", store)
	_ = alice.Set(ctx, "notes/plan", []byte("secret"), 0)

	_, err := bob.Get(ctx, "notes/plan")
	fmt.Println(err)
	all, _ := store.List(ctx, "alice:notes", "", 10)
	fmt.Println(all[0].Key)
	// Output:
	// not found
	// alice:notes/plan
}

// A consumer that was away reads on behind the last record that it has seen.
func ExampleLog() {
	ctx := context.Background()
	var log state.Log = memstate.New(memstate.Options{})
	last, _ := log.Append(ctx, "orders", state.Tail, []byte("one"), []byte("two"))
	_, _ = log.Append(ctx, "orders", last, []byte("three"))
	for record, err := range log.Read(ctx, "orders", 2) {
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Println(record.Seq, string(record.Value))
	}
	// Output:
	// 2 two
	// 3 three
}
