package governance_test

import (
	"context"
	"encoding/json"
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/mcp-kernel/mcp-kernel/governance"
	"github.com/mcp-kernel/mcp-kernel/governance/match"
	"github.com/mcp-kernel/mcp-kernel/state"
)

// noon is when the tests happen; their windows of an hour end at one.
func noon() time.Time { return time.Date(2026, 1, 2, 12, 15, 0, 0, time.UTC) }

// ledger counts in memory as state.Backend does, and remembers the worst that it saw.
type ledger struct {
	mu   sync.Mutex
	now  func() time.Time
	used map[string]int64
	ends map[string]time.Time
	fail error
}

func newLedger() *ledger {
	return &ledger{now: noon, used: make(map[string]int64), ends: make(map[string]time.Time)}
}

func (l *ledger) Take(ctx context.Context, shard string, claims ...state.Claim) ([]state.Taken, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if err := errors.Join(l.fail, ctx.Err()); err != nil {
		return nil, err
	}
	taken, all := make([]state.Taken, len(claims)), true
	for i, c := range claims {
		key := shard + "/" + c.Name
		ends := time.Time{}
		if c.Window > 0 {
			ends = l.now().Truncate(c.Window).Add(c.Window)
		}
		if l.ends[key] != ends {
			l.ends[key], l.used[key] = ends, 0
		}
		used := l.used[key]
		taken[i] = state.Taken{Name: c.Name, OK: c.N <= 0 || used <= c.Limit-c.N, Used: used, Limit: c.Limit, Ends: ends}
		all = all && taken[i].OK
	}
	for i, c := range claims {
		if all {
			l.used[shard+"/"+c.Name] = max(0, taken[i].Used+c.N)
			taken[i].Used = l.used[shard+"/"+c.Name]
		}
	}
	return taken, nil
}

func (l *ledger) Peek(_ context.Context, shard string, claims ...state.Claim) ([]state.Taken, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	taken := make([]state.Taken, len(claims))
	for i, c := range claims {
		taken[i] = state.Taken{Name: c.Name, OK: true, Used: l.used[shard+"/"+c.Name], Limit: c.Limit, Ends: l.now().Truncate(time.Hour).Add(time.Hour)}
	}
	return taken, l.fail
}

// counts returns the counters that are not zero.
func (l *ledger) counts() map[string]int64 {
	l.mu.Lock()
	defer l.mu.Unlock()
	counts := make(map[string]int64)
	for key, n := range l.used {
		if n != 0 {
			counts[key] = n
		}
	}
	return counts
}

// check is a governance.Check made of a function.
type check struct {
	name string
	ask  func(c *governance.Call) (governance.Decision, error)
}

func (c check) Name() string { return c.name }

func (c check) Check(_ context.Context, call *governance.Call, _ *governance.Snapshot) (governance.Decision, error) {
	return c.ask(call)
}

func answering(name string, d governance.Decision, err error) governance.Check {
	return check{name, func(*governance.Call) (governance.Decision, error) { return d, err }}
}

func panicking(name string) governance.Check {
	return check{name, func(*governance.Call) (governance.Decision, error) { panic("secret dsn") }}
}

type standing struct {
	facts governance.Facts
	err   error
}

func (s standing) Of(context.Context, governance.Caller) (governance.Facts, error) {
	return s.facts, s.err
}

// executions know one handle, "h1", of ann.
type executions struct{ governance.Execution }

func (e executions) Lookup(_ context.Context, c governance.Caller, handle string) (governance.Execution, error) {
	if c.Principal != "ann" || handle != "h1" {
		return governance.Execution{}, errors.New("no such handle in the store")
	}
	return e.Execution, nil
}

// strict is the policy of most tests.
func strict() governance.Policy {
	return governance.Policy{
		Name: "strict", MaxTokensPerRequest: new(int64(100)), MaxToolCallsPerRequest: new(int64(3)),
		BlockedPatterns:  []match.Pattern{{Name: "rm", Type: match.Substring, Text: "rm -rf"}},
		AllowedTools:     []string{"read", "rm -rf"},
		AllowedResources: []string{"vfs://*"}, ConfidenceThreshold: new(0.8), Timeout: new(30 * time.Second),
	}
}

func call(change ...func(*governance.Call)) *governance.Call {
	c := &governance.Call{
		ID: "1", Kind: governance.KindTool, Name: "read", Caller: governance.Caller{Principal: "ann"},
		Args: json.RawMessage(`{"path":"a"}`), At: noon(),
	}
	for _, f := range change {
		f(c)
	}
	return c
}

// gate returns a gate and its ledger.
func gate(tb testing.TB, p governance.Policy, change ...func(*governance.Options)) (*governance.Gate, *ledger) {
	tb.Helper()
	set, err := governance.NewSet(governance.Ceiling{MaxTokens: 1 << 50, MaxCalls: 1 << 50}, []governance.Policy{p}, []string{p.Name})
	if err != nil {
		tb.Fatal(err)
	}
	l := newLedger()
	o := governance.Options{Select: set.Select, Limiter: l, Peek: l.Peek, Now: noon, Executions: executions{}}
	for _, f := range change {
		f(&o)
	}
	g, err := governance.New(o)
	if err != nil {
		tb.Fatal(err)
	}
	return g, l
}
