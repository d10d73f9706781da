package inspect

import (
	"context"
	"fmt"
	"slices"

	"github.com/mcp-kernel/mcp-kernel/governance"
	"github.com/mcp-kernel/mcp-kernel/governance/match"
)

// Inspect judges a record, which ParseRecord has found valid. What cannot be judged is denied. The context only carries
// values: a judgement that has begun is finished.
func (i *Inspector) Inspect(ctx context.Context, r *Record) Result {
	i.tools.introduce([]Record{*r})
	return i.inspect(context.WithoutCancel(ctx), r)
}

// inspect judges a record whose tool has been introduced.
func (i *Inspector) inspect(ctx context.Context, r *Record) (result Result) {
	defer func() {
		if fault := recover(); fault != nil {
			result = unjudged(r.ID, fmt.Sprintf("the record cannot be judged: panic: %v", fault))
		}
	}()
	result = Result{ID: r.ID, Findings: []Finding{}}
	switch r.Kind {
	case KindCall:
		i.call(ctx, r, &result)
	case KindResult, KindText:
		i.answer(ctx, r, &result)
	case KindDefinition:
		i.definition(r, &result)
	default:
		return unjudged(r.ID, fmt.Sprintf("unknown kind %q", r.Kind))
	}
	return result
}

// callOf is the call that a record is of.
func (i *Inspector) callOf(r *Record) governance.Call {
	return governance.Call{
		ID: "inspect", Kind: governance.KindTool, Name: r.Tool, Caller: i.options.Caller, Hints: i.tools.hintsOf(r.Tool),
		At: i.options.Now(), Tree: &governance.Tree{},
	}
}

func (i *Inspector) call(ctx context.Context, r *Record, result *Result) {
	c := i.callOf(r)
	c.Args = r.Value
	d := i.enforce.gate.Decide(ctx, &c)
	d.Hold.Release()
	found := d.Findings
	if d.Effect != governance.Allow || d.Would {
		if all := i.observe.gate.Decide(ctx, &c); all.Effect == governance.Allow {
			found = all.Findings
		}
	}
	found = slices.DeleteFunc(slices.Clone(found), func(f match.Finding) bool { return f.Check == checkIntent })
	result.decided(&d)
	result.report(found...)
	result.report(i.purpose(&c)...)
	result.report(i.code(ctx, r.Value)...)
}

func (i *Inspector) answer(ctx context.Context, r *Record, result *Result) {
	c := i.callOf(r)
	o := governance.Outcome{Status: governance.StatusOK, Result: r.Value, Confidence: 1}
	d := i.enforce.review(ctx, &c, &o)
	found := d.Findings
	if d.Effect != governance.Allow || d.Would {
		if all := i.observe.review(ctx, &c, &o); all.Effect == governance.Allow {
			found = all.Findings
		}
	}
	result.decided(&d)
	result.Redacted = d.Redacted
	result.report(found...)
}

// review judges an answer as if its call had been allowed.
func (s *side) review(ctx context.Context, c *governance.Call, o *governance.Outcome) governance.Decision {
	snapshot, err := s.set.Select(c)
	if err != nil {
		return governance.Decision{Stage: governance.StageReview, Check: governance.CheckPolicies, Reason: err.Error()}
	}
	return s.gate.Review(ctx, c, o, governance.Decision{Effect: governance.Allow, Snapshot: snapshot})
}

// decided takes what the gate decided.
func (r *Result) decided(d *governance.Decision) {
	r.Effect, r.By, r.Labels = d.Effect, rulingOf(d), d.Labels
}
