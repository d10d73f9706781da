package server

import (
	"net/http"
	"strconv"
	"sync"
	"time"
)

// An exchange is the answer to one POST. It is a JSON text when there is nothing to say but the answer itself, and becomes
// a stream of events with the first message before it. It is the outlet of its request.
type exchange struct {
	web     *HTTP
	w       http.ResponseWriter
	session *webSession // whose client can resume the stream; nil when nobody can
	modern  bool        // of the 2026 era

	mu      sync.Mutex
	pump    *pump  // nil until it has become a stream
	trail   *trail // of the stream, when the client can resume it
	since   time.Time
	waited  bool // a tick has passed
	ended   bool
	writing sync.WaitGroup
	parted  chan struct{} // closed when the client is to come back for the rest; nil when it never is
}

var _ outlet = (*exchange)(nil)

func (x *exchange) send(message []byte) error {
	x.mu.Lock()
	defer x.mu.Unlock()
	switch {
	case x.ended:
		return errClosed
	case x.open().trail != nil:
		return x.trail.send(message)
	case x.pump.put("", message, true):
		return nil
	default:
		return errClosed
	}
}

func (x *exchange) offer(message []byte) bool {
	x.mu.Lock()
	defer x.mu.Unlock()
	switch {
	case x.ended:
		return false
	case x.open().trail != nil:
		return x.trail.offer(message)
	default:
		return x.pump.put("", message, false)
	}
}

// open makes the answer a stream, if it is none yet. It is called with mu held.
func (x *exchange) open() *exchange {
	if x.pump != nil {
		return x
	}
	x.pump = newPump(x.web.opts.StreamBuffer)
	x.since = x.web.opts.Now()
	if x.session != nil {
		x.trail = x.session.replay.request()
		x.trail.attach(x.pump, 0, x.session.priming(x.web.opts.Retry))
	}
	x.web.startStream(x.w)
	x.writing.Go(func() { x.pump.run(x.w, x.web.opts.WriteTimeout, nil) })
	return x
}

// tick makes a stream of an answer that is long in coming, so that whatever lies between sees that it lives, and sends a
// client that can resume away for a while.
func (x *exchange) tick(now time.Time) {
	x.mu.Lock()
	defer x.mu.Unlock()
	if x.ended {
		return
	}
	switch {
	case x.pump != nil:
		x.pump.tick(now)
	case x.waited:
		x.open().pump.raw([]byte(keepAlive)) // so that the headers leave
	}
	x.waited = true
	if x.parted != nil && x.pump != nil && now.Sub(x.since) >= x.web.opts.Poll {
		x.trail.leave(x.pump)
		close(x.parted)
		x.parted = nil
	}
}

// finish answers. code is that of an error in line, or 0; line is nil when the client expects no answer.
func (x *exchange) finish(line []byte, code int) {
	if !x.end() {
		x.reply(line, code)
		return
	}
	if x.trail != nil {
		x.trail.finish(line)
	} else {
		if line != nil {
			x.pump.put("", line, true)
		}
		x.pump.end()
	}
	x.writing.Wait()
}

// end closes the outlet, and reports whether the answer has become a stream.
func (x *exchange) end() bool {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.ended = true
	return x.pump != nil
}

// reply writes an answer that is no stream: headers and body in one piece.
func (x *exchange) reply(line []byte, code int) {
	if line == nil {
		x.web.accept(x.w)
		return
	}
	x.web.write(x.w, statusOf(code, x.modern), line)
}

// write writes a JSON text as the whole response. The client has a while to take it, and before that, where it was
// refused, to send the body that net/http reads to its end.
func (h *HTTP) write(w http.ResponseWriter, status int, text []byte) {
	patience := h.opts.WriteTimeout
	if status >= http.StatusBadRequest {
		patience += h.opts.BodyTimeout
	}
	_ = http.NewResponseController(w).SetWriteDeadline(time.Now().Add(patience)) // one without is bounded by the others
	header := w.Header()
	header["Content-Type"] = h.fixed.json
	header["Cache-Control"] = h.fixed.noStore
	header["Content-Length"] = []string{strconv.Itoa(len(text))}
	w.WriteHeader(status)
	_, _ = w.Write(text) //nolint:gosec // JSON is no page; a client that is gone gets no answer
}

// accept answers what has no answer.
func (h *HTTP) accept(w http.ResponseWriter) {
	header := w.Header()
	header["Cache-Control"] = h.fixed.noStore
	header["Content-Length"] = h.fixed.zero
	w.WriteHeader(http.StatusAccepted)
}

// startStream writes the headers of a stream of events.
func (h *HTTP) startStream(w http.ResponseWriter) {
	header := w.Header()
	header["Content-Type"] = h.fixed.events
	header["Cache-Control"] = h.fixed.noStore
	header["X-Accel-Buffering"] = h.fixed.no
	w.WriteHeader(http.StatusOK)
}

// fixedHeaders are values of headers that never change, so that setting one allocates nothing. Nobody changes them.
type fixedHeaders struct{ json, events, noStore, no, zero []string }

func newFixedHeaders() fixedHeaders {
	return fixedHeaders{
		json: []string{"application/json"}, events: []string{"text/event-stream"}, noStore: []string{"no-store"},
		no: []string{"no"}, zero: []string{"0"},
	}
}

// statusOf is the status of an answer that is an error with the code. The 2025 era has none of its own.
func statusOf(code int, modern bool) int {
	if !modern {
		return http.StatusOK
	}
	switch code {
	case codeNoMethod:
		return http.StatusNotFound
	case codeHeader, codeCapability, codeVersion, codeInvalid, codeParams, codeParse:
		return http.StatusBadRequest
	default:
		return http.StatusOK
	}
}
