package redisstate

import (
	"context"
	"fmt"
	"maps"
	"strconv"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"

	"github.com/mcp-kernel/mcp-kernel/internal/redistest"
	"github.com/mcp-kernel/mcp-kernel/state"
)

// TestTakeCharges compares the script with state.Charge, at times that are drawn, also ones that go back.
func TestTakeCharges(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t)
	store, err := Open(t.Context(), Options{Addresses: []string{server.Address}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = store.Close() })
	run := 0
	rapid.Check(t, func(r *rapid.T) {
		run++
		shard := fmt.Sprint("run ", run)
		cells := map[string]state.Cell{}
		now := time.Date(2126, 3, 4, 5, 6, 7, 0, time.UTC)
		r.Repeat(map[string]func(*rapid.T){
			"take": func(r *rapid.T) {
				now = now.Add(time.Duration(rapid.IntRange(-30, 60).Draw(r, "ms")) * time.Millisecond)
				compareTake(r, store, shard, now, cells, drawClaims(r))
			},
			"days later": func(*rapid.T) { now = now.Add(72 * time.Hour) },
		})
	})
}

func drawClaims(r *rapid.T) (claims []state.Claim) {
	for range rapid.IntRange(1, 5).Draw(r, "claims") {
		claims = append(claims, state.Claim{
			Name: rapid.SampledFrom([]string{"m", "n", ":", "1:n"}).Draw(r, "name"),
			N: rapid.OneOf(rapid.Int64Range(-4, 6), rapid.SampledFrom([]int64{state.MaxUnits, -state.MaxUnits, state.MaxUnits - 1})).
				Draw(r, "n"),
			Limit:  rapid.OneOf(rapid.Int64Range(-1, 12), rapid.Int64Range(state.MaxUnits-2, state.MaxUnits+2), rapid.Int64()).Draw(r, "limit"),
			Window: time.Duration(rapid.SampledFrom([]int64{0, 10, 15, state.MaxTTL.Milliseconds()}).Draw(r, "window")) * time.Millisecond,
		})
	}
	return claims
}

func compareTake(r *rapid.T, store *Store, shard string, now time.Time, cells map[string]state.Cell, claims []state.Claim) {
	name := func(c state.Claim) string { return c.Window.String() + c.Name }
	mine := make([]state.Cell, len(claims))
	maps.DeleteFunc(cells, func(_ string, c state.Cell) bool {
		return c.Ends > 0 && c.Ends+time.Hour.Milliseconds() <= now.UnixMilli()
	})
	for i, c := range claims {
		mine[i] = cells[name(c)]
	}
	want, admitted := state.Charge(now, mine, claims)
	if admitted {
		keep(cells, mine, claims, name)
	}
	got, err := store.take(context.Background(), strconv.FormatInt(now.UnixMilli(), 10), shard, claims)
	if err != nil {
		r.Fatal(err)
	}
	if diff := cmp.Diff(want, got, cmpopts.EquateEmpty()); diff != "" {
		r.Fatalf("at %v: %+v: Charge (-), script (+):\n%s", now, claims, diff)
	}
}

// keep stores what was charged: not what was only asked about, and no counter of nothing unless there was one.
func keep(cells map[string]state.Cell, mine []state.Cell, claims []state.Claim, name func(state.Claim) string) {
	touched, last := map[string]bool{}, map[string]int{}
	for i, c := range claims {
		touched[name(c)] = touched[name(c)] || c.N != 0
		last[name(c)] = i
	}
	for counter, i := range last {
		_, there := cells[counter]
		switch {
		case mine[i].Used == 0 && mine[i].Ends == 0:
			delete(cells, counter)
		case touched[counter] && (there || mine[i].Used > 0):
			cells[counter] = mine[i]
		}
	}
}
