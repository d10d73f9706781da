package primitives

import (
	"bytes"
	"encoding/binary"
	"math/bits"
	"strings"
	"unicode/utf8"
)

// str passes over a string and reports whether it has escapes. Those that are not the shortest are written anew.
func (c *Canonicalizer) str() (escaped bool, err error) {
	for c.at = PastPlain(c.in, c.at+1); c.at < len(c.in); c.at = PastPlain(c.in, c.at) {
		switch c.in[c.at] {
		case '"':
			c.at++
			return escaped, nil
		case '\\':
			escaped = true
			if err := c.respell(); err != nil {
				return false, err
			}
		default:
			return false, c.fault("control character in a string")
		}
	}
	return false, c.fault("")
}

// PastPlain returns where, from at on, the first character stands that a string does not hold as it is: a quote, a
// backslash or a control character; it is the length of the text when there is none. It looks at eight bytes at a time ("Bit Twiddling Hacks": determine if a word has a
// byte less than n); the lowest byte that is marked is never a false one.
func PastPlain(text []byte, at int) int {
	const ones, tops = 0x0101010101010101, 0x8080808080808080
	for ; at+8 <= len(text); at += 8 {
		w := binary.LittleEndian.Uint64(text[at:])
		quote, backslash := w^ones*'"', w^ones*'\\'
		found := ((w-ones*' ')&^w | (quote-ones)&^quote | (backslash-ones)&^backslash) & tops
		if found != 0 {
			return at + bits.TrailingZeros64(found)/8
		}
	}
	for at < len(text) && text[at] >= ' ' && text[at] != '"' && text[at] != '\\' {
		at++
	}
	return at
}

// respell passes over an escape, or writes the character that it stands for.
func (c *Canonicalizer) respell() error {
	if at := c.at + 1; at < len(c.in) && strings.IndexByte(`"\bfnrt`, c.in[at]) >= 0 {
		c.at += 2 // it is the shortest one
		return nil
	}
	c.copy()
	c.at++
	r, err := c.escape()
	if err != nil {
		return err
	}
	if r < ' ' || r == '"' || r == '\\' {
		c.out = appendEscape(c.out, byte(r))
	} else {
		c.out = utf8.AppendRune(c.out, r)
	}
	c.copied = c.at
	return nil
}

// decode appends a key of the input, which is known to be well-formed, to keys without its escapes.
func (c *Canonicalizer) decode(key span) span {
	end, from := c.at, len(c.keys)
	for c.at = key.from; c.at < key.to; {
		if b := c.in[c.at]; b != '\\' {
			c.keys = append(c.keys, b)
			c.at++
			continue
		}
		c.at++
		r, _ := c.escape()
		c.keys = utf8.AppendRune(c.keys, r)
	}
	c.at = end
	return span{from, len(c.keys)}
}

// escape reads an escape behind its backslash.
func (c *Canonicalizer) escape() (rune, error) {
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
func (c *Canonicalizer) unit() (rune, bool) {
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

// AppendString appends a string in its canonical form, quotes included. Invalid UTF-8 becomes U+FFFD.
func AppendString(dst []byte, s string) []byte { return appendString(dst, s) }

// AppendStringBytes is AppendString for a string that is held as bytes.
func AppendStringBytes(dst, s []byte) []byte { return appendString(dst, s) }

func appendString[T string | []byte](dst []byte, s T) []byte {
	dst = append(dst, '"')
	from := 0
	for i := 0; i < len(s); {
		if i = pastASCII(s, i); i == len(s) {
			break
		}
		b := s[i]
		if b >= utf8.RuneSelf {
			r, n := utf8.DecodeRuneInString(string(s[i:min(i+utf8.UTFMax, len(s))])) // too short to be allocated
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

// pastASCII is PastPlain for text of which everything that is not ASCII is looked at, too.
func pastASCII[T string | []byte](text T, at int) int {
	const ones, tops = 0x0101010101010101, 0x8080808080808080
	for ; at+8 <= len(text); at += 8 {
		w := uint64(text[at]) | uint64(text[at+1])<<8 | uint64(text[at+2])<<16 | uint64(text[at+3])<<24 |
			uint64(text[at+4])<<32 | uint64(text[at+5])<<40 | uint64(text[at+6])<<48 | uint64(text[at+7])<<56
		quote, backslash := w^ones*'"', w^ones*'\\'
		found := (w | (w - ones*' ') | (quote-ones)&^quote | (backslash-ones)&^backslash) & tops
		if found != 0 {
			return at + bits.TrailingZeros64(found)/8
		}
	}
	for at < len(text) && text[at] >= ' ' && text[at] < utf8.RuneSelf && text[at] != '"' && text[at] != '\\' {
		at++
	}
	return at
}

func appendEscape(dst []byte, b byte) []byte {
	if i := strings.IndexByte("\"\\\b\f\n\r\t", b); i >= 0 {
		return append(dst, '\\', `"\bfnrt`[i])
	}
	const digits = "0123456789abcdef"
	return append(dst, '\\', 'u', '0', '0', digits[b>>4], digits[b&15])
}
