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

// AppendCanonical appends the canonical form of raw to dst, as Canonical makes it. On an error dst comes back as it was.
// A document whose open objects have a few members costs no memory but what dst has to grow by.
func AppendCanonical(dst, raw []byte) ([]byte, error) {
	var c Canonicalizer
	return c.append(dst, raw)
}

// A Canonicalizer makes canonical forms one after the other in the same memory, so that large documents cost no more
// allocations than small ones. It keeps a bounded amount of memory and nothing of the documents it has read but keys
// that were escaped. The zero value is ready. A Canonicalizer is not safe for concurrent use and must not be copied.
type Canonicalizer struct {
	in     []byte
	at     int
	copied int // up to where the input has been copied to out; what follows up to at is canonical as it stands
	out    []byte
	depth  int

	members stack[member] // of the open objects, each object's from its own base on
	keys    []byte        // decoded, of open members whose keys were escaped
	shuffle shuffle
}

// A member is one member of an open object: its decoded key, and where its text will stand in out.
type member struct {
	key   span // of the input, or of keys
	apart bool // the key stands in keys
	text  span
}

// A span is a piece of text.
type span struct{ from, to int }

// Append appends the canonical form of raw to dst, as AppendCanonical does. The result shares no memory with the
// Canonicalizer, and neither slice is kept.
func (c *Canonicalizer) Append(dst, raw []byte) ([]byte, error) {
	defer c.clear()
	return c.append(dst, raw)
}

// maxKept bounds the text that waits to be overwritten, in bytes.
const maxKept = 64 << 10

// clear makes ready for the next document, also after an error in the midst of one.
func (c *Canonicalizer) clear() {
	c.in, c.out, c.at, c.copied, c.depth = nil, nil, 0, 0, 0
	c.members.clear()
	c.shuffle.clear()
	if c.keys = c.keys[:0]; cap(c.keys) > maxKept {
		c.keys = nil
	}
}

func (c *Canonicalizer) append(dst, raw []byte) ([]byte, error) {
	if !utf8.Valid(raw) {
		return dst, &SyntaxError{Offset: invalidAt(raw), Problem: "invalid UTF-8"}
	}
	c.in, c.out = raw, dst
	if err := c.value(); err != nil {
		return dst, err
	}
	if c.next(); c.at != len(raw) {
		return dst, c.fault("unexpected text behind the value")
	}
	c.copy()
	return c.shuffle.arrange(c.out, len(dst)), nil
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

func (c *Canonicalizer) fault(problem string) error {
	if c.at >= len(c.in) {
		problem = "unexpected end"
	}
	return &SyntaxError{Offset: c.at, Problem: problem}
}

// copy copies what was read since the last time and is canonical as it stands. Text is copied in runs that are as long
// as can be: most of most documents needs no change.
func (c *Canonicalizer) copy() {
	c.out = append(c.out, c.in[c.copied:c.at]...)
	c.copied = c.at
}

// place returns where in out the next character will stand.
func (c *Canonicalizer) place() int { return len(c.out) + c.at - c.copied }

func (c *Canonicalizer) peek() byte {
	if c.at < len(c.in) {
		return c.in[c.at]
	}
	return 0
}

// next returns the next character that is no white space, which is not read, or 0 at the end.
func (c *Canonicalizer) next() byte {
	if b := c.peek(); b > ' ' {
		return b
	}
	return c.skip()
}

// skip leaves white space out.
func (c *Canonicalizer) skip() byte {
	c.copy()
	for b := c.peek(); b == ' ' || b == '\t' || b == '\n' || b == '\r'; b = c.peek() {
		c.at++
	}
	c.copied = c.at
	return c.peek()
}

func (c *Canonicalizer) value() error {
	switch b := c.next(); {
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

func (c *Canonicalizer) literal(word string) error {
	if !bytes.HasPrefix(c.in[c.at:], []byte(word)) {
		return c.fault("unexpected word")
	}
	c.at += len(word)
	return nil
}

func (c *Canonicalizer) enter() error {
	if c.depth++; c.depth > MaxDepth {
		return c.fault("nesting deeper than " + strconv.Itoa(MaxDepth))
	}
	c.at++
	return nil
}

func (c *Canonicalizer) leave() {
	c.at++
	c.depth--
}

func (c *Canonicalizer) array() error {
	if err := c.enter(); err != nil {
		return err
	}
	for more := c.next() != ']'; more; {
		err := c.value()
		if err == nil {
			more, err = c.more(']')
		}
		if err != nil {
			return err
		}
	}
	c.leave()
	return nil
}

// more reads what stands behind an element: a comma, which is passed on, or the closing bracket, which is not read.
func (c *Canonicalizer) more(end byte) (bool, error) {
	switch c.next() {
	case ',':
		c.at++
		return true, nil
	case end:
		return false, nil
	default:
		return false, c.fault("expected a comma or a closing bracket")
	}
}

func (c *Canonicalizer) object() error {
	start, open := c.at, c.place()
	if err := c.enter(); err != nil {
		return err
	}
	base, keys, sorted := c.members.size, len(c.keys), true
	for more := c.next() != '}'; more; {
		err := c.member()
		if err == nil {
			sorted, err = c.follows(start, base, sorted)
		}
		if err == nil {
			more, err = c.more('}')
		}
		if err != nil {
			return err
		}
	}
	if !sorted {
		if err := c.sort(start, open, base); err != nil {
			return err
		}
	}
	c.members.size, c.keys = base, c.keys[:keys]
	c.leave()
	return nil
}

// member reads one member and puts it on the stack.
func (c *Canonicalizer) member() error {
	if c.next() != '"' {
		return c.fault("expected a key")
	}
	from, key := c.place(), span{from: c.at + 1}
	escaped, err := c.str()
	if err != nil {
		return err
	}
	if key.to = c.at - 1; escaped {
		key = c.decode(key)
	}
	if c.next() != ':' {
		return c.fault("expected a colon")
	}
	c.at++
	if err := c.value(); err != nil {
		return err
	}
	m := c.members.push()
	m.key, m.apart, m.text.from, m.text.to = key, escaped, from, c.place()
	return nil
}

// follows reports whether the object's members are still in order now that there is one more, and refuses one that has
// the key of the member before it.
func (c *Canonicalizer) follows(start, base int, sorted bool) (bool, error) {
	members := c.members.list()[base:]
	if len(members) < 2 {
		return true, nil
	}
	last := &members[len(members)-1]
	order := compareKeys(c.key(&members[len(members)-2]), c.key(last))
	if order == 0 {
		return false, c.repeated(start, last)
	}
	return sorted && order < 0, nil
}

func (c *Canonicalizer) key(m *member) []byte {
	if m.apart {
		return c.keys[m.key.from:m.key.to]
	}
	return c.in[m.key.from:m.key.to]
}

func (c *Canonicalizer) repeated(start int, m *member) error {
	return &SyntaxError{Offset: start, Problem: "key " + clipKey(c.key(m)) + " is repeated in the object"}
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
