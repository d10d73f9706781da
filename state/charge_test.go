package state_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/mcp-kernel/mcp-kernel/state"
)

// at is a moment three seconds into a window of ten.
func at() time.Time { return time.Unix(1_800_000_003, 0) }

func TestCharge(t *testing.T) {
	t.Parallel()
	const ends = 1_800_000_010_000
	window := 10 * time.Second
	when := time.UnixMilli(ends).UTC()
	for name, c := range map[string]struct {
		claims       []state.Claim
		stored, want []state.Cell
		taken        []state.Taken
		admitted     bool
	}{
		"a new counter": {
			claims: []state.Claim{{Name: "n", N: 2, Limit: 5, Window: window}}, stored: []state.Cell{{}},
			want:     []state.Cell{{Used: 2, Ends: ends}},
			taken:    []state.Taken{{Name: "n", OK: true, Used: 2, Limit: 5, Ends: when}},
			admitted: true,
		},
		"a window that has just ended": {
			claims:   []state.Claim{{Name: "n", N: 2, Limit: 5, Window: window}},
			stored:   []state.Cell{{Used: 5, Ends: 1_800_000_003_000}},
			want:     []state.Cell{{Used: 2, Ends: ends}},
			taken:    []state.Taken{{Name: "n", OK: true, Used: 2, Limit: 5, Ends: when}},
			admitted: true,
		},
		"a clock that was set back": {
			claims: []state.Claim{{Name: "n", N: 1, Limit: 5, Window: window}},
			stored: []state.Cell{{Used: 5, Ends: ends + 10_000}},
			want:   []state.Cell{{Used: 5, Ends: ends + 10_000}},
			taken:  []state.Taken{{Name: "n", Used: 5, Limit: 5, Ends: when.Add(window)}},
		},
		"a window that never ends": {
			claims: []state.Claim{{Name: "n", N: -9, Limit: 5}}, stored: []state.Cell{{Used: 5}},
			want:     []state.Cell{{}},
			taken:    []state.Taken{{Name: "n", OK: true, Limit: 5}},
			admitted: true,
		},
		"one counter three times": {
			claims:   []state.Claim{{Name: "n", N: 2, Limit: 5}, {Name: "n", N: 2, Limit: 5}, {Name: "n", N: 1, Limit: 5}},
			stored:   []state.Cell{{}, {}, {}},
			want:     []state.Cell{{Used: 2}, {Used: 4}, {Used: 5}},
			taken:    []state.Taken{{Name: "n", OK: true, Used: 2, Limit: 5}, {Name: "n", OK: true, Used: 4, Limit: 5}, {Name: "n", OK: true, Used: 5, Limit: 5}},
			admitted: true,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			taken, admitted := state.Charge(at(), c.stored, c.claims)
			if admitted != c.admitted {
				t.Errorf("admitted: %v, want %v", admitted, c.admitted)
			}
			if diff := cmp.Diff(c.taken, taken); diff != "" {
				t.Errorf("taken, want (-), got (+):\n%s", diff)
			}
			if diff := cmp.Diff(c.want, c.stored); diff != "" {
				t.Errorf("cells, want (-), got (+):\n%s", diff)
			}
		})
	}
}

// TestChargeBeforeEpoch has a clock that nobody has set: windows are aligned all the same.
func TestChargeBeforeEpoch(t *testing.T) {
	t.Parallel()
	cells := make([]state.Cell, 1)
	taken, _ := state.Charge(time.Unix(-3, 0), cells, []state.Claim{{Name: "n", N: 1, Limit: 1, Window: 10 * time.Second}})
	want := []state.Taken{{Name: "n", OK: true, Used: 1, Limit: 1}}
	if diff := cmp.Diff(want, taken); diff != "" {
		t.Errorf("want (-), got (+):\n%s", diff)
	}
}

func TestExpiry(t *testing.T) {
	t.Parallel()
	for ttl, want := range map[time.Duration]time.Time{
		0:                    {},
		1:                    at().Add(time.Millisecond).UTC(),
		time.Millisecond:     at().Add(time.Millisecond).UTC(),
		time.Millisecond + 1: at().Add(2 * time.Millisecond).UTC(),
		time.Hour:            at().Add(time.Hour).UTC(),
		state.MaxTTL:         at().Add(state.MaxTTL).UTC(),
	} {
		if got := state.Expiry(at(), ttl); got != want {
			t.Errorf("ttl %v: %v, want %v", ttl, got, want)
		}
	}
}
