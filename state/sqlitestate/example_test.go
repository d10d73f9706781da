package sqlitestate_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"

	"github.com/mcp-kernel/mcp-kernel/state"
	"github.com/mcp-kernel/mcp-kernel/state/sqlitestate"
)

// A counter goes on where it was when the file is opened again, and where other processes have brought it.
func ExampleOpen() {
	folder, err := os.MkdirTemp("", "example")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer func() { _ = os.RemoveAll(folder) }()
	for range 2 {
		store, err := sqlitestate.Open(filepath.Join(folder, "state.db"), sqlitestate.Options{})
		if err != nil {
			fmt.Println(err)
			return
		}
		taken, err := store.Take(context.Background(), "alice", state.Claim{Name: "calls", N: 1, Limit: 10})
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Println(taken[0].Used, "of", taken[0].Limit)
		if err := store.Close(); err != nil {
			fmt.Println(err)
		}
	}
	// Output:
	// 1 of 10
	// 2 of 10
}
