package memstate_test

import (
	"testing"

	"github.com/mcp-kernel/mcp-kernel/state/memstate"
	"github.com/mcp-kernel/mcp-kernel/state/statetest"
)

func BenchmarkStore(b *testing.B) {
	statetest.Benchmark(b, func(*testing.B) statetest.Subject {
		store := memstate.New(memstate.Options{MaxBytes: 8 << 30})
		return statetest.Subject{Backend: store, Log: store}
	})
}
