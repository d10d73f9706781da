package rpc

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
)

// An Error is a JSON-RPC error that the server answered with, or that it is answered.
type Error struct {
	Code    int             `json:"code"`
	Message string          `json:"message"`
	Data    json.RawMessage `json:"data,omitempty"`
}

// Error returns code and message, which are the server's own words.
func (e *Error) Error() string {
	return fmt.Sprintf("the server answered with error %d: %.200q", e.Code, e.Message)
}

// The codes that this package gives and acts on.
const (
	CodeParse       = -32700 // no JSON
	CodeInvalid     = -32600 // no request
	CodeNoMethod    = -32601 // nothing of that name
	CodeParams      = -32602 // not with these parameters
	CodeInternal    = -32603 // a fault of whoever answers
	CodeHeader      = -32020 // the headers of HTTP do not say what the message says
	CodeUnsupported = -32022 // a version of the protocol that the server does not speak
)

// errMessage is what a text that is no message of JSON-RPC is refused for.
var errMessage = errors.New("no message of JSON-RPC")

// message is one message with its parts where they stand in its text.
type message struct {
	id     json.RawMessage // nil for a notification
	method string
	params json.RawMessage
	result json.RawMessage
	err    *Error
}

// parse reads a message. Of two members of one name it takes neither: whoever reads the text again might take the other.
func parse(text []byte) (m message, err error) {
	if !json.Valid(text) {
		return m, fmt.Errorf("%w: not JSON", errMessage)
	}
	s := splitter{text: text}
	if s.skip(); s.at == len(text) || text[s.at] != '{' {
		return m, fmt.Errorf("%w: no object", errMessage)
	}
	var seen [16][]byte
	n := 0
	for key, value := range s.members {
		if n == len(seen) || twin(seen[:n], key) {
			return m, fmt.Errorf("%w: %.40q is there twice, or too much is", errMessage, key)
		}
		seen[n] = key
		n++
		switch string(key) {
		case "id":
			m.id = value
		case "method":
			err = json.Unmarshal(value, &m.method)
		case "params":
			m.params = value
		case "result":
			m.result = value
		case "error":
			m.err = new(Error)
			err = json.Unmarshal(value, m.err)
		}
		if err != nil {
			return m, fmt.Errorf("%w: %.40q is of another type", errMessage, key)
		}
	}
	return m, m.check()
}

// twin reports whether a key is among others, in whatever case.
func twin(keys [][]byte, key []byte) bool {
	for _, other := range keys {
		if bytes.EqualFold(other, key) {
			return true
		}
	}
	return false
}

// check reports what is wrong with a message as a whole.
func (m *message) check() error {
	if string(m.id) == "null" {
		m.id = nil
	}
	switch {
	case m.method != "" && m.result == nil && m.err == nil:
		return nil
	case m.method == "" && m.id != nil && (m.result == nil) != (m.err == nil):
		return nil
	case m.method == "" && m.id == nil && m.err != nil && m.result == nil: // to what could not be read
		return nil
	default:
		return fmt.Errorf("%w: neither a request nor a response", errMessage)
	}
}

// A splitter finds the members of an object in a text that is valid JSON.
type splitter struct {
	text []byte
	at   int
}

// members yields each key as it is written, without quotes, and its value. at stands on the object.
func (s *splitter) members(yield func(key []byte, value json.RawMessage) bool) {
	s.at++
	for s.skip(); s.text[s.at] == '"'; s.skip() {
		from := s.at
		s.string()
		key := s.text[from+1 : s.at-1]
		s.skip()
		s.at++ // the colon
		s.skip()
		from = s.at
		s.value()
		if !yield(key, json.RawMessage(s.text[from:s.at:s.at])) {
			return
		}
		if s.skip(); s.text[s.at] != ',' {
			return
		}
		s.at++
	}
}

// skip passes over white space.
func (s *splitter) skip() {
	for s.at < len(s.text) && (s.text[s.at] == ' ' || s.text[s.at] == '\n' || s.text[s.at] == '\t' || s.text[s.at] == '\r') {
		s.at++
	}
}

// string passes over a string.
func (s *splitter) string() {
	for s.at++; s.text[s.at] != '"'; s.at++ {
		if s.text[s.at] == '\\' {
			s.at++
		}
	}
	s.at++
}

// value passes over a value.
func (s *splitter) value() {
	depth := 0
	for {
		switch s.text[s.at] {
		case '"':
			s.string()
		case '{', '[':
			depth++
			s.at++
		case '}', ']':
			depth--
			s.at++
		default:
			s.at++
			if depth > 0 {
				continue
			}
			for s.at < len(s.text) && bytes.IndexByte([]byte(",}] \t\r\n"), s.text[s.at]) < 0 {
				s.at++
			}
		}
		if depth == 0 {
			return
		}
	}
}

// request is the text of a request, or of a notification when id is 0.
func request(id uint64, method string, params json.RawMessage) []byte {
	b := append(make([]byte, 0, len(params)+len(method)+64), `{"jsonrpc":"2.0",`...)
	if id != 0 {
		b = append(strconv.AppendUint(append(b, `"id":`...), id, 10), ',')
	}
	b = strconv.AppendQuote(append(b, `"method":`...), method) // methods are words
	if len(params) > 0 {
		b = append(append(b, `,"params":`...), params...)
	}
	return append(b, '}')
}

// response is the text of an answer to a request of the server.
func response(id, result json.RawMessage, fault *Error) []byte {
	b := append(append(append(make([]byte, 0, len(result)+128), `{"jsonrpc":"2.0","id":`...), id...), ',')
	if fault == nil {
		return append(append(append(b, `"result":`...), result...), '}')
	}
	body, err := json.Marshal(fault)
	if err != nil { // its data is no JSON
		body = []byte(`{"code":-32603,"message":"internal error"}`)
	}
	return append(append(append(b, `"error":`...), body...), '}')
}

// with returns an object with further members, which it does not have.
func with(object json.RawMessage, key string, value json.RawMessage) json.RawMessage {
	object = bytes.TrimSpace(object)
	rest := bytes.TrimSpace(object[min(1, len(object)):])
	b := append(make([]byte, 0, len(object)+len(key)+len(value)+8), '{')
	b = append(append(append(append(b, '"'), key...), `":`...), value...)
	if len(rest) <= 1 { // {} or nothing at all
		return append(b, '}')
	}
	return append(append(b, ','), rest...)
}
