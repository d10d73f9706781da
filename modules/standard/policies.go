package standard

import (
	"context"
	_ "embed"
	"fmt"

	"github.com/mcp-kernel/mcp-kernel/governance"
	"github.com/mcp-kernel/mcp-kernel/governance/policy"
	"github.com/mcp-kernel/mcp-kernel/internal/config"
)

// builtin are the policies that hold where none are configured: configs/policies/default.yaml, to which a test holds it.
//
//go:embed builtin.yaml
var builtin []byte

// LoadPolicies reads the configured policy files, or the built-in policies where there are none, and makes the
// configured ones active. Every fault is reported at once.
func LoadPolicies(ctx context.Context, c config.Config) (*governance.Set, error) {
	policies, err := readPolicies(ctx, c.Governance.PolicyFiles)
	if err != nil {
		return nil, err
	}
	set, err := governance.NewSet(CeilingOf(c), policies, c.Governance.Policies)
	if err != nil {
		return nil, fmt.Errorf("policies: %w", err)
	}
	return set, nil
}

// CeilingOf returns what no policy exceeds under a configuration.
func CeilingOf(c config.Config) governance.Ceiling {
	limits := c.Governance.Ceiling
	return governance.Ceiling{MaxTokens: limits.MaxTokens, MaxCalls: limits.MaxCalls, Timeout: limits.Timeout}
}

func readPolicies(ctx context.Context, files []string) ([]governance.Policy, error) {
	if len(files) == 0 {
		return policy.Decode("built-in", builtin)
	}
	return policy.Load(ctx, files...)
}
