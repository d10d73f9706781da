package main

import (
	"time"

	"github.com/spf13/cobra"

	"github.com/mcp-kernel/mcp-kernel/governance/policy/lint"
	"github.com/mcp-kernel/mcp-kernel/modules/standard"
)

// A lintReport is what `policy lint --output json` prints.
type lintReport struct {
	Warnings int            `json:"warnings"`
	Notes    int            `json:"notes"`
	Findings []lint.Finding `json:"findings"`
}

func (a *app) policyLint() *cobra.Command {
	return &cobra.Command{
		Use:   "lint [SOURCE…]",
		Short: "Find what is allowed in a policy and probably not meant",
		Long: `Lint looks for entries that another makes needless, names of nothing, patterns that hit everything or that another hits
already, bounds that are never reached, and lists that open everything beside tools that destroy. Each finding has its place
and what to do about it. A warning is exit code 1; a note is not.

A SOURCE is ` + sourceHelp + `; without one it is configured.`,
		Example: `  mcp-kernel policy lint policies.yaml
  mcp-kernel policy lint template:research -o json`,
		RunE: func(cmd *cobra.Command, sources []string) error {
			if len(sources) == 0 {
				sources = []string{configuredSource}
			}
			return a.lintPolicies(cmd, sources)
		},
	}
}

func (a *app) lintPolicies(cmd *cobra.Command, sources []string) error {
	c, err := a.configuration(cmd)
	if err != nil {
		return err
	}
	catalog, err := standard.CatalogOf(cmd.Context(), c, newExtension().modules()...)
	if err != nil {
		return err
	}
	r := lintReport{Findings: []lint.Finding{}}
	for _, source := range sources {
		policies, _, err := readSource(cmd, c, source)
		if err != nil {
			return err
		}
		r.Findings = append(r.Findings, lint.Policies(lint.Options{
			Surface: standard.RuleSurface(catalog), Resources: resourceNames(catalog), Ceiling: standard.CeilingOf(c), Now: time.Now(),
		}, policies...)...)
	}
	for _, f := range r.Findings {
		if f.Severity == lint.Warning {
			r.Warnings++
		} else {
			r.Notes++
		}
	}
	err = a.print(r, func(t *table) {
		for _, f := range r.Findings {
			t.line("%s", f.String())
		}
		t.line("%d warnings, %d notes", r.Warnings, r.Notes)
	})
	if err == nil && r.Warnings > 0 {
		return errFound
	}
	return err
}
