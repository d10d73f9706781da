package cmvk

import (
	"math"
	"strconv"
	"strings"
	"unicode/utf8"
)

// A quantity is a number with its unit, in the base unit of its dimension: "5 mg" is 0.005 of mass.
type quantity struct {
	value      float64
	dimension  string // what it measures; empty is a bare number
	token      int32
	prev, next int32 // the nearest words with content in its sentence
}

// differs is how far two quantities are apart, from 0 to 1: their relative change |x−y| ÷ max(|x|,|y|), and at least 0.8
// if they measure different things, 0.3 if only one says what it measures.
func (q quantity) differs(other quantity) float64 {
	change := relative(q.value, other.value)
	switch {
	case q.dimension == other.dimension:
		return change
	case q.dimension == "" || other.dimension == "":
		const unsaid = 0.3
		return max(change, unsaid)
	default:
		const otherThing = 0.8
		return max(change, otherThing)
	}
}

// relative is |x−y| ÷ max(|x|,|y|), at most 1. What only rounding tells apart is the same.
func relative(x, y float64) float64 {
	const trace = 1e-12
	if x == y {
		return 0
	}
	scale := max(math.Abs(x), math.Abs(y))
	if math.IsInf(scale, 1) {
		return 1
	}
	change := math.Abs(x/scale - y/scale)
	if change < trace {
		return 0
	}
	return min(1, change)
}

// quantity reads a number with its currency, multiplier and unit, if one stands here.
func (z *tokenizer) quantity() bool {
	s, start := z.raw, z.at
	if c := s[start] | 0x20; 'a' <= c && c <= 'z' {
		return z.numeral()
	}
	i, negative := z.signed(start)
	currency, i := currencyAt(s, i)
	end, value, ok := number(s, i)
	if !ok || end < len(s) && z.codeUpTo(i, end+2*utf8.UTFMax) > end && !unitFollows(s, end) {
		return false
	}
	q := quantity{value: value, dimension: currency}
	end = q.scale(s, end)
	if negative {
		q.value = -q.value
	}
	z.amount(q, start, end)
	return true
}

// amount appends the token of a quantity.
func (z *tokenizer) amount(q quantity, start, end int) {
	q.token = int32(len(z.tokens))
	id := z.words.amount(q.value, q.dimension)
	z.quantities = append(z.quantities, q)
	z.put(id, start, end)
	z.tokens[q.token].quantity = int32(len(z.quantities))
	z.at = end
}

// signed passes over a minus that belongs to the number behind it.
func (z *tokenizer) signed(i int) (int, bool) {
	for _, minus := range []string{"-", "−"} {
		rest, ok := strings.CutPrefix(z.raw[i:], minus)
		if !ok || rest == "" || i > 0 && z.raw[i-1] > ' ' && strings.IndexByte("([{:=,", z.raw[i-1]) < 0 {
			continue
		}
		if _, behind := currencyAt(rest, 0); behind < len(rest) && isDigit(rest[behind]) {
			return i + len(minus), true
		}
	}
	return i, false
}

func currencyAt(s string, i int) (string, int) {
	r, size := utf8.DecodeRuneInString(s[i:])
	switch r {
	case '$', '€', '£', '¥', '₹':
		return string(r), i + size
	}
	return "", i
}

// number reads digits, with groups of three behind commas, a fraction and an exponent.
func number(s string, i int) (end int, value float64, ok bool) {
	const longest = 64 // characters; longer ones are identifiers
	whole := len(s)
	s = s[:min(whole, i+longest)]
	start := i
	i = digits(s, i)
	if i == start || i == len(s) && i < whole {
		return start, 0, false
	}
	const group = 3
	grouped := false
	for i-start <= group || grouped {
		next := digits(s, min(i+1, len(s)))
		if i >= len(s) || s[i] != ',' || next-i-1 != group {
			break
		}
		i, grouped = next, true
	}
	if i+1 < len(s) && s[i] == '.' && isDigit(s[i+1]) {
		i = digits(s, i+1)
	}
	if e := exponent(s, i); e > i {
		i = e
	}
	literal := s[start:i]
	if grouped {
		literal = strings.ReplaceAll(literal, ",", "")
	}
	value, err := strconv.ParseFloat(literal, 64)
	return i, value, err == nil
}

func digits(s string, i int) int {
	for i < len(s) && isDigit(s[i]) {
		i++
	}
	return i
}

// exponent is where an exponent at i ends, or i.
func exponent(s string, i int) int {
	if i >= len(s) || s[i]|0x20 != 'e' {
		return i
	}
	j := i + 1
	if j < len(s) && (s[j] == '-' || s[j] == '+') {
		j++
	}
	if end := digits(s, j); end > j && (end == len(s) || !isAlnum(s[end])) {
		return end
	}
	return i
}

// unitFollows reports whether the letters that touch a number are its unit or multiplier.
func unitFollows(s string, i int) bool {
	suffix := s[i:letters(s, i)]
	if suffix == "" {
		// a hyphen or slash and a number: a range is two numbers, a date or a version is none
		return s[i] == '-' && digits(s, digits(s, i+1)) == digits(s, i+1) && !continues(s, digits(s, i+1))
	}
	if end := i + len(suffix); end < len(s) && isDigit(s[end]) {
		return false
	}
	_, _, ok := unit(suffix)
	return ok || multiplier(suffix) != 0 || multiplier(suffix[:1]) != 0 && len(suffix) > 1 && isUnit(suffix[1:])
}

func isUnit(s string) bool {
	_, _, ok := unit(s)
	return ok
}

func continues(s string, i int) bool {
	return i+1 < len(s) && strings.IndexByte("-./:", s[i]) >= 0 && isDigit(s[i+1])
}

// scale applies the multiplier and the unit behind a number and returns where they end. A sum of money takes no other
// unit, and lone capitals are units only where they touch the number or a degree sign.
func (q *quantity) scale(s string, i int) int {
	i = q.multiply(s, i)
	at := i
	if at < len(s) && (s[at] == ' ' || s[at] == '-') {
		at++
	}
	if strings.HasPrefix(s[at:], "%") {
		q.dimension = "%"
		return at + 1
	}
	degree := strings.HasPrefix(s[at:], "°")
	if degree {
		at += len("°")
	}
	end := letters(s, at)
	dimension, factor, ok := unit(s[at:end])
	lone := end-at == 1 && s[at] <= 'Z' && at > i && !degree
	if !ok || lone || q.dimension != "" && q.dimension != dimension {
		return i
	}
	q.value *= factor
	q.dimension = dimension
	if end+1 < len(s) && s[end] == '/' && letters(s, end+1) > end+1 {
		per := letters(s, end+1)
		q.dimension += "/" + fold(s[end+1:per])
		end = per
	}
	return end
}

// multiply applies k, M, thousand and their like.
func (q *quantity) multiply(s string, i int) int {
	at := i
	if at < len(s) && s[at] == ' ' {
		at++
	}
	end := letters(s, at)
	factor := multiplier(s[at:end])
	if factor == 0 || at > i && end-at == 1 {
		return i
	}
	q.value *= factor
	return end
}

// multiplier returns what a word multiplies by, or 0. Letters count only where they touch the number.
func multiplier(word string) float64 {
	const thousand, million, billion, trillion = 1e3, 1e6, 1e9, 1e12
	switch word {
	case "k", "K":
		return thousand
	case "M":
		return million
	case "B":
		return billion
	}
	switch fold(word) {
	case "hundred":
		return 100
	case "dozen":
		return 12
	case "thousand", "thousands":
		return thousand
	case "million", "millions", "mn":
		return million
	case "billion", "billions", "bn":
		return billion
	case "trillion", "trillions":
		return trillion
	}
	return 0
}
