package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"sort"
	"strings"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"
)

// A record is one line of a set: the input of mcp-kernel inspect, and what is true of it.
type record struct {
	ID     string `json:"id"`
	Kind   string `json:"kind"`
	Tool   string `json:"tool,omitempty"`
	Value  any    `json:"value"`
	Source string `json:"source,omitempty"`
	Expect expect `json:"expect"`
}

// An expect is the label of a record. No classes means that nothing may be found.
type expect struct {
	Classes  []string `json:"classes"`
	Intent   string   `json:"intent,omitempty"`
	Language string   `json:"language,omitempty"`
	Unsafe   *bool    `json:"unsafe,omitempty"`
	Spans    []string `json:"span_texts,omitempty"`
	Hides    string   `json:"hides,omitempty"`
	Note     string   `json:"note,omitempty"`
	Origin   string   `json:"origin"`
}

// encode numbers the records, checks them, and returns them as JSON lines.
func encode(name string, records []record) ([]byte, error) {
	var out bytes.Buffer
	var faults []error
	seen := map[string]string{}
	for i := range records {
		r := &records[i]
		r.ID = fmt.Sprintf("%s-%04d", name, i+1)
		if r.Expect.Classes == nil {
			r.Expect.Classes = []string{}
		}
		line, err := encodeLine(*r)
		if err != nil {
			faults = append(faults, fmt.Errorf("%s: %w", r.ID, err))
			continue
		}
		if err := check(*r, line); err != nil {
			faults = append(faults, fmt.Errorf("%s: %w in %s", r.ID, err, line))
		}
		value, _ := json.Marshal([]any{r.Kind, r.Tool, r.Value, r.Expect.Language})
		if first, ok := seen[string(value)]; ok {
			faults = append(faults, fmt.Errorf("%s: the same as %s", r.ID, first))
		}
		seen[string(value)] = r.ID
		out.Write(line)
		out.WriteByte('\n')
	}
	return out.Bytes(), errors.Join(faults...)
}

// encodeLine returns a record as one line of JSON in which nothing that cannot be seen stands for itself.
func encodeLine(r record) ([]byte, error) {
	var buf bytes.Buffer
	e := json.NewEncoder(&buf)
	e.SetEscapeHTML(false)
	if err := e.Encode(r); err != nil {
		return nil, err
	}
	var out bytes.Buffer
	for _, c := range strings.TrimSuffix(buf.String(), "\n") {
		if unicode.IsGraphic(c) && !unicode.In(c, unicode.Mn, unicode.Variation_Selector) && c != 0x3164 && (c == ' ' || !unicode.Is(unicode.Zs, c)) {
			out.WriteRune(c)
			continue
		}
		if c > 0xFFFF {
			high, low := utf16.EncodeRune(c)
			fmt.Fprintf(&out, `\u%04x\u%04x`, high, low)
			continue
		}
		fmt.Fprintf(&out, `\u%04x`, c)
	}
	return out.Bytes(), nil
}

// check reports what is wrong with a record: an unknown kind, a span that does not occur, bytes that are not UTF-8.
func check(r record, line []byte) error {
	switch r.Kind {
	case "call", "result", "definition", "text":
	default:
		return fmt.Errorf("kind %q", r.Kind)
	}
	if !utf8.Valid(line) || !json.Valid(line) {
		return errors.New("not JSON in UTF-8")
	}
	if r.Expect.Origin == "" {
		return errors.New("no origin")
	}
	var decoded record
	if err := json.Unmarshal(line, &decoded); err != nil {
		return err
	}
	texts := stringsOf(decoded.Value, nil)
	for _, span := range r.Expect.Spans {
		if !anyContains(texts, span) {
			return fmt.Errorf("span %q does not occur", span)
		}
	}
	return nil
}

// stringsOf appends every string of a decoded JSON value to texts: values, keys, and the digits of numbers.
func stringsOf(value any, texts []string) []string {
	switch v := value.(type) {
	case string:
		return append(texts, v)
	case float64:
		return append(texts, fmt.Sprintf("%.0f", v))
	case []any:
		for _, item := range v {
			texts = stringsOf(item, texts)
		}
	case map[string]any:
		for key, item := range v {
			texts = stringsOf(item, append(texts, key))
		}
	}
	return texts
}

func anyContains(texts []string, part string) bool {
	for _, text := range texts {
		if strings.Contains(text, part) {
			return true
		}
	}
	return false
}

// printStats prints how many records a set has of each class and of none.
func printStats(name string, records []record) {
	count := map[string]int{}
	for _, r := range records {
		label := strings.Join(r.Expect.Classes, "+")
		if label == "" {
			label = "-"
		}
		if r.Expect.Intent != "" {
			label = r.Expect.Intent
		}
		if r.Expect.Language != "" {
			label = fmt.Sprintf("%s unsafe=%v", r.Expect.Language, r.Expect.Unsafe != nil && *r.Expect.Unsafe)
		}
		count[label]++
	}
	labels := make([]string, 0, len(count))
	for label := range count {
		labels = append(labels, label)
	}
	sort.Strings(labels)
	fmt.Printf("%s %d\n", name, len(records))
	for _, label := range labels {
		fmt.Printf("  %5d %s\n", count[label], label)
	}
}
