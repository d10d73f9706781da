package rules

import (
	"slices"
	"strings"

	"github.com/cedar-policy/cedar-go/types"
	"github.com/cedar-policy/cedar-go/x/exp/ast"
)

// The variables of a rule.
const (
	variablePrincipal = "principal"
	variableAction    = "action"
	variableResource  = "resource"
	variableContext   = "context"
)

// A path is an attribute that a rule looks at: a variable and the names behind it, as in context.args.path. Without names
// it is the whole variable.
type path struct {
	variable string
	names    []string
}

func (p path) String() string { return strings.Join(append([]string{p.variable}, p.names...), ".") }

// parent returns what is before the last name, and the last name.
func (p path) parent() (parent path, last string) {
	if len(p.names) == 0 {
		return p, ""
	}
	return path{p.variable, p.names[:len(p.names)-1]}, p.names[len(p.names)-1]
}

// spelled returns the path of the rule that ends in an attribute, as in "args.path" or "path", and whether there is one.
func (r *rule) spelled(attribute string) (path, bool) {
	for _, p := range r.paths() {
		for n := range p.names {
			upTo := path{p.variable, p.names[:n+1]}
			if strings.HasSuffix(upTo.String(), "."+attribute) {
				return upTo, true
			}
		}
	}
	return path{}, false
}

// chain returns the path that a node spells, and whether it spells one.
func chain(n ast.IsNode) (path, bool) {
	switch n := n.(type) {
	case ast.NodeTypeVariable:
		return path{variable: string(n.Name)}, true
	case ast.NodeTypeAccess:
		return lengthened(n.Arg, n.Value)
	case ast.NodeTypeHas:
		return lengthened(n.Arg, n.Value)
	default:
		return path{}, false
	}
}

func lengthened(base ast.IsNode, name types.String) (path, bool) {
	p, ok := chain(base)
	return path{p.variable, append(slices.Clip(p.names), string(name))}, ok
}

// paths returns every path that the conditions of a rule look at, as long as each is spelled.
func (r *rule) paths() []path {
	var found []path
	for _, c := range r.tree.Conditions {
		ast.Inspect(ast.NewNode(c.Body), func(n ast.IsNode) bool {
			p, ok := chain(n)
			if ok {
				found = append(found, p)
			}
			return !ok
		})
	}
	return found
}

// literals calls see with every value that the rule spells, the entities of its scope included.
func (r *rule) literals(see func(types.Value)) {
	for _, uid := range slices.Concat(scoped(r.tree.Principal), scoped(r.tree.Action), scoped(r.tree.Resource)) {
		see(uid)
	}
	for _, c := range r.tree.Conditions {
		ast.Inspect(ast.NewNode(c.Body), func(n ast.IsNode) bool {
			if v, ok := n.(ast.NodeValue); ok {
				see(v.Value)
			}
			return true
		})
	}
}

// scoped returns the entities that a scope names.
func scoped(scope ast.IsScopeNode) []types.EntityUID {
	switch s := scope.(type) {
	case ast.ScopeTypeEq:
		return []types.EntityUID{s.Entity}
	case ast.ScopeTypeIn:
		return []types.EntityUID{s.Entity}
	case ast.ScopeTypeInSet:
		return s.Entities
	case ast.ScopeTypeIsIn:
		return []types.EntityUID{s.Entity}
	default:
		return nil
	}
}

// labels returns the data labels that the rule spells: the texts in conditions on context.labels.
func (r *rule) labels() []string {
	var found []string
	for _, c := range r.tree.Conditions {
		ast.Inspect(ast.NewNode(c.Body), func(n ast.IsNode) bool {
			set, what := membership(n)
			if p, ok := chain(set); ok && p.String() == "context.labels" {
				ast.Inspect(ast.NewNode(what), func(n ast.IsNode) bool {
					if v, ok := n.(ast.NodeValue); ok {
						if text, ok := v.Value.(types.String); ok {
							found = append(found, string(text))
						}
					}
					return true
				})
			}
			return true
		})
	}
	return found
}

// membership returns the set and what is asked of it, for a node that asks for members.
func membership(n ast.IsNode) (set, what ast.IsNode) {
	switch n := n.(type) {
	case ast.NodeTypeContains:
		return n.Left, n.Right
	case ast.NodeTypeContainsAll:
		return n.Left, n.Right
	case ast.NodeTypeContainsAny:
		return n.Left, n.Right
	default:
		return nil, nil
	}
}
