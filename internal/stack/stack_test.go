package stack_test

import (
	"testing"

	"github.com/mcp-kernel/mcp-kernel/internal/stack"
)

// deep needs about as much of the stack as a call does, in many frames.
func deep(n int) int {
	var frame [128]byte
	if n == 0 {
		return int(frame[0])
	}
	frame[n%len(frame)] = byte(n)
	return deep(n-1) + int(frame[0])
}

func BenchmarkGrow(b *testing.B) {
	for _, way := range []struct {
		name  string
		first func() byte
	}{
		{"by doubling", func() byte { return 0 }},
		{"at once", stack.Grow},
	} {
		b.Run(way.name, func(b *testing.B) {
			done := make(chan int)
			for b.Loop() {
				go func() { done <- int(way.first()) + deep(40) }()
				<-done
			}
		})
	}
}

func TestGrow(t *testing.T) { //nolint:paralleltest // allocations are counted for the whole process
	if stack.Grow() != 0 || testing.AllocsPerRun(100, func() { stack.Grow() }) != 0 {
		t.Error("room on the stack was taken from the heap")
	}
}
