package tools

import "strconv"

// tree reads a value as what encoding/json would make of it for an empty interface, in half the time. A number that no
// float64 comes near is not readable.
func (d *decoder) tree() (any, bool) {
	switch c := d.peek(); c {
	case '{':
		return d.treeObject()
	case '[':
		return d.treeArray()
	case '"':
		text, ok := d.text()
		return string(text), ok
	case 't':
		return true, d.literal("true")
	case 'f':
		return false, d.literal("false")
	case 'n':
		return nil, d.literal("null")
	default:
		literal, ok := d.number()
		if !ok {
			return nil, false
		}
		f, err := strconv.ParseFloat(string(literal), 64)
		return f, err == nil
	}
}

func (d *decoder) treeObject() (any, bool) {
	members := map[string]any{}
	if !d.enter() || d.empty('}') {
		return members, d.broken == ""
	}
	for {
		key, ok := d.key()
		if !ok {
			return nil, false
		}
		name := string(key)
		value, ok := d.tree()
		if !ok {
			return nil, false
		}
		members[name] = value
		if more, ok := d.more('}'); !more {
			return members, ok
		}
	}
}

func (d *decoder) treeArray() (any, bool) {
	elements := []any{}
	if !d.enter() || d.empty(']') {
		return elements, d.broken == ""
	}
	for {
		value, ok := d.tree()
		if !ok {
			return nil, false
		}
		elements = append(elements, value)
		if more, ok := d.more(']'); !more {
			return elements, ok
		}
	}
}
