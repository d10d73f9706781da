package main

import (
	"context"
	"regexp"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/mcp-kernel/mcp-kernel/internal/redistest"
)

// TestRoundTrips: a governed call costs two round trips to the state at most, one to decide and one to settle.
func TestRoundTrips(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t)
	f := newFleet(t, 1, "redis://"+server.Address+"/0", "mirror: false")
	call := func() {
		if answer, err := f.call("drift_compare", `{"a":"1","b":"1"}`, ""); err != nil || !answer.ok() {
			t.Fatalf("%+v, %v", answer, err)
		}
	}
	call() // scripts are loaded by the first
	scripts := regexp.MustCompile(`cmdstat_evalsha:calls=(\d+)`)
	count := func() int64 {
		m := scripts.FindStringSubmatch(server.Do("INFO", "commandstats"))
		if m == nil {
			t.Fatal("no script was called")
		}
		n, err := strconv.ParseInt(m[1], 10, 64)
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	const calls = 200
	before := count()
	for range calls {
		call()
	}
	// Counted tokens are given back in batches, off the path of calls, one round trip for many.
	if each := float64(count()-before) / calls; each < 2 || each > 2.5 {
		t.Errorf("%.2f round trips a call", each)
	} else {
		t.Logf("%.2f round trips a call, the giving back of counted tokens included", each)
	}
	f.end()
}

// rate is how many calls a second all members answer together for some seconds.
func (f *fleet) rate(clients int, seconds time.Duration) float64 {
	f.t.Helper()
	ctx, stop := context.WithTimeout(f.t.Context(), seconds)
	defer stop()
	var done atomic.Int64
	var calling sync.WaitGroup
	for range clients {
		calling.Go(func() {
			for ctx.Err() == nil {
				answer, err := f.call("drift_compare", `{"a":"1","b":"1"}`, "")
				if err != nil || !answer.ok() {
					f.t.Errorf("%+v, %v", answer, err)
					return
				}
				done.Add(1)
			}
		})
	}
	calling.Wait()
	return float64(done.Load()) / seconds.Seconds()
}

// TestFleetSpeed compares three kernels on Redis with three that count in their own memory, in alternating rounds.
func TestFleetSpeed(t *testing.T) { //nolint:paralleltest // it measures
	if !*proveFleet {
		t.Skip("only with -fleet: it measures, alone on the machine")
	}
	server := redistest.Start(t)
	shared := newFleet(t, 3, "redis://"+server.Address+"/0", "mirror: false")
	alone := newFleet(t, 3, "memory:", "mirror: false")
	const rounds = 5
	var ratios []float64
	for round := range rounds + 1 {
		a, s := alone.rate(64, 2*time.Second), shared.rate(64, 2*time.Second)
		if round > 0 { // the first warms up
			ratios = append(ratios, s/a)
			t.Logf("memory %.0f/s, Redis %.0f/s: %.2f", a, s, s/a)
		}
	}
	slices.Sort(ratios)
	if median := ratios[rounds/2]; median < 0.6 {
		t.Errorf("kernels on Redis answer %.2f of what kernels in memory do, want 0.6", median)
	}
	shared.end()
	alone.end()
}
