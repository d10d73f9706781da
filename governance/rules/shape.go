package rules

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/cedar-policy/cedar-go/types"
	"github.com/cedar-policy/cedar-go/x/exp/schema/ast"
)

// maxShapeDepth bounds how deep into a schema rules can look. References that lead into themselves end there.
const maxShapeDepth = 8

// shapeKind is the Cedar type that a JSON value becomes.
type shapeKind uint8

const (
	shapeNone    shapeKind = iota // no single type: rules cannot speak of it
	shapeString                   // string
	shapeLong                     // integer
	shapeDecimal                  // number
	shapeBool                     // boolean
	shapeSet                      // array
	shapeRecord                   // object with known members
)

// A shape is what a JSON Schema says of a value, in terms of Cedar.
type shape struct {
	kind     shapeKind
	element  *shape // of a set
	members  map[string]*shape
	required map[string]bool
}

// A jsonSchema is the part of JSON Schema 2020-12 that says which type a value has.
type jsonSchema struct {
	Ref        string                     `json:"$ref"`
	Type       json.RawMessage            `json:"type"`
	Enum       []json.RawMessage          `json:"enum"`
	Const      json.RawMessage            `json:"const"`
	Items      json.RawMessage            `json:"items"`
	Properties map[string]json.RawMessage `json:"properties"`
	Required   []string                   `json:"required"`
}

// A shaper reads the schema of one tool's arguments.
type shaper struct{ root json.RawMessage }

// shapeOf reads the schema of a tool's arguments, which is an object's.
func shapeOf(schema json.RawMessage) (*shape, error) {
	if len(schema) == 0 {
		return &shape{kind: shapeRecord}, nil
	}
	s := shaper{root: schema}
	read, _, err := s.read(schema, maxShapeDepth)
	if err != nil {
		return nil, err
	}
	if read.kind != shapeRecord {
		return nil, errors.New("input schema: not an object's")
	}
	return read, nil
}

// read returns the shape that a schema describes, and whether the value may also be null. What has no single type has
// the shape of none.
func (s *shaper) read(schema json.RawMessage, depth int) (*shape, bool, error) {
	none := &shape{}
	if text := strings.TrimSpace(string(schema)); depth == 0 || text == "true" || text == "false" || text == "" {
		return none, true, nil
	}
	var j jsonSchema
	if err := json.Unmarshal(schema, &j); err != nil {
		return nil, false, fmt.Errorf("input schema: %w", err)
	}
	if j.Ref != "" {
		target, ok := s.resolve(j.Ref)
		if !ok {
			return none, true, nil
		}
		return s.read(target, depth-1)
	}
	name, null := j.typeName()
	out := &shape{kind: kindOf(name)}
	var err error
	switch out.kind {
	case shapeSet:
		out.element, _, err = s.read(j.Items, depth-1)
		if err == nil && out.element.kind == shapeNone {
			out.kind = shapeNone
		}
	case shapeRecord:
		err = s.members(&j, out, depth)
	default:
	}
	return out, null, err
}

// members reads the properties of an object. One that may be null is as one that may be left out.
func (s *shaper) members(j *jsonSchema, out *shape, depth int) error {
	out.members, out.required = make(map[string]*shape, len(j.Properties)), map[string]bool{}
	for name, property := range j.Properties {
		member, null, err := s.read(property, depth-1)
		if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		out.members[name] = member
		out.required[name] = !null && slices.Contains(j.Required, name)
	}
	return nil
}

// resolve returns what a reference within the document means: "#" or "#/…".
func (s *shaper) resolve(ref string) (json.RawMessage, bool) {
	if ref == "#" {
		return s.root, true
	}
	path, ok := strings.CutPrefix(ref, "#/")
	if !ok {
		return nil, false
	}
	at := s.root
	for step := range strings.SplitSeq(path, "/") {
		step = strings.NewReplacer("~1", "/", "~0", "~").Replace(step)
		var members map[string]json.RawMessage
		if json.Unmarshal(at, &members) != nil || members[step] == nil {
			return nil, false
		}
		at = members[step]
	}
	return at, true
}

// typeName returns the one type that a value has beside null, or nothing.
func (j *jsonSchema) typeName() (name string, null bool) {
	var one string
	var many []string
	switch {
	case len(j.Type) == 0:
		return j.inferred(), false
	case json.Unmarshal(j.Type, &one) == nil:
		return one, one == "null"
	case json.Unmarshal(j.Type, &many) == nil:
	}
	null = slices.Contains(many, "null")
	many = slices.DeleteFunc(many, func(t string) bool { return t == "null" })
	if len(many) != 1 {
		return "", null
	}
	return many[0], null
}

// inferred returns the type that all allowed values have, or that of a schema that lists properties.
func (j *jsonSchema) inferred() string {
	values := j.Enum
	if len(j.Const) > 0 {
		values = append(values, j.Const)
	}
	if len(values) == 0 && j.Properties != nil {
		return "object"
	}
	for _, v := range values {
		if len(v) == 0 || v[0] != '"' {
			return ""
		}
	}
	if len(values) == 0 {
		return ""
	}
	return "string"
}

func kindOf(name string) shapeKind {
	switch name {
	case "string":
		return shapeString
	case "integer":
		return shapeLong
	case "number":
		return shapeDecimal
	case "boolean":
		return shapeBool
	case "array":
		return shapeSet
	case "object":
		return shapeRecord
	default:
		return shapeNone
	}
}

// cedar returns the shape as a type of the schema. Members without a single type are left out.
func (s *shape) cedar() ast.IsType {
	switch s.kind {
	case shapeLong:
		return ast.Long()
	case shapeDecimal:
		return ast.Decimal()
	case shapeBool:
		return ast.Bool()
	case shapeSet:
		return ast.Set(s.element.cedar())
	case shapeRecord:
		record := ast.RecordType{}
		for name, member := range s.members {
			if member.kind != shapeNone {
				record[types.String(name)] = ast.Attribute{Type: member.cedar(), Optional: !s.required[name]}
			}
		}
		return record
	default:
		return ast.String()
	}
}

// at returns the shape at a path of members, and whether there is one; it may be of no single type.
func (s *shape) at(path []string) (*shape, bool) {
	for _, name := range path {
		if s.kind != shapeRecord || s.members[name] == nil {
			return nil, false
		}
		s = s.members[name]
	}
	return s, true
}
