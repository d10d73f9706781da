package compare

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/mcp-kernel/mcp-kernel/governance"
	"github.com/mcp-kernel/mcp-kernel/governance/rules"
)

// Bounds of the calls by which rules are compared.
const (
	maxRuled  = 6000 // calls
	maxValues = 40   // of one argument
)

// A code is the Cedar rules of one side: a sketch of each policy that has any, and of all together.
type code struct {
	policies []rules.Sketch
	all      rules.Sketch
}

// code reads the rules of a side.
func (s *side) code() code {
	var c code
	for _, name := range s.snapshot.Names() {
		p, ok := s.set.Policy(name)
		if !ok || p.Rules.Text == "" {
			continue
		}
		d, err := rules.Parse(rules.Source{Policy: name, Text: p.Rules.Text})
		if err != nil {
			continue // what was loaded can be read
		}
		sketch := d.Sketch()
		c.policies = append(c.policies, sketch)
		c.all.Forbids = append(c.all.Forbids, sketch.Forbids...)
		c.all.Texts = append(c.all.Texts, sketch.Texts...)
		c.all.Numbers = append(c.all.Numbers, sketch.Numbers...)
		c.all.Arguments = append(c.all.Arguments, sketch.Arguments...)
		c.all.Labels = c.all.Labels || sketch.Labels
	}
	return c
}

// covers reports whether these rules let nothing pass that others do not, as far as that can be read: they forbid all that
// the others forbid, and wherever the others let pass only what a rule permits, so do these, by no other rules.
func (c *code) covers(o *code) bool {
	if !subset(o.all.Forbids, c.all.Forbids) {
		return false
	}
	for i := range o.policies {
		permits := o.policies[i].Permits
		if len(permits) > 0 && !slices.ContainsFunc(c.policies, func(p rules.Sketch) bool { return len(p.Permits) > 0 && subset(p.Permits, permits) }) {
			return false
		}
	}
	return true
}

func subset[T comparable](list, of []T) bool {
	return !slices.ContainsFunc(list, func(one T) bool { return !slices.Contains(of, one) })
}

// rules compares the Cedar rules: by what is written where one side has all that the other has, and by calls that are made
// from the constants of the rules.
func (c *comparison) rules(ctx context.Context) []Field {
	first, second := c.sides[0].code(), c.sides[1].code()
	open := directions{!first.covers(&second), !second.covers(&first)}
	if open.relation() == Equal {
		return nil
	}
	f := Field{Name: governance.CheckRules, First: ruleNames(c.sides[0].has.Rules), Second: ruleNames(c.sides[1].has.Rules)}
	tried := c.sample(ctx, &f, governance.CheckRules, c.ruled(first.all, second.all))
	f.settle(open, fmt.Sprintf("%d calls that were made from the constants of the rules", tried))
	return []Field{f}
}

// sample tries probes until there is a witness in each direction, and returns how many were tried.
func (c *comparison) sample(ctx context.Context, f *Field, check string, probes []probe) int {
	for i := range probes {
		shown := f.shown()
		if ctx.Err() != nil || shown[0] && shown[1] {
			return i
		}
		w := c.try(ctx, probes[i], check)
		if w != nil && !slices.ContainsFunc(f.Witnesses, func(have Witness) bool { return have.Relation == w.Relation }) {
			f.Witnesses = append(f.Witnesses, *w)
		}
	}
	return len(probes)
}

// ruled are calls that the rules may speak of: of every tool, prompt and resource, by the callers, at the times, after the
// labels and with the arguments that the rules spell. The plain ones come first.
func (c *comparison) ruled(sketches ...rules.Sketch) []probe {
	var all rules.Sketch
	for _, s := range sketches {
		all.Texts, all.Numbers = append(all.Texts, s.Texts...), append(all.Numbers, s.Numbers...)
		all.Arguments = append(all.Arguments, s.Arguments...)
	}
	slices.Sort(all.Texts)
	all.Texts = slices.Compact(all.Texts)
	manners := circumstances(&all)
	arguments := argumentsOf(&all)
	var probes []probe
	add := func(p probe) bool {
		probes = append(probes, p)
		return len(probes) < maxRuled
	}
	calls := c.everything(all.Texts)
	for _, how := range manners {
		for _, call := range calls {
			how.kind, how.name, how.made, how.args = call.kind, call.name, call.made, nil
			if !add(how) {
				return probes
			}
		}
	}
	for _, args := range arguments {
		for _, how := range manners[:min(len(manners), 8)] {
			for _, call := range calls {
				if how.kind, how.name, how.made, how.args = call.kind, call.name, call.made, args; call.kind != governance.KindResource && !add(how) {
					return probes
				}
			}
		}
	}
	return probes
}

// everything is a call of each name that there is or that a text could be.
func (c *comparison) everything(texts []string) []probe {
	var calls []probe
	for _, kind := range []governance.Kind{governance.KindTool, governance.KindPrompt, governance.KindResource} {
		for _, name := range c.known(kind) {
			calls = append(calls, probe{kind: kind, name: name})
		}
	}
	for _, name := range c.tools() {
		if c.made[name] != "" {
			calls = append(calls, c.of(governance.KindTool, name))
		}
	}
	for _, text := range texts {
		if strings.Contains(text, "://") {
			calls = append(calls, probe{kind: governance.KindResource, name: text})
		}
	}
	return calls
}

// circumstances are how a call can be made: by whom, when, and after what was touched.
func circumstances(all *rules.Sketch) []probe {
	labels := [][]string{nil}
	people := []probe{{}, {operator: true}}
	for _, text := range all.Texts {
		if governance.LabelProblem(text) == "" {
			labels = append(labels, []string{text})
		}
		if strings.Contains(text, ":") && !strings.Contains(text, "/") {
			people = append(people, probe{principal: text})
		}
	}
	for _, n := range all.Numbers {
		if n >= 0 && n < governance.DefaultMaxDepth {
			people = append(people, probe{depth: int(n) + 1})
		}
	}
	var found []probe //nolint:prealloc // how many is a product that is hard to read
	for _, at := range moments(all) {
		for _, touched := range labels {
			for _, who := range people {
				who.labels, who.at = touched, at
				found = append(found, who)
			}
		}
	}
	return found
}

// moments are times before, at and after the hours that are spelled, on a working day and a Sunday, noon first.
func moments(all *rules.Sketch) []time.Time {
	sunday := time.Date(2026, time.January, 4, 3, 0, 0, 0, time.UTC)
	found := []time.Time{{}, sunday}
	for _, n := range all.Numbers {
		for hour := n - 1; hour <= n+1; hour++ {
			if hour >= 0 && hour < 24 && len(found) < maxValues {
				found = append(found, time.Date(2026, time.January, 5, int(hour), 0, 0, 0, time.UTC))
			}
		}
	}
	return found
}

// argumentsOf are arguments at the places that rules look at, one place at a time, and all of them with the same value.
func argumentsOf(all *rules.Sketch) []json.RawMessage {
	values := []any{true, false}
	for _, text := range all.Texts {
		values = append(values, text)
	}
	for _, n := range all.Numbers {
		values = append(values, n-1, n, n+1)
	}
	values = values[:min(len(values), maxValues)]
	var found []json.RawMessage
	for _, value := range values {
		together := map[string]any{}
		for _, path := range all.Arguments {
			found = append(found, encoded(nested(map[string]any{}, path, value)))
			nested(together, path, value)
		}
		if len(all.Arguments) > 1 {
			found = append(found, encoded(together))
		}
	}
	return found
}

// nested puts a value below the names of a path, and returns the record.
func nested(record map[string]any, path []string, value any) map[string]any {
	at := record
	for _, name := range path[:len(path)-1] {
		inner, ok := at[name].(map[string]any)
		if !ok {
			inner = map[string]any{}
			at[name] = inner
		}
		at = inner
	}
	at[path[len(path)-1]] = value
	return record
}

func encoded(value any) json.RawMessage {
	text, err := json.Marshal(value)
	if err != nil {
		return nil // records of plain values always encode
	}
	return text
}

func ruleNames(all []governance.EffectiveRule) string {
	names := make([]string, len(all))
	for i, r := range all {
		names[i] = r.Effect + " " + r.ID
	}
	return "[" + strings.Join(names, ", ") + "]"
}
