package primitives

import "strings"

// longestWord bounds the words whose distance is worked out, in bytes.
const longestWord = 128

// Distance is how many slips make one word of another: letters that are wrong, missing or too many, and neighbours that have
// changed places, of which no letter is touched again (optimal string alignment; Boytsov, "Indexing methods for approximate
// dictionary searching", 2011). Where it is more than most it is most+1, as it is for words of more than 128 bytes. Words are
// compared by bytes. It allocates nothing.
func Distance(a, b string, most int) int {
	if len(a) > longestWord || len(b) > longestWord || len(a)-len(b) > most || len(b)-len(a) > most {
		return most + 1
	}
	var rows [3][longestWord + 1]int
	before, last, row := &rows[0], &rows[1], &rows[2]
	for j := range len(b) + 1 {
		last[j] = j
	}
	for i := 1; i <= len(a); i++ {
		row[0] = i
		least := row[0]
		for j := 1; j <= len(b); j++ {
			replaced := last[j-1]
			if a[i-1] != b[j-1] {
				replaced++
			}
			row[j] = min(last[j]+1, row[j-1]+1, replaced)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				row[j] = min(row[j], before[j-2]+1)
			}
			least = min(least, row[j])
		}
		if least > most {
			return most + 1
		}
		before, last, row = last, row, before
	}
	return min(last[len(b)], most+1)
}

// Nearest returns the known word that somebody who wrote another has probably meant: the one that is the fewest slips away, the
// first of several, when these are no more than most. A word of four letters or more that another begins with is one slip away
// from it. Case does not count. It returns "" when none is near.
func Nearest(word string, known []string, most int) string {
	word = strings.ToLower(word)
	best, least := "", most+1
	for _, candidate := range known {
		lower := strings.ToLower(candidate)
		d := Distance(word, lower, least-1)
		if len(word) >= 4 && lower != word && strings.HasPrefix(lower, word) {
			d = 1
		}
		if d < least {
			best, least = candidate, d
		}
	}
	return best
}

// Slips is how many slips one can make in a word and still be understood: a third of its letters, and two at least.
func Slips(word string) int { return max(2, len(word)/3) }
