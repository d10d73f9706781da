package lint

import "strings"

// prefixed reports whether two globs that end in their only star are such that the other allows all that this one does.
func prefixed(name, other string) bool {
	stem, ok := strings.CutSuffix(name, "*")
	wider, also := strings.CutSuffix(other, "*")
	const meta = "*?[\\"
	return ok && also && !strings.ContainsAny(stem, meta) && !strings.ContainsAny(wider, meta) && name != other && strings.HasPrefix(stem, wider)
}

// nearest returns the name that differs from a word in the fewest places, if these are few.
func nearest(word string, names []string) string {
	best, least := "", 1+max(1, len(word)/4)
	for _, name := range names {
		if d := edits(strings.ToLower(word), strings.ToLower(name)); d < least {
			best, least = name, d
		}
	}
	return best
}

// edits returns how many bytes must be inserted, removed or replaced to make one word of the other (Levenshtein distance).
func edits(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := 1; i <= len(a); i++ {
		diagonal := row[0]
		row[0] = i
		for j := 1; j <= len(b); j++ {
			cost := diagonal
			if a[i-1] != b[j-1] {
				cost = 1 + min(diagonal, row[j], row[j-1])
			}
			diagonal, row[j] = row[j], cost
		}
	}
	return row[len(b)]
}
