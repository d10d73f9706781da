package audit_test

import (
	"context"
	"strings"
	"sync"
	"testing"

	"github.com/mcp-kernel/mcp-kernel/governance"
	"github.com/mcp-kernel/mcp-kernel/governance/audit"
)

// places are where a journal can lie, by how much the file system costs.
func places(b *testing.B, run func(b *testing.B, j *audit.Journal)) {
	b.Helper()
	b.Run("memory", func(b *testing.B) { run(b, open(b, fastDir(b))) })
	b.Run("disk", func(b *testing.B) { run(b, open(b, b.TempDir())) })
}

func BenchmarkAppend(b *testing.B) {
	places(b, func(b *testing.B, j *audit.Journal) {
		b.Helper()
		e := decision(benchCall)
		b.ReportAllocs()
		for b.Loop() {
			if err := j.Append(context.Background(), e); err != nil {
				b.Fatal(err)
			}
		}
	})
}

const benchCall = "0192b1f0-7c5e-7000-8000-000000000001"

func BenchmarkAppend16(b *testing.B) {
	const writers = 16
	places(b, func(b *testing.B, j *audit.Journal) {
		b.Helper()
		b.ReportAllocs()
		b.ResetTimer()
		var all sync.WaitGroup
		for w := range writers {
			all.Go(func() {
				e := decision(benchCall)
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
	})
}

// BenchmarkCall records a call as a dispatcher does: slot, payloads, a charge, both entries.
func BenchmarkCall(b *testing.B) {
	raw := []byte(`{"path":"notes/today.md","language":"go","options":{"recursive":true,"depth":3},"text":"` +
		strings.Repeat("some words that say little, ", 6) + `","tags":["alpha","beta"],"count":12345}`)
	places(b, func(b *testing.B, j *audit.Journal) {
		b.Helper()
		b.ReportAllocs()
		for b.Loop() {
			slot, err := j.Begin(context.Background())
			if err != nil {
				b.Fatal(err)
			}
			d, o := decision(benchCall), outcome(benchCall)
			d.Args, _ = j.Payload(d.Call, raw)
			d.Charges = []audit.Charge{{Shard: "os:1000", Name: "calls", N: 1, Limit: 1 << 40}}
			if err := slot.Decision(context.Background(), d); err != nil {
				b.Fatal(err)
			}
			o.Result, _ = j.Payload(o.Call, raw)
			if err := slot.Outcome(context.Background(), o); err != nil {
				b.Fatal(err)
			}
			slot.End()
		}
	})
}

func BenchmarkPayload(b *testing.B) {
	j := open(b, fastDir(b))
	for name, words := range map[string]int{"300B": 7, "64KiB": 2300} {
		raw := []byte(`{"options":{"depth":3,"recursive":true},"path":"notes/today.md","text":"` +
			strings.Repeat("some words that say little, ", words) + `"}`)
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			b.SetBytes(int64(len(raw)))
			for b.Loop() {
				if _, err := j.Payload(benchCall, raw); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkOpen(b *testing.B) {
	dir := fastDir(b)
	o := audit.Options{Dir: dir, Origin: origin, Signer: signer(b, dir)}
	j := open(b, dir)
	for range 5000 {
		if err := j.Append(context.Background(), decision(benchCall)); err != nil {
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
		batch[i] = decision(benchCall)
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
