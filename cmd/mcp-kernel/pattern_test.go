package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"sort"
	"strings"
)

// A matcher compares answers with patterns and keeps what they captured. A pattern is JSON in which
//
//	"..."        stands for any value, and as the last element of an array for any rest,
//	"...": ...   as a member allows further members,
//	"=name"      stands for any string and keeps it as @{name},
//	"~regexp"    stands for a string that the expression matches.
//
// Numbers are compared by their digits, because 2^53+1 must come back as it went.
type matcher struct{ kept map[string]string }

// match returns what differs, or "".
func (m *matcher) match(pattern, text string) string {
	want, err := parse(pattern)
	if err != nil {
		return fmt.Sprintf("the pattern is no JSON: %v", err)
	}
	got, err := parse(text)
	if err != nil {
		return fmt.Sprintf("no JSON: %v", err)
	}
	return m.value("", want, got)
}

func parse(text string) (any, error) {
	d := json.NewDecoder(bytes.NewReader([]byte(text)))
	d.UseNumber()
	var v any
	err := d.Decode(&v)
	return v, err
}

func (m *matcher) value(at string, want, got any) string {
	switch want := want.(type) {
	case string:
		return m.text(at, want, got)
	case map[string]any:
		object, ok := got.(map[string]any)
		if !ok {
			return fmt.Sprintf("%s: want an object, got %v", at, got)
		}
		return m.object(at, want, object)
	case []any:
		array, ok := got.([]any)
		if !ok {
			return fmt.Sprintf("%s: want an array, got %v", at, got)
		}
		return m.array(at, want, array)
	default:
		if want != got {
			return fmt.Sprintf("%s: want %v, got %v", at, want, got)
		}
		return ""
	}
}

func (m *matcher) text(at, want string, got any) string {
	if want == "..." {
		return ""
	}
	text, ok := got.(string)
	switch {
	case !ok:
	case strings.HasPrefix(want, "="):
		m.kept[want[1:]] = text
		return ""
	case strings.HasPrefix(want, "~"):
		ok = regexp.MustCompile(want[1:]).MatchString(text)
	default:
		ok = text == want
	}
	if !ok {
		return fmt.Sprintf("%s: want %q, got %#v", at, want, got)
	}
	return ""
}

func (m *matcher) object(at string, want, got map[string]any) string {
	_, open := want["..."]
	for key, value := range want {
		if key == "..." {
			continue
		}
		member, ok := got[key]
		if !ok {
			return fmt.Sprintf("%s: no %q", at, key)
		}
		if diff := m.value(at+"/"+key, value, member); diff != "" {
			return diff
		}
	}
	if open {
		return ""
	}
	var more []string
	for key := range got {
		if _, ok := want[key]; !ok {
			more = append(more, key)
		}
	}
	if len(more) > 0 {
		sort.Strings(more)
		return fmt.Sprintf("%s: unexpected %s", at, strings.Join(more, ", "))
	}
	return ""
}

func (m *matcher) array(at string, want, got []any) string {
	if n := len(want); n > 0 && want[n-1] == "..." && len(got) >= n-1 {
		want, got = want[:n-1], got[:n-1]
	}
	if len(want) != len(got) {
		return fmt.Sprintf("%s: want %d elements, got %d: %v", at, len(want), len(got), got)
	}
	for i := range want {
		if diff := m.value(fmt.Sprintf("%s/%d", at, i), want[i], got[i]); diff != "" {
			return diff
		}
	}
	return ""
}

// expand puts what was captured, and repetitions as in @{x*1000}, into a line.
func (m *matcher) expand(line string) string {
	return regexp.MustCompile(`@\{[^}]*\}`).ReplaceAllStringFunc(line, func(name string) string {
		name = name[2 : len(name)-1]
		var n int
		if text, times, ok := strings.Cut(name, "*"); ok {
			if _, err := fmt.Sscan(times, &n); err == nil {
				return strings.Repeat(text, n)
			}
		}
		return m.kept[name]
	})
}

// anyOf matches a text with one of several patterns and returns the others.
func (m *matcher) anyOf(patterns []string, text string) ([]string, string) {
	var diffs []string
	for i, pattern := range patterns {
		diff := m.match(pattern, text)
		if diff == "" {
			return slices.Delete(slices.Clone(patterns), i, i+1), ""
		}
		diffs = append(diffs, diff)
	}
	return patterns, strings.Join(diffs, "\n  or ")
}
