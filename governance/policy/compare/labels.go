package compare

import (
	"context"
	"fmt"
	"slices"

	"github.com/mcp-kernel/mcp-kernel/governance"
)

// labels compares the rules for labels by what the Cedar rules make of them: a call, or an answer, that one side alone
// labels comes before each of the calls that those rules may speak of. Alone they decide nothing.
func (c *comparison) labels(ctx context.Context) []Field {
	first, second := meanings(c.sides[0].has.Labels), meanings(c.sides[1].has.Labels)
	if subset(first, second) && subset(second, first) {
		return nil
	}
	f := Field{Name: governance.CheckLabels, First: c.sides[0].members()["labels"], Second: c.sides[1].members()["labels"]}
	one, two := c.sides[0].code(), c.sides[1].code()
	if !one.all.Labels && !two.all.Labels {
		f.note("no rule looks at labels, so they decide nothing")
		return []Field{f}
	}
	tried := c.sample(ctx, &f, governance.CheckRules, c.after(c.labelling(false)))
	f.settle(directions{true, true}, fmt.Sprintf("%d calls after what adds the labels", tried))
	return []Field{f}
}

// after is every call that there is, after each of some.
func (c *comparison) after(before []probe) []probe {
	calls := c.everything(nil)
	var probes []probe
	for i := range before {
		for _, p := range calls {
			p.before = before[i : i+1]
			if probes = append(probes, p); len(probes) >= maxRuled {
				return probes
			}
		}
	}
	return probes
}

// meanings are rules for labels without who gave them.
func meanings(all []governance.EffectiveLabel) []string {
	texts := make([]string, len(all))
	for i := range all {
		l := all[i]
		l.Policy = ""
		texts[i] = string(encoded(l))
	}
	return texts
}

// labelling are calls to which a rule for labels of one side alone applies, or one of any, with answers that hold what it is
// about.
func (c *comparison) labelling(all bool) []probe {
	first, second := meanings(c.sides[0].has.Labels), meanings(c.sides[1].has.Labels)
	var found []probe
	for i := range c.sides {
		others := second
		if i == 1 {
			others = first
		}
		for k, text := range meanings(c.sides[i].has.Labels) {
			if all || !slices.Contains(others, text) {
				found = append(found, c.labelled(&c.sides[i].has.Labels[k])...)
			}
		}
	}
	return found
}

// labelled are calls to which a rule for labels applies.
func (c *comparison) labelled(l *governance.EffectiveLabel) []probe {
	answers := [][]byte{nil}
	if len(l.Found) > 0 {
		answers = nil
		for _, class := range classesOf(l.Found) {
			if text, known := sampleOf(class); known {
				answers = append(answers, placed(nil, text))
			}
		}
	}
	calls := c.scope(l.Tools, l.Resources, l.Prompts, l.Hints)
	found := make([]probe, 0, len(calls)*len(answers))
	for _, call := range calls {
		for _, answer := range answers {
			call.answer = answer
			found = append(found, call)
		}
	}
	return found
}

// scope are calls that lists of names and hints are about: of names that there are, or that the globs make.
func (c *comparison) scope(tools, resources, prompts []string, hints map[string]bool) []probe {
	var found []probe
	unlisted := len(tools)+len(resources)+len(prompts) == 0
	for _, list := range []struct {
		kind  governance.Kind
		names []string
	}{{governance.KindTool, tools}, {governance.KindResource, resources}, {governance.KindPrompt, prompts}} {
		if unlisted && list.kind == governance.KindTool || len(hints) > 0 && len(list.names) == 0 && list.kind == governance.KindTool {
			list.names = []string{"*"}
		}
		names := c.known(list.kind)
		if list.kind == governance.KindTool {
			names = append(names, c.tools()...)
		}
		for _, glob := range list.names {
			names = append(names, globSample(glob))
		}
		for _, name := range names {
			if matchesAny(list.names, name) && (list.kind != governance.KindTool || c.hinted(name, hints)) {
				found = append(found, c.of(list.kind, name))
			}
		}
	}
	return found
}

// hinted reports whether a tool says of itself all that hints want.
func (c *comparison) hinted(name string, hints map[string]bool) bool {
	says := map[string]bool{"destructive": true, "open_world": true} // the pessimistic of one that nobody knows
	for _, t := range c.o.Surface.Tools {
		if t.Name == name {
			says = map[string]bool{"read_only": t.ReadOnly, "destructive": t.Destructive, "idempotent": t.Idempotent, "open_world": t.OpenWorld}
		}
	}
	for hint, want := range hints {
		if says[hint] != want {
			return false
		}
	}
	return true
}
