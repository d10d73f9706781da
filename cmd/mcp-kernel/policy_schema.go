package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/mcp-kernel/mcp-kernel/governance"
	"github.com/mcp-kernel/mcp-kernel/governance/rules"
	"github.com/mcp-kernel/mcp-kernel/internal/config"
	"github.com/mcp-kernel/mcp-kernel/modules/standard"
	"github.com/mcp-kernel/mcp-kernel/tools"
)

func (a *app) policySchema() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "schema",
		Short: "Print what the rules of policies can speak of",
		Long: `Schema prints the Cedar schema that the rules of policies are validated against: who acts, what there is to call, with the
types of all arguments, and what every call brings along. It is generated from the tools and prompts that there are.`,
		Example: `  mcp-kernel policy schema
  mcp-kernel policy schema > mcp-kernel.cedarschema`,
		Args: arguments(0, 0, "no arguments"),
		RunE: func(cmd *cobra.Command, _ []string) error {
			c, err := a.configuration(cmd)
			if err != nil {
				return err
			}
			schema, err := a.schemaOf(cmd, c)
			if err != nil {
				return err
			}
			return a.print(map[string]string{"schema": schema.Text()}, func(t *table) { t.line("%s", schema.Text()) })
		},
	}
	return cmd
}

// bindRules validates the rules of policies, if there are any, against what there is under the configuration.
func (a *app) bindRules(cmd *cobra.Command, set *governance.Set) error {
	if !set.HasRules() {
		return nil
	}
	c, err := a.configuration(cmd)
	if err != nil {
		return err
	}
	schema, err := a.schemaOf(cmd, c)
	if err != nil {
		return err
	}
	return set.Bind(schema)
}

// schemaOf returns what rules can speak of under a configuration.
func (a *app) schemaOf(cmd *cobra.Command, c config.Config) (*rules.Schema, error) {
	catalog, err := a.catalogOf(cmd, c)
	if err != nil {
		return nil, err
	}
	return standard.RuleSchema(catalog)
}

// catalogOf returns what there is to call under a configuration, with what other servers offered when they were last seen.
// Of which servers that is not known, it says on the error stream.
func (a *app) catalogOf(cmd *cobra.Command, c config.Config) (*tools.Catalog, error) {
	v, err := a.viewOf(cmd, c)
	return v.Catalog, err
}

func (a *app) viewOf(cmd *cobra.Command, c config.Config) (standard.View, error) {
	v, err := standard.ViewOf(cmd.Context(), c, newExtension().modules()...)
	for _, u := range v.Unseen {
		fmt.Fprintf(a.err, "what server %s offers is not known (%s), so its tools are taken for none: mcp-kernel upstream test %s\n", u.Server, oneLine(u.Reason, 200), u.Server)
	}
	return v, err
}
