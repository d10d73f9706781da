package atr

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"sync"
	"time"

	"github.com/mcp-kernel/mcp-kernel/modules/atr/rpc"
	"github.com/mcp-kernel/mcp-kernel/tools"
)

// Bounds of calls that wait for clients which are away with a question.
const (
	maxAway   = 256              // of all callers
	maxAwayOf = 16               // of one
	awayFor   = 10 * time.Minute // as long as people have elsewhere to answer
)

// A held call goes on while its client is away. A server of the 2025 era asks in the middle of a call, and waits; a client of the
// 2026 era can only be asked by ending the call, and calls again with its answer. So what the server does is held between the
// two: whoever calls again with the answer to the very question, whose key nobody can guess, goes on with it.
type held struct {
	*holds

	whose  string          // the identity of its caller
	method string          // what was called
	params json.RawMessage // and how
	ctx    context.Context //nolint:containedctx // of the server's work, which outlives the call that began it
	cancel context.CancelFunc
	asks   chan *heldQuestion
	done   chan struct{} // closed when there is an answer
	result json.RawMessage
	err    error

	mu    sync.Mutex
	run   *tools.Request // the call that has it now; nil while its client is away
	open  *heldQuestion  // that the client is away with
	timer *time.Timer
}

// A heldQuestion is one question of the server.
type heldQuestion struct {
	key    string
	method string
	params json.RawMessage
	reply  chan heldReply // takes one
}

type heldReply struct {
	answer json.RawMessage
	fault  *rpc.Error
}

func (q *heldQuestion) query() tools.Forwarded {
	return tools.Forwarded{Key: q.key, Method: q.method, Params: q.params}
}

// holds are the held calls whose clients are away. The zero value has none.
type holds struct {
	mu   sync.Mutex
	away map[*held]struct{}
}

var errTooManyAway = errors.New("too many calls wait for their clients to come back with an answer")

// resume finds the held call to whose question a call brings the answer.
func (w *holds) resume(ctx context.Context, r *tools.Request, q rpc.Request) *held {
	w.mu.Lock()
	var mine []*held
	for h := range w.away {
		if h.whose == r.Caller().Identity() && h.method == q.Method && bytes.Equal(h.params, q.Params) {
			mine = append(mine, h)
		}
	}
	w.mu.Unlock()
	for _, h := range mine {
		h.mu.Lock()
		open := h.open
		h.mu.Unlock()
		if open != nil && r.Answered(ctx, open.query()) && h.back(r) {
			return h
		}
	}
	return nil
}

// back gives a held call to the call that brings the answer, and reports whether it was the first to.
func (h *held) back(r *tools.Request) bool {
	h.holds.mu.Lock()
	defer h.holds.mu.Unlock()
	if _, away := h.away[h]; !away {
		return false
	}
	delete(h.away, h)
	h.mu.Lock()
	defer h.mu.Unlock()
	h.run = r
	h.timer.Stop()
	return true
}

// leave notes that the client is away with a question, or returns why it cannot be.
func (h *held) leave(q *heldQuestion) error {
	h.holds.mu.Lock()
	defer h.holds.mu.Unlock()
	same := 0
	for other := range h.away {
		if other.whose == h.whose {
			same++
		}
	}
	if len(h.away) >= maxAway || same >= maxAwayOf {
		return errTooManyAway
	}
	if h.away == nil {
		h.away = map[*held]struct{}{}
	}
	h.away[h] = struct{}{}
	h.mu.Lock()
	defer h.mu.Unlock()
	h.run, h.open = nil, q
	h.timer = time.AfterFunc(awayFor, h.lost)
	return nil
}

// lost ends a held call whose client did not come back.
func (h *held) lost() {
	h.holds.mu.Lock()
	_, away := h.away[h]
	delete(h.away, h)
	h.holds.mu.Unlock()
	if away {
		h.cancel()
	}
}

// end ends the held calls whose clients are away.
func (w *holds) end() {
	w.mu.Lock()
	defer w.mu.Unlock()
	for h := range w.away {
		h.timer.Stop()
		h.cancel()
	}
	clear(w.away)
}

// running is the call that has the held one now, or nil.
func (h *held) running() *tools.Request {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.run
}

// hold makes a request of the server for a client that cannot be asked while its call runs, or goes on with the one that it was
// away from.
func (o *offer) hold(ctx context.Context, r *tools.Request, t *talk, q rpc.Request) (json.RawMessage, error) {
	h := o.server.m.holds.resume(ctx, r, q)
	if h == nil {
		h = o.begin(r, t, q)
	}
	return h.wait(ctx, r)
}

// begin has the server work on a call.
func (o *offer) begin(r *tools.Request, t *talk, q rpc.Request) *held {
	m := o.server.m
	h := &held{
		holds: &m.holds, whose: r.Caller().Identity(), method: q.Method, params: bytes.Clone(q.Params), run: r,
		asks: make(chan *heldQuestion), done: make(chan struct{}),
	}
	h.ctx, h.cancel = context.WithCancel(m.ctx)
	q.Tag = h
	q.Progress = func(params json.RawMessage) {
		if run := h.running(); run != nil {
			progressTo(h.ctx, run)(params)
		}
	}
	m.work.Go(func() {
		defer close(h.done)
		defer h.cancel()
		h.result, h.err = o.attempt(h.ctx, r, t, q) // kept for a client that is away, until it must be back
	})
	return h
}

// wait brings the server's questions to the client, and its answer or the news that the client must answer first.
func (h *held) wait(ctx context.Context, r *tools.Request) (json.RawMessage, error) {
	h.mu.Lock()
	q := h.open
	h.open = nil
	h.mu.Unlock()
	for {
		if q == nil {
			select {
			case <-h.done:
				return h.result, h.err
			case q = <-h.asks:
			case <-ctx.Done():
				h.cancel()
				<-h.done
				return nil, ctx.Err()
			}
		}
		replies, err := r.AskAll(ctx, q.query())
		if errors.Is(err, tools.ErrInputRequired) {
			if away := h.leave(q); away != nil {
				h.cancel()
				<-h.done
				return nil, tools.Fail("overloaded", away.Error(), nil)
			}
			return nil, err
		}
		q.reply <- replyTo(replies, err)
		q = nil
	}
}

// ask puts a question of the server to whoever has the call, and waits for the answer.
func (h *held) ask(ctx context.Context, method string, params json.RawMessage) (json.RawMessage, *rpc.Error) {
	q := &heldQuestion{key: "held-" + rand.Text(), method: method, params: params, reply: make(chan heldReply, 1)}
	ended := &rpc.Error{Code: rpc.CodeInternal, Message: "the client did not answer"}
	select {
	case h.asks <- q:
	case <-ctx.Done():
		return nil, ended
	case <-h.ctx.Done():
		return nil, ended
	}
	select {
	case reply := <-q.reply:
		return reply.answer, reply.fault
	case <-ctx.Done():
		return nil, ended
	case <-h.ctx.Done():
		return nil, ended
	}
}

// replyTo is what a server is told that has asked.
func replyTo(replies []tools.Reply, err error) heldReply {
	var refused *tools.Error
	switch {
	case err == nil:
		return heldReply{answer: replies[0].Forwarded}
	case errors.As(err, &refused) && refused.Code == tools.CodeUnsupported:
		return heldReply{fault: &rpc.Error{Code: rpc.CodeNoMethod, Message: refused.Reason}}
	case errors.As(err, &refused):
		return heldReply{fault: &rpc.Error{Code: rpc.CodeInternal, Message: refused.Reason}}
	default:
		return heldReply{fault: &rpc.Error{Code: rpc.CodeInternal, Message: "the client did not answer"}}
	}
}
