package tools

import (
	"context"
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/mcp-kernel/mcp-kernel/governance"
	"github.com/mcp-kernel/mcp-kernel/governance/audit"
)

// Bounds of completion.
const (
	maxValues  = 100
	maxMembers = 1000 // of a family, in a listing
)

// A target is what a call wants to run.
type target struct {
	bind    func(*call) (Handler, error) // decodes the arguments; an error is the caller's
	hints   governance.Hints
	timeout time.Duration
	vars    map[string]string
	out     *plan  // what a structured answer must fit; nil when nothing was said
	typed   bool   // the answer was checked where it was made
	barred  string // why it must not run, whatever the policies say; empty for what may
}

// find looks up what a call names, as far as it is for the caller's audience.
func (d *Dispatcher) find(gc *governance.Call) *target {
	c := d.Catalog()
	switch gc.Kind {
	case governance.KindTool:
		if t := c.tools[gc.Name]; t != nil && visible(t.spec.Audience, gc.Caller) {
			bind := t.bind
			if t.spec.Task != TaskNever {
				bind = t.bindTask
			}
			return &target{bind: bind, hints: t.hints(), timeout: t.spec.Timeout, out: t.out, typed: t.args.whole == nil}
		}
	case governance.KindResource:
		if r, vars := c.resource(gc.Name); r != nil && visible(r.spec.Audience, gc.Caller) {
			return &target{bind: r.bind, vars: vars, hints: readOnly()}
		}
	case governance.KindPrompt:
		if p := c.prompts[gc.Name]; p != nil && visible(p.spec.Audience, gc.Caller) {
			return &target{bind: p.bind, hints: readOnly()}
		}
	case governance.KindCompletion:
		return d.completion(gc)
	default:
	}
	return nil
}

func visible(a Audience, who governance.Caller) bool {
	return a == ForAgents || a == ForOperators && who.Operator
}

func readOnly() governance.Hints {
	return governance.Hints{ReadOnly: true, NonDestructive: true, Idempotent: true, ClosedWorld: true}
}

// noArguments refuses arguments where there are none to give.
func noArguments(c *call) error {
	p := plan{root: node{shape: shapeObject, object: &object{}}}
	return p.check(c.args(), c.maxArgs())
}

func (r *Resource) bind(c *call) (Handler, error) {
	if err := noArguments(c); err != nil {
		return nil, err
	}
	return func(ctx context.Context, req *Request) (Result, error) {
		return r.answer(ctx, req, req.Name())
	}, nil
}

func setDefault(field *string, value string) {
	if *field == "" {
		*field = value
	}
}

func (p *Prompt) bind(c *call) (Handler, error) {
	var args map[string]string
	if err := p.plan().check(c.args(), c.maxArgs()); err != nil {
		return nil, err
	}
	if err := json.Unmarshal(c.args(), &args); err != nil {
		return nil, err
	}
	return func(ctx context.Context, r *Request) (Result, error) {
		return p.answer(ctx, r, args)
	}, nil
}

// maxPromptArgument is the length of a prompt's argument in characters.
const maxPromptArgument = 64 << 10

// plan is what the prompt's arguments must be: texts of bounded length.
func (p *Prompt) plan() *plan {
	most := maxPromptArgument
	o := &object{index: map[string]int{}, open: len(p.spec.Definition) > 0}
	for _, a := range p.spec.Arguments {
		o.add(field{name: a.Name, required: a.Required && !o.open, node: node{shape: shapeString, limits: &limits{maxLen: &most}}})
	}
	return &plan{root: node{shape: shapeObject, object: o}}
}

// completionArgs are the arguments of a call of KindCompletion.
type completionArgs struct {
	Argument struct {
		Name  string `json:"name"  maxLength:"64"`
		Value string `json:"value" maxLength:"4096"`
	} `json:"argument"`
	Context *map[string]string `json:"context"`
}

func completionPlan() (*plan, []error) { return planOf(reflect.TypeFor[completionArgs]()) }

// completion finds who completes for a reference, "prompt:NAME" or "resource:TEMPLATE".
func (d *Dispatcher) completion(gc *governance.Call) *target {
	c := d.Catalog()
	form, name, _ := strings.Cut(gc.Name, ":")
	var names []string
	var by func(argument string) CompleteFunc
	switch p, r := c.prompts[name], c.templates[name]; {
	case form == "prompt" && p != nil && visible(p.spec.Audience, gc.Caller):
		if p.pass != nil {
			return passing(p.pass)
		}
		for _, a := range p.spec.Arguments {
			names = append(names, a.Name)
		}
		by = func(argument string) CompleteFunc { return p.complete[argument] }
	case form == "resource" && r != nil && visible(r.spec.Audience, gc.Caller):
		if r.pass != nil {
			return passing(r.pass)
		}
		names = r.pattern.vars()
		by = func(string) CompleteFunc { return r.complete }
	default:
		return nil
	}
	return &target{hints: readOnly(), bind: func(c *call) (Handler, error) { return d.bindCompletion(c, names, by) }}
}

func (d *Dispatcher) bindCompletion(c *call, names []string, by func(string) CompleteFunc) (Handler, error) {
	var args completionArgs
	if err := d.completing.decode(c.args(), reflect.ValueOf(&args).Elem(), c.maxArgs()); err != nil {
		return nil, err
	}
	if !slices.Contains(names, args.Argument.Name) {
		return nil, &ArgumentError{Faults: []Fault{{Pointer: "/argument/name", Problem: unknown(args.Argument.Name, names)}}}
	}
	ask := Completion{Argument: args.Argument.Name, Value: args.Argument.Value}
	if args.Context != nil {
		ask.Given = *args.Context
	}
	return func(ctx context.Context, r *Request) (Result, error) {
		complete := by(ask.Argument)
		if complete == nil {
			return Result{}, nil
		}
		values, err := complete(ctx, r, ask)
		return Result{Values: values[:min(len(values), maxValues)], Total: len(values), More: len(values) > maxValues}, err
	}, nil
}

// unknownName is the reason shown for a name that is not there. Only what the caller may see is suggested.
func (d *Dispatcher) unknownName(gc *governance.Call) string {
	what := gc.Kind.String()
	var names []string
	if gc.Kind == governance.KindTool {
		for _, s := range d.Catalog().all.Tools {
			if visible(s.Audience, gc.Caller) {
				names = append(names, s.Name)
			}
		}
	}
	return fmt.Sprintf("unknown %s %s%s", what, quote(audit.Discreet(gc.Name)), suggest(gc.Name, names))
}
