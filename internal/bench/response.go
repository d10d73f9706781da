package bench

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
)

// A response is the head of an HTTP/1.1 response, as far as it matters here.
type response struct {
	status  int
	length  int64 // of the body; -1 where only its end tells
	chunked bool
	events  bool   // the body is an event stream
	closing bool   // the connection ends with it
	session string // Mcp-Session-Id
}

// maxHeaders bounds the lines of a response's head.
const maxHeaders = 200

// readHead reads the head of a response. size is how many bytes it had.
func readHead(in *bufio.Reader) (r response, size int64, err error) {
	for r.status < 200 { // what is below announces another
		if r, err = readStatus(in, &size); err != nil {
			return r, size, err
		}
	}
	if r.status == 204 || r.status == 304 {
		r.length, r.chunked = 0, false
	}
	return r, size, nil
}

func readStatus(in *bufio.Reader, size *int64) (response, error) {
	r := response{length: -1}
	line, err := headLine(in, size)
	if err != nil {
		return r, err
	}
	if len(line) < len("HTTP/1.1 200") || !bytes.HasPrefix(line, []byte("HTTP/1.")) {
		return r, fmt.Errorf("%w: no HTTP/1.1 response: %.100q", errProtocol, line)
	}
	old := line[7] == '0' // HTTP/1.0, which knows no chunks
	r.closing = old
	if r.status, err = strconv.Atoi(string(line[9:12])); err != nil || r.status < 100 {
		return r, fmt.Errorf("%w: status line %.100q", errProtocol, line)
	}
	for range maxHeaders {
		if line, err = headLine(in, size); err != nil || len(line) == 0 {
			r.chunked = r.chunked && !old
			return r, noEOF(err)
		}
		name, value, ok := bytes.Cut(line, []byte(":"))
		if !ok || !r.header(name, bytes.TrimSpace(value)) {
			return r, fmt.Errorf("%w: header %.100q", errProtocol, line)
		}
	}
	return r, fmt.Errorf("%w: more than %d headers", errProtocol, maxHeaders)
}

// header takes note of a header.
func (r *response) header(name, value []byte) bool {
	switch {
	case is(name, "Content-Length"):
		n, err := strconv.ParseUint(string(value), 10, 62)
		r.length = int64(n)
		return err == nil
	case is(name, "Transfer-Encoding"):
		r.chunked = is(value, "chunked")
		return r.chunked
	case is(name, "Content-Type"):
		kind, _, _ := bytes.Cut(value, []byte(";"))
		r.events = is(bytes.TrimSpace(kind), "text/event-stream")
	case is(name, "Connection"):
		r.closing = r.closing || strings.Contains(strings.ToLower(string(value)), "close")
	case is(name, "Mcp-Session-Id"):
		r.session = string(value)
	}
	return true
}

func is(text []byte, word string) bool {
	return len(text) == len(word) && bytes.EqualFold(text, []byte(word))
}

// headLine reads a line without its end.
func headLine(in *bufio.Reader, size *int64) ([]byte, error) {
	line, err := in.ReadSlice('\n')
	*size += int64(len(line))
	if errors.Is(err, bufio.ErrBufferFull) {
		return nil, fmt.Errorf("%w: a line of more than %d bytes", errProtocol, len(line))
	}
	return bytes.TrimRight(line, "\r\n"), err
}

// noEOF tells an end in the middle from one between responses.
func noEOF(err error) error {
	if errors.Is(err, io.EOF) {
		return io.ErrUnexpectedEOF
	}
	return err
}

// A body reads the body of a response, whichever way its end is told.
type body struct {
	in      *bufio.Reader
	left    int64 // of the length, or of the chunk; -1 is until the connection ends
	chunked bool
	ended   bool
	closing bool  // the connection ends with it
	size    int64 // as it came, with what delimits chunks
}

func (r *response) body(in *bufio.Reader) body {
	if r.chunked {
		return body{in: in, chunked: true}
	}
	return body{in: in, left: r.length, ended: r.length == 0}
}

// Read implements io.Reader.
func (b *body) Read(p []byte) (int, error) {
	if b.chunked && b.left == 0 && !b.ended {
		if err := b.chunk(); err != nil {
			return 0, noEOF(err)
		}
	}
	if b.ended {
		return 0, io.EOF
	}
	if b.left >= 0 {
		p = p[:min(int64(len(p)), b.left)]
	}
	n, err := b.in.Read(p)
	b.size += int64(n)
	if b.left < 0 {
		return n, err
	}
	b.left -= int64(n)
	if b.left == 0 && b.chunked {
		return n, noEOF(errors.Join(err, b.lineEnd()))
	}
	b.ended = b.left == 0
	return n, noEOF(err)
}

// chunk reads the line before a chunk, and after the last one the rest.
func (b *body) chunk() error {
	line, err := headLine(b.in, &b.size)
	if err != nil {
		return err
	}
	digits, _, _ := bytes.Cut(line, []byte(";"))
	n, err := strconv.ParseUint(string(bytes.TrimSpace(digits)), 16, 40)
	if err != nil {
		return fmt.Errorf("%w: chunk size %.40q", errProtocol, line)
	}
	b.left, b.ended = int64(n), n == 0
	for range maxHeaders {
		if n > 0 || len(line) == 0 {
			return nil
		}
		if line, err = headLine(b.in, &b.size); err != nil { // trailers
			return err
		}
	}
	return fmt.Errorf("%w: more than %d trailers", errProtocol, maxHeaders)
}

func (b *body) lineEnd() error {
	line, err := headLine(b.in, &b.size)
	if err == nil && len(line) > 0 {
		return fmt.Errorf("%w: a chunk is longer than it says", errProtocol)
	}
	return err
}

// readAll appends the whole body.
func (b *body) readAll(to []byte) ([]byte, error) {
	for {
		if len(to) == cap(to) {
			to = append(to, 0)[:len(to)]
		}
		n, err := b.Read(to[len(to):cap(to)])
		to = to[:len(to)+n]
		switch {
		case errors.Is(err, io.EOF):
			return to, nil
		case err != nil:
			return to, err
		case len(to) > maxAnswer:
			return to, fmt.Errorf("%w: an answer of more than %d bytes", errProtocol, maxAnswer)
		}
	}
}

// discard reads the rest of the body.
func (b *body) discard(scratch []byte) error {
	_, err := b.readAll(scratch[:0])
	return err
}
