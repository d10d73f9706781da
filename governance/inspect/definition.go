package inspect

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/mcp-kernel/mcp-kernel/governance"
	"github.com/mcp-kernel/mcp-kernel/governance/detect"
	"github.com/mcp-kernel/mcp-kernel/governance/match"
)

// definition judges what a server says of a tool.
func (i *Inspector) definition(r *Record, result *Result) {
	snapshot, err := i.enforce.set.Select(&governance.Call{})
	if err != nil {
		*result = unjudged(r.ID, err.Error())
		return
	}
	found, action, policy, err := snapshot.Definition(r.Value)
	d := governance.Decision{Effect: governance.Allow, Stage: governance.StageReview, Check: checkDefinition, Policy: policy}
	switch {
	case err != nil:
		d.Effect, d.Reason = governance.Deny, err.Error()
	case action == detect.Redact:
		result.Redacted, err = match.Redact(r.Value, found)
		if err != nil {
			objectTo(&d, governance.Deny, found, "cannot be told without it")
		}
	case action == detect.Ask:
		objectTo(&d, governance.Ask, found, fmt.Sprintf("of which policy %q asks a human first", policy))
	case action == detect.Block:
		objectTo(&d, governance.Deny, found, fmt.Sprintf("which policy %q does not let pass", policy))
	}
	if i.audits && err == nil && d.Effect != governance.Allow {
		d.Effect, d.Would = governance.Allow, true
	}
	if i.audits {
		result.Redacted = nil
	}
	result.decided(&d)
	result.report(found...)
}

// checkDefinition is who judges definitions.
const checkDefinition = "definition"

// objectTo makes an objection of the gravest of what was found.
func objectTo(d *governance.Decision, effect governance.Effect, found []match.Finding, why string) {
	worst := slices.MaxFunc(found, func(a, b match.Finding) int {
		return cmp.Or(cmp.Compare(a.Severity, b.Severity), cmp.Compare(a.Confidence, b.Confidence))
	})
	d.Effect, d.Check, d.Rule = effect, worst.Check, worst.Class
	d.Reason = fmt.Sprintf("%s was found in the definition, %s", worst.Class, why)
}
