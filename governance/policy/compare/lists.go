package compare

import (
	"context"
	"slices"
	"strings"

	"github.com/mcp-kernel/mcp-kernel/governance"
)

// known returns the names of a kind that there are, and those that a list of either side spells out.
func (c *comparison) known(kind governance.Kind) []string {
	var names []string
	switch kind {
	case governance.KindTool:
		for _, t := range c.o.Surface.Tools {
			if c.made[t.Name] == "" {
				names = append(names, t.Name)
			}
		}
	case governance.KindPrompt:
		for _, p := range c.o.Surface.Prompts {
			names = append(names, p.Name)
		}
	default:
		names = append(names, c.o.Resources...)
	}
	slices.Sort(names)
	for i := range c.sides {
		for _, list := range c.sides[i].lists(kind) {
			for _, entry := range list.Value {
				if name, ok := literal(entry); ok {
					names = append(names, name)
				}
			}
		}
	}
	return names
}

// lists are the allowlists of a side for a kind, one a policy.
func (s *side) lists(kind governance.Kind) []governance.From[[]string] {
	switch kind {
	case governance.KindTool:
		return s.has.AllowedTools
	case governance.KindPrompt:
		return s.has.AllowedPrompts
	default:
		return s.has.AllowedResources
	}
}

// lists compares the allowlists by the names that they allow.
func (c *comparison) lists(ctx context.Context) []Field {
	var fields []Field
	for _, list := range []struct {
		field string
		kind  governance.Kind
	}{
		{governance.CheckTools, governance.KindTool}, {governance.CheckResources, governance.KindResource}, {governance.CheckPrompts, governance.KindPrompt},
	} {
		if f := c.list(ctx, list.field, list.kind); f.Relation != Equal {
			fields = append(fields, f)
		}
	}
	return fields
}

func (c *comparison) list(ctx context.Context, field string, kind governance.Kind) Field {
	f := Field{Name: field, First: shown(c.sides[0].lists(kind)), Second: shown(c.sides[1].lists(kind))}
	if f.First == f.Second {
		return f
	}
	var open directions
	for i, relation := range []Relation{Stricter, Looser} {
		name, found, sure := c.only(ctx, kind, i)
		switch {
		case found:
			p := probe{kind: kind, name: name}
			if w := c.try(ctx, p, field); w != nil {
				f.Witnesses = append(f.Witnesses, *w)
			} else { // another check refuses the call in any case, or what is refused passes in mode audit
				f.Witnesses = append(f.Witnesses, c.listed(p, relation, field))
			}
		case !sure:
			open[i] = true
		}
	}
	if f.settle(open, "the names that were tried"); f.Relation == Undecided {
		f.Note = "cannot be decided: there are too many globs to say which names they differ in"
	}
	return f
}

// listed is the witness of a name that one side alone allows, whatever else holds for the call.
func (c *comparison) listed(p probe, relation Relation, field string) Witness {
	w := Witness{Relation: relation, Kind: p.kind.String(), Name: p.name}
	for i, v := range []*Verdict{&w.First, &w.Second} {
		policy, ok := c.sides[i].snapshot.Allowed(p.kind, p.name)
		*v = Verdict{Effect: governance.Deny.String(), Check: field, Policy: policy, Says: "the name is not on the list"}
		if ok {
			*v = Verdict{Effect: governance.Allow.String(), Policy: policy, Says: "the name is on the list"}
		}
	}
	return w
}

// only returns a name that the i-th side allows and the other does not, and whether the answer is sure: names that there
// are come first, then those that are spelt out, then the shortest that the globs differ in.
func (c *comparison) only(ctx context.Context, kind governance.Kind, i int) (name string, found, sure bool) {
	differs := func(name string) bool {
		_, here := c.sides[i].snapshot.Allowed(kind, name)
		_, there := c.sides[1-i].snapshot.Allowed(kind, name)
		return here && !there
	}
	for _, name := range c.known(kind) {
		if differs(name) {
			return name, true, true
		}
	}
	return search(ctx, texts(c.sides[i].lists(kind)), texts(c.sides[1-i].lists(kind)), differs)
}

func texts(lists []governance.From[[]string]) [][]string {
	all := make([][]string, len(lists))
	for i := range lists {
		all[i] = lists[i].Value
	}
	return all
}

func shown(lists []governance.From[[]string]) string {
	words := make([]string, len(lists))
	for i := range lists {
		words[i] = "[" + strings.Join(lists[i].Value, ", ") + "]"
	}
	slices.Sort(words)
	return strings.Join(slices.Compact(words), " and ")
}
