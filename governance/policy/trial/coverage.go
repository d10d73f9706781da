package trial

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/mcp-kernel/mcp-kernel/governance"
	"github.com/mcp-kernel/mcp-kernel/governance/match"
)

// A Part is something in a policy that a fixture can touch: a blocked pattern, an entry of an allowlist, a limit, a rule
// that forbids, a rule for labels.
type Part struct {
	Policy string
	Field  string // path, as in "blocked_patterns[2]"
	What   string // its name or text
	File   string
	At     governance.Position
}

// Coverage says which parts of policies were touched. The nil Coverage notes nothing.
type Coverage struct {
	parts   []Part
	touches []func(*governance.Call, *governance.Decision) bool // by part
	touched []bool
}

// NewCoverage begins to note what is touched of policies.
func NewCoverage(policies ...governance.Policy) *Coverage {
	c := &Coverage{}
	for i := range policies {
		p := &policies[i]
		c.lists(p)
		c.patterns(p)
		c.limits(p)
		c.rules(p)
		c.labels(p)
	}
	c.touched = make([]bool, len(c.parts))
	return c
}

// Parts is how many parts there are.
func (c *Coverage) Parts() int { return len(c.parts) }

// Touched is how many of them were touched.
func (c *Coverage) Touched() int {
	n := 0
	for _, touched := range c.touched {
		if touched {
			n++
		}
	}
	return n
}

// Untouched returns the parts that no fixture has touched, in the order of their places. The caller owns the slice.
func (c *Coverage) Untouched() []Part {
	var rest []Part
	for i, touched := range c.touched {
		if !touched {
			rest = append(rest, c.parts[i])
		}
	}
	slices.SortStableFunc(rest, func(a, b Part) int {
		return cmp.Or(cmp.Compare(a.File, b.File), cmp.Compare(a.At.Line, b.At.Line), cmp.Compare(a.At.Column, b.At.Column))
	})
	return rest
}

// note notes what a decision has touched.
func (c *Coverage) note(call *governance.Call, d *governance.Decision) {
	if c == nil {
		return
	}
	for i, touches := range c.touches {
		c.touched[i] = c.touched[i] || touches(call, d)
	}
}

func (c *Coverage) add(p *governance.Policy, field, what string, touches func(*governance.Call, *governance.Decision) bool) {
	c.parts = append(c.parts, Part{Policy: p.Name, Field: field, What: what, File: p.Source.File, At: p.Source.At(field)})
	c.touches = append(c.touches, touches)
}

// decided is a part that a decision names.
func (c *Coverage) decided(p *governance.Policy, field, what, check, rule string) {
	policy := p.Name
	c.add(p, field, what, func(_ *governance.Call, d *governance.Decision) bool {
		return d.Check == check && d.Policy == policy && (rule == "" || d.Rule == rule)
	})
}

// lists adds the entries of the allowlists. One is touched when a call whose name it matches passes the list.
func (c *Coverage) lists(p *governance.Policy) {
	for _, list := range []struct {
		check string
		kind  governance.Kind
		names []string
	}{
		{governance.CheckTools, governance.KindTool, p.AllowedTools},
		{governance.CheckResources, governance.KindResource, p.AllowedResources},
		{governance.CheckPrompts, governance.KindPrompt, p.AllowedPrompts},
	} {
		for i, name := range list.names {
			glob, err := match.CompileGlob(name, true)
			if err != nil {
				continue // no valid policy has such an entry
			}
			c.add(p, fmt.Sprintf("%s[%d]", list.check, i), name, func(call *governance.Call, d *governance.Decision) bool {
				return call.Kind == list.kind && d.Stage != governance.StageAllow && d.Snapshot != nil &&
					slices.Contains(d.Snapshot.Names(), p.Name) && glob.Match(call.Name)
			})
		}
	}
}

func (c *Coverage) patterns(p *governance.Policy) {
	for i, pattern := range p.BlockedPatterns {
		field := fmt.Sprintf("%s[%d]", governance.CheckPatterns, i)
		name := pattern.Name
		if name == "" {
			name = field
		}
		c.decided(p, field, name, governance.CheckPatterns, name)
	}
}

func (c *Coverage) limits(p *governance.Policy) {
	for _, limit := range []struct {
		check string
		value *int64
	}{
		{governance.CheckCalls, p.MaxToolCallsPerRequest},
		{governance.CheckTokens, p.MaxTokensPerRequest},
		{governance.CheckMaxDepth, p.MaxDepth},
		{governance.CheckFanOut, p.MaxFanOut},
	} {
		if limit.value != nil {
			c.decided(p, limit.check, strconv.FormatInt(*limit.value, 10), limit.check, "")
		}
	}
	for i, l := range p.Limits {
		field := fmt.Sprintf("%s[%d]", governance.CheckRates, i)
		name := l.Name
		if name == "" {
			name = field
		}
		c.decided(p, field, name, governance.CheckRates, name)
	}
}

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
		c.add(p, fmt.Sprintf("%s[%d]", governance.CheckLabels, i), strings.Join(rule.Add, ", "), func(_ *governance.Call, d *governance.Decision) bool {
			return !slices.ContainsFunc(rule.Add, func(label string) bool { return !slices.Contains(d.Labels, label) })
		})
	}
}
