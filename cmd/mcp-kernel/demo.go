package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/mcp-kernel/mcp-kernel/governance/audit"
	"github.com/mcp-kernel/mcp-kernel/internal/config"
	"github.com/mcp-kernel/mcp-kernel/internal/demo"
)

func (a *app) demo() *cobra.Command {
	return &cobra.Command{
		Use:   "demo",
		Short: "Show what the kernel does, with a client of its own",
		Long: `Demo starts this program as a server in a directory of its own, talks to it as any MCP client would, and shows which calls
are allowed, blocked by the allowlist, blocked by a pattern, refused over a limit, noticed to drift, and malformed. Then it
reads the journal back and verifies it. It prints only what the client was answered and what the journal holds, touches
nothing outside its temporary directory, and ends with exit code 1 if anything is not as it should be.`,
		Example: `  mcp-kernel demo`,
		Args:    arguments(0, 0, "no arguments"),
		RunE: func(cmd *cobra.Command, _ []string) (err error) {
			dir, err := os.MkdirTemp("", "mcp-kernel-demo-")
			if err != nil {
				return fmt.Errorf("demo: %w", err)
			}
			defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
			return demo.Run(cmd.Context(), demo.Options{Start: a.startServer, Keys: demoKeys, Dir: dir, Out: a.out})
		},
	}
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
