package server

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/mark3labs/mcp-go/mcp"

	"github.com/mcp-kernel/mcp-kernel/modules/primitives"
)

// maxDepth is how deep a message may nest. The protocol's own messages need about ten levels; the rest is left for
// arguments. The SDK's decoder would go to 10,000.
const maxDepth = 512

// A syntaxError is a fault in the text of a message, at a byte offset from its start.
type syntaxError struct {
	at      int
	problem string
}

func (e *syntaxError) Error() string { return fmt.Sprintf("%s at byte %d", e.problem, e.at) }

// scanner walks one JSON text and accepts only what every reader of it would read alike: valid UTF-8, no lone
// surrogates, nothing behind the value, and no deeper than maxDepth.
type scanner struct {
	text  []byte
	at    int
	depth int
}

// checkJSON reports the first fault of a JSON text, or nil.
func checkJSON(text []byte) *syntaxError {
	if !utf8.Valid(text) {
		return &syntaxError{at: firstInvalid(text), problem: "invalid UTF-8"}
	}
	s := scanner{text: text}
	s.space()
	if err := s.value(); err != nil {
		return err
	}
	s.space()
	if s.at != len(text) {
		return s.fault("unexpected text behind the message")
	}
	return nil
}

func firstInvalid(text []byte) int {
	for i := 0; i < len(text); {
		r, n := utf8.DecodeRune(text[i:])
		if r == utf8.RuneError && n == 1 {
			return i
		}
		i += n
	}
	return len(text)
}

func (s *scanner) fault(problem string) *syntaxError {
	if s.at >= len(s.text) {
		problem = "unexpected end of the message"
	}
	return &syntaxError{at: s.at, problem: problem}
}

func (s *scanner) space() {
	for s.at < len(s.text) {
		switch s.text[s.at] {
		case ' ', '\t', '\n', '\r':
			s.at++
		default:
			return
		}
	}
}

func (s *scanner) peek() byte {
	if s.at < len(s.text) {
		return s.text[s.at]
	}
	return 0
}

func (s *scanner) value() *syntaxError {
	switch c := s.peek(); {
	case c == '"':
		return s.str()
	case c == '{':
		return s.container('}', s.member)
	case c == '[':
		return s.container(']', s.value)
	case c == '-' || '0' <= c && c <= '9':
		return s.number()
	case c == 't':
		return s.literal("true")
	case c == 'f':
		return s.literal("false")
	case c == 'n':
		return s.literal("null")
	default:
		return s.fault("unexpected character")
	}
}

// container walks an object or array from its opening to its closing bracket.
func (s *scanner) container(end byte, item func() *syntaxError) *syntaxError {
	if s.depth++; s.depth > maxDepth {
		return &syntaxError{at: s.at, problem: fmt.Sprintf("nesting deeper than %d", maxDepth)}
	}
	s.at++
	s.space()
	if s.peek() == end {
		s.at++
		s.depth--
		return nil
	}
	for {
		if err := item(); err != nil {
			return err
		}
		s.space()
		switch s.peek() {
		case ',':
			s.at++
			s.space()
		case end:
			s.at++
			s.depth--
			return nil
		default:
			return s.fault("expected a comma or a closing bracket")
		}
	}
}

func (s *scanner) member() *syntaxError {
	if s.peek() != '"' {
		return s.fault("expected a key")
	}
	if err := s.str(); err != nil {
		return err
	}
	s.space()
	if s.peek() != ':' {
		return s.fault("expected a colon")
	}
	s.at++
	s.space()
	return s.value()
}

func (s *scanner) literal(word string) *syntaxError {
	if !bytes.HasPrefix(s.text[s.at:], []byte(word)) {
		return s.fault("unexpected word")
	}
	s.at += len(word)
	return nil
}

func (s *scanner) str() *syntaxError {
	for s.at = primitives.PastPlain(s.text, s.at+1); s.at < len(s.text); s.at = primitives.PastPlain(s.text, s.at+1) {
		switch s.text[s.at] {
		case '"':
			s.at++
			return nil
		case '\\':
			if err := s.escape(); err != nil {
				return err
			}
		default:
			return s.fault("control character in a string")
		}
	}
	return s.fault("")
}

// escape walks one escape sequence and leaves at on its last byte.
func (s *scanner) escape() *syntaxError {
	s.at++
	switch s.peek() {
	case '"', '\\', '/', 'b', 'f', 'n', 'r', 't':
		return nil
	case 'u':
		return s.unicodeEscape()
	default:
		return s.fault("unknown escape")
	}
}

func (s *scanner) unicodeEscape() *syntaxError {
	start := s.at
	unit, ok := hex4(s.text[s.at+1:])
	if !ok {
		return s.fault("bad \\u escape")
	}
	s.at += 4
	switch {
	case unit < 0xD800 || unit > 0xDFFF:
		return nil
	case unit <= 0xDBFF && bytes.HasPrefix(s.text[s.at+1:], []byte(`\u`)):
		if low, ok := hex4(s.text[s.at+3:]); ok && 0xDC00 <= low && low <= 0xDFFF {
			s.at += 6
			return nil
		}
	}
	return &syntaxError{at: start, problem: "lone surrogate"}
}

func hex4(text []byte) (uint32, bool) {
	if len(text) < 4 {
		return 0, false
	}
	var unit uint32
	for _, c := range text[:4] {
		switch {
		case '0' <= c && c <= '9':
			unit = unit<<4 | uint32(c-'0')
		case 'a' <= c|0x20 && c|0x20 <= 'f':
			unit = unit<<4 | uint32(c|0x20-'a'+10)
		default:
			return 0, false
		}
	}
	return unit, true
}

func (s *scanner) number() *syntaxError {
	if s.peek() == '-' {
		s.at++
	}
	switch c := s.peek(); {
	case c == '0':
		s.at++
	case '1' <= c && c <= '9':
		s.digits()
	default:
		return s.fault("bad number")
	}
	if s.peek() == '.' {
		s.at++
		if !s.digits() {
			return s.fault("bad number")
		}
	}
	if s.peek()|0x20 == 'e' {
		s.at++
		if c := s.peek(); c == '+' || c == '-' {
			s.at++
		}
		if !s.digits() {
			return s.fault("bad number")
		}
	}
	return nil
}

func (s *scanner) digits() bool {
	start := s.at
	for c := s.peek(); '0' <= c && c <= '9'; c = s.peek() {
		s.at++
	}
	return s.at > start
}

// A span is a part of a message: text[from:to].
type span struct{ from, to int }

func (p span) of(text []byte) []byte { return text[p.from:p.to] }

// members calls visit for every member of the object at the start of part, which checkJSON has accepted. Keys are
// decoded, so that an escaped key is the key that a decoder would read. A repeated key, and two keys that are equal but
// for case, are refused: readers disagree about them.
func members(text []byte, part span, visit func(key string, value span)) error {
	s := scanner{text: text[:part.to], at: part.from}
	if s.peek() != '{' {
		return fmt.Errorf("expected an object at byte %d", part.from)
	}
	var seen []string
	s.at++
	for s.space(); s.peek() == '"'; s.space() {
		key, value := s.next()
		for _, other := range seen {
			if strings.EqualFold(other, key) {
				return fmt.Errorf("key %q is repeated or differs from %q only in case", clip(key), clip(other))
			}
		}
		if len(seen) >= maxMembers {
			return fmt.Errorf("more than %d keys in an object of the protocol", maxMembers)
		}
		seen = append(seen, key)
		visit(key, value)
		if s.space(); s.peek() == ',' {
			s.at++
		}
	}
	return nil
}

// maxMembers bounds the keys of an object that the protocol itself defines (the envelope, params, _meta), and with it
// the quadratic check for twins.
const maxMembers = 64

// next reads one member; at stands on its key.
func (s *scanner) next() (string, span) {
	from := s.at
	_ = s.str() // accepted before
	key := unquote(s.text[from:s.at])
	s.space()
	s.at++ // the colon
	s.space()
	value := s.at
	_ = s.value() // accepted before
	return key, span{value, s.at}
}

// unquote decodes an accepted JSON string.
func unquote(quoted []byte) string {
	inner := quoted[1 : len(quoted)-1]
	if bytes.IndexByte(inner, '\\') < 0 {
		return wordOf(inner)
	}
	var text string
	_ = json.Unmarshal(quoted, &text) // accepted before
	return text
}

// wordOf returns the text as a string. The words that most messages have cost no memory.
func wordOf(text []byte) string {
	switch string(text) {
	case "jsonrpc":
		return "jsonrpc"
	case "2.0":
		return "2.0"
	case "id":
		return "id"
	case "method":
		return "method"
	case "params":
		return "params"
	case "name":
		return "name"
	case "arguments":
		return "arguments"
	case "_meta":
		return "_meta"
	case "tools/call":
		return "tools/call"
	case mcp.MetaKeyProtocolVersion:
		return mcp.MetaKeyProtocolVersion
	case mcp.MetaKeyClientCapabilities:
		return mcp.MetaKeyClientCapabilities
	case mcp.MetaKeyClientInfo:
		return mcp.MetaKeyClientInfo
	case mcp.ProtocolVersion20260728:
		return mcp.ProtocolVersion20260728
	default:
		return string(text)
	}
}

// clip shortens a stranger's text for an error message.
func clip(text string) string {
	const most = 40
	if len(text) <= most {
		return text
	}
	return strings.ToValidUTF8(text[:most], "") + "…"
}
