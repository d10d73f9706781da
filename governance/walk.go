package governance

import (
	"context"
	"errors"
	"fmt"
	"time"
	"unicode/utf8"

	"github.com/mcp-kernel/mcp-kernel/governance/match"
	"github.com/mcp-kernel/mcp-kernel/state"
)

// A step is one question in the order of a decision. A nil Decision is no objection.
type step struct {
	stage string
	check string // empty where run names it
	hard  bool   // denies in mode audit too
	// What Explain must know: governed needs a snapshot, counts charges.
	governed, counts, bounds bool
	needs                    needs // skipped for snapshots that do not have any of it

	run func(ctx context.Context, w *walk) *Decision
}

// A walk is the state of one decision or review, with all that the counters need. It is larger than what comes of it and
// is used again.
type walk struct {
	call      *Call
	snapshot  *Snapshot
	execution Execution
	charges   []Charge // what was taken; the decision's own
	counters  int      // how many of the following are used
	kinds     [maxCounters]counter
	claims    [maxCounters]state.Claim
	labels    []string      // what the execution has touched
	asks      []Requirement // of people
	hold      *Hold
	grew      bool // the call is counted in its tree
	found     []match.Finding
}

// begin returns a walk, which goes back to end.
func (g *Gate) begin(c *Call, s *Snapshot) *walk {
	w, ok := g.walks.Get().(*walk)
	if !ok {
		w = new(walk)
	}
	w.call, w.snapshot = c, s
	return w
}

// end forgets all that the walk was about. Nothing that was handed out points into it: a limiter keeps no claims.
func (g *Gate) end(w *walk) {
	*w = walk{}
	g.walks.Put(w)
}

// idle reports whether there is nothing to ask under the snapshot of the walk.
func (s *step) idle(w *walk) bool {
	return s.needs != 0 && (w.snapshot == nil || w.snapshot.has&s.needs == 0)
}

// judge runs the step. A panic is a fault, and a fault denies.
func (s *step) judge(ctx context.Context, w *walk) (d *Decision) {
	defer func() {
		if r := recover(); r != nil {
			d = s.panicked(r)
		}
	}()
	if d = s.run(ctx, w); d != nil {
		s.sign(d)
	}
	return d
}

// panicked is the fault of a step that panicked.
func (s *step) panicked(r any) *Decision {
	d := faulty(fmt.Errorf("panic: %v", r))
	s.sign(d)
	return d
}

// sign says where a decision was made, unless it says so itself, and which event that is.
func (s *step) sign(d *Decision) {
	d.Stage = s.stage
	if d.Check == "" {
		d.Check = s.check
	}
	if d.Reason == "" {
		d.Reason = "the check " + d.Check + " could not judge the call"
		if d.Fault == nil {
			d.Reason = "the check " + d.Check + " refuses the call"
		}
	}
	switch {
	case d.Effect == Ask:
	case s.stage == StageAllow:
		d.Event = ToolCallBlocked
	default:
		d.Event = PolicyViolation
	}
}

// passes reports whether the walk goes on after an objection.
func (w *walk) passes(s *step, d *Decision) bool {
	return d.Effect == Ask || w.audits() && !s.hard && d.Fault == nil
}

func (w *walk) audits() bool {
	return w.snapshot != nil && w.snapshot.effective.Mode.Value == AuditOnly
}

// finish completes a decision with what the walk found.
func (w *walk) finish(d *Decision) {
	d.Snapshot = w.snapshot
	if w.charges != nil {
		d.Charges = w.charges
	}
	if w.found != nil {
		d.Findings = append(w.found, d.Findings...)
	}
	d.Labels = w.labels
	if d.Effect != Allow {
		w.undo()
	} else {
		d.Hold = w.hold
		d.Timeout = time.Duration(w.snapshot.effective.Timeout.Value)
	}
}

// undo gives back what only a call that runs has: places, and its count in the tree.
func (w *walk) undo() {
	w.hold.Release()
	if w.grew {
		w.call.Tree.calls.Add(-1)
	}
}

func denied(reason string) *Decision { return &Decision{Reason: reason} }

// faulty denies because a check could not judge; the reason shown says no more than that.
func faulty(err error) *Decision { return &Decision{Fault: err} }

// asking makes a step of an added check.
func asking(c Check) func(context.Context, *walk) *Decision {
	return func(ctx context.Context, w *walk) *Decision {
		d, err := c.Check(ctx, w.call, w.snapshot)
		switch {
		case err != nil:
			d.Effect, d.Fault = Deny, err
		case d.Fault != nil:
			d.Effect = Deny
		case d.Effect == Allow:
			return nil
		case d.Effect != Ask:
			d.Effect = Deny
		}
		d.Check = c.Name()
		return &d
	}
}

func waiting(ctx context.Context, _ *walk) *Decision {
	if err := ctx.Err(); err != nil {
		return &Decision{Reason: "the caller no longer waits", Fault: err}
	}
	return nil
}

func authenticated(_ context.Context, w *walk) *Decision {
	if w.call.Caller.Principal == "" {
		return denied("nobody is authenticated")
	}
	return nil
}

func knownKind(_ context.Context, w *walk) *Decision {
	if k := w.call.Kind; k == KindInvalid || k > KindTask {
		return denied("the kind of call is unknown")
	}
	return nil
}

func (g *Gate) standing(ctx context.Context, w *walk) *Decision {
	if g.options.Standing == nil {
		return nil
	}
	facts, err := g.options.Standing.Of(ctx, w.call.Caller)
	switch {
	case err != nil:
		return faulty(err)
	case !facts.Frozen:
		return nil
	case facts.Reason == "":
		return denied("all calls are stopped")
	default:
		return denied(facts.Reason)
	}
}

func (g *Gate) depth(_ context.Context, w *walk) *Decision {
	if d, most := w.call.Depth, g.options.MaxDepth; d < 0 || d > most {
		return &Decision{Reason: fmt.Sprintf("a call within %d calls: at most %d are allowed", d, most), Used: int64(d), Limit: int64(most)}
	}
	return nil
}

func (g *Gate) selectPolicies(_ context.Context, w *walk) *Decision {
	snapshot, err := g.options.Select(w.call)
	switch {
	case errors.Is(err, ErrUnknownPolicy):
		return &Decision{Reason: clip(err.Error()), Fault: err}
	case err != nil:
		return faulty(err)
	case snapshot == nil:
		return denied("no policy governs the call, so nothing is allowed")
	}
	w.snapshot = snapshot
	return nil
}

func listed(_ context.Context, w *walk) *Decision {
	r, check := w.snapshot.rule(w.call.Kind, w.call.Name)
	if r.ok {
		return nil
	}
	d := &Decision{Check: check, Policy: r.policy}
	switch {
	case check == CheckKind:
		d.Reason = fmt.Sprintf(`%q is not a reference: write "resource:URI" or "prompt:NAME"`, clip(w.call.Name))
	case r.policy == "":
		d.Reason = "no policy is active, so nothing is allowed"
	default:
		d.Reason = fmt.Sprintf("%q is not in %s of policy %q", clip(w.call.Name), check, r.policy)
	}
	return d
}

// arguments returns everything that the handler will see of the client, as Input does.
func (c *Call) arguments() []byte { return c.Input() }

// maxShown bounds what a reason repeats of a caller's words, in characters.
const maxShown = 80

// clip returns the beginning of a text that a caller made.
func clip(text string) string {
	if utf8.RuneCountInString(text) <= maxShown {
		return text
	}
	return string([]rune(text)[:maxShown]) + "…"
}
