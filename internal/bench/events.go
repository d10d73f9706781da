package bench

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
)

// An eventReader reads the data of server-sent events. It is used again for every stream of a connection.
type eventReader struct {
	in      *bufio.Reader
	scratch []byte
	data    []byte
}

// next returns the data of the next event that has any. It holds until the next call. The error is io.EOF at the end of
// the stream; an event that is cut off there is none.
func (e *eventReader) next() ([]byte, error) {
	e.data = e.data[:0]
	for {
		line, err := readLine(e.in, e.scratch)
		if err != nil {
			return nil, err
		}
		if len(line) > e.in.Size() {
			e.scratch = line
		}
		line = bytes.TrimRight(line, "\r\n")
		if len(line) == 0 && len(e.data) > 0 {
			return e.data, nil
		}
		e.line(line)
		if len(e.data) > maxAnswer {
			return nil, fmt.Errorf("%w: an event of more than %d bytes", errProtocol, maxAnswer)
		}
	}
}

// line takes a line of an event; of its fields only the data matters.
func (e *eventReader) line(line []byte) {
	value, ok := bytes.CutPrefix(line, []byte("data:"))
	if !ok {
		return
	}
	if len(e.data) > 0 {
		e.data = append(e.data, '\n')
	}
	e.data = append(e.data, bytes.TrimPrefix(value, []byte(" "))...)
}

// answerIn reads events until the answer to the request. What comes before it is progress and the like.
func (e *eventReader) answerIn(from io.Reader, id int64) (message, []byte, error) {
	if e.in == nil {
		e.in = bufio.NewReaderSize(from, 16<<10)
	}
	e.in.Reset(from)
	for {
		text, err := e.next()
		switch {
		case errors.Is(err, io.EOF):
			return message{}, nil, fmt.Errorf("%w: the event stream ended without the answer", errProtocol)
		case err != nil:
			return message{}, nil, err
		}
		m, err := scan(text)
		if err != nil {
			return m, text, fmt.Errorf("%w: %.200s", err, text)
		}
		if m.method {
			continue
		}
		return m, text, mine(&m, id, text)
	}
}

// mine sees that an answer is the one to a request.
func mine(m *message, id int64, text []byte) error {
	if m.method || m.id != id && (m.rawID != nil && string(m.rawID) != "null" || !m.failed) {
		return fmt.Errorf("%w: an answer to something else: %.200s", errProtocol, text)
	}
	return nil
}
