package tools

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"strings"
	"sync"

	"github.com/google/jsonschema-go/jsonschema"
)

// maxSchema is the size of a schema document in bytes.
const maxSchema = 256 << 10

// A validator checks JSON against a schema document. It compiles the document when it is first used.
type validator struct {
	document json.RawMessage // compact
	once     sync.Once
	resolved *jsonschema.Resolved
	err      error
}

// newValidator reads a schema document and refuses what could not be validated, or not in bounded time.
func newValidator(document json.RawMessage) (*validator, error) {
	if len(document) > maxSchema {
		return nil, fmt.Errorf("is %d bytes, at most %d are taken", len(document), maxSchema)
	}
	d := decoder{data: document}
	if text, ok := d.skip(); !ok || !d.end() || len(d.faults) > 0 {
		return nil, d.err()
	} else if text[0] != '{' {
		return nil, errors.New("is no JSON object")
	}
	var compact bytes.Buffer
	if err := json.Compact(&compact, document); err != nil {
		return nil, err
	}
	if err := checkRefs(compact.Bytes()); err != nil {
		return nil, err
	}
	v := &validator{document: compact.Bytes()}
	var schema jsonschema.Schema
	if err := json.Unmarshal(v.document, &schema); err != nil {
		return nil, err
	}
	return v, nil
}

func (v *validator) compile() {
	var schema jsonschema.Schema
	if v.err = json.Unmarshal(v.document, &schema); v.err == nil {
		v.resolved, v.err = schema.Resolve(&jsonschema.ResolveOptions{})
	}
}

// check returns an *ArgumentError when the text, which must be JSON, does not fit.
func (v *validator) check(text []byte) error {
	if why := v.problem(text); why != "" {
		return &ArgumentError{Faults: []Fault{{Problem: why}}}
	}
	return nil
}

// problem says why the text, which must be JSON, does not fit, or "".
func (v *validator) problem(text []byte) string {
	if v.once.Do(v.compile); v.err != nil {
		return "cannot be checked: the schema itself is faulty"
	}
	d := decoder{data: text}
	value, ok := d.tree()
	if !ok {
		return "is not readable"
	}
	if err := v.resolved.Validate(value); err != nil {
		return readable(err)
	}
	return ""
}

// readable says where in the schema a value failed, without repeating the value, as the library's own text would.
func readable(err error) string {
	const mark = "validating "
	text := err.Error()
	at := strings.LastIndex(text, mark)
	if at < 0 {
		return "does not fit the schema"
	}
	where, rest, _ := strings.Cut(text[at+len(mark):], ": ")
	keyword, _, _ := strings.Cut(rest, ":")
	if !regexp.MustCompile(`^[A-Za-z]{1,30}$`).MatchString(keyword) {
		return "does not fit the schema at " + quote(where)
	}
	return "does not fit " + keyword + " of the schema at " + quote(where)
}

// planFrom makes the plan of a schema document. The plan knows the usual keywords and finds their faults by pointer; the
// document as a whole has the last word.
func planFrom(document json.RawMessage) (*plan, error) {
	if len(document) == 0 {
		return nil, errors.New(`is missing; for no arguments write {"type":"object"}`)
	}
	whole, err := newValidator(document)
	if err != nil {
		return nil, err
	}
	var s schemaDoc
	if err := json.Unmarshal(whole.document, &s); err != nil {
		return nil, err
	}
	if string(s.Type) != `"object"` {
		return nil, errors.New(`needs "type":"object" at its root`)
	}
	if whole.once.Do(whole.compile); whole.err != nil {
		return nil, whole.err
	}
	return &plan{root: s.node(), constrained: true, whole: whole}, nil
}

// A schemaDoc is the part of a schema that a plan can express.
type schemaDoc struct {
	Type                 json.RawMessage      `json:"type"`
	Properties           map[string]schemaDoc `json:"properties"`
	Required             []string             `json:"required"`
	AdditionalProperties json.RawMessage      `json:"additionalProperties"`
	Items                json.RawMessage      `json:"items"`
	Enum                 []any                `json:"enum"`
	Minimum              *float64             `json:"minimum"`
	Maximum              *float64             `json:"maximum"`
	MinLength            *int                 `json:"minLength"`
	MaxLength            *int                 `json:"maxLength"`
	MinItems             *int                 `json:"minItems"`
	MaxItems             *int                 `json:"maxItems"`
}

// UnmarshalJSON reads a schema, which may also be true or false; what the plan cannot express allows anything.
func (s *schemaDoc) UnmarshalJSON(text []byte) error {
	if text[0] != '{' {
		return nil
	}
	type plain schemaDoc
	var p plain
	if json.Unmarshal(text, &p) == nil {
		*s = schemaDoc(p)
	}
	return nil
}

func (s *schemaDoc) node() node {
	n := node{limits: &limits{
		min: s.Minimum, max: s.Maximum, minLen: s.MinLength, maxLen: s.MaxLength, minItems: s.MinItems, maxItems: s.MaxItems,
	}}
	n.shape, n.nullable = s.shape()
	switch n.shape {
	case shapeObject:
		n.object = s.object()
	case shapeArray:
		n.elem = elemOf(s.Items)
	case shapeString:
		n.limits.enum = textsOf(s.Enum)
	default:
	}
	return n
}

// shape returns the one type of the schema besides null, shapeAny when there are several or none.
func (s *schemaDoc) shape() (_ shape, nullable bool) {
	var types []string
	var one string
	if json.Unmarshal(s.Type, &one) == nil {
		types = []string{one}
	} else if json.Unmarshal(s.Type, &types) != nil {
		return shapeAny, false
	}
	found := shapeAny
	for _, name := range types {
		if name == "null" {
			nullable = true
			continue
		}
		if found != shapeAny {
			return shapeAny, false
		}
		for _, known := range []shape{shapeObject, shapeArray, shapeString, shapeInteger, shapeNumber, shapeBoolean} {
			if known.String() == name {
				found = known
			}
		}
	}
	return found, nullable
}

func (s *schemaDoc) object() *object {
	o := &object{index: map[string]int{}, open: string(s.AdditionalProperties) != "false"}
	for _, name := range sortedKeys(s.Properties) {
		child := s.Properties[name]
		o.add(field{name: name, node: child.node()})
	}
	for _, name := range s.Required {
		if _, known := o.index[name]; !known {
			o.add(field{name: name, node: node{shape: shapeAny}})
		}
		o.fields[o.index[name]].required = true
	}
	if o.open && len(s.AdditionalProperties) > 0 && s.AdditionalProperties[0] == '{' {
		o.rest = elemOf(s.AdditionalProperties)
	}
	return o
}

func (o *object) add(f field) {
	o.index[f.name] = len(o.fields)
	o.fields = append(o.fields, f)
}

func elemOf(schema json.RawMessage) *node {
	var s schemaDoc
	if len(schema) > 0 {
		_ = s.UnmarshalJSON(schema) // never fails
	}
	n := s.node()
	return &n
}

// textsOf returns an enum whose values are all strings, else nil.
func textsOf(values []any) []string {
	texts := make([]string, 0, len(values))
	for _, value := range values {
		text, ok := value.(string)
		if !ok {
			return nil
		}
		texts = append(texts, text)
	}
	return texts
}
