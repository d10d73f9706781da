package tokens

import (
	"unicode"
	"unicode/utf8"
)

// kind is what the expression of cl100k_base distinguishes characters by.
type kind byte

const (
	sign    kind = iota // [^\s\p{L}\p{N}], also a byte that is not UTF-8
	letter              // \p{L}
	number              // \p{N}
	newline             // [\r\n]
	space               // \s without those
	nothing             // the end of the text
)

// next returns the kind of the first character of text and its length in bytes.
func next(text []byte) (kind, int) {
	if len(text) == 0 {
		return nothing, 0
	}
	if c := text[0]; c < utf8.RuneSelf {
		return ascii(c), 1
	}
	r, n := utf8.DecodeRune(text)
	switch {
	case unicode.IsLetter(r):
		return letter, n
	case unicode.IsNumber(r):
		return number, n
	case unicode.IsSpace(r):
		return space, n
	}
	return sign, n
}

func ascii(c byte) kind {
	switch {
	case 'a' <= c|0x20 && c|0x20 <= 'z':
		return letter
	case '0' <= c && c <= '9':
		return number
	case c == '\n' || c == '\r':
		return newline
	case c == ' ' || '\t' <= c && c <= '\r':
		return space
	}
	return sign
}

// run returns where the characters of one kind end that begin at from, at most so many of them.
func run(text []byte, from int, of kind, most int) int {
	for ; most > 0; most-- {
		k, n := next(text[from:])
		if k != of {
			break
		}
		from += n
	}
	return from
}

// word returns the length of the first word of text, which is not empty: what the expression of cl100k_base matches, the
// first of these that does.
//
//	(?i:'s|'t|'re|'ve|'m|'ll|'d)    what is left out at the end of an English word
//	[^\r\n\p{L}\p{N}]?\p{L}+        letters, and one sign or space before them
//	\p{N}{1,3}                      digits in threes
//	 ?[^\s\p{L}\p{N}]+[\r\n]*       signs, a space before and line breaks behind them
//	\s*[\r\n]+|\s+(?!\S)|\s+        white space: see blank
//
// Its time is linear in what it returns, except in white space, which it sees three times at most.
func word(text []byte) int {
	if n := contraction(text); n > 0 {
		return n
	}
	k, n := next(text)
	if k == number {
		return run(text, n, number, 2)
	}
	second, _ := next(text[n:])
	switch {
	case k == letter, second == letter && k != newline:
		return run(text, n, letter, len(text))
	case k == sign, second == sign && text[0] == ' ':
		return run(text, run(text, n, sign, len(text)), newline, len(text))
	}
	return blank(text)
}

// contraction returns the length of the contraction that text begins with, 0 when it begins with none.
func contraction(text []byte) int {
	if len(text) < 2 || text[0] != '\'' {
		return 0
	}
	switch text[1] | 0x20 {
	case 's', 't', 'm', 'd':
		return 2
	}
	if len(text) < 3 {
		return 0
	}
	switch string([]byte{text[1] | 0x20, text[2] | 0x20}) {
	case "re", "ve", "ll":
		return 3
	}
	return 0
}

// blank returns the length of the first word of text that begins with white space: as far as its last line break; if it
// has none, all of it but the last character, which belongs to what follows, unless nothing does or there is but one.
func blank(text []byte) int {
	end, last, lines := 0, 0, 0
	for {
		k, n := next(text[end:])
		if k != space && k != newline {
			break
		}
		last, end = end, end+n
		if k == newline {
			lines = end
		}
	}
	switch {
	case lines > 0:
		return lines
	case end == len(text) || last == 0:
		return end
	}
	return last
}
