package tools

import (
	"context"
	"time"

	"github.com/mcp-kernel/mcp-kernel/governance"
)

// A Tracer follows calls from their beginning to their end. Nothing that it does may wait.
type Tracer interface {
	// Begin is told of a call before anything is decided about it. The context that it returns is that of all that the call
	// does, the calls that it leads to included. A nil Trail wants to know no steps.
	Begin(ctx context.Context, c *governance.Call) (context.Context, Trail)
	// End is told of every call that has ended, whether it has a trail or not.
	End(e Ended)
}

// A Trail is what follows one call.
type Trail interface {
	// Step is told of a step that has ended; err is why it failed, and may say anything.
	Step(name string, began, ended time.Time, err error)
}

// The steps of a call that a Trail is told of.
const (
	StepReserve  = "journal.reserve"  // room for both entries is reserved
	StepDecide   = "decide"           // the gate decides
	StepDecision = "journal.decision" // the decision is recorded
	StepHandler  = "handler"          // the handler runs
	StepReview   = "review"           // the gate judges the answer
	StepOutcome  = "journal.outcome"  // the outcome is recorded
	StepApproval = "approval.wait"    // the person at the client is asked
)

// Ended is a call that has ended. What it points to is the dispatcher's: it must not be changed, nor kept.
type Ended struct {
	Trail    Trail // as Begin returned it
	Call     *governance.Call
	Decision *governance.Decision
	Status   governance.Status // StatusInvalid where the call could not be recorded
	Refused  *Error            // what the caller got instead of an answer; nil when there is one
	Began    time.Time
	Took     time.Duration
}

// followed begins the trail of a call.
func (c *call) followed(ctx context.Context) context.Context {
	if t := c.d.opts.Tracer; t != nil {
		ctx, c.trail = t.Begin(ctx, &c.gov)
	}
	return ctx
}

// ended ends it.
func (c *call) ended(refused *Error) {
	if t := c.d.opts.Tracer; t != nil {
		t.End(Ended{
			Trail: c.trail, Call: &c.gov, Decision: &c.decision, Status: c.entry.Status, Refused: refused,
			Began: c.began, Took: c.d.opts.Now().Sub(c.began),
		})
	}
}

// step begins a step of a call that is followed: what it returns is used to end it.
func (c *call) step() (began time.Time) {
	if c.trail != nil {
		began = c.d.opts.Now()
	}
	return began
}

// stepped ends a step.
func (c *call) stepped(name string, began time.Time, err error) {
	if c.trail != nil {
		c.trail.Step(name, began, c.d.opts.Now(), err)
	}
}
