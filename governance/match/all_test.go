package match_test

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/mcp-kernel/mcp-kernel/governance/match"
)

func TestAll(t *testing.T) {
	t.Parallel()
	set := compile(t, sub("a", "ab"), sub("also a", "AB"), regex("b", `b+`), exact(sub("c", "cab")))
	got, err := set.All("ab", []byte(`{"k":["abb cab"]}`))
	var names []string
	for _, h := range got {
		names = append(names, h.Name+" "+h.Pointer)
	}
	want := []string{
		"a ", "also a ", "b ",
		"a /k/0", "also a /k/0", "a /k/0", "also a /k/0", "c /k/0", "b /k/0", "b /k/0",
	}
	slices.Sort(names)
	slices.Sort(want)
	if diff := cmp.Diff(want, names); diff != "" || err != nil {
		t.Errorf("%v\n%s", err, diff)
	}
}

func TestAllIsBounded(t *testing.T) {
	t.Parallel()
	set := compile(t, sub("a", "a"))
	if hits, err := set.All("", []byte(`"`+strings.Repeat("a", match.MaxHits)+`"`)); len(hits) != match.MaxHits || err != nil {
		t.Errorf("%d hits, %v", len(hits), err)
	}
	if hits, err := set.All("", []byte(`"`+strings.Repeat("a", match.MaxHits+1)+`"`)); hits != nil || !errors.Is(err, match.ErrHits) {
		t.Errorf("%d hits, %v", len(hits), err)
	}
}

// TestAllHoldsWhatScanFinds holds for every pattern alone: All finds all of them that Scan would find if it were the first.
func TestAllHoldsWhatScanFinds(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		var patterns []match.Pattern
		for i := range rapid.IntRange(1, 5).Draw(t, "patterns") {
			patterns = append(patterns, pattern(t, i))
		}
		set, err := match.Compile(patterns)
		if err != nil {
			return
		}
		doc := []byte(document(t, 3))
		all, err := set.All("", doc)
		if err != nil {
			t.Fatal(err)
		}
		for i, p := range patterns {
			alone, err := match.Compile([]match.Pattern{p})
			if err != nil {
				t.Fatal(err)
			}
			want, ok, err := alone.Scan("", doc)
			want.Pattern = i
			found := slices.ContainsFunc(all, func(h match.Hit) bool { return h.Pattern == i })
			if err != nil || ok != found || ok && !slices.Contains(all, want) {
				t.Fatalf("%+v in %s: All = %+v, %v; Scan alone = %+v, %v", p, doc, all, err, want, ok)
			}
		}
	})
}
