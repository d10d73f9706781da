package bench

import (
	"bytes"
	"errors"
	"strconv"
)

// A message is what the client has to know of one that came: not its content.
type message struct {
	id     int64  // of an answer to one of our requests; 0 where it is none of ours
	method bool   // it is a request or a notification of the server
	rawID  []byte // as it came, nil without one
	asked  []byte // the method as it came, quotes included

	failed  bool // it has an error
	code    int  // of the error
	isError bool // it is a result that says that the tool failed
	input   bool // it is a result that wants input first
}

var errNotMessage = errors.New("not a JSON-RPC message")

// scan reads a message in one pass without decoding it. It sees that the text is one object whose brackets and strings
// close, and not that it is JSON in every detail.
func scan(text []byte) (message, error) {
	var m message
	s := scanner{text: text}
	ok := s.object(m.member) && s.atEnd()
	if !ok || !m.method && m.rawID == nil && !m.failed {
		return message{}, errNotMessage
	}
	return m, nil
}

// member takes note of one member of the message.
func (m *message) member(key, value []byte) bool {
	switch string(key) {
	case `"id"`:
		m.rawID = value
		m.id, _ = strconv.ParseInt(string(value), 10, 64) // an id that is no number is none of ours
	case `"method"`:
		m.method, m.asked = true, value
	case `"error"`:
		m.failed = value[0] == '{'
		return !m.failed || within(value, m.errorMember)
	case `"result"`:
		return value[0] != '{' || within(value, m.resultMember)
	}
	return true
}

func (m *message) errorMember(key, value []byte) bool {
	if string(key) == `"code"` {
		m.code, _ = strconv.Atoi(string(value)) // a code that is no number stays 0
	}
	return true
}

func (m *message) resultMember(key, value []byte) bool {
	switch string(key) {
	case `"isError"`:
		m.isError = string(value) == "true"
	case `"resultType"`:
		m.input = string(value) == `"input_required"`
	}
	return true
}

// within reads the members of an object.
func within(text []byte, member func(key, value []byte) bool) bool {
	s := scanner{text: text}
	return s.object(member)
}

// A scanner walks over JSON text.
type scanner struct {
	text []byte
	at   int
}

// object reads an object and hands out its members, as they are written, until one is refused.
func (s *scanner) object(member func(key, value []byte) bool) bool {
	if !s.take('{') {
		return false
	}
	if s.take('}') {
		return true
	}
	for {
		key := s.value()
		if len(key) == 0 || key[0] != '"' || !s.take(':') {
			return false
		}
		value := s.value()
		if len(value) == 0 || !member(key, value) {
			return false
		}
		if s.take('}') {
			return true
		}
		if !s.take(',') {
			return false
		}
	}
}

// take skips space and then the character, and reports whether it was there.
func (s *scanner) take(c byte) bool {
	s.space()
	if s.at < len(s.text) && s.text[s.at] == c {
		s.at++
		return true
	}
	return false
}

func (s *scanner) space() {
	for s.at < len(s.text) {
		switch s.text[s.at] {
		case ' ', '\t', '\r', '\n':
			s.at++
		default:
			return
		}
	}
}

func (s *scanner) atEnd() bool {
	s.space()
	return s.at == len(s.text)
}

// value skips a value and returns it, or nothing where there is none or it does not end.
func (s *scanner) value() []byte {
	s.space()
	start := s.at
	if s.at == len(s.text) {
		return nil
	}
	ok := true
	switch s.text[s.at] {
	case '"':
		ok = s.skipString()
	case '{', '[':
		ok = s.skipNested()
	default:
		s.skipPlain()
	}
	if !ok {
		return nil
	}
	return s.text[start:s.at]
}

// skipString skips a string, at whose first quote the scanner stands.
func (s *scanner) skipString() bool {
	for s.at++; ; s.at++ {
		quote := bytes.IndexByte(s.text[s.at:], '"')
		if quote < 0 {
			return false
		}
		end := s.at + quote
		s.at = end
		slashes := 0
		for s.text[end-1-slashes] == '\\' { // the first quote ends it at the latest
			slashes++
		}
		if slashes%2 == 0 {
			s.at++
			return true
		}
	}
}

// skipNested skips an object or an array by counting brackets outside strings.
func (s *scanner) skipNested() bool {
	depth := 0
	for s.at < len(s.text) {
		switch s.text[s.at] {
		case '"':
			if !s.skipString() {
				return false
			}
			continue
		case '{', '[':
			depth++
		case '}', ']':
			depth--
		}
		s.at++
		if depth == 0 {
			return true
		}
	}
	return false
}

// skipPlain skips a number or a word.
func (s *scanner) skipPlain() {
	for s.at < len(s.text) {
		switch s.text[s.at] {
		case ',', '}', ']', ':', ' ', '\t', '\r', '\n':
			return
		}
		s.at++
	}
}
