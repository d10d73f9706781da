package main

import (
	"fmt"
	"maps"
	"slices"

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

// governedRows prints what most policies do not have: limits, bounds, labels and the names of rules.
func governedRows(t *table, e governance.Effective) {
	for _, l := range e.Limits {
		value := l.Name + ": " + number(l.Max) + " " + l.Metric + " per " + l.Per
		if len(l.Tools) > 0 {
			value += " of " + joined(l.Tools)
		}
		if l.Window > 0 {
			value += " in " + l.Window.String()
		}
		t.row("limits", value, l.Policy)
	}
	for _, bound := range []struct {
		field string
		from  governance.From[int64]
	}{{"max_depth", e.MaxDepth}, {"max_fan_out", e.MaxFanOut}, {"max_result_tokens", e.MaxResultTokens}} {
		if bound.from.Policy != "" {
			t.row(bound.field, number(bound.from.Value), bound.from.Policy)
		}
	}
	for _, l := range e.Labels {
		t.row("labels", joined(l.Add)+": "+labelled(l), l.Policy)
	}
	for _, r := range e.Rules {
		t.row("rules", r.ID+": "+r.Effect, r.Policy)
	}
	for i := range e.RequireApproval {
		t.row("require_approval", agreement(&e.RequireApproval[i]), e.RequireApproval[i].Policy)
	}
}

// agreement says what a rule for approval wants.
func agreement(a *governance.EffectiveApproval) string {
	about := labelled(governance.EffectiveLabel{Tools: a.Tools, Resources: a.Resources, Prompts: a.Prompts, Hints: a.Hints})
	return fmt.Sprintf("%s: %s: %d of %s over %s, within %s", a.Name, about, a.Quorum, joined(a.Approvers), joinedChannels(a.Channels), a.Expires)
}

// labelled says which calls a rule for labels is about.
func labelled(l governance.EffectiveLabel) string {
	words := slices.Concat(l.Tools, l.Resources, l.Prompts)
	for _, hint := range slices.Sorted(maps.Keys(l.Hints)) {
		words = append(words, fmt.Sprintf("%s=%t", hint, l.Hints[hint]))
	}
	return joined(words)
}
