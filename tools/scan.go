package tools

import (
	"fmt"
	"strconv"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/mcp-kernel/mcp-kernel/modules/primitives"
)

// maxDepth is how deeply arguments and answers may be nested.
const maxDepth = 512

// syntax records that the text is no JSON, which ends the reading.
func (d *decoder) syntax(format string, args ...any) bool {
	if d.broken == "" {
		d.broken = fmt.Sprintf(format, args...) + " at byte " + strconv.Itoa(d.pos)
	}
	return false
}

// peek skips white space and returns the next byte, 0 at the end.
func (d *decoder) peek() byte {
	for d.pos < len(d.data) {
		c := d.data[d.pos]
		if c != ' ' && c != '\n' && c != '\t' && c != '\r' {
			return c
		}
		d.pos++
	}
	return 0
}

// end reports whether nothing but white space is left.
func (d *decoder) end() bool {
	if d.peek(); d.pos < len(d.data) {
		return d.syntax("unexpected %s after the value", char(d.data[d.pos:]))
	}
	return true
}

func char(b []byte) string {
	if len(b) == 0 {
		return "end"
	}
	r, _ := utf8.DecodeRune(b)
	return strconv.QuoteRune(r)
}

// enter goes one level down.
func (d *decoder) enter() bool {
	if d.depth++; d.depth > maxDepth {
		return d.syntax("nested more than %d deep", maxDepth)
	}
	d.pos++
	return true
}

// more is called after a member or an element: it takes the comma or the closing byte, and says whether one more comes.
func (d *decoder) more(closing byte) (more, ok bool) {
	switch c := d.peek(); c {
	case ',':
		d.pos++
		return true, true
	case closing:
		d.pos++
		d.depth--
		return false, true
	default:
		return false, d.syntax("want ',' or %q, got %s", closing, char(d.data[d.pos:]))
	}
}

// empty takes the closing byte of an object or array without members.
func (d *decoder) empty(closing byte) bool {
	if d.peek() != closing {
		return false
	}
	d.pos++
	d.depth--
	return true
}

// key reads a member's key and the colon. The bytes are valid until the next key is read.
func (d *decoder) key() ([]byte, bool) {
	if d.peek() != '"' {
		return nil, d.syntax("want a key, got %s", char(d.data[d.pos:]))
	}
	key, ok := d.text()
	if !ok {
		return nil, false
	}
	if d.peek() != ':' {
		return nil, d.syntax("want ':', got %s", char(d.data[d.pos:]))
	}
	d.pos++
	return key, true
}

// text reads a string and returns its decoded bytes, which are part of the input when nothing in it is escaped. What
// does not decode to exactly one Unicode text is refused: a byte that is no UTF-8, half of a surrogate pair.
func (d *decoder) text() ([]byte, bool) {
	start := d.pos + 1
	switch i := primitives.PastPlain(d.data, start); {
	case i >= len(d.data):
		d.pos = len(d.data)
		return nil, d.syntax("a string does not end")
	case d.data[i] == '\\':
		return d.escaped(start, i)
	case d.data[i] != '"':
		d.pos = i
		return nil, d.syntax("a control character in a string must be escaped")
	case !utf8.Valid(d.data[start:i]):
		return nil, d.syntax("a string is not UTF-8")
	default:
		d.pos = i + 1
		return d.data[start:i], true
	}
}

// escaped reads the rest of a string from its first backslash.
func (d *decoder) escaped(start, i int) ([]byte, bool) {
	end := d.closing(i)
	if end < 0 {
		d.pos = len(d.data)
		return nil, d.syntax("a string does not end")
	}
	out := append(make([]byte, 0, end-start), d.data[start:i]...)
	for i < end {
		r, n := unescape(d.data[i:end])
		if n == 0 {
			d.pos = i
			return nil, d.syntax("invalid escape in a string")
		}
		i += n
		from := i
		for i < end && d.data[i] >= ' ' && d.data[i] != '\\' {
			i++
		}
		if i < end && d.data[i] < ' ' {
			d.pos = i
			return nil, d.syntax("a control character in a string must be escaped")
		}
		out = append(utf8.AppendRune(out, r), d.data[from:i]...)
	}
	if d.pos = end + 1; !utf8.Valid(out) {
		return nil, d.syntax("a string is not UTF-8")
	}
	return out, true
}

// closing returns where the string ends that has a backslash at i, or -1.
func (d *decoder) closing(i int) int {
	for ; i < len(d.data); i++ {
		switch d.data[i] {
		case '\\':
			i++
		case '"':
			return i
		}
	}
	return -1
}

// unescape reads one escape sequence and returns its length, 0 when it is none.
func unescape(b []byte) (rune, int) {
	if len(b) < 2 {
		return 0, 0
	}
	switch b[1] {
	case '"', '\\', '/':
		return rune(b[1]), 2
	case 'b':
		return '\b', 2
	case 'f':
		return '\f', 2
	case 'n':
		return '\n', 2
	case 'r':
		return '\r', 2
	case 't':
		return '\t', 2
	case 'u':
		return unescapeUnit(b)
	}
	return 0, 0
}

// unescapeUnit reads \uXXXX, or the two of them that make up a surrogate pair.
func unescapeUnit(b []byte) (rune, int) {
	first, ok := hex4(b)
	if !ok || !utf16.IsSurrogate(first) {
		return first, len(`\u0000`) * btoi(ok)
	}
	second, ok := hex4(b[6:])
	r := utf16.DecodeRune(first, second)
	if !ok || r == utf8.RuneError {
		return 0, 0
	}
	return r, len(`\u0000\u0000`)
}

func btoi(b bool) int {
	if b {
		return 1
	}
	return 0
}

func hex4(b []byte) (rune, bool) {
	if len(b) < 6 || b[0] != '\\' || b[1] != 'u' {
		return 0, false
	}
	var r rune
	for _, c := range b[2:6] {
		switch {
		case '0' <= c && c <= '9':
			c -= '0'
		case 'a' <= c|0x20 && c|0x20 <= 'f':
			c = c | 0x20 - 'a' + 10
		default:
			return 0, false
		}
		r = r<<4 | rune(c)
	}
	return r, true
}

// number reads a number and returns its literal.
func (d *decoder) number() ([]byte, bool) {
	start := d.pos
	if d.at('-') {
		d.pos++
	}
	if !d.at('0') {
		if d.digits() == 0 {
			return nil, d.syntax("invalid number")
		}
	} else {
		d.pos++
	}
	if d.at('.') {
		if d.pos++; d.digits() == 0 {
			return nil, d.syntax("invalid number")
		}
	}
	if d.at('e') || d.at('E') {
		if d.pos++; d.at('+') || d.at('-') {
			d.pos++
		}
		if d.digits() == 0 {
			return nil, d.syntax("invalid number")
		}
	}
	return d.data[start:d.pos], true
}

func (d *decoder) at(c byte) bool { return d.pos < len(d.data) && d.data[d.pos] == c }

func (d *decoder) digits() (n int) {
	for d.pos < len(d.data) && '0' <= d.data[d.pos] && d.data[d.pos] <= '9' {
		d.pos++
		n++
	}
	return n
}

// literal takes true, false or null.
func (d *decoder) literal(word string) bool {
	if len(d.data)-d.pos < len(word) || string(d.data[d.pos:d.pos+len(word)]) != word {
		return d.syntax("invalid value")
	}
	d.pos += len(word)
	return true
}

// skip reads any value without looking at more than its syntax, and returns its text. A key that is repeated within one
// object is refused here too, because two readers may take different ones.
func (d *decoder) skip() ([]byte, bool) {
	c := d.peek()
	start := d.pos
	var ok bool
	switch {
	case c == '{':
		ok = d.skipObject()
	case c == '[':
		ok = d.skipArray()
	case c == '"':
		_, ok = d.text()
	case c == '-' || '0' <= c && c <= '9':
		_, ok = d.number()
	case c == 't':
		ok = d.literal("true")
	case c == 'f':
		ok = d.literal("false")
	case c == 'n':
		ok = d.literal("null")
	default:
		ok = d.syntax("want a value, got %s", char(d.data[d.pos:]))
	}
	return d.data[start:d.pos], ok
}

func (d *decoder) skipObject() bool {
	var seen keySet
	if !d.enter() || d.empty('}') {
		return d.broken == ""
	}
	for {
		key, ok := d.key()
		if !ok {
			return false
		}
		d.push(key)
		if seen.add(key) {
			d.fault("there twice")
		}
		if _, ok = d.skip(); !ok {
			return false
		}
		d.pop()
		if more, ok := d.more('}'); !more {
			return ok
		}
	}
}

func (d *decoder) skipArray() bool {
	if !d.enter() || d.empty(']') {
		return d.broken == ""
	}
	for i := 0; ; i++ {
		d.pushIndex(i)
		if _, ok := d.skip(); !ok {
			return false
		}
		d.pop()
		if more, ok := d.more(']'); !more {
			return ok
		}
	}
}

// A keySet finds repeated keys: by looking through the list while there are few, in a map from then on.
type keySet struct {
	few  [8][]byte
	n    int
	many map[string]struct{}
}

// add reports whether the key was there before. The key's bytes must not change.
func (s *keySet) add(key []byte) bool {
	if s.many != nil {
		if _, twice := s.many[string(key)]; twice {
			return true
		}
		s.many[string(key)] = struct{}{}
		return false
	}
	for _, other := range s.few[:s.n] {
		if string(other) == string(key) {
			return true
		}
	}
	if s.n < len(s.few) {
		s.few[s.n] = key
		s.n++
		return false
	}
	s.many = make(map[string]struct{}, 4*len(s.few))
	for _, other := range s.few {
		s.many[string(other)] = struct{}{}
	}
	s.many[string(key)] = struct{}{}
	return false
}
