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
	_, err = d.walk(ctx, gc, peer, d.subscription(&gc, peer, func(r *Resource, req *Request, uri string) bool {
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
	gc *governance.Call, peer Peer, start func(r *Resource, req *Request, uri string) bool,
) *target {
	uri, ok := strings.CutPrefix(gc.Name, "resource:")
	r, vars := d.Catalog().resource(uri)
	if !ok || gc.Kind != governance.KindSubscription || r == nil || r.watch == nil || !visible(r.spec.Audience, gc.Caller) {
		return nil
	}
	return &target{hints: readOnly(), vars: vars, bind: func(c *call) (Handler, error) {
		return func(context.Context, *Request) (Result, error) {
			req := &Request{call: &c.gov, door: d, peer: peer, vars: vars}
			if !start(r, req, uri) {
				return Result{}, &Error{Code: CodeOverloaded, Reason: "there are too many subscriptions: end some first"}
			}
			return Result{}, nil
		}, noArguments(c)
	}}
}

// watch starts the goroutine of a subscription, unless there are too many.
func (d *Dispatcher) watch(ctx context.Context, w *watch, r *Resource, req *Request, uri string, changed func()) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.closing || len(d.watches) >= d.opts.MaxWatches {
		return false
	}
	d.watches[w] = struct{}{}
	go d.keepWatch(ctx, w, r, req, uri, changed)
	return true
}

func (d *Dispatcher) keepWatch(ctx context.Context, w *watch, r *Resource, req *Request, uri string, changed func()) {
	defer func() {
		if v := recover(); v != nil {
			d.opts.OnFault(req.ID(), &PanicError{Value: v, Stack: debug.Stack()})
		}
		req.ended.Store(true)
		w.cancel(nil)
		d.mu.Lock()
		defer d.mu.Unlock()
		delete(d.watches, w)
		d.settled()
	}()
	err := r.watch(ctx, req, uri, func() {
		if ctx.Err() == nil {
			changed()
		}
	})
	if err != nil && ctx.Err() == nil {
		d.opts.OnFault(req.ID(), err)
	}
}
