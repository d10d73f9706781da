package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// definitionSet holds definitions of tools: poisoned ones, and ones as public servers have them.
func definitionSet(hand string) ([]record, error) {
	records, err := definitionLines(hand, "definitions_positive.txt", true)
	if err != nil {
		return nil, err
	}
	more, err := expanded(hand, "definitions_json.txt")
	if err != nil {
		return nil, err
	}
	benign, err := definitionLines(hand, "definitions_negative.txt", false)
	return append(append(records, more...), benign...), err
}

// definitionLines reads lines of the form "name | arguments | description" under headings, which are the class of what
// follows where the file is of poisoned ones. "␤" is a line break.
func definitionLines(hand, name string, poisoned bool) ([]record, error) {
	data, err := os.ReadFile(filepath.Join(hand, name))
	if err != nil {
		return nil, err
	}
	var records []record
	heading := ""
	for i, line := range strings.Split(string(data), "\n") {
		if rest, ok := strings.CutPrefix(line, "## "); ok {
			heading = rest
			continue
		}
		if line == "" || strings.HasPrefix(line, "# ") {
			continue
		}
		parts := strings.SplitN(strings.NewReplacer("␤", "\n", " | | ", " |  | ").Replace(expandNested(line, false)), " | ", 3)
		if len(parts) != 3 {
			return nil, fmt.Errorf("%s:%d: want name | arguments | description", name, i+1)
		}
		r := record{Kind: "definition", Tool: parts[0], Value: definition(parts[0], parts[1], parts[2], i), Expect: expect{Origin: "own"}}
		if poisoned {
			r.Expect.Classes = []string{heading}
		} else {
			r.Expect.Note, r.Expect.Origin = heading, "names:public-tool-lists"
		}
		records = append(records, r)
	}
	return records, nil
}

// A member of a JSON object whose order is kept.
type tool struct {
	Name        string         `json:"name"`
	Title       string         `json:"title,omitempty"`
	Description string         `json:"description"`
	InputSchema schema         `json:"inputSchema"`
	Annotations map[string]any `json:"annotations,omitempty"`
}

type schema struct {
	Schema               string              `json:"$schema,omitempty"`
	Type                 string              `json:"type"`
	Properties           map[string]property `json:"properties,omitempty"`
	Required             []string            `json:"required,omitempty"`
	AdditionalProperties *bool               `json:"additionalProperties,omitempty"`
}

type property struct {
	Type        string         `json:"type"`
	Description string         `json:"description,omitempty"`
	Items       map[string]any `json:"items,omitempty"`
}

// definition makes a tool of a name, arguments such as "path:s=What it is;limit:i?", and a description. The line's number
// varies what else the definition has, as real servers differ in it.
func definition(name, arguments, description string, line int) tool {
	t := tool{Name: strings.TrimSpace(name), Description: strings.TrimSpace(description), InputSchema: schema{Type: "object"}}
	for _, argument := range splitArguments(arguments) {
		key, about, _ := strings.Cut(argument, "=")
		key, kind, _ := strings.Cut(key, ":")
		kind, optional := strings.CutSuffix(strings.TrimSpace(kind), "?")
		if t.InputSchema.Properties == nil {
			t.InputSchema.Properties = map[string]property{}
		}
		p := property{Type: typeOf(kind), Description: about}
		if kind == "a" {
			p.Items = map[string]any{"type": "string"}
		}
		t.InputSchema.Properties[key] = p
		if !optional {
			t.InputSchema.Required = append(t.InputSchema.Required, key)
		}
	}
	no := false
	switch line % 4 {
	case 1:
		t.InputSchema.Schema, t.InputSchema.AdditionalProperties = "http://json-schema.org/draft-07/schema#", &no
	case 2:
		t.Annotations = map[string]any{"readOnlyHint": strings.HasPrefix(name, "get") || strings.HasPrefix(name, "list"), "openWorldHint": true}
	case 3:
		t.Title = strings.ReplaceAll(strings.TrimSpace(name), "_", " ")
	}
	return t
}

// splitArguments splits at semicolons that begin another argument: what follows has a colon before any space.
func splitArguments(text string) []string {
	var out []string
	for part := range strings.SplitSeq(strings.TrimSpace(text), ";") {
		name, _, ok := strings.Cut(part, ":")
		if len(out) > 0 && (!ok || strings.Contains(name, " ")) {
			out[len(out)-1] += ";" + part
			continue
		}
		if part != "" {
			out = append(out, part)
		}
	}
	return out
}

func typeOf(letter string) string {
	switch letter {
	case "i":
		return "integer"
	case "n":
		return "number"
	case "b":
		return "boolean"
	case "a":
		return "array"
	case "o":
		return "object"
	default:
		return "string"
	}
}
