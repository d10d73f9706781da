package detect

import (
	_ "embed"
	"strings"
)

// kindWords says of which kind words of English are; its head says how.
//
//go:embed kinds.txt
var kindWords string

// kinds are the kinds of words by their text. They are numbered from 1 on.
type kinds map[string]uint8

// newKinds reads kindWords.
func newKinds() kinds {
	k := make(kinds, 1200)
	n := uint8(0)
	for line := range strings.Lines(kindWords) {
		_, words, ok := strings.Cut(line, ": ")
		if !ok || line[0] == '#' {
			continue
		}
		n++
		for w := range strings.FieldsSeq(words) {
			if _, known := k[w]; !known {
				k[w] = n
			}
		}
	}
	return k
}

// of returns the kind of a word, 0 for none.
func (k kinds) of(w string) uint8 {
	var room [24]byte
	if len(w) > len(room) {
		return 0
	}
	lower := lowered(room[:0], w)
	if n := k[lower]; n > 0 {
		return n
	}
	for _, ending := range [...]string{"s", "es", "ed", "d", "ing", "er", "ly"} {
		base, cut := strings.CutSuffix(lower, ending)
		if !cut || len(base) < 3 {
			continue
		}
		if n := k[base]; n > 0 {
			return n
		}
		if ending == "ing" || ending == "ed" {
			if last := len(base) - 1; base[last] == base[last-1] && k[base[:last]] > 0 {
				return k[base[:last]]
			}
			if ending == "ing" {
				if n := k[view(append(room[:len(base)], 'e'))]; n > 0 {
					return n
				}
			}
		}
	}
	return 0
}
