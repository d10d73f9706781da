package governance

import (
	"context"
	"fmt"
	"math"
)

// Review judges what came of a call that Decide let run with the decision d. Patterns that count in results, detectors and
// inspectors can withhold the answer: the effect is then Deny and the event PolicyViolation. Patterns and detectors can also
// have something taken out of it: Redacted is then what may leave. Whatever was found is in Findings. Confidence is the lower of the kernel's and the tool's own; below
// the threshold the event is DriftDetected, which withholds nothing. Otherwise there is no event. Under mode audit an
// inspector's objection is kept with Would set, while its faults withhold in every mode.
func (g *Gate) Review(ctx context.Context, c *Call, o *Outcome, d Decision) Decision {
	reviewed := Decision{Effect: Allow, Snapshot: d.Snapshot, Stage: StageReview}
	g.examine(ctx, c, o, &reviewed)
	if len(g.options.Results) > 0 && reviewed.Effect == Allow {
		left := *o
		if reviewed.Redacted != nil {
			left.Result = reviewed.Redacted
		}
		g.inspect(ctx, c, &left, &reviewed)
	}
	reviewed.Confidence = g.confidence(c, o, &d)
	if reviewed.Event == EventNone {
		reviewed.drift()
	}
	return reviewed
}

// inspect asks the inspectors, and makes of a decision that allows what they object.
func (g *Gate) inspect(ctx context.Context, c *Call, o *Outcome, reviewed *Decision) {
	w := g.begin(c, reviewed.Snapshot)
	defer g.end(w)
	examined := *reviewed
	for _, inspector := range g.options.Results {
		s := step{stage: StageReview, check: inspector.Name(), run: inspecting(inspector, o)}
		objection := s.judge(ctx, w)
		if objection == nil || reviewed.Would && w.passes(&s, objection) {
			continue
		}
		*reviewed = *objection
		reviewed.Snapshot, reviewed.Findings, reviewed.Labels = w.snapshot, examined.Findings, examined.Labels
		reviewed.Redacted = examined.Redacted
		if !w.passes(&s, objection) {
			break
		}
		reviewed.Effect, reviewed.Would = Allow, true
	}
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
func (g *Gate) confidence(c *Call, o *Outcome, d *Decision) float64 {
	own := o.Confidence
	if math.IsNaN(own) {
		own = 0
	}
	own = min(max(own, 0), 1)
	if g.options.Baselines == nil || c.Kind != KindTool {
		return own
	}
	return min(own, g.options.Baselines.Confidence(d.identity(c), c.Name, c.arguments(), o.Result, o.Status))
}

// identity returns the caller's identity, which was made already when something was charged.
func (d *Decision) identity(c *Call) string {
	if len(d.Charges) > 0 {
		return d.Charges[0].Shard
	}
	return c.Caller.Identity()
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
