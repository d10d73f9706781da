package governance_test

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/mcp-kernel/mcp-kernel/governance"
	"github.com/mcp-kernel/mcp-kernel/state"
)

func TestNewReportsEveryFault(t *testing.T) {
	t.Parallel()
	_, err := governance.New(governance.Options{Window: -1, MaxDepth: -1})
	for _, want := range []string{"no Select", "no Limiter", "Window", "MaxDepth"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s is not in %v", want, err)
		}
	}
}

func TestDecide(t *testing.T) {
	t.Parallel()
	const (
		blocked   = governance.ToolCallBlocked
		violation = governance.PolicyViolation
	)
	no := errors.New("secret dsn")
	type options = governance.Options
	tests := map[string]struct {
		call    func(*governance.Call)
		options func(*options)
		want    governance.Decision // Effect Deny
	}{
		"nobody":       {call: func(c *governance.Call) { c.Caller.Principal = "" }, want: governance.Decision{Stage: "allowlist", Check: "caller", Event: blocked, Reason: "nobody is authenticated"}},
		"no kind":      {call: func(c *governance.Call) { c.Kind = 0 }, want: governance.Decision{Stage: "allowlist", Check: "kind", Event: blocked, Reason: "the kind of call is unknown"}},
		"unknown kind": {call: func(c *governance.Call) { c.Kind = 200 }, want: governance.Decision{Stage: "allowlist", Check: "kind", Event: blocked, Reason: "the kind of call is unknown"}},
		"frozen": {options: func(o *options) {
			o.Standing = standing{facts: governance.Facts{Frozen: true, Reason: "stopped by the operator"}}
		}, want: governance.Decision{Stage: "limits", Check: "frozen", Event: violation, Reason: "stopped by the operator"}},
		"standing errs":  {options: func(o *options) { o.Standing = standing{err: no} }, want: governance.Decision{Stage: "limits", Check: "frozen", Event: violation, Reason: "the check frozen could not judge the call", Fault: no}},
		"too deep":       {call: func(c *governance.Call) { c.Depth = 9 }, want: governance.Decision{Stage: "limits", Check: "depth", Event: violation, Reason: "a call within 9 calls: at most 8 are allowed", Used: 9, Limit: 8}},
		"unknown policy": {call: func(c *governance.Call) { c.Policies = []string{"typo"} }, want: governance.Decision{Stage: "allowlist", Check: "policies", Event: blocked, Reason: `unknown policy "typo"`, Fault: governance.ErrUnknownPolicy}},
		"select errs": {
			options: func(o *options) { o.Select = func(*governance.Call) (*governance.Snapshot, error) { return nil, no } },
			want:    governance.Decision{Stage: "allowlist", Check: "policies", Event: blocked, Reason: "the check policies could not judge the call", Fault: no},
		},
		"select finds none": {
			options: func(o *options) { o.Select = new(governance.Set).Select },
			want:    governance.Decision{Stage: "allowlist", Check: "policies", Event: blocked, Reason: "no policy governs the call, so nothing is allowed"},
		},
		"not listed":        {call: func(c *governance.Call) { c.Name = "write" }, want: governance.Decision{Stage: "allowlist", Check: "allowed_tools", Policy: "strict", Event: blocked, Reason: `"write" is not in allowed_tools of policy "strict"`}},
		"prompt not listed": {call: func(c *governance.Call) { c.Kind = governance.KindPrompt }, want: governance.Decision{Stage: "allowlist", Check: "allowed_prompts", Policy: "strict", Event: blocked, Reason: `"read" is not in allowed_prompts of policy "strict"`}},
		"odd reference":     {call: func(c *governance.Call) { c.Kind = governance.KindCompletion }, want: governance.Decision{Stage: "allowlist", Check: "kind", Event: blocked, Reason: `"read" is not a reference: write "resource:URI" or "prompt:NAME"`}},
		"added to allow": {options: func(o *options) {
			o.Allow = []governance.Check{answering("ring", governance.Decision{Reason: "too low"}, nil)}
		}, want: governance.Decision{Stage: "allowlist", Check: "ring", Event: blocked, Reason: "too low"}},
		"pattern":         {call: func(c *governance.Call) { c.Args = json.RawMessage(`{"a":[{"cmd":"rm \u002drf /"}]}`) }, want: governance.Decision{Stage: "patterns", Check: "blocked_patterns", Rule: "rm", Policy: "strict", Event: violation, Pointer: "/a/0/cmd", Reason: `blocked pattern "rm" of policy "strict"`}},
		"pattern in key":  {call: func(c *governance.Call) { c.Args = json.RawMessage(`{"rm -rf":1}`) }, want: governance.Decision{Stage: "patterns", Check: "blocked_patterns", Rule: "rm", Policy: "strict", Event: violation, Pointer: "/rm -rf", Reason: `blocked pattern "rm" of policy "strict"`}},
		"pattern in name": {call: func(c *governance.Call) { c.Name = "rm -rf" }, want: governance.Decision{Stage: "patterns", Check: "blocked_patterns", Rule: "rm", Policy: "strict", Event: violation, Reason: `blocked pattern "rm" of policy "strict"`}},
		"pattern in encoded URI": {call: func(c *governance.Call) {
			c.Kind, c.Name = governance.KindResource, "vfs:///mem/%72m%20-rf%2"
		}, want: governance.Decision{Stage: "patterns", Check: "blocked_patterns", Rule: "rm", Policy: "strict", Event: violation, Reason: `blocked pattern "rm" of policy "strict"`}},
		"pattern in encoded reference": {call: func(c *governance.Call) {
			c.Kind, c.Name = governance.KindSubscription, "resource:vfs:///mem/rm%20%2drf"
		}, want: governance.Decision{Stage: "patterns", Check: "blocked_patterns", Rule: "rm", Policy: "strict", Event: violation, Reason: `blocked pattern "rm" of policy "strict"`}},
		"added to patterns": {options: func(o *options) { o.Patterns = []governance.Check{answering("pii", governance.Decision{}, nil)} }, want: governance.Decision{Stage: "patterns", Check: "pii", Event: violation, Reason: "the check pii refuses the call"}},
		"added check errs": {options: func(o *options) {
			o.Patterns = []governance.Check{answering("pii", governance.Decision{Effect: governance.Allow}, no)}
		}, want: governance.Decision{Stage: "patterns", Check: "pii", Event: violation, Reason: "the check pii could not judge the call", Fault: no}},
		"odd effect": {options: func(o *options) {
			o.Patterns = []governance.Check{answering("pii", governance.Decision{Effect: 99}, nil)}
		}, want: governance.Decision{Stage: "patterns", Check: "pii", Event: violation, Reason: "the check pii refuses the call"}},
		"unknown execution":  {call: func(c *governance.Call) { c.Execution = "h2" }, want: governance.Decision{Stage: "limits", Check: "execution", Event: violation, Reason: "the execution is unknown, closed or somebody else's: open one with execution_open", Fault: cmpopts.AnyError}},
		"foreign execution":  {call: func(c *governance.Call) { c.Execution, c.Caller.Principal = "h1", "bob" }, want: governance.Decision{Stage: "limits", Check: "execution", Event: violation, Reason: "the execution is unknown, closed or somebody else's: open one with execution_open", Fault: cmpopts.AnyError}},
		"expired execution":  {call: func(c *governance.Call) { c.Execution = "h1" }, options: func(o *options) { o.Executions = executions{governance.Execution{Expires: noon()}} }, want: governance.Decision{Stage: "limits", Check: "execution", Event: violation, Reason: "the execution has expired: open one with execution_open"}},
		"no executions":      {call: func(c *governance.Call) { c.Execution = "h1" }, options: func(o *options) { o.Executions = nil }, want: governance.Decision{Stage: "limits", Check: "execution", Event: violation, Reason: "there are no executions to name here"}},
		"tokens":             {call: func(c *governance.Call) { c.Args = json.RawMessage(`{"a":"` + strings.Repeat("x", 93) + `"}`) }, want: governance.Decision{Stage: "limits", Check: "max_tokens_per_request", Policy: "strict", Event: violation, Limit: 100, Retry: noon().Truncate(time.Hour).Add(time.Hour), Reason: "101 more tokens are needed and 0 of 100 are used; the window ends at 2026-01-02T13:00:00Z"}},
		"execution's budget": {call: func(c *governance.Call) { c.Execution = "h1" }, options: func(o *options) { o.Executions = executions{governance.Execution{MaxCalls: new(int64(0))}} }, want: governance.Decision{Stage: "limits", Check: "max_tool_calls_per_request", Event: violation, Reason: "0 of 0 calls of this execution are used"}},
		"limiter errs":       {options: func(o *options) { o.Limiter = &ledger{fail: no} }, want: governance.Decision{Stage: "limits", Check: "max_tool_calls_per_request", Event: violation, Reason: "the limits cannot be counted", Fault: no}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if tt.call == nil {
				tt.call = func(*governance.Call) {}
			}
			if tt.options == nil {
				tt.options = func(*options) {}
			}
			g, l := gate(t, strict(), tt.options)
			got := g.Decide(t.Context(), call(tt.call))
			if diff := cmp.Diff(tt.want, got, cmpopts.IgnoreFields(governance.Decision{}, "Snapshot"), cmpopts.EquateErrors()); diff != "" {
				t.Error(diff)
			}
			if counts := l.counts(); len(counts) > 0 {
				t.Errorf("a refused call is charged %v", counts)
			}
		})
	}
}

func TestDecideAllows(t *testing.T) {
	t.Parallel()
	g, l := gate(t, strict())
	got := g.Decide(t.Context(), call())
	ends := noon().Truncate(time.Hour).Add(time.Hour)
	want := governance.Decision{
		Effect: governance.Allow, Event: governance.PolicyCheck, Timeout: 30 * time.Second,
		Charges: []governance.Charge{
			{Shard: "ann", Claim: state.Claim{Name: "calls", N: 1, Limit: 3, Window: time.Hour}, Until: ends},
			{Shard: "ann", Claim: state.Claim{Name: "tokens", N: 12, Limit: 100, Window: time.Hour}, Until: ends},
		},
	}
	if diff := cmp.Diff(want, got, cmpopts.IgnoreFields(governance.Decision{}, "Snapshot")); diff != "" {
		t.Error(diff)
	}
	if got.Snapshot == nil || got.Snapshot.Names()[0] != "strict" {
		t.Error("the decision does not say what decided")
	}
	if diff := cmp.Diff(map[string]int64{"ann/calls": 1, "ann/tokens": 12}, l.counts()); diff != "" {
		t.Error(diff)
	}
}

func TestWhatIsCharged(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		change func(*governance.Call)
		want   map[string]int64
	}{
		"no arguments": {func(c *governance.Call) { c.Args = nil }, map[string]int64{"ann/calls": 1, "ann/tokens": 2}},
		"agent":        {func(c *governance.Call) { c.Caller.Agent = "did:x" }, map[string]int64{"ann#did:x/calls": 1, "ann#did:x/tokens": 12}},
		"label":        {func(c *governance.Call) { c.Caller.Label = "claude" }, map[string]int64{"ann/calls": 1, "ann/tokens": 12}},
		"execution":    {func(c *governance.Call) { c.Execution = "h1" }, map[string]int64{"ann/calls": 1, "ann/tokens": 12, "ann/calls@h1": 1, "ann/tokens@h1": 12}},
		"resource":     {func(c *governance.Call) { c.Kind, c.Name = governance.KindResource, "vfs://a" }, map[string]int64{"ann/calls": 1, "ann/tokens": 12}},
		"completion":   {func(c *governance.Call) { c.Kind, c.Name = governance.KindCompletion, "resource:vfs://a" }, map[string]int64{"ann/tokens": 12}},
		"subscription": {func(c *governance.Call) { c.Kind, c.Name = governance.KindSubscription, "resource:vfs://a" }, map[string]int64{"ann/tokens": 12}},
		"task":         {func(c *governance.Call) { c.Kind = governance.KindTask }, map[string]int64{"ann/tokens": 12}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			g, l := gate(t, strict())
			d := g.Decide(t.Context(), call(tt.change))
			if !d.Allowed() {
				t.Fatalf("%+v", d)
			}
			if diff := cmp.Diff(tt.want, l.counts()); diff != "" {
				t.Error(diff)
			}
			if _, err := g.Settle(t.Context(), call(tt.change), d, governance.Used{}); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(map[string]int64{}, l.counts()); diff != "" {
				t.Errorf("not given back: %s", diff)
			}
		})
	}
}

func TestIdentitiesNeverMeet(t *testing.T) {
	t.Parallel()
	seen := make(map[string]governance.Caller)
	for _, c := range []governance.Caller{{Principal: "a"}, {Principal: "a", Agent: "b"}, {Principal: "a#b"}, {Principal: "a%23b"}, {Principal: "a#", Agent: "b"}, {Principal: "a", Agent: "#b"}} {
		if other, taken := seen[c.Identity()]; taken {
			t.Errorf("%+v and %+v are both %s", c, other, c.Identity())
		}
		seen[c.Identity()] = c
	}
}

func TestPanicsDeny(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(*governance.Options){
		"check": func(o *governance.Options) { o.Limits = []governance.Check{panicking("x")} },
		"select": func(o *governance.Options) {
			o.Select = func(*governance.Call) (*governance.Snapshot, error) { panic("secret dsn") }
		},
		"limiter":    func(o *governance.Options) { o.Limiter = (*ledger)(nil) },
		"standing":   func(o *governance.Options) { o.Standing = (*standing)(nil) },
		"executions": func(o *governance.Options) { o.Executions = (*executions)(nil) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			g, l := gate(t, strict(), change)
			d := g.Decide(t.Context(), call(func(c *governance.Call) { c.Execution = "h1" }))
			if d.Effect != governance.Deny || d.Fault == nil || strings.Contains(d.Reason, "secret") {
				t.Errorf("%+v", d)
			}
			if _, err := g.Settle(t.Context(), call(), d, governance.Used{}); err != nil {
				t.Fatal(err)
			}
			if counts := l.counts(); len(counts) > 0 {
				t.Errorf("charged %v", counts)
			}
		})
	}
}

func TestEndedContextsDeny(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	g, _ := gate(t, strict())
	if d := g.Decide(ctx, call()); d.Allowed() || d.Check != "context" || !errors.Is(d.Fault, context.Canceled) {
		t.Errorf("%+v", d)
	}
}

func TestMalformedArgumentsDeny(t *testing.T) {
	t.Parallel()
	for _, mode := range []governance.Mode{governance.Enforce, governance.AuditOnly} {
		p := open("p")
		p.Mode = mode
		g, _ := gate(t, p)
		for _, args := range []string{`{`, `{"a":"\ud800`, "{\"a\":\"\xff\"}", strings.Repeat("[", 10_000)} {
			d := g.Decide(t.Context(), call(func(c *governance.Call) { c.Args = json.RawMessage(args) }))
			if d.Effect != governance.Deny || d.Check != "blocked_patterns" || d.Fault == nil {
				t.Errorf("%v: %.20q: %+v", mode, args, d)
			}
		}
	}
}

func TestAsk(t *testing.T) {
	t.Parallel()
	ask := answering("approval", governance.Decision{Effect: governance.Ask, Reason: "a human decides"}, nil)
	g, l := gate(t, strict(), func(o *governance.Options) { o.Allow = []governance.Check{ask} })
	d := g.Decide(t.Context(), call())
	if d.Effect != governance.Ask || d.Check != "approval" || d.Event != governance.EventNone || len(d.Charges) != 2 {
		t.Errorf("%+v", d)
	}
	if _, err := g.Settle(t.Context(), call(), d, governance.Used{}); err != nil || len(l.counts()) > 0 {
		t.Errorf("a question costs %v, %v", l.counts(), err)
	}
	d = g.Decide(t.Context(), call(func(c *governance.Call) { c.Args = json.RawMessage(`"rm -rf"`) }))
	if d.Effect != governance.Deny || d.Check != "blocked_patterns" {
		t.Errorf("a human is asked about what is forbidden: %+v", d)
	}
}

func TestAuditMode(t *testing.T) {
	t.Parallel()
	p := strict()
	p.Mode = governance.AuditOnly
	g, l := gate(t, p)
	d := g.Decide(t.Context(), call(func(c *governance.Call) { c.Name = "write"; c.Args = json.RawMessage(`{"a":"rm -rf"}`) }))
	want := governance.Decision{
		Effect: governance.Allow, Would: true, Stage: "allowlist", Check: "allowed_tools", Policy: "strict",
		Event: governance.ToolCallBlocked, Reason: `"write" is not in allowed_tools of policy "strict"`, Timeout: 30 * time.Second,
	}
	if diff := cmp.Diff(want, d, cmpopts.IgnoreFields(governance.Decision{}, "Snapshot", "Charges")); diff != "" {
		t.Error(diff)
	}
	for range 5 {
		d = g.Decide(t.Context(), call())
	}
	if !d.Allowed() || !d.Would || d.Check != "max_tool_calls_per_request" || d.Used != 5 || l.counts()["ann/calls"] != 6 {
		t.Errorf("%+v, %v", d, l.counts())
	}
	frozen, _ := gate(t, p, func(o *governance.Options) { o.Standing = standing{facts: governance.Facts{Frozen: true}} })
	if d := frozen.Decide(t.Context(), call()); d.Allowed() {
		t.Error("audit lets a frozen caller pass")
	}
	expired, _ := gate(t, p, func(o *governance.Options) { o.Executions = executions{governance.Execution{Expires: noon()}} })
	if d := expired.Decide(t.Context(), call(func(c *governance.Call) { c.Execution = "h1" })); d.Allowed() {
		t.Error("audit lets an expired execution pass")
	}
	asking, _ := gate(t, p, func(o *governance.Options) {
		o.Allow = []governance.Check{answering("approval", governance.Decision{Effect: governance.Ask}, nil)}
	})
	if d := asking.Decide(t.Context(), call()); !d.Allowed() || !d.Would || d.Check != "approval" {
		t.Errorf("audit asks: %+v", d)
	}
	d = asking.Decide(t.Context(), call(func(c *governance.Call) { c.Args = json.RawMessage(`"rm -rf"`) }))
	if !d.Would || d.Check != "blocked_patterns" {
		t.Errorf("what would be denied is recorded as a question: %+v", d)
	}
	faulty, _ := gate(t, p, func(o *governance.Options) { o.Allow = []governance.Check{panicking("x")} })
	if d := faulty.Decide(t.Context(), call()); d.Allowed() {
		t.Error("audit lets a fault pass")
	}
}

// mute is a limiter that answers nothing, and refuser one that always refuses.
type (
	mute    struct{}
	refuser struct{}
)

func (mute) Take(context.Context, string, ...state.Claim) ([]state.Taken, error) { return nil, nil }

func (refuser) Take(_ context.Context, _ string, claims ...state.Claim) ([]state.Taken, error) {
	return make([]state.Taken, len(claims)), nil
}

func TestLimitersThatMisbehaveDeny(t *testing.T) {
	t.Parallel()
	p := strict()
	p.Mode = governance.AuditOnly
	for name, limiter := range map[string]governance.Limiter{"mute": mute{}, "refuser": refuser{}} {
		g, _ := gate(t, p, func(o *governance.Options) { o.Limiter = limiter })
		if d := g.Decide(t.Context(), call()); d.Allowed() || d.Fault == nil || len(d.Charges) > 0 {
			t.Errorf("%s: %+v", name, d)
		}
	}
	g, _ := gate(t, strict(), func(o *governance.Options) { o.Limiter = refuser{} })
	d := governance.Decision{Charges: []governance.Charge{{Shard: "ann", Claim: state.Claim{Name: "calls", N: 1}}}}
	if _, err := g.Settle(t.Context(), call(), d, governance.Used{}); err == nil {
		t.Error("a settlement that was refused is no error")
	}
}
