package server

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"sync"

	"github.com/mcp-kernel/mcp-kernel/server/fleet"
	"github.com/mcp-kernel/mcp-kernel/state"
)

// A board has what the clients of shared sessions are told outside of their requests, on the stream that each opens with GET
// at whichever member. Everything that is to be told is a note, also where it comes from the member that the client listens
// at: so there is one order, and an event's number in it is its id, from which a client resumes at any member.
//
// That a client listens somewhere, and how far it has listened when it leaves, is told by notes as well. So a client that
// listens anew without saying from where gets what nobody has given it yet, and of two streams of one session the newer one
// takes over, although they may be at two members.
type board struct {
	fleet *fleet.Member

	mu     sync.Mutex
	open   map[string]*ownStream // that clients listen on here, by session
	coming map[string]*ownStream // whose note has not come yet, by tag
}

// An ownStream is the stream of a session that belongs to no request.
type ownStream struct {
	session, tag string
	pump         *pump
	begin        func(id string) []byte // makes the first event, unless it is nil

	// Guarded by the board.
	from    state.Seq // the last event that the client has; resumed says that it told so itself
	resumed bool
	joined  state.Seq // its own note; 0 until it has come
}

// tell gives a message to the clients that it is for and that listen here.
func (b *board) tell(n *fleet.Note) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if n.On != "" {
		if o := b.open[n.On]; o != nil {
			o.put(n)
		}
		return
	}
	for _, o := range b.open {
		o.put(n)
	}
}

// put writes an event. One that the client does not take, because it does not keep up, it can come back for.
func (o *ownStream) put(n *fleet.Note) {
	text := n.Body
	if n.Kind == noteChanged {
		text = notification(n.Tag, []byte("{}"))
	}
	if o.pump.put(eventID(n.Seq), text, false) {
		o.from = n.Seq
	}
}

func eventID(seq state.Seq) string { return "0-" + strconv.FormatUint(uint64(seq), 10) }

// join opens a stream once its note has come.
func (b *board) join(o *ownStream) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.coming[o.tag] = o
}

// listened takes the note that a client listens somewhere.
func (b *board) listened(n *fleet.Note) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if before := b.open[n.On]; before != nil && before.tag != n.Tag {
		delete(b.open, n.On)
		before.pump.end()
	}
	o := b.coming[n.Tag]
	if n.From != b.fleet.ID() || o == nil {
		return
	}
	delete(b.coming, n.Tag)
	o.joined = n.Seq
	b.catchUp(o)
	b.open[n.On] = o
}

// catchUp gives a stream what was told before it was opened and that its client has not got.
func (b *board) catchUp(o *ownStream) {
	var missed []fleet.Note
	known := o.resumed // whether it is known from where on it has not got anything
	for n := range b.fleet.Recent(o.joined) {
		switch {
		case n.Kind == noteChanged || n.Kind == noteEvent && n.On == o.session:
			missed = append(missed, n)
		case !o.resumed && n.On == o.session:
			known = true
			o.from = b.reached(&n, o.joined)
		}
	}
	if o.begin != nil {
		o.pump.raw(o.begin(eventID(o.from)))
	}
	var last []byte
	for i := range missed {
		n := &missed[i]
		same := !o.resumed && n.Kind == noteEvent && string(n.Body) == string(last) // who comes anew needs to be told once
		if n.Seq > o.from && !same && (known || n.Kind == noteEvent) {
			last = n.Body
			o.put(n)
		}
	}
	o.from = max(o.from, o.joined)
}

// reached is how far a client had got when a note was told about where it listens. As long as it listens at a member that
// lives, that is as far as there is.
func (b *board) reached(n *fleet.Note, now state.Seq) state.Seq {
	switch {
	case n.Kind == notePart && n.At > 0:
		return n.At
	case n.Kind == noteListen && b.fleet.Lives(n.From):
		return now
	default:
		return n.Seq
	}
}

// leave closes a stream that its client has left.
func (b *board) leave(o *ownStream) {
	b.mu.Lock()
	defer b.mu.Unlock()
	delete(b.coming, o.tag)
	if b.open[o.session] != o {
		return
	}
	delete(b.open, o.session)
	b.fleet.Post(fleet.Note{Kind: notePart, On: o.session, Tag: o.tag, At: o.from, Keep: true})
}

// end ends the stream of a session that has ended.
func (b *board) end(session string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if o := b.open[session]; o != nil {
		delete(b.open, session)
		o.pump.end()
	}
}

// has reports whether a session's client listens here, or is about to.
func (b *board) has(session string) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, o := range b.coming {
		if o.session == session {
			return true
		}
	}
	return b.open[session] != nil
}

// listening are the sessions whose clients listen here.
func (b *board) listening() []string {
	b.mu.Lock()
	defer b.mu.Unlock()
	all := make([]string, 0, len(b.open))
	for id := range b.open {
		all = append(all, id)
	}
	return all
}

// listen writes the stream that a client asks for: its session's own, or the one of a request that this member or another one
// works on.
func (sh *sharing) listen(w http.ResponseWriter, r *http.Request, s *webSession) *refusal {
	h := sh.web
	id, given, ok := sole(r.Header, headerLastSeen)
	member, local := home(id)
	number, event, split := strings.Cut(local, "-")
	seq, err := strconv.ParseUint(event, 10, 64)
	switch {
	case !given:
		return sh.listenOwn(w, r, s, nil)
	case !ok || !split || err != nil || (number == "0") != (member == ""):
		return noStream()
	case number == "0":
		return sh.listenOwn(w, r, s, &seq)
	case member != sh.fleet.ID():
		return sh.relay.pull(w, r, s, member, local)
	}
	t, after, ok := s.replay.find(local)
	if !ok {
		return noStream()
	}
	h.follow(w, r, s, t, after)
	return nil
}

// listenOwn writes the session's own stream, from behind the event with the number after where one is given.
func (sh *sharing) listenOwn(w http.ResponseWriter, r *http.Request, s *webSession, after *uint64) *refusal {
	h := sh.web
	o := &ownStream{session: s.id, tag: h.server.opts.IDs(), pump: newPump(h.opts.StreamBuffer), begin: s.priming(h.opts.Retry)}
	if after != nil {
		o.from, o.resumed = state.Seq(*after), true
	}
	o.pump.raw([]byte(keepAlive)) // so that the headers leave at once
	sh.board.join(o)
	defer sh.board.leave(o)
	if err := sh.fleet.Tell(r.Context(), fleet.Note{Kind: noteListen, On: s.id, Tag: o.tag, Keep: true}); err != nil {
		h.fault(fmt.Errorf("session: %w", err))
		return unsure()
	}
	sh.inherit(s.id)
	h.startStream(w)
	h.pour(w, r, o.pump)
	return nil
}
