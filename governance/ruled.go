package governance

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/mcp-kernel/mcp-kernel/governance/rules"
)

// errUnbound says that there are rules and nobody has said what they are about.
var errUnbound = errors.New("the rules were not validated against a catalog")

// ruled asks the rules of the policies.
func (*Gate) ruled(_ context.Context, w *walk) *Decision {
	if w.snapshot.unbound {
		return &Decision{Reason: "the rules of the policies are not ready", Fault: errUnbound}
	}
	c := w.call
	verdict := w.snapshot.rules.Judge(&rules.Request{
		Kind: c.Kind.ruleKind(), Name: c.Name, Principal: c.Caller.Principal, Agent: c.Caller.Agent, Operator: c.Caller.Operator,
		Args: c.Args, Labels: w.labels, Execution: c.Execution, Depth: c.Depth, At: c.At,
	})
	if verdict.Allowed {
		return nil
	}
	return &Decision{Rule: verdict.Rule, Policy: verdict.Policy, Reason: verdict.Reason, Fault: verdict.Err}
}

// ruleKind is the kind in the words of package rules.
func (k Kind) ruleKind() rules.Kind {
	switch k {
	case KindTool:
		return rules.KindTool
	case KindResource:
		return rules.KindResource
	case KindPrompt:
		return rules.KindPrompt
	case KindCompletion:
		return rules.KindCompletion
	case KindSubscription:
		return rules.KindSubscription
	case KindTask:
		return rules.KindTask
	default:
		return rules.KindInvalid
	}
}

// ruleSource is the policy's rules as package rules reads them.
func (p *Policy) ruleSource() rules.Source {
	s := p.Rules
	s.Policy = p.Name
	if s.File == "" {
		s.File = p.Source.File
	}
	return s
}

// rules reports what is wrong with the form of the rules. What they are about is known only when they are bound.
func (v *validator) rules() {
	if v.policy.Rules.Text == "" {
		return
	}
	_, err := rules.Parse(v.policy.ruleSource())
	v.faults = append(v.faults, ruleErrors(err)...)
}

// ruleErrors makes of the faults of rules those of policies.
func ruleErrors(err error) []error {
	var out []error
	for _, e := range unjoin(err) {
		var f *rules.RuleError
		if !errors.As(e, &f) {
			out = append(out, e)
			continue
		}
		problem := f.Problem
		if f.Rule != "" {
			problem = fmt.Sprintf("rule %q: %s", f.Rule, f.Problem)
		}
		out = append(out, &PolicyError{
			File: f.File, At: Position{f.At.Line, f.At.Column}, Policy: f.Policy, Field: CheckRules, Problem: problem,
		})
	}
	return out
}

// compileRules reads the rules of the policies and binds them to the schema; without one they deny.
func (s *Snapshot) compileRules(schema *rules.Schema, labels []string, policies []Policy) error {
	var documents []*rules.Document
	for i := range policies {
		if policies[i].Rules.Text == "" {
			continue
		}
		document, err := rules.Parse(policies[i].ruleSource())
		if err != nil {
			return errors.Join(ruleErrors(err)...)
		}
		documents = append(documents, document)
		for _, r := range document.Rules() {
			s.effective.Rules = append(s.effective.Rules, effectiveRule(r, policies[i].Name))
		}
	}
	if len(s.effective.Rules) == 0 {
		return nil
	}
	if schema == nil {
		s.unbound = true
		return nil
	}
	engine, err := rules.Compile(schema, labels, documents...)
	if err != nil {
		return errors.Join(ruleErrors(err)...)
	}
	s.rules = engine
	return nil
}

func effectiveRule(r rules.Rule, policy string) EffectiveRule {
	e := EffectiveRule{ID: r.ID, Effect: "permit", Policy: policy, Line: r.At.Line}
	if r.Forbid {
		e.Effect = "forbid"
	}
	return e
}

// Bind validates the rules of all loaded policies, those that are not active too, against what there is, and compiles
// them. Until then, and for whatever the schema does not have, a snapshot with rules denies. Every fault is returned,
// joined, each a *PolicyError at its place; then nothing has changed. It may be called again when what there is changes.
func (s *Set) Bind(schema *rules.Schema) error {
	names := s.Names()
	labels := s.labelNames()
	var faults []error
	for _, p := range s.pick(names) {
		if p.Rules.Text == "" {
			continue
		}
		document, err := rules.Parse(p.ruleSource())
		if err == nil {
			err = schema.Validate(labels, document)
		}
		faults = append(faults, ruleErrors(err)...)
	}
	if err := errors.Join(faults...); err != nil {
		return err
	}
	base, err := compile(schema, labels, &s.engines, s.ceiling, s.pick(s.active)...)
	if err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.schema, s.narrowed = schema, nil
	s.base.Store(base)
	return nil
}

// HasRules reports whether any loaded policy has rules, so that Bind must be called.
func (s *Set) HasRules() bool {
	for _, p := range s.policies {
		if p.Rules.Text != "" {
			return true
		}
	}
	return false
}

// labelNames returns the labels that any loaded policy adds, sorted.
func (s *Set) labelNames() []string {
	var names []string
	for _, p := range s.policies {
		for _, r := range p.Labels {
			names = append(names, r.Add...)
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}
