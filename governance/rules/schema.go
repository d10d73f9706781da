package rules

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/cedar-policy/cedar-go/types"
	"github.com/cedar-policy/cedar-go/x/exp/schema"
	"github.com/cedar-policy/cedar-go/x/exp/schema/ast"
	"github.com/cedar-policy/cedar-go/x/exp/schema/resolved"
)

// A Schema says what rules can speak of: the entities, an action for each tool and prompt, and the types of the
// arguments. It is made of a Surface, immutable and safe for concurrent use.
type Schema struct {
	text     string
	resolved *resolved.Schema
	tools    map[string]*toolSchema
	prompts  map[string]*shape
	labels   []string // that something other than a policy adds
}

// A toolSchema is a tool and the shape of its arguments.
type toolSchema struct {
	tool Tool
	args *shape
}

// NewSchema makes the schema of a surface, or returns every fault of the tools' own schemas, joined.
func NewSchema(surface Surface) (*Schema, error) {
	s := &Schema{
		tools: make(map[string]*toolSchema, len(surface.Tools)), prompts: make(map[string]*shape, len(surface.Prompts)),
		labels: slices.Clone(surface.Labels),
	}
	var bad []error
	for _, t := range surface.Tools {
		args, err := shapeOf(t.Input)
		if err != nil {
			bad = append(bad, fmt.Errorf("tool %s: %w", t.Name, err))
			continue
		}
		s.tools[t.Name] = &toolSchema{tool: t, args: args}
	}
	for _, p := range surface.Prompts {
		s.prompts[p.Name] = p.shape()
	}
	if err := errors.Join(bad...); err != nil {
		return nil, err
	}
	return s, s.build()
}

// shape is the shape of a prompt's arguments.
func (p Prompt) shape() *shape {
	args := &shape{kind: shapeRecord, members: map[string]*shape{}, required: map[string]bool{}}
	for _, name := range slices.Concat(p.Required, p.Optional) {
		args.members[name] = &shape{kind: shapeString}
		args.required[name] = slices.Contains(p.Required, name)
	}
	return args
}

// build makes the Cedar schema.
func (s *Schema) build() error {
	tree := &ast.Schema{
		Entities: entityTypes(), Actions: s.actions(),
		CommonTypes: ast.CommonTypes{typeClock: {Type: clockType()}, typeCall: {Type: context(nil)}},
	}
	written := schema.NewSchemaFromAST(tree)
	text, err := written.MarshalCedar()
	if err != nil {
		return fmt.Errorf("schema of rules: %w", err)
	}
	if s.resolved, err = written.Resolve(); err != nil {
		return fmt.Errorf("schema of rules: %w", err)
	}
	s.text = string(text)
	return nil
}

// Text returns the schema in Cedar's own syntax, tools and prompts sorted by name.
func (s *Schema) Text() string { return s.text }

func attribute(t ast.IsType) ast.Attribute { return ast.Attribute{Type: t} }

func optional(t ast.IsType) ast.Attribute { return ast.Attribute{Type: t, Optional: true} }

// entityTypes are the types of who acts and of what is acted on.
func entityTypes() ast.Entities {
	who := ast.RecordType{"name": attribute(ast.String()), "operator": attribute(ast.Bool())}
	return ast.Entities{
		typePrincipal: {Shape: who},
		typeAgent:     {Shape: who, ParentTypes: []ast.EntityTypeRef{typePrincipal}},
		typeTool: {Shape: ast.RecordType{
			"name": attribute(ast.String()), "read_only": attribute(ast.Bool()), "destructive": attribute(ast.Bool()),
			"idempotent": attribute(ast.Bool()), "open_world": attribute(ast.Bool()),
		}},
		typePrompt:   {Shape: ast.RecordType{"name": attribute(ast.String())}},
		typeResource: {Shape: ast.RecordType{"uri": attribute(ast.String()), "scheme": attribute(ast.String())}},
	}
}

// The types that several actions share.
const (
	typeClock = "Clock"
	typeCall  = "Call"
)

// clockType is the time of day and the day of the week, in UTC.
func clockType() ast.RecordType {
	return ast.RecordType{
		"hour": attribute(ast.Long()), "minute": attribute(ast.Long()), "weekday": attribute(ast.String()),
	}
}

// context is what every call brings along, with its arguments where it has any.
func context(args *shape) ast.RecordType {
	r := ast.RecordType{
		"now":       attribute(ast.Datetime()),
		"time":      attribute(ast.Type(typeClock)),
		"labels":    attribute(ast.Set(ast.String())),
		"depth":     attribute(ast.Long()),
		"execution": optional(ast.String()),
	}
	if args != nil {
		r["args"] = attribute(args.cedar())
	}
	return r
}

// actions are one for each kind of call, and one for each tool and each prompt below it.
func (s *Schema) actions() ast.Actions {
	actions := ast.Actions{
		ActionTools:         {},
		ActionPrompts:       {},
		ActionResources:     {AppliesTo: appliesTo(nil, typeResource)},
		ActionCompletions:   {AppliesTo: appliesTo(nil, typePrompt, typeResource)},
		ActionSubscriptions: {AppliesTo: appliesTo(nil, typeTool, typePrompt, typeResource)},
		ActionTasks:         {AppliesTo: appliesTo(nil, typeTool)},
	}
	for name, t := range s.tools {
		actions[types.String(name)] = ast.Action{
			Parents: []ast.ParentRef{ast.ParentRefFromID(ActionTools)}, AppliesTo: appliesTo(t.args, typeTool),
		}
	}
	for name, args := range s.prompts {
		actions[types.String(promptPrefix+name)] = ast.Action{
			Parents: []ast.ParentRef{ast.ParentRefFromID(ActionPrompts)}, AppliesTo: appliesTo(args, typePrompt),
		}
	}
	return actions
}

func appliesTo(args *shape, resources ...ast.EntityTypeRef) *ast.AppliesTo {
	to := &ast.AppliesTo{
		Principals: []ast.EntityTypeRef{typePrincipal, typeAgent}, Resources: resources, Context: ast.Type(typeCall),
	}
	if args != nil {
		to.Context = context(args)
	}
	return to
}

// actionName says what an action is, for a message.
func actionName(id string) string {
	switch {
	case strings.HasPrefix(id, promptPrefix):
		return "prompt " + strings.TrimPrefix(id, promptPrefix)
	case strings.Contains(id, "/"):
		return id
	default:
		return "tool " + id
	}
}

// arguments returns the shape of the arguments of an action, or nil where there are none.
func (s *Schema) arguments(action string) *shape {
	if name, ok := strings.CutPrefix(action, promptPrefix); ok {
		return s.prompts[name]
	}
	if t := s.tools[action]; t != nil {
		return t.args
	}
	return nil
}
