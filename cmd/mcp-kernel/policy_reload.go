package main

import (
	"os"
	"os/signal"
	"strings"
	"sync"
	"syscall"

	"github.com/mattn/go-isatty"
	"github.com/rs/zerolog"

	"github.com/mcp-kernel/mcp-kernel/modules/standard"
	"github.com/mcp-kernel/mcp-kernel/server"
)

// followPolicies puts changed policy files in force while the server runs, logs what came of each change, and tells the
// clients whose listings are others then.
func followPolicies(k *standard.Kernel, s *server.Server, log zerolog.Logger) (*standard.Follower, error) {
	return k.Follow(standard.FollowOptions{
		Reloaded: func(r standard.Reload) {
			log.Info().Str("before", r.Old).Str("now", r.New).Msg("policies reloaded: " + r.String())
			s.ListChanged(server.Changes{Tools: r.Tools, Resources: r.Resources, Prompts: r.Prompts})
		},
		Refused: func(err error) {
			for line := range strings.Lines(err.Error()) {
				log.Error().Str("fault", strings.TrimSuffix(line, "\n")).Msg("policies not reloaded: those before go on to hold")
			}
		},
		Fault: func(err error) { log.Warn().Err(err).Msg("policy files") },
	})
}

// reloadOnHangup reads the policies again on SIGHUP, until the function that it returns is called. At a terminal, where
// the signal says that the terminal is gone, it goes on to end the process.
func (a *app) reloadOnHangup(f *standard.Follower, log zerolog.Logger) (stop func()) {
	if in, ok := a.in.(*os.File); ok && isatty.IsTerminal(in.Fd()) {
		return func() {}
	}
	signals, over := make(chan os.Signal, 1), make(chan struct{})
	signal.Notify(signals, syscall.SIGHUP)
	var listening sync.WaitGroup
	listening.Go(func() {
		for {
			select {
			case <-signals:
				log.Info().Msg("SIGHUP: policies are read again")
				f.Poke()
			case <-over:
				return
			}
		}
	})
	return func() {
		signal.Stop(signals)
		close(over)
		listening.Wait()
	}
}
