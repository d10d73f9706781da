package rules

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
)

// Bounds of the rules of one policy.
const (
	MaxBytes   = 256 << 10 // of Cedar text
	MaxRules   = 1000      // rules
	maxNesting = 64        // brackets within brackets; the parser and the type checker recurse
	maxIDBytes = 64        // of a rule's name, which decisions and the journal repeat
	maxFaults  = 100       // that are reported of one document; more are counted
)

// A Position is a place in a file; both count from 1, columns in characters. The zero value is unknown.
type Position struct{ Line, Column int }

// A Source is the Cedar text of one policy and where it was written.
type Source struct {
	Policy string   // name of the policy that it belongs to
	File   string   // path as the operator gave it; empty for rules made in code
	Text   string   // any number of Cedar policies
	Start  Position // where Text begins in File; zero is its beginning
	Indent int      // characters before each further line of Text that the file has and Text has not
}

// place returns where in the file a place of the text lies.
func (s *Source) place(p Position) Position {
	at := Position{Line: max(s.Start.Line, 1) + p.Line - 1, Column: p.Column}
	if p.Line == 1 {
		at.Column += max(s.Start.Column, 1) - 1
	} else {
		at.Column += s.Indent
	}
	return at
}

// A RuleError is one thing that is wrong with the rules of a policy.
type RuleError struct {
	File    string
	At      Position
	Policy  string
	Rule    string // its @id, or its number as in "rules[2]"; empty for the text as such
	Problem string // what is wrong and what to do
}

// Error returns file:line:column: policy "name": rule "id": problem, of which it leaves out what is not known.
func (f *RuleError) Error() string {
	text := f.Problem
	if f.Rule != "" {
		text = fmt.Sprintf("rule %q: %s", f.Rule, text)
	}
	if f.Policy != "" {
		text = fmt.Sprintf("policy %q: %s", f.Policy, text)
	}
	if f.File != "" {
		text = fmt.Sprintf("%s:%d:%d: %s", f.File, f.At.Line, f.At.Column, text)
	}
	return text
}

// faults collects what is wrong.
type faults []*RuleError

// err returns all faults, in the order of files and places, joined, each *RuleError; nil when there is none.
func (f faults) err() error {
	slices.SortStableFunc(f, func(a, b *RuleError) int {
		return cmp.Or(cmp.Compare(a.File, b.File), cmp.Compare(a.Policy, b.Policy), cmp.Compare(a.At.Line, b.At.Line),
			cmp.Compare(a.At.Column, b.At.Column), cmp.Compare(a.Rule, b.Rule), cmp.Compare(a.Problem, b.Problem))
	})
	f = slices.CompactFunc(f, func(a, b *RuleError) bool { // what is wrong for one tool is so for many
		return a.File == b.File && a.Policy == b.Policy && a.At == b.At && a.Rule == b.Rule
	})
	var joined []error
	for i, fault := range f {
		if i == maxFaults {
			joined = append(joined, fmt.Errorf("and %d more faults of rules", len(f)-maxFaults))
			break
		}
		joined = append(joined, fault)
	}
	return errors.Join(joined...)
}
