package statetest

import (
	"math"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/mcp-kernel/mcp-kernel/state"
)

func takeLaws() []law {
	return []law{
		{"up to the limit", upToLimit},
		{"all or none", allOrNone},
		{"giving back", givesBack},
		{"a limit of zero admits nothing", zeroAdmitsNothing},
		{"asking for nothing tells how it stands", asks},
		{"one counter claimed twice", claimedTwice},
		{"counters are apart", countersApart},
		{"limits may change", limitsChange},
		{"no limit", noLimit},
		{"windows end", windowsEnd},
		{"a window of zero never ends", neverEnds},
		{"many at once admit exactly the limit", exactlyLimit},
		{"many at once are charged together", chargedTogether},
		{"impossible claims", badClaims},
	}
}

// take charges claims, and wants what became of them. Ends is not compared where want has none.
func take(t *testing.T, s *Subject, shard string, claims []state.Claim, want ...state.Taken) {
	t.Helper()
	got, err := s.Backend.Take(t.Context(), shard, claims...)
	must(t, err)
	for i := range min(len(got), len(want)) {
		if want[i].Ends.IsZero() {
			got[i].Ends = time.Time{}
		}
	}
	if diff := cmp.Diff(want, got, cmpopts.EquateEmpty()); diff != "" {
		t.Errorf("Take %+v: want (-), got (+):\n%s", claims, diff)
	}
}

func one(c state.Claim) []state.Claim { return []state.Claim{c} }

func upToLimit(t *testing.T, s *Subject) {
	claim := one(state.Claim{Name: "calls", N: 2, Limit: 5})
	take(t, s, "alice", claim, state.Taken{Name: "calls", OK: true, Used: 2, Limit: 5})
	take(t, s, "alice", claim, state.Taken{Name: "calls", OK: true, Used: 4, Limit: 5})
	take(t, s, "alice", claim, state.Taken{Name: "calls", Used: 4, Limit: 5})
	claim[0].N = 1
	take(t, s, "alice", claim, state.Taken{Name: "calls", OK: true, Used: 5, Limit: 5})
	take(t, s, "alice", claim, state.Taken{Name: "calls", Used: 5, Limit: 5})
	take(t, s, "alice", nil)
}

func allOrNone(t *testing.T, s *Subject) {
	claims := []state.Claim{
		{Name: "calls", N: 1, Limit: 10},
		{Name: "tokens", N: 60, Limit: 100, Window: 24 * time.Hour},
		{Name: "bytes", N: 1, Limit: 10, Window: 24 * time.Hour},
	}
	take(t, s, "alice", claims, state.Taken{Name: "calls", OK: true, Used: 1, Limit: 10},
		state.Taken{Name: "tokens", OK: true, Used: 60, Limit: 100}, state.Taken{Name: "bytes", OK: true, Used: 1, Limit: 10})
	take(t, s, "alice", claims, state.Taken{Name: "calls", OK: true, Used: 1, Limit: 10},
		state.Taken{Name: "tokens", Used: 60, Limit: 100}, state.Taken{Name: "bytes", OK: true, Used: 1, Limit: 10})
	claims[1].N = 40
	take(t, s, "alice", claims, state.Taken{Name: "calls", OK: true, Used: 2, Limit: 10},
		state.Taken{Name: "tokens", OK: true, Used: 100, Limit: 100}, state.Taken{Name: "bytes", OK: true, Used: 2, Limit: 10})
}

func givesBack(t *testing.T, s *Subject) {
	take(t, s, "alice", one(state.Claim{Name: "n", N: -3, Limit: 5}), state.Taken{Name: "n", OK: true, Limit: 5})
	take(t, s, "alice", one(state.Claim{Name: "n", N: 5, Limit: 5}), state.Taken{Name: "n", OK: true, Used: 5, Limit: 5})
	take(t, s, "alice", one(state.Claim{Name: "n", N: -2}), state.Taken{Name: "n", OK: true, Used: 3})
	take(t, s, "alice", one(state.Claim{Name: "n", N: -state.MaxUnits, Limit: -1}), state.Taken{Name: "n", OK: true, Limit: -1})
	take(t, s, "alice", one(state.Claim{Name: "n", N: 5, Limit: 5}), state.Taken{Name: "n", OK: true, Used: 5, Limit: 5})

	// What is given back beside a claim that is refused is not given back.
	both := []state.Claim{{Name: "n", N: -1, Limit: 5}, {Name: "m", N: 9, Limit: 5}}
	take(t, s, "alice", both, state.Taken{Name: "n", OK: true, Used: 5, Limit: 5}, state.Taken{Name: "m", Limit: 5})
}

func zeroAdmitsNothing(t *testing.T, s *Subject) {
	for _, limit := range []int64{0, -1, math.MinInt64} {
		take(t, s, "alice", one(state.Claim{Name: "n", N: 1, Limit: limit}), state.Taken{Name: "n", Limit: limit})
	}
}

func asks(t *testing.T, s *Subject) {
	take(t, s, "alice", one(state.Claim{Name: "n"}), state.Taken{Name: "n", OK: true})
	take(t, s, "alice", one(state.Claim{Name: "n", N: 4, Limit: 5}), state.Taken{Name: "n", OK: true, Used: 4, Limit: 5})
	for range 2 {
		take(t, s, "alice", one(state.Claim{Name: "n", Limit: 1}), state.Taken{Name: "n", OK: true, Used: 4, Limit: 1})
	}
}

func claimedTwice(t *testing.T, s *Subject) {
	twice := []state.Claim{{Name: "n", N: 3, Limit: 5}, {Name: "n", N: 3, Limit: 5}}
	take(t, s, "alice", twice, state.Taken{Name: "n", OK: true, Limit: 5}, state.Taken{Name: "n", Limit: 5})
	twice[1].N = 2
	take(t, s, "alice", twice, state.Taken{Name: "n", OK: true, Used: 3, Limit: 5}, state.Taken{Name: "n", OK: true, Used: 5, Limit: 5})
	swapped := []state.Claim{{Name: "n", N: -3, Limit: 5}, {Name: "n", N: 2, Limit: 5}}
	take(t, s, "alice", swapped, state.Taken{Name: "n", OK: true, Used: 2, Limit: 5}, state.Taken{Name: "n", OK: true, Used: 4, Limit: 5})
}

// countersApart takes the whole limit of counters that differ in one thing each.
func countersApart(t *testing.T, s *Subject) {
	full := state.Taken{OK: true, Used: 1, Limit: 1}
	for _, name := range append(odd(), "calls") {
		full.Name = name
		take(t, s, "alice", one(state.Claim{Name: name, N: 1, Limit: 1}), full)
		take(t, s, "alice", one(state.Claim{Name: name, N: 1, Limit: 1, Window: 24 * time.Hour}), full)
	}
	full.Name = "calls"
	take(t, s, "alice", one(state.Claim{Name: "calls", N: 1, Limit: 1, Window: 48 * time.Hour}), full)
	for _, shard := range append(odd(), "bob", "Alice") {
		take(t, s, shard, one(state.Claim{Name: "calls", N: 1, Limit: 1}), full)
	}
	must(t, s.Backend.Set(t.Context(), "alice/calls", []byte("item"), 0))
	must(t, s.Backend.Delete(t.Context(), "alice/calls"))
	take(t, s, "alice", one(state.Claim{Name: "calls", Limit: 1}), full)
}

func limitsChange(t *testing.T, s *Subject) {
	take(t, s, "alice", one(state.Claim{Name: "n", N: 5, Limit: 5}), state.Taken{Name: "n", OK: true, Used: 5, Limit: 5})
	take(t, s, "alice", one(state.Claim{Name: "n", N: 1, Limit: 3}), state.Taken{Name: "n", Used: 5, Limit: 3})
	take(t, s, "alice", one(state.Claim{Name: "n", N: 1, Limit: 6}), state.Taken{Name: "n", OK: true, Used: 6, Limit: 6})
	take(t, s, "alice", one(state.Claim{Name: "n", N: -1, Limit: 3}), state.Taken{Name: "n", OK: true, Used: 5, Limit: 3})
}

func noLimit(t *testing.T, s *Subject) {
	most := state.Claim{Name: "n", N: state.MaxUnits, Limit: math.MaxInt64}
	take(t, s, "alice", one(most), state.Taken{Name: "n", OK: true, Used: state.MaxUnits, Limit: math.MaxInt64})
	most.N = 1
	take(t, s, "alice", one(most), state.Taken{Name: "n", Used: state.MaxUnits, Limit: math.MaxInt64})
	most.N = -1
	take(t, s, "alice", one(most), state.Taken{Name: "n", OK: true, Used: state.MaxUnits - 1, Limit: math.MaxInt64})
}

// windowsEnd begins at the start of a window, so that a store by the real clock has the whole of it.
func windowsEnd(t *testing.T, s *Subject) {
	const window = 2 * time.Second
	ask := state.Claim{Name: "n", Window: window}
	taken, err := s.Backend.Take(t.Context(), "alice", ask)
	must(t, err)
	if ends := taken[0].Ends; ends.UnixMilli()%window.Milliseconds() != 0 || ends.Location() != time.UTC || !ends.After(s.now()) {
		t.Errorf("window ends at %v, want UTC, later, and aligned to the epoch", ends)
	}
	for range 2 {
		s.advance(taken[0].Ends.Sub(s.now()) + time.Millisecond)
		ends := taken[0].Ends.Add(window)
		claim := state.Claim{Name: "n", N: 2, Limit: 3, Window: window}
		take(t, s, "alice", one(claim), state.Taken{Name: "n", OK: true, Used: 2, Limit: 3, Ends: ends})
		take(t, s, "alice", one(claim), state.Taken{Name: "n", Used: 2, Limit: 3, Ends: ends})
		taken, err = s.Backend.Take(t.Context(), "alice", ask)
		must(t, err)
	}
	s.advance(taken[0].Ends.Sub(s.now()) + time.Millisecond)
	take(t, s, "alice", one(state.Claim{Name: "n", N: -2, Window: window}), state.Taken{Name: "n", OK: true})
}

func neverEnds(t *testing.T, s *Subject) {
	claim := state.Claim{Name: "n", N: 3, Limit: 3}
	take(t, s, "alice", one(claim), state.Taken{Name: "n", OK: true, Used: 3, Limit: 3})
	s.advance(past)
	if s.virtual() {
		s.advance(1000 * time.Hour)
	}
	taken, err := s.Backend.Take(t.Context(), "alice", claim)
	must(t, err)
	if want := (state.Taken{Name: "n", Used: 3, Limit: 3}); taken[0] != want {
		t.Errorf("later: %+v, want %+v", taken[0], want)
	}
}

func exactlyLimit(t *testing.T, s *Subject) {
	const workers, each, limit = 64, 3, 100
	admitted := crowd(t, s, workers, each, state.Claim{Name: "n", N: 1, Limit: limit})
	if admitted != limit {
		t.Errorf("%d of %d were admitted, want exactly %d", admitted, workers*each, limit)
	}
	take(t, s, "crowd", one(state.Claim{Name: "n", Limit: limit}), state.Taken{Name: "n", OK: true, Used: limit, Limit: limit})
}

// crowd lets many take at once, and returns how many of them were admitted.
func crowd(t *testing.T, s *Subject, workers, each int, claims ...state.Claim) int {
	t.Helper()
	admitted := make([]int, workers)
	var group sync.WaitGroup
	for worker := range workers {
		group.Go(func() {
			for range each {
				taken, err := s.Backend.Take(t.Context(), "crowd", claims...)
				if err != nil {
					t.Error(err)
					return
				}
				if allOK(taken) {
					admitted[worker]++
				}
			}
		})
	}
	group.Wait()
	sum := 0
	for _, n := range admitted {
		sum += n
	}
	return sum
}

func allOK(taken []state.Taken) bool {
	for _, tk := range taken {
		if !tk.OK {
			return false
		}
	}
	return true
}

// chargedTogether has a wide limit beside a narrow one, which must not be charged for what the narrow one refuses.
func chargedTogether(t *testing.T, s *Subject) {
	wide, narrow := state.Claim{Name: "wide", N: 3, Limit: 1 << 40}, state.Claim{Name: "narrow", N: 1, Limit: 37, Window: 24 * time.Hour}
	admitted := crowd(t, s, 16, 5, wide, narrow)
	if admitted != 37 {
		t.Errorf("%d were admitted, want 37", admitted)
	}
	wide.N, narrow.N = 0, 0
	take(t, s, "crowd", []state.Claim{wide, narrow}, state.Taken{Name: "wide", OK: true, Used: 3 * 37, Limit: 1 << 40},
		state.Taken{Name: "narrow", OK: true, Used: 37, Limit: 37})
}

func badClaims(t *testing.T, s *Subject) {
	good := state.Claim{Name: "n", N: 1, Limit: 1}
	long := strings.Repeat("x", state.MaxKey+1)
	for name, c := range map[string]struct {
		shard  string
		claims []state.Claim
	}{
		"no shard":        {"", one(good)},
		"long shard":      {long, one(good)},
		"NUL in shard":    {"a\x00", one(good)},
		"bytes in shard":  {"\xff", one(good)},
		"no name":         {"alice", []state.Claim{good, {N: 1, Limit: 1}}},
		"long name":       {"alice", []state.Claim{good, {Name: long, N: 1, Limit: 1}}},
		"bytes in name":   {"alice", []state.Claim{good, {Name: "\xff", N: 1, Limit: 1}}},
		"negative window": {"alice", []state.Claim{good, {Name: "m", N: 1, Limit: 1, Window: -time.Second}}},
		"uneven window":   {"alice", []state.Claim{good, {Name: "m", N: 1, Limit: 1, Window: time.Microsecond}}},
		"endless window":  {"alice", []state.Claim{good, {Name: "m", N: 1, Limit: 1, Window: state.MaxTTL + time.Hour}}},
		"too much":        {"alice", []state.Claim{good, {Name: "m", N: state.MaxUnits + 1, Limit: math.MaxInt64}}},
		"too much back":   {"alice", []state.Claim{good, {Name: "m", N: math.MinInt64}}},
		"too many":        {"alice", make([]state.Claim, state.MaxClaims+1)},
	} {
		_, err := s.Backend.Take(t.Context(), c.shard, c.claims...)
		wantErr(t, name, err, state.ErrInvalid)
	}
	good.N = 0
	take(t, s, "alice", one(good), state.Taken{Name: "n", OK: true, Limit: 1})
}
