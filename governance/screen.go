package governance

import "context"

// Screen judges what reached a call after Decide let it run with the decision d: a handler that asks its client gets an
// answer that nobody has seen yet. The call is the one that was decided with Answers being what came since; what is asked
// is whether anything may still run, and everything of the patterns stage, under the policies of d. Nothing is charged.
// The effect is Allow or Deny, with the fields of a decision saying why; under mode audit objections are kept to
// themselves, while faults and freezes deny in every mode.
func (g *Gate) Screen(ctx context.Context, c *Call, d Decision) Decision {
	w := &walk{call: c, snapshot: d.Snapshot, labels: d.Labels}
	for i := range g.steps {
		s := &g.steps[i]
		if s.stage != StagePatterns && s.check != CheckFrozen || s.idle(w) {
			continue
		}
		objection := s.judge(ctx, w)
		if objection == nil || objection.Effect == Deny && w.passes(s, objection) {
			continue
		}
		objection.Effect, objection.Snapshot = Deny, d.Snapshot
		return *objection
	}
	return Decision{Effect: Allow, Snapshot: d.Snapshot}
}
