package compare

import (
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/mcp-kernel/mcp-kernel/governance/match"
)

// glob draws a glob over few characters.
func glob(t *rapid.T) string {
	return strings.Join(rapid.SliceOfN(rapid.SampledFrom([]string{"a", "b", "0", "*", "?", "[ab]", "[!a]", "[a-b]", `\*`, `[]]`, "é"}), 1, 5).Draw(t, "glob"), "")
}

// TestStepsMeanWhatGlobsMean holds the steps of a glob against the matcher that decides.
func TestStepsMeanWhatGlobsMean(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		text := glob(t)
		g, err := match.CompileGlob(text, true)
		if err != nil {
			t.Skip()
		}
		name := rapid.StringOfN(rapid.RuneFrom([]rune("ab0*]é")), 0, 6, -1).Draw(t, "name")
		l := language{globs: [][]step{steps(text)}, lists: []int{0}, n: 1}
		state := l.begin()
		for _, r := range name {
			state = l.after(state, r)
		}
		if got, _ := l.matches(state); got != g.Match(name) {
			t.Fatalf("%q matches %q: %v", text, name, got)
		}
	})
}

// TestSearchIsExact compares the names that globs differ in with all short names there are.
func TestSearchIsExact(t *testing.T) {
	t.Parallel()
	var names []string
	for _, a := range []string{"", "a", "b", "0"} {
		for _, b := range []string{"", "a", "b", "0"} {
			for _, c := range []string{"", "a", "b", "0"} {
				names = append(names, a+b+c)
			}
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		lists := rapid.SliceOfN(rapid.Custom(func(t *rapid.T) []string { return rapid.SliceOfN(rapid.Custom(glob), 1, 3).Draw(t, "list") }), 2, 2).Draw(t, "lists")
		in := func(list []string, name string) bool {
			return slices.ContainsFunc(list, func(text string) bool {
				g, err := match.CompileGlob(text, true)
				if err != nil {
					t.Skip()
				}
				_, exact := g.Literal()
				return !exact && g.Match(name)
			})
		}
		differs := func(name string) bool { return in(lists[0], name) && !in(lists[1], name) }
		name, found, sure := search(t.Context(), lists[:1], lists[1:], differs)
		switch {
		case found && !differs(name):
			t.Fatalf("%q does not tell %q apart", name, lists)
		case !sure:
			t.Fatalf("not sure about %q", lists)
		case !found:
			for _, name := range names {
				if name != "" && differs(name) {
					t.Fatalf("%q tells %q apart, and was not found", name, lists)
				}
			}
		}
	})
}

func TestSearchGivesUp(t *testing.T) {
	t.Parallel()
	many := [][]string{{strings.Repeat("a?", maxSteps)}}
	if _, found, sure := search(t.Context(), many, many, func(string) bool { return false }); found || sure {
		t.Error("sure of what is too much to look at")
	}
}
