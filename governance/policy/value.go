package policy

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/token"

	"github.com/mcp-kernel/mcp-kernel/governance"
)

// place returns where a node begins.
func place(node ast.Node) governance.Position {
	switch n := node.(type) {
	case nil:
		return start()
	case *ast.MappingNode:
		if len(n.Values) > 0 && !n.IsFlowStyle {
			return place(n.Values[0].Key)
		}
		return position(n.Start)
	case *ast.MappingValueNode:
		return place(n.Key)
	case *ast.LiteralNode:
		return position(n.Start)
	default:
		return position(node.GetToken())
	}
}

// mapping returns the members of a mapping, and whether the node is one.
func mapping(node ast.Node) ([]*ast.MappingValueNode, bool) {
	switch n := node.(type) {
	case *ast.MappingNode:
		return n.Values, true
	case *ast.MappingValueNode:
		return []*ast.MappingValueNode{n}, true
	default:
		return nil, false
	}
}

// key returns a member's key as it is written.
func key(m *ast.MappingValueNode) string {
	if s, ok := m.Key.(*ast.StringNode); ok {
		return s.Value
	}
	if t := m.Key.GetToken(); t != nil {
		return t.Value
	}
	return ""
}

// found says what a node is, for a message.
func found(node ast.Node) string {
	switch n := node.(type) {
	case *ast.NullNode:
		return "has no value"
	case *ast.BoolNode:
		return "found the truth value " + n.Token.Value
	case *ast.IntegerNode:
		return "found the number " + shown(n.Token.Value)
	case *ast.FloatNode:
		return "found the number " + shown(n.Token.Value)
	case *ast.InfinityNode, *ast.NanNode:
		return "found " + shown(n.GetToken().Value)
	case *ast.StringNode:
		return fmt.Sprintf("found the text %q", shown(n.Value))
	case *ast.LiteralNode:
		return fmt.Sprintf("found the text %q", shown(n.Value.Value))
	case *ast.SequenceNode:
		return "found a list"
	case *ast.MappingNode, *ast.MappingValueNode:
		return "found a record"
	default:
		return "found something else"
	}
}

// shown returns the beginning of a text.
func shown(text string) string {
	const most = 40
	if utf8.RuneCountInString(text) <= most {
		return text
	}
	return string([]rune(text)[:most]) + "…"
}

// text reads a string.
func (r *record) text(path string, node ast.Node) (string, bool) {
	switch n := node.(type) {
	case *ast.StringNode:
		return strings.Clone(n.Value), true
	case *ast.LiteralNode:
		return strings.Clone(n.Value.Value), true
	case *ast.NullNode:
		r.wrong(path, node, "a text")
	default:
		r.wrong(path, node, "a text: put it in quotes if it is one")
	}
	return "", false
}

// whole reads a whole number in decimal digits.
func (r *record) whole(path string, node ast.Node) *int64 {
	const want = "a whole number in decimal digits, as in 10000"
	t := node.GetToken()
	switch n := node.(type) {
	case *ast.IntegerNode:
		if !decimal(t.Value) {
			r.wrong(path, node, want)
			return nil
		}
	case *ast.StringNode:
		switch {
		case !decimal(n.Value):
			r.wrong(path, node, want)
			return nil
		case t.Type != token.StringType:
			r.wrong(path, node, "a whole number: remove the quotes")
			return nil
		}
	default:
		r.wrong(path, node, want)
		return nil
	}
	value, err := strconv.ParseInt(t.Value, 10, 64)
	if err != nil {
		r.fault(place(node), path, fmt.Sprintf("%s is too large: the largest number is %d", shown(t.Value), math.MaxInt64))
		return nil
	}
	return &value
}

// decimal reports whether a text is a whole number as people write it.
func decimal(text string) bool {
	digits := strings.TrimPrefix(text, "-")
	if digits == "" || len(digits) > 1 && digits[0] == '0' {
		return false
	}
	return strings.Trim(digits, "0123456789") == ""
}

// share reads a number, whole or not.
func (r *record) share(path string, node ast.Node) *float64 {
	var value float64
	switch n := node.(type) {
	case *ast.FloatNode:
		value = n.Value
	case *ast.IntegerNode:
		whole := r.whole(path, node)
		if whole == nil {
			return nil
		}
		value = float64(*whole)
	default:
		want := "a number from 0 to 1"
		if s, isText := node.(*ast.StringNode); isText {
			if _, err := strconv.ParseFloat(s.Value, 64); err == nil {
				want += ": remove the quotes"
			}
		}
		r.wrong(path, node, want)
		return nil
	}
	return &value
}

// duration reads a length of time with its unit.
func (r *record) duration(path string, node ast.Node) *time.Duration {
	s, ok := node.(*ast.StringNode)
	if !ok {
		want := `a length of time as in "30s"`
		if n, isNumber := node.(*ast.IntegerNode); isNumber {
			want += fmt.Sprintf(": if these are seconds, write %ss", shown(n.Token.Value))
		}
		r.wrong(path, node, want)
		return nil
	}
	d, err := time.ParseDuration(s.Value)
	if err != nil {
		r.wrong(path, node, `a length of time as in "30s", "5m" or "1h30m"`)
		return nil
	}
	return &d
}

// truth reads true or false.
func (r *record) truth(path string, node ast.Node) bool {
	n, ok := node.(*ast.BoolNode)
	if !ok {
		r.wrong(path, node, "true or false")
		return false
	}
	return n.Value
}
