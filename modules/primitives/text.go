package primitives

import (
	"bytes"
	"strings"
	"unicode/utf8"
)

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
			c.out = AppendStringBytes(c.out, text)
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

// AppendString appends a string in its canonical form, quotes included. Invalid UTF-8 becomes U+FFFD.
func AppendString(dst []byte, s string) []byte { return appendString(dst, s) }

// AppendStringBytes is AppendString for a string that is held as bytes.
func AppendStringBytes(dst, s []byte) []byte { return appendString(dst, s) }

func appendString[T string | []byte](dst []byte, s T) []byte {
	dst = append(dst, '"')
	from := 0
	for i := 0; i < len(s); {
		b := s[i]
		if b >= 0x20 && b != '"' && b != '\\' && b < utf8.RuneSelf {
			i++
			continue
		}
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

func appendEscape(dst []byte, b byte) []byte {
	if i := strings.IndexByte("\"\\\b\f\n\r\t", b); i >= 0 {
		return append(dst, '\\', `"\bfnrt`[i])
	}
	const digits = "0123456789abcdef"
	return append(dst, '\\', 'u', '0', '0', digits[b>>4], digits[b&15])
}
