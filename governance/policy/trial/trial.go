// Package trial puts policies to the test: it decides the calls of fixtures and reviews their answers as a running kernel
// would, each case with counters, labels, places and a clock of its own, compares what comes of them with what is expected,
// and says which parts of the policies no fixture has touched. It runs nothing and reads no file.
package trial

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/mcp-kernel/mcp-kernel/governance"
	"github.com/mcp-kernel/mcp-kernel/governance/detect"
	"github.com/mcp-kernel/mcp-kernel/governance/match"
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
	Decision governance.Decision // of the last step: of its call or, where there is an answer or a definition, about that
	Problems []string            // what is not as expected; none of them, and the case has passed
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
	now      time.Time // the clock, which stands unless a step puts it on
	calls    int
	tree     governance.Tree
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

// run takes the steps until one does not come to what it must.
func (t *trial) run(ctx context.Context, c *policy.Case) Result {
	r := Result{Case: c}
	for i := range c.Steps {
		s := &c.Steps[i]
		came := t.step(ctx, s)
		r.Decision, r.Problems = came.decision, came.problems
		if len(r.Problems) == 0 {
			continue
		}
		if s.Path != "" {
			for k, problem := range r.Problems {
				r.Problems[k] = fmt.Sprintf("%s (line %d): %s%s", s.Path, s.Place.Line, came.which(s), problem)
			}
		}
		return r
	}
	return r
}

// what came of a step: the last time that it was done.
type came struct {
	n        int // the how manieth time it was
	decision governance.Decision
	left     remains // of an answer
	labels   []string
	problems []string
}

// which says the how manieth time it was that did not come to what it must, where there were several.
func (c *came) which(s *policy.Step) string {
	if s.Times == 1 {
		return ""
	}
	return fmt.Sprintf("call %d: ", c.n+1)
}

// step does a step as often as it says.
func (t *trial) step(ctx context.Context, s *policy.Step) (c came) {
	t.now = t.now.Add(s.Wait)
	if s.Definition != nil {
		c.decision = t.define(s.Definition)
		c.left.redacted = c.decision.Redacted != nil
		c.problems = unmet(s, &c)
		return c
	}
	for n := range s.Times {
		c = t.make(ctx, s)
		c.n = n
		if c.problems = append(c.problems, unmet(s, &c)...); len(c.problems) > 0 {
			return c
		}
	}
	return c
}

// make makes a call and, when it is let run and something answers, reviews the answer.
func (t *trial) make(ctx context.Context, s *policy.Step) (c came) {
	call := t.call(&s.Call)
	d := t.gate.Decide(ctx, call)
	t.coverage.note(call, &d, detect.Arguments)
	c.decision, c.labels = d, d.Labels
	if s.Running && d.Allowed() {
		return c
	}
	defer d.Hold.Release()
	used := governance.Used{}
	if d.Allowed() {
		in, out := int64(len(call.Input())), int64(0)
		if s.Answer != nil {
			call.Labels = d.Labels
			out = t.review(ctx, call, s.Answer, &c)
		}
		used = governance.Used{Calls: 1, Tokens: max(in+out, s.Tokens), In: in, Out: max(out, s.Tokens-in)}
	}
	if _, err := t.gate.Settle(ctx, call, d, used); err != nil {
		c.problems = append(c.problems, err.Error())
	}
	return c
}

// review has the gate judge an answer, and returns how many bytes it has.
func (t *trial) review(ctx context.Context, call *governance.Call, a *policy.Answer, c *came) int64 {
	o := governance.Outcome{Status: governance.StatusOK, Result: document(call, a), Confidence: a.Confidence}
	if a.Error {
		o.Status = governance.StatusToolError
	}
	d := t.gate.Review(ctx, call, &o, c.decision)
	source := detect.Results
	if call.Kind == governance.KindPrompt {
		source = detect.Prompts
	}
	t.coverage.note(call, &d, source)
	c.decision = d
	if d.Labels != nil {
		c.labels = d.Labels
	}
	if d.Allowed() {
		c.left = remaining(o.Result, d.Redacted)
	}
	return int64(len(o.Result))
}

// define has the policies judge what a server says of a tool.
func (t *trial) define(doc json.RawMessage) governance.Decision {
	d := governance.Decision{Stage: governance.StageReview}
	snapshot, err := t.options.Set.Select(&governance.Call{})
	if err != nil {
		d.Reason = err.Error()
		return d
	}
	found, action, by, err := snapshot.Definition(doc)
	d.Snapshot, d.Findings, d.Policy = snapshot, found, by
	switch {
	case err != nil:
		d.Reason = err.Error()
	case action == detect.Block:
	case action == detect.Ask:
		d.Effect = governance.Ask
	default:
		d.Effect = governance.Allow
	}
	if err == nil && action == detect.Redact {
		if d.Redacted, err = match.Redact(doc, found); err != nil {
			d.Effect, d.Reason = governance.Deny, err.Error()
		}
	}
	if err == nil && snapshot.EffectiveForOperator().Mode.Value == governance.AuditOnly {
		d.Would, d.Effect, d.Redacted = d.Effect != governance.Allow, governance.Allow, nil
	}
	if worst := gravest(found); worst != nil {
		d.Check, d.Rule, d.Pointer = worst.Check, worst.Class, worst.Pointer
	}
	t.coverage.note(&governance.Call{}, &d, detect.Definitions)
	return d
}

// gravest returns the finding of the highest severity, the surest of those; nil for none.
func gravest(found []match.Finding) *match.Finding {
	if len(found) == 0 {
		return nil
	}
	worst := slices.MaxFunc(found, func(a, b match.Finding) int {
		return cmp.Or(cmp.Compare(a.Severity, b.Severity), cmp.Compare(a.Confidence, b.Confidence))
	})
	return &worst
}

// call makes a call of a request. Its time is that of the clock, which a request may set.
func (t *trial) call(q *policy.Request) *governance.Call {
	t.calls++
	if !q.At.IsZero() {
		t.now = q.At
	}
	return &governance.Call{
		ID: fmt.Sprintf("fixture-%d", t.calls), Kind: q.Kind, Name: q.Name, Caller: q.Caller, Policies: q.Policies, Depth: q.Depth,
		Hints: t.hints[q.Name], Labels: q.Labels, Args: q.Args, At: t.now, Tree: &t.tree,
	}
}
