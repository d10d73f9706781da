package governance

import (
	"bytes"
	"cmp"
	"hash/maphash"
	"math"
	"slices"
	"strconv"
)

// Bounds of what is kept of one answer.
const (
	maxLeaves       = 256 // values, words and numbers
	maxShapes       = 128 // values with a type
	row             = 8   // places back at which the entries of a list usually repeat themselves
	maxProfileDepth = 64
)

// A leaf is one number, word, truth value or null of an answer, at a place. Places are hashes of the keys above; the
// index in an array is no part of it, so that answers with the same entries in another order are alike.
type leaf struct {
	place uint64 // the lowest bit is set for numbers
	value uint64 // the bits of a number, or a hash
}

func (l leaf) number() (float64, bool) { return math.Float64frombits(l.value), l.place&1 == 1 }

// A shape is a place with the type that stands there, and the array around it.
type shape struct {
	place uint64
	list  uint64 // place of the innermost array, or 0
}

// A profile is what is kept of one JSON answer: enough to compare it with another, nothing to read it by.
type profile struct {
	leaves []leaf   // sorted
	shapes []shape  // sorted, each once
	lists  []uint64 // places of arrays that have elements
	size   int      // in bytes
	whole  uint64   // hash of all bytes
}

// A profiler reads answers. It is reused, because most of its cost would be memory.
type profiler struct {
	profile
	seed maphash.Seed
	text []byte
	at   int

	shaped int // values whose place was looked at for its shape
}

// read makes the profile of an answer, of its first limit bytes when it is longer. Malformed JSON ends the reading: what
// came before counts.
func (p *profiler) read(text []byte, limit int) {
	p.leaves, p.shapes, p.lists = p.leaves[:0], p.shapes[:0], p.lists[:0]
	p.size, p.whole = len(text), maphash.Bytes(p.seed, text)
	p.text, p.at, p.shaped = text[:min(len(text), limit)], 0, 0
	p.value(1<<1, 0, maxProfileDepth)
	p.text = nil
	slices.SortFunc(p.leaves, compareLeaves)
	slices.SortFunc(p.shapes, func(a, b shape) int { return cmp.Compare(a.place, b.place) })
	p.shapes = slices.CompactFunc(p.shapes, func(a, b shape) bool { return a.place == b.place })
}

func compareLeaves(a, b leaf) int {
	if a.place != b.place {
		return cmp.Compare(a.place, b.place)
	}
	return cmp.Compare(a.value, b.value)
}

// mix makes one hash of two; it is a finaliser of splitmix64 over their sum.
func mix(a, b uint64) uint64 {
	x := a*0x9e3779b97f4a7c15 + b
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}

// next skips white space and returns the byte there, or 0 at the end.
func (p *profiler) next() byte {
	for ; p.at < len(p.text); p.at++ {
		switch c := p.text[p.at]; c {
		case ' ', '\t', '\n', '\r':
		default:
			return c
		}
	}
	return 0
}

// value reads one value at a place and reports whether reading can go on.
func (p *profiler) value(place, list uint64, depth int) bool {
	c := p.next()
	switch {
	case depth == 0 || c == 0 || len(p.leaves) >= maxLeaves && p.shaped >= maxShapes:
		return false
	case c == '{':
		return p.object(place, list, depth)
	case c == '[':
		return p.array(place, depth)
	case c == '"':
		s, ok := p.quoted()
		p.shape(place, list, 's')
		p.words(place, s)
		return ok
	default:
		return p.scalar(place, list)
	}
}

func (p *profiler) object(place, list uint64, depth int) bool {
	p.at++
	for p.next() == '"' {
		key, ok := p.quoted()
		if !ok || p.next() != ':' {
			return false
		}
		p.at++
		if !p.value(mix(place, maphash.Bytes(p.seed, key)), list, depth-1) {
			return false
		}
		if p.next() == ',' {
			p.at++
		}
	}
	return p.closed('}')
}

func (p *profiler) array(place uint64, depth int) bool {
	p.at++
	place = mix(place, '[')
	for empty := true; p.next() != ']'; empty = false {
		if empty && len(p.lists) < maxShapes {
			p.lists = append(p.lists, place)
		}
		if !p.value(place, place, depth-1) {
			return false
		}
		if p.next() == ',' {
			p.at++
		}
	}
	return p.closed(']')
}

func (p *profiler) closed(end byte) bool {
	ok := p.next() == end
	p.at++
	return ok
}

// quoted reads a string and returns what stands between its quotes, escapes as they are.
func (p *profiler) quoted() ([]byte, bool) {
	start := p.at + 1
	for i := start; i < len(p.text); i++ {
		switch p.text[i] {
		case '"':
			p.at = i + 1
			return p.text[start:i], true
		case '\\':
			i++
		}
	}
	p.at = len(p.text)
	return p.text[min(start, p.at):], false
}

// scalar reads a number or a literal.
func (p *profiler) scalar(place, list uint64) bool {
	start := p.at
	for p.at < len(p.text) && !ending(p.text[p.at]) {
		p.at++
	}
	word := p.text[start:p.at]
	if len(word) == 0 {
		return false
	}
	if n, ok := parseNumber(word); ok {
		p.shape(place, list, 'n')
		p.number(place, n)
		return true
	}
	if word[0] != 'n' { // null is neither a type nor a value
		p.shape(place, list, 'b')
		p.word(place, word)
	}
	return true
}

// ending reports whether a number or literal ends before the byte.
func ending(c byte) bool {
	switch c {
	case ',', ']', '}', ' ', '\t', '\n', '\r':
		return true
	default:
		return false
	}
}

func (p *profiler) shape(place, list uint64, kind byte) {
	if p.shaped++; p.shaped > maxShapes {
		return
	}
	s := shape{mix(place, uint64(kind)), list}
	if !slices.Contains(p.shapes[max(0, len(p.shapes)-row):], s) {
		p.shapes = append(p.shapes, s)
	}
}

func (p *profiler) number(place uint64, n float64) {
	if len(p.leaves) < maxLeaves {
		p.leaves = append(p.leaves, leaf{place | 1, math.Float64bits(n + 0)}) // + 0 makes one of the two zeros
	}
}

func (p *profiler) word(place uint64, word []byte) {
	if len(p.leaves) < maxLeaves {
		p.leaves = append(p.leaves, leaf{place &^ 1, maphash.Bytes(p.seed, word)})
	}
}

// words takes a string apart: words are compared as such, and a number is compared as a number at the place of the word
// before it, so that "Total: $100" and "Total: $900" differ by the amount. What is made anew for every answer, as are
// times and identifiers, is left out.
func (p *profiler) words(place uint64, text []byte) {
	before := uint64(0)
	for at := 0; at < len(text) && len(p.leaves) < maxLeaves; {
		n := wordLength(text[at:])
		if n == 0 {
			at++
			if text[at-1] == '\\' {
				at++ // the letter of an escape is no word
			}
			continue
		}
		word := text[at : at+n]
		at += n
		if fleeting(word) {
			continue
		}
		if f, ok := plainNumber(word); ok {
			p.number(mix(place, before), f)
			continue
		}
		before = maphash.Bytes(p.seed, word)
		p.word(place, word)
	}
}

// wordLength returns the length of the word that a text begins with. A word is a run of letters, digits and bytes
// beyond ASCII; points, commas, colons and dashes belong to it between two digits or letters that follow a digit, as in
// 1.5, 12:30 and 2026-01-02T12:30:00Z.
func wordLength(text []byte) int {
	n := 0
	for n < len(text) {
		switch {
		case wordByte(text[n]):
			n++
		case n > 0 && digit(text[n-1]) && n+1 < len(text) && wordByte(text[n+1]) && bytes.IndexByte([]byte(".,:-+"), text[n]) >= 0:
			n++
		case n > 0 && text[n] == '-' && n+1 < len(text) && wordByte(text[n+1]) && n >= 8:
			n++ // an identifier in groups
		default:
			return n
		}
	}
	return n
}

func wordByte(c byte) bool {
	return digit(c) || 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || c >= 0x80
}

func digit(c byte) bool { return '0' <= c && c <= '9' }

// plainNumber reads 100, 1.5 and 1,000.
func plainNumber(word []byte) (float64, bool) {
	if !digit(word[0]) || len(word) > 24 {
		return 0, false
	}
	var plain [24]byte
	digits := plain[:0]
	for _, c := range word {
		if c != ',' {
			digits = append(digits, c)
		}
	}
	return parseNumber(digits)
}

// parseNumber reads a number; the common short ones without an allocation.
func parseNumber(word []byte) (float64, bool) {
	const exact = 15 // decimal digits that a float64 holds
	mantissa, scale, point := 0.0, 1.0, false
	rest := bytes.TrimPrefix(word, []byte("-"))
	for i, c := range rest {
		switch {
		case digit(c) && i < exact:
			mantissa = mantissa*10 + float64(c-'0')
			if point {
				scale *= 10
			}
		case c == '.' && !point && i > 0:
			point = true
		case !digit(c) && c != '.' && c != 'e' && c != 'E' && c != '+' && c != '-':
			return 0, false
		default:
			n, err := strconv.ParseFloat(string(word), 64)
			return n, err == nil
		}
	}
	if len(rest) < len(word) {
		mantissa = -mantissa
	}
	return mantissa / scale, len(rest) > 0
}

// fleeting reports whether a word is a time of day, a date, or an identifier: sixteen hexadecimal digits or more.
func fleeting(word []byte) bool {
	if len(word) < 8 {
		return len(word) >= 4 && digit(word[0]) && bytes.IndexByte(word, ':') > 0
	}
	if digit(word[0]) && (bytes.IndexByte(word, ':') > 0 || len(word) >= 10 && word[4] == '-' && word[7] == '-') {
		return true
	}
	return len(word) >= 16 && hexadecimal(word)
}

func hexadecimal(word []byte) bool {
	digits := 0
	for _, c := range word {
		switch {
		case digit(c):
			digits++
		case c == '-', 'a' <= c && c <= 'f', 'A' <= c && c <= 'F':
		default:
			return false
		}
	}
	return digits > 0
}
