package inspect

import (
	"cmp"
	"slices"

	"github.com/mcp-kernel/mcp-kernel/governance"
	"github.com/mcp-kernel/mcp-kernel/governance/match"
)

// A Summary counts what became of records. The zero value is of none.
type Summary struct {
	Records  int64   `json:"records"`  // lines that are not empty
	Allowed  int64   `json:"allowed"`  // of them
	Asked    int64   `json:"asked"`    // a person would be asked first
	Denied   int64   `json:"denied"`   // those that could not be read or judged among them
	Redacted int64   `json:"redacted"` // of the allowed, those that leave without something
	Would    int64   `json:"would"`    // of the allowed, those that mode audit let pass
	Errors   int64   `json:"errors"`   // could not be read or judged
	Classes  []Class `json:"classes"`  // of findings, by check and name; never nil in what Filter returns
}

// A Class counts the findings of one class.
type Class struct {
	Check    string         `json:"check"`
	Class    string         `json:"class"`
	Findings int64          `json:"findings"`
	Records  int64          `json:"records"`  // in which there is one
	Severity match.Severity `json:"severity"` // of the gravest
}

// order sorts classes by check and name.
func order(a, b Class) int {
	return cmp.Or(cmp.Compare(a.Check, b.Check), cmp.Compare(a.Class, b.Class))
}

// Add adds what another summary has counted, of other records.
func (s *Summary) Add(o *Summary) {
	s.Records += o.Records
	s.Allowed += o.Allowed
	s.Asked += o.Asked
	s.Denied += o.Denied
	s.Redacted += o.Redacted
	s.Would += o.Would
	s.Errors += o.Errors
	for _, c := range o.Classes {
		at, found := slices.BinarySearchFunc(s.Classes, c, order)
		if !found {
			s.Classes = slices.Insert(s.Classes, at, c)
			continue
		}
		mine := &s.Classes[at]
		mine.Findings += c.Findings
		mine.Records += c.Records
		mine.Severity = max(mine.Severity, c.Severity)
	}
}

// Gravest returns the severity of the gravest finding, and whether there is one.
func (s *Summary) Gravest() (severity match.Severity, found bool) {
	for _, c := range s.Classes {
		severity, found = max(severity, c.Severity), true
	}
	return severity, found
}

// A tally counts the results of one batch. The zero value is ready.
type tally struct {
	Summary

	last []int64 // of each class the record that was counted last, by its number
}

// add counts a result.
func (t *tally) add(r *Result) {
	t.Records++
	switch r.Effect {
	case governance.Allow:
		t.Allowed++
	case governance.Ask:
		t.Asked++
	default:
		t.Denied++
	}
	count(&t.Redacted, r.Redacted != nil)
	count(&t.Would, r.By != nil && r.By.Would)
	count(&t.Errors, r.Error != "")
	for i := range r.Findings {
		t.found(&r.Findings[i])
	}
}

func count(n *int64, one bool) {
	if one {
		*n++
	}
}

// found counts a finding of the newest record.
func (t *tally) found(f *Finding) {
	c := Class{Check: f.Check, Class: f.Class}
	at, known := slices.BinarySearchFunc(t.Classes, c, order)
	if !known {
		t.Classes, t.last = slices.Insert(t.Classes, at, c), slices.Insert(t.last, at, 0)
	}
	mine := &t.Classes[at]
	mine.Findings++
	mine.Severity = max(mine.Severity, f.Severity)
	if t.last[at] != t.Records {
		t.last[at] = t.Records
		mine.Records++
	}
}

// reset makes the tally the zero one, and keeps its memory.
func (t *tally) reset() {
	*t = tally{Summary: Summary{Classes: t.Classes[:0]}, last: t.last[:0]}
}
