package wasi_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"

	"github.com/mcp-kernel/mcp-kernel/modules/atr/wasi"
)

// A module as a tool: what can be said of its effects follows from what it can reach.
func Example() {
	dir, err := os.MkdirTemp("", "example")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer os.RemoveAll(dir) //nolint:errcheck // it is a temporary one
	path := filepath.Join(dir, "nothing.wasm")
	if err := os.WriteFile(path, empty(), 0o600); err != nil {
		fmt.Println(err)
		return
	}
	engine := wasi.NewEngine(wasi.Options{})
	defer engine.Close() //nolint:errcheck // nothing is left to do
	tool, err := wasi.New(wasi.Spec{Name: "nothing", Description: "Does nothing.", Module: path}, engine)
	if err != nil {
		fmt.Println(err)
		return
	}
	definition, run, err := tool.Prepare(context.Background())
	fmt.Printf("%+v %v\n", definition.Effects, err)
	answer, err := run(context.Background(), nil)
	fmt.Printf("%q %v %v\n", answer.Text, answer.IsError, err)
	// Output:
	// {ReadOnly:true NonDestructive:true Idempotent:false ClosedWorld:true} <nil>
	// "" false <nil>
}
