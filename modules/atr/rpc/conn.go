package rpc

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"sync"
	"sync/atomic"
	"time"
)

// What holds where Options say nothing.
const (
	DefaultMaxPending = 1024 // calls that wait for their answers
	DefaultMaxAsked   = 16   // requests of the server that are answered at once
	maxNoise          = 1000 // messages in a row that mean nothing

	maxTelling = 64               // cancellations that are being sent; further ones are not sent
	tellFor    = 10 * time.Second // to send one
)

// The errors of a connection. A call ends with one of them, with an *Error of the server, or with the end of its context.
var (
	ErrClosed   = errors.New("the connection to the server has ended")
	ErrBusy     = errors.New("too many calls wait for the server")
	ErrTooLarge = errors.New("the server's message is too large")
	ErrNoise    = errors.New("the server sends nothing but what cannot be read")
)

// A Transport carries messages. Send and Receive may be called at once, each by one goroutine at a time for Receive and
// any number for Send.
type Transport interface {
	// Send writes one message; wait tells the call that it begins, which ends when its answer was received or nobody waits
	// for it any more. It is 0 for what has no answer.
	Send(ctx context.Context, text []byte, wait uint64) error
	// Receive returns the next message, whose text is the caller's own. A *LostError says that one message could not be
	// had and others can; any other error is the end.
	Receive() (text []byte, call uint64, err error)
	// Forget says that nobody waits for a call's answer any more.
	Forget(call uint64)
	// Close ends the transport, and with it Receive. It may be called more than once.
	Close() error
}

// A LostError says that a message of the server could not be had. Call is the call that it may have answered, 0 where
// that cannot be known.
type LostError struct {
	Call uint64
	Err  error
}

// Error returns what was wrong with the message.
func (e *LostError) Error() string { return e.Err.Error() }

// Unwrap returns the cause.
func (e *LostError) Unwrap() error { return e.Err }

// Options are what a Conn is made of. Transport is required.
type Options struct {
	Transport Transport
	// Ask answers a request of the server. The context ends with the connection, or when the server withdraws the request.
	// call is the running call that the request belongs to, as its Request.Tag says; nil where the transport cannot tell.
	// Nil answers that nothing can be asked.
	Ask func(ctx context.Context, call any, method string, params json.RawMessage) (json.RawMessage, *Error)
	// Notify takes the server's notifications, but for progress and cancellation, in their order. It must not wait. May be nil.
	Notify func(method string, params json.RawMessage)
	// OnNoise is told of messages that mean nothing: answers that nobody waits for, text that is no message. May be nil.
	OnNoise func(err error)

	Client       json.RawMessage // who calls, as clientInfo says it; nil is mcp-kernel
	Capabilities json.RawMessage // what a server of the 2025 era may ask for; nil is nothing
	Era          Era             // which to speak; the zero value finds out
	MaxPending   int             // 0 is DefaultMaxPending
	MaxAsked     int             // 0 is DefaultMaxAsked
}

// A Conn is a connection to one server. It is safe for concurrent use.
type Conn struct {
	o      Options
	server Server

	ids   atomic.Uint64
	ctx   context.Context //nolint:containedctx // of the server's requests: it ends with the connection
	stop  context.CancelCauseFunc
	done  chan struct{} // closed when the read loop has ended
	asked sync.WaitGroup
	room  chan struct{} // one token for each request of the server that is being answered

	mu      sync.Mutex
	pending map[uint64]*waiter
	serving map[string]context.CancelFunc // requests of the server, by their ids
	telling int                           // cancellations that are being sent
	err     error                         // why the connection has ended
}

// A waiter is a call that waits for its answer.
type waiter struct {
	tag      any
	progress func(json.RawMessage)
	answer   chan answer // of one
}

// An answer is what a call ends with.
type answer struct {
	result json.RawMessage
	err    error
}

// A Request is one request of the server.
type Request struct {
	Method string
	Params json.RawMessage // an object without _meta; nil is none
	Meta   json.RawMessage // the members of _meta besides those of the protocol; nil is none
	Tag    any             // handed to Options.Ask with what the server asks for this call
	// Capabilities are what the server may ask for during this call, in the 2026 era; nil is what Options say.
	Capabilities json.RawMessage
	// Progress takes the params of the call's progress notifications, in their order. It must not wait. Nil wants none.
	Progress func(params json.RawMessage)
}

// Connect shakes hands with a server and returns the connection, which owns the transport from then on; the transport is
// closed when it fails.
func Connect(ctx context.Context, o Options) (*Conn, error) {
	if o.MaxPending == 0 {
		o.MaxPending = DefaultMaxPending
	}
	if o.MaxAsked == 0 {
		o.MaxAsked = DefaultMaxAsked
	}
	if o.Client == nil {
		o.Client = json.RawMessage(`{"name":"mcp-kernel","version":"1"}`)
	}
	if o.Capabilities == nil {
		o.Capabilities = json.RawMessage(`{}`)
	}
	c := &Conn{
		o: o, done: make(chan struct{}), room: make(chan struct{}, o.MaxAsked),
		pending: make(map[uint64]*waiter), serving: make(map[string]context.CancelFunc),
	}
	c.ctx, c.stop = context.WithCancelCause(context.WithoutCancel(ctx))
	go c.read()
	if err := c.greet(ctx); err != nil {
		return nil, errors.Join(err, c.Close())
	}
	return c, nil
}

// Server returns what the server said of itself.
func (c *Conn) Server() Server { return c.server }

// Done is closed when the connection has ended.
func (c *Conn) Done() <-chan struct{} { return c.done }

// Err returns why the connection has ended, nil while it has not.
func (c *Conn) Err() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.err
}

// Close ends the connection and waits until nothing of it runs any more. Calls that wait end with ErrClosed.
func (c *Conn) Close() error {
	c.end(ErrClosed)
	err := c.o.Transport.Close()
	<-c.done
	c.asked.Wait()
	return err
}

// end has all calls end with an error. Only the first time counts.
func (c *Conn) end(err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.err == nil {
		c.err = err
	}
	for id, w := range c.pending {
		delete(c.pending, id)
		w.answer <- answer{err: c.err}
	}
	c.stop(c.err)
}

// Call makes one request and returns its result. When ctx ends first, the server is told, and what it answers later is
// dropped.
func (c *Conn) Call(ctx context.Context, r Request) (json.RawMessage, error) {
	return c.call(ctx, &r, c.server.Era)
}

func (c *Conn) call(ctx context.Context, r *Request, era Era) (json.RawMessage, error) {
	id := c.ids.Add(1)
	w := &waiter{tag: r.Tag, progress: r.Progress, answer: make(chan answer, 1)}
	if err := c.expect(id, w); err != nil {
		return nil, err
	}
	if err := c.o.Transport.Send(ctx, request(id, r.Method, c.params(r, id, era)), id); err != nil {
		c.forget(id)
		return nil, fmt.Errorf("send %s: %w", r.Method, err)
	}
	select {
	case a := <-w.answer:
		return a.result, a.err
	case <-ctx.Done():
		if c.forget(id) {
			c.cancel(id, context.Cause(ctx))
		}
		return nil, context.Cause(ctx)
	}
}

// expect notes that a call waits.
func (c *Conn) expect(id uint64, w *waiter) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case c.err != nil:
		return c.err
	case len(c.pending) >= c.o.MaxPending:
		return ErrBusy
	}
	c.pending[id] = w
	return nil
}

// forget notes that nobody waits for a call any more, and reports whether somebody did.
func (c *Conn) forget(id uint64) bool {
	c.mu.Lock()
	_, waited := c.pending[id]
	delete(c.pending, id)
	c.mu.Unlock()
	c.o.Transport.Forget(id)
	return waited
}

// cancel tells the server that nobody waits any more, in the background: a server that does not read must not hold up who has
// just given up waiting for it. The handshake of a connection cannot be cancelled.
func (c *Conn) cancel(id uint64, cause error) {
	reason, err := json.Marshal(cause.Error())
	if err != nil {
		reason = []byte(`""`)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.err != nil || c.telling >= maxTelling {
		return
	}
	c.telling++
	c.asked.Go(func() { // the connection has not ended, so that Close will wait
		ctx, stop := context.WithTimeout(c.ctx, tellFor)
		defer stop()
		_ = c.Notify(ctx, "notifications/cancelled", json.RawMessage(`{"requestId":`+strconv.FormatUint(id, 10)+`,"reason":`+string(reason)+`}`)) // it has ended, or does not read
		c.mu.Lock()
		defer c.mu.Unlock()
		c.telling--
	})
}

// Notify sends a notification.
func (c *Conn) Notify(ctx context.Context, method string, params json.RawMessage) error {
	return c.o.Transport.Send(ctx, request(0, method, params), 0)
}

// params are those of a request with the _meta that it needs.
func (c *Conn) params(r *Request, id uint64, era Era) json.RawMessage {
	meta := r.Meta
	if r.Progress != nil {
		meta = with(meta, "progressToken", strconv.AppendUint(nil, id, 10))
	}
	if era == Modern {
		able := r.Capabilities
		if able == nil {
			able = c.o.Capabilities
		}
		meta = with(meta, metaClient, c.o.Client)
		meta = with(meta, metaCapabilities, able)
		meta = with(meta, metaVersion, json.RawMessage(strconv.Quote(modernVersion)))
	}
	if meta == nil {
		return r.Params
	}
	return with(r.Params, "_meta", meta)
}
