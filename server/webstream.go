package server

import (
	"context"
	"errors"
	"fmt"
	"net/http"
)

var errStreams = errors.New("too many streams are open: try again later")

// takeStream takes one of the streams that may be open for listening.
func (h *HTTP) takeStream() bool {
	if h.streams.Add(1) <= int64(h.opts.MaxStreams) {
		return true
	}
	h.streams.Add(-1)
	return false
}

func (h *HTTP) freeStream() { h.streams.Add(-1) }

// get opens the stream of a session, or resumes one of its streams behind the event that the client saw last.
func (h *HTTP) get(w http.ResponseWriter, r *http.Request, p *party) {
	if h.sessionless(w, r) {
		return
	}
	if !accepts(r.Header["Accept"], "text/event-stream") {
		h.refuse(w, http.StatusNotAcceptable, codeInvalid, "Accept must allow text/event-stream")
		return
	}
	s, no := h.session(r, p)
	if no != nil {
		h.turnAway(w, nil, no)
		return
	}
	defer h.registry.leave(s)
	if !h.takeStream() {
		h.turnAway(w, nil, refused(http.StatusServiceUnavailable, codeUnavailable, "%s", errStreams))
		return
	}
	defer h.freeStream()
	if no := h.listenTo(w, r, s); no != nil {
		h.turnAway(w, nil, no)
	}
}

// listenTo finds the stream that is asked for and writes it.
func (h *HTTP) listenTo(w http.ResponseWriter, r *http.Request, s *webSession) *refusal {
	if s.shared != nil {
		return h.sharing.listen(w, r, s)
	}
	t, after, no := s.resume(r.Header)
	if no == nil {
		h.follow(w, r, s, t, after)
	}
	return no
}

// sessionless answers GET and DELETE of whoever has no session: the 2026 era knows POST alone.
func (h *HTTP) sessionless(w http.ResponseWriter, r *http.Request) bool {
	if !isModern(r.Header) && (len(r.Header[headerSession]) > 0 || len(r.Header[headerVersion]) > 0) {
		return false
	}
	h.notAllowed(w, http.MethodPost, "without a session there is only POST")
	return true
}

// resume finds the stream that a GET asks for, and from where: from behind Last-Event-ID, or the session's own from what
// nobody has taken yet.
func (s *webSession) resume(header http.Header) (t *trail, after uint64, no *refusal) {
	id, given, ok := sole(header, headerLastSeen)
	if !given {
		t = s.replay.session()
		return t, t.unsent(), nil
	}
	if ok {
		t, after, ok = s.replay.find(id)
	}
	if !ok {
		return nil, 0, refused(http.StatusBadRequest, codeInvalid, "Last-Event-ID names no stream that is kept")
	}
	return t, after, nil
}

// follow writes a stream until the client hangs up, another response takes the stream over, or everything ends.
func (h *HTTP) follow(w http.ResponseWriter, r *http.Request, s *webSession, t *trail, after uint64) {
	p := newPump(h.opts.StreamBuffer)
	h.startStream(w)
	p.raw([]byte(keepAlive)) // so that the headers leave at once
	t.attach(p, after, s.priming(h.opts.Retry))
	defer t.leave(p)
	h.pour(w, r, p)
}

// pour writes what comes on a stream, with signs of life.
func (h *HTTP) pour(w http.ResponseWriter, r *http.Request, p *pump) {
	h.keeper.add(p)
	defer h.keeper.remove(p)
	defer context.AfterFunc(h.listening, p.end)()
	p.run(w, h.opts.WriteTimeout, r.Context().Done())
}

// delete ends a session.
func (h *HTTP) delete(w http.ResponseWriter, r *http.Request, p *party) {
	if h.sessionless(w, r) {
		return
	}
	s, no := h.session(r, p)
	if no != nil {
		h.turnAway(w, nil, no)
		return
	}
	defer h.registry.leave(s)
	if err := h.sharing.end(r.Context(), s.id); err != nil {
		h.fault(fmt.Errorf("session: %w", err))
		h.turnAway(w, nil, unsure())
		return
	}
	h.registry.remove(s)
	w.Header()["Cache-Control"] = h.fixed.noStore
	w.WriteHeader(http.StatusNoContent)
}
