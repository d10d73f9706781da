package policy

import (
	"encoding/json"
	"fmt"
	"math"
	"strconv"
	"strings"

	"github.com/goccy/go-yaml/ast"
)

// arguments reads the arguments of a call: a record, or a text that is a JSON object and is taken as it stands.
func (r *suiteReader) arguments(path string, node ast.Node) json.RawMessage {
	if _, ok := mapping(node); ok {
		return json.RawMessage(r.json(nil, path, node))
	}
	switch node.(type) {
	case *ast.StringNode, *ast.LiteralNode:
	default:
		r.wrong(path, node, "a record of arguments, or a text that is a JSON object")
		return nil
	}
	text, _ := r.text(path, node)
	if text = strings.TrimSpace(text); !strings.HasPrefix(text, "{") || !json.Valid([]byte(text)) {
		r.fault(place(node), path, "found a text that is not a JSON object: write a record of arguments, or the JSON in single quotes")
		return nil
	}
	return json.RawMessage(text)
}

// json appends a value as JSON. Numbers keep the digits in which they are written.
func (r *suiteReader) json(dst []byte, path string, node ast.Node) []byte {
	if members, ok := mapping(node); ok {
		return r.jsonObject(dst, path, members)
	}
	switch n := node.(type) {
	case *ast.SequenceNode:
		dst = append(dst, '[')
		for i, entry := range n.Values {
			if i > 0 {
				dst = append(dst, ',')
			}
			dst = r.json(dst, fmt.Sprintf("%s[%d]", path, i), entry)
		}
		return append(dst, ']')
	case *ast.StringNode:
		return appendJSON(dst, n.Value)
	case *ast.LiteralNode:
		return appendJSON(dst, n.Value.Value)
	case *ast.NullNode:
		return append(dst, "null"...)
	case *ast.BoolNode:
		return strconv.AppendBool(dst, n.Value)
	case *ast.IntegerNode, *ast.FloatNode:
		return r.jsonNumber(dst, path, node)
	default:
		r.wrong(path, node, "a value that JSON has")
		return append(dst, "null"...)
	}
}

func (r *suiteReader) jsonObject(dst []byte, path string, members []*ast.MappingValueNode) []byte {
	dst = append(dst, '{')
	seen := make(map[string]bool, len(members))
	for i, m := range members {
		name := key(m)
		if s, ok := m.Key.(*ast.StringNode); ok {
			name = s.Value
		}
		if seen[name] {
			r.fault(place(m.Key), path+"."+shown(name), "written twice: remove one")
		}
		seen[name] = true
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = append(appendJSON(dst, name), ':')
		dst = r.json(dst, path+"."+shown(name), m.Value)
	}
	return append(dst, '}')
}

// jsonNumber appends a number: as it is written where JSON writes it so, and as its value otherwise.
func (r *suiteReader) jsonNumber(dst []byte, path string, node ast.Node) []byte {
	text := node.GetToken().Value
	if json.Valid([]byte(text)) {
		return append(dst, text...)
	}
	switch n := node.(type) {
	case *ast.IntegerNode:
		switch v := n.Value.(type) {
		case int64:
			return strconv.AppendInt(dst, v, 10)
		case uint64:
			return strconv.AppendUint(dst, v, 10)
		}
	case *ast.FloatNode:
		if !math.IsInf(n.Value, 0) && !math.IsNaN(n.Value) {
			return strconv.AppendFloat(dst, n.Value, 'g', -1, 64)
		}
	}
	r.wrong(path, node, "a number that JSON has")
	return append(dst, '0')
}

// appendJSON appends a text as a JSON string.
func appendJSON(dst []byte, text string) []byte {
	quoted, err := json.Marshal(text)
	if err != nil {
		return append(dst, `""`...) // cannot happen: every text has a JSON form
	}
	return append(dst, quoted...)
}
