package server

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/mcp-kernel/mcp-kernel/governance"
)

// ServeStdio serves one host over a pair of streams, one message a line, until in ends or ctx is cancelled. Both end
// it in the same way: nothing more is read, calls that are running may finish within Options.Drain and are then
// cancelled, every answer that was made is written, and ServeStdio returns nil. The caller is who the host acts for.
//
// A line that is no message, or longer than Options.MaxLine, is answered with an error and the next line is read.
func (s *Server) ServeStdio(ctx context.Context, in io.Reader, out io.Writer, caller governance.Caller) error {
	lines := newOutbox(out, s.opts.MaxLine)
	c := s.newConn(context.WithoutCancel(ctx), lines, caller)
	defer c.close()
	read := make(chan error, 1)
	go func() {
		defer close(read)
		read <- c.readLines(in)
	}()
	var err error
	select {
	case err = <-read:
	case <-ctx.Done():
		if !interrupt(in) {
			c.drain(out, lines, nil)
			return nil
		}
	}
	c.drain(out, lines, read)
	if err != nil && !errors.Is(err, io.EOF) {
		return fmt.Errorf("reading requests: %w", err)
	}
	return nil
}

// deadliner is a stream whose pending reads and writes can be ended, as pipes and sockets can.
type deadliner interface {
	SetReadDeadline(t time.Time) error
	SetWriteDeadline(t time.Time) error
}

// interrupt ends a pending read, and reports whether it could. A terminal or a file cannot be interrupted: then the
// reader ends with the process.
func interrupt(in io.Reader) bool {
	if d, ok := in.(deadliner); ok && d.SetReadDeadline(time.Unix(1, 0)) == nil {
		return true
	}
	if c, ok := in.(io.Closer); ok {
		if _, isPipe := in.(*io.PipeReader); isPipe {
			return c.Close() == nil
		}
	}
	return false
}

// readLines handles every line until the stream ends; the error is io.EOF or a fault of the stream.
func (c *conn) readLines(in io.Reader) error {
	const readBuffer = 64 << 10
	r := bufio.NewReaderSize(in, readBuffer)
	for {
		line, err := c.readLine(r)
		if text := bytes.TrimSpace(line); len(text) > 0 {
			c.handle(text)
		}
		if err != nil {
			return err
		}
	}
}

// readLine returns the next line, whose memory is the caller's. A line over the bound is skipped to its end and
// answered here.
func (c *conn) readLine(r *bufio.Reader) ([]byte, error) {
	var line []byte
	for {
		part, err := r.ReadSlice('\n')
		if len(line)+len(part) > c.server.opts.MaxLine {
			return nil, c.skipLine(r, err)
		}
		line = append(line, part...)
		if !errors.Is(err, bufio.ErrBufferFull) {
			return line, err
		}
	}
}

func (c *conn) skipLine(r *bufio.Reader, err error) error {
	for errors.Is(err, bufio.ErrBufferFull) {
		_, err = r.ReadSlice('\n')
	}
	c.refuse(nil, &rpcError{
		code:    codeInvalid,
		message: fmt.Sprintf("invalid request: a message may have at most %d bytes", c.server.opts.MaxLine),
	})
	return err
}

// lastWrites is how long a host may take to read what is still to be written when calls were cancelled at the end.
const lastWrites = time.Second

// drain lets running calls finish, cancels those that do not, and writes what is left to write. read, unless it is nil,
// tells when the reader has ended: it may itself be waiting for a host that does not read its answers, so it is given no
// more time than the calls.
func (c *conn) drain(out io.Writer, lines *outbox, read <-chan error) {
	finished := make(chan struct{})
	go func() {
		if read != nil {
			for range read { // an error is only the interruption
			}
		}
		c.session.asks.close()
		c.endListening()
		c.running.Wait()
		close(finished)
	}()
	timer := time.NewTimer(c.server.opts.Drain)
	defer timer.Stop()
	select {
	case <-finished:
		boundWrites(out, c.server.opts.Drain)
	case <-timer.C:
		c.cancelAll()
		part(out, lines, finished)
	}
	_ = lines.flush() // nobody is left to tell
	lines.close()
	c.cancel()
}

// part waits for cancelled calls, which the dispatcher answers at once, but not for a host that does not read the
// answers: when its stream cannot be interrupted either, what waits for it ends with the process.
func part(out io.Writer, lines *outbox, finished <-chan struct{}) {
	boundWrites(out, lastWrites)
	timer := time.NewTimer(2 * lastWrites)
	defer timer.Stop()
	select {
	case <-finished:
	case <-timer.C:
		lines.close()
	}
}

// boundWrites ends pending and later writes after a while, as far as the stream can: a host that stopped reading must
// not keep us.
func boundWrites(out io.Writer, within time.Duration) {
	if d, ok := out.(deadliner); ok {
		_ = d.SetWriteDeadline(time.Now().Add(within)) // one that cannot is left to part
	}
}
