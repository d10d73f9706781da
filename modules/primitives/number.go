package primitives

import (
	"bytes"
	"math"
	"slices"
	"strconv"
)

func (c *Canonicalizer) number() error {
	start := c.at
	if end := canonicalNumber(c.in, start); end > 0 {
		c.at = end
		return nil
	}
	c.copy()
	integer, ok := c.scanNumber()
	if !ok {
		return c.fault("bad number")
	}
	text := c.in[start:c.at]
	f, err := strconv.ParseFloat(string(text), 64)
	if err != nil || integer && f != 0 && !says(f, text) {
		return &SyntaxError{Offset: start, Problem: "number that cannot be held exactly", Advice: "send it as a string"}
	}
	c.out = AppendNumber(c.out, f)
	c.copied = c.at
	return nil
}

// canonicalNumber returns where a number that begins at start ends, when it can be told without any arithmetic that it
// is canonical, and else 0. No two decimals of up to fifteen digits are the same double, so such a one is its double's
// shortest form, as ECMAScript prints it as long as it is written without an exponent, a needless zero or a sign of zero,
// and is 1e-6 at least.
func canonicalNumber(text []byte, start int) (end int) {
	const exact, small = 15, 6
	whole := start
	if text[start] == '-' {
		whole++
	}
	end = pastDigits(text, whole)
	n, zero := end-whole, end > whole && text[whole] == '0'
	if n == 0 || zero && n > 1 {
		return 0
	}
	fraction := 0
	if end < len(text) && text[end] == '.' {
		point := end
		end = pastDigits(text, point+1)
		if fraction = end - point - 1; fraction == 0 || text[end-1] == '0' {
			return 0
		}
	}
	switch {
	case n+fraction > exact || zero && fraction > small, zero && fraction == 0 && whole > start:
		return 0
	case end < len(text) && text[end]|0x20 == 'e':
		return 0
	default:
		return end
	}
}

func pastDigits(text []byte, at int) int {
	for at < len(text) && text[at]-'0' <= 9 {
		at++
	}
	return at
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
func (c *Canonicalizer) scanNumber() (integer, ok bool) {
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

func (c *Canonicalizer) digits() bool {
	start := c.at
	c.at = pastDigits(c.in, c.at)
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
