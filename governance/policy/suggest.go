package policy

import (
	"fmt"
	"strings"
)

// contains reports whether a word is in a list of words with spaces between.
func contains(words, word string) bool {
	for known := range strings.FieldsSeq(words) {
		if known == word {
			return true
		}
	}
	return false
}

// unknown says that a word is none of the known ones, and which is the nearest when one is near, or else which there are.
func unknown(what, word, known string) string {
	nearest, distance := "", 1+max(2, len(word)/3)
	for candidate := range strings.FieldsSeq(known) {
		d := edits(shown(word), candidate)
		if begins := len(word) >= 4 && strings.HasPrefix(candidate, strings.ToLower(word)); begins {
			d = 1
		}
		if d < distance {
			nearest, distance = candidate, d
		}
	}
	if nearest != "" {
		return fmt.Sprintf("unknown %s %q: did you mean %s?", what, shown(word), nearest)
	}
	return fmt.Sprintf("unknown %s %q: there are %s", what, shown(word), strings.Join(strings.Fields(known), ", "))
}

// edits returns how many bytes must be inserted, removed, replaced or swapped with their neighbour to make one word of
// the other (optimal string alignment distance). Case does not count.
func edits(a, b string) int {
	a, b = strings.ToLower(a), strings.ToLower(b)
	before, last, row := make([]int, len(b)+1), make([]int, len(b)+1), make([]int, len(b)+1)
	for j := range last {
		last[j] = j
	}
	for i := 1; i <= len(a); i++ {
		row[0] = i
		for j := 1; j <= len(b); j++ {
			cost := 1
			if a[i-1] == b[j-1] {
				cost = 0
			}
			row[j] = min(last[j]+1, row[j-1]+1, last[j-1]+cost)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				row[j] = min(row[j], before[j-2]+1)
			}
		}
		before, last, row = last, row, before
	}
	return last[len(b)]
}
