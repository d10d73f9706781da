package watch_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"

	"github.com/mcp-kernel/mcp-kernel/governance/policy/watch"
)

func Example() {
	dir, err := os.MkdirTemp("", "watch-")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer func() { _ = os.RemoveAll(dir) }()
	changed := make(chan string, 1)
	w, err := watch.Start(watch.Options{
		Paths: func() []string { return []string{filepath.Join(dir, "policies.yaml")} },
		Changed: func(ctx context.Context) {
			select {
			case changed <- "reading the policies again":
			case <-ctx.Done():
			}
		},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer func() { _ = w.Close() }()
	if err := os.WriteFile(filepath.Join(dir, "policies.yaml"), []byte("- name: p\n"), 0o600); err != nil {
		fmt.Println(err)
	}
	fmt.Println(<-changed)
	// Output: reading the policies again
}
