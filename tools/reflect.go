package tools

import (
	"encoding"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"time"
)

// A reflector makes plans of Go types.
type reflector struct {
	objects map[reflect.Type]*object
	open    map[reflect.Type]bool // being reflected, to see recursion
	faults  []error
	limited bool
}

// planOf makes the plan of a type, with all faults of it. The root must be a struct, a map with string keys, or a
// pointer to one of them.
func planOf(t reflect.Type) (*plan, []error) {
	r := &reflector{objects: map[reflect.Type]*object{}, open: map[reflect.Type]bool{}}
	root := r.node(t, t.String())
	if len(r.faults) == 0 && root.shape != shapeObject && root.shape != shapeMap {
		r.fault(t.String(), "is no object: use a struct or a map with string keys")
	}
	root.nullable = false
	return &plan{root: root, constrained: r.limited}, r.faults
}

func (r *reflector) fault(where, format string, args ...any) {
	r.faults = append(r.faults, fmt.Errorf("%s: %w", where, fmt.Errorf(format, args...)))
}

// node makes the node of a type. where names it in faults.
func (r *reflector) node(t reflect.Type, where string) node {
	if n, ok := r.special(t, where); ok {
		return n
	}
	n := node{typ: t}
	switch t.Kind() {
	case reflect.Pointer:
		n = r.pointer(t, where)
	case reflect.Struct:
		n.shape, n.object = shapeObject, r.object(t)
	case reflect.Map:
		n.shape, n.elem = shapeMap, r.mapElem(t, where)
	case reflect.Slice, reflect.Array:
		elem := r.node(t.Elem(), where+"[]")
		n.shape, n.elem, n.limits = shapeArray, &elem, arrayLimits(t)
	case reflect.String:
		n.shape = shapeString
	case reflect.Bool:
		n.shape = shapeBoolean
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64,
		reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		n.shape = shapeInteger
	case reflect.Float32, reflect.Float64:
		n.shape = shapeNumber
	default:
		r.fault(where, "%s has no JSON: %s", t, adviceFor(t.Kind()))
	}
	return n
}

func adviceFor(k reflect.Kind) string {
	if k == reflect.Interface {
		return "use any, json.RawMessage or a concrete type"
	}
	return "use another type"
}

// special makes the node of a type whose JSON its kind does not tell.
func (r *reflector) special(t reflect.Type, where string) (node, bool) {
	switch t {
	case reflect.TypeFor[any](), reflect.TypeFor[json.RawMessage]():
		return node{typ: t, shape: shapeAny, nullable: true}, true
	case reflect.TypeFor[json.Number]():
		return node{typ: t, shape: shapeNumber}, true
	case reflect.TypeFor[time.Time]():
		return custom(t, "date-time", `{"type":"string","format":"date-time"}`), true
	case reflect.TypeFor[time.Duration]():
		r.fault(where, "time.Duration is a bare number of nanoseconds in JSON: use tools.Duration")
		return node{}, true
	}
	switch {
	case t.Kind() == reflect.Pointer:
		return node{}, false
	case implements[interface{ JSONSchema() json.RawMessage }](t):
		return r.schemaOfItsOwn(t, where), true
	case t.Kind() == reflect.Slice && t.Elem().Kind() == reflect.Uint8:
		return custom(t, "base64", `{"type":"string","contentEncoding":"base64"}`), true
	case implements[encoding.TextUnmarshaler](t) && implements[encoding.TextMarshaler](t) && !implements[json.Marshaler](t):
		return custom(t, "", `{"type":"string"}`), true
	case implements[json.Marshaler](t) || implements[json.Unmarshaler](t):
		r.fault(where, "%s has JSON of its own: give it a method JSONSchema() json.RawMessage", t)
		return node{}, true
	}
	return node{}, false
}

func custom(t reflect.Type, format, schema string) node {
	return node{typ: t, shape: shapeCustom, schema: json.RawMessage(schema), limits: &limits{format: format}}
}

func implements[I any](t reflect.Type) bool {
	return t.Implements(reflect.TypeFor[I]()) || reflect.PointerTo(t).Implements(reflect.TypeFor[I]())
}

// schemaOfItsOwn makes the node of a type with a JSONSchema method.
func (r *reflector) schemaOfItsOwn(t reflect.Type, where string) node {
	own, ok := reflect.TypeAssert[interface{ JSONSchema() json.RawMessage }](reflect.New(t))
	if !ok {
		r.fault(where, "JSONSchema must be a method of %s", t)
		return node{}
	}
	n := custom(t, "", "")
	v, err := newValidator(own.JSONSchema())
	if err != nil {
		r.fault(where, "JSONSchema of %s: %w", t, err)
		return n
	}
	n.schema, n.custom, r.limited = v.document, v, true
	return n
}

func (r *reflector) pointer(t reflect.Type, where string) node {
	if t.Elem().Kind() == reflect.Pointer {
		r.fault(where, "is a pointer to a pointer")
		return node{}
	}
	n := r.node(t.Elem(), where)
	n.typ, n.nullable = t, true
	return n
}

func (r *reflector) mapElem(t reflect.Type, where string) *node {
	if t.Key().Kind() != reflect.String || implements[encoding.TextUnmarshaler](t.Key()) {
		r.fault(where, "a map needs plain string keys, not %s", t.Key())
	}
	elem := r.node(t.Elem(), where+"{}")
	return &elem
}

func arrayLimits(t reflect.Type) *limits {
	if t.Kind() != reflect.Array {
		return nil
	}
	n := t.Len()
	return &limits{minItems: &n, maxItems: &n}
}

// object makes the object of a struct type, once.
func (r *reflector) object(t reflect.Type) *object {
	if o, done := r.objects[t]; done {
		o.recursive = o.recursive || r.open[t]
		return o
	}
	o := &object{name: defName(t), index: map[string]int{}}
	r.objects[t], r.open[t] = o, true
	r.fields(o, t, nil)
	delete(r.open, t)
	return o
}

// fields adds the fields of a struct, and those of the structs embedded in it.
func (r *reflector) fields(o *object, t reflect.Type, path []int) {
	for i := range t.NumField() {
		f := t.Field(i)
		at := slices.Concat(path, []int{i})
		tag, tagged := f.Tag.Lookup("json")
		where := t.String() + "." + f.Name
		switch {
		case f.Anonymous && !tagged && f.Type.Kind() == reflect.Struct:
			r.fields(o, f.Type, at)
		case f.Anonymous && !tagged:
			r.fault(where, "only a struct can be embedded: name it")
		case !f.IsExported() && (tagged || f.Tag.Get("doc") != ""):
			r.fault(where, "has a tag but is unexported")
		case !f.IsExported() || tag == "-":
		case !tagged:
			r.fault(where, "has no json tag: name it")
		default:
			r.field(o, f, tag, where, at)
		}
	}
}

// field adds one field.
func (r *reflector) field(o *object, f reflect.StructField, tag, where string, path []int) {
	name, optional, err := readJSONTag(tag)
	if err != nil {
		r.fault(where, "json tag: %w", err)
		return
	}
	if _, twice := o.index[name]; twice {
		r.fault(where, "there is a field %q already", name)
		return
	}
	made := field{name: name, doc: f.Tag.Get("doc"), path: path, node: r.node(f.Type, where), required: !optional}
	if optional && f.Type.Kind() == reflect.Pointer {
		made.node.nullable = false // absent says the same
	}
	if made.doc != "" && made.node.describesItself() {
		r.fault(where, "its type describes itself, so it can have no doc tag")
	}
	r.constrain(&made, f.Tag, f.Type, where)
	o.defaults = o.defaults || made.preset.IsValid() ||
		made.node.shape == shapeObject && f.Type.Kind() == reflect.Struct && made.node.object.defaults
	o.index[name] = len(o.fields)
	o.fields = append(o.fields, made)
}

// describesItself reports whether a type's own schema has the description that a field's would repeat.
func (n *node) describesItself() bool {
	var own struct {
		Description string `json:"description"`
	}
	return n.custom != nil && json.Unmarshal(n.schema, &own) == nil && own.Description != ""
}

// readJSONTag reads a json tag. A field is optional when it may be omitted.
func readJSONTag(tag string) (name string, optional bool, err error) {
	name, rest, _ := strings.Cut(tag, ",")
	if name == "" {
		return "", false, errors.New("has no name")
	}
	for option := range strings.SplitSeq(rest, ",") {
		switch option {
		case "":
		case "omitempty", "omitzero":
			optional = true
		default:
			return "", false, fmt.Errorf("option %q is not supported", option)
		}
	}
	return name, optional, nil
}

// defName is the type's name in characters that a JSON pointer and a URI fragment carry as they are.
func defName(t reflect.Type) string {
	return strings.Map(func(c rune) rune {
		if c == '_' || '0' <= c && c <= '9' || 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' {
			return c
		}
		return '_'
	}, t.Name())
}
