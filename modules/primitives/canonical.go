package primitives

import (
	"bytes"
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"
)

// MaxDepth is how deep a JSON text may nest.
const MaxDepth = 512

// A SyntaxError is a fault of a JSON text at a byte offset.
type SyntaxError struct {
	Offset  int
	Problem string // what is wrong
	Advice  string // what to do about it, where there is something
}

// Error returns the problem, the offset and the advice.
func (e *SyntaxError) Error() string {
	if e.Advice == "" {
		return fmt.Sprintf("%s at byte %d", e.Problem, e.Offset)
	}
	return fmt.Sprintf("%s at byte %d: %s", e.Problem, e.Offset, e.Advice)
}

// Canonical returns the canonical form (RFC 8785) of one JSON text: members sorted by their keys' UTF-16 code units, no
// white space, the shortest escapes, numbers as ECMAScript prints a double. Equal values have equal forms.
//
// What readers would not agree about is an error: repeated keys, invalid UTF-8, lone surrogates, text behind the value,
// nesting beyond MaxDepth, and numbers that a double cannot hold: those out of range, and integers that would be
// rounded. Fractions are rounded to the nearest double, as every reader does.
func Canonical(raw []byte) ([]byte, error) {
	return AppendCanonical(make([]byte, 0, len(raw)), raw)
}

// AppendCanonical appends the canonical form of raw to dst. On an error dst comes back as it was.
func AppendCanonical(dst, raw []byte) ([]byte, error) {
	if !utf8.Valid(raw) {
		return dst, &SyntaxError{Offset: invalidAt(raw), Problem: "invalid UTF-8"}
	}
	var room [16]member
	c := canonicalizer{in: raw, out: dst, members: room[:0]}
	c.space()
	if err := c.value(); err != nil {
		return dst, err
	}
	if c.space(); c.at != len(raw) {
		return dst, c.fault("unexpected text behind the value")
	}
	return c.arranged(len(dst)), nil
}

func invalidAt(raw []byte) int {
	for i := 0; i < len(raw); {
		r, n := utf8.DecodeRune(raw[i:])
		if r == utf8.RuneError && n == 1 {
			return i
		}
		i += n
	}
	return len(raw)
}

// canonicalizer reads in and appends to out. Members of the objects that are open lie on one stack, each object's from
// its own base on, so that an object costs no allocation.
type canonicalizer struct {
	in      []byte
	at      int
	out     []byte
	depth   int
	members []member
	shuffle shuffle
}

// A member is one member of an open object: its decoded key and where its text stands in out.
type member struct {
	key      []byte
	from, to int
}

func (c *canonicalizer) fault(problem string) error {
	if c.at >= len(c.in) {
		problem = "unexpected end"
	}
	return &SyntaxError{Offset: c.at, Problem: problem}
}

func (c *canonicalizer) space() {
	for c.at < len(c.in) {
		switch c.in[c.at] {
		case ' ', '\t', '\n', '\r':
			c.at++
		default:
			return
		}
	}
}

func (c *canonicalizer) peek() byte {
	if c.at < len(c.in) {
		return c.in[c.at]
	}
	return 0
}

func (c *canonicalizer) value() error {
	switch b := c.peek(); {
	case b == '"':
		_, err := c.str()
		return err
	case b == '{':
		return c.object()
	case b == '[':
		return c.array()
	case b == '-' || '0' <= b && b <= '9':
		return c.number()
	case b == 't':
		return c.literal("true")
	case b == 'f':
		return c.literal("false")
	case b == 'n':
		return c.literal("null")
	default:
		return c.fault("unexpected character")
	}
}

func (c *canonicalizer) literal(word string) error {
	if !bytes.HasPrefix(c.in[c.at:], []byte(word)) {
		return c.fault("unexpected word")
	}
	c.at += len(word)
	c.out = append(c.out, word...)
	return nil
}

func (c *canonicalizer) enter() error {
	if c.depth++; c.depth > MaxDepth {
		return c.fault(fmt.Sprintf("nesting deeper than %d", MaxDepth))
	}
	c.at++
	c.space()
	return nil
}

func (c *canonicalizer) array() error {
	if err := c.enter(); err != nil {
		return err
	}
	c.out = append(c.out, '[')
	for first := true; ; first = false {
		if first && c.peek() == ']' {
			break
		}
		if err := c.value(); err != nil {
			return err
		}
		if more, err := c.more(']'); err != nil || !more {
			if err != nil {
				return err
			}
			break
		}
	}
	c.at++
	c.depth--
	c.out = append(c.out, ']')
	return nil
}

// more reads what stands behind an element: a comma, which is passed on, or the closing bracket, which is not read.
func (c *canonicalizer) more(end byte) (bool, error) {
	c.space()
	switch c.peek() {
	case ',':
		c.at++
		c.space()
		c.out = append(c.out, ',')
		return true, nil
	case end:
		return false, nil
	default:
		return false, c.fault("expected a comma or a closing bracket")
	}
}

func (c *canonicalizer) object() error {
	start := c.at
	if err := c.enter(); err != nil {
		return err
	}
	c.out = append(c.out, '{')
	base, body, sorted := len(c.members), len(c.out), true
	for c.peek() != '}' || len(c.members) > base {
		if err := c.member(); err != nil {
			return err
		}
		if last := len(c.members) - 1; last > base {
			order := compareKeys(c.members[last-1].key, c.members[last].key)
			if order == 0 {
				return &SyntaxError{Offset: start, Problem: fmt.Sprintf("key %s is repeated in the object", clipKey(c.members[last].key))}
			}
			sorted = sorted && order < 0
		}
		if more, err := c.more('}'); err != nil || !more {
			if err != nil {
				return err
			}
			break
		}
	}
	if !sorted {
		if err := c.sort(start, base, body-1); err != nil {
			return err
		}
	}
	c.members = c.members[:base]
	c.at++
	c.depth--
	c.out = append(c.out, '}')
	return nil
}

func (c *canonicalizer) member() error {
	if c.peek() != '"' {
		return c.fault("expected a key")
	}
	from := len(c.out)
	key, err := c.str()
	if err != nil {
		return err
	}
	if c.space(); c.peek() != ':' {
		return c.fault("expected a colon")
	}
	c.at++
	c.space()
	c.out = append(c.out, ':')
	if err := c.value(); err != nil {
		return err
	}
	c.members = append(c.members, member{key: key, from: from, to: len(c.out)})
	return nil
}

func clipKey(key []byte) string {
	const most = 40
	if len(key) > most {
		return strconv.Quote(strings.ToValidUTF8(string(key[:most]), "") + "…")
	}
	return strconv.Quote(string(key))
}

// compareKeys compares by UTF-16 code units, as RFC 8785 section 3.2.3 wants. That is the order of code points, and of
// UTF-8 bytes, but for characters beyond U+FFFF: their surrogates sort before U+E000.
func compareKeys(a, b []byte) int {
	for i := 0; i < len(a) && i < len(b); i++ {
		if a[i] != b[i] {
			if x, y := a[i] >= 0xEE, b[i] >= 0xEE; x && y { // lead bytes of U+E000 and above
				return compareHigh(a[i], b[i])
			}
			return int(a[i]) - int(b[i])
		}
	}
	return len(a) - len(b)
}

// compareHigh orders two different lead bytes of 0xEE and above: 0xF0 and above are pairs of surrogates.
func compareHigh(a, b byte) int {
	if x, y := a >= 0xF0, b >= 0xF0; x != y {
		if x {
			return -1
		}
		return 1
	}
	return int(a) - int(b)
}
