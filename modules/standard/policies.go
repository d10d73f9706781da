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

// LoadPolicies reads the configured policy files, those that were published and fetched last, or the built-in policies where
// neither is configured, and makes the configured ones active. Every fault is reported at once.
func LoadPolicies(ctx context.Context, c config.Config) (*governance.Set, error) {
	return loadPolicies(ctx, c, func(ctx context.Context) ([]governance.Policy, error) { return readPolicies(ctx, c) })
}

func loadPolicies(ctx context.Context, c config.Config, read func(context.Context) ([]governance.Policy, error)) (*governance.Set, error) {
	policies, err := read(ctx)
	if err != nil {
		return nil, err
	}
	set, err := governance.NewSet(CeilingOf(c), policies, c.Governance.Policies)
	if err != nil {
		return nil, fmt.Errorf("policies: %w", err)
	}
	if err := knownRoles(set, c.Server.HTTP.Auth.Roles); err != nil {
		return nil, err
	}
	return set, nil
}

// CeilingOf returns what no policy exceeds under a configuration.
func CeilingOf(c config.Config) governance.Ceiling {
	limits := c.Governance.Ceiling
	return governance.Ceiling{MaxTokens: limits.MaxTokens, MaxCalls: limits.MaxCalls, Timeout: limits.Timeout}
}

func readPolicies(ctx context.Context, c config.Config) ([]governance.Policy, error) {
	switch files := c.Governance.PolicyFiles; {
	case len(c.Governance.Publishers) > 0:
		dir, _, err := publishedIn(c).Current()
		if err != nil {
			return nil, fmt.Errorf("policies: %w: mcp-kernel policy publish", err)
		}
		return policy.Load(ctx, dir)
	case len(files) > 0:
		return policy.Load(ctx, files...)
	default:
		return policy.Decode("built-in", builtin)
	}
}
