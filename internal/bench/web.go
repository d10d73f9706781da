package bench

import (
	"bufio"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

// A webClient is what all connections to an endpoint of streamable HTTP share.
type webClient struct {
	load  *Load
	mix   *mix
	hello request
	dial  func(ctx context.Context) (net.Conn, error)
	head  string // of a request, up to what depends on the session and the message
}

func newWebClient(t *Target, l *Load, m *mix, endpoint string) (*webClient, error) {
	u, err := url.Parse(endpoint)
	if err != nil || u.Host == "" {
		return nil, fmt.Errorf("URL %q: want http://HOST:PORT/PATH", endpoint)
	}
	hello, err := greeting(l.Era)
	return &webClient{load: l, mix: m, hello: hello, dial: t.dialer(u), head: requestHead(u, t.Header)}, err
}

// dialer returns what opens a connection.
func (t *Target) dialer(u *url.URL) func(context.Context) (net.Conn, error) {
	if t.Dial != nil {
		return t.Dial
	}
	port := u.Port()
	if port == "" {
		port = map[string]string{"http": "80", "https": "443"}[u.Scheme]
	}
	address := net.JoinHostPort(u.Hostname(), port)
	if u.Scheme == "https" {
		config := &tls.Config{MinVersion: tls.VersionTLS12}
		if t.TLS != nil {
			config = t.TLS.Clone()
		}
		config.NextProtos = []string{"http/1.1"}
		d := &tls.Dialer{Config: config}
		return func(ctx context.Context) (net.Conn, error) { return d.DialContext(ctx, "tcp", address) }
	}
	d := &net.Dialer{}
	return func(ctx context.Context) (net.Conn, error) { return d.DialContext(ctx, "tcp", address) }
}

// requestHead is the part of a request's head that all requests have, but for its first line's method.
func requestHead(u *url.URL, extra http.Header) string {
	var b strings.Builder
	fmt.Fprintf(&b, " %s HTTP/1.1\r\nHost: %s\r\nUser-Agent: mcp-kernel-bench\r\n", u.RequestURI(), u.Host)
	for _, name := range slices.Sorted(maps.Keys(extra)) {
		for _, value := range extra[name] {
			fmt.Fprintf(&b, "%s: %s\r\n", name, value)
		}
	}
	return b.String()
}

// A webConn is one client on one keep-alive connection: it sends a request when the one before is answered. In the 2025
// era it has a session of its own, which outlives the connection.
type webConn struct {
	*webClient
	session string
	greeted bool
	heads   []string // of the requests of the mix, in this session
	ids     int64
	dials   int

	wire    net.Conn // nil while there is none
	unhook  func() bool
	in      *bufio.Reader
	body    body
	events  eventReader
	out     []byte
	text    []byte // an answer
	failing int    // attempts to connect in a row that failed
}

// openWeb connects and greets the server.
func openWeb(ctx context.Context, c *webClient) (*webConn, string, error) {
	w := &webConn{webClient: c, in: bufio.NewReaderSize(nil, 16<<10), ids: firstID}
	who, err := w.greet(ctx)
	if err != nil {
		w.hangUp()
		return nil, "", err
	}
	return w, who, nil
}

// greet shakes hands, or in the 2026 era asks who is there, which the server may refuse to say.
func (w *webConn) greet(ctx context.Context) (string, error) {
	if err := w.connect(ctx); err != nil {
		return "", err
	}
	w.session = ""
	m, who, err := w.ask(&w.hello)
	switch {
	case err != nil:
		return "", fmt.Errorf("no answer to %s: %w", w.hello.label, err)
	case m.failed && w.load.Era == Era2025:
		return "", fmt.Errorf("initialize was refused: %.300s", w.text)
	}
	w.greeted = true
	if w.load.Era == Era2025 {
		err = errors.Join(w.connect(ctx), w.notify(initialized))
	}
	w.greeted, w.heads = err == nil, w.requestHeads()
	return who, err
}

// ask sends the greeting and returns who answered.
func (w *webConn) ask(r *request) (message, string, error) {
	head := w.headOf(r)
	w.ids++
	w.out = r.append(append(w.out[:0], head...), w.ids)
	m, text, err := w.exchange(w.ids, &tally{})
	if err != nil {
		w.hangUp()
		return m, "", err
	}
	who := identity(text)
	return m, who, w.finish()
}

// notify sends a message that has no answer.
func (w *webConn) notify(text string) error {
	w.out = fmt.Appendf(w.out[:0], "POST%s%sContent-Length: %d\r\n\r\n%s", w.head, w.own(), len(text), text)
	r, err := w.roundTrip(&tally{})
	if err == nil && r.status/100 != 2 {
		err = w.statusOf(&r)
	}
	if err != nil {
		w.hangUp()
		return fmt.Errorf("notifications/initialized: %w", err)
	}
	return w.finish()
}

// own are the headers that depend on the era and the session.
func (w *webConn) own() string {
	s := "Content-Type: application/json\r\nAccept: application/json, text/event-stream\r\n"
	if w.load.Era == Era2026 || w.greeted {
		s += "Mcp-Protocol-Version: " + w.load.Era.version() + "\r\n"
	}
	if w.session != "" {
		s += "Mcp-Session-Id: " + w.session + "\r\n"
	}
	return s
}

// headOf is the head of a request, with the length of its body.
func (w *webConn) headOf(r *request) string {
	s := "POST" + w.head + w.own()
	if w.load.Era == Era2026 {
		s += "Mcp-Method: " + r.method + "\r\n"
		if r.name != "" {
			s += "Mcp-Name: " + headerValue(r.name) + "\r\n"
		}
	}
	return s + "Content-Length: " + strconv.Itoa(r.size()) + "\r\n\r\n"
}

func (w *webConn) requestHeads() []string {
	heads := make([]string, len(w.mix.requests))
	for i := range w.mix.requests {
		heads[i] = w.headOf(&w.mix.requests[i])
	}
	return heads
}

// connect opens the connection if it is not open. The end of the context closes it.
func (w *webConn) connect(whole context.Context) error {
	if w.wire != nil {
		return nil
	}
	ctx, cancel := context.WithTimeout(whole, w.load.Timeout)
	defer cancel()
	wire, err := w.dial(ctx)
	if err != nil {
		return fmt.Errorf("connecting: %w", err)
	}
	w.wire = wire
	w.dials++
	w.in.Reset(wire)
	w.unhook = context.AfterFunc(whole, func() { _ = wire.Close() })
	return nil
}

// hangUp closes the connection if it is open.
func (w *webConn) hangUp() {
	if w.wire != nil {
		w.unhook()
		_ = w.wire.Close() // what was sent over it is accounted for
		w.wire = nil
	}
}

// run sends what the phase hands out, one request after the other.
func (w *webConn) run(ctx context.Context, p *phase) {
	for {
		j, ok := p.take(ctx)
		if !ok {
			return
		}
		w.request(ctx, p, j)
	}
}

// request sends one request and counts what comes of it.
func (w *webConn) request(ctx context.Context, p *phase, j job) {
	due := p.start(j, p.now())
	m, text, err := w.attempt(ctx, p, j)
	now := p.now()
	switch {
	case err == nil:
		p.answer(&m, text, now-due, now)
		err = w.finish()
		if err != nil {
			w.hangUp()
		}
		return
	case ctx.Err() != nil:
		p.given.Add(-1)
	default:
		p.seen(now)
		p.fail(transportKind(err), 1, []byte(err.Error()))
	}
	w.retreat(ctx, err)
}

// attempt carries a request out, after connecting and greeting where that is needed.
func (w *webConn) attempt(ctx context.Context, p *phase, j job) (message, []byte, error) {
	dials := w.dials
	defer func() { p.dialled.Add(int64(w.dials - dials)) }()
	if !w.greeted {
		if _, err := w.greet(ctx); err != nil {
			return message{}, nil, err
		}
	}
	if err := w.connect(ctx); err != nil {
		return message{}, nil, err
	}
	w.ids++
	w.out = p.mix.requests[j.request].append(append(w.out[:0], w.heads[j.request]...), w.ids)
	return w.exchange(w.ids, &p.tally)
}

// retreat leaves the connection so that the next request can be tried, and waits while connecting fails: longer each
// time, up to a second, so that a server that is down does not make this client burn a processor.
func (w *webConn) retreat(ctx context.Context, err error) {
	if status, ok := errors.AsType[*statusError](err); ok {
		w.greeted = w.greeted && (status.code != http.StatusNotFound || w.session == "") // the session is gone
		w.failing = 0
		return
	}
	connected := w.wire != nil
	w.hangUp()
	if connected {
		w.failing = 0
		return
	}
	w.failing = min(w.failing+1, 8)
	sleep(ctx, min(5*time.Millisecond<<w.failing, time.Second))
}

// exchange sends what is in w.out and returns the answer, as soon as it is there; finish reads what follows it.
func (w *webConn) exchange(id int64, t *tally) (message, []byte, error) {
	r, err := w.roundTrip(t)
	if err != nil {
		return message{}, nil, err
	}
	if r.session != "" {
		w.session = r.session
	}
	if r.events && r.status == http.StatusOK {
		m, text, err := w.events.answerIn(&w.body, id)
		t.received.Add(w.body.size)
		w.body.size = 0
		return m, text, err
	}
	w.text, err = w.body.readAll(w.text[:0])
	t.received.Add(w.body.size)
	if err != nil {
		return message{}, nil, err
	}
	m, err := scan(w.text)
	if err != nil {
		err = fmt.Errorf("%w: %.200q", err, w.text)
	} else {
		err = mine(&m, id, w.text)
	}
	if r.status != http.StatusOK && (err != nil || !m.failed) {
		err = w.refused(&r)
	}
	return m, w.text, err
}

// roundTrip sends what is in w.out and reads the head of the response.
func (w *webConn) roundTrip(t *tally) (response, error) {
	if err := w.wire.SetDeadline(time.Now().Add(w.load.Timeout)); err != nil {
		return response{}, err
	}
	n, err := w.wire.Write(w.out)
	t.sent.Add(int64(n))
	if err != nil {
		return response{}, err
	}
	r, size, err := readHead(w.in)
	t.received.Add(size)
	w.body = r.body(w.in)
	w.body.closing = r.closing || r.length < 0 && !r.chunked
	return r, err
}

// statusOf reads the body of a response that is no answer and makes an error of it.
func (w *webConn) statusOf(r *response) error {
	var err error
	if w.text, err = w.body.readAll(w.text[:0]); err != nil {
		return err
	}
	return w.refused(r)
}

// refused is the error of a response whose body was read and carries no answer.
func (w *webConn) refused(r *response) error {
	if w.body.closing {
		w.hangUp()
	}
	return &statusError{r.status, string(w.text[:min(len(w.text), maxExample)])}
}

// finish reads what follows the answer, so that the connection can carry the next request.
func (w *webConn) finish() error {
	if err := w.body.discard(w.out); err != nil {
		return err
	}
	if w.body.closing {
		w.hangUp()
	}
	return nil
}

// usable reports whether requests can still be sent: over HTTP there is always another attempt.
func (*webConn) usable() error { return nil }

// close ends the session and the connection.
func (w *webConn) close(ctx context.Context) {
	defer w.hangUp()
	if w.session == "" || w.connect(ctx) != nil {
		return
	}
	w.out = fmt.Appendf(w.out[:0], "DELETE%s%sContent-Length: 0\r\n\r\n", w.head, w.own())
	_ = w.wire.SetDeadline(time.Now().Add(time.Second)) // a server that does not care to hear it forgets the session by itself
	if _, err := w.wire.Write(w.out); err != nil {
		return
	}
	_, _ = io.CopyN(io.Discard, w.in, 1)
}
