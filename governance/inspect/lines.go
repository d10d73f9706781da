package inspect

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
)

// Bounds of a batch: lines that are judged by one worker and written together.
const (
	batchLines = 128
	batchBytes = 64 << 10
)

// errLong is a line over the bound.
var errLong = errors.New("line too long")

// A line is a part of a batch.
type line struct {
	start, end int // in the batch's text
	number     int // in the input, from 1
	err        error
}

// lines reads an input line by line.
type lines struct {
	in     *bufio.Reader
	most   int // bytes of a line
	number int // of the line that was read last
}

func newLines(in io.Reader, most int) *lines {
	return &lines{in: bufio.NewReaderSize(in, batchBytes), most: most}
}

// fill reads lines into an empty batch: until it is full, or no whole line is waiting, so that an input that pauses is
// answered. Empty lines are passed over. The error is io.EOF behind the last line, which may lack its line end, or the
// context's: a line, and a run of empty ones, can be without end.
func (l *lines) fill(ctx context.Context, b *batch) error {
	for len(b.lines) < batchLines && len(b.text) < batchBytes {
		start := len(b.text)
		err := l.read(ctx, b)
		long := errors.Is(err, errLong)
		switch whole := err == nil || errors.Is(err, io.EOF); {
		case long:
			b.lines = append(b.lines, line{start: start, end: start, number: l.number, err: err})
		case whole && len(bytes.Trim(b.text[start:], space)) > 0:
			b.lines = append(b.lines, line{start: start, end: len(b.text), number: l.number})
		default:
			b.text = b.text[:start]
		}
		if err != nil && !long {
			return err
		}
		if !l.waiting() {
			return nil
		}
	}
	return nil
}

// read appends one line to the text of the batch. A line over the bound is read to its end and not kept.
func (l *lines) read(ctx context.Context, b *batch) error {
	if l.number++; l.number == 1 {
		l.mark()
	}
	start := len(b.text)
	tooLong := false
	for {
		if err := ctx.Err(); err != nil {
			return err
		}
		part, err := l.in.ReadSlice('\n')
		if tooLong = tooLong || len(b.text)-start+len(bytes.TrimSuffix(part, []byte("\n"))) > l.most; tooLong {
			b.text = b.text[:start]
		} else {
			b.text = append(b.text, part...)
		}
		switch {
		case errors.Is(err, bufio.ErrBufferFull):
		case tooLong && (err == nil || errors.Is(err, io.EOF)):
			return fmt.Errorf("%w: at most %d bytes are read", errLong, l.most)
		default:
			return err
		}
	}
}

// waiting reports whether a whole line can be read without waiting for the input.
func (l *lines) waiting() bool {
	ready, err := l.in.Peek(l.in.Buffered())
	return err == nil && bytes.IndexByte(ready, '\n') >= 0
}

// mark passes over a byte order mark, which some editors write.
func (l *lines) mark() {
	if begins, err := l.in.Peek(3); err == nil && string(begins) == "\ufeff" {
		_, _ = l.in.Discard(3) // they are there
	}
}
