package atr

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/mcp-kernel/mcp-kernel/modules/atr/oauth"
	"github.com/mcp-kernel/mcp-kernel/modules/atr/pin"
	"github.com/mcp-kernel/mcp-kernel/modules/atr/rpc"
	"github.com/mcp-kernel/mcp-kernel/modules/atr/secret"
	"github.com/mcp-kernel/mcp-kernel/modules/atr/upstream"
	"github.com/mcp-kernel/mcp-kernel/tools"
)

// call runs a tool.
func (o *offer) call(ctx context.Context, r *tools.Request, args json.RawMessage) (tools.Result, error) {
	filled, err := o.server.fill(ctx, o.own, args)
	if err != nil {
		return tools.Result{}, o.unfilled(err)
	}
	now := o.server.m.o.Now
	began := now()
	result, err := o.kept(ctx, r, filled, func() (tools.Result, error) {
		return o.ask(ctx, r, "tools/call", map[string]any{"name": o.own, "arguments": filled})
	})
	if !errors.Is(err, tools.ErrInputRequired) { // it is called again with the answers
		o.server.m.stats.called(o.published, began, now().Sub(began), err != nil || result.IsError)
	}
	if err == nil {
		o.warn(ctx, r, &result)
	}
	return result, err
}

// warn tells who calls a tool that should not be used any more, once.
func (o *offer) warn(ctx context.Context, r *tools.Request, result *tools.Result) {
	said := o.override()
	bye := said.farewell()
	if bye == "" || !o.server.m.warns(r.Caller().Identity(), o.published) {
		return
	}
	r.Log(ctx, "warning", o.published, bye)
	result.Verbatim = withNote(result.Verbatim, "["+o.published+"] "+bye)
}

// unfilled is what the caller is told when a credential that it names is not filled in.
func (*offer) unfilled(err error) error {
	if refused, ok := errors.AsType[*credentialError](err); ok {
		return tools.Fail("credential_refused", refused.Error(), refused.cause)
	}
	if errors.Is(err, secret.ErrPlace) {
		return tools.Fail("credential_refused", "a credential is named where none is filled in: in the name of an argument", err)
	}
	return err
}

// read reads a resource.
func (o *offer) read(ctx context.Context, r *tools.Request, uri string) (tools.Result, error) {
	return o.ask(ctx, r, "resources/read", map[string]any{"uri": uri})
}

// get fills in a prompt.
func (o *offer) get(ctx context.Context, r *tools.Request, args map[string]string) (tools.Result, error) {
	params := map[string]any{"name": o.own}
	if len(args) > 0 {
		params["arguments"] = args
	}
	return o.ask(ctx, r, "prompts/get", params)
}

// complete completes an argument of a prompt, or a variable of a template.
func (o *offer) complete(ctx context.Context, r *tools.Request, asked json.RawMessage) (tools.Result, error) {
	var p struct {
		Argument json.RawMessage `json:"argument"`
		Context  json.RawMessage `json:"context"`
	}
	if err := json.Unmarshal(asked, &p); err != nil {
		return tools.Result{}, err
	}
	ref := map[string]string{"type": "ref/prompt", "name": o.own}
	if o.record.Kind == pin.Template {
		ref = map[string]string{"type": "ref/resource", "uri": o.own}
	}
	params := map[string]any{"ref": ref, "argument": p.Argument}
	if len(p.Context) > 0 && string(p.Context) != "null" {
		params["context"] = map[string]any{"arguments": p.Context}
	}
	return o.ask(ctx, r, "completion/complete", params)
}

// ask makes a request of the server. One that wants to know something of the client first is asked again with the answers.
func (o *offer) ask(ctx context.Context, r *tools.Request, method string, params map[string]any) (tools.Result, error) {
	if why := o.refused(); why != "" { // the gate has refused it, unless it does not know the name
		return tools.Result{}, tools.Fail("changed", why, nil)
	}
	t, err := o.server.talk(r.Caller().Principal)
	if err != nil {
		return tools.Result{}, o.failed(ctx, err)
	}
	meta, err := o.meant()
	if err != nil {
		return tools.Result{}, err
	}
	for range maxRounds {
		text, err := json.Marshal(params)
		if err != nil {
			return tools.Result{}, err
		}
		result, err := o.traced(ctx, r, t, rpc.Request{Method: method, Params: text, Meta: meta, Tag: r, Progress: progressTo(ctx, r), Capabilities: abilities(r)})
		if err != nil {
			return tools.Result{}, err
		}
		var round struct {
			Type  string                     `json:"resultType"`
			Asks  map[string]json.RawMessage `json:"inputRequests"`
			State json.RawMessage            `json:"requestState"`
		}
		if json.Unmarshal(result, &round) != nil || round.Type != "input_required" {
			return tools.Verbatim(result)
		}
		answers, err := inputs(ctx, r, round.Asks)
		if err != nil {
			return tools.Result{}, err
		}
		params["inputResponses"] = answers
		delete(params, "requestState")
		if len(round.State) > 0 {
			params["requestState"] = round.State
		}
	}
	return tools.Result{}, tools.Fail("too_many_questions", fmt.Sprintf("the server %s asked more than %d times", o.server.Name, maxRounds), nil)
}

// inputs asks the client what a server of the 2026 era wants to know.
func inputs(ctx context.Context, r *tools.Request, asks map[string]json.RawMessage) (map[string]json.RawMessage, error) {
	var queries []tools.Query
	var keys []string
	for _, key := range sortedKeys(asks) {
		var ask struct {
			Method string          `json:"method"`
			Params json.RawMessage `json:"params"`
		}
		if err := json.Unmarshal(asks[key], &ask); err != nil {
			return nil, fmt.Errorf("question %.40q: %w", key, err)
		}
		queries, keys = append(queries, tools.Forwarded{Method: ask.Method, Params: ask.Params}), append(keys, key)
	}
	replies, err := r.AskAll(ctx, queries...)
	if err != nil {
		return nil, err
	}
	answers := map[string]json.RawMessage{}
	for i, key := range keys {
		answers[key] = replies[i].Forwarded
	}
	return answers, nil
}

// failed is what the caller is told when a server does not answer.
func (o *offer) failed(ctx context.Context, err error) error {
	var refused *rpc.Error
	var down *upstream.DownError
	var version *VersionError
	name := o.server.Name
	switch {
	case errors.As(err, &refused):
		return tools.FailRemote(tools.Remote(*refused), nil)
	case ctx.Err() != nil:
		return err
	case errors.Is(err, oauth.ErrLogin):
		return tools.Fail("login_required", o.server.missing(err), err)
	case unauthorized(err):
		return tools.Fail("unauthorized", "the server "+name+" does not accept what the kernel authenticates with, or there is no token for it", err)
	case errors.As(err, &version):
		return tools.Fail("version", version.Error(), err)
	case errors.Is(err, ErrChanged):
		return tools.Fail("changed", "how the server "+name+" is started is not what was trusted: an operator has to agree first", err)
	case errors.As(err, &down):
		return tools.Fail("unavailable", down.Error(), err)
	case errors.Is(err, upstream.ErrFull), errors.Is(err, rpc.ErrBusy):
		return tools.Fail("overloaded", "too many calls of the server "+name+" at once: try again later", err)
	case errors.Is(err, rpc.ErrTooLarge):
		return tools.Fail("too_large", "the server "+name+" answered with more than is taken: ask for less", err)
	default:
		return tools.Fail("unavailable", "the server "+name+" ended before it answered: what it began may have an effect", err)
	}
}

// progressTo passes progress on to the client.
func progressTo(ctx context.Context, r *tools.Request) func(json.RawMessage) {
	return func(params json.RawMessage) {
		var p struct {
			Progress float64 `json:"progress"`
			Total    float64 `json:"total"`
			Message  string  `json:"message"`
		}
		if json.Unmarshal(params, &p) == nil {
			r.Progress(ctx, p.Progress, p.Total, p.Message)
		}
	}
}

// abilities are what the client of a call can be asked for, as a server of the 2026 era is told.
func abilities(r *tools.Request) json.RawMessage {
	all := map[string]map[string]struct{}{}
	for _, c := range []struct {
		is         tools.Capability
		name, part string
	}{
		{tools.CanElicit, "elicitation", "form"},
		{tools.CanOpenURL, "elicitation", "url"},
		{tools.CanSample, "sampling", ""},
		{tools.CanSampleTools, "sampling", "tools"},
		{tools.CanSampleContext, "sampling", "context"},
		{tools.CanListRoots, "roots", ""},
	} {
		if !r.Supports(c.is) {
			continue
		}
		if all[c.name] == nil {
			all[c.name] = map[string]struct{}{}
		}
		if c.part != "" {
			all[c.name][c.part] = struct{}{}
		}
	}
	text, err := json.Marshal(all)
	if err != nil {
		return json.RawMessage(`{}`)
	}
	return text
}
