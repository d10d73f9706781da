package tools

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/mcp-kernel/mcp-kernel/governance"
)

// A Dispatcher is the only door to a handler. Every invocation is looked up, decided, recorded, decoded, run, reviewed,
// settled and recorded again, in that order and forward only. It is safe for concurrent use.
type Dispatcher struct {
	opts       DispatcherOptions
	catalog    atomic.Pointer[Catalog]
	completing *plan
	stragglers atomic.Int64

	mu      sync.Mutex
	closing bool
	calls   map[*call]struct{}  // running, and those whose handler has not come back
	watches map[*watch]struct{} // running subscriptions
	idle    chan struct{}       // closed when closing and nothing is left
}

// Why a context ended. What the caller is told hangs on it.
var (
	errDeadline = errors.New("the deadline passed")
	errFrozen   = errors.New("calls were frozen")
	errClosing  = errors.New("the dispatcher closes")
)

// NewDispatcher returns a Dispatcher, or every fault of the options. Close ends it.
func NewDispatcher(o DispatcherOptions) (*Dispatcher, error) {
	o, err := o.withDefaults()
	if err != nil {
		return nil, err
	}
	completing, faults := completionPlan()
	if err := errors.Join(faults...); err != nil {
		return nil, err
	}
	d := &Dispatcher{
		opts: o, completing: completing,
		calls: map[*call]struct{}{}, watches: map[*watch]struct{}{}, idle: make(chan struct{}),
	}
	d.catalog.Store(o.Catalog)
	return d, nil
}

// Catalog returns what can be invoked now, by whomever.
func (d *Dispatcher) Catalog() *Catalog { return d.catalog.Load() }

// Replace puts another catalog in the place of the present one. Running calls end with the handlers they began with.
func (d *Dispatcher) Replace(c *Catalog) {
	if c != nil {
		d.catalog.Store(c)
	}
}

// Has reports whether there is something of that kind and name, for whatever audience. It decides nothing: a name that
// is not there is dispatched all the same, to be denied and recorded.
func (d *Dispatcher) Has(kind governance.Kind, name string) bool { return d.Catalog().Has(kind, name) }

// Dispatch makes one governed call. peer may be nil. The error is always an *Error; the call was then not run, or its
// answer is not to be had. The caller owns the result. A call without an id or a time gets one. A subscription is made by
// Subscribe: here it is denied, and recorded, as a name that does not exist.
func (d *Dispatcher) Dispatch(ctx context.Context, gc governance.Call, peer Peer) (Result, error) {
	d.follow(ctx, &gc)
	return d.walk(ctx, gc, peer, d.find(&gc))
}

// Refuse records a call that must not run for how it came, as one with a forged state, and returns its refusal. It is
// judged, counted and recorded like any other, and then denied for that reason, unless it is denied anyway.
func (d *Dispatcher) Refuse(ctx context.Context, gc governance.Call, reason string) error {
	d.follow(ctx, &gc)
	t := &target{barred: reason}
	if found := d.find(&gc); found != nil {
		t.hints = found.hints
	} else {
		t = nil
	}
	_, err := d.walk(ctx, gc, nil, t)
	return err
}

// walk makes one governed call of a target, which is nil when there is none, and where people must agree first, once more
// when they have.
func (d *Dispatcher) walk(ctx context.Context, gc governance.Call, peer Peer, t *target) (Result, error) {
	if len(gc.Answers) > 0 && t != nil {
		d.heard(ctx, &gc, peer)
	}
	c := d.call(gc, peer, t)
	ctx = c.followed(ctx)
	result, err := d.once(ctx, c)
	if c.asked != nil && err != nil {
		if refused, ok := errors.AsType[*Error](err); ok && refused.Code == CodeApproval {
			return d.consult(ctx, c, refused)
		}
	}
	return result, err
}

// call returns a call that begins.
func (d *Dispatcher) call(gc governance.Call, peer Peer, t *target) *call {
	c := &call{d: d, gov: gc, peer: peer, target: t, began: d.opts.Now()}
	if c.gov.ID == "" {
		c.gov.ID = d.opts.IDs()
	}
	if c.gov.At.IsZero() {
		c.gov.At = c.began
	}
	return c
}

// once takes a call through all its steps once. What the call came to may be read until it is made again.
func (d *Dispatcher) once(ctx context.Context, c *call) (Result, error) {
	if err := d.enter(c); err != nil {
		c.ended(err)
		return Result{}, err
	}
	c.holders.Add(1)
	defer c.release()
	result, refused := c.walk(ctx)
	c.ended(refused)
	if refused != nil {
		return Result{}, refused
	}
	return result, nil
}

// enter makes a call one of those that Close waits for.
func (d *Dispatcher) enter(c *call) *Error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.closing {
		return &Error{Code: CodeUnavailable, Reason: "the kernel is shutting down", CallID: c.gov.ID}
	}
	d.calls[c] = struct{}{}
	return nil
}

// leave is called once for every call that entered, when nothing of it runs any more.
func (d *Dispatcher) leave(c *call) {
	d.mu.Lock()
	defer d.mu.Unlock()
	delete(d.calls, c)
	d.settled()
}

// settled tells Close when nothing is left. The lock is held.
func (d *Dispatcher) settled() {
	if d.closing && len(d.calls) == 0 && len(d.watches) == 0 {
		select {
		case <-d.idle:
		default:
			close(d.idle)
		}
	}
}

// Freeze ends the context of every running handler. That no further call runs is the gate's and the journal's business,
// who learn of a freeze before Freeze is called.
func (d *Dispatcher) Freeze() { d.cancelCalls(errFrozen) }

func (d *Dispatcher) cancelCalls(why error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for c := range d.calls {
		if c.stopped == nil {
			c.stopped = why
		}
		if c.cancel != nil {
			c.cancel()
		}
	}
}

// arm lets cancelCalls end the context of a handler that is about to run. It reports why it must not run any more.
func (d *Dispatcher) arm(c *call, cancel context.CancelFunc) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	c.cancel = cancel
	return c.stopped
}

// cause is why a call's context ended.
func (d *Dispatcher) cause(ctx context.Context, c *call) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if c.stopped != nil {
		return c.stopped
	}
	return context.Cause(ctx)
}

// Running is the number of calls that have begun and whose handlers have not come back.
func (d *Dispatcher) Running() int {
	d.mu.Lock()
	defer d.mu.Unlock()
	return len(d.calls)
}

// Close refuses further calls, ends all subscriptions, and waits for running handlers. When ctx ends first it cancels
// them, and returns an error when some do not come back within a second. It may be called more than once.
func (d *Dispatcher) Close(ctx context.Context) error {
	d.mu.Lock()
	d.closing = true
	for w := range d.watches {
		w.cancel(errClosing)
	}
	d.settled()
	d.mu.Unlock()
	select {
	case <-d.idle:
		return nil
	case <-ctx.Done():
	}
	d.cancelCalls(errClosing)
	last := time.NewTimer(time.Second)
	defer last.Stop()
	select {
	case <-d.idle:
		return nil
	case <-last.C:
		return fmt.Errorf("close dispatcher: %d handlers do not heed the end of their context: %w", d.Running(), ctx.Err())
	}
}
