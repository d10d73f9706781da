package inspect

import (
	"slices"

	"github.com/mcp-kernel/mcp-kernel/governance"
	"github.com/mcp-kernel/mcp-kernel/governance/match"
	"github.com/mcp-kernel/mcp-kernel/governance/rules"
)

// timeless is a policy without what depends on other calls than the one that is judged: how many there were in a window, and
// how many run at this moment, which would be those that happen to be judged beside it.
func timeless(p governance.Policy) governance.Policy {
	p.Limits, p.MaxFanOut = nil, nil
	return p
}

// observing is a policy under which nothing objects and everything is noted that its patterns and detectors find.
func observing(p governance.Policy) governance.Policy {
	p = timeless(p)
	p.Mode = governance.AuditOnly
	every := []string{"*"}
	p.AllowedTools, p.AllowedResources, p.AllowedPrompts = every, every, every
	p.Intent, p.Rules, p.Labels, p.RequireApproval = nil, rules.Source{}, nil, nil
	p.BlockedPatterns = slices.Clone(p.BlockedPatterns)
	for i := range p.BlockedPatterns {
		p.BlockedPatterns[i].Action = match.Logs
	}
	return p
}
