package main

import (
	"github.com/spf13/cobra"

	"github.com/mcp-kernel/mcp-kernel/governance"
	"github.com/mcp-kernel/mcp-kernel/modules/standard"
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
			schema, err := standard.SchemaOf(cmd.Context(), c, newExtension().modules()...)
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
	schema, err := standard.SchemaOf(cmd.Context(), c, newExtension().modules()...)
	if err != nil {
		return err
	}
	return set.Bind(schema)
}
