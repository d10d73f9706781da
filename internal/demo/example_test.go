package demo_test

import (
	"context"
	"errors"
	"fmt"
	"os"

	"github.com/mcp-kernel/mcp-kernel/internal/demo"
)

// A demo says why there was no conversation; that is another matter than a promise that was broken.
func ExampleRun() {
	dir, err := os.MkdirTemp("", "demo-")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer func() { _ = os.RemoveAll(dir) }()
	err = demo.Run(context.Background(), demo.Options{
		Start: func(context.Context, demo.Place) (*demo.Session, error) { return nil, errors.New("no such program") },
		Keys:  publicKeys,
		Dir:   dir,
		Out:   os.Stdout,
	})
	fmt.Println(err, errors.Is(err, demo.ErrBroken))
	// Output: demo: starting the kernel: no such program false
}
