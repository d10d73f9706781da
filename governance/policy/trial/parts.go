package trial

import (
	"fmt"
	"slices"
	"strings"

	"github.com/mcp-kernel/mcp-kernel/governance"
	"github.com/mcp-kernel/mcp-kernel/governance/detect"
	"github.com/mcp-kernel/mcp-kernel/governance/match"
)

// rules adds the rules that forbid: what a permit has let pass, a decision does not say.
func (c *Coverage) rules(p *governance.Policy) {
	snapshot, err := governance.Compile(governance.Ceiling{}, *p)
	if err != nil {
		return // no valid policy fails here
	}
	for _, rule := range snapshot.EffectiveForOperator().Rules {
		if rule.Effect != "forbid" {
			continue
		}
		c.decided(p, governance.CheckRules, rule.ID, governance.CheckRules, rule.ID)
		if rule.Line > 0 {
			part := &c.parts[len(c.parts)-1]
			part.At = governance.Position{Line: rule.Line, Column: 1}
			if p.Rules.File != "" {
				part.File = p.Rules.File
			}
		}
	}
}

// labels adds the rules for labels. One is touched when an execution has all its labels.
func (c *Coverage) labels(p *governance.Policy) {
	for i, rule := range p.Labels {
		c.add(p, fmt.Sprintf("%s[%d]", governance.CheckLabels, i), strings.Join(rule.Add, ", "), func(s *seen) bool {
			return !slices.ContainsFunc(rule.Add, func(label string) bool { return !slices.Contains(s.Labels, label) })
		})
	}
}

// detectors adds the rules for detectors. One is touched when something that it is about was found, where it looks and as
// surely as it wants. What a rule keeps from being looked for, no fixture can show.
func (c *Coverage) detectors(p *governance.Policy) {
	classes := map[string]string{} // to their detectors
	for _, class := range detect.Classes() {
		classes[class.Name] = class.Check
	}
	for i := range p.Detect {
		rule := p.Detect[i]
		if !rule.Recommended && rule.Action == detect.Off {
			continue
		}
		about := func(f match.Finding) bool {
			check, known := classes[f.Class]
			return known && (rule.What == governance.DetectAll || rule.What == check || rule.What == f.Class) && (rule.Recommended || f.Confidence >= rule.Threshold)
		}
		c.add(p, "detect."+rule.What, whatOf(&rule), func(s *seen) bool {
			return s.by(p.Name) && (len(rule.On) == 0 || slices.Contains(rule.On, s.of)) && slices.ContainsFunc(s.Findings, about)
		})
	}
}

// whatOf is a rule for detectors in a few words.
func whatOf(r *governance.DetectRule) string {
	text := r.Action.String()
	if r.Recommended {
		text = "default"
	}
	if where := make([]string, len(r.On)); len(where) > 0 {
		for i, on := range r.On {
			where[i] = on.String()
		}
		text += " on " + strings.Join(where, ", ")
	}
	return text
}

// intents adds the categories of intents, and what cannot be read.
func (c *Coverage) intents(p *governance.Policy) {
	const check = "intent"
	if p.Intent == nil {
		return
	}
	for _, list := range []struct {
		field string
		names []string
	}{{"deny", p.Intent.Deny}, {"ask", p.Intent.Ask}} {
		for i, name := range list.names {
			c.decided(p, fmt.Sprintf("%s.%s[%d]", check, list.field, i), name, check, name)
		}
	}
}

// approvals adds the rules for approval. One is touched when people would be asked because of it.
func (c *Coverage) approvals(p *governance.Policy) {
	for i, rule := range p.RequireApproval {
		field := fmt.Sprintf("%s[%d]", governance.CheckApproval, i)
		name := rule.Name
		if name == "" {
			name = field
		}
		c.add(p, field, name, func(s *seen) bool {
			return s.Approval != nil && slices.ContainsFunc(s.Approval.Needs, func(r governance.Requirement) bool {
				return r.Policy == p.Name && r.Rule == name
			})
		})
	}
}
