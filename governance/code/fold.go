package code

import (
	"strings"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// fold returns the text as it is examined: characters that look like ASCII made ASCII, invisible ones dropped. What
// direction marks and invisible characters hide is reported where it is.
func (s *scan) fold(source string) passage {
	first := firstWide(source)
	if first == len(source) {
		return passage{text: source}
	}
	w := weaver{text: make([]byte, 0, len(source))}
	for from := 0; from < len(source); {
		to := from + firstWide(source[from:])
		w.run(source[from:to], from)
		for to < len(source) && source[to] >= utf8.RuneSelf {
			r, size := utf8.DecodeRuneInString(source[to:])
			s.foldRune(&w, source, r, to, size)
			to += size
		}
		from = to
	}
	return w.passage(len(source))
}

// firstWide returns the index of the first byte that is not ASCII.
func firstWide(text string) int {
	for i := range len(text) {
		if text[i] >= utf8.RuneSelf {
			return i
		}
	}
	return len(text)
}

func (s *scan) foldRune(w *weaver, source string, r rune, at, size int) {
	switch {
	case r >= 0x4E00 && r < 0xA000: // most of what is written in Chinese and Japanese
		w.run(source[at:at+size], at)
	case r >= 0x202A && r <= 0x202E, r >= 0x2066 && r <= 0x2069:
		s.hits = append(s.hits, hit{
			rule: hiddenText, severity: High, confidence: Certain, start: int32(at), end: int32(at + size),
			note: "has a direction mark that makes it read differently from what it is",
		})
	case invisible(r):
		if splitsWord(source, at, at+size) {
			s.hits = append(s.hits, hit{
				rule: hiddenText, severity: Medium, confidence: Likely, start: int32(at), end: int32(at + size),
				note: "has an invisible character within a word",
			})
		}
	default:
		w.fold(source[at:at+size], r, at)
	}
}

// fold adds one character, as ASCII where it looks like it.
func (w *weaver) fold(char string, r rune, at int) {
	if c := lookAlike(r); c != 0 {
		w.write(string(c), at)
		return
	}
	if plain := norm.NFKC.PropertiesString(char); plain.Decomposition() != nil {
		if folded := norm.NFKC.String(char); firstWide(folded) == len(folded) {
			w.write(folded, at)
			return
		}
	}
	w.run(char, at)
}

// invisible reports whether a character takes no room: joiners, soft hyphens, byte order marks, variation selectors.
func invisible(r rune) bool {
	switch r {
	case 0xAD, 0x34F, 0x61C, 0x180E, 0xFEFF:
		return true
	default:
		return r >= 0x200B && r <= 0x200F || r >= 0x2060 && r <= 0x2064 || r >= 0xFE00 && r <= 0xFE0F || r >= 0xE0000 && r <= 0xE007F
	}
}

// splitsWord reports whether there are ASCII letters on both sides.
func splitsWord(source string, from, to int) bool {
	return from > 0 && to < len(source) && isLetter(source[from-1]) && isLetter(source[to])
}

// lookAlike returns the ASCII character that a Cyrillic or Greek one is drawn like, or 0 (Unicode's confusables.txt,
// the letters that are identical in common fonts).
func lookAlike(r rune) byte {
	if r < 0x370 || r > 0x51D {
		return 0
	}
	const wide = "аеорсухіјѕһԁԛԝАВЕКМНОРСТУХІЈЅοανΑΒΕΖΗΙΚΜΝΟΡΤΥΧ"
	const plain = "aeopcyxijshdqwABEKMHOPCTYXIJSoavABEZHIKMNOPTYX"
	n := 0
	for _, candidate := range wide {
		if candidate == r {
			return plain[n]
		}
		n++
	}
	return 0
}

func isLetter(c byte) bool { return c|0x20 >= 'a' && c|0x20 <= 'z' }

func isDigit(c byte) bool { return c >= '0' && c <= '9' }

// isWord reports whether a byte belongs to a word; of characters beyond ASCII all do.
func isWord(c byte) bool {
	return isLetter(c) || isDigit(c) || c == '_' || c == '$' || c >= utf8.RuneSelf
}

func isSpace(c byte) bool { return c == ' ' || c == '\t' || c == '\r' || c == '\f' || c == '\v' }

// lower returns an ASCII text in lower case, without a copy where it is already.
func lower(text string) string {
	for i := range len(text) {
		if text[i] >= 'A' && text[i] <= 'Z' {
			return strings.ToLower(text)
		}
	}
	return text
}
