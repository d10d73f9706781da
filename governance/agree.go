package governance

import (
	"context"
	"fmt"
)

// An Approval is what people must agree to before a call may run, or have agreed to.
type Approval struct {
	Needs []Requirement // all of them must be met
	Grant *Grant        // the agreement that was used up; nil while there is none
}

// A Grant is an agreement of people to one call.
type Grant struct {
	ID string   // of the question that they answered
	By []string // the principals who agreed, sorted
}

// Approvals knows to which calls people have agreed. *approval.Desk is one.
type Approvals interface {
	// Redeem uses up an agreement to this very call, of this caller with these arguments, that meets all of the needs,
	// and returns it, or nil when there is none. Of all who ask at the same time one gets it. An error denies.
	Redeem(ctx context.Context, c *Call, needs []Requirement) (*Grant, error)
}

// approvable asks which rules want a person to agree. It is the last step, so that nobody is asked about a call that would
// not run anyway.
func approvable(_ context.Context, w *walk) *Decision {
	var needs []Requirement
	for i := range w.snapshot.approvals {
		if a := &w.snapshot.approvals[i]; a.applies(w.call) {
			needs = append(needs, a.needs)
		}
	}
	if len(needs) == 0 {
		return nil
	}
	return &Decision{
		Effect: Ask, Rule: needs[0].Rule, Policy: needs[0].Policy, Approval: &Approval{Needs: needs},
		Reason: fmt.Sprintf("rule %q of policy %q wants a person to agree", needs[0].Rule, needs[0].Policy),
	}
}

// agreed looks for an agreement to a call that somebody wants to ask about, and lets the call run when there is one. What
// is asked of people is everything that any check wants.
func (g *Gate) agreed(ctx context.Context, w *walk, ask *Decision) *Decision {
	ask.Approval = &Approval{Needs: w.asks}
	if g.options.Approvals == nil || w.call.Unknown {
		return ask
	}
	redeeming := step{stage: StageApproval, check: CheckApproval, run: func(ctx context.Context, w *walk) *Decision {
		grant, err := g.options.Approvals.Redeem(ctx, w.call, w.asks)
		switch {
		case err != nil:
			return &Decision{Reason: "whether people have agreed cannot be known", Fault: err}
		case grant != nil:
			ask.Approval.Grant = grant
		}
		return nil
	}}
	if fault := redeeming.judge(ctx, w); fault != nil {
		return fault
	}
	if grant := ask.Approval.Grant; grant != nil {
		ask.Effect, ask.Event = Allow, PolicyCheck
		ask.Stage, ask.Check, ask.Pointer = StageApproval, CheckApproval, ""
		ask.Reason = fmt.Sprintf("approval %s: agreed to by %s", grant.ID, shortList(grant.By))
	}
	return ask
}

// shortList joins a few names.
func shortList(names []string) string {
	const most = 3
	text := ""
	for i, name := range names {
		switch {
		case i == most:
			return fmt.Sprintf("%s and %d more", text, len(names)-most)
		case i > 0:
			text += ", "
		}
		text += clip(name)
	}
	return text
}
