package governance_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"math"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/mcp-kernel/mcp-kernel/governance"
	"github.com/mcp-kernel/mcp-kernel/state"
)

func TestLateDenialIsGivenBack(t *testing.T) {
	t.Parallel()
	g, l := gate(t, strict(), func(o *governance.Options) {
		o.Limits = []governance.Check{answering("rate", governance.Decision{}, nil)}
	})
	d := g.Decide(t.Context(), call())
	if d.Allowed() || d.Stage != "limits" || len(d.Charges) != 2 {
		t.Fatalf("%+v", d)
	}
	charges, err := g.Settle(t.Context(), call(), d, governance.Used{})
	if err != nil || len(charges) != 2 || charges[0].Claim.N != -1 || charges[1].Claim.N != -12 || len(l.counts()) > 0 {
		t.Errorf("%+v, %v, %v", charges, l.counts(), err)
	}
}

func TestLimitIsExactUnderConcurrency(t *testing.T) {
	t.Parallel()
	p := open("p")
	p.MaxToolCallsPerRequest = new(int64(50))
	g, l := gate(t, p)
	var wg sync.WaitGroup
	var mu sync.Mutex
	allowed := 0
	for range 64 {
		wg.Go(func() {
			for range 10 {
				if g.Decide(context.Background(), call()).Allowed() {
					mu.Lock()
					allowed++
					mu.Unlock()
				}
			}
		})
	}
	wg.Wait()
	if allowed != 50 || l.counts()["ann/calls"] != 50 {
		t.Errorf("%d of 50 calls were allowed, %v", allowed, l.counts())
	}
}

func TestSettleAfterTheWindow(t *testing.T) {
	t.Parallel()
	now := noon()
	clock := func() time.Time { return now }
	g, l := gate(t, open("p"), func(o *governance.Options) { o.Now = clock })
	l.now = clock
	before := g.Decide(t.Context(), call())
	now = now.Add(time.Hour)
	after := g.Decide(t.Context(), call())
	charges, err := g.Settle(t.Context(), call(), before, governance.Used{Calls: 1, Tokens: 5})
	if err != nil || len(charges) != 0 {
		t.Errorf("a window that has ended is given back %+v, %v", charges, err)
	}
	if diff := cmp.Diff(map[string]int64{"ann/calls": 1, "ann/tokens": 12}, l.counts()); diff != "" {
		t.Error(diff)
	}
	charges, err = g.Settle(t.Context(), call(), after, governance.Used{Calls: 1, Tokens: 500})
	if err != nil || len(charges) != 1 || charges[0].Claim != (state.Claim{Name: "tokens", N: 488, Limit: math.MaxInt64, Window: time.Hour}) {
		t.Errorf("%+v, %v", charges, err)
	}
}

func TestSettleOutlivesTheCaller(t *testing.T) {
	t.Parallel()
	g, l := gate(t, strict())
	ctx, cancel := context.WithCancel(t.Context())
	d := g.Decide(ctx, call())
	cancel()
	if _, err := g.Settle(ctx, call(), d, governance.Used{Calls: 1, Tokens: 4}); err != nil || l.counts()["ann/tokens"] != 4 {
		t.Errorf("%v, %v", l.counts(), err)
	}
	l.fail = errors.New("down")
	charges, err := g.Settle(t.Context(), call(), d, governance.Used{})
	if !errors.Is(err, l.fail) || len(charges) != 2 {
		t.Errorf("%v, %v", charges, err)
	}
}

// A machine plays any interleaving of decisions and settlements of two callers with and without an execution, and knows
// what every counter must be.
type machine struct {
	gate    *governance.Gate
	ledger  *ledger
	limits  map[string]int64
	want    map[string]int64
	pending []pending
}

// pending is a decision that was not settled yet.
type pending struct {
	call     *governance.Call
	decision governance.Decision
}

func (m *machine) decide(t *rapid.T) {
	c := call(func(c *governance.Call) {
		c.Caller.Principal = rapid.SampledFrom([]string{"ann", "bob"}).Draw(t, "principal")
		size := rapid.IntRange(2, 30).Draw(t, "size")
		c.Args = json.RawMessage(`"` + string(bytes.Repeat([]byte("x"), size-2)) + `"`)
		if c.Caller.Principal == "ann" && rapid.Bool().Draw(t, "explicit") {
			c.Execution = "h1"
		}
	})
	d := m.gate.Decide(t.Context(), c)
	fits := m.fits(c)
	if d.Allowed() != fits {
		t.Fatalf("allowed %v, but the counters leave room %v: %s", d.Allowed(), fits, d.Reason)
	}
	if fits {
		for key, n := range charges(c) {
			m.want[key] += n
		}
	}
	m.pending = append(m.pending, pending{c, d})
}

// charges are what a call reserves, by counter.
func charges(c *governance.Call) map[string]int64 {
	who := c.Caller.Principal + "/"
	want := map[string]int64{who + "calls": 1, who + "tokens": int64(len(c.Args))}
	if c.Execution != "" {
		want[who+"calls@"+c.Execution], want[who+"tokens@"+c.Execution] = 1, int64(len(c.Args))
	}
	return want
}

func (m *machine) fits(c *governance.Call) bool {
	for key, n := range charges(c) {
		if m.want[key]+n > m.limit(key) {
			return false
		}
	}
	return true
}

// limit returns the limit of a counter by the kind of its name.
func (m *machine) limit(key string) int64 {
	_, name, _ := bytes.Cut([]byte(key), []byte("/"))
	return m.limits[string(name)]
}

func (m *machine) settle(t *rapid.T) {
	if len(m.pending) == 0 {
		t.Skip()
	}
	i := rapid.IntRange(0, len(m.pending)-1).Draw(t, "which")
	p := m.pending[i]
	m.pending = append(m.pending[:i:i], m.pending[i+1:]...)
	var used governance.Used
	if p.decision.Allowed() && rapid.Bool().Draw(t, "ran") {
		used = governance.Used{Calls: 1, Tokens: rapid.Int64Range(0, 60).Draw(t, "tokens")}
	}
	if _, err := m.gate.Settle(t.Context(), p.call, p.decision, used); err != nil {
		t.Fatal(err)
	}
	for _, c := range p.decision.Charges {
		key := c.Shard + "/" + c.Claim.Name
		m.want[key] -= c.Claim.N
		if c.Claim.Name == "calls" || c.Claim.Name == "calls@h1" {
			m.want[key] += used.Calls
		} else {
			m.want[key] += used.Tokens
		}
	}
}

func (m *machine) check(t *rapid.T) {
	counts := m.ledger.counts()
	for key, want := range m.want {
		if counts[key] != want || want < 0 {
			t.Fatalf("%s is %d, want %d", key, counts[key], want)
		}
	}
	for key := range counts {
		if _, known := m.want[key]; !known {
			t.Fatalf("%s is charged", key)
		}
	}
}

func TestCountersAreWhatWasUsed(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		p := open("p")
		p.MaxToolCallsPerRequest, p.MaxTokensPerRequest = new(int64(6)), new(int64(120))
		m := &machine{
			want:   make(map[string]int64),
			limits: map[string]int64{"calls": 6, "tokens": 120, "calls@h1": 3, "tokens@h1": 50},
		}
		set, err := governance.NewSet(governance.Ceiling{}, []governance.Policy{p}, []string{"p"})
		if err != nil {
			t.Fatal(err)
		}
		m.ledger = newLedger()
		m.gate, err = governance.New(governance.Options{
			Select: set.Select, Limiter: m.ledger, Now: noon,
			Executions: executions{governance.Execution{Handle: "h1", MaxCalls: new(int64(3)), MaxTokens: new(int64(50))}},
		})
		if err != nil {
			t.Fatal(err)
		}
		t.Repeat(map[string]func(*rapid.T){"decide": m.decide, "settle": m.settle, "": m.check})
	})
}

func BenchmarkSettle(b *testing.B) {
	g, _ := gate(b, open("p"))
	c := call()
	d := g.Decide(b.Context(), c)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := g.Settle(b.Context(), c, d, governance.Used{Calls: 1, Tokens: 13}); err != nil {
			b.Fatal(err)
		}
	}
}
