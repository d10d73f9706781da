package server

import (
	"bytes"
	"net/http"
	"sync"
	"time"
)

// appendEvent appends one event of a stream. An empty id leaves the id out. A message may have no line break of its own,
// because a line break ends a field; in JSON every one of them is space between tokens.
func appendEvent(dst []byte, id string, message []byte) []byte {
	if id != "" {
		dst = append(append(append(dst, "id: "...), id...), '\n')
	}
	dst = append(dst, "data: "...)
	at := len(dst)
	dst = append(dst, message...)
	if bytes.ContainsAny(dst[at:], "\r\n") {
		for i, c := range dst[at:] {
			if c == '\n' || c == '\r' {
				dst[at+i] = ' '
			}
		}
	}
	return append(dst, "\n\n"...)
}

// appendPriming appends the event without a message that tells a client from where to resume, and after how long.
func appendPriming(dst []byte, id string, retry time.Duration) []byte {
	dst = append(append(append(dst, "id: "...), id...), "\nretry: "...)
	dst = appendNumber(dst, float64(retry.Milliseconds()))
	return append(dst, "\ndata: \n\n"...)
}

// keepAlive is a comment: clients ignore it, and whatever lies between sees that the stream lives.
const keepAlive = ": keep-alive\n\n"

// A pump writes the events of one open response. Whoever has an event only queues it: one goroutine writes, and a client
// that does not read holds up nobody but itself. What waits is bounded for events that may be dropped.
type pump struct {
	bound int           // bytes that may wait before an event that may be dropped is
	wake  chan struct{} // holds one: there is something to look at

	mu      sync.Mutex
	waiting []byte
	spare   []byte
	last    bool // nothing more is to come
	broken  bool // the client is gone, or does not read
	quiet   bool // nothing was queued since the last tick
}

func newPump(bound int) *pump { return &pump{bound: bound, wake: make(chan struct{}, 1)} }

// put queues one event and reports whether it did. One that must arrive is refused only when the stream is at its end.
func (p *pump) put(id string, message []byte, must bool) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.last || p.broken || !must && len(p.waiting) > p.bound {
		return false
	}
	p.waiting = appendEvent(p.waiting, id, message)
	p.stir()
	return true
}

// raw queues text that is framed already.
func (p *pump) raw(text []byte) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.last && !p.broken {
		p.waiting = append(p.waiting, text...)
		p.stir()
	}
}

// tick keeps a quiet stream alive.
func (p *pump) tick(time.Time) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.quiet && !p.last && !p.broken && len(p.waiting) == 0 {
		p.waiting = append(p.waiting, keepAlive...)
		p.stir()
	}
	p.quiet = true
}

// gone reports whether nothing can be written any more.
func (p *pump) gone() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.broken
}

// end says that nothing more is to come. What was queued is still written.
func (p *pump) end() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.last = true
	p.stir()
}

// stir wakes the writer. It is called with mu held.
func (p *pump) stir() {
	p.quiet = false
	select {
	case p.wake <- struct{}{}:
	default: // it is awake
	}
}

// take returns what is to be written now, and whether nothing follows.
func (p *pump) take() (batch []byte, last bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.waiting) > 0 {
		batch, p.waiting, p.spare = p.waiting, p.spare[:0], nil
	}
	return batch, p.last
}

// give returns the buffer of a batch that was written.
func (p *pump) give(batch []byte) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if cap(batch) <= keepEvents {
		p.spare = batch
	}
}

// keepEvents is the largest buffer that a stream keeps between its events: there may be thousands of streams.
const keepEvents = 4 << 10

// stirred wakes the writer of a stream that was failed.
func (p *pump) stirred() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.stir()
}

// fail ends the stream of a client that is gone or does not read.
func (p *pump) fail() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.broken, p.waiting, p.spare = true, nil, nil
}

// run writes until the end, until the client does not take a batch within the patience, or until gone is closed.
func (p *pump) run(w http.ResponseWriter, patience time.Duration, gone <-chan struct{}) {
	response := http.NewResponseController(w)
	for {
		batch, last := p.take()
		if len(batch) > 0 {
			if !push(response, w, batch, patience) {
				p.fail()
				return
			}
			p.give(batch)
			continue
		}
		if last {
			_ = response.SetWriteDeadline(time.Now().Add(patience)) // for the end, which net/http writes
			return
		}
		select {
		case <-p.wake:
		case <-gone:
			p.fail()
			return
		}
	}
}

// push writes and flushes within the patience. No deadline stays behind: over HTTP/2 it would end an idle stream.
func push(response *http.ResponseController, w http.ResponseWriter, batch []byte, patience time.Duration) bool {
	if response.SetWriteDeadline(time.Now().Add(patience)) != nil {
		return false
	}
	if _, err := w.Write(batch); err != nil { //nolint:gosec // events are no page
		return false
	}
	return response.Flush() == nil && response.SetWriteDeadline(time.Time{}) == nil
}
