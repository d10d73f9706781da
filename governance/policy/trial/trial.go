// Package trial puts policies to the test: it decides the calls of fixtures as a running kernel would, each with counters,
// labels and places of its own, compares what comes of them with what is expected, and says which parts of the policies no
// fixture has touched. It runs nothing and reads no file.
package trial

import (
	"context"
	"fmt"
	"time"

	"github.com/mcp-kernel/mcp-kernel/governance"
	"github.com/mcp-kernel/mcp-kernel/governance/policy"
	"github.com/mcp-kernel/mcp-kernel/governance/rules"
	"github.com/mcp-kernel/mcp-kernel/state/memstate"
)

// memory bounds what one case may count and label, in bytes.
const memory = 16 << 20

// Options say what is tried.
type Options struct {
	Set     *governance.Set // the policies, of which those of the suite are active; required. Run binds its rules
	Surface rules.Surface   // what there is to call, besides what a suite pretends

	// Gate makes the gate that decides; nil is governance.New. Whoever adds checks to a running gate adds them here.
	Gate func(governance.Options) (*governance.Gate, error)

	Window   time.Duration // of the implicit execution; 0 is governance.DefaultWindow
	MaxDepth int           // of calls within calls; 0 is governance.DefaultMaxDepth
}

// A Result is what came of one case.
type Result struct {
	Case     *policy.Case
	Decision governance.Decision
	Problems []string // what is not as expected; none of them, and the case has passed
}

// Passed reports whether everything was as expected.
func (r *Result) Passed() bool { return len(r.Problems) == 0 }

// Run decides every case of a suite. The error is one of the options or of the context; what is not as expected is in the
// results. The coverage is noted if it is not nil.
func Run(ctx context.Context, s *policy.Suite, o Options, c *Coverage) ([]Result, error) {
	if o.Set == nil {
		return nil, fmt.Errorf("trial of %s: no policies", s.File)
	}
	hints, err := bind(s, o)
	if err != nil {
		return nil, err
	}
	results := make([]Result, len(s.Cases))
	for i := range s.Cases {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		t, err := newTrial(s, o, c)
		if err != nil {
			return nil, fmt.Errorf("trial of %s: %w", s.File, err)
		}
		t.hints = hints
		results[i] = t.run(ctx, &s.Cases[i])
	}
	return results, nil
}

// A trial is one case being decided.
type trial struct {
	suite    *policy.Suite
	options  Options
	coverage *Coverage
	hints    map[string]governance.Hints // of tools
	gate     *governance.Gate
	now      time.Time // of the call that is decided
	calls    int
}

func newTrial(s *policy.Suite, o Options, c *Coverage) (*trial, error) {
	t := &trial{suite: s, options: o, coverage: c, now: s.At}
	clock := func() time.Time { return t.now }
	store := memstate.New(memstate.Options{Now: clock, MaxBytes: memory})
	labels, err := governance.NewLabels(store, o.Window, clock)
	if err != nil {
		return nil, err
	}
	build := o.Gate
	if build == nil {
		build = governance.New
	}
	t.gate, err = build(governance.Options{
		Select: o.Set.Select, Limiter: store, Labels: labels, Window: o.Window, MaxDepth: o.MaxDepth, Now: clock,
	})
	return t, err
}

func (t *trial) run(ctx context.Context, c *policy.Case) Result {
	r := Result{Case: c}
	tree := &governance.Tree{}
	for i := range c.After {
		if problem := t.before(ctx, i, &c.After[i], tree); problem != "" {
			r.Problems = append(r.Problems, problem)
			return r
		}
	}
	call := t.call(&c.Call, tree)
	r.Decision = t.gate.Decide(ctx, call)
	r.Decision.Hold.Release()
	t.coverage.note(call, &r.Decision)
	r.Problems = unmet(&c.Expect, &r.Decision)
	return r
}

// before makes the calls of a step, and says which of them did not come to what it must.
func (t *trial) before(ctx context.Context, index int, s *policy.Step, tree *governance.Tree) string {
	for n := range s.Times {
		call := t.call(&s.Call, tree)
		d := t.gate.Decide(ctx, call)
		t.coverage.note(call, &d)
		if d.Effect != s.Effect {
			d.Hold.Release()
			return fmt.Sprintf("after[%d]: call %d came to %s, not %s (line %d): %s", index, n+1, d.Effect, s.Effect, s.Place.Line, d.Reason)
		}
		used := governance.Used{}
		if d.Allowed() {
			size := int64(len(call.Input()))
			used = governance.Used{Calls: 1, Tokens: max(size, s.Tokens), In: size, Out: max(s.Tokens-size, 0)}
		}
		if s.Running && d.Allowed() {
			continue
		}
		if _, err := t.gate.Settle(ctx, call, d, used); err != nil {
			return fmt.Sprintf("after[%d]: %v", index, err)
		}
		d.Hold.Release()
	}
	return ""
}

// call makes a call of a request.
func (t *trial) call(q *policy.Request, tree *governance.Tree) *governance.Call {
	t.calls++
	t.now = t.suite.At
	if !q.At.IsZero() {
		t.now = q.At
	}
	return &governance.Call{
		ID: fmt.Sprintf("fixture-%d", t.calls), Kind: q.Kind, Name: q.Name, Caller: q.Caller, Policies: q.Policies, Depth: q.Depth,
		Hints: t.hints[q.Name], Labels: q.Labels, Args: q.Args, At: t.now, Tree: tree,
	}
}

// unmet says what of a decision is not as expected.
func unmet(e *policy.Expectation, d *governance.Decision) []string {
	var problems []string
	differs := func(field, want, got string) {
		if want != "" && want != got {
			problems = append(problems, fmt.Sprintf("%s is %s, not %s", field, quoted(got), quoted(want)))
		}
	}
	if d.Effect != e.Effect {
		problem := fmt.Sprintf("effect is %s, not %s", d.Effect, e.Effect)
		if d.Reason != "" {
			problem += ": " + d.Reason
		}
		problems = append(problems, problem)
	}
	differs("check", e.Check, d.Check)
	differs("rule", e.Rule, d.Rule)
	differs("policy", e.Policy, d.Policy)
	differs("pointer", e.Pointer, d.Pointer)
	if e.Event != governance.EventNone {
		differs("event", e.Event.String(), d.Event.String())
	}
	if e.Reason != nil && !e.Reason.MatchString(d.Reason) {
		problems = append(problems, fmt.Sprintf("reason is %s, which does not match %s", quoted(d.Reason), e.Reason))
	}
	if e.Would != nil && *e.Would != d.Would {
		problems = append(problems, fmt.Sprintf("would is %v, not %v", d.Would, *e.Would))
	}
	return problems
}

func quoted(text string) string {
	if text == "" {
		return "empty"
	}
	return fmt.Sprintf("%q", text)
}
