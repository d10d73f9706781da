package server

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"

	"github.com/mark3labs/mcp-go/mcp"

	"github.com/mcp-kernel/mcp-kernel/governance"
)

// post takes one message. Which era it belongs to, it says itself: in _meta, or at least in the header.
func (h *HTTP) post(w http.ResponseWriter, r *http.Request, p *party, caller *governance.Caller) {
	text, no := h.message(w, r)
	if no != nil {
		h.turnAway(w, nil, no)
		return
	}
	env, fault := openEnvelope(text)
	if fault != nil {
		h.turnAway(w, fault.id, refused(http.StatusBadRequest, fault.code, "%s", fault.message))
		return
	}
	if scopes := h.missing(caller, env); scopes != nil {
		h.stepUp(w, env.rawID(), scopes)
		return
	}
	meta := readMeta(env.rawMeta())
	meta.roles = caller.Roles
	if meta.modern || env.method != "initialize" && isModern(r.Header) {
		meta.modern = true
		h.stateless(w, r, p, env, &meta)
		return
	}
	h.stateful(w, r, p, env, &meta)
}

func isModern(header http.Header) bool { return mcp.IsModernProtocol(header.Get(headerVersion)) }

// turnAway answers a message that is not worked on. A nil id answers with null.
func (h *HTTP) turnAway(w http.ResponseWriter, id []byte, no *refusal) {
	fault := no.rpcError
	if no.status == http.StatusTooManyRequests || no.status == http.StatusServiceUnavailable {
		w.Header().Set("Retry-After", "1")
		fault.data = json.RawMessage(`{"code":"overloaded","retryAfter":1}`) // seconds, as in the header
	}
	h.write(w, no.status, appendError(make([]byte, 0, 256), id, &fault))
}

// stateless takes a message of the 2026 era. Nothing is remembered of it but what it costs.
func (h *HTTP) stateless(w http.ResponseWriter, r *http.Request, p *party, env *envelope, meta *requestMeta) {
	switch {
	case env.answer:
		h.turnAway(w, nil, refused(http.StatusBadRequest, codeInvalid, "nothing was asked: in this protocol version answers come with the next request"))
		return
	case env.id.to == 0: // a cancellation, too: in this era it is hanging up that cancels
		h.accept(w)
		return
	}
	if fault := h.agree(r.Header, env, meta); fault != nil {
		h.turnAway(w, env.rawID(), &refusal{status: http.StatusBadRequest, rpcError: *fault})
		return
	}
	x := &exchange{web: h, w: w, modern: true}
	q := requestOf(x, p.conn, env, meta)
	q.cancel = func() {} // there is nobody but the connection to ask for it
	ctx := within(r.Context(), r.Header)
	if manner(env.method) == asStream {
		listening, cancel := context.WithCancel(ctx)
		defer context.AfterFunc(h.listening, cancel)()
		defer cancel()
		ctx = listening
	}
	release, no := h.room(q)
	if no != nil {
		h.turnAway(w, env.rawID(), no)
		return
	}
	defer release()
	leave, no := h.turn(ctx, q)
	if no != nil {
		h.turnAway(w, env.rawID(), no)
		return
	}
	defer leave()
	h.work(ctx, x, q)
}

func requestOf(x *exchange, c *conn, env *envelope, meta *requestMeta) *request {
	return &request{
		env: env, meta: *meta, conn: c, out: x,
		peer: &requestPeer{out: x, token: meta.progressToken, level: c.levelFor(*meta)},
	}
}

// room takes what a request needs to be worked on. What a stream takes of its connection, listen gives back.
func (h *HTTP) room(q *request) (release func(), no *refusal) {
	switch manner(q.env.method) {
	case inSlot:
		select {
		case q.conn.slots <- struct{}{}:
			return q.conn.freeSlot, nil
		default:
			return nil, refused(http.StatusTooManyRequests, codeUnavailable, "%s", errTooBusy)
		}
	case asStream:
		if !h.takeStream() {
			return nil, refused(http.StatusServiceUnavailable, codeUnavailable, "%s", errStreams)
		}
		if !q.conn.reserve(1) {
			h.freeStream()
			return nil, &refusal{status: http.StatusTooManyRequests, rpcError: *q.conn.tooMany()}
		}
		return h.freeStream, nil
	default:
		return func() {}, nil
	}
}

func (c *conn) freeSlot() { <-c.slots }

// turn waits until a call may be worked on. What is over in a moment, and what only listens, need not wait.
func (h *HTTP) turn(ctx context.Context, q *request) (leave func(), no *refusal) {
	if manner(q.env.method) != inSlot {
		return func() {}, nil
	}
	leave, err := h.admission.enter(ctx, q.conn.caller.Principal, h.opts.QueueWait)
	if err == nil {
		return leave, nil
	}
	if ctx.Err() != nil {
		err = errEnding // or the client has hung up, and reads nothing of this
	}
	return nil, refused(statusOfBusy(err), codeUnavailable, "%s", err)
}

// statusOfBusy is the status for who is not served now: too many requests of theirs, or too many of all.
func statusOfBusy(err error) int {
	if errors.Is(err, errTooBusy) || errors.Is(err, errGreedy) {
		return http.StatusTooManyRequests
	}
	return http.StatusServiceUnavailable
}

// work answers one request.
func (h *HTTP) work(ctx context.Context, x *exchange, q *request) {
	h.keeper.add(x)
	defer h.keeper.remove(x)
	line := h.server.answer(ctx, q)
	q.peer.end()
	if !x.modern {
		q.conn.leave(q) // before the answer: whoever has it may use the id again
	}
	if q.cancelled.Load() {
		line = nil
	}
	x.finish(line, q.code)
}

// stateful takes a message of the 2025 era, which belongs to a session or begins one.
func (h *HTTP) stateful(w http.ResponseWriter, r *http.Request, p *party, env *envelope, meta *requestMeta) {
	if env.method == "initialize" && env.id.to > 0 {
		h.initialize(w, r, p, env, meta)
		return
	}
	s, no := h.session(r, p)
	if no != nil {
		h.turnAway(w, env.rawID(), no)
		return
	}
	if !env.answer && env.id.to > 0 {
		h.inSession(w, r.Header, s, env, meta)
		return
	}
	defer h.registry.leave(s)
	if err := s.inform(r.Context(), env); err != nil {
		h.fault(fmt.Errorf("session: %w", err))
		h.turnAway(w, nil, unsure())
		return
	}
	h.accept(w)
}

// inform takes what is no request: here, or at the member of a fleet that it concerns.
func (s *webSession) inform(ctx context.Context, env *envelope) error {
	switch {
	case env.answer:
		if !s.conn.session.asks.answered(env) {
			return s.shared.passOn(ctx, env)
		}
	case !s.conn.notified(env):
		return s.shared.cancelElsewhere(ctx, env)
	}
	return nil
}

// initialize begins a session.
func (h *HTTP) initialize(w http.ResponseWriter, r *http.Request, p *party, env *envelope, meta *requestMeta) {
	var params struct {
		ProtocolVersion string `json:"protocolVersion"`
	}
	_ = json.Unmarshal(env.rawParams(), &params) // whether they are good is for the handshake to say
	s, err := h.registry.create(p, mcp.NegotiateLegacyVersion(params.ProtocolVersion))
	if err != nil {
		h.overloaded(w, err)
		return
	}
	defer h.registry.leave(s)
	x := &exchange{web: h, w: w}
	q := requestOf(x, s.conn, env, meta)
	q.cancel = func() {}
	line := h.server.answer(r.Context(), q)
	if q.code == 0 {
		if err := h.sharing.begin(r.Context(), s); err != nil {
			h.fault(fmt.Errorf("session: %w", err))
			h.registry.remove(s)
			h.turnAway(w, env.rawID(), unsure())
			return
		}
		w.Header()[headerSession] = []string{s.id}
	} else {
		h.registry.remove(s)
	}
	x.finish(line, q.code)
}

// session finds the session that a request names. The caller leaves it.
func (h *HTTP) session(r *http.Request, p *party) (*webSession, *refusal) {
	if no := legacyVersion(r.Header); no != nil {
		return nil, no
	}
	id, given, ok := sole(r.Header, headerSession)
	if !given || !ok {
		return nil, refused(http.StatusBadRequest, codeInvalid, "one Mcp-Session-Id is needed: initialize first")
	}
	err := h.sharing.know(r.Context(), p, id)
	if errors.Is(err, errUnsure) {
		return nil, unsure()
	}
	if err == nil {
		var s *webSession
		if s, err = h.registry.use(p, id); err == nil {
			return s, nil
		}
	}
	return nil, refused(http.StatusNotFound, codeSession, "%s", err)
}

// inSession works on a request of a session, and leaves the session. A client that hangs up does not cancel it: in this
// era it says so, or comes back.
func (h *HTTP) inSession(w http.ResponseWriter, header http.Header, s *webSession, env *envelope, meta *requestMeta) {
	x := &exchange{web: h, w: w, session: s}
	q := requestOf(x, s.conn, env, meta)
	var ctx context.Context
	ctx, q.cancel = s.context()
	ctx = within(ctx, header)
	release, no := h.room(q)
	if no == nil && !s.conn.enter(q) {
		release()
		no = refused(http.StatusBadRequest, codeInvalid, "invalid request: id is already in use")
	}
	if no != nil {
		q.cancel()
		h.registry.leave(s)
		h.turnAway(w, env.rawID(), no)
		return
	}
	leave, no := h.turn(ctx, q)
	if no != nil {
		s.conn.leave(q)
		release()
		h.registry.leave(s)
		if q.cancelled.Load() {
			h.accept(w) // the client wants no answer
			return
		}
		h.turnAway(w, env.rawID(), no)
		return
	}
	done := func() {
		leave()
		release()
		h.registry.leave(s)
	}
	if h.opts.Poll > 0 && s.version >= mcp.ProtocolVersion20251125 && manner(env.method) == inSlot {
		h.apart(ctx, x, q, done)
		return
	}
	defer done()
	h.work(ctx, x, q)
}

// apart works on a request in a goroutine of its own, so that its response can end before it does.
func (h *HTTP) apart(ctx context.Context, x *exchange, q *request, done func()) {
	parted, finished := make(chan struct{}), make(chan struct{})
	x.parted = parted
	h.parted.Go(func() {
		defer close(finished)
		defer done()
		h.work(ctx, x, q)
	})
	select {
	case <-finished:
	case <-parted:
		x.writing.Wait()
	}
}
