package main

import (
	"time"

	"github.com/spf13/cobra"

	"github.com/mcp-kernel/mcp-kernel/governance"
	"github.com/mcp-kernel/mcp-kernel/governance/audit"
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
	var from string
	cmd := &cobra.Command{
		Use:   "lint [SOURCE…]",
		Short: "Find what is allowed in a policy and probably not meant",
		Long: `Lint looks for entries that another makes needless, names of nothing, rules that are never reached or that another rule makes
needless, patterns that hit everything or that another hits already, bounds that are never reached, questions that nobody can
answer, exceptions that are over or end within two weeks, and lists that open everything beside tools that destroy. Each
finding has its place and what to do about it. A warning is exit code 1; a note is not.

With --from it also reads the journal, and notes which entries of the allowlists allow more than was called since then. Tools
of other servers are those that they offered when they were last seen; of which servers that is not known, it says.

A SOURCE is ` + sourceHelp + `; without one it is configured.`,
		Example: `  mcp-kernel policy lint policies.yaml
  mcp-kernel policy lint --from 720h
  mcp-kernel policy lint template:research -o json`,
		RunE: func(cmd *cobra.Command, sources []string) error {
			if len(sources) == 0 {
				sources = []string{configuredSource}
			}
			o, err := a.lintOptions(cmd, from)
			if err != nil {
				return err
			}
			return a.lintPolicies(cmd, o, sources)
		},
	}
	cmd.Flags().StringVar(&from, "from", "", "compare with the calls since this `time`, as in 2026-11-22T15:04:05Z, or this long ago, as in 720h")
	return cmd
}

// lintOptions are what policies are looked at beside.
func (a *app) lintOptions(cmd *cobra.Command, from string) (o lint.Options, err error) {
	o.Now = time.Now()
	if o.Since, err = moment(from, o.Now); err != nil {
		return o, misused(cmd, "--from: %v", err)
	}
	c, err := a.configuration(cmd)
	if err != nil {
		return o, err
	}
	v, err := a.viewOf(cmd, c)
	if err != nil {
		return o, err
	}
	o.Surface, o.Resources, o.Ceiling = standard.RuleSurface(v.Catalog), resourceNames(v.Catalog), standard.CeilingOf(c)
	for _, u := range v.Unseen {
		o.Unseen = append(o.Unseen, u.Server)
	}
	if c.State.Private() {
		o.Closed = map[governance.Channel]string{governance.ChannelCLI: "with state.url memory: questions are in the server alone"}
	}
	if from != "" {
		o.Called, err = a.calledSince(cmd, o.Since)
	}
	return o, err
}

// calledSince returns the names that were called and let run since a time, of each kind, as the journal has them.
func (a *app) calledSince(cmd *cobra.Command, since time.Time) (map[governance.Kind]map[string]bool, error) {
	r, err := a.reader(cmd)
	if err != nil {
		return nil, err
	}
	begin, err := beginning(cmd.Context(), r, since, 0)
	if err != nil {
		return nil, err
	}
	called := map[governance.Kind]map[string]bool{}
	for e, err := range r.Entries(cmd.Context(), begin) {
		if err != nil {
			return nil, err
		}
		if e.Kind != audit.KindOutcome {
			continue
		}
		if called[e.Target] == nil {
			called[e.Target] = map[string]bool{}
		}
		called[e.Target][e.Name] = true
	}
	return called, nil
}

func (a *app) lintPolicies(cmd *cobra.Command, o lint.Options, sources []string) error {
	c, err := a.configuration(cmd)
	if err != nil {
		return err
	}
	r := lintReport{Findings: []lint.Finding{}}
	for _, source := range sources {
		policies, _, err := readSource(cmd, c, source)
		if err != nil {
			return err
		}
		r.Findings = append(r.Findings, lint.Policies(o, policies...)...)
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
