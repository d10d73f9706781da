package primitives

import (
	"bytes"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// MaxDepth is how deep a JSON text may nest.
const MaxDepth = 512

// A SyntaxError is a fault of a JSON text at a byte offset.
type SyntaxError struct {
	Offset  int
	Problem string // what is wrong and, where it helps, what to do
}

// Error returns the problem and the offset.
func (e *SyntaxError) Error() string { return fmt.Sprintf("%s at byte %d", e.Problem, e.Offset) }

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
	return c.out, nil
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
		if err := c.sort(start, base, body); err != nil {
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

// sort puts the members from base on into order; their text begins at body.
func (c *canonicalizer) sort(start, base, body int) error {
	members := c.members[base:]
	slices.SortFunc(members, func(a, b member) int { return compareKeys(a.key, b.key) })
	unsorted := bytes.Clone(c.out[body:])
	c.out = c.out[:body]
	for i, m := range members {
		if i > 0 {
			if bytes.Equal(members[i-1].key, m.key) {
				return &SyntaxError{Offset: start, Problem: fmt.Sprintf("key %s is repeated in the object", clipKey(m.key))}
			}
			c.out = append(c.out, ',')
		}
		c.out = append(c.out, unsorted[m.from-body:m.to-body]...)
	}
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

// str appends a string in its canonical form and returns it decoded; the bytes may be the input's own.
func (c *canonicalizer) str() ([]byte, error) {
	start := c.at + 1
	for c.at = start; c.at < len(c.in); c.at++ {
		switch b := c.in[c.at]; {
		case b == '"':
			text := c.in[start:c.at]
			c.at++
			c.out = append(append(append(c.out, '"'), text...), '"')
			return text, nil
		case b == '\\':
			return c.escaped(start)
		case b < 0x20:
			return nil, c.fault("control character in a string")
		}
	}
	return nil, c.fault("")
}

// escaped goes on with a string from its first escape on.
func (c *canonicalizer) escaped(start int) ([]byte, error) {
	text := bytes.Clone(c.in[start:c.at])
	for c.at < len(c.in) {
		switch b := c.in[c.at]; {
		case b == '"':
			c.at++
			c.out = AppendString(c.out, string(text))
			return text, nil
		case b == '\\':
			c.at++
			r, err := c.escape()
			if err != nil {
				return nil, err
			}
			text = utf8.AppendRune(text, r)
		case b < 0x20:
			return nil, c.fault("control character in a string")
		default:
			text = append(text, b)
			c.at++
		}
	}
	return nil, c.fault("")
}

// escape reads an escape behind its backslash.
func (c *canonicalizer) escape() (rune, error) {
	b := c.peek()
	if i := strings.IndexByte(`"\/bfnrt`, b); b != 0 && i >= 0 {
		c.at++
		return rune("\"\\/\b\f\n\r\t"[i]), nil
	}
	if b != 'u' {
		return 0, c.fault("unknown escape")
	}
	start := c.at
	high, ok := c.unit()
	switch {
	case !ok:
		return 0, c.fault("bad \\u escape")
	case high < 0xD800 || high > 0xDFFF:
		return high, nil
	case high < 0xDC00 && bytes.HasPrefix(c.in[c.at:], []byte(`\u`)):
		c.at++
		if low, ok := c.unit(); ok && 0xDC00 <= low && low <= 0xDFFF {
			return 0x10000 + (high-0xD800)<<10 + (low - 0xDC00), nil
		}
	}
	return 0, &SyntaxError{Offset: start, Problem: "lone surrogate"}
}

// unit reads uXXXX.
func (c *canonicalizer) unit() (rune, bool) {
	const length = len("uXXXX")
	if len(c.in)-c.at < length {
		return 0, false
	}
	var unit rune
	for _, b := range c.in[c.at+1 : c.at+length] {
		switch {
		case '0' <= b && b <= '9':
			unit = unit<<4 | rune(b-'0')
		case 'a' <= b|0x20 && b|0x20 <= 'f':
			unit = unit<<4 | rune(b|0x20-'a'+10)
		default:
			return 0, false
		}
	}
	c.at += length
	return unit, true
}

func (c *canonicalizer) number() error {
	start := c.at
	integer, ok := c.scanNumber()
	if !ok {
		return c.fault("bad number")
	}
	text := c.in[start:c.at]
	const exact = 15 // digits of an integer that every double holds
	if integer && len(text) <= exact {
		if string(text) == "-0" {
			text = text[1:]
		}
		c.out = append(c.out, text...)
		return nil
	}
	f, err := strconv.ParseFloat(string(text), 64)
	if err != nil || integer && string(strconv.AppendFloat(nil, f, 'f', 0, 64)) != string(text) {
		return &SyntaxError{Offset: start, Problem: "number cannot be held exactly: send it as a string"}
	}
	c.out = AppendNumber(c.out, f)
	return nil
}

// scanNumber passes over a number and reports whether it is an integer literal.
func (c *canonicalizer) scanNumber() (integer, ok bool) {
	if c.peek() == '-' {
		c.at++
	}
	if c.peek() == '0' {
		c.at++
	} else if !c.digits() {
		return false, false
	}
	integer = true
	if c.peek() == '.' {
		c.at++
		integer = false
		if !c.digits() {
			return false, false
		}
	}
	if c.peek()|0x20 == 'e' {
		c.at++
		integer = false
		if b := c.peek(); b == '+' || b == '-' {
			c.at++
		}
		if !c.digits() {
			return false, false
		}
	}
	return integer, true
}

func (c *canonicalizer) digits() bool {
	start := c.at
	for b := c.peek(); '0' <= b && b <= '9'; b = c.peek() {
		c.at++
	}
	return c.at > start
}

// AppendNumber appends a finite number as ECMAScript prints it (RFC 8785 section 3.2.2.3). NaN and infinities, which
// JSON does not have, become null.
func AppendNumber(dst []byte, f float64) []byte {
	switch size := math.Abs(f); {
	case math.IsNaN(f) || math.IsInf(f, 0):
		return append(dst, "null"...)
	case f == 0:
		return append(dst, '0')
	case size >= 1e-6 && size < 1e21:
		return strconv.AppendFloat(dst, f, 'f', -1, 64)
	default:
		dst = strconv.AppendFloat(dst, f, 'e', -1, 64)
		if n := len(dst); n >= 4 && dst[n-2] == '0' && (dst[n-3] == '-' || dst[n-3] == '+') { // 1e-07 is 1e-7
			dst = append(dst[:n-2], dst[n-1])
		}
		return dst
	}
}

// AppendInt appends an integer. Beyond ±2^53 other readers would round it, so such figures belong into strings.
func AppendInt(dst []byte, i int64) []byte { return strconv.AppendInt(dst, i, 10) }

// AppendString appends a string in its canonical form, quotes included. Invalid UTF-8 becomes U+FFFD.
func AppendString(dst []byte, s string) []byte {
	dst = append(dst, '"')
	from := 0
	for i := 0; i < len(s); {
		b := s[i]
		if b >= 0x20 && b != '"' && b != '\\' && b < utf8.RuneSelf {
			i++
			continue
		}
		if b >= utf8.RuneSelf {
			r, n := utf8.DecodeRuneInString(s[i:])
			if r != utf8.RuneError || n > 1 {
				i += n
				continue
			}
			dst = append(append(dst, s[from:i]...), "\uFFFD"...)
		} else {
			dst = appendEscape(append(dst, s[from:i]...), b)
		}
		i++
		from = i
	}
	return append(append(dst, s[from:]...), '"')
}

func appendEscape(dst []byte, b byte) []byte {
	if i := strings.IndexByte("\"\\\b\f\n\r\t", b); i >= 0 {
		return append(dst, '\\', `"\bfnrt`[i])
	}
	const digits = "0123456789abcdef"
	return append(dst, '\\', 'u', '0', '0', digits[b>>4], digits[b&15])
}
