package tools

import "context"

// A GetFunc fills in a prompt. args holds the arguments that were given; those that are required always are.
type GetFunc func(ctx context.Context, r *Request, args map[string]string) ([]Message, error)

// A Prompt is one prompt of a Surface. The zero value is refused by NewCatalog.
type Prompt struct {
	spec     PromptSpec
	get      GetFunc
	complete map[string]CompleteFunc
}

// NewPrompt returns a prompt that get fills in. Faults of the spec are reported by NewCatalog.
func NewPrompt(spec PromptSpec, get GetFunc) Prompt { return Prompt{spec: spec, get: get} }

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
