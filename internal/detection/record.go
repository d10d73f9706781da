package detection

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
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
	Expect struct {
		Classes []string `json:"classes"`    // what must be found; none where nothing may be
		Spans   []string `json:"span_texts"` // the exact texts of the decoded value that are it
		Intent  string   `json:"intent"`
		Unsafe  bool     `json:"unsafe"`
	} `json:"expect"`
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

// covers reports whether one of the findings lies over one of the texts that the record expects, or, where it expects none
// of its own, whether there is a finding at all. What was found in texts together counts for each of them.
func (r *Record) covers(findings []match.Finding) bool {
	if len(r.Expect.Spans) == 0 {
		return len(findings) > 0
	}
	texts := map[string]string{}
	if err := match.Walk(r.Value, func(l *match.Leaf) error {
		if l.Kind == match.String || l.Kind == match.Number {
			texts[l.Pointer()] = string(l.Text)
		}
		return nil
	}); err != nil {
		return false
	}
	for i := range findings {
		f := &findings[i]
		text, ok := texts[f.Pointer]
		if !ok || f.Span.End > len(text) {
			return true // in texts together, or in a name
		}
		for _, span := range r.Expect.Spans {
			at := strings.Index(text, span)
			if at >= 0 && f.Span.Start < at+len(span) && at < f.Span.End {
				return true
			}
		}
	}
	return false
}
