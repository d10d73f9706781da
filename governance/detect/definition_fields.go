package detect

import (
	"strings"

	"github.com/mcp-kernel/mcp-kernel/governance/match"
)

// A fieldRole says what a text of a definition is for.
type fieldRole uint8

const (
	roleMeta          fieldRole = iota // nobody knows what for
	roleName                           // of the tool
	roleTitle                          // for people
	roleDescription                    // of the tool
	roleParameterName                  // of an argument
	roleParameterText                  // the description of an argument
	roleSchemaText                     // another description in a schema
	roleSchemaValue                    // a value of a schema: enum, default, examples
	roleIcon                           // where an icon is
	roleMember                         // the name of another member
)

// A field is one text of a definition.
type field struct {
	role     fieldRole
	key      bool // it is a name
	pointer  string
	from, to int    // in the texts of the definition
	member   string // the member that it stands in
	argument string // the argument that it is about
}

// text returns the text of a field.
func (d *definition) text(f *field) string { return view(d.texts[f.from:f.to]) }

// strange reports whether orders are unexpected in a field.
func (f *field) strange() bool {
	switch f.role {
	case roleDescription, roleParameterText, roleSchemaText:
		return strings.HasPrefix(f.pointer, "/outputSchema")
	default:
		return true
	}
}

// take notes a text of the definition.
func (d *definition) take(l *match.Leaf) {
	d.current = -1
	if l.Kind != match.String && l.Kind != match.Key || l.Kind == match.String && dull(l) || l.Kind == match.Key && keyword(l.Text) && string(l.Key) != "properties" {
		return
	}
	f := field{key: l.Kind == match.Key, pointer: l.Pointer(), from: len(d.texts)}
	d.texts = append(d.texts, l.Text...)
	f.to = len(d.texts)
	f.place(string(l.Key))
	if f.role == roleMember && len(l.Text) < 24 {
		d.texts = d.texts[:f.from]
		return
	}
	d.current = len(d.fields)
	d.fields = append(d.fields, f)
}

// bare notes a text that is a description by itself.
func (d *definition) bare(text string) {
	d.fields = append(d.fields, field{role: roleDescription, from: len(d.texts), to: len(d.texts) + len(text), member: "description"})
	d.texts = append(d.texts, text...)
	d.current = 0
}

// dull reports whether a string is a word of JSON Schema.
func dull(l *match.Leaf) bool {
	switch string(l.Key) {
	case "type":
		switch string(l.Text) {
		case "string", "number", "integer", "boolean", "object", "array", "null":
			return true
		}
	case "$schema":
		return len(l.Text) < 64 && strings.HasPrefix(string(l.Text), "http") && strings.Contains(string(l.Text), "json-schema.org/")
	case "required":
		return len(l.Text) < 24
	}
	return false
}

// keyword reports whether a name is one of JSON Schema or of a definition.
func keyword(name []byte) bool {
	switch string(name) {
	case "name", "title", "description", "inputSchema", "outputSchema", "annotations", "icons", "_meta", "type", "properties", "required", "items", "enum", "default", "examples", "const", "pattern", "format",
		"additionalProperties", "minimum", "maximum", "minLength", "maxLength", "minItems", "maxItems", "anyOf", "oneOf", "allOf", "$schema", "$ref", "$defs", "definitions", "readOnlyHint",
		"destructiveHint", "idempotentHint", "openWorldHint", "src", "mimeType", "sizes", "arguments", "uri", "uriTemplate", "execution", "taskSupport":
		return true
	}
	return false
}

// place finds out what a field is for.
func (f *field) place(member string) {
	f.member = member
	up, last := cutLast(f.pointer)
	upper, container := cutLast(up)
	_, owner := cutLast(upper)
	switch {
	case f.key && (container == "properties" || container == "patternProperties"):
		f.role, f.argument = roleParameterName, last
	case f.key:
		f.role = roleMember
	case up == "" && last == "name":
		f.role = roleName
	case last == "title" && container != "properties":
		f.role = roleTitle
	case up == "" && (last == "description" || last == "instructions"):
		f.role = roleDescription
	case last == "description" && owner == "properties", last == "description" && owner == "arguments":
		f.role, f.argument = roleParameterText, container
	case last == "name" && owner == "arguments":
		f.role, f.argument = roleParameterName, container
	case last == "description" && strings.Contains(f.pointer, "chema/"):
		f.role = roleSchemaText
	case member == "src":
		f.role = roleIcon
	case strings.Contains(f.pointer, "chema/"):
		f.role = roleSchemaValue
		f.argument = argumentOf(f.pointer)
	}
}

// cutLast splits a pointer before its last part.
func cutLast(pointer string) (up, last string) {
	n := strings.LastIndexByte(pointer, '/')
	if n < 0 {
		return "", pointer
	}
	return pointer[:n], pointer[n+1:]
}

// argumentOf returns the argument that a value of a schema belongs to.
func argumentOf(pointer string) string {
	n := strings.LastIndex(pointer, "properties/")
	if n < 0 {
		return ""
	}
	name, _, _ := strings.Cut(pointer[n+len("properties/"):], "/")
	return name
}

// spaced returns the words of a name that is written in one.
func spaced(name string) string {
	var b strings.Builder
	for i := range len(name) {
		c := name[i]
		switch {
		case c == '_' || c == '-' || c == '.' || c == '/':
			c = ' '
		case i > 0 && isUpper(c) && !isUpper(name[i-1]) && isLetter(name[i-1]):
			b.WriteByte(' ')
		}
		b.WriteByte(c)
	}
	return b.String()
}
