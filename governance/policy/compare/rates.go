package compare

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

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

// Bounds of the arguments of a witness, in bytes.
const (
	maxShown     = 1 << 10 // that are shown
	maxArguments = 1 << 20 // that are made
)

// exceeds adds a call that is over the lower of two limits and not over the other.
func (c *comparison) exceeds(ctx context.Context, f *Field, l governance.EffectiveLimit) {
	p, ok := c.counted(ctx, l)
	if !ok {
		return
	}
	switch {
	case l.Metric == "calls" && l.Max <= maxBefore:
		p.times = int(l.Max)
	case l.Metric == "concurrent" && l.Max <= maxBefore:
		p.times, p.running = int(l.Max), true
	case (l.Metric == "tokens" || l.Metric == "bytes_out") && l.Max > 0:
		p.times, p.out = 1, l.Max
	case (l.Metric == "tokens" || l.Metric == "bytes_in") && l.Max < maxArguments:
		p.args = placed(nil, strings.Repeat("a ", int(l.Max)/2+1))
	default:
		f.Note = "no witness: it would take too many calls, or too large ones"
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
