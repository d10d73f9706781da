package server

import (
	"context"
	"crypto/rand"
	"crypto/tls"
	"errors"
	"fmt"
	"log"
	"net"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/mcp-kernel/mcp-kernel/governance"
)

// HTTPOptions configure how a Server is served over HTTP. Every field has a default; without Authenticate every request
// acts for Local, and only a loopback address can be listened on.
type HTTPOptions struct {
	// Authenticate returns who a request acts for, or an error for who may not, of which the client learns nothing. It is
	// called for every request, by many goroutines at once. Nil lets everybody act for Local, which is why it holds on
	// loopback addresses only.
	Authenticate func(*http.Request) (governance.Caller, error)
	Resource     *ProtectedResource // where clients get tokens that Authenticate takes; nil is nowhere
	// Missing returns what a caller's token would have to be given for so that it may use what has a name, where that is all
	// that is missing; then the client is told to get such a token. Nil, and a nil slice, leave it to the policies.
	Missing      func(caller governance.Caller, kind governance.Kind, name string) []string
	Local        governance.Caller // who a request acts for when nobody is asked; needs a Principal then
	LoopbackOnly bool              // refuses other addresses even with Authenticate
	TLS          *tls.Config       // nil is plain HTTP; Certificate.Config makes one

	Path    string             // of the endpoint; default "/mcp"
	Hosts   []string           // names by which clients may call the server, without port; loopback names are known on loopback
	Origins []string           // web origins, as browsers send them, that may call besides the server's own
	Health  func() []Component // how what is served is, for /readyz, asked at most twice a second; nil is always well
	OnFault func(err error)    // told of faults of connections and certificates; nil drops them

	MaxBody        int // bytes of one message; default 4 MiB
	MaxHeader      int // bytes of a request's headers; default 64 KiB
	MaxConnections int // at once; more wait to be accepted; default 4,096
	MaxRequests    int // of one caller at once, streams included, over all its sessions; default 2,048
	MaxRunning     int // calls that are worked on at once, of all callers; default 256. One principal has seven eighths of it at most
	MaxQueue       int // calls that wait for that, of all callers; default 1,024. Who has most of them is refused first
	MaxStreams     int // that listen, of all callers; default 2,048
	MaxSessions    int // of the 2025 era; default 10,000. The least recently used idle one makes room
	ReplayBuffer   int // bytes that one session keeps for a client that resumes; default 256 KiB
	ReplayTotal    int // bytes that all sessions keep; default 64 MiB
	StreamBuffer   int // bytes that may wait for one client before progress and the like is dropped; default 1 MiB

	HeaderTimeout  time.Duration // for a request's headers; default 10 seconds
	BodyTimeout    time.Duration // for a request's body; default 30 seconds
	QueueWait      time.Duration // for a call to be begun; default 10 seconds
	WriteTimeout   time.Duration // for a client to take an answer or an event; default 30 seconds
	ConnectionIdle time.Duration // between requests of a connection; default 2 minutes
	DrainDelay     time.Duration // at the end, while /readyz fails and requests are still served; default none
	SessionIdle    time.Duration // after which an unused session ends; default 30 minutes
	KeepAlive      time.Duration // between signs of life on a quiet stream; default 15 seconds
	Retry          time.Duration // after which a client should resume; default 1 second
	Poll           time.Duration // after which a client that can resume is sent away to come back; 0, the default, never does

	Now        func() time.Time                                     // default the Server's
	SessionIDs func() string                                        // 128 random bits or more, in visible ASCII; default crypto/rand.Text
	Ticks      func(every time.Duration) (<-chan time.Time, func()) // a ticker and its stop; default the system's
}

func (o *HTTPOptions) fill(s *Server) error {
	o.LoopbackOnly = o.LoopbackOnly || o.Authenticate == nil
	if o.Authenticate == nil && o.Local.Principal == "" {
		return errors.New("server: HTTP options need Authenticate, or a Local caller with a principal")
	}
	setDefault(&o.Path, "/mcp")
	for _, size := range []struct {
		field *int
		value int
	}{
		{&o.MaxBody, 4 << 20},
		{&o.MaxHeader, 64 << 10},
		{&o.MaxConnections, 4096},
		{&o.MaxRequests, 2048},
		{&o.MaxRunning, 256},
		{&o.MaxQueue, 1024},
		{&o.MaxStreams, 2048},
		{&o.MaxSessions, 10_000},
		{&o.ReplayBuffer, 256 << 10},
		{&o.ReplayTotal, 64 << 20},
		{&o.StreamBuffer, 1 << 20},
	} {
		setDefault(size.field, size.value)
	}
	for _, limit := range []struct {
		field *time.Duration
		value time.Duration
	}{
		{&o.HeaderTimeout, 10 * time.Second},
		{&o.BodyTimeout, 30 * time.Second},
		{&o.QueueWait, 10 * time.Second},
		{&o.WriteTimeout, 30 * time.Second},
		{&o.ConnectionIdle, 2 * time.Minute},
		{&o.SessionIdle, 30 * time.Minute},
		{&o.KeepAlive, 15 * time.Second},
		{&o.Retry, time.Second},
	} {
		setDefault(limit.field, limit.value)
	}
	if o.Now == nil {
		o.Now = s.opts.Now
	}
	if o.SessionIDs == nil {
		o.SessionIDs = rand.Text
	}
	if o.Ticks == nil {
		o.Ticks = systemTicks
	}
	return nil
}

func systemTicks(every time.Duration) (<-chan time.Time, func()) {
	t := time.NewTicker(every)
	return t.C, t.Stop
}

// An HTTP serves a Server to many clients on one endpoint, in both eras: which one is a matter of each request. Make it
// with Server.HTTP.
type HTTP struct {
	server    *Server
	opts      HTTPOptions
	guard     guard
	card      *resourceCard // nil where there are no tokens
	fixed     fixedHeaders
	registry  *registry
	sharing   *sharing // of sessions with other processes; nil where there are none
	admission *admission
	keeper    *keeper
	kept      budget
	streams   atomic.Int64   // that listen
	parted    sync.WaitGroup // requests that are worked on apart from their connection

	ctx       context.Context //nolint:containedctx // what sessions live by, which outlive the requests that use them
	cancel    context.CancelFunc
	listening context.Context //nolint:containedctx // ends first, when the server ends
	hush      context.CancelFunc
	leaving   atomic.Bool // no longer ready, but still serving whoever comes
	readiness readiness
}

// HTTP returns a server of s over HTTP. It serves once, with Serve.
func (s *Server) HTTP(o HTTPOptions) (*HTTP, error) {
	if err := o.fill(s); err != nil {
		return nil, err
	}
	card, err := newResourceCard(o.Resource)
	if err != nil {
		return nil, err
	}
	h := &HTTP{server: s, opts: o, card: card, guard: newGuard(o), fixed: newFixedHeaders(), keeper: newKeeper()}
	h.kept.most = int64(o.ReplayTotal)
	h.ctx, h.cancel = context.WithCancel(context.Background())
	h.listening, h.hush = context.WithCancel(h.ctx)
	h.registry = newRegistry(h)
	h.admission = newAdmission(o.MaxRunning, o.MaxQueue)
	if h.sharing = newSharing(h, s.opts.Fleet); h.sharing != nil {
		s.web.Store(h)
	}
	return h, nil
}

// Serve answers requests on the listener until ctx is cancelled; it closes the listener. First /readyz fails, and for
// HTTPOptions.DrainDelay whoever comes is still served, on connections that end with the answer, so that a balancer has time
// to send others elsewhere. Then nothing more is accepted, streams that only listen end, calls that are running may finish
// within Options.Drain and are then cancelled, every answer that was made is written, and Serve returns nil.
//
// A listener whose address is not a loopback one is refused unless HTTPOptions.Authenticate is set.
func (h *HTTP) Serve(ctx context.Context, on net.Listener) error {
	if err := h.mayListen(on.Addr()); err != nil {
		return errors.Join(err, on.Close())
	}
	ticks, stop := h.opts.Ticks(h.opts.KeepAlive)
	defer stop()
	web := h.webServer()
	served := make(chan error, 1)
	go func() { served <- h.serve(web, limitConnections(on, h.opts.MaxConnections)) }()
	told, left := ctx.Done(), (<-chan time.Time)(nil)
	for {
		select {
		case now := <-ticks:
			h.keeper.tick(now)
			h.registry.tick(h.opts.Now())
			if h.sharing != nil {
				h.sharing.tick(h.opts.Now())
			}
		case err := <-served:
			h.end()
			return fmt.Errorf("serving HTTP: %w", err)
		case <-told:
			told = nil
			var stop func()
			left, stop = h.leave()
			defer stop()
		case <-left:
			h.drain(web)
			if err := <-served; !errors.Is(err, http.ErrServerClosed) {
				return fmt.Errorf("serving HTTP: %w", err)
			}
			return nil
		}
	}
}

func (h *HTTP) serve(web *http.Server, on net.Listener) error {
	if h.opts.TLS == nil {
		return web.Serve(on)
	}
	web.TLSConfig = h.opts.TLS.Clone()
	return web.ServeTLS(on, "", "")
}

func (h *HTTP) webServer() *http.Server {
	return &http.Server{
		Handler:           http.HandlerFunc(h.route),
		ReadHeaderTimeout: h.opts.HeaderTimeout,
		IdleTimeout:       h.opts.ConnectionIdle,
		MaxHeaderBytes:    h.opts.MaxHeader,
		ErrorLog:          log.New(faultWriter(h.fault), "", 0),
		BaseContext:       func(net.Listener) context.Context { return h.ctx },
	}
}

// leave tells balancers that the server is about to end, and returns when they have had time to notice.
func (h *HTTP) leave() (<-chan time.Time, func()) {
	h.leaving.Store(true)
	if h.opts.DrainDelay > 0 {
		return h.opts.Ticks(h.opts.DrainDelay)
	}
	now := make(chan time.Time)
	close(now)
	return now, func() {}
}

// drain ends the server in order.
func (h *HTTP) drain(web *http.Server) {
	h.hush()
	h.registry.hush()
	patience, cancel := context.WithTimeout(context.Background(), h.server.opts.Drain)
	err := web.Shutdown(patience)
	cancel()
	if err != nil {
		h.cancel() // what still runs; the dispatcher answers it at once
		patience, cancel = context.WithTimeout(context.Background(), 2*lastWrites)
		err = web.Shutdown(patience)
		cancel()
	}
	if err != nil {
		_ = web.Close() // clients that do not take their answers
	}
	h.end()
}

func (h *HTTP) end() {
	h.registry.close()
	h.cancel()
	h.parted.Wait()
	h.sharing.close()
}

func (h *HTTP) fault(err error) {
	if h.opts.OnFault != nil {
		h.opts.OnFault(err)
	}
}

// A faultWriter hands on what net/http logs: it knows no other way to tell of a connection's fault.
type faultWriter func(error)

// Write takes one line.
func (f faultWriter) Write(line []byte) (int, error) {
	f(errors.New(strings.TrimSuffix(string(line), "\n")))
	return len(line), nil
}

// route finds what a request is for. From here on the body has its time, whether somebody wants it or net/http only reads
// it to its end.
func (h *HTTP) route(w http.ResponseWriter, r *http.Request) {
	if r.ContentLength != 0 && http.NewResponseController(w).SetReadDeadline(time.Now().Add(h.opts.BodyTimeout)) != nil {
		h.refuse(w, http.StatusInternalServerError, codeInternal, "internal error")
		return
	}
	if h.leaving.Load() {
		w.Header().Set("Connection", "close") // over HTTP/2 net/http makes a GOAWAY of it
	}
	switch r.URL.Path {
	case h.opts.Path:
		h.endpoint(w, r)
	case "/healthz":
		healthz(w, r)
	case "/readyz":
		h.readyz(w, r)
	default:
		if h.card.shows(r.URL.Path, h.opts.Path) {
			h.describe(w, r)
			return
		}
		h.refuse(w, http.StatusNotFound, codeInvalid, "nothing is here: the endpoint is "+h.opts.Path)
	}
}

// refuse answers a request that is not served with a status and a JSON-RPC error without an id.
func (h *HTTP) refuse(w http.ResponseWriter, status, code int, message string) {
	h.write(w, status, appendError(nil, nil, &rpcError{code: code, message: message}))
}
