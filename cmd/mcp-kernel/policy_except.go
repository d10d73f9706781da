package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"github.com/mcp-kernel/mcp-kernel/governance/match"
	"github.com/mcp-kernel/mcp-kernel/governance/policy"
)

// An exempted is what `policy except --output json` prints.
type exempted struct {
	File       string    `json:"file"`
	Policy     string    `json:"policy"`
	Pattern    string    `json:"pattern"`
	Reason     string    `json:"reason"`
	Tools      []string  `json:"tools,omitempty"`
	Principals []string  `json:"principals,omitempty"`
	Until      time.Time `json:"until"`
}

func (a *app) policyExcept() *cobra.Command {
	var reason, until string
	var tools, principals list
	cmd := &cobra.Command{
		Use:   "except POLICY PATTERN --reason TEXT --until WHEN [--tool GLOB]… [--principal GLOB]…",
		Short: "Let a blocked pattern not count, for some calls, for some time",
		Long: `Except writes an exception from a named pattern into the file that its policy stands in, and changes nothing else there. It
holds for the tools and principals that are named (both, where both are), until a day, a time, or so long from now. A
server that runs takes it up by itself. What is allowed by an exception is recorded like any other call.`,
		Example: `  mcp-kernel policy except default cloud_metadata_endpoint --tool 'deploy_*' --until 2027-01-31 --reason 'the old site'
  mcp-kernel policy except default drop_table --principal user:ci --until 72h --reason 'migration 17'`,
		Args: arguments(2, 2, "the names of a policy and of one of its patterns"),
		RunE: func(cmd *cobra.Command, args []string) error {
			end, err := endOf(until, time.Now())
			if err != nil {
				return misused(cmd, "--until: %v", err)
			}
			set, err := a.policies(cmd)
			if err != nil {
				return err
			}
			p, ok := set.Policy(args[0])
			switch {
			case !ok:
				return misused(cmd, "there is no policy %q: there are %s", oneLine(args[0], 80), joined(set.Names()))
			case p.Source.File == "":
				return fmt.Errorf("the policy %q is built in: write it to a file (mcp-kernel policy show, policy init) and name that in policies.files", args[0])
			}
			e := match.Exception{Reason: reason, Tools: tools, Principals: principals, Until: end}
			if err := except(p.Source.File, args[0], args[1], e); err != nil {
				return err
			}
			return a.print(exempted{p.Source.File, args[0], args[1], reason, tools, principals, end}, func(t *table) {
				t.line("%s: %s of %s does not count until %s", p.Source.File, args[1], args[0], end.Format(time.RFC3339))
			})
		},
	}
	cmd.Flags().StringVar(&reason, "reason", "", "`why` it does not count")
	cmd.Flags().StringVar(&until, "until", "", "`when` it counts again: 2027-01-31, 2027-01-31T18:00:00Z, or a time from now as in 72h")
	cmd.Flags().Var(&tools, "tool", "`glob` of the tools that it is for; repeat it for several")
	cmd.Flags().Var(&principals, "principal", "`glob` of the principals that it is for; repeat it for several")
	cmd.Flags().Var(new(list), "policy-file", "`file` or directory of policies; repeat it for several (default from the configuration)")
	return cmd
}

// endOf reads a day, a time, or a time from now.
func endOf(text string, now time.Time) (time.Time, error) {
	for _, layout := range []string{time.DateOnly, time.RFC3339} {
		if at, err := time.Parse(layout, text); err == nil {
			return at.UTC(), nil
		}
	}
	d, err := time.ParseDuration(text)
	if err != nil || d <= 0 {
		return time.Time{}, fmt.Errorf("%q is no day (2027-01-31), no time (2027-01-31T18:00:00Z) and no time from now (72h)", oneLine(text, 80))
	}
	return now.Add(d).UTC().Truncate(time.Second), nil
}

// except writes the exception into the file, which is never half-written.
func except(file, policyName, pattern string, e match.Exception) error {
	info, err := os.Stat(file)
	if err != nil {
		return err
	}
	data, err := os.ReadFile(file) //nolint:gosec // a file that the operator names
	if err != nil {
		return err
	}
	edited, err := policy.Except(file, data, policyName, pattern, e)
	if err != nil {
		return err
	}
	temporary, err := os.CreateTemp(filepath.Dir(file), ".except-*")
	if err != nil {
		return err
	}
	_, err = temporary.Write(edited)
	err = errors.Join(err, temporary.Chmod(info.Mode().Perm()), temporary.Sync(), temporary.Close())
	if err == nil {
		err = os.Rename(temporary.Name(), file)
	}
	if err != nil {
		return errors.Join(err, os.Remove(temporary.Name()))
	}
	return nil
}
