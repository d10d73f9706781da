package main

import (
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"github.com/mcp-kernel/mcp-kernel/internal/config"
)

// An app is one run of the program: its streams and the flags that every verb has.
type app struct {
	in       io.Reader
	out, err io.Writer

	configFile string
	output     string
}

// root returns the command with all its verbs.
func (a *app) root() *cobra.Command {
	root := group(&cobra.Command{
		Use:   "mcp-kernel",
		Short: "A governed MCP server",
		Long: `mcp-kernel publishes MCP tools, resources and prompts that are governed: every call passes an allowlist, blocked
patterns and limits before it runs, and is recorded in a signed journal whatever becomes of it.

Settings are taken from flags, then from the environment (MCP_KERNEL_AUDIT_DURABILITY for audit.durability), then from
mcp-kernel.yaml in the user's configuration directory or the file that --config names, then from the defaults.

Exit codes: 0 it worked; 1 it did not, or something was found; 2 the command line is wrong.`,
		Example: `  mcp-kernel demo                 show what it does, on this machine, in a second
  mcp-kernel serve --stdio        what a host such as Claude Desktop starts
  mcp-kernel audit verify         check that nothing in the journal was changed`,
	})
	root.SilenceErrors, root.SilenceUsage = true, true
	root.SetFlagErrorFunc(func(cmd *cobra.Command, err error) error { return misused(cmd, "%v", err) })
	flags := root.PersistentFlags()
	flags.StringVar(&a.configFile, "config", "", "configuration `file` (default mcp-kernel.yaml in the user's configuration directory)")
	flags.String("data-dir", "", "`directory` of journal, keys and state (default the user's data directory)")
	flags.String("log-level", "", "debug, info, warn, error or off (default info); the log goes to standard error")
	flags.StringVarP(&a.output, "output", "o", "text", "text or json")
	root.PersistentPreRunE = func(cmd *cobra.Command, _ []string) error {
		if a.output != "text" && a.output != "json" {
			return misused(cmd, "--output %q: want text or json", a.output)
		}
		return nil
	}
	root.AddCommand(a.serve(), a.demo(), a.policy(), a.audit(), a.replicas(), a.ready(), a.metrics(), a.tools(), a.check(), a.inspect(), a.keys(), a.bench(), a.freeze(), a.resume(), a.approvals(), a.upstream(), a.tool(), a.composition(), a.pins(), a.scan(), a.hook(), a.install(), a.uninstall(), a.doctor(), a.version())
	return root
}

// group makes a command that only holds verbs: alone it says which there are, and a verb that is none of them is an
// error that names the nearest.
func group(cmd *cobra.Command, verbs ...*cobra.Command) *cobra.Command {
	cmd.AddCommand(verbs...)
	cmd.Args = cobra.ArbitraryArgs
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		if len(args) == 0 {
			return cmd.Help()
		}
		cmd.SuggestionsMinimumDistance = 2
		hint := ""
		if near := cmd.SuggestionsFor(args[0]); len(near) > 0 {
			hint = fmt.Sprintf(": did you mean %q?", strings.Join(near, `" or "`))
		}
		return misused(cmd, "%s has no verb %q%s", cmd.CommandPath(), args[0], hint)
	}
	return cmd
}

// arguments checks the number of arguments. usage says what they are, for the error.
func arguments(least, most int, usage string) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		switch {
		case len(args) < least || most >= 0 && len(args) > most:
			return misused(cmd, "%s takes %s, not %d arguments", cmd.CommandPath(), usage, len(args))
		default:
			return nil
		}
	}
}

// bindings are the flags that set a key of the configuration.
const bindings = `
	data_dir                      data-dir
	log.level                     log-level
	server.profile                profile
	governance.policies           policy
	governance.policy_files       policy-file
	audit.durability              durability
	server.http.tls_cert          tls-cert
	server.http.tls_key           tls-key
	observability.metrics_listen  metrics
`

// configuration loads the settings, with the command's flags over everything else.
func (a *app) configuration(cmd *cobra.Command) (config.Config, error) {
	bind := map[string]string{}
	for line := range strings.Lines(bindings) {
		if pair := strings.Fields(line); len(pair) == 2 {
			bind[pair[0]] = pair[1]
		}
	}
	return config.Load(a.configFile, cmd.Flags(), bind)
}

// governed adds the flags that choose what governs calls.
func governed(cmd *cobra.Command) {
	cmd.Flags().Var(new(list), "policy", "`name` of a policy that holds; repeat it for several (default from the configuration)")
	cmd.Flags().Var(new(list), "policy-file", "`file` or directory of policies; repeat it for several (default the built-in ones)")
}

// shown adds the flag that chooses which tools are listed.
func shown(cmd *cobra.Command) {
	cmd.Flags().String("profile", "", "which tools are listed: default, files or full (default from the configuration)")
}

// A list is a flag that may be repeated. Its text is what the configuration reads as a list.
type list []string

// String joins the values with commas.
func (l *list) String() string { return strings.Join(*l, ",") }

// Set adds a value, or several with commas between them.
func (l *list) Set(text string) error {
	*l = append(*l, strings.Split(text, ",")...)
	return nil
}

// Type is what help calls the value.
func (*list) Type() string { return "name" }
