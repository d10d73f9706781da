package rules

import "slices"

// A Scope is what a rule is about: the calls of its head, and the data labels of its conditions.
type Scope struct {
	Rule

	Actions []string // that the head names, as in "file_read" or "tools/call"; none is all
	Labels  []string // that the conditions spell
	Same    int      // the number of an earlier rule that says the same, or -1
}

// Scopes returns what the rules are about, in the order of the text. The caller owns it.
func (d *Document) Scopes() []Scope {
	all := make([]Scope, len(d.rules))
	said := map[string]int{}
	for i := range d.rules {
		r := &d.rules[i]
		all[i] = Scope{Rule: r.Rule, Labels: r.labels(), Same: -1}
		for _, uid := range scoped(r.tree.Action) {
			all[i].Actions = append(all[i].Actions, string(uid.ID))
		}
		slices.Sort(all[i].Actions)
		form := r.form()
		if first, twice := said[form]; twice {
			all[i].Same = first
		} else {
			said[form] = i
		}
	}
	return all
}
