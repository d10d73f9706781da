package compare

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/mcp-kernel/mcp-kernel/governance"
)

// Fields that no check is called like.
const (
	fieldMode    = "mode"
	fieldTimeout = "timeout"
)

// lowerIsStricter compares two bounds.
func lowerIsStricter[T cmp.Ordered](first, second T) Relation {
	switch {
	case second < first:
		return Stricter
	case second > first:
		return Looser
	default:
		return Equal
	}
}

func (c *comparison) mode(ctx context.Context) []Field {
	first, second := c.sides[0].has.Mode.Value, c.sides[1].has.Mode.Value
	if first == second {
		return nil
	}
	f := Field{Name: fieldMode, Relation: Stricter, First: first.String(), Second: second.String()}
	if second == governance.AuditOnly {
		f.Relation = Looser
	}
	f.Note = "what is refused in mode enforce passes in mode audit, and the journal says what it would have been"
	c.refused(ctx, &f)
	if f.weak = len(f.Witnesses) == 0; f.weak {
		f.note("or equal: nothing was found that the one in mode enforce refuses")
	}
	return []Field{f}
}

// refused adds a call that both sides object to, and one lets pass all the same.
func (c *comparison) refused(ctx context.Context, f *Field) {
	for _, kind := range []governance.Kind{governance.KindTool, governance.KindResource, governance.KindPrompt} {
		for _, name := range append(c.known(kind), "there-is-no-such-name") {
			p := probe{kind: kind, name: name}
			first, second := c.judge(ctx, 0, &p), c.judge(ctx, 1, &p)
			if first.effect == governance.Allow.String() == (second.effect == governance.Allow.String()) {
				continue
			}
			f.Witnesses = append(f.Witnesses, Witness{
				Relation: f.Relation, Kind: kind.String(), Name: name, First: first.verdict(), Second: second.verdict(),
			})
			return
		}
	}
}

// numbers compares the bounds that are one number.
func (c *comparison) numbers(ctx context.Context) []Field {
	a, b := &c.sides[0].has, &c.sides[1].has
	var fields []Field
	bound := func(name, check string, first, second int64, unset int64, change func(p *probe, least int64)) {
		if first == second {
			return
		}
		f := Field{Name: name, Relation: lowerIsStricter(first, second), First: count(first, unset), Second: count(second, unset)}
		if change != nil {
			c.witness(ctx, &f, check, func(p *probe) { change(p, min(first, second)) })
		}
		fields = append(fields, f)
	}
	bound("max_tokens_per_request", governance.CheckTokens, a.MaxTokensPerRequest.Value, b.MaxTokensPerRequest.Value, -1,
		func(p *probe, least int64) { p.tokens = least })
	bound("max_tool_calls_per_request", governance.CheckCalls, a.MaxToolCallsPerRequest.Value, b.MaxToolCallsPerRequest.Value, -1,
		func(p *probe, least int64) { p.calls = least })
	depth := int64(cmp.Or(c.o.MaxDepth, governance.DefaultMaxDepth))
	bound("max_depth", "", orElse(a.MaxDepth, depth), orElse(b.MaxDepth, depth), -1,
		func(p *probe, least int64) { p.depth = int(least) + 1 })
	bound("max_fan_out", governance.CheckFanOut, orElse(a.MaxFanOut, unbounded), orElse(b.MaxFanOut, unbounded), unbounded,
		func(p *probe, least int64) { p.depth, p.times = 1, int(min(least, maxBefore)) })
	bound(governance.CheckResult, "", orElse(a.MaxResultTokens, unbounded), orElse(b.MaxResultTokens, unbounded), unbounded, nil)
	if n := len(fields); n > 0 && fields[n-1].Name == governance.CheckResult {
		c.cuts(&fields[n-1])
	}
	return append(fields, c.others(ctx)...)
}

// cuts adds an answer of which one side lets less through.
func (c *comparison) cuts(f *Field) {
	var most [2]int64
	for i := range c.sides {
		most[i] = orElse(c.sides[i].has.MaxResultTokens, unbounded)
	}
	answer := min(most[0], most[1]) + 1
	verdict := func(most int64) Verdict {
		if most < answer {
			return Verdict{Effect: "cut", Check: governance.CheckResult, Says: fmt.Sprintf("to %d tokens, with a link to the rest", most)}
		}
		return Verdict{Effect: answerPasses}
	}
	f.Witnesses = append(f.Witnesses, Witness{
		Relation: f.Relation, Kind: c.call.kind.String(), Name: c.call.name, After: fmt.Sprintf("its answer has %d tokens", answer),
		First: verdict(most[0]), Second: verdict(most[1]),
	})
}

// unbounded stands for a bound that no policy gives.
const unbounded = int64(1) << 62

func orElse(v governance.From[int64], otherwise int64) int64 {
	if v.Policy == "" {
		return otherwise
	}
	return v.Value
}

func count(n, unset int64) string {
	if n == unset {
		return "-"
	}
	return strconv.FormatInt(n, 10)
}

// others compares confidence and timeout, of which a decision about a call says little.
func (c *comparison) others(ctx context.Context) []Field {
	a, b := &c.sides[0].has, &c.sides[1].has
	var fields []Field
	if first, second := a.ConfidenceThreshold.Value, b.ConfidenceThreshold.Value; first != second {
		f := Field{Name: governance.CheckConfidence, Relation: lowerIsStricter(second, first), First: fmt.Sprint(first), Second: fmt.Sprint(second)}
		c.drifts(ctx, &f, (first+second)/2)
		fields = append(fields, f)
	}
	if first, second := a.Timeout.Value, b.Timeout.Value; first != second {
		f := Field{Name: fieldTimeout, Relation: lowerIsStricter(first, second), First: first.String(), Second: second.String()}
		c.lasts(ctx, &f)
		fields = append(fields, f)
	}
	return fields
}

// drifts adds an answer of a confidence that one side reports.
func (c *comparison) drifts(ctx context.Context, f *Field, confidence float64) {
	w := Witness{Relation: f.Relation, Kind: c.call.kind.String(), Name: c.call.name, After: fmt.Sprintf("its answer has a confidence of %.3g", confidence)}
	var events [2]governance.Event
	for i, v := range []*Verdict{&w.First, &w.Second} {
		b, err := c.bench(i)
		if err != nil || !c.calls {
			return
		}
		call := governance.Call{ID: "witness", Kind: c.call.kind, Name: c.call.name, Caller: caller(&c.call), At: noon(), Tree: &b.tree}
		d := b.gate.Decide(ctx, &call)
		d.Hold.Release()
		d = b.gate.Review(ctx, &call, &governance.Outcome{Status: governance.StatusOK, Result: json.RawMessage("{}"), Confidence: confidence}, d)
		events[i] = d.Event
		*v = Verdict{Effect: d.Effect.String(), Check: d.Check, Policy: d.Policy, Says: d.Event.String()}
	}
	if events[0] != events[1] {
		f.Witnesses = append(f.Witnesses, w)
	}
}

// lasts adds a call that may run for different times.
func (c *comparison) lasts(ctx context.Context, f *Field) {
	w := Witness{Relation: f.Relation, Kind: c.call.kind.String(), Name: c.call.name}
	var times [2]time.Duration
	for i, v := range []*Verdict{&w.First, &w.Second} {
		b, err := c.bench(i)
		if err != nil || !c.calls {
			return
		}
		_, d := b.decide(ctx, &c.call, 0)
		d.Hold.Release()
		times[i] = d.Timeout
		*v = Verdict{Effect: d.Effect.String(), Says: "may run for " + d.Timeout.String()}
	}
	if times[0] != times[1] {
		f.Witnesses = append(f.Witnesses, w)
	}
}

// rest reports every field that nothing above knows, so that no difference passes for none.
func (c *comparison) rest(context.Context) []Field {
	known := strings.Fields("policies mode max_tokens_per_request max_tool_calls_per_request blocked_patterns allowed_tools " +
		"allowed_resources allowed_prompts confidence_threshold timeout limits max_depth max_fan_out max_result_tokens labels rules " +
		"require_approval intent detect")
	first, second := c.sides[0].members(), c.sides[1].members()
	names := make([]string, 0, len(first)+len(second))
	for name := range first {
		names = append(names, name)
	}
	for name := range second {
		names = append(names, name)
	}
	slices.Sort(names)
	var fields []Field
	for _, name := range slices.Compact(names) {
		if a, b := first[name], second[name]; a != b && !slices.Contains(known, name) {
			fields = append(fields, Field{Name: name, Relation: Undecided, First: a, Second: b, Note: "cannot be decided: nothing here knows this field"})
		}
	}
	return fields
}

// members are the fields of what holds, each without the names of the policies that gave it.
func (s *side) members() map[string]string {
	text, err := json.Marshal(s.has)
	if err != nil {
		return nil // what holds always has a JSON form
	}
	var all map[string]any
	if json.Unmarshal(text, &all) != nil {
		return nil
	}
	members := make(map[string]string, len(all))
	for name, value := range all {
		short, err := json.Marshal(anonymous(value))
		if err == nil {
			members[name] = string(short)
		}
	}
	return members
}

// anonymous leaves out who gave a value.
func anonymous(value any) any {
	switch v := value.(type) {
	case map[string]any:
		delete(v, "policy")
		for name, inner := range v {
			v[name] = anonymous(inner)
		}
	case []any:
		for i, inner := range v {
			v[i] = anonymous(inner)
		}
	}
	return value
}
