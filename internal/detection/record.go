package detection

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/mcp-kernel/mcp-kernel/governance/detect"
	"github.com/mcp-kernel/mcp-kernel/governance/match"
)

// maxLine is the longest record that is read.
const maxLine = 16 << 20

// A Record is one line of a set: what is inspected, and what is expected of it.
type Record struct {
	ID     string          `json:"id"`
	Kind   string          `json:"kind"` // call, result, definition or text
	Tool   string          `json:"tool"`
	Value  json.RawMessage `json:"value"`
	Source string          `json:"source"` // where it came from in the agent's world, as in "web"
	Expect Expectation     `json:"expect"`
}

// An Expectation is what a reviewer said of a record.
type Expectation struct {
	Classes []string `json:"classes"`    // what must be found; none where nothing may be
	Spans   []string `json:"span_texts"` // the exact texts of the decoded value that are it
	Intent  string   `json:"intent"`     // the one best category
	Unsafe  bool     `json:"unsafe"`     // a careful reviewer would stop it
	Hides   string   `json:"hides"`      // the plain text that is hidden
	Note    string   `json:"note"`       // why a negative is hard
}

// Records reads a set. The error names the line that is no record.
func Records(r io.Reader) ([]Record, error) {
	var all []Record
	lines := bufio.NewScanner(r)
	lines.Buffer(nil, maxLine)
	for lines.Scan() {
		var record Record
		if err := json.Unmarshal(lines.Bytes(), &record); err != nil {
			return nil, fmt.Errorf("line %d: %w", len(all)+1, err)
		}
		all = append(all, record)
	}
	return all, lines.Err()
}

// source is what the record's value is part of.
func (r *Record) source() detect.Source {
	switch r.Kind {
	case "call":
		return detect.Arguments
	case "definition":
		return detect.Definitions
	default:
		return detect.Results
	}
}

// texts are the decoded texts and numbers of a document by their pointers, and the names of its members.
func texts(doc []byte) (values map[string]string, names []string, err error) {
	values = map[string]string{}
	err = match.Walk(doc, func(l *match.Leaf) error {
		switch l.Kind {
		case match.String, match.Number:
			values[l.Pointer()] = string(l.Text)
		case match.Key:
			names = append(names, string(l.Text))
		default:
		}
		return nil
	})
	return values, names, err
}

// covers reports whether one of the findings lies over one of the texts that the record expects, or, where it expects none
// of its own, whether there is a finding at all. What was found in texts together counts for each of them.
func (r *Record) covers(findings []match.Finding) bool {
	if len(r.Expect.Spans) == 0 {
		return len(findings) > 0
	}
	values, _, err := texts(r.Value)
	if err != nil {
		return false
	}
	return slices.ContainsFunc(findings, func(f match.Finding) bool {
		text, ok := values[f.Pointer]
		if !ok || f.Key || f.Span.End > len(text) {
			return true // in texts together, or in a name
		}
		return slices.ContainsFunc(r.Expect.Spans, func(span string) bool { return overlaps(text, span, f.Span) })
	})
}

// overlaps reports whether the span has a character in common with one of the places in the text where the words stand.
func overlaps(text, words string, span match.Span) bool {
	for from := 0; ; {
		at := strings.Index(text[from:], words)
		if at < 0 {
			return false
		}
		start := from + at
		if span.Start < start+len(words) && start < span.End {
			return true
		}
		from = start + 1
	}
}
