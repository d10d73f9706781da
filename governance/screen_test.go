package governance_test

import (
	"encoding/json"
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/mcp-kernel/mcp-kernel/governance"
)

// TestScreen judges answers that came while a call ran: by freezes and patterns, and by nothing that would charge it.
func TestScreen(t *testing.T) {
	t.Parallel()
	no := errors.New("secret dsn")
	type options = governance.Options
	audit := strict()
	audit.Mode = governance.AuditOnly
	tests := map[string]struct {
		policy  *governance.Policy
		answers string
		options func(*options)
		want    governance.Decision
	}{
		"harmless": {answers: `{"k":{"content":{"a":"b"}}}`, want: governance.Decision{Effect: governance.Allow}},
		"blocked": {answers: `{"k":{"content":{"a":"rm -rf"}}}`, want: governance.Decision{
			Stage: "patterns", Check: "blocked_patterns", Rule: "rm", Policy: "strict", Event: governance.PolicyViolation,
			Pointer: "/io.mcp-kernel~1answers/k/content/a", Reason: `blocked pattern "rm" of policy "strict"`,
		}},
		"blocked under audit": {policy: &audit, answers: `{"k":"rm -rf"}`, want: governance.Decision{Effect: governance.Allow}},
		"unreadable": {policy: &audit, answers: `{`, want: governance.Decision{
			Stage: "patterns", Check: "blocked_patterns", Event: governance.PolicyViolation,
		}},
		"frozen": {answers: `{}`, options: func(o *options) { o.Standing = standing{facts: governance.Facts{Frozen: true}} }, want: governance.Decision{
			Stage: "limits", Check: "frozen", Event: governance.PolicyViolation, Reason: "all calls are stopped",
		}},
		"a check denies": {answers: `{}`, options: func(o *options) {
			o.Patterns = []governance.Check{answering("intent", governance.Decision{Reason: "no"}, nil)}
		}, want: governance.Decision{Stage: "patterns", Check: "intent", Reason: "no", Event: governance.PolicyViolation}},
		"a check errs": {answers: `{}`, options: func(o *options) {
			o.Patterns = []governance.Check{answering("intent", governance.Decision{}, no)}
		}, want: governance.Decision{
			Stage: "patterns", Check: "intent", Event: governance.PolicyViolation, Reason: "the check intent could not judge the call", Fault: no,
		}},
		"a check wants a person": {answers: `{}`, options: func(o *options) {
			o.Patterns = []governance.Check{answering("intent", governance.Decision{Effect: governance.Ask, Reason: "sure?"}, nil)}
		}, want: governance.Decision{Stage: "patterns", Check: "intent", Reason: "sure?"}},
		"a limit is no matter": {answers: `{}`, options: func(o *options) { o.Limits = []governance.Check{panicking("budget")} }, want: governance.Decision{Effect: governance.Allow}},
	}
	for name, c := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			policy := strict()
			if c.policy != nil {
				policy = *c.policy
			}
			g, l := gate(t, policy, func(o *options) {
				if c.options != nil {
					c.options(o)
				}
			})
			plain, _ := gate(t, policy, func(*options) {})
			decided := plain.Decide(t.Context(), call())
			got := g.Screen(t.Context(), call(func(gc *governance.Call) { gc.Answers = json.RawMessage(c.answers) }), decided)
			ignored := cmpopts.IgnoreFields(governance.Decision{}, "Snapshot")
			if name == "unreadable" {
				ignored = cmpopts.IgnoreFields(governance.Decision{}, "Snapshot", "Reason", "Fault")
			}
			if diff := cmp.Diff(c.want, got, ignored, cmpopts.EquateErrors()); diff != "" {
				t.Error(diff)
			}
			if len(l.counts()) > 0 {
				t.Errorf("screening was charged: %v", l.counts())
			}
		})
	}
}
