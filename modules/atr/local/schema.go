package local

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
)

// Bounds of parameters.
const (
	maxParameters = 64
	maxNesting    = 16 // of schemas in schemas
)

// A Parameter is one argument of a tool.
type Parameter struct {
	Type    string          // one of JSON Schema's, but for null
	Items   string          // type of an array's items; empty is any
	Default json.RawMessage // nil is none
}

// Parameters reads JSON Schemas of a tool's arguments, by name, and returns the schema of all of them, which takes no
// others. A keyword that is unknown is an error: JSON Schema would ignore it, and with it what it was to forbid.
func Parameters(schemas map[string]json.RawMessage, required []string) (all map[string]Parameter, object json.RawMessage, err error) {
	if len(schemas) > maxParameters {
		return nil, nil, fmt.Errorf("%d parameters, at most %d are taken", len(schemas), maxParameters)
	}
	var faults []error
	all = make(map[string]Parameter, len(schemas))
	for _, name := range slices.Sorted(maps.Keys(schemas)) {
		if !regexp.MustCompile(`^[a-zA-Z_][a-zA-Z0-9_]{0,63}$`).MatchString(name) {
			faults = append(faults, fmt.Errorf("parameter %.70q: a name is letters, digits and _", name))
		}
		p, err := parameter(schemas[name])
		if err != nil {
			faults = append(faults, fmt.Errorf("parameter %s: %w", name, err))
		}
		all[name] = p
	}
	for _, name := range required {
		if _, known := schemas[name]; !known {
			faults = append(faults, fmt.Errorf("the parameter %.70q is required and not there", name))
		}
	}
	if err := errors.Join(faults...); err != nil {
		return nil, nil, err
	}
	entry := map[string]any{"type": "object", "properties": schemas, "additionalProperties": false}
	if schemas == nil {
		entry["properties"] = struct{}{}
	}
	if len(required) > 0 {
		entry["required"] = required
	}
	object, err = json.Marshal(entry)
	return all, object, err
}

// parameter reads the schema of one argument.
func parameter(schema json.RawMessage) (Parameter, error) {
	if err := checkSchema(schema, 0); err != nil {
		return Parameter{}, err
	}
	var s struct {
		Type  string `json:"type"`
		Items struct {
			Type string `json:"type"`
		} `json:"items"`
		Default json.RawMessage `json:"default"`
	}
	if err := json.Unmarshal(schema, &s); err != nil {
		return Parameter{}, errors.New("type is one word, and items is a schema")
	}
	p := Parameter{Type: s.Type, Items: s.Items.Type, Default: s.Default}
	if s.Type == "" {
		return p, errors.New("has no type")
	}
	if p.Default != nil {
		if err := p.Fits(p.Default); err != nil {
			return p, fmt.Errorf("its default %w", err)
		}
	}
	return p, nil
}

// checkSchema refuses what a schema must not have: what would be ignored, refers elsewhere, or is no schema at all.
func checkSchema(schema json.RawMessage, depth int) error {
	var members map[string]json.RawMessage
	switch {
	case depth > maxNesting:
		return fmt.Errorf("schemas are nested deeper than %d", maxNesting)
	case json.Unmarshal(schema, &members) != nil || members == nil:
		return errors.New("is no schema: want an object such as {type: string}")
	}
	for _, keyword := range slices.Sorted(maps.Keys(members)) {
		if err := checkKeyword(keyword, members[keyword], depth); err != nil {
			return err
		}
	}
	return nil
}

func checkKeyword(keyword string, value json.RawMessage, depth int) error {
	switch keyword {
	case "title", "description", "default", "enum", "const", "examples", "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum",
		"multipleOf", "minLength", "maxLength", "format", "minItems", "maxItems", "uniqueItems", "required":
		return nil
	case "type":
		var word string
		if json.Unmarshal(value, &word) != nil || !slices.Contains([]string{"string", "integer", "number", "boolean", "array", "object"}, word) {
			return fmt.Errorf("type %.40s is none of string, integer, number, boolean, array, object", value)
		}
		return nil
	case "pattern":
		var text string
		if err := json.Unmarshal(value, &text); err != nil {
			return errors.New("pattern is no text")
		}
		if _, err := regexp.Compile(text); err != nil {
			return fmt.Errorf("pattern: %w", err)
		}
		return nil
	case "items":
		return within(keyword, checkSchema(value, depth+1))
	case "additionalProperties":
		if string(value) == "true" || string(value) == "false" {
			return nil
		}
		return within(keyword, checkSchema(value, depth+1))
	case "properties":
		var members map[string]json.RawMessage
		if json.Unmarshal(value, &members) != nil {
			return errors.New("properties is no object of schemas")
		}
		for _, name := range slices.Sorted(maps.Keys(members)) {
			if err := within(name, checkSchema(members[name], depth+1)); err != nil {
				return err
			}
		}
		return nil
	default:
		return fmt.Errorf("the keyword %.40q is unknown here", keyword)
	}
}

func within(where string, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%s: %w", where, err)
}

// Fits returns why a value is not of the parameter's type, to be read behind its name. The rest of a schema is judged
// where the tool is published.
func (p Parameter) Fits(value json.RawMessage) error {
	if !is(p.Type, value) {
		return fmt.Errorf("is no %s", p.Type)
	}
	if p.Type != "array" || p.Items == "" {
		return nil
	}
	var items []json.RawMessage
	if err := json.Unmarshal(value, &items); err != nil {
		return errors.New("is no array")
	}
	for _, item := range items {
		if !is(p.Items, item) {
			return fmt.Errorf("has an item that is no %s", p.Items)
		}
	}
	return nil
}

// is reports whether a JSON value is of a type. An integer is written as one.
func is(kind string, value json.RawMessage) bool {
	value = bytes.TrimSpace(value)
	if len(value) == 0 || !json.Valid(value) {
		return false
	}
	number := value[0] == '-' || '0' <= value[0] && value[0] <= '9'
	switch kind {
	case "string":
		return value[0] == '"'
	case "integer":
		return number && !bytes.ContainsAny(value, ".eE")
	case "number":
		return number
	case "boolean":
		return value[0] == 't' || value[0] == 'f'
	case "array":
		return value[0] == '['
	case "object":
		return value[0] == '{'
	default:
		return false
	}
}

// Arguments reads the arguments of a call: an object with nothing but parameters, each of its type, and with the defaults
// of those that are left out. What is null was left out. The error is an ErrArguments.
func Arguments(all map[string]Parameter, required []string, args json.RawMessage) (map[string]json.RawMessage, error) {
	given := map[string]json.RawMessage{}
	if len(args) > 0 {
		if err := json.Unmarshal(args, &given); err != nil || given == nil {
			return nil, fmt.Errorf("%w: they are no object", ErrArguments)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(given)) {
		p, known := all[name]
		switch {
		case !known:
			return nil, fmt.Errorf("%w: %.70q is unknown", ErrArguments, name)
		case string(given[name]) == "null":
			delete(given, name)
		default:
			if err := p.Fits(given[name]); err != nil {
				return nil, fmt.Errorf("%w: %s %w", ErrArguments, name, err)
			}
		}
	}
	for name, p := range all {
		if _, there := given[name]; !there && p.Default != nil {
			given[name] = p.Default
		}
	}
	for _, name := range required {
		if _, there := given[name]; !there {
			return nil, fmt.Errorf("%w: %s is missing", ErrArguments, name)
		}
	}
	return given, nil
}
