package tools

import (
	"context"
	"encoding/json"
	"fmt"
	"reflect"

	"github.com/mcp-kernel/mcp-kernel/governance"
)

// A Handler runs one call whose arguments are already bound. The Dispatcher makes it and only after the decision to
// run it was recorded; Options.Around may wrap it.
type Handler func(context.Context, *Request) (Result, error)

// A Tool is one tool of a Surface, made by Func, FuncMixed or Raw. The zero value is refused by NewCatalog. Its faults are
// carried until then, so that a module's Surface is a plain list and all faults of all modules are reported together.
type Tool struct {
	spec   Spec
	args   *plan
	out    *plan // nil when there is no output schema
	bind   func(*call) (Handler, error)
	faults []error

	relay   RelayFunc // of a tool that is called to call another
	instead bool      // shown in the place of other servers' tools
}

// Spec returns what the tool says of itself, with both schemas. The schemas are shared and must not be changed.
func (t Tool) Spec() Spec { return t.spec }

// Instead returns the tool as one that is shown in the place of other servers' tools, as they are, beside the number of
// ours that the default profile may show.
func (t Tool) Instead() Tool {
	t.instead = true
	return t
}

// hints are the declared hints in the words of governance, where what was not said counts as the worst.
func (t Tool) hints() governance.Hints {
	return governance.Hints{
		ReadOnly:       t.spec.ReadOnly == Yes,
		NonDestructive: t.spec.Destructive == No,
		Idempotent:     t.spec.Idempotent == Yes,
		ClosedWorld:    t.spec.OpenWorld == No,
	}
}

// Func makes a tool of a function over Go types. Both must be structs, or pointers to structs. The schemas of input and
// output are reflected from them (see the package documentation for the struct tags), arguments are decoded strictly
// before fn is called, and what fn returns becomes the structured answer with its JSON beside it as text.
//
// An error of fn is not shown to the caller unless it is made to be, as Fail makes one. An Out that implements Doubter
// says how far to trust it. What a struct cannot express (images, links) needs FuncMixed.
func Func[In, Out any](spec Spec, fn func(context.Context, *Request, In) (Out, error)) Tool {
	t := typed[In](spec, fn == nil)
	t.out = t.reflect("answer", reflect.TypeFor[Out](), &t.spec.OutputSchema, outputSchema)
	args, out := t.args, t.out
	t.bind = func(c *call) (Handler, error) {
		in, err := argumentsOf[In](args, c)
		if err != nil {
			return nil, err
		}
		return func(ctx context.Context, r *Request) (Result, error) {
			answer, err := fn(ctx, r, in)
			if err != nil {
				return Result{}, err
			}
			return out.answer(answer)
		}, nil
	}
	return t
}

// FuncMixed is Func for answers that are not one object: text, images, links, or a structured answer without a schema.
func FuncMixed[In any](spec Spec, fn func(context.Context, *Request, In) (Result, error)) Tool {
	t := typed[In](spec, fn == nil)
	args := t.args
	t.bind = func(c *call) (Handler, error) {
		in, err := argumentsOf[In](args, c)
		if err != nil {
			return nil, err
		}
		return func(ctx context.Context, r *Request) (Result, error) { return fn(ctx, r, in) }, nil
	}
	return t
}

// typed is a tool whose arguments are a Go type's.
func typed[In any](spec Spec, idle bool) Tool {
	t := Tool{spec: spec}
	if len(spec.InputSchema) > 0 || len(spec.OutputSchema) > 0 {
		t.fault("sets a schema, which Func reflects from its types: leave both out, or use Raw")
	}
	if idle {
		t.fault("has no function")
	}
	t.args = t.reflect("argument", reflect.TypeFor[In](), &t.spec.InputSchema, inputSchema)
	return t
}

// argumentsOf decodes the arguments of a call.
func argumentsOf[In any](args *plan, c *call) (in In, err error) {
	err = args.decode(c.args(), reflect.ValueOf(&in).Elem(), c.maxArgs())
	return in, err
}

// Raw makes a tool of a function over raw JSON, for tools whose schema is data (those of other servers) or whose answer
// is not one object. The arguments are checked against spec.InputSchema before fn is called, and a structured answer
// against spec.OutputSchema when there is one.
func Raw(spec Spec, fn func(context.Context, *Request, json.RawMessage) (Result, error)) Tool {
	t := Tool{spec: spec}
	if fn == nil {
		t.fault("has no function")
	}
	t.args = t.load("input schema", spec.InputSchema)
	if len(spec.OutputSchema) > 0 {
		t.out = t.load("output schema", spec.OutputSchema)
	}
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

func (t *Tool) fault(format string, args ...any) {
	t.faults = append(t.faults, fmt.Errorf(format, args...))
}

// reflect makes the plan of a type and writes its schema.
func (t *Tool) reflect(what string, typ reflect.Type, schema *json.RawMessage, style schemaStyle) *plan {
	p, faults := planOf(typ)
	for _, fault := range faults {
		t.fault("%s: %w", what, fault)
	}
	if len(faults) == 0 {
		*schema = p.schema(style)
	}
	return p
}

// load makes the plan of a schema document.
func (t *Tool) load(what string, schema json.RawMessage) *plan {
	p, err := planFrom(schema)
	if err != nil {
		t.fault("%s: %w", what, err)
	}
	return p
}
