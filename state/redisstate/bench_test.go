package redisstate_test

import (
	"fmt"
	"sync/atomic"
	"testing"

	"github.com/mcp-kernel/mcp-kernel/internal/redistest"
	"github.com/mcp-kernel/mcp-kernel/state/statetest"
)

func BenchmarkStore(b *testing.B) {
	server := redistest.Start(b)
	var n atomic.Int64
	statetest.Benchmark(b, func(b *testing.B) statetest.Subject {
		b.Helper()
		o := of(server)
		o.Pool = 16
		o.Pool = 16
		o.Pool = 16
		o.Pool = 16
		o.Prefix = fmt.Sprintf("bench %d:", n.Add(1))
		store := open(b, o)
		return statetest.Subject{Backend: store, Log: store}
	})
}
