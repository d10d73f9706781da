package tools

import (
	"context"
	"runtime/debug"
	"strings"

	"github.com/mcp-kernel/mcp-kernel/governance"
)

// A watch is one running subscription.
type watch struct {
	cancel context.CancelCauseFunc
}

// Subscribe makes one governed call of KindSubscription, whose name is "resource:URI". When it passes, changed is called
// whenever the resource has changed, from a goroutine that the Dispatcher owns, until stop is called, ctx ends, the
// resource has nothing more to tell, or the Dispatcher closes. changed must not block. The error is an *Error.
func (d *Dispatcher) Subscribe(ctx context.Context, gc governance.Call, peer Peer, changed func()) (stop func(), err error) {
	watching, cancel := context.WithCancelCause(ctx)
	w := &watch{cancel: cancel}
	_, err = d.walk(ctx, gc, peer, d.subscription(&gc, peer, func(r *Resource, req *Request, uri string) error {
		return d.watch(watching, w, r, req, uri, changed)
	}))
	if err != nil {
		cancel(nil)
		return nil, err
	}
	return func() { cancel(nil) }, nil
}

// subscription is the target of a subscription: its handler only starts the watch.
func (d *Dispatcher) subscription(
	gc *governance.Call, peer Peer, start func(r *Resource, req *Request, uri string) error,
) *target {
	uri, ok := strings.CutPrefix(gc.Name, "resource:")
	r, vars := d.Catalog().resource(uri)
	if !ok || gc.Kind != governance.KindSubscription || r == nil || r.watch == nil || !visible(r.spec.Audience, gc.Caller) {
		return nil
	}
	return &target{hints: readOnly(), vars: vars, bind: func(c *call) (Handler, error) {
		return func(context.Context, *Request) (Result, error) {
			req := &Request{call: &c.gov, door: d, peer: peer, vars: vars}
			return Result{}, start(r, req, uri)
		}, noArguments(c)
	}}
}

// watch begins a subscription, unless there are too many, and starts its goroutine.
func (d *Dispatcher) watch(ctx context.Context, w *watch, r *Resource, req *Request, uri string, changed func()) error {
	if !d.hold(w) {
		return &Error{Code: CodeOverloaded, Reason: "there are too many subscriptions: end some first"}
	}
	started := false
	defer func() {
		if !started { // refused, or a panic, which the walk reports
			d.drop(w)
		}
	}()
	run, err := r.watch(ctx, req, uri, func() {
		if ctx.Err() == nil {
			changed()
		}
	})
	if err != nil {
		return err
	}
	started = true
	go d.keepWatch(ctx, w, req, run)
	return nil
}

// hold makes room for a subscription, and reports whether there was any.
func (d *Dispatcher) hold(w *watch) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.closing || len(d.watches) >= d.opts.MaxWatches {
		return false
	}
	d.watches[w] = struct{}{}
	return true
}

func (d *Dispatcher) drop(w *watch) {
	d.mu.Lock()
	defer d.mu.Unlock()
	delete(d.watches, w)
	d.settled()
}

func (d *Dispatcher) keepWatch(ctx context.Context, w *watch, req *Request, run func() error) {
	defer func() {
		if v := recover(); v != nil {
			d.opts.OnFault(req.ID(), &PanicError{Value: v, Stack: debug.Stack()})
		}
		req.ended.Store(true)
		w.cancel(nil)
		d.drop(w)
	}()
	if err := run(); err != nil && ctx.Err() == nil {
		d.opts.OnFault(req.ID(), err)
	}
}
