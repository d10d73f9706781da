package openapi

import (
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"
)

// Bounds of nesting that are judged before a text is parsed, because the parser has none.
const (
	maxBrackets = 200 // that are open at once
	maxMarks    = 16  // at the beginning of one line
)

// readYAML reads a document of YAML without anchors, aliases and tags, which OpenAPI does not need: one small text could
// stand for any amount of memory.
func readYAML(text []byte) (any, error) {
	if err := shallow(string(text)); err != nil {
		return nil, err
	}
	file, err := parser.ParseBytes(text, 0)
	if err != nil {
		return nil, errors.New(strings.TrimSpace(yaml.FormatError(err, false, false)))
	}
	if len(file.Docs) != 1 {
		return nil, fmt.Errorf("has %d documents, want one", len(file.Docs))
	}
	w := walker{}
	return w.value(file.Docs[0].Body, 0)
}

// shallow refuses a text that is nested too deep to be parsed.
func shallow(text string) error {
	open := 0
	for line := range strings.Lines(text) {
		rest, marks := strings.TrimLeft(line, " \t"), 0
		for rest != "" && strings.IndexByte("-?:!&", rest[0]) >= 0 {
			at := strings.IndexAny(rest, " \t")
			if at < 0 {
				break
			}
			rest = strings.TrimLeft(rest[at:], " \t")
			if marks++; marks > maxMarks {
				return errors.New("is nested too deep")
			}
		}
		open += strings.Count(line, "[") + strings.Count(line, "{") - strings.Count(line, "]") - strings.Count(line, "}")
		if open = max(open, 0); open > maxBrackets || strings.Count(line, "[")+strings.Count(line, "{") > 4*maxBrackets {
			return errors.New("is nested too deep")
		}
	}
	return nil
}

// A walker makes a tree of what the parser has read.
type walker struct{ nodes int }

func (w *walker) value(node ast.Node, depth int) (any, error) {
	if w.nodes++; w.nodes > maxNodes {
		return nil, fmt.Errorf("has more than %d values", maxNodes)
	}
	if depth > maxDepth {
		return nil, fmt.Errorf("is nested deeper than %d", maxDepth)
	}
	switch n := node.(type) {
	case nil, *ast.NullNode, *ast.CommentGroupNode:
		return nil, nil //nolint:nilnil // it is what JSON calls null
	case *ast.StringNode:
		return n.Value, nil
	case *ast.LiteralNode:
		return n.Value.Value, nil
	case *ast.BoolNode:
		return n.Value, nil
	case *ast.IntegerNode:
		return json.Number(fmt.Sprint(n.Value)), nil
	case *ast.FloatNode:
		if text := n.Token.Value; json.Valid([]byte(text)) {
			return json.Number(text), nil
		}
		return json.Number(strconv.FormatFloat(n.Value, 'g', -1, 64)), nil
	case *ast.SequenceNode:
		all := make([]any, 0, len(n.Values))
		for _, item := range n.Values {
			value, err := w.value(item, depth+1)
			if err != nil {
				return nil, err
			}
			all = append(all, value)
		}
		return all, nil
	case *ast.MappingNode:
		return w.mapping(n.Values, depth)
	case *ast.MappingValueNode:
		return w.mapping([]*ast.MappingValueNode{n}, depth)
	default:
		line := 0
		if t := node.GetToken(); t != nil && t.Position != nil {
			line = t.Position.Line
		}
		return nil, fmt.Errorf("line %d: %s is not taken", line, strings.ToLower(node.Type().String()))
	}
}

// mapping makes an object. A key that is a number, as those of responses are, is its text.
func (w *walker) mapping(pairs []*ast.MappingValueNode, depth int) (any, error) {
	all := make(map[string]any, len(pairs))
	for _, pair := range pairs {
		var key string
		switch k := pair.Key.(type) {
		case *ast.StringNode:
			key = k.Value
		case *ast.IntegerNode, *ast.FloatNode, *ast.BoolNode, *ast.NullNode:
			key = k.GetToken().Value
		default:
			return nil, fmt.Errorf("line %d: a key that is no text", pair.GetToken().Position.Line)
		}
		if _, twice := all[key]; twice {
			return nil, fmt.Errorf("line %d: the key %.60q is there twice", pair.GetToken().Position.Line, key)
		}
		value, err := w.value(pair.Value, depth+1)
		if err != nil {
			return nil, err
		}
		all[key] = value
	}
	return all, nil
}
