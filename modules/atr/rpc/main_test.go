package rpc_test

import (
	"fmt"
	"os"
	"runtime"
	"strings"
	"testing"
)

// TestMain sees that nothing of a connection or transport outlives the tests, each of which closes its own.
func TestMain(m *testing.M) {
	code := m.Run()
	stacks := make([]byte, 1<<20)
	stacks = stacks[:runtime.Stack(stacks, true)]
	for stack := range strings.SplitSeq(string(stacks), "\n\n") {
		if strings.Contains(stack, "modules/atr/rpc.(") {
			fmt.Fprintln(os.Stderr, "left behind:", stack)
			code = max(code, 1)
		}
	}
	os.Exit(code)
}
