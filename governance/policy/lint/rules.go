package lint

import (
	"fmt"
	"slices"
	"strings"

	"github.com/mcp-kernel/mcp-kernel/governance"
	"github.com/mcp-kernel/mcp-kernel/governance/rules"
)

// labels looks at the rules for labels: which calls they are about, and whether any rule asks for what they add.
func (l *linter) labels() {
	for i := range l.p.Labels {
		r := &l.p.Labels[i]
		l.about(fmt.Sprintf("%s[%d]", governance.CheckLabels, i), r.Tools, r.Resources, r.Prompts, r.Hints)
	}
	if len(l.p.Labels) > 0 && l.p.Rules.Text == "" {
		l.note(governance.CheckLabels, "add a rule that asks context.labels, here or in a policy that holds beside this one",
			"labels decide nothing by themselves, and this policy has no rules")
	}
}

// rules looks for Cedar rules that say what another says, that are about calls which the policy never lets come so far, and
// for labels that none asks for.
func (l *linter) rules() {
	if l.p.Rules.Text == "" {
		return
	}
	document, err := rules.Parse(l.p.Rules)
	if err != nil {
		return // it is no valid policy
	}
	asked := map[string]bool{}
	scopes := document.Scopes()
	for i := range scopes {
		s := &scopes[i]
		for _, label := range s.Labels {
			asked[label] = true
		}
		if s.Same >= 0 {
			l.rule(s, Warning, "strike it", "rule %q says what rule %q says", s.ID, scopes[s.Same].ID)
		} else if names := l.closed(s.Actions); len(names) > 0 && len(names) == len(s.Actions) {
			l.rule(s, Warning, "strike it, or allow what it is about", "rule %q never decides: the policy does not allow %s", s.ID, strings.Join(names, ", "))
		}
	}
	for i := range l.p.Labels {
		for k, label := range l.p.Labels[i].Add {
			if !asked[label] {
				l.note(fmt.Sprintf("%s[%d].add[%d]", governance.CheckLabels, i, k), "strike it, unless a policy that holds beside this one asks for it",
					"no rule of this policy asks for the label %q", label)
			}
		}
	}
}

// rule adds what is found of a Cedar rule, at its own place.
func (l *linter) rule(s *rules.Scope, severity Severity, fix, format string, args ...any) {
	l.add(severity, governance.CheckRules, fix, format, args...)
	f := &l.found[len(l.found)-1]
	if s.At.Line > 0 {
		f.Line, f.Column = s.At.Line, s.At.Column
	}
}

// closed returns those of some actions that are tools or prompts which the policy does not allow.
func (l *linter) closed(actions []string) (names []string) {
	lists := l.all()
	for _, name := range actions {
		known, allowed := false, false
		for _, list := range []list{lists[0], lists[2]} {
			is := slices.Contains(list.there, name)
			known, allowed = known || is, allowed || is && takes(list.names, name)
		}
		if known && !allowed {
			names = append(names, name)
		}
	}
	return names
}
