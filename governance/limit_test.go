package governance_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/mcp-kernel/mcp-kernel/governance"
	"github.com/mcp-kernel/mcp-kernel/state"
	"github.com/mcp-kernel/mcp-kernel/state/memstate"
)

// counted returns a gate that counts in a real backend, by a clock that the test sets.
func counted(tb testing.TB, p governance.Policy, change ...func(*governance.Options)) (*governance.Gate, *clock) {
	tb.Helper()
	at := &clock{now: noon()}
	store := memstate.New(memstate.Options{Now: at.read})
	tb.Cleanup(func() { _ = store.Close() })
	labels, err := governance.NewLabels(store, time.Hour, at.read)
	if err != nil {
		tb.Fatal(err)
	}
	g, _ := gate(tb, p, append([]func(*governance.Options){func(o *governance.Options) {
		o.Limiter, o.Labels, o.Now = store, labels, at.read
		o.Peek = func(ctx context.Context, shard string, claims ...state.Claim) ([]state.Taken, error) {
			asked := make([]state.Claim, len(claims))
			for i, c := range claims {
				asked[i] = state.Claim{Name: c.Name, Limit: c.Limit, Window: c.Window}
			}
			return store.Take(ctx, shard, asked...)
		}
	}}, change...)...)
	return g, at
}

type clock struct {
	mu  sync.Mutex
	now time.Time
}

func (c *clock) read() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

func limited(limits ...governance.Limit) governance.Policy {
	p := open("p")
	p.Limits = limits
	return p
}

func by(principal, agent string) func(*governance.Call) {
	return func(c *governance.Call) { c.Caller = governance.Caller{Principal: principal, Agent: agent} }
}

func of(tool string) func(*governance.Call) { return func(c *governance.Call) { c.Name = tool } }

func TestRates(t *testing.T) {
	t.Parallel()
	minute := func(per governance.Per, tools ...string) governance.Limit {
		return governance.Limit{Name: "two", Per: per, Tools: tools, Metric: governance.MetricCalls, Max: 2, Window: time.Minute}
	}
	for name, c := range map[string]struct {
		limit governance.Limit
		calls []*governance.Call
		want  string // a letter a call: a for allow, d for deny
	}{
		"a principal, whoever acts for it": {
			minute(governance.PerPrincipal), []*governance.Call{call(by("ann", "")), call(by("ann", "did:a")), call(by("ann", "did:b")), call(by("bob", ""))}, "aada",
		},
		"an agent": {
			minute(governance.PerAgent), []*governance.Call{call(by("ann", "did:a")), call(by("ann", "did:a")), call(by("ann", "did:a")), call(by("ann", "did:b"))}, "aada",
		},
		"a tool, whoever calls it": {
			minute(governance.PerTool), []*governance.Call{call(by("ann", "")), call(by("bob", "")), call(by("cat", "")), call(of("write"))}, "aada",
		},
		"a tool of each principal": {
			minute(governance.PerPrincipal | governance.PerTool), []*governance.Call{call(), call(), call(), call(of("write")), call(by("bob", ""))}, "aadaa",
		},
		"some tools together": {
			minute(governance.PerPrincipal, "re*", "write"), []*governance.Call{call(), call(of("write")), call(of("real")), call(of("list"))}, "aada",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			g, _ := counted(t, limited(c.limit))
			got := ""
			for _, one := range c.calls {
				d := g.Decide(t.Context(), one)
				if d.Allowed() {
					got += "a"
					continue
				}
				got += "d"
				if d.Check != governance.CheckRates || d.Rule != "two" || d.Policy != "p" || d.Limit != 2 || d.Event != governance.PolicyViolation || d.Retry.IsZero() {
					t.Errorf("%+v", d)
				}
			}
			if got != c.want {
				t.Errorf("%s, want %s", got, c.want)
			}
		})
	}
}

func TestRateMessage(t *testing.T) {
	t.Parallel()
	g, at := counted(t, limited(governance.Limit{Per: governance.PerPrincipal, Metric: governance.MetricCalls, Max: 1, Window: time.Minute}))
	g.Decide(t.Context(), call())
	const want = "1 of 1 calls per principal in 1m0s are used; the window ends at 2026-01-02T12:16:00Z"
	if d := g.Decide(t.Context(), call()); d.Reason != want {
		t.Errorf("%q, want %q", d.Reason, want)
	}
	at.advance(time.Minute)
	if d := g.Decide(t.Context(), call()); !d.Allowed() {
		t.Errorf("the next window: %+v", d)
	}
}

func TestEveryAttemptIsCounted(t *testing.T) {
	t.Parallel()
	p := strict()
	p.Limits = []governance.Limit{{Per: governance.PerPrincipal, Metric: governance.MetricCalls, Max: 3, Window: time.Minute}}
	g, _ := counted(t, p)
	for _, c := range []*governance.Call{
		call(of("unlisted")),
		call(func(c *governance.Call) { c.Args = []byte(`{"x":"rm -rf"}`) }),
		call(func(c *governance.Call) { c.Args = []byte(`{"x":"` + string(make([]byte, 200)) + `"}`) }),
	} {
		if d := g.Decide(t.Context(), c); d.Allowed() || d.Check == governance.CheckRates {
			t.Fatalf("%+v", d)
		} else if charges, err := g.Settle(t.Context(), c, d, governance.Used{}); err != nil || len(charges) != 0 {
			t.Errorf("an attempt was given back: %+v, %v", charges, err)
		}
	}
	if d := g.Decide(t.Context(), call()); d.Allowed() || d.Check != governance.CheckRates {
		t.Errorf("the fourth attempt: %+v", d)
	}
}

func TestRefusedCallsAreNotCharged(t *testing.T) {
	t.Parallel()
	p := limited(
		governance.Limit{Name: "in", Per: governance.PerPrincipal, Metric: governance.MetricBytesIn, Max: 100, Window: time.Hour},
		governance.Limit{Name: "out", Per: governance.PerPrincipal, Metric: governance.MetricBytesOut, Max: 50, Window: time.Hour},
		governance.Limit{Name: "tokens", Per: governance.PerTool, Metric: governance.MetricTokens, Max: 100, Window: time.Hour},
	)
	g, _ := counted(t, p)
	for range 20 { // each is charged 12 bytes and gets them back
		d := g.Decide(t.Context(), call())
		if !d.Allowed() {
			t.Fatalf("%+v", d)
		}
		if _, err := g.Settle(t.Context(), call(), d, governance.Used{}); err != nil {
			t.Fatal(err)
		}
	}
	d := g.Decide(t.Context(), call())
	if _, err := g.Settle(t.Context(), call(), d, governance.Used{Calls: 1, Tokens: 12, In: 12, Out: 60}); err != nil {
		t.Fatal(err)
	}
	if d := g.Decide(t.Context(), call()); d.Allowed() || d.Rule != "out" || d.Used != 60 {
		t.Errorf("%+v", d)
	}
}

func TestRatesAreExactUnderConcurrency(t *testing.T) {
	t.Parallel()
	g, _ := counted(t, limited(
		governance.Limit{Per: governance.PerPrincipal, Metric: governance.MetricCalls, Max: 50, Window: time.Hour},
		governance.Limit{Per: governance.PerTool, Metric: governance.MetricCalls, Max: 40, Window: time.Hour},
	))
	var wg sync.WaitGroup
	var mu sync.Mutex
	allowed := map[string]int{}
	for i := range 64 {
		who := fmt.Sprint("p", i%2)
		wg.Go(func() {
			for range 10 {
				if g.Decide(context.Background(), call(by(who, ""))).Allowed() {
					mu.Lock()
					allowed[who]++
					mu.Unlock()
				}
			}
		})
	}
	wg.Wait()
	if allowed["p0"]+allowed["p1"] != 40 {
		t.Errorf("%v were allowed, want 40 of the tool", allowed)
	}
}

// TestLedgerOfLimits compares a gate with a plain count of what it admitted.
func TestLedgerOfLimits(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		limit := governance.Limit{Per: governance.PerPrincipal, Metric: governance.MetricCalls, Max: int64(rapid.IntRange(0, 4).Draw(t, "calls")), Window: time.Minute}
		bytes := governance.Limit{Per: governance.PerTool, Metric: governance.MetricBytesIn, Max: int64(rapid.IntRange(0, 60).Draw(t, "bytes")), Window: time.Minute}
		at := &clock{now: noon()}
		store := memstate.New(memstate.Options{Now: at.read})
		defer func() { _ = store.Close() }()
		set, err := governance.NewSet(governance.Ceiling{}, []governance.Policy{limited(limit, bytes)}, []string{"p"})
		if err != nil {
			t.Fatal(err)
		}
		g, err := governance.New(governance.Options{Select: set.Select, Limiter: store, Now: at.read})
		if err != nil {
			t.Fatal(err)
		}
		attempts, taken := map[string]int64{}, map[string]int64{}
		for range rapid.IntRange(1, 40).Draw(t, "steps") {
			if rapid.IntRange(0, 9).Draw(t, "tick") == 0 {
				at.advance(time.Minute)
				clear(attempts)
				clear(taken)
			}
			c := call(by(rapid.SampledFrom([]string{"ann", "bob"}).Draw(t, "who"), ""), of(rapid.SampledFrom([]string{"read", "write"}).Draw(t, "tool")))
			who, tool := c.Caller.Principal, c.Name
			want := attempts[who] < limit.Max && taken[tool]+12 <= bytes.Max
			d := g.Decide(t.Context(), c)
			if d.Allowed() != want {
				t.Fatalf("%s of %s: %+v, after %v and %v", tool, who, d, attempts, taken)
			}
			attempts[who] = min(attempts[who]+1, limit.Max)
			ran := want && rapid.Bool().Draw(t, "ran")
			used := governance.Used{}
			if ran {
				used = governance.Used{Calls: 1, In: 12}
				taken[tool] += 12
			}
			if _, err := g.Settle(t.Context(), c, d, used); err != nil {
				t.Fatal(err)
			}
		}
	})
}

func TestConcurrency(t *testing.T) {
	t.Parallel()
	g, _ := counted(t, limited(governance.Limit{Name: "two", Per: governance.PerTool, Metric: governance.MetricConcurrent, Max: 2}))
	first, second := g.Decide(t.Context(), call()), g.Decide(t.Context(), call(by("bob", "")))
	third := g.Decide(t.Context(), call())
	if !first.Allowed() || !second.Allowed() || third.Allowed() || third.Reason != "2 of 2 calls at once per tool are running: try again when one has ended" {
		t.Fatalf("%+v", third)
	}
	first.Hold.Release()
	first.Hold.Release() // a second time gives nothing back
	if !g.Decide(t.Context(), call()).Allowed() || g.Decide(t.Context(), call()).Allowed() {
		t.Error("one place was free")
	}
	third.Hold.Release() // which has none
}

func TestConcurrencyCountsWhatRuns(t *testing.T) {
	t.Parallel()
	g, _ := counted(t, limited(governance.Limit{Per: governance.PerPrincipal, Metric: governance.MetricConcurrent, Max: 1}))
	if d := g.Decide(t.Context(), call()); !d.Allowed() {
		t.Fatalf("%+v", d)
	}
	for name, c := range map[string]*governance.Call{
		"within it":           call(func(c *governance.Call) { c.Depth = 1 }),
		"a question about it": call(func(c *governance.Call) { c.Kind = governance.KindTask }),
		"a completion":        call(func(c *governance.Call) { c.Kind, c.Name = governance.KindCompletion, "prompt:x" }),
	} {
		if d := g.Decide(t.Context(), c); !d.Allowed() {
			t.Errorf("%s: %+v", name, d)
		}
	}
	if d := g.Decide(t.Context(), call()); d.Allowed() {
		t.Error("a second one runs")
	}
}

func TestConcurrencyIsExact(t *testing.T) {
	t.Parallel()
	const most = 5
	g, _ := counted(t, limited(governance.Limit{Per: governance.PerPrincipal, Metric: governance.MetricConcurrent, Max: most}))
	var wg sync.WaitGroup
	var mu sync.Mutex
	running, worst := 0, 0
	for range 64 {
		wg.Go(func() {
			for range 50 {
				d := g.Decide(context.Background(), call())
				if !d.Allowed() {
					continue
				}
				mu.Lock()
				running++
				worst = max(worst, running)
				running--
				mu.Unlock()
				d.Hold.Release()
			}
		})
	}
	wg.Wait()
	for range most {
		if !g.Decide(t.Context(), call()).Allowed() {
			t.Fatal("a place was lost")
		}
	}
	if g.Decide(t.Context(), call()).Allowed() || worst > most {
		t.Errorf("%d at once, want %d", worst, most)
	}
}

func TestDeniedCallsHoldNothing(t *testing.T) {
	t.Parallel()
	p := limited(governance.Limit{Per: governance.PerPrincipal, Metric: governance.MetricConcurrent, Max: 1})
	p.MaxFanOut = new(int64(9))
	tree := &governance.Tree{}
	g, _ := counted(t, p, func(o *governance.Options) {
		o.Limits = []governance.Check{answering("late", governance.Decision{}, errors.New("down"))}
	})
	for range 3 {
		if d := g.Decide(t.Context(), call()); d.Check != "late" || d.Hold != nil {
			t.Fatalf("%+v", d)
		}
		if d := g.Decide(t.Context(), call(func(c *governance.Call) { c.Depth, c.Tree = 1, tree })); d.Check != "late" || tree.Calls() != 0 {
			t.Fatalf("%+v, and %d calls in the tree", d, tree.Calls())
		}
	}
}

func TestDepthAndFanOut(t *testing.T) {
	t.Parallel()
	p := open("p")
	p.MaxDepth, p.MaxFanOut = new(int64(1)), new(int64(2))
	g, _ := counted(t, p)
	tree := &governance.Tree{}
	within := func(c *governance.Call) { c.Depth, c.Tree = 1, tree }
	deep := g.Decide(t.Context(), call(func(c *governance.Call) { c.Depth, c.Tree = 2, tree }))
	if deep.Allowed() || deep.Check != governance.CheckMaxDepth || tree.Calls() != 0 {
		t.Errorf("%+v", deep)
	}
	for range 2 {
		if d := g.Decide(t.Context(), call(within)); !d.Allowed() {
			t.Fatalf("%+v", d)
		}
	}
	over := g.Decide(t.Context(), call(within))
	if over.Allowed() || over.Check != governance.CheckFanOut || over.Used != 2 || tree.Calls() != 2 {
		t.Errorf("%+v, %d calls", over, tree.Calls())
	}
	lost := g.Decide(t.Context(), call(func(c *governance.Call) { c.Depth = 1 }))
	if lost.Allowed() || lost.Fault == nil {
		t.Errorf("a call without a tree: %+v", lost)
	}
	if d := g.Decide(t.Context(), call()); !d.Allowed() {
		t.Errorf("a call from outside: %+v", d)
	}
}

func TestTooManyRates(t *testing.T) {
	t.Parallel()
	var limits []governance.Limit
	for i := range governance.MaxRates + 1 {
		limits = append(limits, governance.Limit{Per: governance.PerPrincipal, Metric: governance.MetricCalls, Max: 5, Window: time.Duration(i+1) * time.Minute})
	}
	_, err := governance.Compile(governance.Ceiling{}, limited(limits...))
	const want = "limits of p together: 9 can apply to one call, at most 8 are counted: merge some, or name tools without globs"
	if err == nil || err.Error() != want {
		t.Errorf("%v, want %s", err, want)
	}
	for i := range limits {
		limits[i].Tools = []string{fmt.Sprint("tool", i)}
	}
	if _, err := governance.Compile(governance.Ceiling{}, limited(limits...)); err != nil {
		t.Errorf("one for each tool: %v", err)
	}
}

func TestTheLowerLimitHolds(t *testing.T) {
	t.Parallel()
	a, b := limited(governance.Limit{Per: governance.PerPrincipal, Metric: governance.MetricCalls, Max: 9, Window: time.Minute}), open("b")
	b.Limits = []governance.Limit{{Name: "low", Per: governance.PerPrincipal, Metric: governance.MetricCalls, Max: 3, Window: time.Minute}}
	s, err := governance.Compile(governance.Ceiling{}, a, b)
	if err != nil {
		t.Fatal(err)
	}
	if l := s.Effective().Limits; len(l) != 1 || l[0].Name != "low" || l[0].Policy != "b" || l[0].Max != 3 {
		t.Errorf("%+v", l)
	}
}
