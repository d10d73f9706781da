package audit_test

import (
	"context"
	"sync"
	"testing"

	"github.com/mcp-kernel/mcp-kernel/governance/audit"
)

func BenchmarkAppend(b *testing.B) {
	j := open(b, fastDir(b))
	e := decision("0192b1f0-7c5e-7000-8000-000000000001")
	b.ReportAllocs()
	for b.Loop() {
		if err := j.Append(context.Background(), e); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkAppend16(b *testing.B) {
	const writers = 16
	j := open(b, fastDir(b))
	b.ReportAllocs()
	b.ResetTimer()
	var all sync.WaitGroup
	for w := range writers {
		all.Go(func() {
			e := decision("0192b1f0-7c5e-7000-8000-000000000001")
			for range (b.N + w) / writers {
				if err := j.Append(context.Background(), e); err != nil {
					b.Error(err)
					return
				}
			}
		})
	}
	all.Wait()
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "entries/s")
}

func BenchmarkOpen(b *testing.B) {
	dir := fastDir(b)
	o := audit.Options{Dir: dir, Origin: origin, Signer: signer(b, dir)}
	j := open(b, dir)
	for range 5000 {
		if err := j.Append(context.Background(), decision("0192b1f0-7c5e-7000-8000-000000000001")); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportAllocs()
	for b.Loop() {
		j, err := audit.Open(o)
		if err != nil {
			b.Fatal(err)
		}
		b.StopTimer()
		if err := j.Close(); err != nil {
			b.Fatal(err)
		}
		b.StartTimer()
	}
}
