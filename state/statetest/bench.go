package statetest

import (
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"github.com/mcp-kernel/mcp-kernel/state"
)

// Benchmark measures the operations that modules use most, alone and from many goroutines at once.
func Benchmark(b *testing.B, open func(b *testing.B) Subject) {
	b.Helper()
	value := make([]byte, 256)
	var n atomic.Int64
	for name, use := range map[string]func(*testing.B, *Subject) error{
		"Get": func(b *testing.B, s *Subject) error {
			_, err := s.Backend.Get(b.Context(), "things/0")
			return err
		},
		"Set": func(b *testing.B, s *Subject) error {
			return s.Backend.Set(b.Context(), fmt.Sprint("things/", n.Add(1)%1000), value, 0)
		},
		"Take": func(b *testing.B, s *Subject) error {
			_, err := s.Backend.Take(b.Context(), "alice", state.Claim{Name: "calls", N: 1, Limit: 1 << 50, Window: time.Hour},
				state.Claim{Name: "tokens", N: 10, Limit: 1 << 50, Window: time.Hour})
			return err
		},
		"Append": func(b *testing.B, s *Subject) error {
			_, err := s.Log.Append(b.Context(), "s", state.Tail, value)
			return err
		},
		"List 100": func(b *testing.B, s *Subject) error {
			_, err := s.Backend.List(b.Context(), "page", "", 100)
			return err
		},
	} {
		b.Run(name, func(b *testing.B) { benchmark(b, open, use) })
	}
}

func benchmark(b *testing.B, open func(b *testing.B) Subject, use func(*testing.B, *Subject) error) {
	b.Helper()
	prepared := func(b *testing.B) *Subject {
		s := open(b)
		must(b, s.Backend.Set(b.Context(), "things/0", make([]byte, 256), 0))
		for i := range 100 {
			must(b, s.Backend.Set(b.Context(), fmt.Sprintf("page/%03d", i), make([]byte, 256), 0))
		}
		b.ReportAllocs()
		return &s
	}
	b.Run("alone", func(b *testing.B) {
		s := prepared(b)
		for b.Loop() {
			must(b, use(b, s))
		}
	})
	b.Run("16 at once", func(b *testing.B) {
		s := prepared(b)
		b.SetParallelism(8)
		b.ResetTimer()
		b.RunParallel(func(pb *testing.PB) {
			for pb.Next() {
				if err := use(b, s); err != nil {
					b.Error(err)
					return
				}
			}
		})
	})
}
