package audit_test

import (
	"context"
	"sync"
	"testing"

	"github.com/mcp-kernel/mcp-kernel/governance"
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

// BenchmarkVerify reports what one entry costs.
func BenchmarkVerify(b *testing.B) {
	const entries = 100_000
	dir := fastDir(b)
	j := open(b, dir)
	batch := make([]*audit.Entry, 100)
	for i := range batch {
		batch[i] = decision("0192b1f0-7c5e-7000-8000-000000000001")
		batch[i].Decision.Effect = governance.Deny
	}
	for range entries / len(batch) {
		if err := j.Append(context.Background(), batch...); err != nil {
			b.Fatal(err)
		}
	}
	keys := audit.KeysOf(signer(b, dir))
	for b.Loop() {
		r, err := audit.Verify(context.Background(), dir, audit.VerifyOptions{Keys: keys})
		if err != nil || r.Bad != nil {
			b.Fatal(err, r.Bad)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/entries, "ns/entry")
}
