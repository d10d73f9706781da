package tools

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"sync/atomic"
	"time"

	"github.com/mcp-kernel/mcp-kernel/governance"
	"github.com/mcp-kernel/mcp-kernel/governance/audit"
	"github.com/mcp-kernel/mcp-kernel/internal/stack"
	"github.com/mcp-kernel/mcp-kernel/modules/primitives"
)

// errGone is the error of a handler that ended its goroutine.
var errGone = errors.New("the handler ended its goroutine")

// A PanicError is the panic of a handler. It is for logs: the value and the stack may hold anything.
type PanicError struct {
	Value any
	Stack []byte
}

// Error returns the panic's value and stack.
func (e *PanicError) Error() string { return fmt.Sprintf("panic: %v\n%s", e.Value, e.Stack) }

// What became of a running handler.
const (
	running   int32 = iota
	returned        // before its context ended
	abandoned       // it has not come back, and its caller was answered
)

// An execution is one run of a handler.
type execution struct {
	call    *call
	request Request
	handler Handler
	state   atomic.Int32
	done    chan struct{} // closed when the handler came back
	result  Result
	err     error
}

// timeout is the shortest of what the policies, the tool and the options say.
func (c *call) timeout() time.Duration {
	limit := c.decision.Timeout
	if limit <= 0 {
		limit = c.d.opts.Timeout
	}
	if own := c.target.timeout; own > 0 {
		limit = min(limit, own)
	}
	return limit
}

// execute runs the handler in a goroutine of its own, and waits for it until its context ends. A handler that has not
// come back by then is abandoned: its caller is answered, and it keeps its slot, and is waited for by Close, until it
// does.
func (c *call) execute(ctx context.Context, h Handler) ending {
	limit := c.timeout()
	ctx, stop := c.bound(ctx, limit)
	defer stop()
	if c.d.arm(c, stop) != nil {
		e := c.interrupted(ctx, limit, 0)
		e.status = governance.StatusDenied // it was never started
		return e
	}
	x := &c.run
	x.call, x.handler, x.done, x.err = c, h, make(chan struct{}), errGone
	x.request.call, x.request.door, x.request.peer, x.request.vars = &c.gov, c.d, c.peer, c.target.vars
	x.request.decision = &c.decision
	start := c.d.opts.Now()
	c.holders.Add(1)
	go x.run(ctx)
	select {
	case <-x.done:
	case <-ctx.Done():
		if x.state.CompareAndSwap(running, abandoned) {
			c.d.stragglers.Add(1)
			x.request.ended.Store(true)
			return c.interrupted(ctx, limit, c.d.opts.Now().Sub(start))
		}
		<-x.done
	}
	took := c.d.opts.Now().Sub(start)
	if x.err != nil && ctx.Err() != nil && !panicked(x.err) {
		return c.interrupted(ctx, limit, took)
	}
	return c.ending(x, took)
}

func panicked(err error) bool {
	_, ok := errors.AsType[*PanicError](err)
	return ok
}

// run is the handler's goroutine. What it must do at the end it does whether the handler returns, panics or ends the
// goroutine.
func (x *execution) run(ctx context.Context) {
	stack.Grow()
	defer x.call.release()
	defer func() {
		if v := recover(); v != nil {
			x.result, x.err = Result{}, &PanicError{Value: v, Stack: debug.Stack()}
		}
		x.request.ended.Store(true)
		if !x.state.CompareAndSwap(running, returned) {
			x.call.d.stragglers.Add(-1)
			x.late()
		}
		close(x.done)
	}()
	x.result, x.err = x.handler(ctx, &x.request)
}

// late reports the panic of an abandoned handler, which nobody waits for.
func (x *execution) late() {
	if panicked(x.err) {
		x.call.fault(x.err)
	}
}

// interrupted is the ending of a handler whose context ended first.
func (c *call) interrupted(ctx context.Context, limit, took time.Duration) ending {
	e := ending{status: governance.StatusCancelled, handler: took}
	switch cause := c.d.cause(ctx, c); {
	case errors.Is(cause, errDeadline), errors.Is(cause, context.DeadlineExceeded):
		e.status = governance.StatusTimeout
		e.refusal = c.refuse(CodeTimeout, fmt.Sprintf("no answer within %s: what was begun may still have an effect", limit), cause)
	case errors.Is(cause, errFrozen):
		e.refusal = c.refuse(CodeFrozen, "an operator stopped all calls while this one was running", cause)
	case errors.Is(cause, errClosing):
		e.refusal = c.refuse(CodeUnavailable, "the kernel is shutting down", cause)
	default:
		e.refusal = c.refuse(CodeCancelled, "the caller cancelled", cause)
	}
	return e
}

// ending judges what the handler came back with. Of its error only an *Error is shown, or a *primitives.Failure of
// a known type.
func (c *call) ending(x *execution, took time.Duration) ending {
	e := ending{status: governance.StatusOK, result: x.result, handler: took, valid: audit.Unknown}
	if x.err == nil {
		c.validate(&e)
		return e
	}
	if x.asked(&e) {
		return e
	}
	e.result, e.status = Result{}, governance.StatusToolError
	var shown *Error
	var failure *primitives.Failure
	switch {
	case panicked(x.err):
		e.status = governance.StatusPanic
		e.refusal = c.internal(x.err)
	case errors.Is(x.err, errAnswer):
		e.valid = audit.No
		e.refusal = c.internal(x.err)
	case errors.As(x.err, &shown):
		e.refusal = c.shown(*shown)
	case errors.As(x.err, &failure) && failure.Type != primitives.FailureUnknown: // whose text may be any error's
		e.refusal = c.shown(*failed(failure))
	default:
		e.refusal = c.internal(x.err)
	}
	return e
}

// shown completes an error that a handler means to be shown. Its cause goes to the log.
func (c *call) shown(e Error) *Error {
	setDefault(&e.CallID, c.gov.ID)
	c.fault(e.cause)
	return &e
}

// internal hides an error behind the call's id.
func (c *call) internal(err error) *Error {
	c.fault(err)
	return c.refuse(CodeInternal, "internal error; the log tells more under this call's id", err)
}

// validate checks an answer against the output schema and the bound on its size.
func (c *call) validate(e *ending) {
	if e.result.IsError {
		e.status = governance.StatusToolError
		return
	}
	if c.target.out == nil {
		return
	}
	e.valid = audit.Yes
	if c.target.typed {
		return
	}
	err := errors.New("there is no structured answer")
	if len(e.result.Structured) > 0 {
		err = c.target.out.check(e.result.Structured, c.d.opts.MaxResult)
	}
	if err != nil {
		e.valid, e.status, e.result = audit.No, governance.StatusToolError, Result{}
		e.refusal = c.internal(fmt.Errorf("%w: %w", errAnswer, err))
	}
}
