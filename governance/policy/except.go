package policy

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/lexer"
	"github.com/goccy/go-yaml/parser"
	"github.com/goccy/go-yaml/token"

	"github.com/mcp-kernel/mcp-kernel/governance"
	"github.com/mcp-kernel/mcp-kernel/governance/match"
)

// ErrNoPattern is returned for an exception from a pattern that the file does not have.
var ErrNoPattern = errors.New("no such pattern")

// errByHand is returned where a file is written in a way that nothing can be put into.
var errByHand = errors.New("the file is written in a way that an exception cannot be put into: write it by hand")

// Except returns a policy file with one more exception from a named pattern of a policy. Nothing else of the file changes,
// comments and layout included. The file must be without faults, and is so afterwards: what is returned has been read again,
// and differs by the exception alone.
func Except(file string, data []byte, policy, pattern string, e match.Exception) ([]byte, error) {
	before, err := Decode(file, data)
	if err != nil {
		return nil, err
	}
	p, i, err := named(before, policy, pattern)
	if err != nil {
		return nil, err
	}
	node, err := patternNode(data, policy, i)
	if err != nil {
		return nil, err
	}
	edited, err := insert(data, node, exceptionText(&e))
	if err != nil {
		return nil, err
	}
	after, err := Decode(file, edited)
	if err != nil {
		return nil, err
	}
	was := p.BlockedPatterns[i].Except
	for _, want := range [][]match.Exception{append(slices.Clone(was), e), append([]match.Exception{e}, was...)} {
		if p.BlockedPatterns[i].Except = want; bytes.Equal(Encode(before...), Encode(after...)) {
			return edited, nil
		}
	}
	return nil, errByHand
}

// named returns a policy and which of its patterns has a name.
func named(policies []governance.Policy, policy, pattern string) (*governance.Policy, int, error) {
	var known []string
	for i := range policies {
		p := &policies[i]
		if p.Name != policy {
			continue
		}
		for j := range p.BlockedPatterns {
			if p.BlockedPatterns[j].Name == pattern {
				return p, j, nil
			}
			if name := p.BlockedPatterns[j].Name; name != "" {
				known = append(known, name)
			}
		}
		return nil, 0, fmt.Errorf("policy %q: %w %q: its named patterns are %s", policy, ErrNoPattern, pattern, strings.Join(known, ", "))
	}
	return nil, 0, fmt.Errorf("%w of policy %q: the file has no such policy", ErrNoPattern, policy)
}

// patternNode finds the record of a pattern in a file without faults.
func patternNode(data []byte, policy string, index int) (*ast.MappingNode, error) {
	parsed, err := parser.Parse(lexer.Tokenize(string(data)), 0)
	if err != nil || len(parsed.Docs) == 0 {
		return nil, errByHand
	}
	list, ok := parsed.Docs[0].Body.(*ast.SequenceNode)
	if !ok {
		return nil, errByHand
	}
	for _, record := range list.Values {
		members, _ := mapping(record)
		if name, ok := member(members, "name").(*ast.StringNode); !ok || name.Value != policy {
			continue
		}
		if patterns, ok := member(members, "blocked_patterns").(*ast.SequenceNode); ok && index < len(patterns.Values) {
			if node, ok := patterns.Values[index].(*ast.MappingNode); ok {
				return node, nil
			}
		}
	}
	return nil, errByHand
}

// member returns the value of a member, or nil.
func member(members []*ast.MappingValueNode, name string) ast.Node {
	for _, m := range members {
		if key(m) == name {
			return m.Value
		}
	}
	return nil
}

// exceptionText is an exception as one line of YAML.
func exceptionText(e *match.Exception) string {
	var text strings.Builder
	text.WriteString("{reason: " + quoted(e.Reason))
	for _, list := range []struct {
		field string
		names []string
	}{{"tools", e.Tools}, {"principals", e.Principals}} {
		if len(list.names) == 0 {
			continue
		}
		names := make([]string, len(list.names))
		for i, name := range list.names {
			names[i] = quoted(name)
		}
		text.WriteString(", " + list.field + ": [" + strings.Join(names, ", ") + "]")
	}
	return text.String() + ", until: " + quoted(e.Until.UTC().Format(time.RFC3339)) + "}"
}

// insert puts an exception into the record of a pattern: into its list of exceptions, or as one.
func insert(data []byte, node *ast.MappingNode, text string) ([]byte, error) {
	except := member(node.Values, "except")
	list, isList := except.(*ast.SequenceNode)
	switch {
	case isList && list.IsFlowStyle && len(list.Values) > 0:
		return before(data, list.End, ", "+text), nil
	case isList && list.IsFlowStyle:
		return before(data, list.End, text), nil
	case isList && len(list.Values) > 0:
		dash := list.Start.Position
		return onLine(data, dash.Line, strings.Repeat(" ", dash.Column-1)+"- "+text), nil
	case except != nil:
		return nil, errByHand
	case node.IsFlowStyle:
		return before(data, node.End, ", except: ["+text+"]"), nil
	default:
		last := node.Values[len(node.Values)-1].Key.GetToken().Position
		return onLine(data, last.Line, strings.Repeat(" ", last.Column-1)+"except: ["+text+"]"), nil
	}
}

// before inserts text in front of a token.
func before(data []byte, t *token.Token, text string) []byte {
	at := lineStart(data, t.Position.Line)
	for column := 1; column < t.Position.Column && at < len(data); column++ {
		at++
		for at < len(data) && data[at]&0xC0 == 0x80 { // columns are counted in characters
			at++
		}
	}
	return splice(data, at, text)
}

// onLine inserts a line in front of another.
func onLine(data []byte, line int, text string) []byte {
	return splice(data, lineStart(data, line), text+"\n")
}

func splice(data []byte, at int, text string) []byte {
	return append(append(append(make([]byte, 0, len(data)+len(text)), data[:at]...), text...), data[at:]...)
}

// lineStart returns where a line begins, counted from 1.
func lineStart(data []byte, line int) int {
	at := 0
	for ; line > 1; line-- {
		next := bytes.IndexByte(data[at:], '\n')
		if next < 0 {
			return len(data)
		}
		at += next + 1
	}
	return at
}
