package primitives

import (
	"bytes"
	"math"
	"slices"
	"strconv"
)

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
	if err != nil || integer && !says(f, text) {
		return &SyntaxError{Offset: start, Problem: "number that cannot be held exactly", Advice: "send it as a string"}
	}
	c.out = AppendNumber(c.out, f)
	return nil
}

// says reports whether the canonical form of f is the integer that was written, so that no two integers have one form. A
// double may hold an integer exactly and still be printed as another that is shorter, as 2^68 is.
func says(f float64, integer []byte) bool {
	var room [32]byte
	form := AppendNumber(room[:0], f)
	mantissa, exponent, large := bytes.Cut(form, []byte("e+"))
	if !large {
		return bytes.Equal(form, integer)
	}
	zeros, err := strconv.Atoi(string(exponent))
	whole, fraction, _ := bytes.Cut(mantissa, []byte("."))
	if zeros -= len(fraction); err != nil || zeros < 0 || len(integer) != len(whole)+len(fraction)+zeros {
		return false
	}
	digits := slices.Concat(whole, fraction, bytes.Repeat([]byte("0"), zeros))
	return bytes.Equal(digits, integer)
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
