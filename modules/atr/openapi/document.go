package openapi

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/url"
	"strings"
)

// Bounds of a document.
const (
	MaxDocument = 16 << 20 // bytes
	maxNodes    = 500_000  // values in it
	maxDepth    = 100      // of values in values
	maxHops     = 16       // of references to references
)

// A document is one that was read: a tree of map[string]any, []any, string, json.Number, bool and nil.
type document struct {
	root map[string]any
	old  bool // 3.0, whose schemas are not JSON Schema's
}

// parse reads a document, as JSON or as YAML.
func parse(text []byte) (*document, error) {
	if len(text) > MaxDocument {
		return nil, fmt.Errorf("%d bytes, at most %d are read", len(text), MaxDocument)
	}
	var value any
	var err error
	if trimmed := bytes.TrimSpace(text); len(trimmed) > 0 && trimmed[0] == '{' {
		value, err = readJSON(trimmed)
	} else {
		value, err = readYAML(text)
	}
	if err != nil {
		return nil, err
	}
	d := &document{}
	var ok bool
	if d.root, ok = value.(map[string]any); !ok {
		return nil, errors.New("is no object")
	}
	version, _ := d.root["openapi"].(string)
	switch {
	case strings.HasPrefix(version, "3.0."):
		d.old = true
	case !strings.HasPrefix(version, "3.1.") && version != "3.1":
		return nil, fmt.Errorf("is of version %.20q, and OpenAPI 3.0 and 3.1 are read", version)
	}
	return d, nil
}

// readJSON reads JSON, with its numbers as they are written.
func readJSON(text []byte) (value any, err error) {
	r := json.NewDecoder(bytes.NewReader(text))
	r.UseNumber()
	if err := r.Decode(&value); err != nil {
		return nil, err
	}
	if _, err := r.Token(); !errors.Is(err, io.EOF) {
		return nil, errors.New("has something behind its end")
	}
	nodes := 0
	return value, bounded(value, 0, &nodes)
}

// bounded reports whether a tree is too deep or too large.
func bounded(value any, depth int, nodes *int) error {
	if *nodes++; *nodes > maxNodes {
		return fmt.Errorf("has more than %d values", maxNodes)
	}
	if depth > maxDepth {
		return fmt.Errorf("is nested deeper than %d", maxDepth)
	}
	switch v := value.(type) {
	case map[string]any:
		for _, member := range v {
			if err := bounded(member, depth+1, nodes); err != nil {
				return err
			}
		}
	case []any:
		for _, item := range v {
			if err := bounded(item, depth+1, nodes); err != nil {
				return err
			}
		}
	}
	return nil
}

// lookup returns the object that a reference leads to.
func (d *document) lookup(ref string) (map[string]any, error) {
	path, ok := strings.CutPrefix(ref, "#/")
	if !ok {
		return nil, fmt.Errorf("the reference %.200q leads out of the document", ref)
	}
	var at any = d.root
	for part := range strings.SplitSeq(path, "/") {
		if plain, err := url.PathUnescape(part); err == nil {
			part = plain
		}
		part = strings.NewReplacer("~1", "/", "~0", "~").Replace(part)
		object, _ := at.(map[string]any)
		if at, ok = object[part]; !ok {
			return nil, fmt.Errorf("the reference %.200q leads nowhere", ref)
		}
	}
	object, ok := at.(map[string]any)
	if !ok {
		return nil, fmt.Errorf("the reference %.200q does not lead to an object", ref)
	}
	return object, nil
}

// object returns a value that is an object, behind its references.
func (d *document) object(value any) (map[string]any, error) {
	for range maxHops {
		object, ok := value.(map[string]any)
		if !ok {
			return nil, errors.New("is no object")
		}
		ref, refers := object["$ref"].(string)
		if !refers {
			return object, nil
		}
		next, err := d.lookup(ref)
		if err != nil {
			return nil, err
		}
		value = next
	}
	return nil, fmt.Errorf("its references do not end after %d", maxHops)
}

// textOf returns a member that is a text, or "".
func textOf(object map[string]any, key string) string {
	text, _ := object[key].(string)
	return text
}

// list returns a member that is a list, or nil.
func list(object map[string]any, key string) []any {
	all, _ := object[key].([]any)
	return all
}

// members returns a member that is an object, or nil.
func members(object map[string]any, key string) map[string]any {
	all, _ := object[key].(map[string]any)
	return all
}
