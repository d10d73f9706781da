package main

import (
	"errors"
	"os"
	"path/filepath"
	"slices"

	"github.com/spf13/cobra"

	"github.com/mcp-kernel/mcp-kernel/governance"
	gate "github.com/mcp-kernel/mcp-kernel/governance/inspect"
	"github.com/mcp-kernel/mcp-kernel/governance/policy"
	"github.com/mcp-kernel/mcp-kernel/governance/policy/templates"
	"github.com/mcp-kernel/mcp-kernel/internal/config"
	"github.com/mcp-kernel/mcp-kernel/modules/standard"
)

// inspection returns what records are judged by: what the flags name, or nothing for the default.
func (a *app) inspection(cmd *cobra.Command) (o gate.Options, err error) {
	named, filed := cmd.Flags().Changed("policy"), cmd.Flags().Changed("policy-file")
	if !named && !filed {
		return o, nil
	}
	c, err := a.configuration(cmd)
	if err != nil {
		return o, err
	}
	var names []string
	if l, ok := cmd.Flags().Lookup("policy").Value.(*list); ok {
		names = *l
	}
	if o.Policies, err = chosen(cmd, c, names); err != nil {
		return o, err
	}
	catalog, err := a.catalogOf(cmd, c)
	if err != nil {
		return o, err
	}
	o.Surface = standard.RuleSurface(catalog)
	return o, nil
}

// chosen returns the policies of the names: files, policies that are configured or built in, templates. Without names it is
// all that are configured.
func chosen(cmd *cobra.Command, c config.Config, names []string) ([]governance.Policy, error) {
	c.Governance.Policies = nil // they are not asked whether they are there
	configured, err := standard.LoadPolicies(cmd.Context(), c)
	if err != nil {
		return nil, err
	}
	if len(names) == 0 {
		names = configured.Names()
	}
	var all []governance.Policy
	var faults []error
	for _, name := range names {
		found, err := choose(cmd, configured, name)
		faults = append(faults, err)
		all = append(all, found...)
	}
	return all, errors.Join(faults...)
}

func choose(cmd *cobra.Command, configured *governance.Set, name string) ([]governance.Policy, error) {
	if p, ok := configured.Policy(name); ok {
		return []governance.Policy{p}, nil
	}
	if text, ok := templates.Policy(name); ok {
		return policy.Decode(name, text)
	}
	if _, err := os.Stat(name); err == nil || slices.Contains([]string{".yaml", ".yml"}, filepath.Ext(name)) {
		return policy.Load(cmd.Context(), name)
	}
	return nil, misused(cmd, "--policy %q: no file, no template (%s) and no policy that is loaded (%s)",
		oneLine(name, 80), joined(templates.Names()), joined(configured.Names()))
}
