package governance

import (
	"context"
	"fmt"
	"slices"

	"github.com/mcp-kernel/mcp-kernel/governance/intent"
)

// fieldIntent is the field of a policy that is read here, and the check's name.
const fieldIntent = "intent"

// purposed is what one policy says of what calls are for.
type purposed struct {
	policy    string
	judgement intent.Judgement
}

// intent reports what is wrong with what the policy says of intents.
func (v *validator) intent() {
	if v.policy.Intent == nil {
		return
	}
	for _, err := range unjoin(v.policy.Intent.Validate()) {
		v.fault(fieldIntent, err.Error())
	}
}

// compileIntent makes ready what the policies say of intents.
func (s *Snapshot) compileIntent(policies []Policy) error {
	for i := range policies {
		p := &policies[i]
		if p.Intent == nil || len(p.Intent.Deny)+len(p.Intent.Ask) == 0 {
			continue
		}
		judgement, err := p.Intent.Compile()
		if err != nil {
			return fmt.Errorf("%s of %s: %w", fieldIntent, p.Name, err)
		}
		s.purposes = append(s.purposes, purposed{p.Name, judgement})
		s.effective.Intent = append(s.effective.Intent, EffectiveIntent{
			Deny: slices.Clone(p.Intent.Deny), Ask: slices.Clone(p.Intent.Ask), Threshold: p.Intent.Threshold, Unread: p.Intent.Unread, Policy: p.Name,
		})
	}
	return nil
}

// cloneIntent returns settings that share nothing with these.
func cloneIntent(s *intent.Settings) *intent.Settings {
	if s = copied(s); s != nil {
		s.Deny, s.Ask = slices.Clone(s.Deny), slices.Clone(s.Ask)
	}
	return s
}

// classify says what a tool is called for.
func (g *Gate) classify(c *Call) (intent.Verdict, error) {
	return g.classifier.Classify(intent.Call{
		Name: c.Name, Args: c.arguments(),
		Hints: intent.Hints{ReadOnly: c.Hints.ReadOnly, Destructive: c.Hints.is("destructive"), OpenWorld: !c.Hints.ClosedWorld},
	})
}

// meant asks what a tool is called for, and whether every policy lets it be called for that.
func (g *Gate) meant(_ context.Context, w *walk) *Decision {
	c := w.call
	if c.Kind != KindTool {
		return nil
	}
	verdict, err := g.classify(c)
	if err != nil {
		return unjudged("what the call is for", err)
	}
	strictest, what, by := intent.Allow, intent.Unclassified, ""
	for i := range w.snapshot.purposes {
		p := &w.snapshot.purposes[i]
		if action, category := p.judgement.Judge(verdict); action < strictest {
			strictest, what, by = action, category, p.policy
		}
	}
	if strictest == intent.Allow {
		return nil
	}
	w.found = append(w.found, verdict.Evidence...)
	d := &Decision{Rule: what.String(), Policy: by}
	if len(verdict.Evidence) > 0 {
		d.Pointer = verdict.Evidence[0].Pointer
	}
	subject := "the call is taken for " + what.String()
	if what == intent.Unclassified {
		subject = "the call would run more than can be read of it"
	}
	d.Reason = fmt.Sprintf("%s, which policy %q does not allow", subject, by)
	if strictest == intent.Ask {
		d.Effect = Ask
		d.Reason = fmt.Sprintf("%s, of which policy %q asks a human first", subject, by)
	}
	return d
}
