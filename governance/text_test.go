package governance_test

import (
	"encoding"
	"testing"

	"github.com/mcp-kernel/mcp-kernel/governance"
)

// word is a value that has a text.
type word[T any] interface {
	*T
	encoding.TextUnmarshaler
}

// roundTrip demands that values have texts of their own, which read back as the values, and that nothing else is read.
func roundTrip[T interface {
	comparable
	encoding.TextMarshaler
	String() string
}, P word[T]](t *testing.T, values []T, texts ...string) {
	t.Helper()
	for i, v := range values {
		text, err := v.MarshalText()
		if err != nil || string(text) != texts[i] || v.String() != texts[i] {
			t.Errorf("%T %d is written %q, %v; want %q", v, i, text, err, texts[i])
		}
		var back T
		if err := P(&back).UnmarshalText(text); err != nil || back != v {
			t.Errorf("%q is read as %v, %v", text, back, err)
		}
	}
	for _, odd := range []string{"", "nonsense", texts[0] + " ", texts[0] + " " + texts[1]} {
		var v T
		if err := P(&v).UnmarshalText([]byte(odd)); err == nil {
			t.Errorf("%q is read as %T %v", odd, v, v)
		}
	}
}

func TestTexts(t *testing.T) {
	t.Parallel()
	roundTrip[governance.Kind](t, []governance.Kind{0, 1, 2, 3, 4, 5, 6}, "invalid", "tool", "resource", "prompt", "completion", "subscription", "task")
	roundTrip[governance.Effect](t, []governance.Effect{governance.Deny, governance.Allow, governance.Ask}, "deny", "allow", "ask")
	roundTrip[governance.Event](t, []governance.Event{0, 1, 2, 3, 4, 5}, "NONE", "TOOL_CALL_BLOCKED", "POLICY_VIOLATION", "POLICY_CHECK", "DRIFT_DETECTED", "CHECKPOINT_CREATED")
	roundTrip[governance.Status](t, []governance.Status{0, 1, 2, 3, 4, 5, 6, 7, 8, 9}, "invalid", "ok", "tool_error", "denied", "bad_arguments", "timeout", "cancelled", "panic", "withheld", "input_required")
	roundTrip[governance.Mode](t, []governance.Mode{governance.Enforce, governance.AuditOnly}, "enforce", "audit")
	roundTrip[governance.TraceOutcome](t, []governance.TraceOutcome{0, 1, 2, 3}, "invalid", "pass", "fail", "skipped")
	roundTrip[governance.Duration](t, []governance.Duration{0, 1e9}, "0s", "1s")
	if got := governance.Kind(99).String(); got != "unknown" {
		t.Error(got)
	}
}

func TestOnlyStartedHandlersRan(t *testing.T) {
	t.Parallel()
	for status := range governance.StatusWithheld + 1 {
		want := status != governance.StatusInvalid && status != governance.StatusDenied && status != governance.StatusBadArguments
		if status.Ran() != want {
			t.Errorf("%v ran: %v", status, !want)
		}
	}
}
