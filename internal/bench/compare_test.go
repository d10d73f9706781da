package bench_test

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/mcp-kernel/mcp-kernel/internal/bench"
)

// TestCompare lets one fake on two connections run against one on a single connection, and one that errs.
func TestCompare(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		two := bench.Contender{Target: overHTTP(t, &fake{}), Load: calling("slow", 100)}
		one, bad := two, two
		two.Target.Name, one.Target.Name, bad.Target.Name = "two", "one", "bad"
		two.Load.Connections = 2
		bad.Load.Calls = []bench.Call{{Tool: "slow", Weight: 9}, {Tool: "busy"}}
		var order []string
		c, err := bench.Compare(t.Context(), []bench.Contender{two, one, bad}, 3, func(_ int, r *bench.Report) { order = append(order, r.Name) })
		if err != nil {
			t.Fatal(err)
		}
		if got := strings.Join(order, " "); got != "two one bad bad one two two one bad" {
			t.Errorf("order: %s", got)
		}
		want := bench.Spread{Median: 2, Least: 2, Most: 2}
		if r := c.Ratios[0]; r.First != "two" || r.Against != "one" || !cmp.Equal(r.Figures.Rate, want) || r.Figures.CPU != (bench.Spread{}) {
			t.Errorf("ratio: %+v", r)
		}
		if s := c.Standings[0]; s.Name != "two" || s.Errors != 0 || s.Figures.Rate.Median != 200 || s.Figures.Max.Median != 10_000 {
			t.Errorf("standing: %+v", s)
		}
		if s := c.Standings[2]; s.Errors == 0 || c.Errors() != s.Errors || s.Errors%3 != 0 {
			t.Errorf("errors: %d of %d", c.Errors(), s.Errors)
		}
		if len(c.Rounds) != 3 || len(c.Rounds[1]) != 3 || c.Rounds[1][1].Name != "one" {
			t.Errorf("rounds are not in the contenders' order: %+v", c.Rounds)
		}
	})
}

func TestCompareUnusable(t *testing.T) {
	t.Parallel()
	one := bench.Contender{Target: bench.Target{URL: "http://127.0.0.1:1/"}, Load: calling("echo", 1)}
	one.Load.Timeout = time.Second
	if _, err := bench.Compare(t.Context(), []bench.Contender{one}, 1, nil); err == nil {
		t.Error("compared one")
	}
	if _, err := bench.Compare(t.Context(), []bench.Contender{one, one}, 1, nil); err == nil || !strings.Contains(err.Error(), "round 1") {
		t.Errorf("nobody there: %v", err)
	}
}
