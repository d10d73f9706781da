package bench

import (
	"bufio"
	"bytes"
	"context"
	"sync"
	"sync/atomic"
	"time"
)

// maxAnswer bounds what one answer may have, in bytes.
const maxAnswer = 64 << 20

// A stream is a connection that carries a message a line in both directions, with several requests in flight. A request
// is sent from a slot, which is free again when its answer has come.
type stream struct {
	load  *Load
	wire  wire
	slots []slot
	free  chan int // of slots
	ids   int64    // of requests sent so far

	phase atomic.Pointer[phase]
	read  sync.WaitGroup
	dead  chan struct{} // closed when reading has ended
	fault error         // why, once dead is closed
	write sync.Mutex    // held while a message is written
	text  []byte        // messages that are to be written
	batch []int         // their slots
	timer *time.Timer
	late  bool // an answer did not come in time
}

// A slot holds what is known of one request in flight.
type slot struct {
	id  atomic.Int64 // 0 when there is none
	due atomic.Int64 // from when its latency counts
	job job
}

// newStream reads what comes over a wire that has been greeted, from then on.
func newStream(l *Load, wire wire, in *bufio.Reader) *stream {
	s := &stream{
		load: l, wire: wire, slots: make([]slot, l.Pipeline), free: make(chan int, l.Pipeline),
		dead: make(chan struct{}), timer: time.NewTimer(time.Hour),
	}
	s.timer.Stop()
	for i := range s.slots {
		s.free <- i
	}
	s.read.Go(func() {
		s.fault = s.listen(in)
		close(s.dead)
	})
	return s
}

// listen reads what comes until nothing does.
func (s *stream) listen(in *bufio.Reader) error {
	var scratch []byte
	for {
		line, err := readLine(in, scratch)
		if err != nil {
			return err
		}
		if cap(line) > cap(scratch) && len(line) > in.Size() {
			scratch = line
		}
		p := s.phase.Load()
		if p == nil || len(bytes.TrimSpace(line)) == 0 {
			continue
		}
		p.received.Add(int64(len(line)))
		s.message(p, line)
	}
}

// message takes one message.
func (s *stream) message(p *phase, line []byte) {
	m, err := scan(line)
	switch {
	case err != nil:
		p.fail("malformed", 1, line)
	case m.method && m.rawID != nil:
		s.reply(&m)
	case m.method:
		// A notification is read and forgotten.
	case m.rawID == nil || m.id < firstID || !s.settle(p, &m, line):
		p.fail("unexpected answer", 1, line)
	}
}

// settle counts the answer to a request in flight and frees its slot. It reports whether there is such a request.
func (s *stream) settle(p *phase, m *message, line []byte) bool {
	at := int(m.id % int64(len(s.slots)))
	due := time.Duration(s.slots[at].due.Load())
	if !s.slots[at].id.CompareAndSwap(m.id, 0) {
		return false
	}
	now := p.now()
	p.answer(m, line, now-due, now)
	s.free <- at
	return true
}

// reply answers a request of the server.
func (s *stream) reply(m *message) {
	s.write.Lock()
	defer s.write.Unlock()
	_, _ = s.wire.Write(m.reply()) // if the connection is gone, reading from it says so
}

// run sends what the phase hands out and returns when every request is answered, or nothing more can come.
func (s *stream) run(ctx context.Context, p *phase) {
	s.phase.Store(p)
	for s.step(ctx, p) {
	}
	s.flush(p)
	s.settleAll(ctx, p)
}

// step sends one more request, with others that can go at once. It reports whether there may be more.
func (s *stream) step(ctx context.Context, p *phase) bool {
	at, ok := s.slot(ctx, p)
	if !ok {
		return false
	}
	if p.rate > 0 {
		s.flush(p) // taking may wait
	}
	j, ok := p.take(ctx)
	if !ok {
		s.free <- at
		return false
	}
	s.put(p, at, j)
	return true
}

// slot returns a free slot. Before it waits for one it sends what is to be sent.
func (s *stream) slot(ctx context.Context, p *phase) (int, bool) {
	select {
	case <-s.dead:
		return 0, false
	default:
	}
	select {
	case at := <-s.free:
		return at, true
	default:
	}
	s.flush(p)
	return s.wait(ctx)
}

// wait waits for a slot as long as an answer may take.
func (s *stream) wait(ctx context.Context) (int, bool) {
	s.timer.Reset(s.load.Timeout)
	defer s.timer.Stop()
	select {
	case at := <-s.free:
		return at, true
	case <-s.dead:
	case <-ctx.Done():
	case <-s.timer.C:
		s.late = true
	}
	return 0, false
}

// put adds a request to what is sent next.
func (s *stream) put(p *phase, at int, j job) {
	n := int64(len(s.slots))
	s.ids++
	// The id is the slot's for good, and never the same: its remainder is the slot's number.
	id := (firstID/n+s.ids)*n + int64(at)
	slot := &s.slots[at]
	slot.job = j
	slot.id.Store(id)
	s.batch = append(s.batch, at)
	s.text = p.mix.requests[j.request].append(s.text, id)
	s.text = append(s.text, '\n')
	if len(s.text) >= 32<<10 {
		s.flush(p)
	}
}

// flush sends what is to be sent.
func (s *stream) flush(p *phase) {
	if len(s.batch) == 0 {
		return
	}
	now := p.now()
	for _, at := range s.batch {
		s.slots[at].due.Store(int64(p.start(s.slots[at].job, now)))
	}
	s.write.Lock()
	n, _ := s.wire.Write(s.text) // if the connection is gone, reading from it says so
	s.write.Unlock()
	p.sent.Add(int64(n))
	s.text, s.batch = s.text[:0], s.batch[:0]
}

// settleAll waits until every slot is free and counts the requests that are not answered in time. With one of those the
// connection has come to its end: a late answer would belong to nothing.
func (s *stream) settleAll(ctx context.Context, p *phase) {
	back := 0
	for ok := !s.late; ok && back < len(s.slots); {
		if _, ok = s.wait(ctx); ok {
			back++
		}
	}
	if back == len(s.slots) {
		for i := range s.slots {
			s.free <- i
		}
		return
	}
	s.abandon(ctx, p)
}

// abandon ends the connection and counts what it leaves unanswered.
func (s *stream) abandon(ctx context.Context, p *phase) {
	cause := errTimeout
	select {
	case <-s.dead:
		cause = s.fault
	default:
		s.wire.Close()
		<-s.dead
	}
	var lost int64
	for i := range s.slots {
		if s.slots[i].id.Swap(0) != 0 {
			lost++
		}
	}
	if ctx.Err() == nil {
		p.seen(p.now())
		p.fail(transportKind(cause), lost, []byte(cause.Error()))
	}
}

// usable reports whether requests can still be sent.
func (s *stream) usable() error {
	select {
	case <-s.dead:
		return s.fault
	default:
		return nil
	}
}

// close ends the connection and waits for its reader.
func (s *stream) close(context.Context) {
	s.wire.Close()
	s.read.Wait()
}
