package tools

import (
	"encoding/json"
	"reflect"
	"regexp"
)

// A shape is the JSON type that a node wants.
type shape uint8

const (
	shapeAny shape = iota
	shapeObject
	shapeMap
	shapeArray
	shapeString
	shapeInteger
	shapeNumber
	shapeBoolean
	shapeCustom // what the Go type's own decoder accepts
)

// String names the shape as error messages do.
func (s shape) String() string {
	return [...]string{
		"any value", "object", "object", "array", "string", "integer", "number", "boolean", "value",
	}[s]
}

// A plan is everything the kernel knows about the JSON of one type or one schema: it writes the schema, decodes
// arguments and checks answers, so that these three cannot disagree. It is made once and read-only from then on.
type plan struct {
	root        node
	constrained bool       // a value of the Go type could still break the schema
	whole       *validator // the schema document that has the last word; nil for plans of Go types
}

// A node is what is known about one place in a document.
type node struct {
	shape    shape
	nullable bool
	typ      reflect.Type // nil in plans of schema documents
	object   *object      // of shapeObject
	elem     *node        // of shapeMap and shapeArray
	limits   *limits      // nil when there are none
	custom   *validator   // of a shapeCustom whose type brings its schema
	schema   json.RawMessage
}

// An object is what is known about the members of an object. It is shared by all places of one Go type.
type object struct {
	name      string // of the Go type, for $defs
	fields    []field
	index     map[string]int
	recursive bool
	defaults  bool  // some member, at any depth by value, has a default
	open      bool  // further members are allowed
	rest      *node // what they must be; nil when anything
}

// A field is one member of an object.
type field struct {
	name     string
	doc      string
	path     []int // index path of the Go field
	node     node
	required bool
	def      json.RawMessage // of the schema; nil when there is none
	preset   reflect.Value   // the same, as the field's value
}

// limits are the constraints on one value. The zero value has none.
type limits struct {
	enum     []string // texts of strings, or literals of integers
	min, max *float64
	minLen   *int
	maxLen   *int
	minItems *int
	maxItems *int
	pattern  *regexp.Regexp
	format   string
}

// names are the members' names, in the order of their declaration.
func (o *object) names() []string {
	names := make([]string, len(o.fields))
	for i := range o.fields {
		names[i] = o.fields[i].name
	}
	return names
}

// want describes what a node accepts, for error messages.
func (n *node) want() string {
	text := n.shape.String()
	if n.limits != nil && n.limits.format != "" {
		text += " in format " + n.limits.format
	}
	if n.nullable {
		text += " or null"
	}
	return text
}
