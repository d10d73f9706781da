package fleet_test

import (
	"context"
	"fmt"

	"github.com/mcp-kernel/mcp-kernel/server/fleet"
	"github.com/mcp-kernel/mcp-kernel/state/memstate"
)

// Two processes share a state; one tells the other something.
func Example() {
	store := memstate.New(memstate.Options{})
	defer func() { _ = store.Close() }()
	one, err := fleet.Join(fleet.Options{Store: store, ID: "one"})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer func() { _ = one.Close() }()
	two, err := fleet.Join(fleet.Options{Store: store, ID: "two"})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer func() { _ = two.Close() }()

	told := make(chan fleet.Note, 1)
	two.Handle(func(n fleet.Note) { told <- n })
	if err := one.Tell(context.Background(), fleet.Note{Kind: "ended", To: "two", On: "session 7"}); err != nil {
		fmt.Println(err)
		return
	}
	n := <-told
	fmt.Println(n.From, "says:", n.On, n.Kind)
	// Output: one says: session 7 ended
}
