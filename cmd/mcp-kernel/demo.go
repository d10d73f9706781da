package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/mcp-kernel/mcp-kernel/governance/audit"
	"github.com/mcp-kernel/mcp-kernel/internal/config"
	"github.com/mcp-kernel/mcp-kernel/internal/demo"
	"github.com/mcp-kernel/mcp-kernel/internal/upstreams"
	"github.com/mcp-kernel/mcp-kernel/modules/atr"
	"github.com/mcp-kernel/mcp-kernel/modules/atr/pin"
)

func (a *app) demo() *cobra.Command {
	var name string
	cmd := &cobra.Command{
		Use:   "demo",
		Short: "Show what the kernel does, with a client of its own",
		Long: `Demo starts this program as a server in a directory of its own, talks to it as any MCP client would, and shows which calls
are allowed, blocked by the allowlist, blocked by a pattern, refused over a limit, noticed to drift, and malformed. Then it
reads the journal back and verifies it. It prints only what the client was answered and what the journal holds, touches
nothing outside its temporary directory, and ends with exit code 1 if anything is not as it should be.

With --upstream it does so with one of your own servers behind the kernel, one for files: a file is read, one is written only after
a person agreed, one outside the folder is not read, and a token in a file does not come back. The server is started as upstreams.yaml
says, but for the folders that it is given: they are replaced by one of the demo's own.`,
		Example: `  mcp-kernel demo
  mcp-kernel demo --upstream filesystem`,
		Args: arguments(0, 0, "no arguments"),
		RunE: func(cmd *cobra.Command, _ []string) (err error) {
			dir, err := os.MkdirTemp("", "mcp-kernel-demo-")
			if err != nil {
				return fmt.Errorf("demo: %w", err)
			}
			defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
			o := demo.Options{Start: a.startServer, Keys: demoKeys, Dir: dir, Out: a.out}
			if name != "" {
				if o.Server, err = a.demoServer(cmd, name); err != nil {
					return err
				}
			}
			return demo.Run(cmd.Context(), o)
		},
	}
	cmd.Flags().StringVar(&name, "upstream", "", "`name` of a server for files in upstreams.yaml")
	return cmd
}

// demoServer is one of the person's own servers, to be shown behind the kernel.
func (a *app) demoServer(cmd *cobra.Command, name string) (*demo.Server, error) {
	c, err := a.configuration(cmd)
	if err != nil {
		return nil, err
	}
	servers, err := upstreams.Load(c.UpstreamsFile())
	if err != nil {
		return nil, err
	}
	i := slices.IndexFunc(servers, func(s atr.Server) bool { return s.Name == name })
	if i < 0 {
		return nil, fmt.Errorf("%w: %s: it is not in %s", atr.ErrUnknown, name, c.UpstreamsFile())
	}
	return &demo.Server{
		Name:  name,
		List:  func(work string) ([]byte, error) { return listOnly(servers[i], work) },
		Agree: a.agreeToAll,
	}, nil
}

// listOnly is a list of one server that reaches nothing but a folder: the folders among its arguments are replaced by it.
func listOnly(s atr.Server, folder string) ([]byte, error) {
	var args []string
	for _, arg := range s.Args {
		if info, err := os.Stat(arg); err != nil || !info.IsDir() {
			args = append(args, arg)
		} else if !slices.Contains(args, folder) {
			args = append(args, folder)
		}
	}
	if !slices.Contains(args, folder) {
		return nil, fmt.Errorf("the server %s is given no folder that the demo could replace", s.Name)
	}
	s.Args, s.Trust, s.Required, s.Sandbox = args, pin.TrustFirst, true, nil
	return upstreams.Encode([]atr.Server{s})
}

// agreeToAll agrees to every call that waits for it, as an operator would on the command line.
func (a *app) agreeToAll(ctx context.Context, at demo.Place) error {
	self, err := os.Executable()
	if err != nil {
		return err
	}
	run := func(args ...string) ([]byte, error) {
		cmd := exec.CommandContext(ctx, self, append(args, "--config", at.Config, "--data-dir", at.DataDir)...) //nolint:gosec // this program itself
		cmd.Env, cmd.Stderr = withoutSettings(os.Environ()), a.err
		return cmd.Output()
	}
	text, err := run("approvals", "list", "--output", "json")
	var waiting []struct{ ID string }
	if err == nil {
		err = json.Unmarshal(text, &waiting)
	}
	for _, w := range waiting {
		if err == nil {
			_, err = run("approvals", "approve", w.ID)
		}
	}
	return err
}

func demoKeys(dataDir string) (audit.Keys, error) {
	return trusted("", config.Config{DataDir: dataDir})
}

// startServer starts this program as a server, as a host would: the configuration file alone says what it does, whatever
// the environment says otherwise.
func (a *app) startServer(ctx context.Context, at demo.Place) (*demo.Session, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	cmd := exec.CommandContext(ctx, self, "serve", "--stdio", "--config", at.Config, "--data-dir", at.DataDir) //nolint:gosec // this program itself
	cmd.Env = withoutSettings(os.Environ())
	cmd.Stderr = a.err
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) }
	cmd.WaitDelay = 5 * time.Second
	in, err := cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	return &demo.Session{In: in, Out: out, Wait: cmd.Wait}, nil
}

// withoutSettings leaves out what would configure the server.
func withoutSettings(env []string) []string {
	var rest []string
	for _, pair := range env {
		if !strings.HasPrefix(pair, config.EnvPrefix+"_") {
			rest = append(rest, pair)
		}
	}
	return rest
}
