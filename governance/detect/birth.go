package detect

import (
	"strings"
	"unicode/utf8"

	"github.com/mcp-kernel/mcp-kernel/governance/match"
)

// birth looks for a date in the words behind a label that ends at i: "was born on", "Geburtsdatum:".
func (s *scan) birth(i int) {
	for words := range 5 {
		from := i
		i = s.skipMarks(i)
		if i >= len(s.text) || words > 0 && strings.ContainsAny(s.text[from:i], ",;") {
			return
		}
		if n := birthday(s.window(i, 48)); n > 0 {
			s.pii("date_of_birth", "date_of_birth", match.Medium, 0.92, i, i+n)
			return
		}
		n := s.plainWord(i)
		if n == 0 {
			return
		}
		i += n
	}
}

// birthday returns the length of a date at the beginning of a text, 0 when there is none: 1990-05-17, 17.05.1990,
// 5/17/90, 19900517, 17 May 1990, May 17, 1990, 17 de mayo de 1990, 1990年5月17日.
func birthday(text string) int {
	if n := numericDate(text); n > 0 {
		return n
	}
	if n := digitSet.span(text, 9); n == 8 && (between(text[:4], 1900, 2035) && date(text[2:], 'y') || between(text[4:8], 1900, 2035) && date(text, 'd')) {
		return n
	}
	if n := markedDate(text); n > 0 {
		return n
	}
	return wordyDate(text)
}

// markedDate returns the length of a date whose numbers are followed by the words for year, month and day.
func markedDate(text string) int {
	n := 0
	for _, marks := range [...]string{"年년", "月월", "日일"} {
		k := digitSet.span(text[n:], 4)
		if k == 0 {
			return 0
		}
		n += k
		r, size := utf8.DecodeRuneInString(text[n:])
		if !strings.ContainsRune(marks, r) {
			return 0
		}
		n += size
		if n < len(text) && text[n] == ' ' {
			n++
		}
	}
	return len(strings.TrimRight(text[:n], " "))
}

// wordyDate returns the length of a date with the name of a month in it.
func wordyDate(text string) int {
	n, hasMonth, numbers := 0, false, 0
	for n < len(text) && n < 40 {
		switch c := text[n]; {
		case isDigit(c):
			k := digitSet.span(text[n:], 5)
			n += k
			if numbers++; k == 4 && hasMonth {
				return n
			}
			if k > 2 {
				return 0
			}
		case isLetter(c) || c >= utf8.RuneSelf:
			k := 0
			for n+k < len(text) && (isLetter(text[n+k]) || text[n+k] >= utf8.RuneSelf) {
				k++
			}
			hasMonth = hasMonth || k >= 3 && month(text[n:n+3]) || k >= 4 && c >= 0xCE
			if !hasMonth && (k > 3 || n == 0) {
				return 0
			}
			n += k
		case strings.IndexByte(" ,.-/", c) >= 0:
			n++
		default:
			return 0
		}
	}
	return 0
}

// month reports whether a word begins as the name of a month does.
func month(word string) bool {
	const months = "jan feb mar apr may jun jul aug sep oct nov dec m\xc3\xa4 mai okt dez avr ene abr ago dic gen mag giu lug set ott out d\xc3\xa9 f\xc3\xa9 ao\xc3 jui mei maa fev mag maj kwi lip sie wrz pa\xc5 lis gru sty lut cze oca \xc5\x9f may haz tem eyl eki kas ara tam hel huh tou kes hei elo syy lok mar jou led \xc3\xba b\xc5 dub kv\xc4 srp z\xc3 \xc5\x99 "
	var room [4]byte
	return strings.Contains(months, lowered(room[:0], word))
}

// numericDate returns the length of a date in digits, 0 when there is none.
func numericDate(text string) int {
	var parts [3]int
	n := 0
	for i := range parts {
		k := digitSet.span(text[n:], 5)
		if k == 0 || k == 3 || k > 4 {
			return 0
		}
		parts[i] = value(text[n : n+k])
		n += k
		if i == 2 {
			break
		}
		if n >= len(text) || strings.IndexByte("-/.", text[n]) < 0 {
			return 0
		}
		n++
		if n < len(text) && text[n] == ' ' && text[n-1] == '.' {
			n++
		}
	}
	year, a, b := parts[2], parts[0], parts[1]
	if parts[0] > 31 {
		year, a, b = parts[0], parts[1], parts[2]
	}
	if (year < 1900 || year > 2035) && year > 99 || a == 0 || b == 0 || a > 31 || b > 31 || a > 12 && b > 12 {
		return 0
	}
	return n
}
