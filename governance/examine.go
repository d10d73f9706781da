package governance

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"

	"github.com/mcp-kernel/mcp-kernel/governance/detect"
	"github.com/mcp-kernel/mcp-kernel/governance/match"
)

// An exam is what came of looking through an answer.
type exam struct {
	findings []match.Finding // what is recorded
	redact   []match.Finding // what is taken out
	first    *match.Finding  // of those for which the answer is withheld; nil when it is not
	policy   string          // that wants first withheld
	asks     bool            // first is one about which a person was to be asked
}

// examines reports whether the policies want anything looked for in answers.
func (s *Snapshot) examines() bool {
	return s != nil && (s.detection != nil || s.results != nil && len(s.results.rules) > 0)
}

// examine looks for patterns and for what detectors find in an answer, and makes of the review what the policies want done
// about it: the strictest. Nobody can be asked about an answer that is there already, so what asks withholds.
func (g *Gate) examine(ctx context.Context, c *Call, o *Outcome, reviewed *Decision) {
	if !reviewed.Snapshot.examines() || len(o.Result) == 0 {
		return
	}
	w := g.begin(c, reviewed.Snapshot)
	defer g.end(w)
	var x exam
	s := step{stage: StageReview, check: CheckPatterns, run: func(context.Context, *walk) *Decision { return g.examined(w, o, &x) }}
	objection := s.judge(ctx, w)
	if objection == nil || objection.Fault == nil {
		if fault := g.mark(ctx, c, reviewed, x.findings); fault != nil {
			s.check, objection = CheckLabels, fault
			s.sign(fault)
		}
	}
	labels := reviewed.Labels
	switch {
	case objection == nil:
	case objection.Fault == nil && w.audits():
		*reviewed = *objection
		reviewed.Effect, reviewed.Would = Allow, true
	default:
		*reviewed = *objection
		reviewed.Effect = Deny
	}
	reviewed.Snapshot, reviewed.Findings, reviewed.Labels = w.snapshot, x.findings, labels
	if reviewed.Effect == Allow && len(x.redact) > 0 && !w.audits() {
		redact(reviewed, o.Result, x.redact)
	}
}

// redact takes out of the answer what was found. An answer of which that cannot be done is withheld.
func redact(reviewed *Decision, result json.RawMessage, found []match.Finding) {
	left, err := match.Redact(result, found)
	if err != nil {
		reviewed.Effect, reviewed.Event, reviewed.Check, reviewed.Fault = Deny, PolicyViolation, found[0].Check, err
		reviewed.Reason = "the answer holds what must not leave, and cannot be told without it"
		return
	}
	reviewed.Redacted = left
}

// mark adds the labels that the findings bring to what the execution has touched.
func (g *Gate) mark(ctx context.Context, c *Call, reviewed *Decision, findings []match.Finding) *Decision {
	added := reviewed.Snapshot.brings(c, findings)
	if len(added) == 0 {
		return nil
	}
	known, err := g.Touch(ctx, c, added...)
	if err != nil {
		return &Decision{Reason: "what the answer holds cannot be remembered", Fault: err}
	}
	reviewed.Labels = merged(c.Labels, known)
	return nil
}

// brings returns the labels of the rules that are about something that was found, sorted.
func (s *Snapshot) brings(c *Call, findings []match.Finding) []string {
	var added []string
	for i := range s.labels {
		l := &s.labels[i]
		if len(l.Found) > 0 && l.applies(c) && slices.ContainsFunc(findings, l.finds) {
			added = append(added, l.Add...)
		}
	}
	slices.Sort(added)
	return slices.Compact(added)
}

// finds reports whether the rule is about a finding.
func (l *labeler) finds(f match.Finding) bool {
	return slices.Contains(l.Found, f.Check) || slices.Contains(l.Found, f.Class) || slices.Contains(l.Found, DetectAll)
}

// examined looks through the answer. What it returns says why the answer must be withheld.
func (g *Gate) examined(w *walk, o *Outcome, x *exam) *Decision {
	scan, err := w.snapshot.ScanResult(w.call, o.Result, g.options.Now())
	if err != nil {
		return unjudged("the answer", err)
	}
	x.findings, x.redact = scan.Findings, scan.Redact
	if scan.Found && (scan.Action == match.Blocks || scan.Action == match.Asks) {
		return withheld(CheckPatterns, scan.Rule, scan.Policy, fmt.Sprintf("blocked pattern %q of policy %q", scan.Rule, scan.Policy), scan.Action == match.Asks)
	}
	if d := w.snapshot.detection; d != nil {
		if err := d.examine(w.call, o.Result, x); err != nil {
			return unjudged("the answer", err)
		}
	}
	if x.first == nil {
		return nil
	}
	return withheld(x.first.Check, x.first.Class, x.policy, fmt.Sprintf("%s was found in the answer, which policy %q does not let pass", x.first.Class, x.policy), x.asks)
}

// withheld is the objection to an answer.
func withheld(check, rule, policy, reason string, asks bool) *Decision {
	if asks {
		reason += " before a person was asked, and of an answer nobody can be"
	}
	return &Decision{Check: check, Rule: rule, Policy: policy, Reason: reason}
}

// examine has detectors look through an answer.
func (d *detection) examine(c *Call, result json.RawMessage, x *exam) error {
	in := detect.Context{Source: detect.Results}
	if c.Kind == KindPrompt {
		in.Source = detect.Prompts
	}
	found, err := d.engine.Document(nil, result, in)
	if err != nil {
		return err
	}
	strictest := detect.Redact
	for i := range found {
		action, policy := d.action(&found[i], in.Source)
		if action == detect.Off {
			continue
		}
		x.findings = append(x.findings, found[i])
		switch {
		case action == detect.Redact:
			x.redact = append(x.redact, found[i])
		case action > strictest:
			strictest, x.first, x.policy, x.asks = action, &found[i], policy, action == detect.Ask
		}
	}
	return nil
}
