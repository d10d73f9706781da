package detection

import (
	"cmp"
	"fmt"

	"github.com/mcp-kernel/mcp-kernel/governance/detect"
	"github.com/mcp-kernel/mcp-kernel/governance/match"
)

// A Figure is what a detector does on a set: of what is to be found and of what is not, how much it reports at all, and of
// how much it does more than to note it, unless an operator says otherwise.
type Figure struct {
	Found, Acted             Share
	FalseFound, FalselyActed Share

	By, ActedBy    Shares // found and acted on, by the class that is expected
	ByNote, ByKind Shares // negatives in which something was found, by why they are hard, and by what they are
	ActedKind      Shares // negatives acted on, by what they are

	Taken map[string]int // negatives in which something was found, by what it was taken for
}

// Detected measures one check on a set.
func Detected(e *detect.Engine, check string, set []Record) (Figure, error) {
	f := Figure{By: Shares{}, ActedBy: Shares{}, ByNote: Shares{}, ByKind: Shares{}, ActedKind: Shares{}, Taken: map[string]int{}}
	for i := range set {
		r := &set[i]
		found, acted, err := r.findings(e, check)
		if err != nil {
			return f, err
		}
		if len(r.Expect.Classes) > 0 {
			f.positive(r, found, acted)
		} else {
			f.negative(r, found, acted)
		}
	}
	return f, nil
}

// findings are what the check finds in the record, and those that more is done about than to note them.
func (r *Record) findings(e *detect.Engine, check string) (found, acted []match.Finding, err error) {
	all, err := e.Document(nil, r.Value, detect.Context{Source: r.source()})
	if err != nil {
		return nil, nil, fmt.Errorf("%s: %w", r.ID, err)
	}
	settings := detect.DefaultSettings()
	for i := range all {
		if all[i].Check != check {
			continue
		}
		found = append(found, all[i])
		if settings.Action(all[i], r.source()) >= detect.Redact {
			acted = append(acted, all[i])
		}
	}
	return found, acted, nil
}

func (f *Figure) positive(r *Record, found, acted []match.Finding) {
	yes, more := r.covers(found), r.covers(acted)
	f.Found.add(yes)
	f.Acted.add(more)
	f.By.add(yes, r.Expect.Classes...)
	f.ActedBy.add(more, r.Expect.Classes...)
}

func (f *Figure) negative(r *Record, found, acted []match.Finding) {
	yes, more := len(found) > 0, len(acted) > 0
	f.FalseFound.add(yes)
	f.FalselyActed.add(more)
	f.ByNote.add(yes, cmp.Or(r.Expect.Note, "from "+cmp.Or(r.Source, "nowhere")))
	f.ByKind.add(yes, r.Kind)
	f.ActedKind.add(more, r.Kind)
	seen := map[string]bool{}
	for i := range found {
		if class := found[i].Class; !seen[class] {
			seen[class] = true
			f.Taken[class]++
		}
	}
}

// Blocked measures what all checks together do to harmless records, by their kind and of all: in how many anything is acted on
// with the settings that are recommended.
func Blocked(e *detect.Engine, set []Record) (Shares, error) {
	all := Shares{}
	for i := range set {
		acted := false
		for _, check := range Checks() {
			_, of, err := set[i].findings(e, check)
			if err != nil {
				return nil, err
			}
			acted = acted || len(of) > 0
		}
		all.add(acted, set[i].Kind, "all")
	}
	return all, nil
}

// Checks are the detectors, by the names that their findings carry.
func Checks() []string { return []string{"secrets", "pii", "injection", "terminal", "definition"} }
