package server_test

import (
	"testing"
	"time"

	"github.com/mcp-kernel/mcp-kernel/server/fleet"
	"github.com/mcp-kernel/mcp-kernel/state/memstate"
)

// BenchmarkSharedCall is a call of a session that other processes share, and of one that nobody does.
func BenchmarkSharedCall(b *testing.B) {
	for _, shared := range []bool{false, true} {
		b.Run(map[bool]string{false: "alone", true: "shared"}[shared], func(b *testing.B) {
			w := serve(b, func(o *both) {
				if !shared {
					return
				}
				m, err := fleet.Join(fleet.Options{Store: memstate.New(memstate.Options{}), ID: "one"})
				if err != nil {
					b.Fatal(err)
				}
				b.Cleanup(func() { _ = m.Close() })
				for end := time.Now().Add(patience); !m.Current() && time.Now().Before(end); time.Sleep(time.Millisecond) {
				}
				o.Fleet = m
			})
			session := w.initialize("2025-11-25")
			b.ReportAllocs()
			for b.Loop() {
				if a := w.post(call, session...); a.status != 200 {
					b.Fatal(a)
				}
			}
		})
	}
}
