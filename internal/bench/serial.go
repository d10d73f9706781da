package bench

import (
	"bufio"
	"bytes"
	"context"
	"time"
)

// A serial is a wire with one request in flight. It writes and reads by turns, without a second goroutine, whose waking
// would be part of every latency.
type serial struct {
	load    *Load
	wire    wire
	in      *bufio.Reader
	id      int64
	text    []byte
	scratch []byte
	fault   error // why no more requests can be sent
}

func newSerial(l *Load, w wire, in *bufio.Reader) *serial {
	return &serial{load: l, wire: w, in: in, id: firstID}
}

// run sends what the phase hands out, one request after the other.
func (s *serial) run(ctx context.Context, p *phase) {
	stop := context.AfterFunc(ctx, func() { _ = s.wire.Close() })
	defer stop()
	for s.fault == nil {
		j, ok := p.take(ctx)
		if !ok {
			return
		}
		s.request(ctx, p, j)
	}
}

// request sends one request and counts what comes of it.
func (s *serial) request(ctx context.Context, p *phase, j job) {
	s.id++
	s.text = append(p.mix.requests[j.request].append(s.text[:0], s.id), '\n')
	due := p.start(j, p.now())
	m, line, err := s.exchange(p)
	now := p.now()
	switch {
	case err == nil:
		p.answer(&m, line, now-due, now)
		return
	case ctx.Err() != nil:
		p.given.Add(-1)
	default:
		p.seen(now)
		p.fail(transportKind(err), 1, []byte(err.Error()))
	}
	s.fault = err
}

// exchange sends the text and reads until its answer.
func (s *serial) exchange(p *phase) (message, []byte, error) {
	if err := s.wire.SetReadDeadline(time.Now().Add(s.load.Timeout)); err != nil {
		return message{}, nil, err
	}
	n, err := s.wire.Write(s.text)
	p.sent.Add(int64(n))
	if err != nil {
		return message{}, nil, err
	}
	for {
		line, err := readLine(s.in, s.scratch)
		if err != nil {
			return message{}, nil, err
		}
		if len(line) > s.in.Size() {
			s.scratch = line
		}
		p.received.Add(int64(len(line)))
		if len(bytes.TrimSpace(line)) == 0 {
			continue
		}
		m, err := scan(line)
		switch {
		case err != nil:
			p.fail("malformed", 1, line)
		case m.method && m.rawID != nil:
			_, _ = s.wire.Write(m.reply()) // if the connection is gone, reading from it says so
		case m.method:
			// A notification is read and forgotten.
		case m.id != s.id:
			p.fail("unexpected answer", 1, line)
		default:
			return m, line, nil
		}
	}
}

// usable reports why no further request can be sent.
func (s *serial) usable() error { return s.fault }

// close ends the connection.
func (s *serial) close(context.Context) { _ = s.wire.Close() }
