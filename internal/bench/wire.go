package bench

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"time"
)

// A wire carries a message a line in both directions.
type wire interface {
	io.ReadWriteCloser
	// SetReadDeadline ends reads that wait at that time.
	SetReadDeadline(at time.Time) error
}

// openWire greets the server and returns the connection, and what the server says of itself.
func openWire(ctx context.Context, l *Load, w wire) (connection, string, error) {
	in := bufio.NewReaderSize(w, 64<<10)
	who, err := greetWire(ctx, l.Era, w, in)
	switch {
	case err != nil:
		return nil, "", errors.Join(err, w.Close())
	case l.Pipeline == 1:
		return newSerial(l, w, in), who, nil
	default:
		return newStream(l, w, in), who, nil
	}
}

// greetWire shakes hands, or in the 2026 era asks who is there, which the server may refuse to say.
func greetWire(ctx context.Context, era Era, w wire, in *bufio.Reader) (string, error) {
	stop := context.AfterFunc(ctx, func() { _ = w.Close() })
	defer stop()
	hello, err := greeting(era)
	if err != nil {
		return "", err
	}
	if _, err := w.Write(append(hello.append(nil, firstID-1), '\n')); err != nil {
		return "", fmt.Errorf("%s: %w", hello.label, err)
	}
	for {
		line, err := readLine(in, nil)
		switch {
		case ctx.Err() != nil:
			return "", fmt.Errorf("no answer to %s: %w", hello.label, ctx.Err())
		case err != nil:
			return "", fmt.Errorf("no answer to %s: %w", hello.label, err)
		}
		m, err := scan(line)
		switch {
		case err != nil:
			return "", fmt.Errorf("%s: %w: %.200q", hello.label, err, line)
		case m.id != firstID-1:
			continue
		case era == Era2026:
			return identity(line), nil
		case m.failed:
			return "", fmt.Errorf("initialize was refused: %.300s", line)
		}
		_, err = w.Write([]byte(initialized + "\n"))
		return identity(line), err
	}
}

// readLine returns the next line, which holds until the next one is read. scratch is for lines longer than the buffer.
func readLine(in *bufio.Reader, scratch []byte) ([]byte, error) {
	line, err := in.ReadSlice('\n')
	if !errors.Is(err, bufio.ErrBufferFull) {
		return line, err
	}
	scratch = append(scratch[:0], line...)
	for errors.Is(err, bufio.ErrBufferFull) && len(scratch) <= maxAnswer {
		line, err = in.ReadSlice('\n')
		scratch = append(scratch, line...)
	}
	if len(scratch) > maxAnswer {
		return nil, fmt.Errorf("%w: an answer of more than %d bytes", errProtocol, maxAnswer)
	}
	return scratch, err
}

// reply is the answer to a request of the server: a client that keeps silent would be taken for gone.
func (m *message) reply() []byte {
	if string(m.asked) == `"ping"` {
		return fmt.Appendf(nil, `{"jsonrpc":"2.0","id":%s,"result":{}}`+"\n", m.rawID)
	}
	return fmt.Appendf(nil, `{"jsonrpc":"2.0","id":%s,"error":{"code":-32601,"message":"not supported"}}`+"\n", m.rawID)
}
