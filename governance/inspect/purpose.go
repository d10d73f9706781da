package inspect

import (
	"math"

	"github.com/mcp-kernel/mcp-kernel/governance"
	"github.com/mcp-kernel/mcp-kernel/governance/intent"
	"github.com/mcp-kernel/mcp-kernel/governance/match"
)

// ruleModel is the rule of a verdict that no evidence is behind.
const ruleModel = "model"

// purpose says what a call is for: first the verdict, with the place of the evidence that it rests on, and then all other
// evidence. Arguments that are no JSON are for nothing; the gate has denied them.
func (i *Inspector) purpose(c *governance.Call) []match.Finding {
	v, err := i.intents.Classify(intent.Call{
		Name: c.Name, Args: c.Args,
		Hints: intent.Hints{
			ReadOnly: c.Hints.ReadOnly, Destructive: !c.Hints.ReadOnly && !c.Hints.NonDestructive, OpenWorld: !c.Hints.ClosedWorld,
		},
	})
	if err != nil {
		return nil
	}
	verdict := match.Finding{Check: checkIntent, Rule: ruleModel, Class: v.Category.String()}
	if v.Category.Dangerous() && v.Confidence >= intent.DefaultThreshold {
		verdict.Severity = match.High
	}
	found := make([]match.Finding, 1, 1+len(v.Evidence))
	merged := false
	for _, e := range v.Evidence {
		if !merged && e.Class == verdict.Class {
			verdict, merged = e, true
			continue
		}
		found = append(found, e)
	}
	verdict.Confidence = math.Round(v.Confidence*1e4) / 1e4
	found[0] = verdict
	return found
}
