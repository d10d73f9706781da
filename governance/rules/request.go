package rules

import (
	"encoding/json"
	"strings"
	"time"

	"github.com/cedar-policy/cedar-go/types"
)

// A Request is a call, as far as rules look at it.
type Request struct {
	Kind      Kind
	Name      string // of the tool or prompt, the URI of a resource, or a reference as in "prompt:NAME"
	Principal string // authenticated
	Agent     string // proven; empty when none was
	Operator  bool
	Args      json.RawMessage // a JSON object; nil is {}
	Labels    []string        // what the execution has touched
	Execution string          // handle of the explicit execution, or empty
	Depth     int             // 0 for a call from outside
	At        time.Time       // when the call arrived
}

// entities are those that one request speaks of. They are made when a rule asks for them.
type entities struct {
	request   *Request
	partition *partition
}

// principal is who acts: the agent when one is proven, which is in its principal.
func (e *entities) principal() types.EntityUID {
	if e.request.Agent != "" {
		return types.NewEntityUID(typeAgent, types.String(e.request.Agent))
	}
	return types.NewEntityUID(typePrincipal, types.String(e.request.Principal))
}

// resource is what is acted on.
func (e *entities) resource() types.EntityUID {
	name := e.request.Name
	switch e.request.Kind {
	case KindTool, KindPrompt:
		return e.partition.resource
	case KindTask:
		return types.NewEntityUID(typeTool, types.String(name))
	case KindCompletion, KindSubscription:
		form, rest, _ := strings.Cut(name, ":")
		switch form {
		case "tool":
			return types.NewEntityUID(typeTool, types.String(rest))
		case "prompt":
			return types.NewEntityUID(typePrompt, types.String(rest))
		}
		return types.NewEntityUID(typeResource, types.String(strings.TrimPrefix(name, "resource:")))
	default:
		return types.NewEntityUID(typeResource, types.String(name))
	}
}

// Get implements types.EntityGetter.
func (e *entities) Get(uid types.EntityUID) (types.Entity, bool) {
	switch uid.Type {
	case typeAgent:
		if string(uid.ID) == e.request.Agent && e.request.Agent != "" {
			parent := types.NewEntityUIDSet(types.NewEntityUID(typePrincipal, types.String(e.request.Principal)))
			return types.Entity{UID: uid, Parents: parent, Attributes: e.attributes(e.request.Agent)}, true
		}
	case typePrincipal:
		if string(uid.ID) == e.request.Principal {
			return types.Entity{UID: uid, Attributes: e.attributes(e.request.Principal)}, true
		}
	case typeAction:
		if uid == e.partition.action {
			return types.Entity{UID: uid, Parents: parents(string(uid.ID))}, true
		}
	case typeResource:
		scheme, _, _ := strings.Cut(string(uid.ID), ":")
		return types.Entity{UID: uid, Attributes: types.NewRecord(types.RecordMap{"uri": uid.ID, "scheme": types.String(scheme)})}, true
	case typeTool, typePrompt:
		entity, ok := e.partition.entities[uid]
		return entity, ok
	}
	return types.Entity{}, false
}

func (e *entities) attributes(name string) types.Record {
	return types.NewRecord(types.RecordMap{"name": types.String(name), "operator": types.Boolean(e.request.Operator)})
}

// parents returns the groups of an action.
func parents(id string) types.EntityUIDSet {
	group := ActionTools
	switch {
	case strings.HasPrefix(id, promptPrefix):
		group = ActionPrompts
	case strings.Contains(id, "/"):
		return types.NewEntityUIDSet()
	}
	return types.NewEntityUIDSet(types.NewEntityUID(typeAction, types.String(group)))
}

// entities returns the tools and prompts with their attributes.
func (s *Schema) entities() map[types.EntityUID]types.Entity {
	all := make(map[types.EntityUID]types.Entity, len(s.tools)+len(s.prompts))
	for name, t := range s.tools {
		uid := types.NewEntityUID(typeTool, types.String(name))
		all[uid] = types.Entity{UID: uid, Attributes: types.NewRecord(types.RecordMap{
			"name": types.String(name), "read_only": types.Boolean(t.tool.ReadOnly), "destructive": types.Boolean(t.tool.Destructive),
			"idempotent": types.Boolean(t.tool.Idempotent), "open_world": types.Boolean(t.tool.OpenWorld),
		})}
	}
	for name := range s.prompts {
		uid := types.NewEntityUID(typePrompt, types.String(name))
		all[uid] = types.Entity{UID: uid, Attributes: types.NewRecord(types.RecordMap{"name": types.String(name)})}
	}
	return all
}

// context makes what the rules of the action look at.
func (p *partition) context(r *Request) (types.Record, error) {
	context := make(types.RecordMap, 4)
	if p.looks.now {
		context["now"] = types.NewDatetime(r.At)
	}
	if p.looks.time {
		context["time"] = clock(r.At)
	}
	if p.looks.labels {
		context["labels"] = texts(r.Labels)
	}
	if p.looks.depth {
		context["depth"] = types.Long(r.Depth)
	}
	if p.looks.execution && r.Execution != "" {
		context["execution"] = types.String(r.Execution)
	}
	if p.looks.args && p.args != nil {
		args, err := p.arguments(r.Args)
		if err != nil {
			return types.Record{}, err
		}
		context["args"] = args
	}
	return types.NewRecord(context), nil
}

// arguments makes what the rules look at of the arguments.
func (p *partition) arguments(raw json.RawMessage) (types.Value, error) {
	if len(raw) == 0 {
		raw = json.RawMessage("{}")
	}
	args, err := p.args.value(raw, &p.wanted)
	if err == nil && args == nil {
		err = errShape
	}
	return args, err
}

// clock is the time of day and the day of the week, in UTC, so that every replica means the same.
func clock(at time.Time) types.Value {
	at = at.UTC()
	return types.NewRecord(types.RecordMap{
		"hour": types.Long(at.Hour()), "minute": types.Long(at.Minute()),
		"weekday": types.String(strings.ToLower(at.Weekday().String())),
	})
}

func texts(list []string) types.Value {
	values := make([]types.Value, len(list))
	for i, text := range list {
		values[i] = types.String(text)
	}
	return types.NewSet(values...)
}
