package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os/exec"
	"runtime"
	"time"

	"github.com/spf13/cobra"

	"github.com/mcp-kernel/mcp-kernel/governance/audit"
	"github.com/mcp-kernel/mcp-kernel/modules/atr"
	"github.com/mcp-kernel/mcp-kernel/modules/standard"
)

func (a *app) upstreamLogin() *cobra.Command {
	var quiet bool
	var principal string
	var wait time.Duration
	cmd := &cobra.Command{
		Use:   "login NAME",
		Short: "Log in to a server that wants that",
		Long: `Login prints an address to standard error where you log in, in a browser on this machine, and waits until you have. On a
terminal it opens the browser itself. Who issues tokens for the server is found out from the server; they are kept encrypted in
the data directory, renewed as long as that is possible, sent to nobody but the server, and used for nobody's calls but yours.`,
		Example: `  mcp-kernel upstream login issues
  mcp-kernel upstream login issues --no-browser
  mcp-kernel upstream login issues --principal key:ada    for the calls of a client with a key`,
		Args: arguments(1, 1, "the name of a server"),
		RunE: func(cmd *cobra.Command, args []string) error {
			err := a.withServers(cmd, func(ctx context.Context, m *atr.Module, k *standard.Kernel) error {
				if err := errors.Join(a.keepsLogins(cmd), noteLogin(ctx, k, "login to", args[0], principal)); err != nil {
					return err
				}
				ctx, cancel := context.WithTimeout(ctx, wait)
				defer cancel()
				b := &browser{quiet: quiet || !isTerminal(a.err), a: a}
				defer b.close()
				return m.Login(ctx, args[0], principal, b.show)
			})
			if err != nil {
				return fmt.Errorf("log in to %s: %w", args[0], err)
			}
			fmt.Fprintln(a.err, "Logged in.")
			if principal != "" && principal != operator().Principal {
				return nil
			}
			return a.learn(cmd, args[0])
		},
	}
	cmd.Flags().BoolVar(&quiet, "no-browser", false, "open no browser, only print the address")
	cmd.Flags().StringVar(&principal, "principal", "", "`principal` whose calls it is for (default you)")
	cmd.Flags().DurationVar(&wait, "wait", 5*time.Minute, "how long to wait for you")
	return cmd
}

// noteLogin records that somebody logs in or out, before a login and after a logout.
func noteLogin(ctx context.Context, k *standard.Kernel, what, server, principal string) error {
	whose := cmp.Or(principal, operator().Principal)
	note := audit.Control{Action: audit.ActionNote, By: operator().Principal, Subject: server, Reason: oneLine(fmt.Sprintf("%s server %s, for the calls of %s", what, server, whose), 400)}
	return k.Journal.Append(ctx, &audit.Entry{Kind: audit.KindControl, Control: &note})
}

// keepsLogins says why a login would be of no use.
func (a *app) keepsLogins(cmd *cobra.Command) error {
	c, err := a.configuration(cmd)
	if err == nil && c.State.Private() {
		err = errors.New("state.url is memory:, so a login would be lost when this command ends")
	}
	return err
}

// A browser is where a person logs in.
type browser struct {
	a     *app
	quiet bool // only say where
	cmd   *exec.Cmd
	stop  context.CancelFunc
}

// show brings the browser to an address, which begins with http: oauth sees to that.
func (b *browser) show(ctx context.Context, address string) error {
	fmt.Fprintf(b.a.err, "Log in here:\n\n  %s\n\n", address)
	if b.quiet {
		return nil
	}
	program := []string{"xdg-open"}
	switch runtime.GOOS {
	case "darwin":
		program = []string{"open"}
	case "windows":
		program = []string{"rundll32", "url.dll,FileProtocolHandler"}
	}
	ctx, stop := context.WithCancel(ctx)
	cmd := exec.CommandContext(ctx, program[0], append(program[1:], address)...) //nolint:gosec // a program of the system
	if err := cmd.Start(); err != nil {
		stop()
		fmt.Fprintln(b.a.err, "No browser could be opened; open the address yourself.")
		return nil //nolint:nilerr // a person can
	}
	b.cmd, b.stop = cmd, stop
	return nil
}

// close waits for the program that has opened the browser.
func (b *browser) close() {
	if b.cmd != nil {
		b.stop()
		_ = b.cmd.Wait() // it was stopped
	}
}

// loggedOut is what upstream logout prints.
type loggedOut struct {
	Server string `json:"server"`
	Was    bool   `json:"was"`   // there was a login
	Fault  string `json:"fault"` // why its tokens could not be revoked; empty where they were
}

func (a *app) upstreamLogout() *cobra.Command {
	var principal string
	cmd := &cobra.Command{
		Use:   "logout NAME",
		Short: "Forget a login, and have its tokens revoked",
		Long: `Logout forgets the tokens, and then asks whoever has issued them to revoke them. They are forgotten even where that does not
work; exit code 1 says so then.`,
		Example: `  mcp-kernel upstream logout issues`,
		Args:    arguments(1, 1, "the name of a server"),
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.withServers(cmd, func(ctx context.Context, m *atr.Module, k *standard.Kernel) error {
				was, err := m.Logout(ctx, args[0], principal)
				if err != nil && !was {
					return err
				}
				if was {
					err = errors.Join(err, noteLogin(ctx, k, "logout from", args[0], principal))
				}
				out := loggedOut{Server: args[0], Was: was}
				if err != nil {
					out.Fault = err.Error()
				}
				if fault := a.print(out, func(t *table) {
					switch {
					case !was:
						t.line("There was no login to %s.", args[0])
					case err != nil:
						t.line("The login to %s is forgotten; its tokens may still be good for whoever has them.", args[0])
					default:
						t.line("Logged out of %s.", args[0])
					}
				}); fault != nil {
					return fault
				}
				return err
			})
		},
	}
	cmd.Flags().StringVar(&principal, "principal", "", "`principal` whose login it is (default you)")
	return cmd
}
