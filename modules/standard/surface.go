package standard

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/mcp-kernel/mcp-kernel/governance/rules"
	"github.com/mcp-kernel/mcp-kernel/internal/config"
	"github.com/mcp-kernel/mcp-kernel/tools"
)

// CatalogOf returns what there would be to call under a configuration, without its data directory and its policies: it
// puts a kernel together that is thrown away. Of the catalog only what it lists can be used.
func CatalogOf(ctx context.Context, c config.Config, extra ...tools.Module) (catalog *tools.Catalog, err error) {
	dir, err := os.MkdirTemp("", "mcp-kernel-catalog-")
	if err != nil {
		return nil, fmt.Errorf("catalog: %w", err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	c.DataDir = filepath.Join(dir, "data")
	c.State.Backend = "memory"
	c.Governance.PolicyFiles, c.Governance.Policies = nil, config.Default().Governance.Policies
	k, err := Open(ctx, Options{Config: c, Extra: extra})
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, k.Close(context.WithoutCancel(ctx))) }()
	return k.Catalog, nil
}

// SchemaOf returns what the rules of policies can speak of under a configuration, as CatalogOf finds it.
func SchemaOf(ctx context.Context, c config.Config, extra ...tools.Module) (*rules.Schema, error) {
	catalog, err := CatalogOf(ctx, c, extra...)
	if err != nil {
		return nil, err
	}
	return RuleSchema(catalog)
}
