package server

import (
	"bytes"
	"errors"
	"io"
	"sync"
)

// errClosed is what sending on a closed outbox comes to.
var errClosed = errors.New("connection is closed")

// An outbox writes lines in the order in which they were sent, from whichever goroutine is sending, and several at once
// when they queue up behind a slow write. What waits is bounded: a line that may be dropped is dropped when half the
// bound is used, any other waits for room.
type outbox struct {
	w     io.Writer
	bound int // bytes that may wait

	mu      sync.Mutex
	changed sync.Cond // room was made, or the outbox failed
	waiting []byte
	spare   []byte // the other of two buffers, which the writer is not holding
	writing bool
	dropped int
	err     error
}

func newOutbox(w io.Writer, bound int) *outbox {
	o := &outbox{w: w, bound: bound}
	o.changed.L = &o.mu
	return o
}

// send queues one line (without its newline) and returns once it is queued, not once it is written.
func (o *outbox) send(line []byte) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	for o.err == nil && len(o.waiting) > o.bound {
		o.changed.Wait()
	}
	return o.put(line)
}

// offer queues a line that nobody will miss, and reports whether it was queued.
func (o *outbox) offer(line []byte) bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.err != nil || len(o.waiting) > o.bound/2 {
		o.dropped++
		return false
	}
	return o.put(line) == nil
}

// put appends the line and, when nobody is writing, writes until nothing waits. It is called with mu held.
func (o *outbox) put(line []byte) error {
	if o.err != nil {
		return o.err
	}
	o.waiting = append(unbroken(append(o.waiting, line...), len(o.waiting)), '\n')
	if o.writing {
		return nil
	}
	o.writing = true
	for len(o.waiting) > 0 && o.err == nil {
		o.writeOnce()
	}
	o.writing = false
	o.changed.Broadcast()
	return nil
}

// unbroken puts spaces in the place of line ends from an offset on, for a message is one line. JSON has them only between
// its tokens, as in a schema or an answer that somebody else has written.
func unbroken(text []byte, from int) []byte {
	for _, end := range []byte{'\n', '\r'} {
		for at := from; ; at++ {
			next := bytes.IndexByte(text[at:], end)
			if next < 0 {
				break
			}
			at += next
			text[at] = ' '
		}
	}
	return text
}

// keepBuffer is the largest buffer that is kept for reuse after a burst.
const keepBuffer = 256 << 10

func (o *outbox) writeOnce() {
	batch := o.waiting
	o.waiting = o.spare[:0]
	o.mu.Unlock()
	_, err := o.w.Write(batch)
	o.mu.Lock()
	if cap(batch) > keepBuffer {
		batch = nil
	}
	o.spare = batch
	if err != nil && o.err == nil {
		o.err = err
	}
	o.changed.Broadcast()
}

// flush waits until everything queued was written, or the outbox failed.
func (o *outbox) flush() error {
	o.mu.Lock()
	defer o.mu.Unlock()
	for o.err == nil && (o.writing || len(o.waiting) > 0) {
		o.changed.Wait()
	}
	return o.err
}

// close refuses everything from now on and wakes whoever waits for room.
func (o *outbox) close() {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.err == nil {
		o.err = errClosed
	}
	o.changed.Broadcast()
}
