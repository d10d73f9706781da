package server

import (
	"context"
	"encoding/json"
	"fmt"
	"sync"
	"sync/atomic"

	"github.com/mcp-kernel/mcp-kernel/governance"
	"github.com/mcp-kernel/mcp-kernel/internal/stack"
)

// A conn is one client. Its requests run side by side and their answers may overtake each other; its notifications are
// handled in the order in which they came.
type conn struct {
	server  *Server
	out     outlet // for what belongs to no request
	caller  governance.Caller
	roles   *atomic.Pointer[string] // that the caller had when it was last heard; nil where there are none to be had
	session *session                // of the 2025 era
	shared  *sharedSession          // what other processes know of it; nil for most connections
	ctx     context.Context         //nolint:containedctx // a connection outlives the call that made it
	cancel  context.CancelFunc

	slots   chan struct{} // one a running call
	most    int           // subscriptions and streams
	running sync.WaitGroup
	serial  atomic.Uint64 // ids for the SDK

	mu       sync.Mutex
	inflight map[string]*request    // by raw id
	watches  map[string]func()      // by resource URI: ends a subscription of the 2025 era
	streams  map[*listener]struct{} // subscriptions/listen of the 2026 era
	held     int                    // subscriptions and streams that are there or being made
}

// A request is one that was not answered yet.
type request struct {
	env       *envelope
	meta      requestMeta
	peer      *requestPeer
	round     *round // of the 2026 era, for what can be invoked
	conn      *conn
	out       outlet // for what belongs to it, before its answer
	cancel    context.CancelFunc
	cancelled atomic.Bool // by the client, which then expects no answer
	code      int         // of the error that the answer is; 0 when it is none
}

func (s *Server) newConn(ctx context.Context, out outlet, caller governance.Caller) *conn {
	ctx, cancel := context.WithCancel(ctx)
	c := &conn{
		server: s, out: out, caller: caller, session: newSession("connection"),
		ctx: ctx, cancel: cancel, slots: make(chan struct{}, s.opts.MaxConcurrent), most: s.opts.MaxListening,
		inflight: map[string]*request{}, watches: map[string]func(){}, streams: map[*listener]struct{}{},
	}
	s.join(c)
	return c
}

// close ends the connection: what still runs for it is cancelled, and it is told nothing more.
func (c *conn) close() {
	c.cancel()
	c.session.asks.close()
	c.server.leave(c)
}

// handle takes one message. It returns once the message is being worked on.
func (c *conn) handle(text []byte) {
	env, fault := openEnvelope(text)
	switch {
	case fault != nil:
		c.refuse(fault.id, &rpcError{code: fault.code, message: fault.message})
	case env.answer:
		c.session.asks.answered(env)
	case env.id.to == 0:
		c.notified(env)
	default:
		c.requested(env)
	}
}

// refuse answers with an error. Without an id the answer carries null.
func (c *conn) refuse(id []byte, e *rpcError) { _ = c.out.send(appendError(nil, id, e)) }

// notified handles a notification. The protocol has no answer to one, not even to a wrong one. It reports whether there is
// nobody else whom it may concern.
func (c *conn) notified(env *envelope) bool {
	if env.method != "notifications/cancelled" {
		return true
	}
	var params struct {
		RequestID json.RawMessage `json:"requestId"`
	}
	if json.Unmarshal(env.rawParams(), &params) != nil {
		return true
	}
	c.mu.Lock()
	r := c.inflight[string(params.RequestID)]
	c.mu.Unlock()
	if r == nil {
		return false
	}
	r.cancelled.Store(true)
	r.cancel()
	return true
}

// requested starts work on a request. What cannot block is answered here, in order; the rest has its own goroutine and
// a slot, so that no call waits for another.
func (c *conn) requested(env *envelope) {
	r := &request{env: env, meta: readMeta(env.rawMeta()), conn: c, out: c.out}
	ctx, cancel := context.WithCancel(c.ctx)
	r.cancel = cancel
	r.peer = &requestPeer{out: r.out, token: r.meta.progressToken, level: c.levelFor(r.meta)}
	if !c.enter(r) {
		cancel()
		c.refuse(env.rawID(), &rpcError{code: codeInvalid, message: "invalid request: id is already in use"})
		return
	}
	switch manner(env.method) {
	case inOrder:
		c.serve(ctx, r)
		return
	case asStream:
		c.stream(ctx, r)
		return
	}
	select {
	case c.slots <- struct{}{}:
	default:
		c.leave(r)
		c.refuse(env.rawID(), &rpcError{
			code:    codeUnavailable,
			message: fmt.Sprintf("more than %d requests at once: wait for answers, then try again", cap(c.slots)),
		})
		return
	}
	c.running.Go(func() {
		stack.Grow()
		defer func() { <-c.slots }()
		c.serve(ctx, r)
	})
}

// stream starts work on a request that lasts as long as the client listens.
func (c *conn) stream(ctx context.Context, r *request) {
	if !c.reserve(1) {
		c.leave(r)
		c.refuse(r.env.rawID(), c.tooMany())
		return
	}
	c.running.Go(func() { c.serve(ctx, r) }) // listen gives the room back
}

// reserve makes room for n subscriptions, and reports whether there was.
func (c *conn) reserve(n int) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if n > c.most-c.held {
		return false
	}
	c.held += n
	return true
}

func (c *conn) release(n int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.held -= n
}

func (c *conn) tooMany() *rpcError {
	return &rpcError{
		code:    codeUnavailable,
		message: fmt.Sprintf("more than %d subscriptions: end some, then try again", c.most),
	}
}

// levelFor says which log messages a request gets: in the 2026 era those it asked for, in the 2025 era those that the
// connection was set to.
func (c *conn) levelFor(m requestMeta) func() logLevel {
	if !m.modern {
		return c.session.logLevel
	}
	level, _ := parseLevel(m.logLevel) // levelOff when it asked for none
	return func() logLevel { return level }
}

// serve answers one request, unless the client has cancelled it.
func (c *conn) serve(ctx context.Context, r *request) {
	line := c.server.answer(ctx, r)
	r.peer.end()
	c.leave(r)
	if line != nil && !r.cancelled.Load() {
		_ = c.out.send(line) // a client that is gone gets no answer
	}
}

func (c *conn) enter(r *request) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	id := string(r.env.rawID())
	if _, taken := c.inflight[id]; taken {
		return false
	}
	c.inflight[id] = r
	return true
}

func (c *conn) leave(r *request) {
	r.cancel()
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.inflight, string(r.env.rawID()))
}

func (c *conn) cancelAll() {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, r := range c.inflight {
		r.cancel()
	}
}

// as returns the caller of a request: who the transport authenticated, under the name that the client gives itself.
func (r *request) as() governance.Caller {
	caller := r.conn.caller
	if r.meta.roles != "" {
		caller.Roles = r.meta.roles
	}
	if caller.Label = r.meta.client; !r.meta.modern {
		caller.Label = r.conn.session.clientLabel()
	}
	return caller
}

// call is the governed invocation that the request asks for.
func (r *request) call(kind governance.Kind, name string, args json.RawMessage) governance.Call {
	s := r.conn.server
	return governance.Call{
		ID: s.opts.IDs(), Kind: kind, Name: name, Caller: r.as(), Execution: r.meta.execution,
		Args: args, Meta: r.env.rawMeta(), At: s.opts.Now(),
	}
}
