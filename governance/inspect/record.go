package inspect

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"
)

// A Kind says what a record's value is. The zero value is none.
type Kind string

// The kinds of records.
const (
	KindCall       Kind = "call"       // the arguments of a tool call
	KindResult     Kind = "result"     // what a tool answered: a text, a structured value, or a result of the protocol with its content
	KindDefinition Kind = "definition" // a tool as tools/list gives it
	KindText       Kind = "text"       // a text that reaches a model, from wherever
)

// A Record is one thing to be judged.
type Record struct {
	ID     json.RawMessage // a string or a number, given back as it is; nil is none
	Kind   Kind
	Tool   string          // called, or answering; may be empty but for a call
	Source string          // where the value came from, in the words of whoever wrote the record; nothing depends on it
	Value  json.RawMessage // what is judged
}

// maxID bounds an id in bytes: it is repeated on the line that answers.
const maxID = 1 << 10

var (
	errUTF8   = errors.New("not UTF-8")
	errObject = errors.New("not a JSON object")
)

// ParseRecord reads a line. Members that it does not know are ignored; one that it knows must not be there twice. The
// record refers to the line. With an error the record has the id of the line, as far as one was found.
func ParseRecord(line []byte) (Record, error) {
	var r Record
	line = bytes.Trim(line, space)
	switch {
	case !utf8.Valid(line):
		return r, errUTF8
	case !json.Valid(line):
		return r, syntax(line)
	}
	if line[0] != '{' {
		return r, errObject
	}
	var seen known
	var faults []error
	members(line, func(name, value []byte) {
		m := memberOf(name)
		if m == 0 {
			return
		}
		if seen&m != 0 {
			faults = append(faults, fmt.Errorf("%q is there twice", name))
		}
		seen |= m
		if err := r.set(m, name, value); err != nil {
			faults = append(faults, err)
		}
	})
	if err := r.validate(seen); err != nil || faults != nil {
		return r, errors.Join(append(faults, err)...)
	}
	return r, nil
}

// known is a set of the members that a record can have.
type known uint8

const (
	memberID known = 1 << iota
	memberKind
	memberTool
	memberSource
	memberValue
)

// memberOf returns the member of a name, or none.
func memberOf(name []byte) known {
	switch string(name) {
	case "id":
		return memberID
	case "kind":
		return memberKind
	case "tool":
		return memberTool
	case "source":
		return memberSource
	case "value":
		return memberValue
	default:
		return 0
	}
}

// syntax says what is wrong with a line that is no JSON.
func syntax(line []byte) error {
	var whole json.RawMessage
	err := json.Unmarshal(line, &whole)
	if fault, ok := errors.AsType[*json.SyntaxError](err); ok {
		return fmt.Errorf("not JSON: %w at byte %d", err, fault.Offset)
	}
	return fmt.Errorf("not JSON: %w", err)
}

// set takes one member.
func (r *Record) set(m known, name, value []byte) error {
	switch {
	case m == memberID:
		return r.identify(value)
	case m == memberValue:
		r.Value = value
		return nil
	case value[0] == 'n': // null is nothing
		return nil
	case value[0] != '"':
		return fmt.Errorf("%q must be a string", name)
	}
	switch text := string(unquoted(value)); m {
	case memberKind:
		r.Kind = Kind(text)
	case memberTool:
		r.Tool = text
	default:
		r.Source = text
	}
	return nil
}

func (r *Record) identify(value []byte) error {
	switch first := value[0]; {
	case first == 'n':
	case first != '"' && first != '-' && (first < '0' || first > '9'):
		return errors.New(`"id" must be a string or a number`)
	case len(value) > maxID:
		return fmt.Errorf(`"id" has %d bytes: use at most %d`, len(value), maxID)
	default:
		r.ID = value
	}
	return nil
}

// validate says what is missing.
func (r *Record) validate(seen known) error {
	switch {
	case seen&memberKind == 0:
		return errors.New(`"kind" is missing: write call, result, definition or text`)
	case r.Kind != KindCall && r.Kind != KindResult && r.Kind != KindDefinition && r.Kind != KindText:
		return fmt.Errorf("unknown kind %.40q: write call, result, definition or text", string(r.Kind))
	case seen&memberValue == 0:
		return errors.New(`"value" is missing`)
	case r.Kind == KindCall && r.Tool == "":
		return errors.New(`"tool" is missing: a call names its tool`)
	case r.Kind == KindText && r.Value[0] != '"':
		return errors.New(`"value" of a text must be a string`)
	default:
		return nil
	}
}

// space is the white space of JSON.
const space = " \t\r\n"

// members visits the members of a JSON object, which is valid and begins at the first byte.
func members(object []byte, visit func(name, value []byte)) {
	rest := bytes.TrimLeft(object[1:], space)
	for rest[0] == '"' {
		end := stringEnd(rest)
		key := rest[:end]
		rest = bytes.TrimLeft(rest[end:], space)
		rest = bytes.TrimLeft(rest[1:], space) // the colon
		end = valueEnd(rest)
		visit(unquoted(key), rest[:end])
		rest = bytes.TrimLeft(rest[end:], space)
		if rest[0] == ',' {
			rest = bytes.TrimLeft(rest[1:], space)
		}
	}
}

// unquoted decodes a JSON string, which is not changed.
func unquoted(quoted []byte) []byte {
	if bytes.IndexByte(quoted, '\\') < 0 {
		return quoted[1 : len(quoted)-1]
	}
	var text string
	if json.Unmarshal(quoted, &text) != nil {
		return nil
	}
	return []byte(text)
}

// stringEnd returns where the string ends that begins a valid text.
func stringEnd(text []byte) int {
	for i := 1; ; i++ {
		switch text[i] {
		case '\\':
			i++
		case '"':
			return i + 1
		}
	}
}

// valueEnd returns where the value ends that begins a valid text.
func valueEnd(text []byte) int {
	depth := 0
	for i := 0; i < len(text); i++ {
		switch text[i] {
		case '"':
			i += stringEnd(text[i:]) - 1
		case '{', '[':
			depth++
			continue
		case '}', ']':
			depth--
		default:
			if depth == 0 {
				return i + bytes.IndexAny(text[i:], ",}]"+space)
			}
			continue
		}
		if depth == 0 {
			return i + 1
		}
	}
	return len(text)
}

// oneLine is an error on one line, as the answer and the message show it.
func oneLine(err error) string { return strings.ReplaceAll(err.Error(), "\n", "; ") }
