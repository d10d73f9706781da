package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"runtime/debug"
	"sync"
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
	var how serving
	cmd := &cobra.Command{
		Use:   "serve [--stdio] [--http ADDRESS]",
		Short: "Serve a host over standard input and output, and clients over HTTP",
		Long: `Serve speaks MCP in every protocol version from 2024-11-05 to 2026-07-28: with --stdio to the host that started it, one
message a line; with --http to any number of clients, at the path /mcp of the address. It ends when the host closes its end,
or with SIGTERM or SIGINT: calls that are running may finish (server.drain, 10s), and every answer that was made is written.

Over HTTP everybody who reaches the address acts for you, until there are keys (mcp-kernel keys), issuers of OAuth tokens or
authorities of clients' certificates (server.http in the configuration); so without any only a loopback address such as
127.0.0.1:3333 is taken. Any other needs TLS besides.
/healthz and /readyz are for supervisors. With --metrics, Prometheus finds metrics at the path /metrics of an address of their own.

Policy files are followed: a change is validated and holds from then on for every call that begins, without a restart; what
is faulty is logged and changes nothing. SIGHUP reads them at once, except at a terminal, where it ends the process.

Any number of servers, and the command line beside them, may share a data directory: they keep one journal, and limits hold
over all of them together.`,
		Example: `  mcp-kernel serve --stdio
  mcp-kernel serve --http 127.0.0.1:3333
  mcp-kernel serve --stdio --profile files --policy default --policy read_only
  claude mcp add mcp-kernel -- /usr/local/bin/mcp-kernel serve --stdio`,
		Args: arguments(0, 0, "no arguments"),
		RunE: func(cmd *cobra.Command, _ []string) error {
			if !how.stdio && how.address == "" {
				return misused(cmd, "say how to serve: mcp-kernel serve --stdio, or mcp-kernel serve --http 127.0.0.1:3333")
			}
			c, err := a.configuration(cmd)
			if err != nil {
				return err
			}
			how.config, how.log = c, newLog(a.err, c.Log)
			return a.serveAs(cmd.Context(), &how)
		},
	}
	cmd.Flags().BoolVar(&how.stdio, "stdio", false, "over standard input and output")
	cmd.Flags().StringVar(&how.address, "http", "", "over HTTP, on an `address` such as 127.0.0.1:3333; port 0 takes a free one, which the log tells")
	cmd.Flags().String("metrics", "", "`address` at which Prometheus finds metrics, such as 127.0.0.1:9464; port 0 takes a free one")
	cmd.Flags().String("tls-cert", "", "PEM `file` of the certificate for HTTPS; read again when it changes")
	cmd.Flags().String("tls-key", "", "PEM `file` of its key")
	cmd.Flags().String("durability", "", "process (entries survive kill -9) or disk (they survive a power cut) (default process)")
	governed(cmd)
	shown(cmd)
	return cmd
}

// serving is how one run serves.
type serving struct {
	config  config.Config
	log     zerolog.Logger
	stdio   bool
	address string // for HTTP; empty is not over HTTP
}

// serveAs serves until the host or a signal ends it. A second signal ends the process at once.
func (a *app) serveAs(ctx context.Context, how *serving) (err error) {
	ctx, stop := signal.NotifyContext(ctx, os.Interrupt, syscall.SIGTERM)
	defer stop()
	context.AfterFunc(ctx, stop)
	collectLess()
	c, log := how.config, how.log
	extra := newExtension()
	var changed catalogChanges
	k, err := standard.Open(ctx, standard.Options{
		Config: c, OnFault: logFault(log), Extra: extra.modules(), Servers: true, Version: version, Self: agent().Principal, OnCatalog: changed.tell,
		OnLine: func(server, line string) { log.Debug().Str("server", server).Msg(line) },
	})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, k.Close(context.WithoutCancel(ctx))) }()
	o := serverOptions(k, c)
	if o.Secrets, err = k.Secrets(ctx); err != nil {
		return err
	}
	s, err := server.New(o)
	if err != nil {
		return err
	}
	changed.publish(s)
	extra.publish(s)
	follower, err := followPolicies(k, s, log)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, follower.Close()) }()
	defer a.reloadOnHangup(follower, log)()
	log.Info().Str("version", version).Str("data_dir", c.DataDir).Str("config", c.File).Str("profile", c.Server.Profile).
		Strs("policies", k.Policies.Active()).Str("principal", agent().Principal).Msg("serving")
	web, err := how.listen(ctx, k, s)
	if err != nil {
		return err
	}
	stopMetrics, err := how.scraped(ctx, k, web)
	if err != nil {
		return errors.Join(err, web.abandon())
	}
	defer func() { err = errors.Join(err, stopMetrics()) }()
	err = a.serveBoth(ctx, how, s, web)
	log.Info().Err(err).Msg("stopped")
	return err
}

// catalogChanges tell a server that there is something else to be called, once there is a server.
type catalogChanges struct {
	mu     sync.Mutex
	server *server.Server
}

func (c *catalogChanges) publish(s *server.Server) {
	c.mu.Lock()
	c.server = s
	c.mu.Unlock()
	s.Refresh() // it may have changed meanwhile
}

func (c *catalogChanges) tell() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.server != nil {
		c.server.Refresh()
	}
}

// collectLess lets the heap, some ten megabytes of which live, grow to two and a half times that before it is collected: half
// as much again as usual, for some 5 MB of memory and less processor time a call. Whoever sets GOGC knows better.
func collectLess() {
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(150)
	}
}

// serveBoth serves over whatever was asked for. When one of two ends, the other does: the host that started the process
// is gone, or the address is.
func (a *app) serveBoth(ctx context.Context, how *serving, s *server.Server, web *webServer) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	var overHTTP error
	var serving sync.WaitGroup
	if web != nil {
		serving.Go(func() {
			defer cancel()
			overHTTP = web.http.Serve(ctx, web.on)
			web.door.refused.flush()
		})
	}
	var overStdio error
	if how.stdio {
		overStdio = a.serveStdio(ctx, how.log, s)
		cancel()
	}
	serving.Wait()
	return errors.Join(overStdio, overHTTP)
}

func (a *app) serveStdio(ctx context.Context, log zerolog.Logger, s *server.Server) error {
	in, out, restore, err := parkStreams(a.in, a.out)
	if err != nil {
		return err
	}
	defer restore()
	log.Info().Msg("serving on stdio")
	return s.ServeStdio(ctx, in, out, agent())
}

func serverOptions(k *standard.Kernel, c config.Config) server.Options {
	return server.Options{
		Dispatcher: k.Dispatcher, Tasks: k.Tasks, Fleet: k.Fleet, IDs: k.IDs, Now: k.Now, Version: version, Instructions: instructions,
		Profile: c.Server.Profile, MaxLine: c.Server.MaxMessage, MaxConcurrent: c.Server.MaxConcurrent,
		MaxAsks: c.Server.MaxAsks, AskTimeout: c.Server.AskTimeout,
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
	return a.openWith(cmd, standard.Options{})
}

// openWith opens the kernel with some options besides.
func (a *app) openWith(cmd *cobra.Command, o standard.Options) (*standard.Kernel, config.Config, error) {
	c, err := a.configuration(cmd)
	if err != nil {
		return nil, c, err
	}
	log := newLog(a.err, c.Log)
	o.Config, o.OnFault, o.Self = c, logFault(log), operator().Principal
	k, err := standard.Open(cmd.Context(), o)
	if err != nil {
		return nil, c, fmt.Errorf("data directory %s: %w", c.DataDir, err)
	}
	return k, c, nil
}
