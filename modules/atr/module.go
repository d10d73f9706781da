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

// Start implements tools.Starter.
func (m *Module) Start(ctx context.Context, _ *tools.Dispatcher) error { return m.Begin(ctx) }

// Surface implements tools.Module: what is published now. Unlike that of other modules it changes; Options.Changed tells
// when. What cannot be published is told to Options.Fault and left out.
func (m *Module) Surface() tools.Surface {
	var s tools.Surface
	offers := m.published()
	shown, instead := m.shown(offers)
	for _, o := range offers {
		one := o.surface(shown)
		if err := o.publishable(one); err != nil {
			m.o.Fault(o.server.Name, fmt.Errorf("%s %q cannot be published: %w", o.record.Kind, o.own, err))
			continue
		}
		s.Tools = append(s.Tools, one.Tools...)
		s.Resources = append(s.Resources, one.Resources...)
		s.Prompts = append(s.Prompts, one.Prompts...)
	}
	if len(m.servers) > 0 {
		s.Tools = append(append(s.Tools, m.searchTools(instead)...), m.careTools()...)
	}
	return s
}

// shown returns the profiles that list tools of other servers, and those that list instead the tools by which they are found:
// for a host shows what it lists to a model, each time, and its model gets lost in hundreds.
func (m *Module) shown(offers []offer) (others, instead []string) {
	n := 0
	for i := range offers {
		if offers[i].record.Kind == pin.Tool {
			n++
		}
	}
	all := []string{tools.ProfileDefault, tools.ProfileFiles}
	if m.o.Threshold >= 0 && n > m.o.Threshold {
		return nil, all
	}
	return all, nil
}

// publishable says why an offer cannot be published. A tool's schemas are those of objects: there are clients that take no
// tool at all of a listing where one has none, or another.
func (o *offer) publishable(one tools.Surface) error {
	if o.record.Kind == pin.Tool {
		var d struct {
			Input  json.RawMessage `json:"inputSchema"`
			Output json.RawMessage `json:"outputSchema"`
		}
		if json.Unmarshal(o.entry, &d) != nil || !describesObject(d.Input) {
			return errors.New("inputSchema: want a schema of type object")
		}
		if len(d.Output) > 0 && !describesObject(d.Output) {
			return errors.New("outputSchema: want a schema of type object")
		}
	}
	_, err := tools.NewCatalog(single{one})
	return err
}

// describesObject reports whether a schema says of itself that it is one of an object.
func describesObject(schema json.RawMessage) bool {
	var s struct {
		Type string `json:"type"`
	}
	return json.Unmarshal(schema, &s) == nil && s.Type == "object"
}

// single is a module of one thing, to learn whether a catalog takes it.
type single struct{ surface tools.Surface }

func (single) Name() string             { return Name }
func (s single) Surface() tools.Surface { return s.surface }

// said is what definitions say that is wanted here.
type said struct {
	Title       string `json:"title"`
	Description string `json:"description"`
	MIMEType    string `json:"mimeType"`
	Annotations struct {
		Title       string `json:"title"`
		ReadOnly    *bool  `json:"readOnlyHint"`
		Destructive *bool  `json:"destructiveHint"`
		Idempotent  *bool  `json:"idempotentHint"`
		OpenWorld   *bool  `json:"openWorldHint"`
	} `json:"annotations"`
	Arguments []struct {
		Name string `json:"name"`
	} `json:"arguments"`
}

// surface is the offer as a module's, listed by some profiles where it is a tool.
func (o *offer) surface(shown []string) tools.Surface {
	var d said
	_ = json.Unmarshal(o.entry, &d) // what is of another type is not believed, and published all the same
	said := o.override()
	title := firstText(said.Title, d.Title, d.Annotations.Title, o.own)
	description := said.described(firstText(d.Description, fmt.Sprintf("%s of the server %s, which says nothing of it.", o.record.Kind, o.server.Name)))
	switch o.record.Kind {
	case pin.Tool:
		spec := tools.Spec{
			Name: o.published, Title: title, Description: description, Audience: tools.ForAgents, Timeout: o.server.Timeout,
			Profiles: shown,
		}
		o.effects(&spec, &d)
		tool := tools.Foreign(spec, o.marked(description), o.call)
		if o.server.Local != nil {
			tool = tool.Enforced()
		}
		return tools.Surface{Tools: []tools.Tool{tool}}
	case pin.Prompt:
		spec := tools.PromptSpec{Name: o.published, Title: title, Description: description, Audience: tools.ForAgents}
		for _, a := range d.Arguments {
			spec.Arguments = append(spec.Arguments, tools.PromptArgument{Name: a.Name})
		}
		return tools.Surface{Prompts: []tools.Prompt{tools.ForeignPrompt(spec, o.marked(description), o.get).WithPass(o.complete)}}
	default:
		spec := tools.ResourceSpec{
			Name: o.server.Name + "__" + o.own, Title: title, Description: description, MIMEType: d.MIMEType, Audience: tools.ForAgents,
		}
		if o.record.Kind == pin.Template {
			spec.Template = o.own
			return tools.Surface{Resources: []tools.Resource{tools.ForeignResource(spec, o.marked(description), o.read).WithWatch(o.watch).WithPass(o.complete)}}
		}
		spec.URI = o.own
		return tools.Surface{Resources: []tools.Resource{tools.ForeignResource(spec, o.marked(description), o.read).WithWatch(o.watch)}}
	}
}

func firstText(texts ...string) string {
	for _, text := range texts {
		if text != "" {
			return text
		}
	}
	return ""
}

// effects puts into a spec what the tool does to the world: by the operator's word, by the server's where that is believed, and
// else anything.
func (o *offer) effects(spec *tools.Spec, d *said) {
	spec.ReadOnly, spec.Destructive, spec.Idempotent, spec.OpenWorld = tools.No, tools.Yes, tools.No, tools.Yes
	if o.server.Hints || o.server.Local != nil {
		spec.ReadOnly, spec.Destructive = hint(d.Annotations.ReadOnly, false), hint(d.Annotations.Destructive, true)
		spec.Idempotent, spec.OpenWorld = hint(d.Annotations.Idempotent, false), hint(d.Annotations.OpenWorld, true)
	}
	over := o.override()
	override(spec, &over)
}

// hints are the effects of a tool alone.
func (o *offer) hints() (spec tools.Spec) {
	var d said
	_ = json.Unmarshal(o.entry, &d) // what is of another type is not believed
	o.effects(&spec, &d)
	return spec
}

// override puts what the operator says into a spec.
func override(spec *tools.Spec, said *Override) {
	for _, h := range []struct {
		said *bool
		to   *tools.Hint
	}{{said.ReadOnly, &spec.ReadOnly}, {said.Destructive, &spec.Destructive}, {said.Idempotent, &spec.Idempotent}, {said.OpenWorld, &spec.OpenWorld}} {
		if h.said != nil {
			*h.to = hint(h.said, false)
		}
	}
	if spec.ReadOnly == tools.Yes {
		if said.Destructive != nil && *said.Destructive { // the server says that it only reads, the operator that it does not
			spec.ReadOnly = tools.No
		} else {
			spec.Destructive = tools.No
		}
	}
	if said.Timeout > 0 {
		spec.Timeout = said.Timeout
	}
}

// hint is what a server says, or what the protocol says where it says nothing.
func hint(said *bool, otherwise bool) tools.Hint {
	if said == nil {
		said = &otherwise
	}
	if *said {
		return tools.Yes
	}
	return tools.No
}

// metaOrigin is the key of _meta under which a definition says whose it is, and by what name.
const metaOrigin = "io.mcp-kernel/origin"

// marked is the definition with whose it is, and with what the operator says of it.
func (o *offer) marked(description string) json.RawMessage {
	var members, meta map[string]json.RawMessage
	if json.Unmarshal(o.entry, &members) != nil {
		return o.entry
	}
	if json.Unmarshal(members["_meta"], &meta) != nil || meta == nil {
		meta = map[string]json.RawMessage{}
	}
	origin, err := json.Marshal(map[string]string{"server": o.server.Name, "name": o.own})
	if err != nil {
		return o.entry
	}
	meta[metaOrigin] = origin
	o.server.unmarked(meta)
	said := o.override()
	said.amend(members, meta, description)
	if members["_meta"], err = json.Marshal(meta); err != nil {
		return o.entry
	}
	text, err := json.Marshal(members)
	if err != nil {
		return o.entry
	}
	return text
}

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

// maxRounds is how often one call may ask its client before it is answered.
const maxRounds = 8

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
		result, err := o.called(ctx, r, t, rpc.Request{Method: method, Params: text, Meta: meta, Tag: r, Progress: progressTo(ctx, r), Capabilities: abilities(r)})
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
