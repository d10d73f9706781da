package audit

import (
	"bytes"
	"context"
	"errors"
	"io"
	"runtime"
	"sync"
)

// A batch is a run of lines, parsed beside the batches around it.
type batch struct {
	lines   []byte // whole lines
	torn    []byte // what stands behind the last line of the segment and does not end
	err     error  // of reading
	entries []Entry
	faults  []error // of each entry
	done    chan struct{}
}

// batchBytes is about how much a batch holds.
const batchBytes = 64 << 10

// A parsing reads a segment and parses it on every processor. Its batches arrive in order; each is ready when its done
// is closed. It must be stopped.
type parsing struct {
	batches chan *batch
	work    chan *batch
	cancel  context.CancelFunc
	all     sync.WaitGroup
}

func newParsing(ctx context.Context, from *io.SectionReader) *parsing {
	ctx, cancel := context.WithCancel(ctx)
	workers := runtime.GOMAXPROCS(0)
	p := &parsing{batches: make(chan *batch, 2*workers), work: make(chan *batch, workers), cancel: cancel}
	p.all.Go(func() { p.read(ctx, newLines(from)) })
	for range workers {
		p.all.Go(func() {
			for b := range p.work {
				b.parse()
			}
		})
	}
	return p
}

// stop ends the reading and waits for it.
func (p *parsing) stop() {
	p.cancel()
	for range p.batches {
		continue // what was read ahead is not needed any more
	}
	p.all.Wait()
}

// read fills batches until the segment ends.
func (p *parsing) read(ctx context.Context, in *lines) {
	defer close(p.work)
	defer close(p.batches)
	for ended := false; !ended && ctx.Err() == nil; {
		b := &batch{lines: make([]byte, 0, min(batchBytes+MaxLine, cap(in.buf))), done: make(chan struct{})}
		ended = b.fill(in)
		select {
		case p.batches <- b:
			p.work <- b
		case <-ctx.Done():
		}
	}
}

// fill reads lines and reports whether they were the last.
func (b *batch) fill(in *lines) bool {
	for len(b.lines) < batchBytes {
		line, err := in.next()
		switch {
		case err == nil:
			b.lines = append(b.lines, line...)
			continue
		case errors.Is(err, io.ErrUnexpectedEOF):
			b.torn = in.rest()
		case !errors.Is(err, io.EOF):
			b.err = err
		}
		return true
	}
	return false
}

// parse parses the batch's lines up to the first that is no entry.
func (b *batch) parse() {
	defer close(b.done)
	count := bytes.Count(b.lines, []byte("\n"))
	b.entries, b.faults = make([]Entry, 0, count), make([]error, 0, count)
	rest := lines{buf: b.lines, end: len(b.lines), eof: true}
	for {
		line, err := rest.next()
		if err != nil {
			return
		}
		e, err := ParseLine(line)
		b.entries, b.faults = append(b.entries, e), append(b.faults, err)
		if err != nil {
			return
		}
	}
}
