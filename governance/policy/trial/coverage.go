package trial

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"

	"github.com/mcp-kernel/mcp-kernel/governance"
	"github.com/mcp-kernel/mcp-kernel/governance/detect"
	"github.com/mcp-kernel/mcp-kernel/governance/match"
)

// A Part is something in a policy that a fixture can touch: a blocked pattern, an entry of an allowlist, a limit, a rule
// that forbids, a rule for labels, for detectors or for approval, a category of intents, the threshold of confidence.
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
	touches []func(*seen) bool // by part
	touched []bool
}

// What a coverage sees of what was decided.
type seen struct {
	*governance.Decision

	call *governance.Call
	of   detect.Source // what was looked at
}

// by reports whether a policy was among those that decided.
func (s *seen) by(policy string) bool {
	return s.Snapshot != nil && slices.Contains(s.Snapshot.Names(), policy)
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
		c.detectors(p)
		c.intents(p)
		c.approvals(p)
		if threshold := p.ConfidenceThreshold; threshold != nil {
			c.decided(p, governance.CheckConfidence, strconv.FormatFloat(*threshold, 'g', -1, 64), governance.CheckConfidence, "")
		}
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
func (c *Coverage) note(call *governance.Call, d *governance.Decision, of detect.Source) {
	if c == nil {
		return
	}
	s := seen{Decision: d, call: call, of: of}
	for i, touches := range c.touches {
		c.touched[i] = c.touched[i] || touches(&s)
	}
}

func (c *Coverage) add(p *governance.Policy, field, what string, touches func(*seen) bool) {
	c.parts = append(c.parts, Part{Policy: p.Name, Field: field, What: what, File: p.Source.File, At: p.Source.At(field)})
	c.touches = append(c.touches, touches)
}

// decided is a part that a decision names.
func (c *Coverage) decided(p *governance.Policy, field, what, check, rule string) {
	policy := p.Name
	c.add(p, field, what, func(s *seen) bool {
		return s.Check == check && s.Policy == policy && (rule == "" || s.Rule == rule)
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
			c.add(p, fmt.Sprintf("%s[%d]", list.check, i), name, func(s *seen) bool {
				return s.call.Kind == list.kind && s.Stage != governance.StageAllow && s.by(p.Name) && glob.Match(s.call.Name)
			})
		}
	}
}

// patterns adds the blocked patterns. One is touched when it decided, or when what it found was taken out of an answer.
func (c *Coverage) patterns(p *governance.Policy) {
	for i, pattern := range p.BlockedPatterns {
		field := fmt.Sprintf("%s[%d]", governance.CheckPatterns, i)
		name := pattern.Name
		if name == "" {
			name = field
		}
		c.add(p, field, name, func(s *seen) bool {
			return s.Check == governance.CheckPatterns && s.Policy == p.Name && s.Rule == name ||
				s.by(p.Name) && slices.ContainsFunc(s.Findings, func(f match.Finding) bool { return f.Check == governance.CheckPatterns && f.Rule == name })
		})
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
