package rpc

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"strconv"
	"time"
)

// An event is one event of a stream of the type text/event-stream.
type event struct {
	name string // empty is "message"
	data []byte
}

// events reads the events of a stream, as the HTML standard of the WHATWG (section 9.2, server-sent events) has them: lines
// end with LF, CR or both, data may have several, and a comment is none of them.
type events struct {
	in    *bufio.Reader
	max   int           // bytes of an event
	id    string        // what the stream can be resumed after; empty is nothing
	retry time.Duration // after how long, as the server wishes it; 0 is not said
	split bool          // the last line ended with CR, so that an LF that follows is part of its end
	cut   bool          // the last line goes on
	skip  bool          // the rest of an event is passed over
}

// newEvents returns a reader of events of at most so many bytes.
func newEvents(stream io.Reader, most int) *events {
	e := &events{in: bufio.NewReaderSize(stream, 16<<10), max: most}
	if mark, _ := e.in.Peek(3); string(mark) == "\ufeff" {
		_, _ = e.in.Discard(3) // they are there
	}
	return e
}

// next returns the next event that has data. After an ErrTooLarge further events can be had, and the event has its first
// bytes. The data is the caller's own. An event that the stream ends in is none.
func (e *events) next() (event, error) {
	for e.skip {
		rest := e.cut
		line, err := e.line(e.max)
		if err != nil {
			return event{}, err
		}
		e.skip = rest || len(line) > 0
	}
	var found event
	room, some := e.max, false // some of its data was seen
	for {
		line, err := e.line(room)
		room -= len(line)
		if err == nil && room < 0 {
			e.skip = true
			return event{data: line[:min(len(line), headBytes)]}, fmt.Errorf("%w: an event of more than %d bytes", ErrTooLarge, e.max)
		}
		switch {
		case err != nil:
			return event{}, err
		case len(line) > 0 && line[0] == ':':
			room += len(line) // it is nobody's
		case len(line) > 0:
			some = e.field(&found, line, some) || some
		case some:
			return found, nil
		default:
			found, room = event{}, e.max
		}
	}
}

// field takes one line of an event, and reports whether it is of its data, of which there may be some.
func (e *events) field(found *event, line []byte, some bool) bool {
	name, value, _ := bytes.Cut(line, []byte{':'})
	value = bytes.TrimPrefix(value, []byte{' '})
	switch string(name) {
	case "event":
		found.name = string(value)
	case "data":
		if !some {
			found.data = value // the line is ours
			return true
		}
		found.data = append(append(found.data, '\n'), value...)
		return true
	case "id":
		if len(value) <= maxWord && plain(value) {
			e.id = string(value)
		}
	case "retry":
		if ms, err := strconv.ParseUint(string(value), 10, 31); err == nil {
			e.retry = time.Duration(ms) * time.Millisecond
		}
	}
	return false
}

// line returns a line without its end; of one with more than so many bytes, what was read of it until that was seen. It is
// the caller's own.
func (e *events) line(most int) ([]byte, error) {
	var line []byte
	for {
		if _, err := e.in.Peek(1); err != nil {
			return nil, err
		}
		part, _ := e.in.Peek(e.in.Buffered()) // all of it is there
		if e.split && part[0] == '\n' {
			part = part[1:]
			_, _ = e.in.Discard(1)
		}
		e.split = false
		end, last := lineEnd(part)
		line = append(line, part[:end]...)
		if last {
			e.split = part[end] == '\r'
			end++
		}
		_, _ = e.in.Discard(end)
		if e.cut = !last; last || len(line) > most {
			return line, nil
		}
	}
}

// lineEnd returns where a line ends, and whether it does.
func lineEnd(text []byte) (at int, found bool) {
	at = bytes.IndexByte(text, '\n')
	if found = at >= 0; found {
		text = text[:at]
	} else {
		at = len(text)
	}
	if cr := bytes.IndexByte(text, '\r'); cr >= 0 {
		return cr, true
	}
	return at, found
}

// plain reports whether a text can be the value of a header as it is: visible ASCII and spaces within.
func plain[T ~string | ~[]byte](text T) bool {
	for i := range len(text) {
		if c := text[i]; c < ' ' || c > '~' || c == ' ' && (i == 0 || i == len(text)-1) {
			return false
		}
	}
	return true
}
