package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/mcp-kernel/mcp-kernel/governance"
	"github.com/mcp-kernel/mcp-kernel/internal/config"
	"github.com/mcp-kernel/mcp-kernel/internal/upstreams"
	"github.com/mcp-kernel/mcp-kernel/modules/atr"
	"github.com/mcp-kernel/mcp-kernel/modules/atr/oauth"
	"github.com/mcp-kernel/mcp-kernel/modules/atr/pin"
	"github.com/mcp-kernel/mcp-kernel/modules/atr/upstream"
	"github.com/mcp-kernel/mcp-kernel/modules/standard"
)

func (a *app) upstream() *cobra.Command {
	return group(&cobra.Command{
		Use:   "upstream",
		Short: "Govern other MCP servers",
		Long: `The servers that you name here are started or reached by mcp-kernel instead of by your host, and what they offer passes the same
policies, limits and journal as everything else: a tool "read" of a server "files" becomes files__read. They are listed in
upstreams.yaml beside the configuration, which you may as well edit yourself.

What a server defines is pinned when it is first seen; when a definition changes it is not used any more until you agree
(mcp-kernel pins). A server at an address may want you to log in: mcp-kernel upstream login NAME.`,
		Example: `  mcp-kernel upstream add files -- npx -y @modelcontextprotocol/server-filesystem /home/me/notes
  mcp-kernel upstream import ~/.cursor/mcp.json
  mcp-kernel upstream test files`,
	}, a.upstreamList(), a.upstreamAdd(), a.upstreamImport(), a.upstreamTest(), a.upstreamLogin(), a.upstreamLogout(), a.upstreamRemove())
}

// withServers opens the kernel for a verb about other servers.
func (a *app) withServers(cmd *cobra.Command, run func(ctx context.Context, m *atr.Module, k *standard.Kernel) error) (err error) {
	k, c, err := a.openWith(cmd, standard.Options{Learning: true})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, k.Close(context.WithoutCancel(cmd.Context()))) }()
	if k.Servers() == nil {
		return fmt.Errorf("no other servers are listed in %s: add one with mcp-kernel upstream add", c.UpstreamsFile())
	}
	return run(cmd.Context(), k.Servers(), k)
}

func (a *app) upstreamList() *cobra.Command {
	return &cobra.Command{
		Use:   "list",
		Short: "List the other servers, and what they offered when they were last seen",
		Long: `List starts nothing. WAITING are definitions that are not used until you agree: mcp-kernel pins list.
LOGIN says of servers that want one whether there is one: good, needed, or poor where the server has asked for more since.`,
		Example: `  mcp-kernel upstream list -o json`,
		Args:    arguments(0, 0, "no arguments"),
		RunE: func(cmd *cobra.Command, _ []string) error {
			return a.withServers(cmd, func(ctx context.Context, m *atr.Module, _ *standard.Kernel) error {
				reports := m.Reports(ctx)
				return a.print(reports, func(t *table) {
					t.row("NAME", "TOOLS", "RESOURCES", "PROMPTS", "WAITING", "LOGIN", "SANDBOX", "WHERE")
					for i := range reports {
						r := &reports[i]
						t.row(r.Name, count(r.Known, r.Tools), count(r.Known, r.Resources), count(r.Known, r.Prompts), count(r.Known, r.Waiting), cmp.Or(r.Login, "-"), onOff(r.Sandboxed), oneLine(r.Where, 80))
					}
				})
			})
		},
	}
}

// count is a number, where it is known.
func count(known bool, n int) string {
	if !known {
		return "-"
	}
	return number(int64(n))
}

func (a *app) upstreamAdd() *cobra.Command {
	var s atr.Server
	var env, headers []string
	var trust string
	var untested bool
	var confine func(*atr.Server) error
	cmd := &cobra.Command{
		Use:   "add NAME URL | add NAME -- COMMAND [ARGUMENT]...",
		Short: "Govern another server",
		Long: `Add writes the server into upstreams.yaml, starts it once to see what it offers, and says which lines policies that name their
tools would need. Values of --env and --header that are secrets are better kept elsewhere: env:NAME takes one from the
environment of mcp-kernel, file:/PATH from a file, keyring:SERVICE/NAME from the system's keyring.`,
		Example: `  mcp-kernel upstream add files -- npx -y @modelcontextprotocol/server-filesystem /home/me/notes
  mcp-kernel upstream add issues https://mcp.example.com/mcp --header 'Authorization: env:ISSUES_AUTHORIZATION'
  mcp-kernel upstream add files --sandbox strict --write ~/notes -- mcp-server-filesystem ~/notes
  mcp-kernel upstream add github --env GITHUB_TOKEN=env:GITHUB_TOKEN -- github-mcp-server stdio`,
		Args: arguments(2, -1, "a name, and a url or a command"),
		RunE: func(cmd *cobra.Command, args []string) (err error) {
			s.Name = args[0]
			if dash := cmd.ArgsLenAtDash(); dash == 1 {
				s.Command, s.Args = args[1], args[2:]
			} else if len(args) == 2 {
				s.URL = args[1]
			} else {
				return misused(cmd, "write the command behind --: mcp-kernel upstream add NAME -- COMMAND ARGUMENT...")
			}
			if s.Env, err = pairs(env, "="); err == nil {
				s.Headers, err = pairs(headers, ":")
			}
			if err == nil {
				err = confine(&s)
			}
			if err != nil {
				return misused(cmd, "%v", err)
			}
			var known bool
			if s.Trust, known = map[string]pin.Trust{"first": pin.TrustFirst, "new": pin.TrustNew, "nothing": pin.TrustNothing}[trust]; !known {
				return misused(cmd, "--trust %q: want first, new or nothing", trust)
			}
			return a.addServers(cmd, untested, s)
		},
	}
	cmd.Flags().StringArrayVar(&env, "env", nil, "`NAME=VALUE` for the server's environment; repeat it for several")
	cmd.Flags().StringArrayVar(&s.Pass, "pass-env", nil, "`NAME` of a variable of ours that the server gets; repeat it for several")
	cmd.Flags().StringArrayVar(&headers, "header", nil, "`NAME: VALUE` for a server with a url; repeat it for several")
	cmd.Flags().BoolVar(&s.Private, "allow-private", false, "the url may lead to this machine or a private network, and need not begin with https")
	cmd.Flags().StringVar(&s.Dir, "dir", "", "`directory` to run the server in")
	confine = sandboxFlags(cmd)
	cmd.Flags().StringArrayVar(&s.Allow, "allow", nil, "`glob` of what is published, by its own name; repeat it for several (default all)")
	cmd.Flags().StringArrayVar(&s.Deny, "deny", nil, "`glob` of what is not; repeat it for several")
	cmd.Flags().StringVar(&trust, "trust", "first", "what is used without asking you: first (what it offers when it is first seen), new (what it adds later, too) or nothing")
	cmd.Flags().BoolVar(&untested, "no-test", false, "do not start it now")
	return cmd
}

// pairs reads NAME=VALUE.
func pairs(texts []string, by string) (map[string]string, error) {
	if len(texts) == 0 {
		return nil, nil //nolint:nilnil // there are none
	}
	all := map[string]string{}
	for _, text := range texts {
		name, value, ok := strings.Cut(text, by)
		if name = strings.TrimSpace(name); !ok || name == "" {
			return nil, fmt.Errorf("%q: want NAME%sVALUE", name, by)
		}
		all[name] = strings.TrimSpace(value)
	}
	return all, nil
}

// addServers writes servers into the file, and learns what they offer.
func (a *app) addServers(cmd *cobra.Command, untested bool, added ...atr.Server) error {
	c, err := a.configuration(cmd)
	if err != nil {
		return err
	}
	servers, err := upstreams.Load(c.UpstreamsFile())
	if err != nil {
		return err
	}
	for i := range added {
		if slices.ContainsFunc(servers, func(s atr.Server) bool { return strings.EqualFold(s.Name, added[i].Name) }) {
			return fmt.Errorf("there is a server %s already: remove it first, or choose another name", added[i].Name)
		}
		servers = append(servers, added[i])
	}
	if err := a.saveServers(c, servers); err != nil {
		return err
	}
	if untested {
		return nil
	}
	var faults []error
	for i := range added {
		faults = append(faults, a.learn(cmd, added[i].Name))
	}
	return errors.Join(faults...)
}

// saveServers writes the file, if all servers in it can be.
func (a *app) saveServers(c config.Config, servers []atr.Server) error {
	m, err := atr.New(atr.Options{Servers: servers})
	if err != nil {
		return err
	}
	if err := m.Close(); err != nil {
		return err
	}
	if err := upstreams.Save(c.UpstreamsFile(), servers); err != nil {
		return err
	}
	fmt.Fprintln(a.err, "written:", c.UpstreamsFile())
	return nil
}

// learned is what upstream test prints.
type learned struct {
	atr.Report

	Published []string `json:"published"` // names of tools
}

// learn starts a server and prints what it offers.
func (a *app) learn(cmd *cobra.Command, name string) error {
	return a.withServers(cmd, func(ctx context.Context, m *atr.Module, k *standard.Kernel) error {
		r, err := m.Learn(ctx, name)
		if errors.Is(err, oauth.ErrLogin) {
			return fmt.Errorf("server %s: %w: mcp-kernel upstream login %s", name, reasonDown(err), name)
		}
		if err != nil {
			return fmt.Errorf("server %s: %w", name, reasonDown(err))
		}
		found := learned{Report: r, Published: m.Published(name)}
		return a.print(found, func(t *table) {
			t.line("%s speaks version %s of the protocol and offers %d tools, %d resources and %d prompts.", name, r.Version, r.Tools, r.Resources, r.Prompts)
			tellSandbox(t, r.Sandbox)
			if r.Waiting > 0 {
				t.line("%d of them are not used until you agree: mcp-kernel pins diff %s", r.Waiting, name)
			}
			var missing []string
			for _, tool := range found.Published {
				if !allowed(k, tool) {
					missing = append(missing, tool)
				}
			}
			if len(missing) > 0 {
				t.line("No active policy allows these; add what is needed to its allowed_tools:")
				for _, tool := range missing {
					t.line("  - %s", tool)
				}
			}
		})
	})
}

// allowed reports whether the active policies let a tool be called.
func allowed(k *standard.Kernel, tool string) bool {
	snapshot, err := k.Policies.Select(&governance.Call{})
	if err != nil {
		return false
	}
	_, ok := snapshot.Allowed(governance.KindTool, tool)
	return ok
}

// reasonDown is why a server cannot be used, which is for whoever owns it.
func reasonDown(err error) error {
	if down, ok := errors.AsType[*upstream.DownError](err); ok {
		return down.Cause
	}
	return err
}

func (a *app) upstreamTest() *cobra.Command {
	return &cobra.Command{
		Use:     "test NAME",
		Short:   "Start a server, and say what it offers",
		Long:    `Test starts the server as mcp-kernel would, reads its lists and judges what it defines. What is seen for the first time is pinned.`,
		Example: `  mcp-kernel upstream test files`,
		Args:    arguments(1, 1, "the name of a server"),
		RunE:    func(cmd *cobra.Command, args []string) error { return a.learn(cmd, args[0]) },
	}
}

func (a *app) upstreamRemove() *cobra.Command {
	return &cobra.Command{
		Use:   "remove NAME",
		Short: "Govern a server no longer",
		Long: `Remove takes the server out of upstreams.yaml. What was pinned of it is kept, for when it comes back;
logins are forgotten.`,
		Example: `  mcp-kernel upstream remove files`,
		Args:    arguments(1, 1, "the name of a server"),
		RunE: func(cmd *cobra.Command, args []string) error {
			c, err := a.configuration(cmd)
			if err != nil {
				return err
			}
			servers, err := upstreams.Load(c.UpstreamsFile())
			if err != nil {
				return err
			}
			left := slices.DeleteFunc(slices.Clone(servers), func(s atr.Server) bool { return s.Name == args[0] })
			if len(left) == len(servers) {
				return fmt.Errorf("%w: %s", atr.ErrUnknown, args[0])
			}
			if err := a.withServers(cmd, func(ctx context.Context, m *atr.Module, _ *standard.Kernel) error { return m.Forget(ctx, args[0]) }); err != nil {
				fmt.Fprintln(a.err, "its logins are not all forgotten and revoked:", err)
			}
			return a.saveServers(c, left)
		},
	}
}
