package main

import (
	"bufio"
	"cmp"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"

	"github.com/mattn/go-isatty"
	"github.com/spf13/cobra"

	"github.com/mcp-kernel/mcp-kernel/internal/config"
	"github.com/mcp-kernel/mcp-kernel/internal/hosts"
)

// errNotAsked ends what needs somebody's yes where nobody can be asked.
var errNotAsked = errors.New("nobody can be asked here: look at the change with --dry-run, and agree to it with --yes")

// A hostLine is what `install --output json` prints of a host that was found.
type hostLine struct {
	Client    string      `json:"client"`
	Title     string      `json:"title"`
	Scope     hosts.Scope `json:"scope"`
	File      string      `json:"file"`
	Installed bool        `json:"installed"`       // mcp-kernel is in it
	Servers   []string    `json:"servers"`         // the others in it
	Fault     string      `json:"fault,omitempty"` // why it cannot be read
}

// A hostChange is what install and uninstall print of a file.
type hostChange struct {
	Client string       `json:"client"`
	Scope  hosts.Scope  `json:"scope"`
	File   string       `json:"file"`
	State  string       `json:"state"`            // planned, written, removed or unchanged
	Diff   string       `json:"diff,omitempty"`   // without what may be secret
	Backup string       `json:"backup,omitempty"` // of the file as it was
	Moved  []hostServer `json:"moved,omitempty"`  // what becomes of the servers that stood there
	Left   []string     `json:"left,omitempty"`   // what is not put back, and why

	removes bool // the file goes away
}

// What has become of a file.
const (
	statePlanned   = "planned"
	stateWritten   = "written"
	stateRemoved   = "removed"
	stateUnchanged = "unchanged"
)

// installing is how one run of install or uninstall goes.
type installing struct {
	client, scope           string
	yes, dry, move, hooking bool
	untested                bool
}

func (a *app) install() *cobra.Command {
	var how installing
	cmd := &cobra.Command{
		Use:   "install --client NAME",
		Short: "Set up a host to use this server",
		Long: `Install writes into the host's own file how this program is started, with the configuration, data directory, profile and
policies that are given here. It shows what will change, with secrets hidden, asks, keeps the old file beside the new one, and
leaves everything else in it as it is, comments too. With --move the servers that stand there are governed from then on: they
go into upstreams.yaml, and out of the host's file. With --hooks Claude Code asks before and after it uses tools of its own.
mcp-kernel uninstall puts all back. Without --client it lists the hosts that are found here.

Hosts: ` + strings.Join(hosts.Names(), ", ") + `.`,
		Example: `  mcp-kernel install
  mcp-kernel install --client claude-desktop
  mcp-kernel install --client cursor --move --yes
  mcp-kernel install --client claude-code --scope project --hooks --dry-run`,
		Args: arguments(0, 0, "no arguments"),
		RunE: func(cmd *cobra.Command, _ []string) error {
			if how.client == "" {
				return a.listHosts()
			}
			return a.installIn(cmd, &how)
		},
	}
	how.flags(cmd)
	cmd.Flags().BoolVar(&how.move, "move", false, "govern the servers that stand in the host's file, and take them out of it")
	cmd.Flags().BoolVar(&how.untested, "no-test", false, "do not start those servers now")
	cmd.Flags().BoolVar(&how.hooking, "hooks", false, "have Claude Code ask before and after it uses tools of its own")
	governed(cmd)
	shown(cmd)
	return cmd
}

// flags are those of install and uninstall.
func (h *installing) flags(cmd *cobra.Command) {
	cmd.Flags().StringVar(&h.client, "client", "", "`name` of the host")
	cmd.Flags().StringVar(&h.scope, "scope", string(hosts.User), "user, or project: the file in the present directory")
	cmd.Flags().BoolVarP(&h.yes, "yes", "y", false, "do not ask")
	cmd.Flags().BoolVar(&h.dry, "dry-run", false, "show what would change, and change nothing")
}

// hostSystem is where hosts are looked for.
func hostSystem() hosts.System {
	y := hosts.System{OS: runtime.GOOS, Getenv: os.Getenv}
	y.Home, _ = os.UserHomeDir() // without one there are no files of the user, which is said when one is looked for
	y.Project, _ = os.Getwd()
	return y
}

// ledger is where it is kept what was done to hosts' files.
func ledger(c config.Config) *hosts.Ledger {
	return &hosts.Ledger{Dir: filepath.Join(c.DataDir, "hosts")}
}

// listHosts prints the hosts that are here.
func (a *app) listHosts() error {
	places := hostSystem().Find()
	lines := make([]hostLine, 0, len(places))
	for _, p := range places {
		l := hostLine{Client: p.Host, Title: p.Title, Scope: p.Scope, File: p.File, Servers: []string{}}
		servers, err := p.List()
		if err != nil {
			l.Fault = err.Error()
		}
		for i := range servers {
			if l.Installed = l.Installed || servers[i].Kernel; !servers[i].Kernel {
				l.Servers = append(l.Servers, servers[i].Name)
			}
		}
		lines = append(lines, l)
	}
	return a.print(lines, func(t *table) {
		if len(lines) == 0 {
			t.line("No host was found. These are known: %s.", strings.Join(hosts.Names(), ", "))
			return
		}
		t.row("CLIENT", "SCOPE", "INSTALLED", "OTHER SERVERS", "FILE")
		for i := range lines {
			l := &lines[i]
			installed := "no"
			if l.Installed {
				installed = "yes"
			}
			t.row(l.Client, string(l.Scope), installed, oneLine(cmp.Or(l.Fault, joined(l.Servers)), 80), oneLine(l.File, 200))
		}
	})
}

// installIn changes the files of a host.
func (a *app) installIn(cmd *cobra.Command, how *installing) error {
	c, err := a.configuration(cmd)
	if err != nil {
		return err
	}
	line, err := a.launchLine(cmd, c)
	if err != nil {
		return err
	}
	w := &hostWork{app: a, config: c, ledger: ledger(c)}
	if err := w.planServers(hostSystem(), how, line); err != nil {
		return misusedHost(cmd, err)
	}
	if how.hooking {
		if err := w.planHooks(hostSystem(), how, line, given(cmd, c, a.configFile)); err != nil {
			return misusedHost(cmd, err)
		}
	}
	return a.carryOut(w.changes(), how, func() error {
		if err := w.apply(); err != nil || how.untested {
			return err
		}
		return w.learn(cmd)
	})
}

// misusedHost makes a host that is not known a fault of the command line.
func misusedHost(cmd *cobra.Command, err error) error {
	if errors.Is(err, hosts.ErrUnknown) {
		return misused(cmd, "%v", err)
	}
	return err
}

// carryOut shows what would change, asks, does it, and prints what was done.
func (a *app) carryOut(changes []*hostChange, how *installing, do func() error) error {
	idle := !slices.ContainsFunc(changes, func(h *hostChange) bool { return h.State == statePlanned })
	if how.dry || idle {
		return a.print(changes, func(t *table) { tellChanges(t, changes) })
	}
	if !how.yes {
		if err := a.agree(changes); err != nil {
			return err
		}
	}
	if err := do(); err != nil {
		return err
	}
	for _, h := range changes {
		switch {
		case h.State == statePlanned && h.removes:
			h.State = stateRemoved
		case h.State == statePlanned:
			h.State = stateWritten
		}
		if !how.yes && a.output != "json" {
			h.Diff = "" // it was shown with the question
		}
	}
	return a.print(changes, func(t *table) { tellChanges(t, changes) })
}

// agree asks whoever sits at the terminal.
func (a *app) agree(changes []*hostChange) error {
	in, ok := a.in.(*os.File)
	if !ok || !isatty.IsTerminal(in.Fd()) {
		return errNotAsked
	}
	for _, h := range changes {
		fmt.Fprint(a.err, h.Diff)
		for i := range h.Moved {
			if text := h.Moved[i].tell(); text != "" {
				fmt.Fprintln(a.err, text)
			}
		}
	}
	fmt.Fprint(a.err, "Do this? [y/N] ")
	answer, err := bufio.NewReader(in).ReadString('\n')
	if answer = strings.ToLower(strings.TrimSpace(answer)); err != nil || answer != "y" && answer != "yes" {
		return errors.New("nothing was changed")
	}
	return nil
}

// tellChanges prints what was done, or would be.
func tellChanges(t *table, changes []*hostChange) {
	for _, h := range changes {
		if h.State == stateUnchanged {
			t.line("%s is as it should be.", h.File)
		} else {
			t.text([]byte(h.Diff))
		}
		for i := range h.Moved {
			if text := h.Moved[i].tell(); text != "" {
				t.line("%s", text)
			}
		}
		for _, left := range h.Left {
			t.line("%s", oneLine(left, 400))
		}
		switch h.State {
		case stateWritten:
			t.line("Written: %s", h.File)
		case stateRemoved:
			t.line("Removed: %s", h.File)
		}
		if h.Backup != "" {
			t.line("As it was: %s", h.Backup)
		}
	}
	if slices.ContainsFunc(changes, func(h *hostChange) bool { return h.State == stateWritten || h.State == stateRemoved }) {
		t.line("Restart the host for it to take effect.")
	}
}

// launchLine is how a host starts this program.
func (a *app) launchLine(cmd *cobra.Command, c config.Config) (hosts.Launch, error) {
	program, err := thisProgram()
	if err != nil {
		return hosts.Launch{}, err
	}
	args := append([]string{"serve", "--stdio"}, given(cmd, c, a.configFile)...)
	if f := cmd.Flags().Lookup("profile"); f != nil && f.Changed {
		args = append(args, "--profile", f.Value.String())
	}
	return hosts.Launch{Command: program, Args: args}, nil
}

// given are the flags of this command line that hold for what is set up, too. A host has another working directory, and not the
// environment of this shell.
func given(cmd *cobra.Command, c config.Config, file string) []string {
	var args []string
	if file != "" {
		args = append(args, "--config", absolute(file))
	} else if c.File != "" && os.Getenv("XDG_CONFIG_HOME") != "" {
		args = append(args, "--config", absolute(c.File))
	}
	changed := func(name string) bool { f := cmd.Flags().Lookup(name); return f != nil && f.Changed }
	if changed("data-dir") || os.Getenv("MCP_KERNEL_DATA_DIR") != "" || os.Getenv("XDG_DATA_HOME") != "" {
		args = append(args, "--data-dir", absolute(c.DataDir))
	}
	for _, flag := range []string{"policy-file", "policy"} {
		values, ok := cmd.Flags().Lookup(flag).Value.(*list)
		if !changed(flag) || !ok {
			continue
		}
		for _, value := range *values {
			if flag == "policy-file" {
				value = absolute(value)
			}
			args = append(args, "--"+flag, value)
		}
	}
	return args
}

// absolute is a path that means the same everywhere.
func absolute(path string) string {
	if whole, err := filepath.Abs(path); err == nil {
		return whole
	}
	return path
}

// thisProgram is the path by which hosts start this program: the one by which it was found, if that leads here, because a package manager
// changes what is behind its links.
func thisProgram() (string, error) {
	self, err := os.Executable()
	if err != nil {
		return "", err
	}
	if strings.Contains(filepath.ToSlash(self), "/go-build") {
		return "", fmt.Errorf("%s goes away when it ends: build the program before you install it", self)
	}
	if found, err := exec.LookPath(os.Args[0]); err == nil {
		if found = absolute(found); sameFile(found, self) {
			return found, nil
		}
	}
	return self, nil
}

// sameFile reports whether two paths lead to one file.
func sameFile(a, b string) bool {
	one, err := os.Stat(a) //nolint:gosec // which is only looked at
	if err != nil {
		return false
	}
	two, err := os.Stat(b)
	return err == nil && os.SameFile(one, two)
}
