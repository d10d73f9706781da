package detect

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// The filter tells of each literal wherever it stands, and of nothing else, as a search for one after the other does.
func TestFilter(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		word := rapid.StringMatching(`[ab1é]{1,6}`)
		texts := rapid.SliceOfNDistinct(word, 1, 40, rapid.ID[string]).Draw(t, "literals")
		all := make([]literal, len(texts))
		for i, text := range texts {
			all[i] = literal{text: text}
		}
		f := newFilter(all)
		text := strings.Join(rapid.SliceOfN(word, 0, 30).Draw(t, "text"), "")
		if diff := cmp.Diff(naive(f, text), hits(f, text)); diff != "" {
			t.Error(diff)
		}
	})
}

// Every literal that there is is told of, whatever stands before it.
func TestFilterOfAll(t *testing.T) {
	t.Parallel()
	f := newFilter(literals(All, tokenForms()))
	for i, l := range f.literals {
		before := f.literals[(i*7919)%len(f.literals)].text
		text := before[:len(before)-1] + l.text
		if want := fmt.Sprintf("%d %d", i, len(text)); !slices.Contains(hits(f, text), want) {
			t.Errorf("%q is not told of in %q", l.text, text)
		}
	}
}

// hits are the literals that a filter tells of, each with where it ends.
func hits(f *filter, text string) (all []string) {
	state := 0
	for i := range len(text) {
		entry := f.next(state, f.class[text[i]])
		state = int(entry &^ mark)
		if marked := entry >= mark; marked != (f.out[state] != 0) {
			all = append(all, "a mark is wrong")
		}
		for _, index := range f.ends[f.out[state]] {
			all = append(all, fmt.Sprintf("%d %d", index, i+1))
		}
	}
	slices.Sort(all)
	return all
}

// naive finds the same by looking for each literal everywhere.
func naive(f *filter, text string) (all []string) {
	for index, l := range f.literals {
		for end := len(l.text); end <= len(text); end++ {
			same := true
			for i := range len(l.text) {
				same = same && f.class[text[end-len(l.text)+i]] == f.class[l.text[i]]
			}
			if same {
				all = append(all, fmt.Sprintf("%d %d", index, end))
			}
		}
	}
	slices.Sort(all)
	return all
}
