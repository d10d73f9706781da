package governance

import (
	"context"
	"fmt"
)

// A TraceOutcome says how one check went. The zero value is invalid.
type TraceOutcome uint8

// How one check went.
const (
	TraceInvalid TraceOutcome = iota
	TracePass                 // no objection
	TraceFail                 // an objection
	TraceSkipped              // could not be asked, because what it needs was not found
	TraceAsk                  // no objection once people have agreed
)

const traceNames = "invalid pass fail skipped ask"

// String returns "pass", "fail", "skipped" or "ask".
func (o TraceOutcome) String() string { return nameAt(traceNames, int(o)) }

// MarshalText implements encoding.TextMarshaler; the text is what String returns.
func (o TraceOutcome) MarshalText() ([]byte, error) { return []byte(o.String()), nil }

// UnmarshalText implements encoding.TextUnmarshaler; an unknown name is an error.
func (o *TraceOutcome) UnmarshalText(text []byte) error {
	i, ok := indexOf(traceNames, string(text))
	if !ok {
		return fmt.Errorf("unknown outcome %q", text)
	}
	*o = TraceOutcome(i)
	return nil
}

// A StageTrace is what one check says of a call. It is safe to show to the caller.
type StageTrace struct {
	Stage   string       `json:"stage"`
	Check   string       `json:"check"`
	Outcome TraceOutcome `json:"outcome"`
	Rule    string       `json:"rule,omitempty"`
	Policy  string       `json:"policy,omitempty"`
	Reason  string       `json:"reason,omitempty"`
	Pointer string       `json:"pointer,omitempty"`
	Used    int64        `json:"used,omitempty"`   // of a limit, before this call
	Limit   int64        `json:"limit,omitempty"`  // of a limit; shown with Used
	Labels  []string     `json:"labels,omitempty"` // what the execution has touched
}

// Explain asks every check about a call, in the order of Decide but without stopping at the first objection, and charges
// nothing: the counters are only read. What Decide would say is the first that failed, or else the first that asks.
func (g *Gate) Explain(ctx context.Context, c *Call) []StageTrace {
	w := &walk{call: c}
	defer w.undo()
	traces := make([]StageTrace, 0, len(g.steps)+maxCounters)
	for i := range g.steps {
		s := &g.steps[i]
		switch {
		case s.idle(w):
		case s.governed && w.snapshot == nil:
			traces = append(traces, StageTrace{Stage: s.stage, Check: s.called(w), Outcome: TraceSkipped, Reason: "no policy was selected"})
		case s.counts:
			traces = append(traces, g.peek(ctx, w)...)
			traces = append(traces, g.peekRates(ctx, w)...)
		case s.bounds:
			traces = append(traces, g.peekBounds(w)...)
		default:
			traces = append(traces, g.trace(ctx, s, w))
		}
	}
	return traces
}

// Shows reports whether a listing may show the call's name to its caller: whether every check of the allowlist stage would
// let the call pass. It asks nothing else, reads no counter and charges nothing. A fault hides.
func (g *Gate) Shows(ctx context.Context, c *Call) bool {
	w := g.begin(c, nil)
	defer g.end(w)
	for i := range g.steps {
		s := &g.steps[i]
		if s.stage != StageAllow {
			continue
		}
		if s.governed && w.snapshot == nil || s.judge(ctx, w) != nil {
			return false
		}
	}
	return true
}

// called returns the name of the check that the step makes of the call.
func (s *step) called(w *walk) string {
	if s.check == "" {
		return checkOf(w.call.Kind)
	}
	return s.check
}

func (g *Gate) trace(ctx context.Context, s *step, w *walk) StageTrace {
	before := len(w.found)
	d := s.judge(ctx, w)
	if d == nil {
		t := StageTrace{Stage: s.stage, Check: s.called(w), Outcome: TracePass, Reason: g.passed(s, w, w.found[before:])}
		if s.check == "" {
			t.Policy, _ = w.snapshot.Allowed(w.call.Kind, w.call.Name)
		}
		if s.check == CheckLabels {
			t.Labels = w.labels
		}
		return t
	}
	return failed(d)
}

// failed is the trace of a check that objects, or asks.
func failed(d *Decision) StageTrace {
	t := StageTrace{
		Stage: d.Stage, Check: d.Check, Outcome: TraceFail, Rule: d.Rule, Policy: d.Policy,
		Reason: d.Reason, Pointer: d.Pointer, Used: d.Used, Limit: d.Limit,
	}
	if d.Effect == Ask {
		t.Outcome = TraceAsk
	}
	return t
}

// peek reads every counter that the call would be charged to.
func (g *Gate) peek(ctx context.Context, w *walk) []StageTrace {
	g.claim(w)
	traces := make([]StageTrace, w.counters)
	for i := range traces {
		traces[i] = StageTrace{
			Stage: StageLimits, Check: w.kinds[i].check, Outcome: TraceSkipped, Policy: w.kinds[i].policy,
			Limit: w.claims[i].Limit, Reason: "the counters cannot be read here",
		}
	}
	if g.options.Peek == nil {
		return traces
	}
	reading := step{stage: StageLimits, check: CheckCalls, run: func(ctx context.Context, w *walk) *Decision {
		taken, err := g.options.Peek(ctx, w.call.Caller.Identity(), w.claims[:w.counters]...)
		if err == nil && len(taken) != w.counters {
			err = fmt.Errorf("%d of %d counters were read", len(taken), w.counters)
		}
		if err != nil {
			return countFault(err)
		}
		for i, t := range taken {
			traces[i].Outcome, traces[i].Reason, traces[i].Used = TracePass, "", t.Used
			if t.Used+w.claims[i].N > w.claims[i].Limit {
				traces[i].Outcome, traces[i].Reason = TraceFail, w.exceeded(i, t).Reason
			}
		}
		return nil
	}}
	if d := reading.judge(ctx, w); d != nil {
		return []StageTrace{failed(d)}
	}
	return traces
}
