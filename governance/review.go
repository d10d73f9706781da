package governance

import (
	"context"
	"fmt"
	"math"
)

// Review judges what came of a call that Decide let run with the decision d. Inspectors can withhold the answer: the
// effect is then Deny and the event PolicyViolation. Confidence is the lower of the kernel's and the tool's own; below
// the threshold the event is DriftDetected, which withholds nothing. Otherwise there is no event. Under mode audit an
// inspector's objection is kept with Would set, while its faults withhold in every mode.
func (g *Gate) Review(ctx context.Context, c *Call, o *Outcome, d Decision) Decision {
	w := &walk{call: c, snapshot: d.Snapshot}
	reviewed := Decision{Effect: Allow, Snapshot: d.Snapshot, Stage: StageReview}
	for _, inspector := range g.options.Results {
		s := step{stage: StageReview, check: inspector.Name(), run: inspecting(inspector, o)}
		objection := s.judge(ctx, w)
		if objection == nil || reviewed.Would && w.passes(&s, objection) {
			continue
		}
		reviewed = *objection
		reviewed.Snapshot = d.Snapshot
		if !w.passes(&s, objection) {
			break
		}
		reviewed.Effect, reviewed.Would = Allow, true
	}
	reviewed.Confidence = g.confidence(c, o)
	if reviewed.Event == EventNone {
		reviewed.drift()
	}
	return reviewed
}

// inspecting makes a step of an inspector.
func inspecting(i Inspector, o *Outcome) func(context.Context, *walk) *Decision {
	return func(ctx context.Context, w *walk) *Decision {
		d, err := i.Inspect(ctx, w.call, o, w.snapshot)
		switch {
		case err != nil:
			d.Fault = err
		case d.Fault == nil && d.Effect == Allow:
			return nil
		}
		d.Effect, d.Check = Deny, i.Name()
		return &d
	}
}

// confidence returns the lower of the kernel's figure and the tool's own. What is no number is no confidence at all.
func (g *Gate) confidence(c *Call, o *Outcome) float64 {
	own := o.Confidence
	if math.IsNaN(own) {
		own = 0
	}
	own = min(max(own, 0), 1)
	if g.options.Baselines == nil || c.Kind != KindTool {
		return own
	}
	return min(own, g.options.Baselines.Confidence(c.Caller.Identity(), c.Name, c.arguments(), o.Result, o.Status))
}

// drift announces a confidence below the threshold.
func (d *Decision) drift() {
	if d.Snapshot == nil {
		return
	}
	threshold := d.Snapshot.effective.ConfidenceThreshold
	if d.Confidence < threshold.Value {
		d.Check, d.Policy, d.Event = CheckConfidence, threshold.Policy, DriftDetected
		d.Reason = fmt.Sprintf("confidence %.2f is below %.2f", d.Confidence, threshold.Value)
	}
}
