package tools

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
)

// What another server defines and answers is passed on as that server wrote it, save for names: a client gets members of
// which this package knows nothing, numbers as they were written, and errors with their codes. It is governed all the
// same. A definition is published but not believed; arguments are decided about, and then checked by the server that
// they are for; of an answer the JSON is reviewed that will leave.

// Foreign makes a tool of another server's. definition is its entry in that server's tools/list: spec.Name takes the place
// of its name, and its schemas are not enforced here. Of spec the title and description stand in for those that the
// definition lacks; its hints are what policies go by.
func Foreign(spec Spec, definition json.RawMessage, fn func(context.Context, *Request, json.RawMessage) (Result, error)) Tool {
	t := Tool{spec: spec}
	if fn == nil {
		t.fault("has no function")
	}
	if len(spec.InputSchema) > 0 || len(spec.OutputSchema) > 0 {
		t.fault("sets a schema beside its definition")
	}
	t.define(definition)
	t.args = &plan{root: node{shape: shapeObject, object: &object{open: true}}}
	args := t.args
	t.bind = func(c *call) (Handler, error) {
		if err := args.check(c.args(), c.maxArgs()); err != nil {
			return nil, err
		}
		raw := c.args()
		return func(ctx context.Context, r *Request) (Result, error) { return fn(ctx, r, raw) }, nil
	}
	return t
}

// Enforced returns a tool of Foreign's whose arguments must fit the schema of its definition before its function is called, as
// those of Raw must. The schema is not compiled before a call needs it; one that cannot be refuses each call.
func (t Tool) Enforced() Tool {
	whole, err := newValidator(t.spec.InputSchema)
	if err != nil {
		t.fault("input schema: %w", err)
		return t
	}
	args := &plan{root: node{shape: shapeObject, object: &object{open: true}}, whole: whole}
	bind := t.bind
	t.args, t.bind = args, func(c *call) (Handler, error) {
		if err := args.check(c.args(), c.maxArgs()); err != nil {
			return nil, err
		}
		return bind(c)
	}
	return t
}

// define takes over a definition, and its schemas for whoever wants to know what arguments there are.
func (t *Tool) define(definition json.RawMessage) {
	if err := wellFormed(definition); err != nil {
		t.fault("definition: %w", err)
		return
	}
	var known struct {
		Input  json.RawMessage `json:"inputSchema"`
		Output json.RawMessage `json:"outputSchema"`
	}
	if err := json.Unmarshal(definition, &known); err != nil {
		t.fault("definition: %w", err)
	}
	if wellFormed(known.Input) != nil {
		known.Input = json.RawMessage(`{"type":"object"}`)
	}
	t.spec.Definition, t.spec.InputSchema, t.spec.OutputSchema = definition, known.Input, known.Output
}

// ForeignResource makes a resource, or a family of them, of another server's; definition is its entry in that server's
// resources/list or resources/templates/list. spec's URI or template takes the place of that in it; its name is known
// here alone. read answers as Verbatim does.
func ForeignResource(spec ResourceSpec, definition json.RawMessage, read func(ctx context.Context, r *Request, uri string) (Result, error)) Resource {
	r := resourceOf(spec)
	if read == nil {
		r.fault("has no read function")
	}
	if err := wellFormed(definition); err != nil {
		r.fault("definition: %w", err)
	}
	r.spec.Definition, r.answer = definition, read
	return r
}

// ForeignPrompt makes a prompt of another server's; definition is its entry in that server's prompts/list, and spec.Name
// takes the place of its name. The arguments that spec names are texts; that server says which are missing. get answers as
// Verbatim does.
func ForeignPrompt(spec PromptSpec, definition json.RawMessage, get func(ctx context.Context, r *Request, args map[string]string) (Result, error)) Prompt {
	p := Prompt{spec: spec}
	if get == nil {
		p.fault("has no function")
	}
	if err := wellFormed(definition); err != nil {
		p.fault("definition: %w", err)
	}
	p.spec.Definition, p.answer = definition, get
	return p
}

// A PassFunc completes as another server does: asked is the argument and the context of a completion request, in the
// protocol's words. It answers as Verbatim does.
type PassFunc func(ctx context.Context, r *Request, asked json.RawMessage) (Result, error)

// WithPass returns the prompt with fn completing all of its arguments.
func (p Prompt) WithPass(fn PassFunc) Prompt {
	p.pass = fn
	return p
}

// WithPass returns the family with fn completing all of its variables.
func (r Resource) WithPass(fn PassFunc) Resource {
	if r.spec.Template == "" {
		r.fault("is a single resource and has nothing to complete")
	}
	r.pass = fn
	return r
}

// passing is the target of a completion that another server makes.
func passing(fn PassFunc) *target {
	open := plan{root: node{shape: shapeObject, object: &object{open: true}}}
	return &target{hints: readOnly(), bind: func(c *call) (Handler, error) {
		if err := open.check(c.args(), c.maxArgs()); err != nil {
			return nil, err
		}
		raw := c.args()
		return func(ctx context.Context, r *Request) (Result, error) { return fn(ctx, r, raw) }, nil
	}}
}

// Verbatim returns a result of another server: the whole result object, in the protocol's words, which leaves as it is
// but for the keys that the kernel writes itself. What is no JSON object, or has a key twice in one object, is an error.
func Verbatim(result json.RawMessage) (Result, error) {
	if err := wellFormed(result); err != nil {
		return Result{}, fmt.Errorf("result: %w", err)
	}
	var own struct {
		IsError bool `json:"isError"`
	}
	if err := json.Unmarshal(result, &own); err != nil {
		return Result{}, fmt.Errorf("result: %w", err)
	}
	return Result{Verbatim: result, IsError: own.IsError}, nil
}

// A Remote is an error in the protocol's words, as another server answered.
type Remote struct {
	Code    int             `json:"code"`
	Message string          `json:"message"`
	Data    json.RawMessage `json:"data,omitempty"`
}

// FailRemote returns an error for a handler to give up with: the client gets what another server said, code and all.
func FailRemote(remote Remote, cause error) error {
	return &Error{Code: CodeRemote, Reason: remote.Message, Remote: &remote, failure: string(CodeRemote), cause: cause}
}

// wellFormed reports what is wrong with an object that another server wrote.
func wellFormed(object json.RawMessage) error {
	d := decoder{data: object}
	if d.peek() != '{' {
		return errors.New("is no JSON object")
	}
	if _, ok := d.skip(); ok && d.end() && len(d.faults) == 0 {
		return nil
	}
	return d.err()
}

// Unfold reads a verbatim result into the fields of which this package knows, and is no longer verbatim then. On any other
// it does nothing.
func (r *Result) Unfold() error {
	doc := r.Verbatim
	if doc == nil {
		return nil
	}
	meta := struct {
		Meta map[string]json.RawMessage `json:"_meta"`
	}{}
	if err := json.Unmarshal(doc, &meta); err != nil {
		return err
	}
	r.Verbatim = nil
	r.Meta = meta.Meta
	return r.replace(doc)
}
