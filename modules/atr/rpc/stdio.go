package rpc

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"sync"
)

// DefaultMaxMessage bounds a message of the server, in bytes.
const DefaultMaxMessage = 64 << 20

// headBytes is how much of a message that is too large is looked at for the call that it answers.
const headBytes = 4 << 10

// queued is how many lines wait for a server that does not read before senders do.
const queued = 64

// Stdio is the Transport of a server that reads lines and writes lines.
type Stdio struct {
	in  *bufio.Reader
	own io.Closer
	to  io.WriteCloser
	max int

	lines   chan []byte
	closed  chan struct{}
	closing sync.Once
	writer  sync.WaitGroup
	err     error
}

// NewStdio returns a Transport over the standard output and input of a server, which Close closes. A message has at most
// so many bytes; 0 is DefaultMaxMessage.
func NewStdio(output io.ReadCloser, input io.WriteCloser, maxMessage int) *Stdio {
	if maxMessage == 0 {
		maxMessage = DefaultMaxMessage
	}
	t := &Stdio{
		in: bufio.NewReaderSize(output, 64<<10), own: output, to: input, max: maxMessage,
		lines: make(chan []byte, queued), closed: make(chan struct{}),
	}
	t.writer.Go(t.write)
	return t
}

// write writes lines until the transport ends. A server that takes none has gone: what it still says can be received.
func (t *Stdio) write() {
	for {
		select {
		case line := <-t.lines:
			if _, err := t.to.Write(line); err != nil {
				_ = t.to.Close() // it is broken
				<-t.closed
				return
			}
		case <-t.closed:
			return
		}
	}
}

// Send queues a line; a server that does not read is waited for until ctx ends.
func (t *Stdio) Send(ctx context.Context, text []byte, _ uint64) error {
	line := text
	if bytes.IndexByte(line, '\n') >= 0 {
		line = bytes.ReplaceAll(line, []byte{'\n'}, []byte{' '}) // in JSON a line break is white space
	}
	line = append(line, '\n')
	select {
	case t.lines <- line:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	case <-t.closed:
		return ErrClosed
	}
}

// Receive reads a line. One that is too long is passed over.
func (t *Stdio) Receive() ([]byte, uint64, error) {
	for {
		line, err := t.line()
		if err != nil {
			return nil, 0, err
		}
		if line = bytes.TrimSpace(line); len(line) > 0 {
			return line, 0, nil
		}
	}
}

// line reads up to the end of a line.
func (t *Stdio) line() ([]byte, error) {
	var line []byte
	for {
		part, err := t.in.ReadSlice('\n')
		if len(line)+len(part) > t.max {
			line = append(line, part...)
			return nil, t.pass(line[:min(len(line), headBytes)], err)
		}
		line = append(line, part...)
		switch {
		case err == nil:
			return line, nil
		case errors.Is(err, bufio.ErrBufferFull):
		case len(line) > 0 && errors.Is(err, io.EOF):
			return line, nil
		default:
			return nil, err
		}
	}
}

// pass reads on to the end of a line that is too long.
func (t *Stdio) pass(head []byte, err error) error {
	for errors.Is(err, bufio.ErrBufferFull) {
		_, err = t.in.ReadSlice('\n')
	}
	if err != nil {
		return err
	}
	return &LostError{Call: idIn(head), Err: fmt.Errorf("%w: more than %d bytes", ErrTooLarge, t.max)}
}

// idIn returns the id that a message seems to have by its first bytes, 0 when none is seen.
func idIn(head []byte) uint64 {
	_, rest, found := bytes.Cut(head, []byte(`"id"`))
	rest = bytes.TrimLeft(rest, " \t:")
	n := 0
	for n < len(rest) && '0' <= rest[n] && rest[n] <= '9' {
		n++
	}
	id, err := strconv.ParseUint(string(rest[:n]), 10, 64)
	if !found || err != nil {
		return 0
	}
	return id
}

// Forget does nothing: all calls share the pipes.
func (*Stdio) Forget(uint64) {}

// Close closes both pipes, and waits until nothing is written any more.
func (t *Stdio) Close() error {
	t.closing.Do(func() {
		close(t.closed)
		t.err = errors.Join(ignoreClosed(t.to.Close()), ignoreClosed(t.own.Close()))
		t.writer.Wait()
	})
	return t.err
}

// ignoreClosed takes what says that something was closed before for no error.
func ignoreClosed(err error) error {
	if errors.Is(err, os.ErrClosed) || errors.Is(err, io.ErrClosedPipe) {
		return nil
	}
	return err
}
