package compose

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sync/atomic"

	"github.com/mcp-kernel/mcp-kernel/tools"
)

// Name is the module's name.
const Name = "compose"

// Options are what a Module is made of.
type Options struct {
	Plans []*Plan
	// Known returns what a tool says of itself. A tool that is not known may do anything. May be nil.
	Known func(tool string) (tools.Spec, bool)
}

// A Module publishes compositions as tools. It is safe for concurrent use.
type Module struct{ o Options }

// NewModule returns the module of compositions, whose names must differ.
func NewModule(o Options) (*Module, error) {
	if o.Known == nil {
		o.Known = func(string) (tools.Spec, bool) { return tools.Spec{}, false }
	}
	seen, faults := map[string]bool{}, []error(nil)
	for _, p := range o.Plans {
		if seen[p.Name()] {
			faults = append(faults, fmt.Errorf("there are two compositions %q", p.Name()))
		}
		seen[p.Name()] = true
	}
	return &Module{o}, errors.Join(faults...)
}

// Name implements tools.Module.
func (*Module) Name() string { return Name }

// Surface implements tools.Module.
func (m *Module) Surface() tools.Surface {
	var s tools.Surface
	for _, p := range m.o.Plans {
		s.Tools = append(s.Tools, tools.Raw(m.spec(p), func(ctx context.Context, r *tools.Request, args json.RawMessage) (tools.Result, error) {
			return m.run(ctx, r, p, args)
		}))
	}
	return s
}

// spec describes a composition. It does what its steps do: it only reads where all of them only read, and destroys where any
// of them does.
func (m *Module) spec(p *Plan) tools.Spec {
	d := &p.declared
	spec := tools.Spec{
		Name: d.Name, Title: d.Title, Description: d.Description, InputSchema: d.Input, Audience: tools.ForAgents,
		Profiles: []string{tools.ProfileDefault, tools.ProfileFiles}, Timeout: d.Timeout,
		ReadOnly: tools.Yes, Destructive: tools.No, Idempotent: tools.Yes, OpenWorld: tools.No,
	}
	if spec.Title == "" {
		spec.Title = d.Name
	}
	if spec.InputSchema == nil {
		spec.InputSchema = json.RawMessage(`{"type":"object","additionalProperties":false}`)
	}
	for _, tool := range p.tools {
		known, ok := m.o.Known(tool)
		if !ok {
			known = tools.Spec{ReadOnly: tools.No, Destructive: tools.Yes, Idempotent: tools.No, OpenWorld: tools.Yes}
		}
		if known.ReadOnly != tools.Yes {
			spec.ReadOnly = tools.No
		}
		if known.Idempotent != tools.Yes && known.ReadOnly != tools.Yes {
			spec.Idempotent = tools.No
		}
		if known.Destructive == tools.Yes {
			spec.Destructive = tools.Yes
		}
		if known.OpenWorld == tools.Yes {
			spec.OpenWorld = tools.Yes
		}
	}
	return spec
}

// run does a composition for a call.
func (m *Module) run(ctx context.Context, r *tools.Request, p *Plan, args json.RawMessage) (tools.Result, error) {
	c := &caller{module: m, request: r}
	done, err := p.Run(ctx, args, c.call)
	switch {
	case errors.Is(err, tools.ErrInputRequired):
		return tools.Result{}, err
	case err != nil:
		return c.failed(err)
	case done.Output != nil:
		return output(done.Output), nil
	}
	return c.last(&done.Answer)
}

// output is an answer that the composition says itself.
func output(doc json.RawMessage) tools.Result {
	var text string
	if json.Unmarshal(doc, &text) != nil {
		text = string(doc)
	}
	result := tools.Result{Content: []tools.Content{tools.Text(text)}}
	if doc[0] == '{' {
		result.Structured = doc
	}
	return result
}

// A caller makes the calls of one composition in the gate.
type caller struct {
	module  *Module
	request *tools.Request
	changed atomic.Bool // a call has come to an answer that is not to be made again
}

// call is the composition's Call.
func (c *caller) call(ctx context.Context, tool string, args json.RawMessage) (Answer, error) {
	result, err := c.request.Call(ctx, tool, args)
	switch {
	case errors.Is(err, tools.ErrInputRequired) && c.changed.Load():
		return Answer{}, fmt.Errorf("%w: the steps before it have been done and are not to be done again: call it by itself", ErrAsks)
	case errors.Is(err, tools.ErrInputRequired):
		return Answer{}, fmt.Errorf("%w: %w", ErrAsks, err)
	case err != nil:
		return Answer{}, refusal(err)
	}
	if spec, known := c.module.o.Known(tool); !known || spec.ReadOnly != tools.Yes {
		c.changed.Store(true)
	}
	return answer(result)
}

// refusal is why a call came to nothing: policy, or something else.
func refusal(err error) error {
	failed, ok := errors.AsType[*tools.Error](err)
	if !ok {
		return err
	}
	switch failed.Code {
	case tools.CodeDenied, tools.CodeApproval, tools.CodeWithheld, tools.CodeFrozen, tools.CodeUnknown:
		return fmt.Errorf("%w: %w", ErrRefused, err)
	case tools.CodeFailed:
		if withheld(failed.Details) {
			return fmt.Errorf("%w: %w", ErrRefused, err)
		}
	default:
	}
	return err
}

// withheld reports whether a tool of another server was not called because of what the kernel protects: a credential that its
// arguments must not name, or a definition that is not what was trusted.
func withheld(details json.RawMessage) bool {
	var why struct {
		Failure string `json:"failure"`
	}
	return json.Unmarshal(details, &why) == nil && (why.Failure == "credential_refused" || why.Failure == "changed")
}

// answer is a result as steps see it.
func answer(result tools.Result) (Answer, error) {
	if err := result.Unfold(); err != nil {
		return Answer{}, err
	}
	a := Answer{Data: result.Structured, Failed: result.IsError}
	for _, block := range result.Content {
		if block.Type == tools.TypeText {
			if a.Text != "" {
				a.Text += "\n"
			}
			a.Text += block.Text
		}
	}
	var err error
	a.Content, err = json.Marshal(result.Content)
	return a, err
}

// last is the answer of the last step as the composition's.
func (*caller) last(a *Answer) (tools.Result, error) {
	result := tools.Result{Content: []tools.Content{}, Structured: a.Data}
	if a.Content != nil {
		if err := json.Unmarshal(a.Content, &result.Content); err != nil {
			return tools.Result{}, err
		}
	} else if a.Text != "" {
		result.Content = append(result.Content, tools.Text(a.Text))
	}
	if len(result.Structured) > 0 && result.Structured[0] != '{' {
		result.Structured = nil
	}
	return result, nil
}

// failed is what a composition answers that came to nothing. Where policy refused a step the refusal is its own, so that who
// called learns what to do; what a tool said is an answer like others, which is looked through before it leaves.
func (*caller) failed(err error) (tools.Result, error) {
	if refused, ok := errors.AsType[*tools.Error](err); ok {
		at := ""
		if step, ok := errors.AsType[*StepError](err); ok {
			at = step.At + " (" + step.Tool + "): "
		}
		copied := *refused
		copied.Reason = at + copied.Reason
		return tools.Result{}, &copied
	}
	return tools.Result{IsError: true, Content: []tools.Content{tools.Text(err.Error())}}, nil
}
