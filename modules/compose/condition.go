package compose

import (
	"encoding/json"
	"reflect"
	"strings"
)

// A condition is a Condition that was read.
type condition struct {
	from *reference
	test func(value any, there bool) bool
}

// condition reads a condition, of which one test is there.
func (r *reader) condition(at string, c *Condition, scope names) *condition {
	tests := []func(any, bool) bool{}
	if c.Exists != nil {
		tests = append(tests, func(_ any, there bool) bool { return there == *c.Exists })
	}
	if c.Equals != nil {
		want := plain(c.Equals)
		tests = append(tests, func(value any, there bool) bool { return there && reflect.DeepEqual(plain(value), want) })
	}
	if c.Differs != nil {
		want := plain(c.Differs)
		tests = append(tests, func(value any, there bool) bool { return !there || !reflect.DeepEqual(plain(value), want) })
	}
	if c.Contains != "" {
		tests = append(tests, func(value any, _ bool) bool {
			text, ok := value.(string)
			return ok && strings.Contains(text, c.Contains)
		})
	}
	if c.Less != nil {
		tests = append(tests, func(value any, _ bool) bool { n, ok := plain(value).(float64); return ok && n < *c.Less })
	}
	if c.Greater != nil {
		tests = append(tests, func(value any, _ bool) bool { n, ok := plain(value).(float64); return ok && n > *c.Greater })
	}
	if len(tests) != 1 {
		r.fault(at, "want one of exists, equals, differs, contains, less and greater beside from")
		return nil
	}
	return &condition{from: r.reference(at+".from", c.From, scope), test: tests[0]}
}

// holds reports whether the condition is met.
func (c *condition) holds(s *scope) bool {
	value, there := c.from.find(s)
	return c.test(value, there)
}

// plain is a value as encoding/json reads it without being told of types, so that 1 and 1.0 are the same.
func plain(value any) any {
	text, err := json.Marshal(value)
	var read any
	if err != nil || json.Unmarshal(text, &read) != nil {
		return value
	}
	return read
}
