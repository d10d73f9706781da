package main

import (
	"errors"

	"github.com/spf13/cobra"

	"github.com/mcp-kernel/mcp-kernel/governance"
	"github.com/mcp-kernel/mcp-kernel/governance/policy"
	"github.com/mcp-kernel/mcp-kernel/modules/standard"
)

func (a *app) policy() *cobra.Command {
	return group(&cobra.Command{
		Use:   "policy",
		Short: "Write, check, try and compare policies, or show what holds",
		Long: `A policy says what may be called, how often and with what. These verbs help through its life: begin one with a template
(init), find its faults (validate) and its oddities (lint), try it on fixtures (test), compare it with another (diff), see
what it would have decided about the calls of the past (replay), and ask why a call is allowed or not (explain). A server
puts a changed file in force without a restart.`,
		Example: `  mcp-kernel policy init research > policies.yaml
  mcp-kernel policy test policies.test.yaml
  mcp-kernel policy diff policies.yaml candidate.yaml`,
	}, a.policyValidate(), a.policyShow(), a.policySchema(), a.policyTest(), a.policyTemplates(), a.policyInit(),
		a.policyDiff(), a.policyLint(), a.policyExplain(), a.policyReplay(), a.policyExcept(), a.policyPublish())
}

// A validation is what `policy validate --output json` prints.
type validation struct {
	OK       bool     `json:"ok"`
	Policies []string `json:"policies"`
	Faults   []fault  `json:"faults"`
}

// A fault is one thing that is wrong with a policy file. Line and column count from 1; 0 is unknown.
type fault struct {
	File    string `json:"file,omitempty"`
	Line    int    `json:"line,omitempty"`
	Column  int    `json:"column,omitempty"`
	Policy  string `json:"policy,omitempty"`
	Field   string `json:"field,omitempty"`
	Problem string `json:"problem"`
	text    string
}

func (a *app) policyValidate() *cobra.Command {
	return &cobra.Command{
		Use:   "validate [FILE…]",
		Short: "Report every fault of policy files",
		Long: `Validate reads policy files, or all files of a directory, and reports every fault of all of them, each with file, line and
column. Without a file it reads those of the configuration. A fault is exit code 1.`,
		Example: `  mcp-kernel policy validate policies.yaml
  mcp-kernel policy validate /etc/mcp-kernel/policies -o json`,
		RunE: func(cmd *cobra.Command, files []string) error {
			names, err := a.readPolicies(cmd, files)
			v := validation{OK: err == nil, Policies: append([]string{}, names...), Faults: faultsOf(err)}
			printed := a.print(v, func(t *table) {
				for _, f := range v.Faults {
					t.line("%s", f.text)
				}
				if v.OK {
					t.line("no faults in: %s", joined(names))
				}
			})
			if printed == nil && !v.OK {
				return errFound
			}
			return printed
		},
	}
}

// readPolicies reads the files, or what the configuration names, and returns the names of the policies.
func (a *app) readPolicies(cmd *cobra.Command, files []string) ([]string, error) {
	if len(files) == 0 {
		set, err := a.policies(cmd)
		if err != nil {
			return nil, err
		}
		return set.Names(), a.bindRules(cmd, set)
	}
	policies, err := policy.Load(cmd.Context(), files...)
	if err != nil {
		return nil, err
	}
	set, err := governance.NewSet(governance.Ceiling{}, policies, nil)
	if err != nil {
		return nil, err
	}
	return set.Names(), a.bindRules(cmd, set)
}

func (a *app) policies(cmd *cobra.Command) (*governance.Set, error) {
	c, err := a.configuration(cmd)
	if err != nil {
		return nil, err
	}
	return standard.LoadPolicies(cmd.Context(), c)
}

// faultsOf takes a joined error apart.
func faultsOf(err error) []fault {
	faults := []fault{}
	if err == nil {
		return faults
	}
	if several, ok := err.(interface{ Unwrap() []error }); ok {
		for _, one := range several.Unwrap() {
			faults = append(faults, faultsOf(one)...)
		}
		return faults
	}
	f := fault{Problem: err.Error(), text: err.Error()}
	if at, ok := errors.AsType[*governance.PolicyError](err); ok {
		f = fault{
			File: at.File, Line: at.At.Line, Column: at.At.Column, Policy: at.Policy, Field: at.Field, Problem: at.Problem,
			text: err.Error(),
		}
	}
	return append(faults, f)
}

func (a *app) policyShow() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "show [NAME]",
		Short: "Show the policy that holds, field by field, or one by name",
		Long: `Show prints what holds for every call: the active policies composed to the strictest, and which of them gave each field.
With a name it prints that policy, as a file would hold it.`,
		Example: `  mcp-kernel policy show
  mcp-kernel policy show --policy default --policy read_only
  mcp-kernel policy show strict > strict.yaml`,
		Args: arguments(0, 1, "at most one name"),
		RunE: func(cmd *cobra.Command, args []string) error {
			set, err := a.policies(cmd)
			if err != nil {
				return err
			}
			if len(args) == 1 {
				return a.showPolicy(set, args[0])
			}
			return a.showEffective(set)
		},
	}
	governed(cmd)
	return cmd
}

// showPolicy prints one policy. As JSON it is what would hold if it were the only one.
func (a *app) showPolicy(set *governance.Set, name string) error {
	p, ok := set.Policy(name)
	if !ok {
		_, err := set.Select(&governance.Call{Policies: []string{name}})
		return errors.Join(err, errors.New("there are "+joined(set.Names())))
	}
	if a.output == "text" {
		_, err := a.out.Write(policy.Encode(p))
		return err
	}
	snapshot, err := governance.Compile(governance.Ceiling{}, p)
	if err != nil {
		return err
	}
	return a.print(snapshot.EffectiveForOperator(), nil)
}

func (a *app) showEffective(set *governance.Set) error {
	snapshot, err := set.Select(&governance.Call{})
	if err != nil {
		return err
	}
	e := snapshot.EffectiveForOperator()
	return a.print(e, func(t *table) { effectiveRows(t, e) })
}
