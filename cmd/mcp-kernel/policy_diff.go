package main

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/mcp-kernel/mcp-kernel/governance"
	"github.com/mcp-kernel/mcp-kernel/governance/policy"
	"github.com/mcp-kernel/mcp-kernel/governance/policy/compare"
	"github.com/mcp-kernel/mcp-kernel/governance/policy/templates"
	"github.com/mcp-kernel/mcp-kernel/internal/config"
	"github.com/mcp-kernel/mcp-kernel/modules/standard"
	"github.com/mcp-kernel/mcp-kernel/tools"
)

// How the command line names policies that do not lie in a file that is given.
const (
	templateSource   = "template:"
	configuredSource = "configured"
)

// sourceHelp says how policies are named.
const sourceHelp = `a file, a directory, template:NAME or configured`

// readSource returns the policies of a source, and the names of those among them that hold.
func readSource(cmd *cobra.Command, c config.Config, source string) ([]governance.Policy, []string, error) {
	if source == configuredSource {
		set, err := standard.LoadPolicies(cmd.Context(), c)
		if err != nil {
			return nil, nil, err
		}
		var policies []governance.Policy
		for _, name := range set.Names() {
			p, _ := set.Policy(name)
			policies = append(policies, p)
		}
		return policies, set.Active(), nil
	}
	policies, err := readFileOrTemplate(cmd, source)
	if err != nil {
		return nil, nil, err
	}
	names := make([]string, len(policies))
	for i := range policies {
		names[i] = policies[i].Name
	}
	return policies, names, nil
}

func readFileOrTemplate(cmd *cobra.Command, source string) ([]governance.Policy, error) {
	name, isTemplate := strings.CutPrefix(source, templateSource)
	if !isTemplate {
		return policy.Load(cmd.Context(), source)
	}
	text, ok := templates.Policy(name)
	if !ok {
		return nil, misused(cmd, "there is no template %q: there are %s", oneLine(name, 80), joined(templates.Names()))
	}
	return policy.Decode(source, text)
}

// sourceSet makes a set of a source, in which the named policies hold, or those that hold there anyway.
func sourceSet(cmd *cobra.Command, c config.Config, source string, names []string) (*governance.Set, error) {
	policies, active, err := readSource(cmd, c, source)
	if err != nil {
		return nil, err
	}
	if len(names) > 0 {
		active = names
	}
	set, err := governance.NewSet(standard.CeilingOf(c), policies, active)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", source, err)
	}
	return set, nil
}

// resourceNames are the URIs and templates of a catalog.
func resourceNames(c *tools.Catalog) []string {
	single, families := c.Resources(), c.Templates()
	names := make([]string, 0, len(single)+len(families))
	for _, r := range single {
		names = append(names, r.URI)
	}
	for _, r := range families {
		names = append(names, r.Template)
	}
	return names
}

func (a *app) policyDiff() *cobra.Command {
	var names list
	var strict bool
	cmd := &cobra.Command{
		Use:   "diff FIRST SECOND",
		Short: "Say where other policies are stricter or looser, each with a call that shows it",
		Long: `Diff compares what two sets of policies come to, field by field: where the second is stricter, looser or neither. For each
direction it looks for a call, or an answer to one, that the two judge differently, and shows what each said of it. What is
written tells most; where calls had to be tried, it says that it is only sampled, and where neither tells, that it cannot be
decided.

FIRST and SECOND are ` + sourceHelp + `. All policies of a file hold together, unless --policy says which. With
--no-looser it is exit code 1 when the second may let pass anything that the first does not, which also what is only sampled
may do: for a pipeline that guards changes.`,
		Example: `  mcp-kernel policy diff configured candidate.yaml
  mcp-kernel policy diff template:permissive template:strict
  mcp-kernel policy diff policies.yaml candidate.yaml --no-looser -o json`,
		Args: arguments(2, 2, "two sources of policies"),
		RunE: func(cmd *cobra.Command, args []string) error { return a.diffPolicies(cmd, args, names, strict) },
	}
	cmd.Flags().Var(&names, "policy", "`name` of a policy that holds on both sides; repeat it for several")
	cmd.Flags().BoolVar(&strict, "no-looser", false, "exit code 1 unless the second is equal or stricter for sure")
	return cmd
}

func (a *app) diffPolicies(cmd *cobra.Command, sources, names []string, strict bool) error {
	c, err := a.configuration(cmd)
	if err != nil {
		return err
	}
	var sets [2]*governance.Set
	for i, source := range sources {
		if sets[i], err = sourceSet(cmd, c, source, names); err != nil {
			return err
		}
	}
	catalog, err := a.catalogOf(cmd, c)
	if err != nil {
		return err
	}
	r, err := compare.Sets(cmd.Context(), sets[0], sets[1], compare.Options{
		Surface: standard.RuleSurface(catalog), Resources: resourceNames(catalog),
		Window: c.Governance.Window, MaxDepth: c.Governance.MaxDepth,
	})
	if err != nil {
		return err
	}
	if err := a.print(r, func(t *table) { diffRows(t, r) }); err != nil {
		return err
	}
	if strict && (r.Sampled || r.Relation != compare.Equal && r.Relation != compare.Stricter) {
		return errFound
	}
	return nil
}

func diffRows(t *table, r compare.Report) {
	switch r.Relation {
	case compare.Equal:
		t.line("The two mean the same.")
		return
	case compare.Incomparable:
		t.line("The second is neither stricter nor looser than the first: each lets something pass that the other does not.")
	case compare.Undecided:
		t.line("It cannot be decided whether the second is stricter or looser than the first.")
	default:
		t.line("The second is %s than the first%s.", r.Relation, sampled(r.Sampled))
	}
	for _, f := range r.Fields {
		t.line("")
		t.line("%s: %s%s", f.Name, f.Relation, sampled(f.Sampled))
		t.line("  first:  %s", oneLine(f.First, 160))
		t.line("  second: %s", oneLine(f.Second, 160))
		for _, w := range f.Witnesses {
			t.line("  %s: %s", w.Relation, witnessed(w))
			t.line("    first:  %s", sided(w.First))
			t.line("    second: %s", sided(w.Second))
		}
		if f.Note != "" {
			t.line("  (%s)", f.Note)
		}
	}
}

// sampled says of a relation that it is not proven.
func sampled(is bool) string {
	if is {
		return ", as far as was sampled"
	}
	return ""
}

func witnessed(w compare.Witness) string {
	text := w.Kind + " " + oneLine(w.Name, 80)
	if len(w.Args) > 0 {
		text += " " + oneLine(string(w.Args), 120)
	}
	if len(w.Answer) > 0 {
		text += ", which answers " + oneLine(string(w.Answer), 120)
	}
	if w.After != "" {
		text += " (" + w.After + ")"
	}
	return text
}

func sided(v compare.Verdict) string {
	text := v.Effect
	if v.Would {
		text += " in mode audit, though"
	}
	if v.Check != "" {
		text += " by " + v.Check
	}
	if v.Says != "" {
		text += ": " + oneLine(v.Says, 160)
	}
	return text
}
