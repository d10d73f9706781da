package rules

import (
	"slices"

	"github.com/cedar-policy/cedar-go/x/exp/ast"
	"github.com/cedar-policy/cedar-go/x/exp/schema/validate"
)

// Cedar's syntax tree has no places, so they are found again: an attribute by its spelling among the rule's tokens, an
// expression by counting. Variables and literals stand in the tree in the order of the text, so that the n-th of the tree
// is the n-th of the text.

// attributeAt returns the place of the last name of a path, where the rule spells it, or of the rule.
func (r *rule) attributeAt(p path) Position {
	for i, t := range r.tokens {
		if t.kind != tokenWord || t.text != p.variable || i > 0 && r.tokens[i-1].text == "." {
			continue
		}
		if at, ok := follow(r.tokens[i+1:], p.names, t.at); ok {
			return at
		}
	}
	return r.begin()
}

// follow reads the names behind a variable: .name, ["name"], has name, has "name", with brackets between.
func follow(tokens []token, names []string, at Position) (Position, bool) {
	for _, name := range names {
		for len(tokens) > 0 && tokens[0].text == ")" {
			tokens = tokens[1:]
		}
		if len(tokens) < 2 || tokens[0].text != "." && tokens[0].text != "[" && tokens[0].text != "has" || tokens[1].value() != name {
			return Position{}, false
		}
		at = tokens[1].at
		closed := tokens[0].text == "[" && len(tokens) > 2
		if tokens = tokens[2:]; closed {
			tokens = tokens[1:]
		}
	}
	return at, true
}

// textAt returns the place of a string among the rule's tokens, or of the rule.
func (r *rule) textAt(text string) Position {
	for _, t := range r.tokens {
		if t.kind == tokenText && t.value() == text {
			return t.at
		}
	}
	return r.begin()
}

// begin is where the rule begins in the text.
func (r *rule) begin() Position {
	if len(r.tokens) == 0 {
		return Position{1, 1}
	}
	return r.tokens[0].at
}

// leafPlaces returns the places of the variables and literals of the rule's conditions, in the order of the text.
func (r *rule) leafPlaces() []Position {
	var places []Position
	inside := false
	for i, t := range r.tokens {
		if t.kind == tokenWord && (t.text == "when" || t.text == "unless") && i > 0 && (r.tokens[i-1].text == ")" || r.tokens[i-1].text == "}") {
			inside = true
		} else if inside && leaf(r.tokens, i) {
			places = append(places, t.at)
		}
	}
	return places
}

// leaf reports whether the token at i is a variable or a literal, and not a name of an attribute.
func leaf(tokens []token, i int) bool {
	before, after := "", ""
	if i > 0 {
		before = tokens[i-1].text
	}
	if i+1 < len(tokens) {
		after = tokens[i+1].text
	}
	switch t := tokens[i]; t.kind {
	case tokenNumber:
		return true
	case tokenText:
		indexed := before == "[" && i > 1 && (tokens[i-2].kind == tokenWord && tokens[i-2].text != "in" || tokens[i-2].text == ")" || tokens[i-2].text == "]")
		return before != "has" && before != "like" && after != ":" && !indexed
	case tokenWord:
		variable := t.text == variablePrincipal || t.text == variableAction || t.text == variableResource || t.text == variableContext
		return (variable || t.text == "true" || t.text == "false") && before != "." && before != "has" && after != ":"
	default:
		return false
	}
}

// leaves counts the variables and literals of an expression.
func leaves(n ast.IsNode) int {
	count := 0
	ast.Inspect(ast.NewNode(n), func(n ast.IsNode) bool {
		_, variable := n.(ast.NodeTypeVariable)
		_, literal := n.(ast.NodeValue)
		if variable || literal {
			count++
		}
		return true
	})
	return count
}

// A search finds the smallest part of a rule's conditions that the type checker refuses.
type search struct {
	validator *validate.Validator
	rule      *rule
	guards    []ast.IsNode // what holds where the part is asked
	before    int          // leaves before the part
}

// typeFaultAt returns the place of the smallest part of the rule that has a fault of type.
func (r *rule) typeFaultAt(v *validate.Validator) Position {
	s := search{validator: v, rule: r}
	places := r.leafPlaces()
	for _, c := range r.tree.Conditions {
		if s.refuses(c.Body) {
			s.narrow(c.Body)
			if s.before < len(places) {
				return places[s.before]
			}
			break
		}
		s.before += leaves(c.Body)
	}
	return r.begin()
}

// refuses reports whether the type checker refuses an expression where the guards hold.
func (s *search) refuses(n ast.IsNode) bool {
	body := ast.NewNode(n)
	for _, guard := range slices.Backward(s.guards) {
		body = ast.NewNode(guard).And(body)
	}
	probe := *s.rule.tree
	probe.Conditions = []ast.ConditionType{{Condition: ast.ConditionWhen, Body: body.AsIsNode()}}
	return s.validator.Policy("", &probe) != nil
}

// narrow goes into the part of an expression that is refused.
func (s *search) narrow(n ast.IsNode) {
	switch n := n.(type) {
	case ast.NodeTypeAnd:
		s.either(n.Left, n.Right, n.Left)
	case ast.NodeTypeOr:
		s.either(n.Left, n.Right, nil)
	case ast.NodeTypeNot:
		if s.refuses(n.Arg) {
			s.narrow(n.Arg)
		}
	case ast.NodeTypeIfThenElse:
		if s.refuses(n.If) {
			s.narrow(n.If)
			return
		}
		s.before += leaves(n.If)
		s.either(n.Then, n.Else, nil)
	default:
	}
}

// either goes into the first part if that is refused, else into the second, for which a guard may hold.
func (s *search) either(first, second, guard ast.IsNode) {
	if s.refuses(first) {
		s.narrow(first)
		return
	}
	s.before += leaves(first)
	if guard != nil {
		s.guards = append(s.guards, guard)
	}
	s.narrow(second)
}
