package rules

import (
	"fmt"
	"slices"
	"strings"
)

// unknown says that a word is none of the known ones, and which is the nearest when one is near, or else which there are.
func unknown(what, word string, known []string) string {
	text := fmt.Sprintf("there is no %s %q", what, shown(word))
	if near := nearest(word, known); near != "" {
		return text + fmt.Sprintf(": did you mean %q?", near)
	}
	const most = 12
	if len(known) == 0 || len(known) > most {
		return text + ": mcp-kernel policy schema prints what there is"
	}
	sorted := slices.Clone(known)
	slices.Sort(sorted)
	return text + ": there are " + strings.Join(sorted, ", ")
}

// nearest returns the known word that is a slip away from a word, or nothing.
func nearest(word string, known []string) string {
	best, distance := "", 1+max(2, len(word)/3)
	for _, candidate := range known {
		if d := edits(shown(word), candidate); d < distance || d == distance && candidate < best {
			best, distance = candidate, d
		}
	}
	return best
}

// shown returns the beginning of a text, for a message.
func shown(text string) string {
	const most = 60
	if r := []rune(text); len(r) > most {
		return string(r[:most]) + "…"
	}
	return text
}

// edits is the optimal string alignment distance of two words: how many bytes must be inserted, removed, replaced or
// swapped with their neighbour. Case does not count.
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
