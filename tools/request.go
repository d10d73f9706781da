package tools

import (
	"context"
	"encoding/json"
	"maps"
	"slices"
	"sync/atomic"
	"time"

	"github.com/mcp-kernel/mcp-kernel/governance"
)

// A Request is the running call, as its handler sees it. It is valid until the handler returns, and safe for
// concurrent use until then.
type Request struct {
	call  *governance.Call
	door  *Dispatcher
	peer  Peer
	vars  map[string]string
	ended atomic.Bool

	decision *governance.Decision // by which the call runs; nil where it no longer does
	asks     dialogue
}

// ID is the call's id, by which the log and the journal know it.
func (r *Request) ID() string { return r.call.ID }

// Caller is who acts, as the transport authenticated it.
func (r *Request) Caller() governance.Caller { return r.call.Caller }

// Execution is the handle of the explicit execution the call belongs to, or empty for the implicit one.
func (r *Request) Execution() string { return r.call.Execution }

// Name is the tool's or prompt's name, or the resource's URI.
func (r *Request) Name() string { return r.call.Name }

// Args are the arguments exactly as received. They must not be changed.
func (r *Request) Args() json.RawMessage { return r.call.Args }

// Depth is 0 for a call from outside and grows by one with each inner call.
func (r *Request) Depth() int { return r.call.Depth }

// At is when the call arrived, by the kernel's clock.
func (r *Request) At() time.Time { return r.call.At }

// Policies are the names of the further policies that narrow the call. The slice is the caller's own.
func (r *Request) Policies() []string { return slices.Clone(r.call.Policies) }

// Var returns the decoded value that a variable of a resource's template has in the URI, or "".
func (r *Request) Var(name string) string { return r.vars[name] }

// Vars returns all variables of a resource's template. The map is the caller's own.
func (r *Request) Vars() map[string]string { return maps.Clone(r.vars) }

// Progress tells the client how far the call has come, if it asked to know.
func (r *Request) Progress(ctx context.Context, done, total float64, message string) {
	if r.peer != nil && !r.ended.Load() {
		r.peer.Progress(ctx, Progress{Done: done, Total: total, Message: message})
	}
}

// Log sends a message to the client's log. level is one of "debug", "info", "notice", "warning", "error", "critical",
// "alert" and "emergency"; data must be safe to show to the caller.
func (r *Request) Log(ctx context.Context, level, logger string, data any) {
	if r.peer != nil && !r.ended.Load() {
		r.peer.Log(ctx, LogMessage{Level: level, Logger: logger, Data: data})
	}
}

// An Inner is a call that a handler makes on behalf of its own caller.
type Inner struct {
	Kind      governance.Kind // KindInvalid, the zero value, means a tool
	Name      string
	Args      json.RawMessage // nil means {}
	Policies  []string        // narrow the inner call, besides those that narrow this one
	Execution string          // empty means this call's
}

// Call makes a governed call of a tool; see CallWith.
func (r *Request) Call(ctx context.Context, name string, args json.RawMessage) (Result, error) {
	return r.CallWith(ctx, Inner{Name: name, Args: args})
}

// CallWith makes a new governed call with the same caller: it is decided, recorded, counted and reviewed like any
// other, one level deeper, and it can only be narrower than this one. Its error is an *Error, or ErrInputRequired when the
// inner handler asked the client something and this one must end with it. It fails once the handler has returned, and
// when calls are nested too deeply.
func (r *Request) CallWith(ctx context.Context, in Inner) (Result, error) {
	if r.ended.Load() {
		return Result{}, &Error{Code: CodeCancelled, Reason: "the call that this one belongs to has ended", CallID: r.call.ID}
	}
	peer, prefix := r.nest()
	result, err := r.door.Dispatch(ctx, r.inner(in), peer)
	return r.adopt(prefix, result, err)
}

// inner is the call that an Inner asks for.
func (r *Request) inner(in Inner) governance.Call {
	c := governance.Call{
		ID:        r.door.opts.IDs(),
		Parent:    r.call.ID,
		Kind:      in.Kind,
		Name:      in.Name,
		Caller:    r.call.Caller,
		Execution: in.Execution,
		Policies:  union(r.call.Policies, in.Policies),
		Depth:     r.call.Depth + 1,
		Labels:    r.call.Labels,
		Args:      in.Args,
		Answers:   r.call.Answers,
		Meta:      r.call.Meta,
		At:        r.door.opts.Now(),
		Tree:      r.call.Tree,
	}
	if c.Kind == governance.KindInvalid {
		c.Kind = governance.KindTool
	}
	if c.Execution == "" {
		c.Execution = r.call.Execution
	}
	return c
}

// union returns a with what b adds to it, as a new slice.
func union(a, b []string) []string {
	all := slices.Clone(a)
	for _, name := range b {
		if !slices.Contains(all, name) {
			all = append(all, name)
		}
	}
	return all
}
