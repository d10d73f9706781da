package audit_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/mcp-kernel/mcp-kernel/governance"
	"github.com/mcp-kernel/mcp-kernel/governance/audit"
)

// all collects the numbers of a query's entries, page by page.
func all(t *testing.T, r *audit.Journal, f audit.Filter, limit int) (seqs []uint64) {
	t.Helper()
	cursor := ""
	for range 10_000 {
		page, err := r.Query(t.Context(), f, cursor, limit)
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range page.Entries {
			seqs = append(seqs, e.Seq)
		}
		if cursor = page.Next; cursor == "" {
			return seqs
		}
	}
	t.Fatal("the query does not end")
	return nil
}

func TestQuery(t *testing.T) {
	t.Parallel()
	j := open(t, t.TempDir(), func(o *audit.Options) { o.SegmentBytes = 16 << 10 })
	for i := range 100 {
		d, o := decision(fmt.Sprint("c", i)), outcome(fmt.Sprint("c", i))
		if i%10 == 0 {
			d.Decision.Effect, d.Decision.Event = governance.Deny, governance.PolicyViolation
			d.Caller.Principal, o.Caller.Principal = "os:2000", "os:2000"
			o.Status = governance.StatusDenied
		}
		if err := j.Append(t.Context(), d, o); err != nil {
			t.Fatal(err)
		}
	}
	every := func(first, step, n int) (seqs []uint64) {
		for i := range n {
			seqs = append(seqs, uint64(first+i*step))
		}
		return seqs
	}
	for name, c := range map[string]struct {
		filter audit.Filter
		want   []uint64 // oldest first
	}{
		"everything":   {audit.Filter{}, every(1, 1, 201)},
		"one call":     {audit.Filter{Call: "c7"}, []uint64{16, 17}},
		"a principal":  {audit.Filter{Principal: "os:2000", Kinds: []audit.Kind{audit.KindDecision}}, every(2, 20, 10)},
		"denials":      {audit.Filter{Effects: []governance.Effect{governance.Deny}}, every(2, 20, 10)},
		"denied":       {audit.Filter{Statuses: []governance.Status{governance.StatusDenied}}, every(3, 20, 10)},
		"violations":   {audit.Filter{Events: []governance.Event{governance.PolicyViolation}}, every(2, 20, 10)},
		"control":      {audit.Filter{Kinds: []audit.Kind{audit.KindControl}}, []uint64{1}},
		"nobody's":     {audit.Filter{Agent: "did:key:none"}, nil},
		"another kind": {audit.Filter{Target: governance.KindPrompt}, nil},
	} {
		for _, limit := range []int{1, 7, 1000} {
			c.filter.Oldest = true
			if got := all(t, j, c.filter, limit); !slices.Equal(got, c.want) {
				t.Errorf("%s, oldest first, by %d: %v, want %v", name, limit, got, c.want)
			}
			c.filter.Oldest = false
			got := all(t, j, c.filter, limit)
			if slices.Reverse(got); !slices.Equal(got, c.want) {
				t.Errorf("%s, newest first, by %d: %v, want %v", name, limit, got, c.want)
			}
		}
	}
}

func TestQueryRefuses(t *testing.T) {
	t.Parallel()
	j := open(t, t.TempDir())
	for _, cursor := range []string{"x", "o1", "n", "n0", "n+1", "n01", "nzzzzzzzzzzzzzzzzzzz"} {
		if _, err := j.Query(t.Context(), audit.Filter{}, cursor, 10); err == nil || !strings.Contains(err.Error(), "cursor") {
			t.Errorf("cursor %q: %v", cursor, err)
		}
	}
	for _, limit := range []int{-1, 0, 1001} {
		if _, err := j.Query(t.Context(), audit.Filter{}, "", limit); err == nil {
			t.Errorf("limit %d passes", limit)
		}
	}
}

func TestFollow(t *testing.T) {
	t.Parallel()
	j := open(t, t.TempDir())
	var writer sync.WaitGroup
	defer writer.Wait()
	writer.Go(func() {
		for i := range 50 {
			if err := j.Append(context.Background(), decision(fmt.Sprint(i)), outcome(fmt.Sprint(i))); err != nil {
				t.Error(err)
			}
		}
	})
	want := uint64(1)
	for e, err := range j.Follow(t.Context(), 1) {
		if err != nil || e.Seq != want {
			t.Fatalf("entry %d, want %d: %v", e.Seq, want, err)
		}
		if want++; want > 101 {
			return
		}
	}
}
