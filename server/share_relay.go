package server

import (
	"context"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/mcp-kernel/mcp-kernel/server/fleet"
)

// A relay brings the stream of a request to a client that comes back for it at another member than the one that works on it.
// What was sent on such a stream is kept by the member that works on the request, and nowhere else: that one gives it piece
// by piece, as notes, as long as the client listens.
type relay struct {
	in *sharing

	mu     sync.Mutex
	pulled map[string]*pulled // streams of other members that clients listen on here, by tag
	given  map[string]*pump   // streams of this member's that clients listen on elsewhere, by tag
}

// A pulled stream is one of another member's.
type pulled struct {
	pump  *pump
	first chan bool // gets whether there is such a stream; holds one
}

const (
	relayPiece = 1 << 20         // bytes of one note
	relayWait  = 5 * time.Second // for the other member to begin
)

// home splits an event's id into the member whose stream it is of and the id that this member knows it by.
func home(id string) (member, local string) {
	local, member, _ = strings.Cut(id, "@")
	return member, local
}

// pull has another member give a stream of a session from behind an event, and writes it until its end.
func (r *relay) pull(w http.ResponseWriter, q *http.Request, s *webSession, member, after string) *refusal {
	h := r.in.web
	tag := h.server.opts.IDs()
	p := &pulled{pump: newPump(h.opts.StreamBuffer), first: make(chan bool, 1)}
	r.mu.Lock()
	r.pulled[tag] = p
	r.mu.Unlock()
	defer func() {
		r.mu.Lock()
		defer r.mu.Unlock()
		delete(r.pulled, tag)
		r.in.fleet.Post(fleet.Note{Kind: noteLeave, To: member, On: s.id, Tag: tag})
	}()
	if no := r.begin(q.Context(), p, fleet.Note{Kind: notePull, To: member, On: s.id, Tag: tag, Body: []byte(after)}); no != nil {
		return no
	}
	h.startStream(w)
	h.pour(w, q, p.pump)
	return nil
}

// begin asks for a stream and waits until it is known whether there is one.
func (r *relay) begin(ctx context.Context, p *pulled, n fleet.Note) *refusal {
	if !r.in.fleet.Lives(n.To) {
		return noStream()
	}
	ctx, cancel := context.WithTimeout(ctx, relayWait)
	defer cancel()
	if r.in.fleet.Tell(ctx, n) != nil {
		return unsure()
	}
	select {
	case there := <-p.first:
		if !there {
			return noStream()
		}
		return nil
	case <-ctx.Done():
		return unsure()
	}
}

func noStream() *refusal {
	return refused(http.StatusBadRequest, codeInvalid, "Last-Event-ID names no stream that is kept")
}

func unsure() *refusal {
	return refused(http.StatusServiceUnavailable, codeUnavailable, "%s", errUnsure)
}

// told takes a note about a stream.
func (r *relay) told(n *fleet.Note) {
	r.mu.Lock()
	defer r.mu.Unlock()
	p := r.pulled[n.Tag]
	switch {
	case n.Kind == notePull:
		r.in.running.Go(func() { r.give(n.From, n.On, n.Tag, string(n.Body)) })
	case n.Kind == noteLeave:
		if own := r.given[n.Tag]; own != nil {
			own.fail()
			own.stirred()
		}
	case p == nil: // the client has left
	case n.Kind == noteGive:
		p.begun(true)
		p.pump.raw(n.Body)
	case n.Kind == noteGiven:
		p.begun(false)
		p.pump.end()
	}
}

// begun says once whether there is such a stream.
func (p *pulled) begun(there bool) {
	select {
	case p.first <- there:
	default:
	}
}

// give gives a stream of a session to another member until it ends or nobody wants it any more.
func (r *relay) give(member, session, tag, after string) {
	ctx, h := r.in.web.ctx, r.in.web
	end := fleet.Note{Kind: noteGiven, To: member, On: session, Tag: tag}
	defer func() { r.in.fleet.Post(end) }()
	s := h.registry.find(session)
	if s == nil || !h.takeStream() {
		return
	}
	defer h.freeStream()
	t, seq, ok := s.replay.find(after)
	if !ok {
		return
	}
	p := newPump(h.opts.StreamBuffer)
	r.mu.Lock()
	r.given[tag] = p
	r.mu.Unlock()
	defer func() {
		r.mu.Lock()
		defer r.mu.Unlock()
		delete(r.given, tag)
	}()
	p.raw([]byte(keepAlive)) // so that it is known at once that there is such a stream
	t.attach(p, seq, s.priming(h.opts.Retry))
	defer t.leave(p)
	r.drain(ctx, p, fleet.Note{Kind: noteGive, To: member, On: session, Tag: tag})
}

// drain tells what comes on a stream until its end.
func (r *relay) drain(ctx context.Context, p *pump, n fleet.Note) {
	for {
		batch, last := p.take()
		switch {
		case len(batch) > 0:
			if !r.tell(ctx, batch, n) {
				p.fail()
				return
			}
			p.give(batch)
			continue
		case last || p.gone():
			return
		}
		select {
		case <-p.wake:
		case <-ctx.Done():
			p.fail()
			return
		}
	}
}

// tell gives one piece after the other to a member that lives.
func (r *relay) tell(ctx context.Context, batch []byte, n fleet.Note) bool {
	for len(batch) > 0 {
		size := min(len(batch), relayPiece)
		if n.Body = batch[:size]; !r.in.fleet.Lives(n.To) || r.in.fleet.Tell(ctx, n) != nil {
			return false
		}
		batch = batch[size:]
	}
	return true
}
