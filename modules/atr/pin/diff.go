package pin

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"unicode/utf16"
)

// A Change is one difference between two definitions.
type Change struct {
	Pointer string          `json:"pointer"`          // RFC 6901, of the value or member
	Before  json.RawMessage `json:"before,omitempty"` // nil where it was not there
	After   json.RawMessage `json:"after,omitempty"`  // nil where it is not there any more
}

// String is the change on a line: what was, and what is, with everything that cannot be seen escaped.
func (c Change) String() string {
	switch {
	case c.Before == nil:
		return fmt.Sprintf("+ %s: %s", c.Pointer, seen(c.After))
	case c.After == nil:
		return fmt.Sprintf("- %s: %s", c.Pointer, seen(c.Before))
	default:
		return fmt.Sprintf("~ %s: %s → %s", c.Pointer, seen(c.Before), seen(c.After))
	}
}

// seen is JSON in visible characters of ASCII alone, so that nothing in it hides or plays with a terminal.
func seen(value json.RawMessage) string {
	var b strings.Builder
	for _, r := range string(value) {
		switch {
		case ' ' <= r && r <= '~':
			b.WriteRune(r)
		case r < ' ':
			b.WriteByte(' ') // white space between tokens: in texts there is none of it
		case r > 0xFFFF:
			high, low := utf16.EncodeRune(r)
			fmt.Fprintf(&b, `\u%04x\u%04x`, high, low)
		default:
			fmt.Fprintf(&b, `\u%04x`, r)
		}
	}
	return b.String()
}

// Diff returns the differences between two definitions by their places, members before others in the order of their
// names. Arrays are compared element by element.
func Diff(before, after json.RawMessage) []Change {
	return diff(nil, "", before, after)
}

func diff(all []Change, pointer string, before, after json.RawMessage) []Change {
	a, b := object(before), object(after)
	if a != nil && b != nil {
		for _, key := range slices.Sorted(maps.Keys(merged(a, b))) {
			all = diff(all, pointer+"/"+escape(key), a[key], b[key])
		}
		return all
	}
	x, y := array(before), array(after)
	if x != nil && y != nil {
		for i := range max(len(x), len(y)) {
			all = diff(all, pointer+"/"+strconv.Itoa(i), at(x, i), at(y, i))
		}
		return all
	}
	if same(before, after) {
		return all
	}
	return append(all, Change{Pointer: pointer, Before: before, After: after})
}

func object(value json.RawMessage) (members map[string]json.RawMessage) {
	if bytes.HasPrefix(bytes.TrimSpace(value), []byte{'{'}) && json.Unmarshal(value, &members) != nil {
		return nil
	}
	return members
}

func array(value json.RawMessage) (elements []json.RawMessage) {
	if bytes.HasPrefix(bytes.TrimSpace(value), []byte{'['}) && json.Unmarshal(value, &elements) != nil {
		return nil
	}
	return elements
}

func at(elements []json.RawMessage, i int) json.RawMessage {
	if i >= len(elements) {
		return nil
	}
	return elements[i]
}

func merged(a, b map[string]json.RawMessage) map[string]json.RawMessage {
	all := maps.Clone(a)
	maps.Copy(all, b)
	return all
}

func same(a, b json.RawMessage) bool {
	if a == nil || b == nil {
		return a == nil && b == nil
	}
	x, errX := Digest(a)
	y, errY := Digest(b)
	if errX != nil || errY != nil {
		return bytes.Equal(a, b)
	}
	return x == y
}

func escape(key string) string {
	return strings.NewReplacer("~", "~0", "/", "~1").Replace(key)
}
