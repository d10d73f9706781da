package match

import "unicode"

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
