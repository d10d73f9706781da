package audit_test

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/mcp-kernel/mcp-kernel/governance"
	"github.com/mcp-kernel/mcp-kernel/governance/audit"
	"github.com/mcp-kernel/mcp-kernel/state"
)

const shard = "os:1000"

func claim(n, limit int64, window time.Duration) state.Claim {
	return state.Claim{Name: "calls", N: n, Limit: limit, Window: window}
}

// carry makes the governance charges of claims that Take granted.
func carry(claims []state.Claim, taken []state.Taken) []governance.Charge {
	var charges []governance.Charge
	for i, c := range claims {
		charges = append(charges, governance.Charge{Shard: shard, Claim: c, Until: taken[i].Ends})
	}
	return charges
}

func take(tb testing.TB, j *audit.Journal, claims ...state.Claim) ([]audit.Charge, bool) {
	tb.Helper()
	taken, err := j.Take(context.Background(), shard, claims...)
	if err != nil {
		tb.Fatal(err)
	}
	ok := !slices.ContainsFunc(taken, func(t state.Taken) bool { return !t.OK })
	return audit.ChargesOf(carry(claims, taken)), ok
}

func used(j *audit.Journal) (n int64) {
	for _, c := range j.Counters(shard) {
		n += c.Used
	}
	return n
}

func TestTakeCarryAndSettle(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	now := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	clock := func(o *audit.Options) { o.Now = func() time.Time { return now } }
	j := open(t, dir, clock)
	charges, ok := take(t, j, claim(3, 5, time.Minute))
	if !ok || used(j) != 3 {
		t.Fatalf("taken: %v, used %d", ok, used(j))
	}
	if _, ok := take(t, j, claim(3, 5, time.Minute)); ok || used(j) != 3 {
		t.Fatalf("over the limit: %v, used %d", ok, used(j))
	}
	slot, err := j.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	d := decision("c1")
	d.Charges = charges
	if err := slot.Decision(t.Context(), d); err != nil {
		t.Fatal(err)
	}
	now = now.Add(time.Minute) // the window ends while the call runs
	o := outcome("c1")
	o.Charges = []audit.Charge{{Shard: shard, Name: "calls", N: -2, Limit: math.MaxInt64, Window: time.Minute}}
	if err := slot.Outcome(t.Context(), o); err != nil {
		t.Fatal(err)
	}
	slot.End()
	if want := d.Charges[0].Start; !o.Charges[0].Start.Equal(want) {
		t.Errorf("given back to the window of %v, not %v", o.Charges[0].Start, want)
	}
	want := []audit.Counter{{Shard: shard, Name: "calls", Used: 1, Window: time.Minute, Start: d.Charges[0].Start}}
	if !slices.Equal(o.Counters, want) {
		t.Errorf("counters of the outcome: %v, want %v", o.Counters, want)
	}
	if used(j) != 0 {
		t.Errorf("the new window begins with %d", used(j))
	}
}

func TestReleaseAndPeek(t *testing.T) {
	t.Parallel()
	j := open(t, t.TempDir())
	claims := []state.Claim{claim(2, 2, 0)}
	taken, err := j.Take(t.Context(), shard, claims...)
	if err != nil {
		t.Fatal(err)
	}
	if full, err := j.Peek(t.Context(), shard, claim(1, 2, 0)); err != nil || full[0].OK || full[0].Used != 2 {
		t.Errorf("%v %v", full, err)
	}
	j.Release(carry(claims, taken)...)
	if free, err := j.Peek(t.Context(), shard, claim(1, 2, 0)); err != nil || !free[0].OK || free[0].Used != 0 {
		t.Errorf("%v %v", free, err)
	}
}

func TestTakeIsAllOrNone(t *testing.T) {
	t.Parallel()
	j := open(t, t.TempDir())
	tight := state.Claim{Name: "tokens", N: 10, Limit: 9}
	taken, err := j.Take(t.Context(), shard, claim(1, 5, 0), tight)
	want := []state.Taken{{Name: "calls", OK: true, Used: 0, Limit: 5}, {Name: "tokens", Used: 0, Limit: 9}}
	if err != nil || !slices.Equal(taken, want) || used(j) != 0 {
		t.Errorf("%v %v, used %d", taken, err, used(j))
	}
}

func TestTakeRefuses(t *testing.T) {
	t.Parallel()
	j := open(t, t.TempDir(), func(o *audit.Options) { o.MaxCounters = 2 })
	for name, c := range map[string]struct {
		shard string
		claim state.Claim
	}{
		"no shard":      {"", claim(1, 1, 0)},
		"no name":       {shard, state.Claim{N: 1, Limit: 1}},
		"odd window":    {shard, claim(1, 1, time.Microsecond)},
		"past window":   {shard, claim(1, 1, -time.Second)},
		"control":       {"a\nb", claim(1, 1, 0)},
		"not UTF-8":     {"a\xff", claim(1, 1, 0)},
		"too long":      {string(make([]byte, 300)), claim(1, 1, 0)},
		"too many":      {shard, claim(math.MaxInt64-1, math.MaxInt64-1, 0)},
		"too many back": {shard, claim(math.MinInt64, 1, 0)},
	} {
		if _, err := j.Take(t.Context(), c.shard, c.claim); err == nil {
			t.Errorf("%s: taken", name)
		}
	}
	for i := range 3 {
		_, err := j.Take(t.Context(), fmt.Sprint("s", i), claim(1, 1, 0))
		if (err != nil) != (i == 2) || err != nil && !errors.Is(err, audit.ErrTooManyCounters) {
			t.Errorf("counter %d: %v", i, err)
		}
	}
}

// TestAnotherProcessTakesTheLast has two journals on one directory take the same last unit before either writes.
func TestAnotherProcessTakesTheLast(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	a, b := open(t, dir), open(t, dir)
	fromA, okA := take(t, a, claim(1, 1, 0))
	fromB, okB := take(t, b, claim(1, 1, 0))
	if !okA || !okB {
		t.Fatal("each sees the unit free")
	}
	first, second := decision("a"), decision("b")
	first.Charges, second.Charges = fromA, fromB
	if err := a.Append(t.Context(), first); err != nil {
		t.Fatal(err)
	}
	before := b.Head().Size
	err := b.Append(t.Context(), second)
	var over *audit.OverLimitError
	want := []audit.Counter{{Shard: shard, Name: "calls", Used: 1}}
	if !errors.As(err, &over) || !errors.Is(err, audit.ErrOverLimit) || !slices.Equal(over.Over, want) {
		t.Fatalf("%v", err)
	}
	if b.Head().Size != before+1 || used(b) != 1 {
		t.Errorf("head moved from %d to %d, used %d", before, b.Head().Size, used(b))
	}
	if _, ok := take(t, b, claim(1, 2, 0)); !ok {
		t.Error("the refused charge is still pending")
	}
}

// TestLimitIsExactAcrossJournals lets many takers of several journals on one directory race for a limit.
func TestLimitIsExactAcrossJournals(t *testing.T) {
	t.Parallel()
	const limit, journals, takers = 50, 3, 4
	dir := t.TempDir()
	var admitted atomic.Int64
	var all sync.WaitGroup
	for range journals {
		j := open(t, dir)
		for range takers {
			all.Go(func() {
				for range limit {
					charges, ok := take(t, j, claim(1, limit, 0))
					if !ok {
						return
					}
					e := decision("x")
					e.Charges = charges
					if err := j.Append(context.Background(), e); err == nil {
						admitted.Add(1)
					} else if !errors.Is(err, audit.ErrOverLimit) {
						t.Error(err)
					}
				}
			})
		}
	}
	all.Wait()
	if admitted.Load() != limit {
		t.Errorf("%d admitted, the limit is %d", admitted.Load(), limit)
	}
}

// TestLedgerModel compares the ledger of two journals, with restarts, to a plain sum.
func TestLedgerModel(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		const limit = 10
		dir := fastDir(t)
		small := func(o *audit.Options) { o.MaxRunning = 1 }
		js := []*audit.Journal{open(t, dir, small), open(t, dir, small)}
		defer func() {
			for _, j := range js {
				if err := j.Close(); err != nil {
					rt.Error(err)
				}
			}
		}()
		pending := make([][]audit.Charge, 2)
		var total int64
		rt.Repeat(map[string]func(*rapid.T){
			"take": func(rt *rapid.T) {
				i, n := rapid.IntRange(0, 1).Draw(rt, "journal"), rapid.Int64Range(1, 4).Draw(rt, "n")
				if charges, ok := take(t, js[i], claim(n, limit, 0)); ok {
					pending[i] = append(pending[i], charges...)
				}
			},
			"append": func(rt *rapid.T) {
				i := rapid.IntRange(0, 1).Draw(rt, "journal")
				for _, c := range pending[i] {
					e := decision("m")
					e.Charges = []audit.Charge{c}
					err := js[i].Append(context.Background(), e)
					fits := total+c.N <= limit
					if fits != (err == nil) || err != nil && !errors.Is(err, audit.ErrOverLimit) {
						rt.Fatalf("charge of %d at %d: %v", c.N, total, err)
					}
					if err == nil {
						total += c.N
					}
				}
				pending[i] = nil
			},
			"give back": func(rt *rapid.T) {
				i, n := rapid.IntRange(0, 1).Draw(rt, "journal"), rapid.Int64Range(1, 3).Draw(rt, "n")
				e := outcome("m")
				e.Charges = []audit.Charge{{Shard: shard, Name: "calls", N: -n}}
				if err := js[i].Append(context.Background(), e); err != nil {
					rt.Fatal(err)
				}
				total = max(0, total-n)
			},
			"restart": func(rt *rapid.T) {
				i := rapid.IntRange(0, 1).Draw(rt, "journal")
				if err := js[i].Close(); err != nil {
					rt.Fatal(err)
				}
				js[i], pending[i] = open(t, dir, small), nil
			},
			"": func(rt *rapid.T) {
				for i, j := range js {
					if _, ok := take(t, j, claim(limit+1, limit, 0)); ok { // a refusal looks at what others wrote first
						rt.Fatal("more than the limit at once")
					}
					mine := total
					for _, c := range pending[i] {
						mine += c.N
					}
					if got := used(j); got != mine {
						rt.Fatalf("journal %d counts %d, want %d", i, got, mine)
					}
				}
			},
		})
	})
}
