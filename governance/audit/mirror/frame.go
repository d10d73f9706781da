package mirror

import (
	"encoding/binary"
	"errors"

	"github.com/mcp-kernel/mcp-kernel/state"
)

// A record of a stream is a line, or a part of one that is longer than a record may be: a byte of marks, the line's number as
// eight bytes, the text.
const (
	header   = 9
	partSize = state.MaxValue - header

	begins = 1 // the first part of a line
	ends   = 2 // the last
)

// frame makes the records of a line.
func frame(seq uint64, line []byte) [][]byte {
	var records [][]byte
	for first := true; first || len(line) > 0; first = false {
		n := min(len(line), partSize)
		r := make([]byte, header, header+n)
		if first {
			r[0] |= begins
		}
		if n == len(line) {
			r[0] |= ends
		}
		binary.BigEndian.PutUint64(r[1:], seq)
		records = append(records, append(r, line[:n]...))
		line = line[n:]
	}
	return records
}

var errFrame = errors.New("a record of the stream is none")

// A joiner makes lines of records again.
type joiner struct {
	seq  uint64
	line []byte
}

// add takes the next record and returns the line that it completes, or nil. A line that was begun and never ended, because
// its sender was killed, is begun anew and forgotten here.
func (j *joiner) add(record []byte) ([]byte, error) {
	if len(record) < header || record[0]&^(begins|ends) != 0 {
		return nil, errFrame
	}
	seq := binary.BigEndian.Uint64(record[1:])
	switch {
	case record[0]&begins != 0:
		j.seq, j.line = seq, nil
	case seq != j.seq:
		return nil, errFrame
	}
	if len(j.line)+len(record) > maxLine {
		return nil, errFrame
	}
	j.line = append(j.line, record[header:]...)
	if record[0]&ends == 0 {
		return nil, nil
	}
	line := j.line
	j.line = nil
	return line, nil
}

// maxLine bounds a line that is put together, in bytes: more than any entry has.
const maxLine = 64 << 20
