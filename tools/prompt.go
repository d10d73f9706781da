package tools

import (
	"context"
	"fmt"
)

// A GetFunc fills in a prompt. args holds the arguments that were given; those that are required always are.
type GetFunc func(ctx context.Context, r *Request, args map[string]string) ([]Message, error)

// A Prompt is one prompt of a Surface. The zero value is refused by NewCatalog.
type Prompt struct {
	spec     PromptSpec
	answer   func(ctx context.Context, r *Request, args map[string]string) (Result, error)
	complete map[string]CompleteFunc
	pass     PassFunc // completes instead, as another server does
	faults   []error
}

// NewPrompt returns a prompt that get fills in. Faults of the spec are reported by NewCatalog.
func NewPrompt(spec PromptSpec, get GetFunc) Prompt {
	p := Prompt{spec: spec}
	if get == nil {
		p.fault("has no function")
	}
	if len(spec.Definition) > 0 {
		p.fault("sets a definition, which is another server's")
	}
	p.answer = func(ctx context.Context, r *Request, args map[string]string) (Result, error) {
		messages, err := get(ctx, r, args)
		return Result{Description: spec.Description, Messages: messages}, err
	}
	return p
}

func (p *Prompt) fault(format string, args ...any) {
	p.faults = append(p.faults, fmt.Errorf(format, args...))
}

// Spec returns what the prompt says of itself.
func (p Prompt) Spec() PromptSpec { return p.spec }

// WithComplete returns the prompt with completion of one of its arguments.
func (p Prompt) WithComplete(argument string, fn CompleteFunc) Prompt {
	all := map[string]CompleteFunc{argument: fn}
	for name, other := range p.complete {
		if name != argument {
			all[name] = other
		}
	}
	p.complete = all
	return p
}
