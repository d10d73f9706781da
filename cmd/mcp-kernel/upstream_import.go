package main

import (
	"fmt"
	"os"
	"slices"

	"github.com/spf13/cobra"

	"github.com/mcp-kernel/mcp-kernel/internal/hosts"
	"github.com/mcp-kernel/mcp-kernel/internal/upstreams"
	"github.com/mcp-kernel/mcp-kernel/modules/atr"
)

func (a *app) upstreamImport() *cobra.Command {
	var untested bool
	cmd := &cobra.Command{
		Use:   "import FILE|HOST",
		Short: "Govern the servers that a host's file lists",
		Long: `Import reads the servers of a host's own file: mcpServers of Claude Desktop, Claude Code, Cursor, Windsurf and Gemini CLI,
servers of VS Code, context_servers of Zed, with comments or without; or of the user's file of a host that is named as
mcp-kernel install names it. Those that are here already, those that the host does not start, and mcp-kernel itself are passed
over. The host's file is not changed: mcp-kernel install --move does that.`,
		Example: `  mcp-kernel upstream import ~/.config/Claude/claude_desktop_config.json
  mcp-kernel upstream import cursor --no-test`,
		Args: arguments(1, 1, "a host's file, or a host"),
		RunE: func(cmd *cobra.Command, args []string) error { return a.importServers(cmd, args[0], untested) },
	}
	cmd.Flags().BoolVar(&untested, "no-test", false, "do not start them now")
	return cmd
}

// importServers adds the servers of a file that can be governed, and says which cannot.
func (a *app) importServers(cmd *cobra.Command, file string, untested bool) error {
	if slices.Contains(hosts.Names(), file) {
		p, err := hostSystem().Servers(file, hosts.User)
		if err != nil {
			return err
		}
		file = p.File
	}
	text, err := os.ReadFile(file) //nolint:gosec // the operator says which
	if err != nil {
		return err
	}
	found, err := hosts.Servers(text)
	if err != nil {
		return fmt.Errorf("%s: %w", file, err)
	}
	c, err := a.configuration(cmd)
	if err != nil {
		return err
	}
	known, err := upstreams.Load(c.UpstreamsFile())
	if err != nil {
		return err
	}
	var added []atr.Server
	for _, h := range adopt(found, known, false) {
		if text := h.tell(); text != "" {
			fmt.Fprintln(a.err, text)
		}
		if h.As != "" && !h.known {
			added = append(added, h.server)
		}
	}
	if len(added) == 0 {
		fmt.Fprintln(a.err, "nothing new in", file)
		return nil
	}
	return a.addServers(cmd, untested, added...)
}
