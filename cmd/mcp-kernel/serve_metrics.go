package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/mcp-kernel/mcp-kernel/modules/atr/secret"
	"github.com/mcp-kernel/mcp-kernel/modules/observability"
	"github.com/mcp-kernel/mcp-kernel/modules/standard"
	"github.com/mcp-kernel/mcp-kernel/server/scrape"
)

// scraped serves metrics where the configuration says, until what it returns is called. A host's own server goes on
// without them where the address is taken, because every window of the host starts one.
func (s *serving) scraped(ctx context.Context, k *standard.Kernel, web *webServer) (stop func() error, err error) {
	c := s.config.Observability
	if web != nil {
		k.Metrics().ServesHTTP(func() observability.HTTP {
			sessions, streams := web.http.Load()
			calls := web.http.Admission()
			return observability.HTTP{
				Sessions: sessions, Streams: streams, Waiting: calls.Waiting,
				Greedy: calls.Refused.Greedy, Full: calls.Refused.Full, Late: calls.Refused.Late,
			}
		})
	}
	if c.MetricsListen == "" {
		return func() error { return nil }, nil
	}
	if k.Metrics() == nil {
		return nil, errNoMetrics
	}
	o := scrape.Options{Address: c.MetricsListen, Public: c.MetricsPublic, Write: k.Metrics().Write, OnFault: func(err error) {
		s.log.Warn().Err(err).Msg("metrics")
	}}
	if c.MetricsToken != "" {
		if o.Token, err = (secret.Resolver{}).Resolve(c.MetricsToken); err != nil {
			return nil, fmt.Errorf("observability.metrics_token: %w", err)
		}
	}
	served, err := scrape.Listen(ctx, o)
	switch {
	case errors.Is(err, scrape.ErrNotLoopback):
		return nil, fmt.Errorf("%w: set observability.metrics_public if they should, and better observability.metrics_token too", err)
	case err != nil && web == nil:
		s.log.Warn().Err(err).Msg("serving without metrics")
		return func() error { return nil }, nil
	case err != nil:
		return nil, err
	}
	s.log.Info().Str("address", served.Addr().String()).Bool("token", o.Token != "").Msg("serving metrics")
	return served.Close, nil
}

var errNoMetrics = errors.New("observability.metrics_listen: the module observability is left out (modules.disabled)")
