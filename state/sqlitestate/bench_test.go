package sqlitestate_test

import (
	"path/filepath"
	"testing"

	"github.com/mcp-kernel/mcp-kernel/state/sqlitestate"
	"github.com/mcp-kernel/mcp-kernel/state/statetest"
)

func BenchmarkStore(b *testing.B) {
	statetest.Benchmark(b, func(b *testing.B) statetest.Subject {
		b.Helper()
		store := open(b, filepath.Join(b.TempDir(), "state.db"), sqlitestate.Options{})
		return statetest.Subject{Backend: store, Log: store}
	})
}

// BenchmarkOpen measures what a program pays at its start, and what the first use pays.
func BenchmarkOpen(b *testing.B) {
	path := filepath.Join(b.TempDir(), "state.db")
	check(b, open(b, path, sqlitestate.Options{}).Ping(b.Context()))
	for name, ping := range map[string]bool{"Open": false, "Open and Ping": true} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				store, err := sqlitestate.Open(path, sqlitestate.Options{})
				check(b, err)
				if ping {
					check(b, store.Ping(b.Context()))
				}
				check(b, store.Close())
			}
		})
	}
	b.Run("new file", func(b *testing.B) {
		for b.Loop() {
			store, err := sqlitestate.Open(filepath.Join(b.TempDir(), "state.db"), sqlitestate.Options{})
			check(b, err)
			check(b, store.Ping(b.Context()))
			check(b, store.Close())
		}
	})
}
