package rpc

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"
)

// What holds for HTTP where HTTPOptions say nothing.
const (
	DefaultMaxStreams = 256              // requests that are under way
	DefaultWait       = 30 * time.Second // for what has no answer to be taken
)

const (
	maxLetters = 64                     // messages without an answer that are under way
	maxWord    = 1 << 10                // bytes of a session's or an event's id
	linger     = 100 * time.Millisecond // for a response to end after the answer: its connection can then be used again
	farewell   = 2 * time.Second        // for a session to be ended
)

// HTTPOptions are what an HTTP is made of. URL and Client are required.
type HTTPOptions struct {
	URL string
	// Client makes the requests. It says which addresses may be reached, and bounds connecting, TLS and headers. It is the
	// transport's own: Close closes its idle connections.
	Client *http.Client
	// Headers are sent with each request. Their values are secrets: no error has them.
	Headers map[string]string
	// Tokens gives what requests authenticate with, where that is not a header. May be nil.
	Tokens Tokens
	// SSE speaks the transport of 2024-11-05 without trying the newer one: a stream of events, and an address to post to.
	SSE        bool
	MaxMessage int           // bytes; 0 is DefaultMaxMessage
	MaxStreams int           // 0 is DefaultMaxStreams
	Wait       time.Duration // for a message that has no answer to be taken; 0 is DefaultWait
}

// Tokens are bearer tokens (RFC 6750). What it returns as an error is found in the error of the call with errors.As, in a
// *TokenError.
type Tokens interface {
	// Token returns the token to send; it is empty where none is.
	Token(ctx context.Context) (string, error)
	// Renew returns another token after one was refused, by the WWW-Authenticate headers of the response.
	Renew(ctx context.Context, refused string, challenges []string) (string, error)
}

// HTTP is the Transport of a server at an address. It speaks streamable HTTP in both eras, and HTTP with server-sent events
// of 2024-11-05 to servers that know nothing else. A call is a request of its own, which ends when nobody waits for it.
type HTTP struct {
	o       HTTPOptions
	target  *url.URL
	ctx     context.Context //nolint:containedctx // of all requests: it ends with the transport
	stop    context.CancelCauseFunc
	inbox   chan delivery
	streams chan struct{} // one token for each call under way
	letters chan struct{} // and for each other message
	running sync.WaitGroup
	closing sync.Once

	mu       sync.Mutex
	calls    map[uint64]*posted
	session  string    // of the 2025 era; empty is none
	version  string    // of the protocol; empty while it is not known
	endpoint *url.URL  // where to post to, in the transport of 2024-11-05; nil in the newer one
	sent     [2]string // the tokens that were sent last
}

// A delivery is what Receive has to look at: a message, a reason why one cannot be had, or a mark.
type delivery struct {
	text   []byte
	call   uint64
	err    error         // why the call has no answer; of interest only if it has none
	passed chan struct{} // closed when all that came before has been acted on
}

// A posted call is one that waits.
type posted struct {
	ctx    context.Context //nolint:containedctx // of the request
	cancel context.CancelFunc
	heard  bool // the last message seems to be the answer
}

// NewHTTP returns a Transport to an address. Nothing is sent yet. All faults of the options are reported at once.
func NewHTTP(o HTTPOptions) (*HTTP, error) {
	target, err := addressOf(o.URL)
	faults := []error{err}
	if o.Client == nil {
		faults = append(faults, errors.New("a client is needed"))
	}
	if o.MaxMessage < 0 || o.MaxStreams < 0 || o.Wait < 0 {
		faults = append(faults, errors.New("bounds and times must not be negative"))
	}
	for name, value := range o.Headers {
		faults = append(faults, checkHeader(name, value))
		if o.Tokens != nil && strings.EqualFold(name, "Authorization") {
			faults = append(faults, errors.New("header Authorization: tokens have its place"))
		}
	}
	if err := errors.Join(faults...); err != nil {
		return nil, err
	}
	o.MaxMessage = orDefault(o.MaxMessage, DefaultMaxMessage)
	o.MaxStreams = orDefault(o.MaxStreams, DefaultMaxStreams)
	o.Wait = orDefault(o.Wait, DefaultWait)
	t := &HTTP{
		o: o, target: target, inbox: make(chan delivery), calls: make(map[uint64]*posted),
		streams: make(chan struct{}, o.MaxStreams), letters: make(chan struct{}, maxLetters),
	}
	t.ctx, t.stop = context.WithCancelCause(context.Background())
	return t, nil
}

func orDefault[T int | time.Duration](v, d T) T {
	if v == 0 {
		return d
	}
	return v
}

// addressOf reads an address. No error repeats it, because it may have secrets.
func addressOf(text string) (*url.URL, error) {
	u, err := url.Parse(text)
	switch {
	case err != nil:
		return nil, errors.New("the url cannot be read")
	case u.Scheme != "https" && u.Scheme != "http":
		return nil, errors.New("the url begins with neither https:// nor http://")
	case u.Hostname() == "":
		return nil, errors.New("the url has no host")
	case u.User != nil:
		return nil, errors.New("the url has a user or password: use a header")
	}
	u.Fragment, u.RawFragment = "", ""
	return u, nil
}

// checkHeader reports what is wrong with a header, without its value.
func checkHeader(name, value string) error {
	lower := strings.ToLower(name)
	const marks = "!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyz" // RFC 9110, section 5.6.2
	switch {
	case name == "" || strings.Trim(lower, marks) != "":
		return fmt.Errorf("%.40q is no name of a header", name)
	case strings.HasPrefix(lower, "mcp-") || strings.HasPrefix(lower, "proxy-") ||
		slices.Contains([]string{"host", "accept", "connection", "content-length", "content-type", "last-event-id", "te", "trailer", "transfer-encoding", "upgrade"}, lower):
		return fmt.Errorf("header %s is the protocol's own", name)
	case !plain(value):
		return fmt.Errorf("header %s: its value has characters that no header can have, or spaces around it", name)
	default:
		return nil
	}
}

// Speak says which version of the protocol was agreed on.
func (t *HTTP) Speak(version string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.version = version
	if version == modernVersion {
		t.session = "" // sessions are of the older era
	}
}

// Send posts a message. What goes wrong with a call is told by Receive. Of other messages only the end of the handshake is
// waited for, because servers refuse what comes before it.
func (t *HTTP) Send(ctx context.Context, text []byte, wait uint64) error {
	l := t.letter(text)
	switch {
	case wait != 0:
		return t.call(l, wait)
	case l.method == "notifications/initialized":
		err := t.tell(ctx, l)
		if err == nil {
			t.listen()
		}
		return err
	case l.method == "notifications/cancelled" && l.version == modernVersion:
		return nil // Forget has said so
	default:
		return t.begin(t.letters, func() {
			if err := t.tell(t.ctx, l); err != nil {
				t.deliver(t.ctx, delivery{err: err})
			}
		})
	}
}

// begin runs a function in a goroutine that Close waits for, where there is room for it.
func (t *HTTP) begin(room chan struct{}, f func()) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.ctx.Err() != nil {
		return ErrClosed
	}
	select {
	case room <- struct{}{}:
	default:
		return ErrBusy
	}
	t.running.Go(func() {
		defer func() { <-room }()
		f()
	})
	return nil
}

// Receive returns the next message, whichever response it came with.
func (t *HTTP) Receive() ([]byte, uint64, error) {
	for {
		select {
		case d := <-t.inbox:
			switch {
			case d.passed != nil:
				close(d.passed)
			case d.err == nil:
				return d.text, d.call, nil
			case d.call == 0 || t.waits(d.call):
				return nil, 0, &LostError{Call: d.call, Err: d.err}
			}
		case <-t.ctx.Done():
			if cause := context.Cause(t.ctx); !errors.Is(cause, ErrClosed) {
				return nil, 0, cause
			}
			return nil, 0, io.EOF
		}
	}
}

// deliver hands something to Receive, unless nobody wants it any more.
func (t *HTTP) deliver(ctx context.Context, d delivery) {
	if ctx.Err() != nil {
		return // what is said now is only that it has ended
	}
	d.text = t.withoutTokens(d.text)
	select {
	case t.inbox <- d:
	case <-ctx.Done():
	}
}

// settled waits until all that was delivered has been acted on, and reports whether the call still waits.
func (t *HTTP) settled(ctx context.Context, call uint64) (waits bool) {
	mark := make(chan struct{})
	t.deliver(ctx, delivery{passed: mark})
	select {
	case <-mark:
		return t.waits(call)
	case <-ctx.Done():
		return false
	}
}

func (t *HTTP) waits(call uint64) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.calls[call] != nil
}

// Forget ends the request of a call. One that has been answered may end by itself.
func (t *HTTP) Forget(call uint64) {
	t.mu.Lock()
	defer t.mu.Unlock()
	p := t.calls[call]
	delete(t.calls, call)
	switch {
	case p == nil:
	case p.heard:
		time.AfterFunc(linger, p.cancel)
	default:
		p.cancel()
	}
}

// end ends the transport for a reason. Only the first one counts.
func (t *HTTP) end(cause error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.stop(cause)
}

// Close ends all requests, waits until nothing runs any more, and ends the session, if there is one.
func (t *HTTP) Close() error {
	t.end(ErrClosed)
	t.closing.Do(func() {
		t.running.Wait()
		t.leave()
		t.o.Client.CloseIdleConnections()
	})
	return nil
}

// leave tells the server that its session is not needed any more, which it need not know.
func (t *HTTP) leave() {
	t.mu.Lock()
	session := t.session
	t.mu.Unlock()
	if session == "" || errors.Is(context.Cause(t.ctx), errSession) {
		return
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(t.ctx), farewell)
	defer cancel()
	if r, err := t.request(ctx, http.MethodDelete, nil, t.letter(nil)); err == nil {
		if answer, err := t.do(r); err == nil { //nolint:bodyclose // discard does
			discard(answer.Body)
		}
	}
}

// discard closes a body of which nothing is wanted. A short one is read, so that the connection can be used again.
func discard(body io.ReadCloser) {
	_, _ = io.CopyN(io.Discard, body, headBytes)
	_ = body.Close() // it was only read
}

// letter is one message, with what its headers say.
type letter struct {
	text    []byte
	method  string // empty where no header wants it
	name    string // of what it is about; empty is nothing
	version string
	session string
}

// letter looks a message over.
func (t *HTTP) letter(text []byte) letter {
	t.mu.Lock()
	l := letter{text: text, version: t.version, session: t.session}
	t.mu.Unlock()
	handshake := bytes.Contains(text[:min(len(text), 100)], []byte(`"notifications/initialized"`))
	if l.version != "" && l.version != modernVersion && !handshake {
		return l
	}
	m, err := parse(text)
	if err != nil {
		return l // it has no headers of its own
	}
	l.method = m.method
	if key := namedBy(m.method); key != "" && len(m.params) > 0 && m.params[0] == '{' {
		l.name = member(m.params, key)
	}
	return l
}
