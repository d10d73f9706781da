package main

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"time"

	"github.com/rs/zerolog"

	"github.com/mcp-kernel/mcp-kernel/internal/config"
	"github.com/mcp-kernel/mcp-kernel/modules/standard"
	"github.com/mcp-kernel/mcp-kernel/server"
)

// A webServer is a server over HTTP that has its address already.
type webServer struct {
	http *server.HTTP
	on   net.Listener
	door *entrance
}

// abandon gives the address up before anything was served on it.
func (w *webServer) abandon() error {
	if w == nil {
		return nil
	}
	return w.on.Close()
}

// listen takes the address of a server over HTTP, or nothing when there is none to be.
func (s *serving) listen(ctx context.Context, k *standard.Kernel, mcp *server.Server) (*webServer, error) {
	if s.address == "" {
		return nil, nil //nolint:nilnil // nothing was asked for
	}
	c := s.config.Server.HTTP
	o := httpOptions(c)
	o.Now, o.Health, o.OnFault = k.Now, health(k, s.log), func(err error) { s.log.Warn().Err(err).Msg("http") }
	door, err := newEntrance(s.config, k, s.log)
	if err != nil {
		return nil, err
	}
	o.Authenticate, o.LoopbackOnly, o.Resource, o.Missing = door.caller, !door.locked(), door.resource(), door.missing
	if o.TLS, err = secured(c, k.Now, o.OnFault); err != nil {
		return nil, err
	}
	h, err := mcp.HTTP(o)
	if err != nil {
		return nil, err
	}
	on, err := h.Listen(ctx, s.address)
	switch {
	case errors.Is(err, server.ErrNotLoopback):
		return nil, fmt.Errorf("--http %w: make a key first (mcp-kernel keys create), or see docs/authentication.md for tokens and certificates", err)
	case err != nil:
		return nil, fmt.Errorf("--http %w", err)
	case o.TLS == nil && !c.PlainText && !isLoopback(on.Addr()):
		return nil, errors.Join(errPlainText, on.Close())
	}
	s.announce(on.Addr(), o, door)
	return &webServer{http: h, on: on, door: door}, nil
}

// secured returns the configuration of TLS, or nil where there is none.
func secured(c config.HTTP, now func() time.Time, onFault func(error)) (*tls.Config, error) {
	if c.TLSCert == "" {
		return nil, nil //nolint:nilnil // plain HTTP
	}
	certificate, err := server.OpenCertificate(c.TLSCert, c.TLSKey, now, onFault)
	if err != nil {
		return nil, err
	}
	if c.ClientCA == "" {
		return certificate.Config(), nil
	}
	authorities, err := server.OpenClientAuthorities(c.ClientCA, now, onFault)
	if err != nil {
		return nil, fmt.Errorf("server.http.client_ca: %w", err)
	}
	return authorities.Demand(certificate.Config(), c.ClientCert == "required"), nil
}

var errPlainText = errors.New("--http: what clients authenticate with would cross the network in plain text: set server.http.tls_cert and " +
	"server.http.tls_key, or server.http.plain_text if a proxy in front of this server has TLS")

func isLoopback(on net.Addr) bool {
	tcp, ok := on.(*net.TCPAddr)
	return ok && tcp.IP.IsLoopback()
}

// announce tells where the server is. Scripts that let the system choose a port read it here.
func (s *serving) announce(on net.Addr, o server.HTTPOptions, d *entrance) {
	scheme := "http"
	if o.TLS != nil {
		scheme = "https"
	}
	s.log.Info().Str("address", on.String()).Str("url", scheme+"://"+on.String()+o.Path).
		Bool("keys", d.keys.Configured()).Strs("issuers", d.issuers()).Bool("client_certificates", d.certificates).
		Bool("roles", d.roles != nil).Msg("serving over HTTP")
}

func httpOptions(c config.HTTP) server.HTTPOptions {
	return server.HTTPOptions{
		Path: c.Path, Hosts: c.Hosts, Origins: c.Origins,
		MaxBody: c.MaxBody, MaxConnections: c.MaxConnections, MaxRequests: c.MaxRequests, MaxStreams: c.MaxStreams, MaxSessions: c.MaxSessions,
		MaxRunning: c.MaxRunning, MaxQueue: c.MaxQueue, QueueWait: c.QueueWait,
		HeaderTimeout: c.HeaderTimeout, BodyTimeout: c.BodyTimeout, WriteTimeout: c.WriteTimeout,
		ConnectionIdle: c.ConnectionIdle, SessionIdle: c.SessionIdle, KeepAlive: c.KeepAlive, Poll: c.Poll,
		DrainDelay: c.DrainDelay,
	}
}

// healthPatience is how long looking at everything may take: a balancer waits no longer.
const healthPatience = time.Second

// health looks at what calls need, for whoever asks whether requests may come; why something is not well is for the log
// alone, once.
func health(k *standard.Kernel, log zerolog.Logger) func() []server.Component {
	told := map[string]string{} // the server asks one question at a time
	return func() []server.Component {
		ctx, cancel := context.WithTimeout(context.Background(), healthPatience)
		defer cancel()
		components := k.Health(ctx)
		shown := make([]server.Component, 0, len(components))
		for _, c := range components {
			shown = append(shown, server.Component{Name: c.Name, Status: string(c.Status)})
			if told[c.Name] != string(c.Status) && (c.Status != standard.Up || told[c.Name] != "") {
				log.Warn().Str("component", c.Name).Str("status", string(c.Status)).Str("reason", c.Reason).Msg("health")
			}
			told[c.Name] = string(c.Status)
		}
		return shown
	}
}
