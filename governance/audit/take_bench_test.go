package audit_test

import (
	"context"
	"testing"
	"time"

	"github.com/mcp-kernel/mcp-kernel/state"
)

// BenchmarkTake charges what a decision charges: one call and its tokens, in windows of an hour.
func BenchmarkTake(b *testing.B) {
	j := open(b, b.TempDir())
	b.ReportAllocs()
	for b.Loop() {
		claims := [...]state.Claim{
			{Name: "calls", N: 1, Limit: 1 << 50, Window: time.Hour}, {Name: "tokens", N: 40, Limit: 1 << 50, Window: time.Hour},
		}
		if taken, err := j.Take(context.Background(), "os:1000", claims[:]...); err != nil || !taken[0].OK {
			b.Fatal(taken, err)
		}
	}
}
