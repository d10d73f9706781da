package governance

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/mcp-kernel/mcp-kernel/governance/intent"
	"github.com/mcp-kernel/mcp-kernel/state"
)

// A Check is one question asked of a call. An error denies, and so does a panic.
type Check interface {
	// Name names the check in decisions, traces and the journal.
	Name() string
	// Check judges the call under the snapshot. Effect Allow means that this check has no objection.
	Check(ctx context.Context, c *Call, s *Snapshot) (Decision, error)
}

// An Inspector is one question asked of what a handler answered. An error withholds the answer, and so does a panic.
type Inspector interface {
	// Name names the inspector in decisions and the journal.
	Name() string
	// Inspect judges the outcome. Effect Allow means that it has no objection; anything else withholds the answer.
	Inspect(ctx context.Context, c *Call, o *Outcome, s *Snapshot) (Decision, error)
}

// A Limiter charges counters atomically: all claims of one shard or none. state.Backend is one, and so is the journal's
// ledger. A refusal is data in Taken; an error is a fault of the backend, and denies. It must not keep the claims.
type Limiter interface {
	Take(ctx context.Context, shard string, claims ...state.Claim) ([]state.Taken, error)
}

// Facts are what the rest of the kernel knows about a caller at this moment.
type Facts struct {
	Frozen bool   // no call may run
	Reason string // why, safe to show
}

// Standing tells the facts about a caller: freezes now, trust, rings, budgets and incidents as the modules that know
// them are added. An error denies.
type Standing interface {
	Of(ctx context.Context, c Caller) (Facts, error)
}

// Executions knows the explicit executions. A handle that is unknown, foreign or expired is an error, and denies.
type Executions interface {
	Lookup(ctx context.Context, c Caller, handle string) (Execution, error)
}

// An Execution is an explicit execution: a child of the implicit one, whose use is charged to both.
type Execution struct {
	Handle    string    // as in Call.Execution
	Opened    time.Time // when it was opened
	Expires   time.Time // when it ends; zero is never
	MaxCalls  *int64    // nil for what the policies say; it can only be less
	MaxTokens *int64    // nil for what the policies say; it can only be less
}

// What holds where Options say nothing.
const (
	DefaultWindow   = time.Hour
	DefaultMaxDepth = 8
)

// Options are what a Gate is made of. Select and Limiter are required.
type Options struct {
	Allow    []Check                          // asked after the allowlists
	Patterns []Check                          // asked after the blocked patterns
	Limits   []Check                          // asked after the counters, when these are charged already
	Results  []Inspector                      // asked about every answer
	Select   func(c *Call) (*Snapshot, error) // which policies govern a call; an error denies
	Limiter  Limiter                          // counts
	// Peek reads counters without charging them, for Explain; nil leaves them unread there.
	Peek       func(ctx context.Context, shard string, claims ...state.Claim) ([]state.Taken, error)
	Standing   Standing         // nil: nothing is known against anybody
	Executions Executions       // nil: there are no explicit executions, and naming one denies
	Window     time.Duration    // of the implicit execution; DefaultWindow
	MaxDepth   int              // of calls within calls; DefaultMaxDepth
	Baselines  *Baselines       // nil: the kernel finds no drift
	Approvals  Approvals        // nil: nobody can agree, so what people would be asked about does not run
	Labels     LabelStore       // nil: nothing can be remembered, and policies that ask for it deny
	Now        func() time.Time // nil: time.Now
}

// A Gate judges calls. It is safe for concurrent use and keeps nothing of a call but its baseline.
type Gate struct {
	options    Options
	steps      []step
	classifier intent.Classifier
	places     places    // that running calls take
	walks      sync.Pool // of *walk that are empty
}

// New returns a Gate, or every fault of the options, joined.
func New(o Options) (*Gate, error) {
	var faults []error
	if o.Select == nil {
		faults = append(faults, errors.New("gate: no Select: say which policies govern a call"))
	}
	if o.Limiter == nil {
		faults = append(faults, errors.New("gate: no Limiter: say what counts"))
	}
	if o.Window < 0 || o.Window%time.Millisecond != 0 {
		faults = append(faults, errors.New("gate: Window must be whole milliseconds and not negative"))
	}
	if o.MaxDepth < 0 {
		faults = append(faults, errors.New("gate: MaxDepth must not be negative"))
	}
	if err := errors.Join(faults...); err != nil {
		return nil, err
	}
	if o.Window == 0 {
		o.Window = DefaultWindow
	}
	if o.MaxDepth == 0 {
		o.MaxDepth = DefaultMaxDepth
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	g := &Gate{options: o}
	g.steps = g.order()
	return g, nil
}

// order is the order of the steps. Who calls, and whether anything may run at all, is asked before the three stages.
func (g *Gate) order() []step {
	var steps []step
	add := func(stage string, extra []Check, own ...step) {
		for _, s := range own {
			s.stage = stage
			steps = append(steps, s)
		}
		for _, c := range extra {
			steps = append(steps, step{stage: stage, check: c.Name(), governed: true, run: asking(c)})
		}
	}
	add(StageLimits, nil, step{check: CheckContext, hard: true, run: waiting})
	add(StageAllow, nil,
		step{check: CheckCaller, hard: true, run: authenticated},
		step{check: CheckKind, hard: true, run: knownKind})
	add(StageLimits, nil,
		step{check: CheckFrozen, hard: true, run: g.standing},
		step{check: CheckDepth, hard: true, run: g.depth})
	add(StageAllow, nil, step{check: CheckPolicies, hard: true, run: g.selectPolicies})
	add(StageAllow, g.options.Allow, step{governed: true, run: listed})
	add(StagePatterns, g.options.Patterns,
		step{check: CheckPatterns, governed: true, run: g.scanned},
		step{check: fieldDetect, governed: true, needs: needsDetection, run: g.detected},
		step{check: fieldIntent, governed: true, needs: needsIntent, run: g.meant},
		step{check: CheckLabels, hard: true, governed: true, needs: needsLabels, run: g.labelled},
		step{check: CheckRules, governed: true, needs: needsRules, run: g.ruled})
	add(StageLimits, g.options.Limits,
		step{check: CheckExecution, hard: true, run: g.execution},
		step{check: CheckMaxDepth, governed: true, needs: needsDepth, run: deepest},
		step{check: CheckFanOut, governed: true, needs: needsFanOut, run: fanned},
		step{check: CheckRates, governed: true, needs: needsBounds, bounds: true, run: g.bounded},
		step{governed: true, counts: true, run: g.counted})
	add(StageApproval, nil, step{check: CheckApproval, governed: true, needs: needsApproval, run: approvable})
	return steps
}

// Decide judges a call: who calls and whether anything may run, then allowlist, blocked patterns and limits, then
// whatever checks were added to each. The first objection denies; a wish to ask a human stands only when nothing denies and
// nobody has agreed to this very call before, and an agreement is used up by the call that it lets run.
// Under mode audit an objection lets the call pass with Would set, while faults, freezes, unknown callers, kinds,
// policies and executions deny in every mode. Whatever the effect, Charges were taken and are to be settled.
func (g *Gate) Decide(ctx context.Context, c *Call) (d Decision) {
	w := g.begin(c, nil)
	defer g.end(w)
	held, ended := g.ask(ctx, w)
	switch {
	case ended:
		d = *held
		g.refuse(ctx, w, &d)
	case held != nil:
		d = *held
		g.admit(ctx, w, &d)
	default:
		d.Effect, d.Event = Allow, PolicyCheck
		g.admit(ctx, w, &d)
	}
	w.finish(&d)
	return d
}

// ask runs the steps. It returns the objection that ended the walk, or what did not end it: what audit let pass, or the
// wish to ask a human. A panic is a fault of the step that was run, and a fault ends every walk.
func (g *Gate) ask(ctx context.Context, w *walk) (held *Decision, ended bool) {
	var s *step
	defer func() {
		if r := recover(); r != nil {
			held, ended = s.panicked(r), true
		}
	}()
	for i := range g.steps {
		if s = &g.steps[i]; s.idle(w) {
			continue
		}
		d := s.run(ctx, w)
		if d == nil {
			continue
		}
		s.sign(d)
		switch {
		case !w.passes(s, d):
			return d, true
		case d.Effect == Ask:
			w.asks = append(w.asks, d.required()...)
		}
		if held == nil || held.Effect == Ask && d.Effect == Deny {
			held = d
		}
	}
	return held, false
}

// refuse is for a walk that ended with an objection. It is an attempt all the same.
func (g *Gate) refuse(ctx context.Context, w *walk, d *Decision) {
	if w.snapshot != nil && len(w.snapshot.rates) > 0 && d.Check != CheckContext && d.Check != CheckFrozen {
		g.attempted(ctx, w)
	}
}

// admit is for a walk that nothing ended: with what audit let pass, the wish to ask, or no objection. What the call will
// touch is noted before it runs.
func (g *Gate) admit(ctx context.Context, w *walk, d *Decision) {
	switch {
	case d.Effect == Allow:
	case w.audits():
		d.Effect, d.Would = Allow, true
	case d.Effect == Ask:
		asked := *d
		*d = *g.agreed(ctx, w, &asked)
	}
	if d.Effect == Allow && len(w.snapshot.labels) > 0 && !w.call.Unknown {
		if fault := g.touch(ctx, w); fault != nil {
			*d = *fault
		}
	}
}
