package tools

import (
	"context"
	"encoding/json"

	"github.com/mcp-kernel/mcp-kernel/governance"
)

// A RelayFunc says which tool a call of a relay is for, and with which arguments, by the arguments of the relay itself, which
// fit its schema. What it returns of them must be as it was received. Nil arguments are {}.
type RelayFunc func(args json.RawMessage) (name string, inner json.RawMessage, err error)

// Relay makes a tool that is called to call another one, for clients that are not shown all tools. A call of it is none of
// its own: it becomes a call of the other tool before anything is decided, so that every check, the journal, the people
// who are asked and the answer know that tool alone, and nothing can be had through a relay that could not be had without
// it. Who may not call the relay is denied that; and a relay is not called through a relay. spec.InputSchema says what its
// arguments are.
func Relay(spec Spec, to RelayFunc) Tool {
	t := Raw(spec, func(context.Context, *Request, json.RawMessage) (Result, error) {
		// Nobody comes here who may call it, unless that has changed since the call began.
		return Result{}, Fail("unavailable", "it cannot be called now: try again", nil)
	})
	if to == nil {
		t.fault("has no function")
		return t
	}
	t.relay = to
	check := t.args
	t.bind = bindRelay(t.bind, func(c *call) error {
		if err := check.check(c.args(), c.maxArgs()); err != nil {
			return err
		}
		name, _, err := to(c.args())
		if err == nil && c.d.isRelay(name) {
			err = &ArgumentError{Faults: []Fault{{Problem: quote(name) + " is called by itself, not through another tool"}}}
		}
		return err
	})
	return t
}

// bindRelay binds a relay that was not followed, to say why.
func bindRelay(next func(*call) (Handler, error), why func(*call) error) func(*call) (Handler, error) {
	return func(c *call) (Handler, error) {
		if err := why(c); err != nil {
			return nil, err
		}
		return next(c)
	}
}

// isRelay reports whether a tool is a relay.
func (d *Dispatcher) isRelay(name string) bool {
	t := d.Catalog().tools[name]
	return t != nil && t.relay != nil
}

// follow makes a call of a relay one of the tool that it is for. One that cannot be followed stays as it is: the relay then
// is what is judged, and says what is wrong.
func (d *Dispatcher) follow(ctx context.Context, gc *governance.Call) {
	if gc.Kind != governance.KindTool {
		return
	}
	t := d.Catalog().tools[gc.Name]
	if t == nil || t.relay == nil || !visible(t.spec.Audience, gc.Caller) || !d.shows(ctx, gc) {
		return
	}
	args := (&call{gov: *gc}).args()
	if t.args.check(args, d.opts.MaxArgs) != nil {
		return
	}
	if name, inner, err := t.relay(args); err == nil && !d.isRelay(name) {
		gc.Name, gc.Args = name, inner
	}
}

// shows asks the gate whether a call passes the allowlist stage.
func (d *Dispatcher) shows(ctx context.Context, gc *governance.Call) bool {
	if !governed {
		return true
	}
	asked := *gc
	if asked.At.IsZero() {
		asked.At = d.opts.Now()
	}
	return d.opts.Gate.Shows(ctx, &asked)
}

// Catalog returns what can be invoked now, by whomever: what of it the caller may see, Sees says.
func (r *Request) Catalog() *Catalog { return r.door.Catalog() }

// Sees reports whether the caller may see a tool of that name, under the policies of this call.
func (r *Request) Sees(ctx context.Context, tool string) bool {
	t := r.door.Catalog().tools[tool]
	return t != nil && visible(t.spec.Audience, r.call.Caller) && r.door.shows(ctx, r.would(t))
}

// would is a call of a tool with the caller of this one, and without arguments.
func (r *Request) would(t *Tool) *governance.Call {
	c := r.inner(Inner{Name: t.spec.Name})
	c.Hints = t.hints()
	return &c
}

// An Outlook is what the policies say of calling a tool, as far as that does not hang on its arguments.
type Outlook struct {
	Effect string `json:"effect" enum:"allow,deny,ask" doc:"allow: nothing stands against it but what its arguments may be"`
	Check  string `json:"check,omitempty" doc:"that denies or asks"`
	Policy string `json:"policy,omitempty"`
	Reason string `json:"reason,omitempty"`
}

// Outlook asks all checks about a call of a tool without arguments. Nothing is run, recorded or charged. It is nil where
// nobody can be asked.
func (r *Request) Outlook(ctx context.Context, tool string) *Outlook {
	gate, ok := r.door.opts.Gate.(interface {
		Explain(ctx context.Context, c *governance.Call) []governance.StageTrace
	})
	t := r.door.Catalog().tools[tool]
	if !ok || t == nil {
		return nil
	}
	found := &Outlook{Effect: "allow"}
	for _, s := range gate.Explain(ctx, r.would(t)) {
		switch {
		case s.Outcome == governance.TraceFail:
			return &Outlook{Effect: "deny", Check: s.Check, Policy: s.Policy, Reason: s.Reason}
		case s.Outcome == governance.TraceAsk && found.Effect == "allow":
			found = &Outlook{Effect: "ask", Check: s.Check, Policy: s.Policy, Reason: s.Reason}
		}
	}
	return found
}
