package governance_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/mcp-kernel/mcp-kernel/governance"
)

func TestExplain(t *testing.T) {
	t.Parallel()
	g, l := gate(t, strict(), func(o *governance.Options) { o.Limits = []governance.Check{panicking("budget")} })
	l.used["ann/calls"] = 3
	traces := g.Explain(t.Context(), call(func(c *governance.Call) { c.Name = "write"; c.Args = json.RawMessage(`{"a":"rm -rf"}`) }))
	pass, fail := governance.TracePass, governance.TraceFail
	want := []governance.StageTrace{
		{Stage: "limits", Check: "context", Outcome: pass},
		{Stage: "allowlist", Check: "caller", Outcome: pass},
		{Stage: "allowlist", Check: "kind", Outcome: pass},
		{Stage: "limits", Check: "frozen", Outcome: pass},
		{Stage: "limits", Check: "depth", Outcome: pass},
		{Stage: "allowlist", Check: "policies", Outcome: pass},
		{Stage: "allowlist", Check: "allowed_tools", Outcome: fail, Policy: "strict", Reason: `"write" is not in allowed_tools of policy "strict"`},
		{Stage: "patterns", Check: "blocked_patterns", Outcome: fail, Rule: "rm", Policy: "strict", Pointer: "/a", Reason: `blocked pattern "rm" of policy "strict"`},
		{Stage: "limits", Check: "execution", Outcome: pass},
		{Stage: "limits", Check: "max_tool_calls_per_request", Outcome: fail, Policy: "strict", Used: 3, Limit: 3, Reason: "3 of 3 calls are used; the window ends at 2026-01-02T13:00:00Z"},
		{Stage: "limits", Check: "max_tokens_per_request", Outcome: pass, Policy: "strict", Limit: 100},
		{Stage: "limits", Check: "budget", Outcome: fail, Reason: "the check budget could not judge the call"},
	}
	if diff := cmp.Diff(want, traces); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(map[string]int64{"ann/calls": 3}, l.counts()); diff != "" {
		t.Errorf("explaining was charged: %s", diff)
	}
	for _, trace := range g.Explain(t.Context(), call(func(c *governance.Call) { c.Policies = []string{"typo"} }))[6:] {
		if trace.Check != "execution" && trace.Outcome != governance.TraceSkipped {
			t.Errorf("without policies: %+v", trace)
		}
	}
	blind, _ := gate(t, strict(), func(o *governance.Options) { o.Peek = nil })
	traces = blind.Explain(t.Context(), call())
	if last := traces[len(traces)-1]; last.Outcome != governance.TraceSkipped || last.Reason == "" {
		t.Errorf("%+v", last)
	}
	l.fail = errors.New("down")
	if trace := g.Explain(t.Context(), call())[9]; trace.Outcome != fail || trace.Reason != "the limits cannot be counted" {
		t.Errorf("%+v", trace)
	}
}

// TestShows asks only what a listing depends on: neither patterns nor counters nor what is wrong with either.
func TestShows(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		change func(*governance.Call)
		want   bool
	}{
		"an allowed name":            {func(*governance.Call) {}, true},
		"with arguments that hit":    {func(c *governance.Call) { c.Args = json.RawMessage(`{"a":"rm -rf"}`) }, true},
		"another name":               {func(c *governance.Call) { c.Name = "write" }, false},
		"nobody":                     {func(c *governance.Call) { c.Caller = governance.Caller{} }, false},
		"a policy that there is not": {func(c *governance.Call) { c.Policies = []string{"typo"} }, false},
		"a kind that there is not":   {func(c *governance.Call) { c.Kind = governance.KindInvalid }, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			g, l := gate(t, strict())
			l.fail = errors.New("down")
			if got := g.Shows(t.Context(), call(c.change)); got != c.want {
				t.Errorf("shown: %v", got)
			}
			guarded, _ := gate(t, strict(), func(o *governance.Options) { o.Allow = []governance.Check{panicking("ring")} })
			if guarded.Shows(t.Context(), call(c.change)) {
				t.Error("shown though a check of the stage cannot judge")
			}
		})
	}
}

// inspector is a governance.Inspector made of an answer.
type inspector struct {
	d   governance.Decision
	err error
}

func (inspector) Name() string { return "secrets" }

func (i inspector) Inspect(context.Context, *governance.Call, *governance.Outcome, *governance.Snapshot) (governance.Decision, error) {
	if i.d.Pointer == "panic" {
		panic("secret dsn")
	}
	return i.d, i.err
}

func TestReview(t *testing.T) {
	t.Parallel()
	no := errors.New("no model")
	tests := map[string]struct {
		mode       governance.Mode
		confidence float64
		inspectors []governance.Inspector
		want       governance.Decision
	}{
		"fine":      {confidence: 0.8, want: governance.Decision{Effect: governance.Allow, Stage: "review", Confidence: 0.8}},
		"drifting":  {confidence: 0.5, want: governance.Decision{Effect: governance.Allow, Stage: "review", Check: "confidence_threshold", Policy: "strict", Event: governance.DriftDetected, Confidence: 0.5, Reason: "confidence 0.50 is below 0.80"}},
		"boastful":  {confidence: 7, want: governance.Decision{Effect: governance.Allow, Stage: "review", Confidence: 1}},
		"no number": {confidence: math.NaN(), want: governance.Decision{Effect: governance.Allow, Stage: "review", Check: "confidence_threshold", Policy: "strict", Event: governance.DriftDetected, Reason: "confidence 0.00 is below 0.80"}},
		"withheld": {
			confidence: 0.5, inspectors: []governance.Inspector{inspector{d: governance.Decision{Rule: "key", Reason: "a key"}}},
			want: governance.Decision{Stage: "review", Check: "secrets", Rule: "key", Event: governance.PolicyViolation, Confidence: 0.5, Reason: "a key"},
		},
		"passed": {
			confidence: 1, inspectors: []governance.Inspector{inspector{d: governance.Decision{Effect: governance.Allow}}},
			want: governance.Decision{Effect: governance.Allow, Stage: "review", Confidence: 1},
		},
		"errs": {
			confidence: 1, mode: governance.AuditOnly, inspectors: []governance.Inspector{inspector{d: governance.Decision{Effect: governance.Allow}, err: no}},
			want: governance.Decision{Stage: "review", Check: "secrets", Event: governance.PolicyViolation, Confidence: 1, Reason: "the check secrets could not judge the call", Fault: no},
		},
		"panics": {
			confidence: 1, inspectors: []governance.Inspector{inspector{d: governance.Decision{Pointer: "panic"}}},
			want: governance.Decision{Stage: "review", Check: "secrets", Event: governance.PolicyViolation, Confidence: 1, Reason: "the check secrets could not judge the call", Fault: cmpopts.AnyError},
		},
		"audit": {
			confidence: 1, mode: governance.AuditOnly, inspectors: []governance.Inspector{inspector{d: governance.Decision{Reason: "a key"}}},
			want: governance.Decision{Effect: governance.Allow, Would: true, Stage: "review", Check: "secrets", Event: governance.PolicyViolation, Confidence: 1, Reason: "a key"},
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := strict()
			p.Mode = tt.mode
			g, _ := gate(t, p, func(o *governance.Options) { o.Results = tt.inspectors })
			d := g.Decide(t.Context(), call())
			got := g.Review(t.Context(), call(), &governance.Outcome{Status: governance.StatusOK, Confidence: tt.confidence}, d)
			if diff := cmp.Diff(tt.want, got, cmpopts.IgnoreFields(governance.Decision{}, "Snapshot"), cmpopts.EquateErrors()); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestReviewFindsDrift(t *testing.T) {
	t.Parallel()
	b := baselines(t, governance.BaselineOptions{})
	g, l := gate(t, strict(), func(o *governance.Options) { o.Baselines = b })
	var got governance.Decision
	for _, amount := range []int{100, 100, 900} {
		c := call(func(c *governance.Call) { c.Args = json.RawMessage(`{"confidence":1}`) })
		d := g.Decide(t.Context(), c)
		result := json.RawMessage(fmt.Sprintf(`{"amount":%d}`, amount))
		got = g.Review(t.Context(), c, &governance.Outcome{Status: governance.StatusOK, Result: result, Confidence: 1}, d)
		if _, err := g.Settle(t.Context(), c, d, governance.Used{Calls: 1, Tokens: 5}); err != nil {
			t.Fatal(err)
		}
	}
	if got.Effect != governance.Allow || got.Event != governance.DriftDetected || got.Confidence > 0.2 {
		t.Errorf("%+v", got)
	}
	if l.counts()["ann/calls"] != 3 {
		t.Errorf("a drifting call is counted too: %v", l.counts())
	}
}
