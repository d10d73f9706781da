package main

import (
	"fmt"
	"os"

	"github.com/spf13/cobra"

	"github.com/mcp-kernel/mcp-kernel/modules/compose"
)

func (a *app) composition() *cobra.Command {
	return group(&cobra.Command{
		Use:   "composition",
		Short: "Look at the tools that are made of tools",
		Long: `Compositions are tools that you make of other tools: one after the other, side by side, on a condition, or the next where one
fails. They are listed in compositions.yaml beside the configuration, and read when a server starts. Each step is a governed call of
its own: a composition can do nothing that its caller could not do.`,
		Example: `  mcp-kernel composition check compositions.yaml
  mcp-kernel composition list
  mcp-kernel tools call digest_notes '{"folder": "work:"}'`,
	}, a.compositionList(), a.compositionCheck())
}

// A compositionLine is one composition, as `composition list --output json` prints it.
type compositionLine struct {
	Name  string   `json:"name"`
	Tools []string `json:"tools"` // that it may call
}

// compositions prints those of a file.
func (a *app) compositions(path string) error {
	plans, err := compose.Load(path)
	if err != nil {
		return err
	}
	lines := make([]compositionLine, len(plans))
	for i, p := range plans {
		lines[i] = compositionLine{p.Name(), p.Tools()}
	}
	return a.print(lines, func(t *table) {
		t.row("NAME", "CALLS")
		for i := range lines {
			t.row(lines[i].Name, joined(lines[i].Tools))
		}
	})
}

func (a *app) compositionList() *cobra.Command {
	return &cobra.Command{
		Use:     "list",
		Short:   "List the compositions, and the tools that each may call",
		Long:    `List reads compositions.yaml beside the configuration.`,
		Example: `  mcp-kernel composition list -o json`,
		Args:    arguments(0, 0, "no arguments"),
		RunE: func(cmd *cobra.Command, _ []string) error {
			c, err := a.configuration(cmd)
			if err != nil {
				return err
			}
			if _, err := os.Stat(c.CompositionsFile()); err != nil {
				return fmt.Errorf("there are no compositions: %s is not there", c.CompositionsFile())
			}
			return a.compositions(c.CompositionsFile())
		},
	}
}

func (a *app) compositionCheck() *cobra.Command {
	return &cobra.Command{
		Use:   "check FILE",
		Short: "Find what is wrong with a file of compositions",
		Long: `Check reads the file and reports every fault with its place: references to what is not there by then, steps that are two things
at once, bounds. Whether there are such tools, and whether they may be called, is seen when they are called.`,
		Example: `  mcp-kernel composition check compositions.yaml`,
		Args:    arguments(1, 1, "a file"),
		RunE: func(_ *cobra.Command, args []string) error {
			if _, err := os.Stat(args[0]); err != nil {
				return err
			}
			return a.compositions(args[0])
		},
	}
}
