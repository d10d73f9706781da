package atr

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/mcp-kernel/mcp-kernel/modules/atr/pin"
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

// maxRounds is how often one call may ask its client before it is answered.
const maxRounds = 8
