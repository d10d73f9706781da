package match

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// foldRune returns the representative of all characters that differ from r in letter case alone, by Unicode simple
// folding (CaseFolding.txt, status C and S, as unicode.SimpleFold and regexp use it): the lower-case letter where one of
// them is ASCII, so that the Kelvin sign folds to k, and the smallest of them otherwise.
func foldRune(r rune) rune {
	switch {
	case r < 0x80:
		if 'A' <= r && r <= 'Z' {
			return r + 'a' - 'A'
		}
		return r
	case r >= 0x2E80 && r < 0xA640, r >= 0xAC00 && r < 0xFF00, r >= 0x1EA00: // CJK, Hangul, emoji: no case
		return r
	case r >= 0x0430 && r <= 0x044F: // Cyrillic, the basic alphabet
		return r - 0x20
	}
	return foldOrbit(r)
}

// foldOrbit walks the orbit of r upwards until it wraps round to its smallest member.
func foldOrbit(r rune) rune {
	for {
		next := unicode.SimpleFold(r)
		if next <= r {
			if 'A' <= next && next <= 'Z' {
				next += 'a' - 'A'
			}
			return next
		}
		r = next
	}
}

// foldString folds every character of s.
func foldString(s string) string {
	folded := make([]rune, 0, len(s))
	for _, r := range s {
		folded = append(folded, foldRune(r))
	}
	return string(folded)
}

// collapseString puts one space in the place of all white space in a row.
func collapseString(s string) string {
	var b strings.Builder
	within := false
	for _, r := range s {
		if white := unicode.IsSpace(r); white {
			if !within {
				b.WriteByte(' ')
			}
			within = white
			continue
		}
		within = false
		b.WriteRune(r)
	}
	return b.String()
}

// lookString is what confusable makes of a text.
func lookString(s string) string {
	var l level
	confusable(&l, []byte(s))
	if len(l.edits) == 0 {
		return s
	}
	return string(l.text)
}

// begins returns where a text that a rule looks for begins when it ends at the end of value, and whether it is there. A
// space of the text is any white space, all of it before the first other character, unless the rule is verbatim.
func (r *rule) begins(value []byte, text string) (int, bool) {
	at := len(value)
	for text != "" {
		want, size := utf8.DecodeLastRuneInString(text)
		text = text[:len(text)-size]
		if want == ' ' && !r.verbatim {
			from := at
			for at > 0 && space(value[at-1]) {
				at--
			}
			if at == from {
				return 0, false
			}
			continue
		}
		have, n := utf8.DecodeLastRune(value[:at])
		if n == 0 || have != want && (r.exact || foldRune(have) != foldRune(want)) {
			return 0, false
		}
		at -= n
	}
	return at, true
}
