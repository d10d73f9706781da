package compare

import (
	"strings"

	"github.com/mcp-kernel/mcp-kernel/governance"
)

// directions are stricter and looser, in this order.
type directions [2]bool

// relationOf is the relation of a direction.
func relationOf(direction int) Relation {
	if direction == 0 {
		return Stricter
	}
	return Looser
}

// relation is what directions come to together that are known for sure.
func (d directions) relation() Relation {
	switch {
	case d[0] && d[1]:
		return Incomparable
	case d[0]:
		return Stricter
	case d[1]:
		return Looser
	default:
		return Equal
	}
}

// shown are the directions of which there is a witness.
func (f *Field) shown() (d directions) {
	for i := range f.Witnesses {
		switch f.Witnesses[i].Relation {
		case Stricter:
			d[0] = true
		case Looser:
			d[1] = true
		default: // no witness shows anything else
		}
	}
	return d
}

// note adds to what the relation rests on.
func (f *Field) note(text string) {
	f.Note = strings.TrimPrefix(f.Note+"; "+text, "; ")
}

// settle says what the relation is, given the directions that what is written leaves open, and the witnesses of what was
// tried.
func (f *Field) settle(open directions, tried string) {
	shown := f.shown()
	f.Relation = shown.relation()
	switch {
	case f.Relation == Incomparable:
	case f.Relation == Stricter && open[1], f.Relation == Looser && open[0]:
		f.Sampled = true
		f.note("only sampled: as far as " + tried + " show")
	case f.Relation != Equal:
	case open[0] && open[1]:
		f.Relation = Undecided
		f.note("cannot be decided: " + tried + " come to the same, and what is written leaves both open")
	case open[0] || open[1]:
		f.Relation, f.weak = open.relation(), true
		f.note("or equal: " + tried + " come to the same")
	}
}

// audited is for two of which one only audits: that one lets pass what any field but a few refuses, so the others tell only
// what it would be like if both enforced.
func (r *Report) audited() {
	for i := range r.Fields {
		f := &r.Fields[i]
		switch f.Name {
		case fieldMode, fieldTimeout, governance.CheckResult, governance.CheckConfidence:
		default:
			f.moot = true
			f.note("it would be so if both were in mode enforce; the one in mode audit refuses nothing")
		}
	}
}

// conclude says what the fields come to together.
func (r *Report) conclude() {
	var sure, maybe directions
	undecided := false
	for i := range r.Fields {
		f := &r.Fields[i]
		if f.moot {
			continue
		}
		r.Sampled = r.Sampled || f.Sampled
		undecided = undecided || f.Relation == Undecided
		to := &sure
		if f.weak {
			to = &maybe
		}
		to[0] = to[0] || f.Relation == Stricter || f.Relation == Incomparable
		to[1] = to[1] || f.Relation == Looser || f.Relation == Incomparable
	}
	r.Relation = sure.relation()
	switch both := (directions{sure[0] || maybe[0], sure[1] || maybe[1]}).relation(); {
	case r.Relation == Incomparable:
		r.Sampled = false // both directions are shown
	case undecided, both == Incomparable:
		r.Relation = Undecided
	default:
		r.Relation = both
	}
}
