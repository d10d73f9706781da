package compare

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/mcp-kernel/mcp-kernel/governance"
)

// rates compares the limits over windows and those on concurrency. Of several that count the same the lowest holds.
func (c *comparison) rates(ctx context.Context) []Field {
	first, second := lowest(c.sides[0].has.Limits), lowest(c.sides[1].has.Limits)
	all := maps.Clone(first)
	maps.Copy(all, second)
	var fields []Field
	for _, key := range slices.Sorted(maps.Keys(all)) {
		a, inFirst := first[key]
		b, inSecond := second[key]
		if a.Max == b.Max && inFirst == inSecond {
			continue
		}
		f := Field{Name: governance.CheckRates + ": " + key, First: "-", Second: "-", Relation: Stricter}
		least := b
		if inFirst {
			f.First, least = strconv.FormatInt(a.Max, 10), a
		}
		if inSecond {
			f.Second = strconv.FormatInt(b.Max, 10)
		}
		if !inSecond || inFirst && b.Max > a.Max {
			f.Relation = Looser
		} else {
			least = b
		}
		c.exceeds(ctx, &f, least)
		fields = append(fields, f)
	}
	return fields
}

// lowest returns the limits by what they count.
func lowest(limits []governance.EffectiveLimit) map[string]governance.EffectiveLimit {
	all := make(map[string]governance.EffectiveLimit, len(limits))
	for _, l := range limits {
		key := l.Metric + " per " + l.Per
		if len(l.Tools) > 0 {
			key += " of " + strings.Join(l.Tools, ", ")
		}
		if l.Window > 0 {
			key += " in " + l.Window.String()
		}
		if have, ok := all[key]; !ok || l.Max < have.Max {
			all[key] = l
		}
	}
	return all
}

// maxShown bounds the arguments that a witness shows, in bytes.
const maxShown = 1024

// exceeds adds a call that is over the lower of two limits and not over the other.
func (c *comparison) exceeds(ctx context.Context, f *Field, l governance.EffectiveLimit) {
	p, ok := c.counted(ctx, l)
	if !ok {
		return
	}
	const most = 1 << 20 // bytes of arguments
	switch {
	case l.Metric == "calls" && l.Max <= maxBefore:
		p.times = int(l.Max)
	case l.Metric == "concurrent" && l.Max <= maxBefore:
		p.times, p.running = int(l.Max), true
	case (l.Metric == "tokens" || l.Metric == "bytes_in") && l.Max < most:
		text, err := json.Marshal(map[string]string{"text": strings.Repeat("a ", int(l.Max)/2+1)})
		if err != nil {
			return
		}
		p.args = text
	default:
		f.Note = "no witness: it would take too many calls, or answers"
		return
	}
	f.Note = "no witness: other limits are reached before"
	if w := c.try(ctx, p, governance.CheckRates); w != nil && w.Relation == f.Relation {
		f.Note = ""
		if len(w.Args) > maxShown {
			w.After = strings.TrimPrefix(w.After+fmt.Sprintf("; with %d bytes of arguments", len(w.Args)), "; ")
			w.Args = nil
		}
		f.Witnesses = append(f.Witnesses, *w)
	}
}

// counted returns a call that a limit counts and both sides let pass.
func (c *comparison) counted(ctx context.Context, l governance.EffectiveLimit) (probe, bool) {
	if len(l.Tools) == 0 && (!strings.Contains(l.Per, "tool") || c.call.kind == governance.KindTool) {
		return c.call, c.calls
	}
	only := governance.Policy{Name: "counted", AllowedTools: l.Tools}
	if len(l.Tools) == 0 {
		only.AllowedTools = []string{"*"}
	}
	snapshot, err := governance.Compile(governance.Ceiling{}, only)
	if err != nil {
		return probe{}, false
	}
	for _, name := range c.known(governance.KindTool) {
		p := probe{kind: governance.KindTool, name: name}
		if _, ok := snapshot.Allowed(p.kind, name); ok && c.passes(ctx, &p) {
			return p, true
		}
	}
	return probe{}, false
}

// labels compares the rules for labels. Alone they decide nothing.
func (c *comparison) labels(context.Context) []Field {
	first, second := c.sides[0].members()["labels"], c.sides[1].members()["labels"]
	if first == second {
		return nil
	}
	return []Field{{
		Name: governance.CheckLabels, Relation: Incomparable, First: first, Second: second,
		Note: "labels decide nothing by themselves: what rules make of them is compared below",
	}}
}

// rules compares the Cedar rules by the calls of every tool: before and after labels, by operators and others, at noon on
// a working day and at night on a Sunday.
func (c *comparison) rules(ctx context.Context) []Field {
	first, second := c.sides[0].ruleTexts(), c.sides[1].ruleTexts()
	if slices.Equal(first, second) {
		return nil
	}
	f := Field{Name: governance.CheckRules, First: ruleNames(c.sides[0].has.Rules), Second: ruleNames(c.sides[1].has.Rules)}
	tried := 0
	found := map[Relation]bool{}
	for _, p := range c.ruled() {
		if tried++; ctx.Err() != nil {
			break
		}
		if w := c.try(ctx, p, governance.CheckRules); w != nil && !found[w.Relation] {
			found[w.Relation] = true
			f.Relation = f.Relation.and(w.Relation)
			f.Witnesses = append(f.Witnesses, *w)
		}
	}
	f.Note = fmt.Sprintf("as far as %d calls show: what rules say of arguments is not tried", tried)
	if len(found) == 0 {
		f.Relation = Incomparable
	}
	return []Field{f}
}

func (c *comparison) ruled() []probe {
	sets := [][]string{nil} //nolint:prealloc // there are few
	for i := range c.sides {
		var labels []string
		for _, l := range c.sides[i].has.Labels {
			labels = append(labels, l.Add...)
		}
		slices.Sort(labels)
		for _, label := range slices.Compact(labels) {
			sets = append(sets, []string{label})
		}
	}
	sunday := time.Date(2026, time.January, 4, 3, 0, 0, 0, time.UTC)
	var probes []probe //nolint:prealloc // how many is a product that is hard to read
	for _, labels := range sets {
		for _, operator := range []bool{false, true} {
			for _, at := range []time.Time{{}, sunday} {
				for _, name := range c.known(governance.KindTool) {
					probes = append(probes, probe{kind: governance.KindTool, name: name, labels: labels, operator: operator, at: at})
				}
			}
		}
	}
	return probes
}

// ruleTexts are the texts of the rules that hold.
func (s *side) ruleTexts() []string {
	var all []string
	for _, name := range s.snapshot.Names() {
		if p, ok := s.set.Policy(name); ok && p.Rules.Text != "" {
			all = append(all, p.Rules.Text)
		}
	}
	slices.Sort(all)
	return slices.Compact(all)
}

func ruleNames(all []governance.EffectiveRule) string {
	names := make([]string, len(all))
	for i, r := range all {
		names[i] = r.Effect + " " + r.ID
	}
	return "[" + strings.Join(names, ", ") + "]"
}
