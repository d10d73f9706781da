package audit

import (
	"encoding"
	"fmt"
	"strconv"
	"time"
	"unicode/utf8"

	"github.com/mcp-kernel/mcp-kernel/governance/audit/merkle"
)

// A scan reads canonical JSON whose fields are known and in order: there is one spelling of every value, and it accepts
// no other. After the first fault it reads nothing more and keeps that fault in err.
type scan struct {
	b     []byte
	i     int
	first bool // the next field is the first of its object
	in    int  // elements read of the array that each is in; 0 outside
	err   error
}

func (s *scan) fail(problem string) {
	if s.err == nil {
		s.err = fmt.Errorf("%w: byte %d: %s", ErrMalformed, s.i, problem)
	}
}

// literal consumes the text, or does nothing and reports false.
func (s *scan) literal(text string) bool {
	if s.err != nil || len(s.b)-s.i < len(text) || string(s.b[s.i:s.i+len(text)]) != text {
		return false
	}
	s.i += len(text)
	return true
}

func (s *scan) open() {
	if !s.literal("{") {
		s.fail("an object is expected")
	}
	s.first = true
}

// close ends an object; what stands before its end instead is unknown or out of order.
func (s *scan) close() {
	if !s.literal("}") {
		s.fail("an unknown field, or one out of order")
	}
	s.first = false
}

// key consumes the name of a field and its colon, or reports that the field is not there.
func (s *scan) key(name string) bool {
	at := s.i
	if (!s.first && !s.literal(",")) || !s.literal(`"`) || !s.literal(name) || !s.literal(`":`) {
		s.i = at
		return false
	}
	s.first = false
	return true
}

// each steps through an array of objects: it reports whether another one follows, opened, and closes the one before.
func (s *scan) each(name string, most int) bool {
	switch {
	case s.in == 0 && !s.key(name):
		return false
	case s.in == 0 && !s.literal("["):
		s.fail("an array is expected")
	case s.in > 0:
		if s.close(); s.literal("]") {
			s.in = 0
			return false
		}
		if !s.literal(",") {
			s.fail("the array does not go on")
		}
	}
	if s.in++; s.in > most {
		s.fail("the array is too long")
	}
	s.open()
	if s.err != nil {
		s.in = 0
	}
	return s.err == nil
}

func (s *scan) text(name string, limit int) string {
	if !s.key(name) {
		return ""
	}
	return s.string(limit)
}

func (s *scan) list(name string, most, limit int) (texts []string) {
	if !s.key(name) {
		return nil
	}
	if !s.literal("[") {
		s.fail("an array is expected")
	}
	for s.err == nil {
		if texts = append(texts, s.string(limit)); len(texts) > most {
			s.fail("the array is too long")
		}
		if s.literal("]") {
			break
		}
		if !s.literal(",") {
			s.fail("the array does not go on")
		}
	}
	return texts
}

// string reads a canonical JSON string of at most limit bytes between its quotes.
func (s *scan) string(limit int) string {
	if !s.literal(`"`) {
		s.fail("a text is expected")
		return ""
	}
	start, plain := s.i, true
	for ; s.i < len(s.b) && s.b[s.i] != '"'; s.i++ {
		switch c := s.b[s.i]; {
		case c < 0x20:
			s.fail("a control character in a text")
			return ""
		case c == '\\':
			plain = false
			s.i++
		}
	}
	if s.i >= len(s.b) || s.i-start > limit {
		s.fail("a text that is too long or does not end")
		return ""
	}
	raw := s.b[start:s.i]
	s.i++
	if !utf8.Valid(raw) {
		s.fail("a text that is not UTF-8")
		return ""
	}
	if plain {
		return string(raw)
	}
	return s.unescape(raw)
}

// unescape resolves the escapes that RFC 8785 writes, and refuses all others.
func (s *scan) unescape(raw []byte) string {
	out := make([]byte, 0, len(raw))
	for i := 0; i < len(raw); i++ {
		if raw[i] != '\\' {
			out = append(out, raw[i])
			continue
		}
		i++
		switch raw[i] {
		case '"', '\\':
			out = append(out, raw[i])
		case 'b':
			out = append(out, '\b')
		case 'f':
			out = append(out, '\f')
		case 'n':
			out = append(out, '\n')
		case 'r':
			out = append(out, '\r')
		case 't':
			out = append(out, '\t')
		default:
			c, ok := controlEscape(raw[i:])
			if !ok {
				s.fail("an escape that is not canonical")
				return ""
			}
			out = append(out, c)
			i += 4
		}
	}
	return string(out)
}

// controlEscape reads u00XX for a control character that has no short escape.
func controlEscape(raw []byte) (byte, bool) {
	if len(raw) < 5 || string(raw[:3]) != "u00" || (raw[3] != '0' && raw[3] != '1') {
		return 0, false
	}
	low := raw[4]
	if low > 'f' || 'A' <= low && low <= 'F' {
		return 0, false
	}
	n, err := strconv.ParseUint(string(raw[3:5]), 16, 8)
	switch n {
	case '\b', '\f', '\n', '\r', '\t':
		return 0, false
	}
	return byte(n), err == nil
}

// int reads an integer other than zero, which is never written.
func (s *scan) int(name string) int64 {
	if !s.key(name) {
		return 0
	}
	start := s.i
	if s.i < len(s.b) && s.b[s.i] == '-' {
		s.i++
	}
	digits := s.i
	for s.i < len(s.b) && '0' <= s.b[s.i] && s.b[s.i] <= '9' {
		s.i++
	}
	n, err := strconv.ParseInt(string(s.b[start:s.i]), 10, 64)
	if err != nil || n > maxInt || n < -maxInt || s.b[digits] == '0' {
		s.fail("an integer other than zero is expected")
	}
	return n
}

func (s *scan) ratio(name string) float64 {
	if !s.key(name) {
		return 0
	}
	start := s.i
	for s.i < len(s.b) && ('0' <= s.b[s.i] && s.b[s.i] <= '9' || s.b[s.i] == '.') {
		s.i++
	}
	f, err := strconv.ParseFloat(string(s.b[start:s.i]), 64)
	if err != nil || string(appendRatio(nil, f)) != string(s.b[start:s.i]) {
		s.fail("a number from 0 to 1 is expected")
	}
	return f
}

func (s *scan) yes(name string) bool {
	if !s.key(name) {
		return false
	}
	if !s.literal("true") {
		s.fail("true is expected")
	}
	return true
}

func (s *scan) tri(name string) Tri {
	switch {
	case !s.key(name):
		return Unknown
	case s.literal("true"):
		return Yes
	case !s.literal("false"):
		s.fail("true or false is expected")
	}
	return No
}

// name reads a word that one of the vocabularies knows.
func (s *scan) name(field string, to encoding.TextUnmarshaler) {
	if !s.key(field) {
		return
	}
	if err := to.UnmarshalText([]byte(s.string(maxShort))); err != nil {
		s.fail(err.Error())
	}
}

func (s *scan) time(name string) time.Time {
	if !s.key(name) {
		return time.Time{}
	}
	text := s.string(len(timeLayout))
	at, err := time.Parse(timeLayout, text)
	if err != nil || len(text) != len(timeLayout) || text[19] != '.' {
		s.fail("a time such as " + timeLayout + " is expected")
	}
	return at.UTC()
}

func (s *scan) hash(name string) Hash {
	if !s.key(name) {
		s.fail(name + " is missing")
		return Hash{}
	}
	start := s.i + 1
	if !s.literal(`"`) || len(s.b)-s.i < 2*len(Hash{})+1 {
		s.fail("a hash is expected")
		return Hash{}
	}
	h, ok := parseHash(s.b[start : start+2*len(Hash{})])
	s.i += 2 * len(Hash{})
	if !ok || !s.literal(`"`) {
		s.fail("a hash is expected")
	}
	return h
}

func parseHash(text []byte) (Hash, bool) { return merkle.ParseHash(text) }
