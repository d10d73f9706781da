package match_test

import (
	"errors"
	"strings"
	"sync"
	"testing"

	"github.com/mcp-kernel/mcp-kernel/governance/match"
)

// compile compiles patterns that are known to be right.
func compile(tb testing.TB, patterns ...match.Pattern) *match.Set {
	tb.Helper()
	set, err := match.Compile(patterns)
	if err != nil {
		tb.Fatal(err)
	}
	return set
}

func sub(name, text string) match.Pattern {
	return match.Pattern{Name: name, Type: match.Substring, Text: text}
}

func regex(name, text string) match.Pattern {
	return match.Pattern{Name: name, Type: match.Regex, Text: text}
}

func glob(name, text string) match.Pattern {
	return match.Pattern{Name: name, Type: match.Glob, Text: text}
}

func exact(p match.Pattern) match.Pattern {
	p.CaseSensitive = true
	return p
}

func TestZeroSet(t *testing.T) {
	t.Parallel()
	var set match.Set
	if _, ok, err := set.Scan("name", []byte(`{"a":["b\n",1,"ü"]}`)); ok || err != nil || set.Len() != 0 {
		t.Errorf("zero Set: %v, %v", ok, err)
	}
	if _, _, err := set.Scan("name", []byte(`{`)); err == nil {
		t.Error("zero Set accepts a malformed document")
	}
}

func TestCompileFaults(t *testing.T) {
	t.Parallel()
	_, err := match.Compile([]match.Pattern{
		sub("a", "x"), sub("a", "y"), sub("", "z"), sub("d", ""),
		{Name: "e", Text: "x"},
		regex("f", "a)(b"), glob("g", "[a"), sub("h", "\xff"), regex("i", `(x{100}){100}`), glob("j", "[z-a]"), glob("k", `\`),
		sub("l", strings.Repeat("x", match.MaxPatternBytes+1)), regex("m", `(?:abcdefghijkl){1000}`),
	})
	want := []string{
		`pattern 1: name "a" is already that of pattern 0`,
		`pattern 2: has no name`,
		`pattern 3: text is empty: it would hit everything or nothing`,
		`pattern 4: type is missing: want substring, regex or glob`,
		`pattern 5: expression does not compile: unexpected )`,
		`pattern 6: glob has a class without its "]"`,
		`pattern 7: text is not valid UTF-8`,
		`pattern 8: expression does not compile: invalid repeat count`,
		`pattern 9: glob has a class whose range runs backwards`,
		`pattern 10: glob ends in a lone \`,
		`pattern 11: text has 65537 bytes, at most 65536 are allowed`,
		`pattern 12: expression compiles to 12002 instructions, at most 10000 are allowed`,
	}
	if err == nil || err.Error() != strings.Join(want, "\n") {
		t.Errorf("faults:\n%v\nwant:\n%s", err, strings.Join(want, "\n"))
	}
	if fault, ok := errors.AsType[*match.PatternError](err); !ok || fault.Index != 1 {
		t.Errorf("first fault = %+v", fault)
	}
}

func TestCompileTotals(t *testing.T) {
	t.Parallel()
	_, err := match.Compile(make([]match.Pattern, match.MaxPatterns+1))
	if want := "patterns: there are 100001, at most 100000 are allowed"; err == nil || err.Error() != want {
		t.Errorf("too many: %v", err)
	}
	var large []match.Pattern
	for i := range match.MaxTotalBytes/match.MaxPatternBytes + 1 {
		large = append(large, sub(itoa(i), strings.Repeat("x", match.MaxPatternBytes)))
	}
	_, err = match.Compile(large)
	if want := "patterns: texts have 4259840 bytes together, at most 4194304 are allowed"; err == nil || err.Error() != want {
		t.Errorf("too large: %v", err)
	}
}

func TestConcurrentScans(t *testing.T) {
	t.Parallel()
	set := compile(t, append(usual(), numbers()...)...)
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for range 50 {
				if hit, ok, err := set.Scan("t", []byte(`{"q":["x\n","drop\t\tDATABASE x","123-45-6789"]}`)); err != nil || !ok || hit.Pattern != 5 {
					t.Errorf("Scan = %+v, %v, %v", hit, ok, err)
				}
			}
		})
	}
	wg.Wait()
}

func TestNames(t *testing.T) {
	t.Parallel()
	set := compile(t, sub("a", "x"), glob("b", "y"))
	names := set.Names()
	if len(names) != 2 || names[0] != "a" || names[1] != "b" || set.Len() != 2 {
		t.Errorf("Names = %q, Len = %d", names, set.Len())
	}
	names[0] = "changed"
	if set.Names()[0] != "a" {
		t.Error("the caller's slice is the Set's own")
	}
}
