package openapi

import (
	"context"
	"encoding/json"
	"net/url"
	"slices"
	"time"

	"github.com/mcp-kernel/mcp-kernel/modules/atr/local"
)

// A Tool is an operation that can be asked for. It is safe for concurrent use.
type Tool struct {
	api        *API
	op         *operation
	base       *url.URL
	definition local.Definition
	parameters map[string]bool // by argument: whether it is required
}

// tool makes one of an operation.
func (a *API) tool(d *document, base *url.URL, op *operation) (*Tool, error) {
	t := &Tool{api: a, op: op, base: base, parameters: map[string]bool{}}
	properties := map[string]any{}
	var required []string
	add := func(name string, schema any, needed bool) {
		properties[name], t.parameters[name] = schema, needed
		if needed {
			required = append(required, name)
		}
	}
	for _, one := range op.arguments {
		add(one.Arg, one.schema, one.required)
	}
	if op.body != nil {
		add(op.body.Arg, op.body.schema, op.body.required)
	}
	input, err := d.writeSchema(properties, required)
	if err != nil {
		return nil, err
	}
	t.definition = local.Definition{
		Name: op.name, Description: op.summary, Input: input, Effects: op.effects,
		Runs: map[string]any{
			"method": op.method, "url": base.String(), "path": op.path, "parameters": op.arguments, "body": op.body,
			"headers": names(a.s.Headers), "query": names(a.s.Query), "allow_private": a.s.Private,
		},
	}
	return t, nil
}

func names(m map[string]string) []string {
	all := make([]string, 0, len(m))
	for name := range m {
		all = append(all, name)
	}
	slices.Sort(all)
	return all
}

// Name returns the tool's name.
func (t *Tool) Name() string { return t.op.name }

// Timeout is how long a call may run.
func (t *Tool) Timeout() time.Duration { return t.api.s.Timeout }

// Definition returns what the tool is.
func (t *Tool) Definition(context.Context) (local.Definition, error) { return t.definition, nil }

// Prepare returns the tool's definition, and what runs it.
func (t *Tool) Prepare(context.Context) (local.Definition, local.Run, error) {
	return t.definition, t.Call, nil
}

// Call makes the request. The arguments were checked against the schema of the tool's definition; they are checked again as
// far as it is a matter of safety. The error is an ErrArguments, an ErrBroken, or the end of ctx; that the service failed or
// refused is an answer.
func (t *Tool) Call(ctx context.Context, args json.RawMessage) (local.Answer, error) {
	given, err := t.given(args)
	if err != nil {
		return local.Answer{}, err
	}
	timed, cancel := context.WithTimeout(ctx, t.api.s.Timeout)
	defer cancel()
	r, secrets, err := t.request(timed, given)
	if err != nil {
		return local.Answer{}, err
	}
	return t.ask(ctx, r, secrets)
}
