package compare

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/mcp-kernel/mcp-kernel/governance"
)

// approvals compares what people must agree to: by the rules that only one side has, and by what both ask of people for
// the same call.
func (c *comparison) approvals(ctx context.Context) []Field {
	a, b := c.sides[0].has.RequireApproval, c.sides[1].has.RequireApproval
	open := directions{slices.ContainsFunc(b, demanding(a)), slices.ContainsFunc(a, demanding(b))}
	if open.relation() == Equal {
		return nil
	}
	f := Field{Name: governance.CheckApproval, First: approvalNames(a), Second: approvalNames(b)}
	var calls []probe
	for _, rules := range [][]governance.EffectiveApproval{a, b} {
		for i := range rules {
			r := &rules[i]
			calls = append(calls, c.scope(r.Tools, r.Resources, r.Prompts, r.Hints)...)
		}
	}
	for _, call := range calls { // some rules refuse agents what they let operators do
		call.operator = true
		calls = append(calls, call)
	}
	calls = calls[:min(len(calls), maxRuled)]
	for i := range calls {
		if shown := f.shown(); ctx.Err() != nil || shown[0] && shown[1] {
			break
		}
		for _, w := range c.asked(ctx, calls[i]) {
			if !slices.ContainsFunc(f.Witnesses, func(have Witness) bool { return have.Relation == w.Relation }) {
				f.Witnesses = append(f.Witnesses, w)
			}
		}
	}
	f.settle(open, fmt.Sprintf("%d calls that the rules are about", len(calls)))
	return []Field{f}
}

// demanding reports whether a rule asks for more than each of some rules.
func demanding(than []governance.EffectiveApproval) func(governance.EffectiveApproval) bool {
	return func(r governance.EffectiveApproval) bool {
		return !slices.ContainsFunc(than, func(o governance.EffectiveApproval) bool {
			return calledFor(&o) == calledFor(&r) && implies(required(&o), required(&r))
		})
	}
}

// calledFor is which calls a rule is about.
func calledFor(r *governance.EffectiveApproval) string {
	return string(encoded([]any{sorted(r.Tools), sorted(r.Resources), sorted(r.Prompts), r.Hints}))
}

func sorted(list []string) []string {
	list = slices.Clone(list)
	slices.Sort(list)
	return slices.Compact(list)
}

func required(r *governance.EffectiveApproval) governance.Requirement {
	return governance.Requirement{
		Policy: r.Policy, Rule: r.Name, Approvers: r.Approvers, Quorum: r.Quorum, Expires: time.Duration(r.Expires), Channels: r.Channels,
	}
}

// implies reports whether whoever fulfils a requirement has fulfilled another, too.
func implies(a, b governance.Requirement) bool {
	return a.Quorum >= b.Quorum && a.Expires <= b.Expires && subset(a.Approvers, b.Approvers) && subset(a.Channels, b.Channels)
}

// asked are the witnesses of a call that one side alone asks people about, or of which it asks something else of them.
func (c *comparison) asked(ctx context.Context, p probe) []Witness {
	if w := c.try(ctx, p, governance.CheckApproval); w != nil {
		return []Witness{*w}
	}
	first, second := c.judge(ctx, 0, &p), c.judge(ctx, 1, &p)
	if first.rank != rankAsk || second.rank != rankAsk || first.Approval == nil || second.Approval == nil {
		return nil
	}
	more := directions{!fulfils(first.Approval.Needs, second.Approval.Needs), !fulfils(second.Approval.Needs, first.Approval.Needs)}
	var found []Witness
	for i, is := range more {
		if is {
			found = append(found, Witness{
				Relation: relationOf(i), Kind: p.kind.String(), Name: p.name,
				First: wanting(&first), Second: wanting(&second),
			})
		}
	}
	return found
}

// fulfils reports whether whoever meets requirements has met others, too.
func fulfils(needs, others []governance.Requirement) bool {
	for _, other := range others {
		if !slices.ContainsFunc(needs, func(n governance.Requirement) bool { return implies(n, other) }) {
			return false
		}
	}
	return true
}

// wanting is a judgement with what it wants of people.
func wanting(j *judgement) Verdict {
	v := j.verdict()
	words := make([]string, len(j.Approval.Needs))
	for i, n := range j.Approval.Needs {
		channels := make([]string, len(n.Channels))
		for k, channel := range n.Channels {
			channels[k] = channel.String()
		}
		words[i] = fmt.Sprintf("%d of %s over %s, within %s", n.Quorum, strings.Join(n.Approvers, ", "), strings.Join(channels, ", "), n.Expires)
	}
	v.Says = strings.Join(words, "; and ")
	return v
}

func approvalNames(rules []governance.EffectiveApproval) string {
	names := make([]string, len(rules))
	for i := range rules {
		names[i] = rules[i].Name
	}
	return "[" + strings.Join(names, ", ") + "]"
}
