package audit

import (
	"bytes"
	"fmt"
	"io"
)

// A reversed reads the lines of a file from the last to the first.
type reversed struct {
	f   io.ReaderAt
	at  int64  // the file before this offset has not been read
	buf []byte // what was read and not returned; it begins at offset at
}

// next returns the line before, with its newline, valid until the next call, or io.EOF. Bytes behind the last newline
// are of no line and are skipped.
func (r *reversed) next() ([]byte, error) {
	for {
		if line, ok := r.cut(); ok {
			return line, nil
		}
		if r.at == 0 {
			return nil, io.EOF
		}
		if err := r.fill(); err != nil {
			return nil, err
		}
	}
}

// cut takes the last whole line off the buffer. A line is whole when the newline before it, or the beginning of the
// file, was read.
func (r *reversed) cut() ([]byte, bool) {
	end := bytes.LastIndexByte(r.buf, '\n')
	if end < 0 {
		if r.at == 0 {
			r.buf = nil
		}
		return nil, false
	}
	start := bytes.LastIndexByte(r.buf[:end], '\n') + 1
	if start == 0 && r.at > 0 {
		return nil, false
	}
	line := r.buf[start : end+1]
	r.buf = r.buf[:start]
	return line, true
}

// fill reads what lies before the buffer, twice as much when a line is longer than the buffer.
func (r *reversed) fill() error {
	n := min(max(64<<10, int64(len(r.buf))), r.at)
	if int64(len(r.buf))+n > maxSealedLine {
		return fmt.Errorf("%w: a line of more than %d bytes", ErrMalformed, maxSealedLine)
	}
	buf := make([]byte, n, n+int64(len(r.buf)))
	if _, err := r.f.ReadAt(buf, r.at-n); err != nil {
		return err
	}
	r.at -= n
	r.buf = append(buf, r.buf...)
	return nil
}
