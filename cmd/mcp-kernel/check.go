package main

import (
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/mcp-kernel/mcp-kernel/governance/code"
)

// checkFlags are what the command line says about a check.
type checkFlags struct {
	language string
	severity string
	rules    list
}

// errUnexamined ends a check of which a part could not be done: what is missing from its result may be anything.
var errUnexamined = errors.New("not examined")

func (a *app) check() *cobra.Command {
	var flags checkFlags
	cmd := &cobra.Command{
		Use:   "check FILE|DIRECTORY|-…",
		Short: "Look for dangerous constructs and secrets in source code",
		Long: `Check examines source code for what should not be run unseen: statements that destroy data, commands that destroy
machines, code that is made from data, secrets, checks that were switched off. It is what the tool verify_code_safety asks.

A file is examined whatever its name; of a directory every file below it whose name or first line tells its language, without
.git, node_modules, vendor, testdata and folders whose name begins with a dot. - is standard input. Shell, JavaScript and Go are
read by parsers; what they do not accept, and the other languages, are read as tokens.

Findings of at least --severity are listed. --rules checks only some rules, by their ids. The text has a line of
path:line:column for each finding; sarif is SARIF 2.1.0, as code scanning takes it.

Exit codes: 0 nothing of that severity was found; 1 something was; 2 the command line is wrong, or a file could not be examined.`,
		Example: `  mcp-kernel check .
  mcp-kernel check --severity high scripts/*.sh
  git show HEAD:deploy.py | mcp-kernel check --language python -
  mcp-kernel check -o sarif . > findings.sarif`,
		Args:              arguments(1, -1, "files, directories or -"),
		PersistentPreRunE: func(cmd *cobra.Command, _ []string) error { return a.checkOutput(cmd) },
		RunE: func(cmd *cobra.Command, paths []string) error {
			options, err := flags.options(cmd)
			if err != nil {
				return err
			}
			return a.runCheck(cmd, paths, options)
		},
	}
	cmd.Flags().StringVarP(&a.output, "output", "o", "text", "text, json or sarif")
	cmd.Flags().StringVar(&flags.language, "language", "", "`language` of all files, as in python (default each file's own)")
	cmd.Flags().StringVar(&flags.severity, "severity", "medium", "the least `severity` that counts: low, medium, high or critical")
	cmd.Flags().Var(&flags.rules, "rules", "`id` of a rule to check; repeat it for several (default all)")
	return cmd
}

func (a *app) checkOutput(cmd *cobra.Command) error {
	switch a.output {
	case "text", "json", "sarif":
		return nil
	}
	return misused(cmd, "--output %q: want text, json or sarif", a.output)
}

// options reads the flags, all faults at once.
func (f *checkFlags) options(cmd *cobra.Command) (checkOptions, error) {
	o := checkOptions{language: f.language, Options: code.Options{Rules: f.rules}}
	var faults []string
	if f.language != "" {
		if _, err := code.ParseLanguage(f.language); err != nil {
			faults = append(faults, "--language: "+err.Error())
		}
	}
	if err := o.MinSeverity.UnmarshalText([]byte(f.severity)); err != nil {
		faults = append(faults, "--severity: "+err.Error())
	}
	for _, id := range f.rules {
		if !knownRule(id) {
			faults = append(faults, fmt.Sprintf("--rules: unknown rule %.40q", id))
		}
	}
	if len(faults) > 0 {
		return o, misused(cmd, "%s", strings.Join(faults, "\n"))
	}
	return o, nil
}

func knownRule(id string) bool {
	for _, r := range code.Rules() {
		if r.ID == id {
			return true
		}
	}
	return false
}

// runCheck examines what paths name and prints what was found.
func (a *app) runCheck(cmd *cobra.Command, paths []string, o checkOptions) error {
	result := checkSources(cmd.Context(), a.in, paths, o)
	if err := a.printCheck(result); err != nil {
		return err
	}
	if err := cmd.Context().Err(); err != nil {
		return err
	}
	switch {
	case len(result.Unexamined) > 0:
		return result.unexamined()
	case result.Total > 0:
		return errFound
	}
	return nil
}

// unexamined returns an error with a line for each file that could not be examined.
func (r *checkResult) unexamined() error {
	lines := make([]string, len(r.Unexamined))
	for i, u := range r.Unexamined {
		lines[i] = u.Problem
	}
	return fmt.Errorf("%w: %s", errUnexamined, strings.Join(lines, "\n"+errUnexamined.Error()+": "))
}
