package match

import (
	"slices"
	"strings"
	"testing"
	"unicode"

	"pgregory.net/rapid"
)

// endings returns, for every position of a folded text, the rules whose keys end there.
func endings(a *automaton, text string) [][]int32 {
	all := make([][]int32, len(text))
	var state uint32
	for i := range len(text) {
		e := a.deep(state, a.class[text[i]])
		if e >= markOut {
			for id := a.out[a.number(e)]; id != 0; id = a.ends[id].next {
				all[i] = append(all[i], a.ends[id].checks...)
			}
			e &^= markOut
		}
		slices.Sort(all[i])
		state = e
	}
	return all
}

// TestAutomatonWithFewRows covers the states without a row, which take thousands of patterns to come about.
func TestAutomatonWithFewRows(t *testing.T) {
	t.Parallel()
	short := rapid.StringOfN(rapid.SampledFrom([]rune("abß")), 1, 7, -1)
	rapid.Check(t, func(t *rapid.T) {
		var keys []key
		texts := rapid.SliceOfN(short, 1, 12).Draw(t, "keys")
		for i, text := range texts {
			keys = append(keys, key{text, int32(i), true})
		}
		a := newAutomaton(keys, rapid.Uint32Range(0, 400).Draw(t, "bytes"))
		text := strings.Join(rapid.SliceOfN(short, 0, 10).Draw(t, "text"), "")
		for i, got := range endings(a, text) {
			var want []int32
			for rule, k := range texts {
				if strings.HasSuffix(text[:i+1], k) {
					want = append(want, int32(rule))
				}
			}
			if !slices.Equal(got, want) {
				t.Fatalf("keys %q, text %q: at %d end %v, want %v", texts, text, i, got, want)
			}
		}
	})
}

// TestFoldRune goes through all characters: two have one representative exactly when simple folding makes them one, and
// it is ASCII in lower case where it can be.
func TestFoldRune(t *testing.T) {
	t.Parallel()
	for r := rune(0); r <= unicode.MaxRune; r++ {
		want := r
		for o := unicode.SimpleFold(r); o != r; o = unicode.SimpleFold(o) {
			want = min(want, o)
		}
		if want < 0x80 {
			want = unicode.ToLower(want)
		}
		if got := foldRune(r); got != want {
			t.Fatalf("foldRune(%U) = %U, want %U", r, got, want)
		}
	}
}
