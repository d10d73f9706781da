package replay

import (
	"cmp"
	"context"
	"encoding/json"
	"slices"
	"strings"

	"github.com/mcp-kernel/mcp-kernel/governance"
	"github.com/mcp-kernel/mcp-kernel/governance/audit"
)

// decision decides a call again and notes what is different.
func (r *run) decision(ctx context.Context, e *audit.Entry) {
	call, known, why := r.call(e)
	was := Verdict{e.Decision.Effect.String(), e.Decision.Would, e.Decision.Check, e.Decision.Rule, e.Decision.Policy}
	if fixed(e.Decision.Check, &was) {
		call.Unknown = true
		d := r.gate.Decide(ctx, call) // an attempt counts whatever refuses it
		r.settle(ctx, call, d)
		r.note(e, &was, &was, "")
		return
	}
	if why == NoName || why == NoPolicy {
		r.doubts.add(call, doubtOver|doubtUnder)
		r.note(e, &was, nil, why)
		return
	}
	d := r.gate.Decide(ctx, call)
	now := Verdict{d.Effect.String(), d.Would, d.Check, d.Rule, d.Policy}
	same := d.Snapshot != nil && d.Snapshot.Digest() == e.PolicyDigest
	why = r.undecided(e, call, &d, same, known, why)
	if why == "" && same && (d.Effect == governance.Ask || !known && (content(e.Decision.Stage) || content(d.Stage) && !d.Allowed())) {
		now = was // the same policies said so of the arguments, or people did
	}
	r.follow(ctx, e, call, d, &was, &now, why)
	r.note(e, &was, &now, why)
	if e.Labels != nil {
		if r.touched.put(execution(call), e.Labels, e.At, r.doubts.lasts) {
			r.doubts.everybody(e.At, doubtUnder)
		}
	}
}

// call makes the call that an entry is about, says whether its arguments are known, and why not.
func (r *run) call(e *audit.Entry) (c *governance.Call, known bool, why string) {
	c = &governance.Call{
		ID: e.Call, Parent: e.Parent, Kind: e.Target, Name: e.Name, Caller: e.Caller, Execution: e.Execution, Depth: e.Depth, At: e.At,
		Tree: &governance.Tree{},
	}
	if r.o.Hints != nil && e.Target == governance.KindTool {
		c.Hints = r.o.Hints(e.Name)
	}
	for _, name := range e.Policies {
		if r.active[name] {
			continue
		}
		if _, there := r.o.Set.Policy(name); !there {
			why = NoPolicy
		}
		c.Policies = append(c.Policies, name)
	}
	c.Labels, _ = r.touched.get(execution(c))
	switch {
	case why != "":
	case e.Args.Bytes <= int64(len("{}")):
		known = true
	case len(e.Args.Sealed) == 0 || r.o.Open == nil:
		why = NoArguments
	default:
		args, err := r.o.Open(e.Args.Sealed)
		if err != nil || !json.Valid(args) {
			why = NoOpening
			break
		}
		c.Args, known = args, true
	}
	r.meter.charged(e)
	return c, known, why
}

// execution names whose labels a call has.
func execution(c *governance.Call) string { return c.Caller.Identity() + "\x00" + c.Execution }

// fixed reports whether a call was refused by something that no policy says.
func fixed(check string, was *Verdict) bool {
	const checks = "context caller kind frozen depth execution catalog capacity"
	return !was.passes() && slices.Contains(strings.Fields(checks), check)
}

// content reports whether a decision was made by looking at the arguments.
func content(stage string) bool { return stage == governance.StagePatterns }

// undecided says why a decision that was made without everything that it needs does not hold, or nothing.
func (r *run) undecided(e *audit.Entry, c *governance.Call, d *governance.Decision, same, known bool, why string) string {
	listed := d.Stage == governance.StageAllow && !d.Allowed() || d.Would && d.Stage == governance.StageAllow
	switch {
	case listed:
		return ""
	case !known && !same && r.asks(d) && !byName(d):
		return cmp.Or(why, NoArguments)
	case !known && same && (content(e.Decision.Stage) || content(d.Stage)):
		return ""
	case d.Fault != nil:
		return NoJudgement
	case d.Check == governance.CheckRates && concurrent(d):
		return NoPlaces
	default:
		return r.doubts.about(c, d)
	}
}

// byName reports whether a refusal holds whatever the arguments: a blocked pattern that hit without any has hit the name,
// and a limit that is reached refuses what no pattern does.
func byName(d *governance.Decision) bool {
	refuses := !d.Allowed() || d.Would
	return refuses && (d.Check == governance.CheckPatterns && d.Pointer == "" || d.Stage == governance.StageLimits)
}

// asks reports whether the policies of a decision ask about arguments. What is not known to do something else does.
func (r *run) asks(d *governance.Decision) bool {
	if d.Snapshot == nil {
		return false
	}
	digest := d.Snapshot.Digest()
	asks, ok := r.reads[digest]
	if !ok {
		asks = readsArguments(d.Snapshot)
		if len(r.reads) < maxGroups {
			r.reads[digest] = asks
		}
	}
	return asks
}

func readsArguments(s *governance.Snapshot) bool {
	const others = "policies mode max_tokens_per_request max_tool_calls_per_request allowed_tools allowed_resources allowed_prompts " +
		"confidence_threshold timeout limits max_depth max_fan_out max_result_tokens labels"
	text, err := json.Marshal(s.EffectiveForOperator())
	var fields map[string]json.RawMessage
	if err != nil || json.Unmarshal(text, &fields) != nil {
		return true
	}
	for name, value := range fields {
		if v := string(value); !slices.Contains(strings.Fields(others), name) && v != "[]" && v != "null" && v != "{}" {
			return true
		}
	}
	return false
}

// concurrent reports whether a limit on calls at once made the decision.
func concurrent(d *governance.Decision) bool {
	if d.Snapshot == nil {
		return false
	}
	for _, l := range d.Snapshot.Effective().Limits {
		if l.Name == d.Rule && l.Policy == d.Policy {
			return l.Metric == governance.MetricConcurrent.String()
		}
	}
	return false
}

// follow notes what the decision leads to: charges that stay until the call ends, and what is not known from now on.
func (r *run) follow(ctx context.Context, e *audit.Entry, c *governance.Call, d governance.Decision, was, now *Verdict, why string) {
	ran := was.passes()
	switch {
	case why != "" && ran:
		r.doubts.add(c, doubtOver) // what may have been refused is counted
	case why != "":
		r.doubts.add(c, doubtUnder) // what may have run is not
	case !ran && now.passes():
		r.doubts.add(c, doubtTokens) // what it would have answered is not known
	case ran && now.passes() && !d.Allowed():
		r.doubts.add(c, doubtUnder) // it passes on the word of the journal, and nothing was charged
	}
	switch {
	case !d.Allowed() || why != "" && !ran:
		r.settle(ctx, c, d)
	case !ran:
		d.Hold.Release()
	case r.running.put(e.Call, running{*c, d, e.Args.Bytes}, e.At, r.doubts.lasts):
		r.doubts.everybody(e.At, doubtOver)
	}
}

// settle gives back what a call that does not run was charged.
func (r *run) settle(ctx context.Context, c *governance.Call, d governance.Decision) {
	d.Hold.Release()
	if _, err := r.gate.Settle(ctx, c, d, governance.Used{}); err != nil {
		r.doubts.add(c, doubtOver)
	}
}

// note counts what came of a call.
func (r *run) note(e *audit.Entry, was, now *Verdict, why string) {
	switch {
	case e.At.Before(r.o.From):
		return
	case why != "":
		r.counts.Undecided[why]++
	case was.Effect == now.Effect && was.Would == now.Would:
		r.counts.Same++
	case was.passes() && !was.Would && (!now.passes() || now.Would), was.Would && !now.passes():
		r.counts.Stricter++
	case now.passes() && !now.Would && (!was.passes() || was.Would), now.Would && !was.passes():
		r.counts.Looser++
	default:
		r.counts.Other++
	}
	r.counts.Calls++
	if why != "" || was.Effect == now.Effect && was.Would == now.Would {
		return
	}
	key := Change{Kind: e.Target.String(), Name: e.Name, Was: *was, Now: *now}
	group := r.groups[key]
	switch {
	case group != nil:
		group.Count++
	case len(r.groups) >= maxGroups:
		r.counts.More++
	default:
		first := key
		first.Count, first.Seq, first.Call = 1, e.Seq, e.Call
		r.groups[key] = &first
	}
}

// report returns what was counted.
func (r *run) report() Report {
	for _, g := range r.groups {
		r.counts.Changes = append(r.counts.Changes, *g)
	}
	slices.SortFunc(r.counts.Changes, func(a, b Change) int {
		return cmp.Or(cmp.Compare(b.Count, a.Count), cmp.Compare(a.Seq, b.Seq))
	})
	for _, g := range r.counts.Changes[min(len(r.counts.Changes), r.o.MaxShown):] {
		r.counts.More += g.Count
	}
	r.counts.Changes = r.counts.Changes[:min(len(r.counts.Changes), r.o.MaxShown)]
	return r.counts
}
