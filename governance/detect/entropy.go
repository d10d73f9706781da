package detect

import (
	"math"
	"slices"
	"strings"
)

// entropy returns Shannon's entropy of the first 256 bytes of a text, in bits a byte.
func entropy(text string) float64 {
	text = text[:min(len(text), 256)]
	var counts [256]uint16
	for i := range len(text) {
		counts[text[i]]++
	}
	bits := 0.0
	for i := range len(text) {
		if n := float64(counts[text[i]]); n > 0 {
			counts[text[i]] = 0
			share := n / float64(len(text))
			bits -= share * math.Log2(share)
		}
	}
	return bits
}

// A mixture counts the kinds of characters in a text.
type mixture struct{ lower, upper, digit, other, wide int }

func mix(text string) (m mixture) {
	for i := range len(text) {
		switch c := text[i]; {
		case 'a' <= c && c <= 'z':
			m.lower++
		case isUpper(c):
			m.upper++
		case isDigit(c):
			m.digit++
		case c >= 0x80:
			m.wide++
		default:
			m.other++
		}
	}
	return m
}

// kinds returns how many kinds of characters there are.
func (m mixture) kinds() (n int) {
	for _, count := range [...]int{m.lower, m.upper, m.digit, m.other, m.wide} {
		if count > 0 {
			n++
		}
	}
	return n
}

// random reports whether a text of a key's alphabet looks as if it was drawn by lot: many different characters, digits
// among letters or letters of both cases in disorder, and not words, a path or a number.
func random(text string) bool {
	m := mix(text)
	letters := m.lower + m.upper
	if len(text) < 16 || m.wide > 0 || letters == 0 || entropy(text) < min(3.2, 0.75*math.Log2(float64(len(text)))) {
		return false
	}
	if m.digit < 2 {
		return m.lower > 0 && m.upper > 0 && changes(text) > len(text)/4
	}
	return (m.digit*12 >= len(text) || m.upper > 0 && m.lower > 0) && changes(text) >= len(text)/6
}

// changes counts the places where the kind of character changes, which words and numbers have few of. A capital that
// begins a word is no change.
func changes(text string) (n int) {
	for i := 1; i < len(text); i++ {
		a, b := kindOf(text[i-1]), kindOf(text[i])
		if a != b && (a != 2 || b != 1) {
			n++
		}
	}
	return n
}

func kindOf(c byte) int {
	switch {
	case 'a' <= c && c <= 'z':
		return 1
	case isUpper(c):
		return 2
	case isDigit(c):
		return 3
	default:
		return 4
	}
}

// stale reports whether a text only stands for a secret: a placeholder, a reference to where the secret is, an example
// of a manual, a value that was masked already.
func stale(text string) bool {
	if text == "" || masked(text) || monotone(text) {
		return true
	}
	switch text[0] {
	case '$', '<', '%', '{', '[', '&', '@', '#', '*':
		if placeholderBracket(text) {
			return true
		}
	}
	var room [96]byte
	plain := flatten(room[:0], text)
	for _, part := range [...]string{
		"example", "changeme", "placeholder", "yourpass", "yourkey", "yourapi", "yoursecret", "yourtoken", "youraccess", "yourown",
		"yourclient", "insert", "replace", "redacted", "dummy", "fixme", "todo", "xxxx", "notareal", "notreal", "fake", "sample", "mypassword", "mysecret", "opensesame",
		"goeshere", "apikeyhere", "tokenhere", "abcdefghij", "0123456789", "1234567890", "foobar", "deadbeef", "placehold", "abcdef123456", "abc123def456", "123456789abc",
	} {
		if strings.Contains(string(plain), part) {
			return true
		}
	}
	return strings.HasPrefix(string(plain), "your") || strings.HasPrefix(string(plain), "some") && !hasDigit(plain)
}

// flatten appends the letters and digits of the beginning of a text in lower case.
func flatten(dst []byte, text string) []byte {
	for i := 0; i < len(text) && len(dst) < cap(dst); i++ {
		switch c := text[i]; {
		case isLetter(c):
			dst = append(dst, c|0x20)
		case isDigit(c):
			dst = append(dst, c)
		}
	}
	return dst
}

func hasDigit(text []byte) bool { return slices.ContainsFunc(text, isDigit) }

// placeholderBracket reports whether a text is a reference such as ${X}, $X, <x>, {{x}}, %X%, [x].
func placeholderBracket(text string) bool {
	last := text[len(text)-1]
	switch text[0] {
	case '$':
		return len(text) > 1 && (text[1] == '{' || text[1] == '(' || isUpper(text[1]) && onlyWord(text[1:]))
	case '<':
		return strings.IndexByte(text, '>') > 0
	case '{':
		return last == '}' || strings.HasPrefix(text, "{{")
	case '[':
		return last == ']'
	case '%':
		return last == '%' || strings.HasPrefix(text, "%(") || len(text) == 2
	case '*', '#':
		return len(text) > 2 && text[1] == text[0]
	case '&', '@':
		return onlyWord(text[1:]) && !hasDigit([]byte(text))
	}
	return false
}

func onlyWord(text string) bool { return wordSet.span(text, len(text)) == len(text) }

// masked reports whether a part of a text was made unreadable.
func masked(text string) bool {
	return strings.Contains(text, "***") || strings.Contains(text, "...") || strings.Contains(text, "•••") || strings.Contains(text, "…") ||
		strings.Contains(text, "${") || strings.Contains(text, "{{")
}

// monotone reports whether a text has too few different characters for what it is, as 000000000000 and ababababab have.
func monotone(text string) bool {
	var seen [256]bool
	different := 0
	text = text[:min(len(text), 128)]
	for i := range len(text) {
		if !seen[text[i]] {
			seen[text[i]] = true
			different++
		}
	}
	return len(text) >= 8 && different <= 3 || len(text) >= 24 && different <= 6
}
