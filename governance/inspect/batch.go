package inspect

import (
	"bytes"
	"context"
	"io"
	"time"
)

// keepBytes is how large the memory of a batch may be to be used again.
const keepBytes = 4 * batchBytes

// A batch is some lines on their way: read by one goroutine, judged by another, written by a third.
type batch struct {
	text    []byte
	lines   []line
	records []Record // of the lines
	out     bytes.Buffer
	tally   tally
	bad     []bad
	done    chan struct{} // has room for one word: that the batch is judged
}

// bad is a line that could not be read or judged.
type bad struct {
	line    int
	problem string
}

// reset empties the batch.
func (b *batch) reset() {
	if cap(b.text) > keepBytes {
		b.text = nil
	}
	if b.out.Cap() > 4*keepBytes {
		b.out = bytes.Buffer{}
	}
	b.text, b.lines, b.bad = b.text[:0], b.lines[:0], b.bad[:0]
	clear(b.records)
	b.records = b.records[:0]
	b.out.Reset()
	b.tally.reset()
}

// A filter is one run of Filter.
type filter struct {
	inspector *Inspector
	stream    Stream
	budget    *budget
	order     chan *batch // as they were read, for who writes
	work      chan *batch // for who judges
	idle      chan *batch // to be used again
	fault     error       // of reading; to be looked at when all goroutines have ended
	total     Summary
}

// read reads batches until the input ends.
func (f *filter) read(ctx context.Context, in *lines) error {
	defer close(f.order)
	defer close(f.work)
	for {
		b := f.fresh()
		err := in.fill(ctx, b)
		if len(b.lines) > 0 && !f.hand(ctx, b) {
			return nil // who writes knows why
		}
		switch {
		case err == io.EOF: //nolint:errorlint // bufio returns it as it is
			return nil
		case err != nil:
			return err
		}
	}
}

// fresh returns an empty batch.
func (f *filter) fresh() *batch {
	select {
	case b := <-f.idle:
		return b
	default:
		return &batch{done: make(chan struct{}, 1)}
	}
}

// hand hands a batch to both who judge and who writes, and reports whether they took it.
func (f *filter) hand(ctx context.Context, b *batch) bool {
	if !f.budget.take(ctx, int64(len(b.text))) {
		return false
	}
	select {
	case f.order <- b:
	case <-ctx.Done():
		return false
	}
	select {
	case f.work <- b:
		return true
	case <-ctx.Done():
		return false
	}
}

// judge judges batches until there are no more.
func (f *filter) judge(ctx context.Context) {
	for b := range f.work {
		if f.judged(ctx, b) {
			b.done <- struct{}{}
		}
	}
}

// judged judges the lines of a batch, and reports whether it came to the end.
func (f *filter) judged(ctx context.Context, b *batch) bool {
	b.parse()
	f.inspector.tools.introduce(b.records)
	for i := range b.lines {
		if ctx.Err() != nil {
			return false
		}
		l := &b.lines[i]
		var result Result
		if l.err == nil {
			result = f.inspector.inspect(context.WithoutCancel(ctx), &b.records[i])
		} else {
			result = unjudged(b.records[i].ID, oneLine(l.err))
		}
		if result.Error != "" {
			result.File, result.Line = f.stream.Name, l.number
			b.bad = append(b.bad, bad{l.number, result.Error})
		}
		b.tally.add(&result)
		result.encode(&b.out)
	}
	return true
}

// parse reads the records of all lines.
func (b *batch) parse() {
	for i := range b.lines {
		l := &b.lines[i]
		var r Record
		if l.err == nil {
			r, l.err = ParseRecord(b.text[l.start:l.end])
		}
		b.records = append(b.records, r)
	}
}

// write writes what was judged, in the order in which it was read. The error is of the output or of the context.
func (f *filter) write(ctx context.Context, out io.Writer) error {
	for {
		var b *batch
		select {
		case b = <-f.order:
		case <-ctx.Done():
			return ctx.Err()
		}
		if b == nil {
			return nil
		}
		select {
		case <-b.done:
		case <-ctx.Done():
			return ctx.Err()
		}
		if err := f.deliver(b, out); err != nil {
			return err
		}
	}
}

// deliver writes a batch, counts it and hands it back.
func (f *filter) deliver(b *batch, out io.Writer) error {
	if _, err := out.Write(b.out.Bytes()); err != nil {
		return err
	}
	f.total.Add(&b.tally.Summary)
	if f.stream.Bad != nil {
		for _, l := range b.bad {
			f.stream.Bad(l.line, l.problem)
		}
	}
	f.budget.give(int64(len(b.text)))
	b.reset()
	select {
	case f.idle <- b:
	default:
	}
	return nil
}

// interrupt ends a Read that waits, where the input can do that, and returns what makes the input as it was.
func interrupt(in io.Reader) (restore func()) {
	if d, ok := in.(interface{ SetReadDeadline(at time.Time) error }); ok && d.SetReadDeadline(time.Unix(1, 0)) == nil {
		return func() { _ = d.SetReadDeadline(time.Time{}) } // it could be set a moment ago
	}
	return func() {}
}

// hurrying bounds how long a Write may still wait once the context has ended, where the output can do that. What it returns
// makes the output as it was.
func hurrying(ctx context.Context, out io.Writer) (restore func()) {
	d, ok := out.(interface{ SetWriteDeadline(at time.Time) error })
	if !ok {
		return func() {}
	}
	hurried := make(chan struct{})
	stop := context.AfterFunc(ctx, func() {
		defer close(hurried)
		_ = d.SetWriteDeadline(time.Now().Add(grace)) // a regular file has none, and does not wait
	})
	return func() {
		if !stop() {
			<-hurried
			_ = d.SetWriteDeadline(time.Time{}) // as above
		}
	}
}
