package tools

import (
	"encoding/json"
	"fmt"
	"strings"
)

// maxExpansion is how many subschemas may have to be looked at for one value, at one place.
const maxExpansion = 10_000

// checkRefs refuses schema documents whose references lead out of the document, come back to where they started without
// having gone into the value, or multiply without bound. Such a document would make the validator recurse for ever.
func checkRefs(document json.RawMessage) error {
	var root any
	if err := json.Unmarshal(document, &root); err != nil {
		return err
	}
	c := refChecker{root: root, open: map[string]bool{}}
	return c.everywhere(root)
}

type refChecker struct {
	root any
	open map[string]bool // references being followed
	seen int
}

// everywhere checks each object of the document as if it were a schema.
func (c *refChecker) everywhere(value any) error {
	switch v := value.(type) {
	case map[string]any:
		c.seen = 0
		if err := c.inPlace(v); err != nil {
			return err
		}
		for _, key := range sortedKeys(v) {
			if err := c.everywhere(v[key]); err != nil {
				return err
			}
		}
	case []any:
		for _, elem := range v {
			if err := c.everywhere(elem); err != nil {
				return err
			}
		}
	}
	return nil
}

// inPlace follows everything that applies to the same value as the schema does.
func (c *refChecker) inPlace(schema any) error {
	s, ok := schema.(map[string]any)
	if !ok {
		return nil
	}
	if c.seen++; c.seen > maxExpansion {
		return fmt.Errorf("its references multiply to more than %d schemas", maxExpansion)
	}
	for _, keyword := range []string{"$dynamicRef", "$recursiveRef"} {
		if _, there := s[keyword]; there {
			return fmt.Errorf("%s is not supported", keyword)
		}
	}
	if ref, there := s["$ref"].(string); there {
		if err := c.follow(ref); err != nil {
			return err
		}
	}
	for _, keyword := range []string{"not", "if", "then", "else"} {
		if err := c.inPlace(s[keyword]); err != nil {
			return err
		}
	}
	for _, keyword := range []string{"allOf", "anyOf", "oneOf", "dependentSchemas"} {
		if err := c.each(s[keyword]); err != nil {
			return err
		}
	}
	return nil
}

func (c *refChecker) each(schemas any) error {
	var all []any
	switch v := schemas.(type) {
	case []any:
		all = v
	case map[string]any:
		for _, key := range sortedKeys(v) {
			all = append(all, v[key])
		}
	}
	for _, schema := range all {
		if err := c.inPlace(schema); err != nil {
			return err
		}
	}
	return nil
}

func (c *refChecker) follow(ref string) error {
	if c.open[ref] {
		return fmt.Errorf("$ref %s refers to itself", quote(ref))
	}
	target, ok := c.lookup(ref)
	if !ok {
		return fmt.Errorf("$ref %s does not lead to a place in the document, as #/$defs/Name does", quote(ref))
	}
	c.open[ref] = true
	defer delete(c.open, ref)
	return c.inPlace(target)
}

func (c *refChecker) lookup(ref string) (any, bool) {
	if ref == "#" {
		return c.root, true
	}
	path, ok := strings.CutPrefix(ref, "#/")
	at := c.root
	for part := range strings.SplitSeq(path, "/") {
		object, isObject := at.(map[string]any)
		if !isObject {
			return nil, false
		}
		at, isObject = object[strings.NewReplacer("~1", "/", "~0", "~").Replace(part)]
		ok = ok && isObject
	}
	return at, ok
}
