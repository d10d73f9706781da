// Package scrape serves metrics over HTTP to whoever collects them, on an address of its own: metrics are the operator's,
// and clients of the kernel have no business there. It serves on loopback addresses unless it is told that others are
// meant, answers nothing but /metrics, and does one thing at a time for few at once.
package scrape

import (
	"bytes"
	"compress/gzip"
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/netip"
	"strings"
	"sync"
	"time"

	"github.com/mcp-kernel/mcp-kernel/modules/observability/metric"
)

// Path is where metrics are.
const Path = "/metrics"

// Bounds of what others can ask for at once, and of how long that may take.
const (
	maxConnections = 32
	maxHeader      = 16 << 10
	headerTimeout  = 5 * time.Second
	answerTimeout  = 10 * time.Second
	idleTimeout    = 2 * time.Minute
)

// Options configure a Server. Address and Write are required.
type Options struct {
	Address string // host and port; port 0 takes a free one
	Public  bool   // other addresses than loopback are meant
	Token   string // what a bearer must show; empty asks for nothing
	// Write brings metrics up to date and writes them, for one request after the other.
	Write   func(ctx context.Context, w io.Writer, as metric.Format) error
	OnFault func(error) // told of faults that no client learns of; nil drops them
}

// ErrNotLoopback says that metrics would be served to other machines, which was not asked for.
var ErrNotLoopback = errors.New("not a loopback address: other machines could read the metrics")

// A Server serves metrics until it is closed.
type Server struct {
	o    Options
	on   net.Listener
	web  http.Server
	done sync.WaitGroup

	writing sync.Mutex // one request at a time
	buffer  bytes.Buffer
}

// Listen takes the address and begins to serve.
func Listen(ctx context.Context, o Options) (*Server, error) {
	if o.Write == nil || o.Address == "" {
		return nil, errors.New("metrics: options need Address and Write")
	}
	if o.OnFault == nil {
		o.OnFault = func(error) {}
	}
	on, err := new(net.ListenConfig).Listen(ctx, "tcp", o.Address)
	if err != nil {
		return nil, fmt.Errorf("metrics: %w", err)
	}
	if !o.Public && !isLoopback(on.Addr()) {
		return nil, errors.Join(fmt.Errorf("metrics on %s: %w", o.Address, ErrNotLoopback), on.Close())
	}
	s := &Server{o: o, on: on}
	s.web = http.Server{
		Handler: http.HandlerFunc(s.answer), MaxHeaderBytes: maxHeader,
		ReadTimeout: headerTimeout, ReadHeaderTimeout: headerTimeout, WriteTimeout: answerTimeout, IdleTimeout: idleTimeout,
		ErrorLog: log.New(faultWriter(o.OnFault), "", 0),
	}
	s.done.Go(func() {
		if err := s.web.Serve(limit(on, maxConnections)); !errors.Is(err, http.ErrServerClosed) {
			o.OnFault(fmt.Errorf("metrics: %w", err))
		}
	})
	return s, nil
}

// Addr returns the address that was taken.
func (s *Server) Addr() net.Addr { return s.on.Addr() }

// Close ends the server; requests that are being answered are cut off.
func (s *Server) Close() error {
	err := s.web.Close()
	s.done.Wait()
	return err
}

// answer answers a request.
func (s *Server) answer(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	switch {
	case !s.addressed(r):
		http.Error(w, "the Host header names no host of this server", http.StatusForbidden)
	case r.URL.Path != Path:
		http.Error(w, "nothing is here: metrics are at "+Path, http.StatusNotFound)
	case !s.entitled(r):
		w.Header().Set("WWW-Authenticate", `Bearer realm="metrics"`)
		http.Error(w, "a bearer token is needed", http.StatusUnauthorized)
	case r.Method != http.MethodGet && r.Method != http.MethodHead:
		w.Header().Set("Allow", "GET, HEAD")
		http.Error(w, "method not allowed", http.StatusMethodNotAllowed)
	default:
		s.metrics(w, r)
	}
}

// addressed reports whether the request was sent to this machine by a name of its own. A page that its owner let resolve
// to the loopback address sends the name of that page.
func (s *Server) addressed(r *http.Request) bool {
	if !isLoopback(s.on.Addr()) {
		return true
	}
	name := r.Host
	if host, _, err := net.SplitHostPort(name); err == nil {
		name = host
	}
	name = strings.TrimSuffix(strings.TrimPrefix(name, "["), "]")
	ip, err := netip.ParseAddr(name)
	return strings.EqualFold(name, "localhost") || err == nil && ip.Unmap().IsLoopback()
}

// entitled reports whether the request shows the token. How long that takes tells nothing of it.
func (s *Server) entitled(r *http.Request) bool {
	if s.o.Token == "" {
		return true
	}
	values := r.Header["Authorization"]
	if len(values) != 1 {
		return false
	}
	scheme, token, _ := strings.Cut(values[0], " ")
	want, got := sha256.Sum256([]byte(s.o.Token)), sha256.Sum256([]byte(strings.TrimSpace(token)))
	return strings.EqualFold(scheme, "Bearer") && subtle.ConstantTimeCompare(want[:], got[:]) == 1
}

// metrics writes them to memory first, so that a client that reads slowly holds nothing, and a fault is no half answer.
func (s *Server) metrics(w http.ResponseWriter, r *http.Request) {
	format := negotiate(r.Header.Values("Accept"))
	packed := accepts(r.Header.Values("Accept-Encoding"), "gzip")
	body, err := s.render(r.Context(), format, packed)
	if err != nil {
		s.o.OnFault(fmt.Errorf("metrics: %w", err))
		http.Error(w, "the metrics cannot be read: the log says why", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", format.ContentType())
	w.Header().Set("Vary", "Accept, Accept-Encoding")
	if packed {
		w.Header().Set("Content-Encoding", "gzip")
	}
	_, _ = w.Write(body) // the client has gone
}

func (s *Server) render(ctx context.Context, as metric.Format, packed bool) ([]byte, error) {
	s.writing.Lock()
	defer s.writing.Unlock()
	s.buffer.Reset()
	if !packed {
		err := s.o.Write(ctx, &s.buffer, as)
		return bytes.Clone(s.buffer.Bytes()), err
	}
	w, err := gzip.NewWriterLevel(&s.buffer, gzip.BestSpeed)
	if err != nil {
		return nil, err
	}
	err = errors.Join(s.o.Write(ctx, w, as), w.Close())
	return bytes.Clone(s.buffer.Bytes()), err
}

func isLoopback(on net.Addr) bool {
	tcp, ok := on.(*net.TCPAddr)
	return ok && tcp.IP.IsLoopback()
}

// A faultWriter hands on what net/http logs: it knows no other way to tell of a connection's fault.
type faultWriter func(error)

// Write takes one line.
func (f faultWriter) Write(line []byte) (int, error) {
	f(errors.New(strings.TrimSuffix(string(line), "\n")))
	return len(line), nil
}
