package compose

import (
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"
)

// The members by which an object is not itself but what it stands for.
const (
	fromKey = "$from" // a reference: {"$from": "/step/data/name"}
	joinKey = "$join" // texts put together: {"$join": ["#", {"$from": "/input/number"}]}
)

// A template is a JSON value with references in it: exactly one field is there.
type template struct {
	literal json.RawMessage
	from    *reference
	join    []*template
	object  map[string]*template
	array   []*template
}

// A reference names a value: the input, or the answer of a step, and a place in it (JSON Pointer, RFC 6901).
type reference struct {
	text string
	step string
	path []string
}

// template reads a value in which references may stand.
func (r *reader) template(at string, value any, scope names) *template {
	switch v := value.(type) {
	case map[string]any:
		return r.object(at, v, scope)
	case []any:
		t := &template{array: make([]*template, len(v))}
		for i := range v {
			t.array[i] = r.template(fmt.Sprintf("%s[%d]", at, i), v[i], scope)
		}
		return t
	case float64:
		if math.IsNaN(v) || math.IsInf(v, 0) {
			r.fault(at, "%v is no number of JSON", v)
			return nil
		}
	}
	text, err := json.Marshal(value)
	if err != nil {
		r.fault(at, "%w", err)
	}
	return &template{literal: text}
}

// object reads an object, which may stand for something.
func (r *reader) object(at string, v map[string]any, scope names) *template {
	from, refers := v[fromKey]
	join, joins := v[joinKey]
	switch {
	case (refers || joins) && len(v) > 1:
		r.fault(at, "%s and %s stand alone in their object", fromKey, joinKey)
		return nil
	case refers:
		text, _ := from.(string)
		return &template{from: r.reference(at, text, scope)}
	case joins:
		parts, ok := join.([]any)
		if !ok {
			r.fault(at, "%s: want a list", joinKey)
		}
		t := &template{join: make([]*template, len(parts))}
		for i := range parts {
			t.join[i] = r.template(fmt.Sprintf("%s.%s[%d]", at, joinKey, i), parts[i], scope)
		}
		return t
	}
	t := &template{object: make(map[string]*template, len(v))}
	for _, key := range slices.Sorted(maps.Keys(v)) {
		t.object[key] = r.template(at+"."+key, v[key], scope)
	}
	return t
}

// reference reads a reference to what is there by then.
func (r *reader) reference(at, text string, scope names) *reference {
	if !strings.HasPrefix(text, "/") {
		r.fault(at, "reference %q: want /input/… or /STEP/…", text)
		return nil
	}
	parts := strings.Split(text[1:], "/")
	for i := range parts {
		parts[i] = strings.NewReplacer("~1", "/", "~0", "~").Replace(parts[i])
	}
	if !scope[parts[0]] {
		known := slices.Sorted(maps.Keys(scope))
		r.fault(at, "reference %q: there is no answer of %q by then: there are %s", text, parts[0], strings.Join(known, ", "))
		return nil
	}
	return &reference{text: text, step: parts[0], path: parts[1:]}
}

// find returns the value that a reference names, and whether there is one.
func (ref *reference) find(s *scope) (any, bool) {
	value, ok := s.value(ref.step)
	for _, key := range ref.path {
		switch v := value.(type) {
		case map[string]any:
			value, ok = v[key]
		case []any:
			i, err := strconv.Atoi(key)
			if ok = err == nil && i >= 0 && i < len(v) && strconv.Itoa(i) == key; ok {
				value = v[i]
			}
		default:
			ok = false
		}
		if !ok {
			return nil, false
		}
	}
	return value, ok
}

// fill makes the value that a template stands for.
func (t *template) fill(s *scope) (any, error) {
	switch {
	case t.from != nil:
		value, ok := t.from.find(s)
		if !ok {
			return nil, &MissingError{Reference: t.from.text}
		}
		return value, nil
	case t.join != nil:
		return t.joined(s)
	case t.object != nil:
		all := make(map[string]any, len(t.object))
		for key, part := range t.object {
			value, err := part.fill(s)
			if err != nil {
				return nil, err
			}
			all[key] = value
		}
		return all, nil
	case t.array != nil:
		all := make([]any, len(t.array))
		for i, part := range t.array {
			value, err := part.fill(s)
			if err != nil {
				return nil, err
			}
			all[i] = value
		}
		return all, nil
	}
	return t.literal, nil
}

// joined puts texts together; what is no text is written as JSON.
func (t *template) joined(s *scope) (any, error) {
	var b strings.Builder
	for _, part := range t.join {
		value, err := part.fill(s)
		if err != nil {
			return nil, err
		}
		if raw, ok := value.(json.RawMessage); ok {
			var text string
			if json.Unmarshal(raw, &text) == nil {
				value = text
			}
		}
		text, ok := value.(string)
		if !ok {
			raw, err := json.Marshal(value)
			if err != nil {
				return nil, err
			}
			text = string(raw)
		}
		b.WriteString(text)
	}
	return b.String(), nil
}

// A MissingError says that there is no value where a reference points to.
type MissingError struct{ Reference string }

// Error names the reference.
func (e *MissingError) Error() string { return "there is nothing at " + e.Reference }
