package tools

import (
	"context"
	"encoding/json"
	"errors"
	"runtime/debug"
	"sync/atomic"
	"time"

	"github.com/mcp-kernel/mcp-kernel/governance"
	"github.com/mcp-kernel/mcp-kernel/governance/approval"
	"github.com/mcp-kernel/mcp-kernel/governance/audit"
	"github.com/mcp-kernel/mcp-kernel/state"
)

// Checks of the dispatcher itself, as decisions and the journal name them.
const (
	CheckCatalog   = "catalog"   // there is something of that name for the caller's audience
	CheckTransport = "transport" // the call came as it must
	CheckCapacity  = "capacity"  // not too many handlers ignore the end of their context
)

// A call is one governed call on its way.
type call struct {
	d        *Dispatcher
	gov      governance.Call
	target   *target
	peer     Peer
	began    time.Time
	holders  atomic.Int32 // Dispatch, and the handler's goroutine
	slot     Slot
	trail    Trail // nil when the call is not followed step by step
	decision governance.Decision
	charged  bool            // the entry of the decision carries its charges
	entry    audit.Entry     // the decision's, then the outcome's
	charges  [4]audit.Charge // where the charges of both lie, if they are no more
	run      execution
	tree     governance.Tree  // of the calls that this one leads to, when it came from outside
	outer    *governance.Tree // of the call that this one is within; nil when it came from outside

	asked     *approval.Request // what people must agree to first
	grant     *governance.Grant // what they have agreed to, used up for this call
	malformed error             // why nobody is asked: the arguments cannot be read
	finished  bool              // the handler ran to its end

	cancel  context.CancelFunc // of the running handler's context; guarded by Dispatcher.mu
	stopped error              // why the Dispatcher ended the call; guarded by Dispatcher.mu
}

// args are the arguments, {} when there are none.
func (c *call) args() json.RawMessage {
	if len(c.gov.Args) == 0 {
		return json.RawMessage("{}")
	}
	return c.gov.Args
}

func (c *call) maxArgs() int { return c.d.opts.MaxArgs }

// release is called by each holder when it is done with the call. The last one ends it.
func (c *call) release() {
	if c.holders.Add(-1) > 0 {
		return
	}
	c.decision.Hold.Release()
	if c.slot != nil {
		c.slot.End()
	}
	c.d.leave(c)
}

func (c *call) fault(err error) {
	if err != nil {
		c.d.opts.OnFault(c.gov.ID, err)
	}
}

// refuse makes the error that the caller gets.
func (c *call) refuse(code Code, reason string, cause error) *Error {
	return &Error{Code: code, Reason: reason, CallID: c.gov.ID, cause: cause}
}

// An ending is what came of a call, before it is reviewed and recorded.
type ending struct {
	status  governance.Status
	result  Result
	refusal *Error // what the caller gets instead of the result; nil when there is one
	handler time.Duration
	valid   audit.Tri // whether the answer fits the tool's output schema
}

// fault is why there is no answer.
func (e *ending) fault() error {
	if e.refusal == nil {
		return nil
	}
	return e.refusal
}

// walk takes the call from its decision to its recorded outcome.
func (c *call) walk(ctx context.Context) (Result, *Error) {
	if c.target != nil {
		c.gov.Hints = c.target.hints
	}
	c.gov.Unknown = c.target == nil
	c.outer = c.gov.Tree
	defer c.unredeemed(ctx)
	if c.gov.Tree == nil {
		c.gov.Tree = &c.tree
	}
	if refused := c.guard(ctx); refused != nil {
		return Result{}, refused
	}
	var e ending
	switch {
	case c.decision.Allowed():
		e = c.attempt(ctx)
	case c.malformed != nil:
		e = c.unreadable(c.malformed)
	default:
		e = ending{status: governance.StatusDenied, refusal: c.denial()}
	}
	c.finished = e.status.Ran() && e.status != governance.StatusInputRequired
	return c.conclude(context.WithoutCancel(ctx), e)
}

// attempt decodes the arguments and runs the handler.
func (c *call) attempt(ctx context.Context) ending {
	h, err := c.prepare()
	if err == nil {
		began := c.step()
		e := c.execute(ctx, h)
		c.stepped(StepHandler, began, e.fault())
		return e
	}
	return c.unreadable(err)
}

// unreadable is the ending of a call whose arguments do not bind to the handler.
func (c *call) unreadable(err error) ending {
	if panicked(err) {
		c.fault(err)
	}
	var bad *ArgumentError
	reason := "the arguments cannot be read"
	if errors.As(err, &bad) {
		reason = bad.Error()
	}
	refusal := c.refuse(CodeBadArguments, reason, err)
	if bad != nil && len(bad.Faults) > 0 {
		refusal.Details = detail{Pointer: bad.Faults[0].Pointer}.json()
	}
	return ending{status: governance.StatusBadArguments, refusal: refusal}
}

// prepare binds the arguments to the handler. Types may decode themselves, so a panic is caught here too.
func (c *call) prepare() (h Handler, err error) {
	defer func() {
		if v := recover(); v != nil {
			err = &PanicError{Value: v, Stack: debug.Stack()}
		}
	}()
	h, err = c.target.bind(c)
	if around := c.d.opts.Around; err == nil && around != nil {
		h = around(&c.gov, h)
	}
	return h, err
}

// denial is the error of a decision that does not allow.
func (c *call) denial() *Error {
	d := &c.decision
	if d.Effect == governance.Ask && c.asked != nil {
		return c.awaiting(c.asked)
	}
	e := c.refuse(CodeDenied, d.Reason, d.Fault)
	e.Details = c.detail(d).json()
	switch {
	case d.Check == CheckCatalog:
		e.Code = CodeUnknown
	case d.Check == CheckCapacity:
		e.Code = CodeOverloaded
	case d.Check == governance.CheckFrozen:
		e.Code = CodeFrozen
	case d.Effect == governance.Ask:
		e.Reason = "needs the agreement of a person, which cannot be asked for here: " + d.Reason
	}
	return e
}

// A detail is what a refusal tells programs.
type detail struct {
	Effect     string          `json:"effect,omitempty"`
	Stage      string          `json:"stage,omitempty"`
	Check      string          `json:"check,omitempty"`
	Rule       string          `json:"rule,omitempty"`
	Policy     string          `json:"policy,omitempty"`
	Pointer    string          `json:"pointer,omitempty"`
	Event      string          `json:"event,omitempty"`
	Used       int64           `json:"used,omitempty"`
	Limit      int64           `json:"limit,omitempty"`
	RetryAfter int64           `json:"retry_after,omitempty"` // whole seconds
	Approval   *approvalDetail `json:"approval,omitempty"`
}

func (c *call) detail(d *governance.Decision) detail {
	out := detail{
		Effect: d.Effect.String(), Stage: d.Stage, Check: d.Check, Rule: d.Rule, Policy: d.Policy, Pointer: d.Pointer,
		Used: d.Used, Limit: d.Limit,
	}
	if d.Event != governance.EventNone {
		out.Event = d.Event.String()
	}
	if wait := c.wait(d); wait > 0 {
		out.RetryAfter = int64((wait + time.Second - 1) / time.Second)
	}
	return out
}

// wait is how long to wait before the same call may be decided otherwise: until a window ends, or until a backend that does
// not answer is asked again. 0 is unknown.
func (c *call) wait(d *governance.Decision) time.Duration {
	if down, ok := errors.AsType[*state.UnavailableError](d.Fault); ok {
		return down.After
	}
	if d.Retry.IsZero() {
		return 0
	}
	return d.Retry.Sub(c.d.opts.Now())
}

func (d detail) json() json.RawMessage {
	text, err := json.Marshal(d)
	if err != nil {
		return nil
	}
	return text
}
