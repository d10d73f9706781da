package rules

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/cedar-policy/cedar-go/types"
	"github.com/cedar-policy/cedar-go/x/exp/ast"
	"github.com/cedar-policy/cedar-go/x/exp/schema/validate"
)

// Validate reports every fault of every rule under the schema, joined, each a *RuleError at its place: tools, prompts,
// arguments and attributes that do not exist, comparisons of different types, arguments that may be left out and are not
// asked for with "has", and labels that nothing adds. labels are those that the loaded policies add.
func (s *Schema) Validate(labels []string, documents ...*Document) error {
	var found faults
	v := validate.New(s.resolved)
	known := slices.Concat(s.labels, labels)
	for _, d := range documents {
		for i := range d.rules {
			c := checker{schema: s, validator: v, document: d, rule: &d.rules[i], labels: known}
			found = append(found, c.check()...)
		}
	}
	return found.err()
}

// A checker validates one rule.
type checker struct {
	schema    *Schema
	validator *validate.Validator
	document  *Document
	rule      *rule
	labels    []string
	found     faults
}

func (c *checker) fault(at Position, problem string) {
	c.found = append(c.found, c.document.fault(c.rule, at, problem))
}

// check returns what is wrong with the rule.
func (c *checker) check() faults {
	c.rule.literals(c.entity)
	actions := c.schema.applicable(c.rule.tree)
	if len(c.found) == 0 && len(actions) == 0 {
		c.fault(c.rule.begin(), "no call can match: "+c.unmatched())
	}
	for _, p := range c.rule.paths() {
		c.path(p, actions)
	}
	for _, label := range c.rule.labels() {
		switch {
		case len(c.labels) == 0:
			c.fault(c.rule.textAt(label), fmt.Sprintf("nothing adds the label %q: write a policy's labels first", shown(label)))
		case !slices.Contains(c.labels, label):
			c.fault(c.rule.textAt(label), unknown("label", label, c.labels))
		}
	}
	if len(c.found) == 0 {
		c.types()
	}
	return c.found
}

// unmatched says why no action is one that the rule applies to.
func (c *checker) unmatched() string {
	one, ok := c.rule.tree.Action.(ast.ScopeTypeEq)
	if action := c.schema.resolved.Actions[one.Entity]; ok && action.AppliesTo == nil {
		return fmt.Sprintf("%s is many actions, none of which equals it: write: action in %[1]s", one.Entity)
	}
	return "the action is never done to such a resource"
}

// entity reports an entity that does not exist. Principals, agents and resources are not known beforehand.
func (c *checker) entity(value types.Value) {
	uid, ok := value.(types.EntityUID)
	if !ok {
		return
	}
	id := string(uid.ID)
	switch uid.Type {
	case typeTool:
		if c.schema.tools[id] == nil {
			c.fault(c.rule.textAt(id), unknown("tool", id, sorted(c.schema.tools)))
		}
	case typePrompt:
		if c.schema.prompts[id] == nil {
			c.fault(c.rule.textAt(id), unknown("prompt", id, sorted(c.schema.prompts)))
		}
	case typeAction:
		if _, ok := c.schema.resolved.Actions[uid]; !ok {
			c.fault(c.rule.textAt(id), unknown("action or tool", id, c.schema.actionNames()))
		}
	case typePrincipal, typeAgent, typeResource:
	default:
		known := []string{typePrincipal, typeAgent, typeTool, typePrompt, typeResource, typeAction}
		c.fault(c.rule.textAt(id), unknown("type", string(uid.Type), known))
	}
}

func sorted[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }

func (s *Schema) actionNames() []string {
	names := make([]string, 0, len(s.resolved.Actions))
	for uid := range s.resolved.Actions {
		names = append(names, string(uid.ID))
	}
	slices.Sort(names)
	return names
}

// path reports a path that leads nowhere for every action that the rule applies to.
func (c *checker) path(p path, actions []string) {
	if len(p.names) == 0 || len(actions) == 0 {
		return
	}
	known := c.schema.attributes(p.variable)
	if !slices.Contains(known, p.names[0]) {
		c.fault(c.rule.attributeAt(path{p.variable, p.names[:1]}), unknown("attribute of "+p.variable, p.names[0], known))
		return
	}
	switch {
	case p.variable != variableContext || len(p.names) == 1:
	case p.names[0] == "args":
		c.argument(p, actions)
	case p.names[0] == "time":
		if members := keys(clockType()); !slices.Contains(members, p.names[1]) {
			c.fault(c.rule.attributeAt(path{p.variable, p.names[:2]}), unknown("attribute of context.time", p.names[1], members))
		}
	}
}

// keys returns the names of a record's attributes, sorted.
func keys[K ~string, V any](record map[K]V) []string {
	names := make([]string, 0, len(record))
	for name := range record {
		names = append(names, string(name))
	}
	slices.Sort(names)
	return names
}

// argument reports an argument that none of the actions has, or none with a single type.
func (c *checker) argument(p path, actions []string) {
	for depth := 2; depth <= len(p.names); depth++ {
		names := p.names[1:depth]
		var known, untyped []string
		typed := false
		for _, action := range actions {
			args := c.schema.arguments(action)
			if args == nil {
				continue
			}
			if parent, ok := args.at(names[:len(names)-1]); ok {
				known = append(known, sorted(parent.members)...)
			}
			at, ok := args.at(names)
			typed = typed || ok && at.kind != shapeNone
			if ok && at.kind == shapeNone {
				untyped = append(untyped, actionName(action))
			}
		}
		if typed {
			continue
		}
		place := c.rule.attributeAt(path{p.variable, p.names[:depth]})
		name := strings.Join(names, ".")
		if len(untyped) > 0 {
			c.fault(place, fmt.Sprintf("argument %q of %s has no single type, so no rule can judge it: use blocked_patterns", name, untyped[0]))
			return
		}
		slices.Sort(known)
		c.fault(place, unknown("argument of "+described(actions), name, slices.Compact(known)))
		return
	}
}

// described says in a word which actions are meant.
func described(actions []string) string {
	if len(actions) == 1 {
		return actionName(actions[0])
	}
	return "any of these calls"
}

// attributes returns the attributes that a variable can have.
func (s *Schema) attributes(variable string) []string {
	var names []string
	switch variable {
	case variablePrincipal:
		names = keys(s.resolved.Entities[typePrincipal].Shape)
	case variableResource:
		for _, t := range []types.EntityType{typeTool, typePrompt, typeResource} {
			names = append(names, keys(s.resolved.Entities[t].Shape)...)
		}
	case variableContext:
		names = keys(context(&shape{kind: shapeRecord}))
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// types lets Cedar's type checker judge the rule, and says what it found in the words of policies.
func (c *checker) types() {
	err := c.validator.Policy("", c.rule.tree)
	var joined interface{ Unwrap() []error }
	switch {
	case err == nil:
	case errors.As(err, &joined):
		for _, e := range joined.Unwrap() {
			c.typeFault(e.Error())
		}
	default:
		c.typeFault(err.Error())
	}
}

// The messages of Cedar's type checker that have better words here, by what they begin with.
const (
	messageOptional = "unable to guarantee safety of access to optional attribute `"
	messageMissing  = "attribute `"
	messageType     = "unexpected type: "
)

func (c *checker) typeFault(message string) {
	attribute, rest, optional := backquoted(message, messageOptional)
	missing := false
	if !optional {
		attribute, rest, missing = backquoted(message, messageMissing)
	}
	p, spelled := c.rule.spelled(attribute)
	switch parent, last := p.parent(); {
	case optional && spelled:
		c.fault(c.rule.attributeAt(p), fmt.Sprintf("%s may be left out%s: write \"%s has %s &&\" before it", p, where(rest), parent, last))
	case missing && spelled && p.variable == variableContext:
		c.fault(c.rule.attributeAt(p), fmt.Sprintf("%s is not there%s: write \"%s has %s &&\" before it, or name the tools that have it", p, where(rest), parent, last))
	case missing && spelled:
		c.fault(c.rule.attributeAt(p), fmt.Sprintf("%s is not there%s: write \"%s is …\" in the scope of the rule, or \"%s has %s &&\" before it", p, where(rest), p.variable, parent, last))
	default:
		c.fault(c.rule.typeFaultAt(c.validator), mistyped(message))
	}
}

// backquoted returns what stands in backquotes behind a beginning, and what follows.
func backquoted(message, beginning string) (word, rest string, ok bool) {
	rest, ok = strings.CutPrefix(message, beginning)
	if !ok {
		return "", "", false
	}
	return strings.Cut(rest, "`")
}

// where says for which call, or for what kind of entity, a message was meant.
func where(rest string) string {
	if _, action, ok := strings.Cut(rest, `Action::"`); ok {
		action, _, _ = strings.Cut(action, `"`)
		return " in " + actionName(action)
	}
	if _, entity, ok := strings.Cut(rest, "`"); ok {
		entity, _, _ = strings.Cut(entity, "`")
		return " in " + entity
	}
	return ""
}

// mistyped adds to a message about types what to do.
func mistyped(message string) string {
	if !strings.HasPrefix(message, messageType) && !strings.Contains(message, "compatible") {
		return message
	}
	text := "types do not fit: " + strings.TrimPrefix(message, messageType)
	if strings.Contains(message, "decimal") {
		text += `; a JSON number is a decimal: write .lessThan(decimal("10.0"))`
	}
	return text
}

// resourceTypes returns the types of resource that a scope leaves, or nil for all.
func resourceTypes(scope ast.IsResourceScopeNode) []types.EntityType {
	switch s := scope.(type) {
	case ast.ScopeTypeEq:
		return []types.EntityType{s.Entity.Type}
	case ast.ScopeTypeIn:
		return []types.EntityType{s.Entity.Type}
	case ast.ScopeTypeIs:
		return []types.EntityType{s.Type}
	case ast.ScopeTypeIsIn:
		return []types.EntityType{s.Type}
	default:
		return nil
	}
}

// applicable returns the ids of the actions that the scope of a rule leaves, sorted.
func (s *Schema) applicable(p *ast.Policy) []string {
	kinds := resourceTypes(p.Resource)
	var ids []string
	for uid, action := range s.resolved.Actions {
		if action.AppliesTo == nil || !s.inScope(p.Action, uid) {
			continue
		}
		if kinds != nil && !slices.ContainsFunc(action.AppliesTo.Resources, func(t types.EntityType) bool { return slices.Contains(kinds, t) }) {
			continue
		}
		if one, ok := p.Resource.(ast.ScopeTypeEq); ok && !does(string(uid.ID), one.Entity) {
			continue
		}
		ids = append(ids, string(uid.ID))
	}
	slices.Sort(ids)
	return ids
}

// does reports whether an action can be done to an entity: that of a tool or prompt only to itself.
func does(action string, to types.EntityUID) bool {
	switch {
	case to.Type == typeTool && !strings.Contains(action, "/"):
		return action == string(to.ID)
	case to.Type == typePrompt && strings.HasPrefix(action, promptPrefix):
		return action == promptPrefix+string(to.ID)
	default:
		return true
	}
}

// inScope reports whether a scope of actions covers an action.
func (s *Schema) inScope(scope ast.IsActionScopeNode, uid types.EntityUID) bool {
	switch sc := scope.(type) {
	case ast.ScopeTypeEq:
		return sc.Entity == uid
	case ast.ScopeTypeIn:
		return s.below(uid, sc.Entity)
	case ast.ScopeTypeInSet:
		return slices.ContainsFunc(sc.Entities, func(e types.EntityUID) bool { return s.below(uid, e) })
	default:
		return true
	}
}

// below reports whether an action is another or in its group.
func (s *Schema) below(uid, group types.EntityUID) bool {
	return uid == group || s.resolved.Actions[uid].Entity.Parents.Contains(group)
}
