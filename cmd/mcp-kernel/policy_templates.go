package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/mcp-kernel/mcp-kernel/governance/policy"
	"github.com/mcp-kernel/mcp-kernel/governance/policy/templates"
)

// A templateLine is one template, as `policy templates --output json` prints it.
type templateLine struct {
	Name        string `json:"name"`
	Description string `json:"description"`
}

func (a *app) policyTemplates() *cobra.Command {
	return &cobra.Command{
		Use:   "templates",
		Short: "List the ready-made policies",
		Long: `Templates lists the policies that are ready to be taken and adapted. Each comes as a file with comments, and with fixtures that
show what it does.`,
		Example: `  mcp-kernel policy templates`,
		Args:    arguments(0, 0, "no arguments"),
		RunE: func(*cobra.Command, []string) error {
			lines := []templateLine{}
			for _, name := range templates.Names() {
				text, _ := templates.Policy(name)
				policies, err := policy.Decode(name, text)
				if err != nil {
					return err
				}
				lines = append(lines, templateLine{name, policies[0].Description})
			}
			return a.print(lines, func(t *table) {
				t.row("NAME", "WHAT IT DOES")
				for _, line := range lines {
					t.row(line.Name, line.Description)
				}
			})
		},
	}
}

func (a *app) policyInit() *cobra.Command {
	var fixtures bool
	var dir string
	cmd := &cobra.Command{
		Use:   "init TEMPLATE",
		Short: "Begin a policy file with a template",
		Long: `Init prints a template as the file that it is, or its fixtures. With --dir it writes both into a directory, as NAME.yaml and
NAME.test.yaml, and never over a file that is there.`,
		Example: `  mcp-kernel policy init research > policies.yaml
  mcp-kernel policy init hipaa --dir /etc/mcp-kernel/policies
  mcp-kernel serve --stdio --policy-file policies.yaml --policy research`,
		Args: arguments(1, 1, "the name of a template"),
		RunE: func(cmd *cobra.Command, args []string) error {
			text, ok := templates.Policy(args[0])
			shown, _ := templates.Fixtures(args[0])
			switch {
			case !ok:
				return misused(cmd, "there is no template %q: there are %s", oneLine(args[0], 80), joined(templates.Names()))
			case dir != "":
				return a.writeTemplate(dir, args[0], text, shown)
			case fixtures:
				text = shown
			}
			_, err := a.out.Write(text)
			return err
		},
	}
	cmd.Flags().BoolVar(&fixtures, "fixtures", false, "print the fixtures, not the policy")
	cmd.Flags().StringVar(&dir, "dir", "", "`directory` to write both into")
	return cmd
}

func (a *app) writeTemplate(dir, name string, text, fixtures []byte) error {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	for _, file := range []struct {
		name string
		text []byte
	}{{name + ".yaml", text}, {name + ".test.yaml", fixtures}} {
		path := filepath.Join(dir, file.name)
		if err := writeNew(path, file.text); err != nil {
			return err
		}
		fmt.Fprintln(a.out, path)
	}
	return nil
}

// writeNew writes a file that must not be there yet.
func writeNew(path string, text []byte) error {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600) //nolint:gosec // the operator names the directory
	if err != nil {
		return err
	}
	_, err = f.Write(text)
	return errors.Join(err, f.Close())
}
