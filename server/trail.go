package server

import (
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
)

// A replay keeps what was sent on the streams of one session of the 2025 era, so that a client whose connection broke
// can resume each of them. Its streams and their events are bounded, by its own bound and by one that all sessions share;
// the oldest go first.
type replay struct {
	bound  int
	all    *budget
	origin string // the process, where clients may resume at another one

	mu     sync.Mutex
	next   uint64   // number of the next stream of a request
	trails []*trail // of requests, the oldest first
	alone  *trail   // of the session itself; nil until something is sent on it
	kept   int      // bytes
	closed bool
}

// A budget is what all sessions together may keep.
type budget struct {
	most int64
	used atomic.Int64
}

// A trail is one stream of a session and what was sent on it. It is an outlet.
type trail struct {
	in     *replay
	number uint64 // 0 is the session's own stream

	// All of it is guarded by in.mu.
	events []event
	seq    uint64 // of the newest event
	sent   uint64 // of the newest event that a response has taken
	to     *pump  // the response that the client reads; nil while there is none
	ended  bool
}

// An event is one message and its place in its stream, from 1.
type event struct {
	seq  uint64
	must bool
	text []byte
}

var _ outlet = (*trail)(nil)

// maxTrails is how many streams of requests a session remembers.
const maxTrails = 64

// request returns a trail for the stream of one request.
func (r *replay) request() *trail {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.next++
	t := &trail{in: r, number: r.next}
	r.trails = append(r.trails, t)
	r.forget(len(r.trails) - maxTrails)
	return t
}

// session returns the trail of the session's own stream.
func (r *replay) session() *trail {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.alone == nil {
		r.alone = &trail{in: r}
	}
	return r.alone
}

// find returns the trail that an event's id names, and the number of the event.
func (r *replay) find(id string) (*trail, uint64, bool) {
	stream, event, _ := strings.Cut(id, "-")
	number, err := strconv.ParseUint(stream, 10, 64)
	seq, err2 := strconv.ParseUint(event, 10, 64)
	if err != nil || err2 != nil {
		return nil, 0, false
	}
	if number == 0 {
		return r.session(), seq, true
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, t := range r.trails {
		if t.number == number {
			return t, seq, true
		}
	}
	return nil, 0, false
}

// close forgets everything and ends every response.
func (r *replay) close() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.closed = true
	trails := r.trails
	if r.alone != nil {
		trails = append(trails, r.alone)
	}
	for _, t := range trails {
		t.detach()
		t.drop(len(t.events))
	}
	r.trails, r.alone = nil, nil
}

// send adds a message that must arrive: now, or when the client resumes.
func (t *trail) send(message []byte) error {
	if !t.add(message, true) {
		return errClosed
	}
	return nil
}

// offer adds a message that nobody will miss.
func (t *trail) offer(message []byte) bool { return t.add(message, false) }

// finish adds the answer, after which nothing follows.
func (t *trail) finish(answer []byte) {
	if answer != nil {
		t.add(answer, true)
	}
	t.in.mu.Lock()
	defer t.in.mu.Unlock()
	t.ended = true
	t.detach()
}

func (t *trail) add(message []byte, must bool) bool {
	t.in.mu.Lock()
	defer t.in.mu.Unlock()
	if t.in.closed || t.ended || t.repeats(message, must) {
		return false
	}
	if t.to != nil && t.to.gone() {
		t.detach()
	}
	t.seq++
	taken := t.to != nil && t.to.put(t.id(t.seq), message, must)
	switch {
	case taken:
		t.sent = t.seq
	case t.to != nil && !must:
		t.seq-- // dropped, because the client does not keep up
		return false
	}
	return t.keep(message, must, taken) || taken
}

// repeats reports whether the newest event says the same and was not taken yet: a client that comes for it needs to be
// told once.
func (t *trail) repeats(message []byte, must bool) bool {
	n := len(t.events)
	return !must && n > 0 && t.sent < t.seq && string(t.events[n-1].text) == string(message)
}

// keep remembers the newest event, and reports whether there was room. An answer that no response took is kept whatever
// its size, as far as all sessions together have room.
func (t *trail) keep(message []byte, must, taken bool) bool {
	r := t.in
	n := len(message)
	r.room(t, n)
	if r.kept+n > r.bound && (taken || !must || t.number == 0) {
		return false
	}
	if r.all.used.Add(int64(n)) > r.all.most {
		r.all.used.Add(-int64(n))
		return false
	}
	t.events = append(t.events, event{seq: t.seq, must: must, text: append([]byte(nil), message...)})
	r.kept += n
	return true
}

// room makes room for n bytes: whole streams that have ended go first, the oldest of them before the others, and then the
// oldest events of the stream that wants it. What must arrive stays until its stream goes.
func (r *replay) room(t *trail, n int) {
	for i := 0; i < len(r.trails) && r.tight(n); {
		if old := r.trails[i]; old.ended && old != t {
			r.forgetAt(i)
			continue
		}
		i++
	}
	for r.tight(n) && len(t.events) > 0 && !t.events[0].must {
		t.drop(1)
	}
}

func (r *replay) tight(n int) bool {
	return r.kept+n > r.bound || r.all.used.Load()+int64(n) > r.all.most
}

// forget drops up to n streams that have ended, the oldest first.
func (r *replay) forget(n int) {
	for i := 0; i < len(r.trails) && n > 0; {
		if r.trails[i].ended {
			r.forgetAt(i)
			n--
			continue
		}
		i++
	}
}

func (r *replay) forgetAt(i int) {
	r.trails[i].drop(len(r.trails[i].events))
	r.trails = append(r.trails[:i], r.trails[i+1:]...)
}

// drop forgets the n oldest events.
func (t *trail) drop(n int) {
	for _, e := range t.events[:n] {
		t.in.kept -= len(e.text)
		t.in.all.used.Add(-int64(len(e.text)))
	}
	if t.events = t.events[n:]; len(t.events) == 0 {
		t.events = nil
	}
}

// id is the id of an event: ids differ over all streams of a session.
func (t *trail) id(seq uint64) string {
	id := strconv.FormatUint(t.number, 10) + "-" + strconv.FormatUint(seq, 10)
	if t.in.origin != "" {
		id += "@" + t.in.origin
	}
	return id
}

// attach makes p the response that carries the stream, instead of the one before, from behind the event with the number
// after. begin, unless it is nil, is told the id to resume from and returns what is written first.
func (t *trail) attach(p *pump, after uint64, begin func(id string) []byte) {
	t.in.mu.Lock()
	defer t.in.mu.Unlock()
	t.detach()
	if t.in.closed {
		p.end()
		return
	}
	if begin != nil {
		p.raw(begin(t.id(after)))
	}
	for _, e := range t.events {
		if e.seq > after && p.put(t.id(e.seq), e.text, true) {
			t.sent = max(t.sent, e.seq)
		}
	}
	if t.ended {
		p.end()
		return
	}
	t.to = p
}

// unsent is the number of the newest event that some response took.
func (t *trail) unsent() uint64 {
	t.in.mu.Lock()
	defer t.in.mu.Unlock()
	return t.sent
}

// leave ends the response, if it still is the one that carries the stream.
func (t *trail) leave(p *pump) {
	t.in.mu.Lock()
	defer t.in.mu.Unlock()
	if t.to == p {
		t.detach()
	}
}

// detach ends the response that carries the stream. It is called with in.mu held.
func (t *trail) detach() {
	if t.to != nil {
		t.to.end()
		t.to = nil
	}
}
