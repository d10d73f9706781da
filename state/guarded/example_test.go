package guarded_test

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/mcp-kernel/mcp-kernel/state"
	"github.com/mcp-kernel/mcp-kernel/state/guarded"
)

// A backend fails twice; then it is left in peace, and whoever asks learns when to come back.
func Example() {
	store := guarded.New(newSick(errors.New("connection refused")), guarded.Options{
		Failures: 2, Pause: time.Minute, MaxPause: time.Minute, Now: func() time.Time { return time.Unix(0, 0) }, Random: half,
	})
	for range 3 {
		_, err := store.Take(context.Background(), "alice", state.Claim{Name: "calls", N: 1, Limit: 10})
		fmt.Println(err)
	}
	fmt.Println(store.Health().State)
	// Output:
	// backend does not answer: try again in 100ms: connection refused
	// backend does not answer: try again in 45s: connection refused
	// backend does not answer: try again in 45s: connection refused
	// open
}
