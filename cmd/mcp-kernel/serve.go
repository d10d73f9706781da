package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"github.com/rs/zerolog"
	"github.com/spf13/cobra"

	"github.com/mcp-kernel/mcp-kernel/internal/config"
	"github.com/mcp-kernel/mcp-kernel/modules/standard"
	"github.com/mcp-kernel/mcp-kernel/server"
)

// instructions are what a model is told of the server when it connects.
const instructions = `Every call here passes an operator's policy and is recorded. kernel_execute does things (files, memory); policy_check
says beforehand, without doing anything, whether a call would be allowed. A refusal names the rule and is final for those
arguments: do something else, or ask the user. get_audit_log shows what you have done.`

func (a *app) serve() *cobra.Command {
	var stdio bool
	cmd := &cobra.Command{
		Use:   "serve --stdio",
		Short: "Serve a host over standard input and output",
		Long: `Serve speaks MCP with the host that started it, one message a line, in every protocol version from 2024-11-05 to
2026-07-28. It ends when the host closes its end, or with SIGTERM or SIGINT: calls that are running may finish (server.drain,
10s), and every answer that was made is written.

Any number of servers, and the command line beside them, may share a data directory: they keep one journal, and limits hold
over all of them together.`,
		Example: `  mcp-kernel serve --stdio
  mcp-kernel serve --stdio --profile files --policy default --policy read_only
  claude mcp add mcp-kernel -- /usr/local/bin/mcp-kernel serve --stdio`,
		Args: arguments(0, 0, "no arguments"),
		RunE: func(cmd *cobra.Command, _ []string) error {
			if !stdio {
				return misused(cmd, "say how to serve: mcp-kernel serve --stdio")
			}
			c, err := a.configuration(cmd)
			if err != nil {
				return err
			}
			return a.serveStdio(cmd.Context(), c)
		},
	}
	cmd.Flags().BoolVar(&stdio, "stdio", false, "over standard input and output")
	cmd.Flags().String("durability", "", "process (entries survive kill -9) or disk (they survive a power cut) (default process)")
	governed(cmd)
	shown(cmd)
	return cmd
}

// serveStdio serves until the host or a signal ends it. A second signal ends the process at once.
func (a *app) serveStdio(ctx context.Context, c config.Config) (err error) {
	ctx, stop := signal.NotifyContext(ctx, os.Interrupt, syscall.SIGTERM)
	defer stop()
	context.AfterFunc(ctx, stop)
	log := newLog(a.err, c.Log)
	extra := newExtension()
	k, err := standard.Open(ctx, standard.Options{Config: c, OnFault: logFault(log), Extra: extra.modules()})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, k.Close(context.WithoutCancel(ctx))) }()
	s, err := server.New(serverOptions(k, c))
	if err != nil {
		return err
	}
	extra.publish(s)
	in, out, restore, err := parkStreams(a.in, a.out)
	if err != nil {
		return err
	}
	defer restore()
	caller := agent()
	log.Info().Str("version", version).Str("data_dir", c.DataDir).Str("config", c.File).Str("profile", c.Server.Profile).
		Strs("policies", k.Policies.Active()).Str("principal", caller.Principal).Msg("serving on stdio")
	err = s.ServeStdio(ctx, in, out, caller)
	log.Info().Err(err).Msg("stopped")
	return err
}

func serverOptions(k *standard.Kernel, c config.Config) server.Options {
	return server.Options{
		Dispatcher: k.Dispatcher, IDs: k.IDs, Now: k.Now, Version: version, Instructions: instructions,
		Profile: c.Server.Profile, MaxLine: c.Server.MaxMessage, MaxConcurrent: c.Server.MaxConcurrent,
		PageSize: c.Server.PageSize, Drain: c.Server.Drain,
	}
}

// logFault returns what is told of faults whose text no client may see.
func logFault(log zerolog.Logger) func(call string, err error) {
	return func(call string, err error) {
		event := log.Error().Err(err)
		if call != "" {
			event = event.Str("call", call)
		}
		event.Msg("fault")
	}
}

// open opens the kernel for one command. What it would log goes to standard error.
func (a *app) open(cmd *cobra.Command) (*standard.Kernel, config.Config, error) {
	c, err := a.configuration(cmd)
	if err != nil {
		return nil, c, err
	}
	log := newLog(a.err, c.Log)
	k, err := standard.Open(cmd.Context(), standard.Options{Config: c, OnFault: logFault(log)})
	if err != nil {
		return nil, c, fmt.Errorf("data directory %s: %w", c.DataDir, err)
	}
	return k, c, nil
}
