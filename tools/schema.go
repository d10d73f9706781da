package tools

import (
	"encoding/json"
	"slices"
	"strconv"
)

// A schemaStyle says for which side a schema is written.
type schemaStyle bool

const (
	inputSchema  schemaStyle = true  // closed: an unknown argument is an error
	outputSchema schemaStyle = false // open: an answer may gain members
)

// A schemaWriter writes one JSON Schema 2020-12 document. The same plan always gives the same bytes.
type schemaWriter struct {
	style schemaStyle
	buf   []byte
	defs  []*object // in the order of their first use
	names []string
}

// schema writes the plan's schema. Its root is always written out, because the protocol wants "type":"object" there.
func (p *plan) schema(style schemaStyle) json.RawMessage {
	w := &schemaWriter{style: style}
	w.buf = append(w.buf, '{')
	w.body(&p.root)
	for i := 0; i < len(w.defs); i++ { //nolint:intrange // writing one may add more
		if i == 0 {
			w.key("$defs")
			w.buf = append(w.buf, '{')
		}
		w.key(w.names[i])
		w.buf = append(w.buf, '{')
		w.body(&node{shape: shapeObject, object: w.defs[i]})
		w.buf = append(w.buf, '}')
	}
	if len(w.defs) > 0 {
		w.buf = append(w.buf, '}')
	}
	return append(w.buf, '}')
}

// key writes a member's key, with the comma before it.
func (w *schemaWriter) key(name string) {
	if w.buf[len(w.buf)-1] != '{' {
		w.buf = append(w.buf, ',')
	}
	w.buf = append(appendString(w.buf, name), ':')
}

// value writes the schema of a node with a description and a default.
func (w *schemaWriter) value(n *node, doc string, def json.RawMessage) {
	w.buf = append(w.buf, '{')
	switch {
	case n.shape == shapeObject && n.object.recursive && n.nullable:
		w.key("anyOf")
		w.buf = append(w.buf, `[{"$ref":`...)
		w.ref(n.object)
		w.buf = append(w.buf, `},{"type":"null"}]`...)
	case n.shape == shapeObject && n.object.recursive:
		w.key("$ref")
		w.ref(n.object)
	default:
		w.body(n)
	}
	if doc != "" {
		w.key("description")
		w.buf = appendString(w.buf, doc)
	}
	if def != nil {
		w.key("default")
		w.buf = append(w.buf, def...)
	}
	w.buf = append(w.buf, '}')
}

// ref writes the pointer to an object's definition and sees to it that the definition is written.
func (w *schemaWriter) ref(o *object) {
	i := slices.Index(w.defs, o)
	if i < 0 {
		name := o.name
		for n := 2; slices.Contains(w.names, name); n++ {
			name = o.name + strconv.Itoa(n)
		}
		i, w.defs, w.names = len(w.defs), append(w.defs, o), append(w.names, name)
	}
	w.buf = appendString(w.buf, "#/$defs/"+w.names[i])
}

// body writes the keywords of a node.
func (w *schemaWriter) body(n *node) {
	switch n.shape {
	case shapeAny:
	case shapeCustom:
		w.custom(n)
	default:
		w.key("type")
		w.types(n)
	}
	if n.shape != shapeCustom {
		w.limits(n)
	}
	switch n.shape {
	case shapeObject:
		w.members(n.object)
	case shapeMap:
		w.key("additionalProperties")
		w.value(n.elem, "", nil)
	case shapeArray:
		w.key("items")
		w.value(n.elem, "", nil)
	default:
	}
}

func (w *schemaWriter) types(n *node) {
	if n.nullable {
		w.buf = append(append(appendString(append(w.buf, '['), n.shape.String()), `,"null"`...), ']')
		return
	}
	w.buf = appendString(w.buf, n.shape.String())
}

// custom writes a schema that a type brings along.
func (w *schemaWriter) custom(n *node) {
	if n.nullable {
		w.key("anyOf")
		w.buf = append(append(append(w.buf, '['), n.schema...), `,{"type":"null"}]`...)
		return
	}
	if inner := n.schema[1 : len(n.schema)-1]; len(inner) > 0 {
		w.buf = append(w.buf, inner...)
	}
}

func (w *schemaWriter) members(o *object) {
	w.key("properties")
	w.buf = append(w.buf, '{')
	for i := range o.fields {
		f := &o.fields[i]
		w.key(f.name)
		w.value(&f.node, f.doc, f.def)
	}
	w.buf = append(w.buf, '}')
	first := true
	for i := range o.fields {
		if !o.fields[i].required {
			continue
		}
		if first {
			w.key("required")
			w.buf = append(w.buf, '[')
		} else {
			w.buf = append(w.buf, ',')
		}
		w.buf, first = appendString(w.buf, o.fields[i].name), false
	}
	if !first {
		w.buf = append(w.buf, ']')
	}
	if w.style == inputSchema {
		w.key("additionalProperties")
		w.buf = append(w.buf, "false"...)
	}
}

// limits writes the constraints of a node.
func (w *schemaWriter) limits(n *node) {
	l := n.limits
	if l == nil {
		return
	}
	w.enum(n)
	w.number("minimum", l.min)
	w.number("maximum", l.max)
	w.count("minLength", l.minLen)
	w.count("maxLength", l.maxLen)
	w.count("minItems", l.minItems)
	w.count("maxItems", l.maxItems)
	if l.pattern != nil {
		w.key("pattern")
		w.buf = appendString(w.buf, l.pattern.String())
	}
	if l.format != "" {
		w.key("format")
		w.buf = appendString(w.buf, l.format)
	}
}

func (w *schemaWriter) enum(n *node) {
	if len(n.limits.enum) == 0 {
		return
	}
	w.key("enum")
	open := byte('[')
	for _, value := range n.limits.enum {
		w.buf = append(w.buf, open)
		if open = ','; n.shape == shapeString {
			w.buf = appendString(w.buf, value)
		} else {
			w.buf = append(w.buf, value...)
		}
	}
	if n.nullable {
		w.buf = append(w.buf, ",null"...)
	}
	w.buf = append(w.buf, ']')
}

func (w *schemaWriter) number(key string, bound *float64) {
	if bound != nil {
		w.key(key)
		w.buf = strconv.AppendFloat(w.buf, *bound, 'f', -1, 64)
	}
}

func (w *schemaWriter) count(key string, n *int) {
	if n != nil {
		w.key(key)
		w.buf = strconv.AppendInt(w.buf, int64(*n), 10)
	}
}
