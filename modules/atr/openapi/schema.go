package openapi

import (
	"encoding/json"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
)

// Bounds of a schema that references were resolved in.
const (
	maxSchema   = 48 << 10 // bytes of the arguments' schema
	maxDescribe = 1 << 10  // bytes of a description in it
	maxEnum     = 500      // values
)

// A resolver writes schemas out: where a reference stood stands what it led to, as deep as it may. What is too deep, and what
// comes back to itself, is anything: the service judges it.
type resolver struct {
	doc   *document
	depth int             // of references in references
	open  map[string]bool // references that are being followed
	nodes int             // that may still be written
}

// anything is the schema of what is not looked into any more.
func anything(description string) map[string]any {
	if description == "" {
		return map[string]any{}
	}
	return map[string]any{"description": description}
}

// schema writes a schema out. References that lead nowhere are errors.
func (r *resolver) schema(value any, depth int) (map[string]any, error) {
	in, ok := value.(map[string]any)
	if !ok {
		return anything(""), nil // true, or what is no schema
	}
	if r.nodes--; r.nodes < 0 || depth > maxDepth {
		return anything(clip(textOf(in, "description"))), nil
	}
	ref, refers := in["$ref"].(string)
	if !refers {
		return r.plain(in, depth)
	}
	if r.open[ref] || len(r.open) >= r.depth {
		return anything("of the kind that " + ref + " is"), nil
	}
	target, err := r.doc.lookup(ref)
	if err != nil {
		return nil, err
	}
	r.open[ref] = true
	defer delete(r.open, ref)
	out, err := r.schema(target, depth+1)
	if own := clip(textOf(in, "description")); err == nil && own != "" {
		out["description"] = own
	}
	return out, err
}

// plain writes out a schema that is no reference: the keywords that are known, if what they say makes sense.
func (r *resolver) plain(in map[string]any, depth int) (map[string]any, error) {
	out := map[string]any{}
	for key, value := range in {
		switch key {
		case "title", "format":
			if text, ok := value.(string); ok {
				out[key] = text
			}
		case "description":
			out[key] = clip(textOf(in, key))
		case "default", "const":
			out[key] = value
		case "enum":
			if all := list(in, key); len(all) > 0 && len(all) <= maxEnum {
				out[key] = all
			}
		case "pattern":
			if _, err := regexp.Compile(textOf(in, key)); err == nil {
				out[key] = value
			}
		case "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf":
			if n, ok := value.(json.Number); ok {
				out[key] = n
			}
		case "minLength", "maxLength", "minItems", "maxItems", "minProperties", "maxProperties":
			if n, ok := value.(json.Number); ok && natural(n) {
				out[key] = n
			}
		case "uniqueItems":
			if yes, ok := value.(bool); ok {
				out[key] = yes
			}
		}
	}
	r.doc.types(in, out)
	return out, r.parts(in, out, depth)
}

func natural(n json.Number) bool {
	i, err := strconv.ParseUint(string(n), 10, 31)
	return err == nil && i <= 1<<30
}

// types says which types a value has, in the words of 3.1 whichever the document's are.
func (d *document) types(in, out map[string]any) {
	known := []string{"string", "integer", "number", "boolean", "array", "object", "null"}
	var all []any
	switch t := in["type"].(type) {
	case string:
		all = []any{t}
	case []any:
		all = t
	}
	all = slices.DeleteFunc(slices.Clone(all), func(t any) bool {
		text, ok := t.(string)
		return !ok || !slices.Contains(known, text)
	})
	if d.old {
		if nullable, _ := in["nullable"].(bool); nullable && len(all) == 1 {
			all = append(all, "null")
			if enum, ok := out["enum"].([]any); ok && !slices.Contains(enum, any(nil)) {
				out["enum"] = append(slices.Clone(enum), nil)
			}
		}
		for _, pair := range [][2]string{{"exclusiveMinimum", "minimum"}, {"exclusiveMaximum", "maximum"}} {
			if exclusive, _ := in[pair[0]].(bool); exclusive && out[pair[1]] != nil {
				out[pair[0]] = out[pair[1]]
				delete(out, pair[1])
			}
		}
	}
	switch len(all) {
	case 0:
	case 1:
		out["type"] = all[0]
	default:
		out["type"] = all
	}
}

// parts writes out the schemas in a schema.
func (r *resolver) parts(in, out map[string]any, depth int) (err error) {
	for _, key := range []string{"items", "additionalProperties", "not"} {
		switch value := in[key].(type) {
		case bool:
			if key == "additionalProperties" {
				out[key] = value
			}
		case map[string]any:
			if out[key], err = r.schema(value, depth+1); err != nil {
				return err
			}
		}
	}
	for _, key := range []string{"allOf", "anyOf", "oneOf"} {
		var all []any
		for _, one := range list(in, key) {
			part, err := r.schema(one, depth+1)
			if err != nil {
				return err
			}
			all = append(all, part)
		}
		if all != nil {
			out[key] = all
		}
	}
	return r.properties(in, out, depth)
}

// properties writes out the members of an object, but for those that only a service says.
func (r *resolver) properties(in, out map[string]any, depth int) error {
	all := members(in, "properties")
	required := []any{}
	for _, name := range list(in, "required") {
		if _, ok := name.(string); ok {
			required = append(required, name)
		}
	}
	if len(all) > 0 {
		written := map[string]any{}
		for _, name := range slices.Sorted(maps.Keys(all)) {
			if said, err := r.doc.object(all[name]); err == nil && said["readOnly"] == true {
				required = slices.DeleteFunc(required, func(n any) bool { return n == name })
				continue
			}
			one, err := r.schema(all[name], depth+1)
			if err != nil {
				return err
			}
			written[name] = one
		}
		out["properties"] = written
	}
	if len(required) > 0 {
		out["required"] = required
	}
	return nil
}

// clip is a description of bounded length.
func clip(text string) string {
	if len(text) <= maxDescribe {
		return text
	}
	runes := []rune(text[:maxDescribe])
	return string(runes[:len(runes)-1]) + "…"
}

// writeSchema writes the schema of an operation's arguments, references resolved as deep as it fits into its bound.
func (d *document) writeSchema(properties map[string]any, required []string) (json.RawMessage, error) {
	for _, depth := range []int{12, 6, 3, 1, 0} {
		written := map[string]any{}
		for name, schema := range properties {
			r := resolver{doc: d, depth: depth, open: map[string]bool{}, nodes: 4096}
			one, err := r.schema(schema, 0)
			if err != nil {
				return nil, fmt.Errorf("%s: %w", name, err)
			}
			written[name] = one
		}
		object := map[string]any{"type": "object", "properties": written, "additionalProperties": false}
		if len(required) > 0 {
			object["required"] = required
		}
		text, err := json.Marshal(object)
		if err != nil || len(text) <= maxSchema {
			return text, err
		}
	}
	return nil, fmt.Errorf("the schema of its arguments has more than %d bytes", maxSchema)
}
