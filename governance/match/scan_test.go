package match_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/mcp-kernel/mcp-kernel/governance/match"
)

func TestScan(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name     string
		patterns []match.Pattern
		call     string
		doc      string
		want     match.Hit
		ok       bool
	}{
		{"nothing", []match.Pattern{sub("p", "drop")}, "", ``, match.Hit{}, false},
		{"clean", []match.Pattern{sub("p", "drop")}, "t", `{"q":"select"}`, match.Hit{}, false},
		{"no patterns", nil, "t", `{"q":"select"}`, match.Hit{}, false},
		{
			"letter case ignored",
			[]match.Pattern{sub("p", "Drop Table")},
			"", `{"q":"x DROP table y"}`,
			match.Hit{Name: "p", Pointer: "/q", Start: 2, End: 12},
			true,
		},
		{
			"letter case kept",
			[]match.Pattern{exact(sub("p", "Drop"))},
			"", `["DROP","xDrop"]`,
			match.Hit{Name: "p", Pointer: "/1", Start: 1, End: 5},
			true,
		},
		{
			"escaped newline is white space",
			[]match.Pattern{regex("p", `DROP\s+TABLE`)},
			"", `{"q":"DROP\nTABLE x"}`,
			match.Hit{Name: "p", Pointer: "/q", Start: 0, End: 10},
			true,
		},
		{
			"glob sees the whole value",
			[]match.Pattern{glob("p", "*.exe")},
			"", `{"path":"evil.exe"}`,
			match.Hit{Name: "p", Pointer: "/path", Start: 0, End: 8},
			true,
		},
		{"glob is no suffix search", []match.Pattern{glob("p", "*.exe")}, "", `{"path":"evil.exe.txt"}`, match.Hit{}, false},
		{
			"anchored regex",
			[]match.Pattern{regex("p", `^rm\b`)},
			"", `{"cmd":"rm -rf /"}`,
			match.Hit{Name: "p", Pointer: "/cmd", Start: 0, End: 2},
			true,
		},
		{
			"non-ASCII written escaped",
			[]match.Pattern{sub("p", "löschen")},
			"", `{"q":"alles L\u00d6SCHEN"}`,
			match.Hit{Name: "p", Pointer: "/q", Start: 6, End: 14},
			true,
		},
		{
			"pattern with a quote",
			[]match.Pattern{sub("p", `"; drop`)},
			"", `{"q":"x\"; DROP"}`,
			match.Hit{Name: "p", Pointer: "/q", Start: 1, End: 8},
			true,
		},
		{
			"letters written escaped",
			[]match.Pattern{sub("p", "rm -rf")},
			"", `{"q":"\u0072m -\u0072\u0046"}`,
			match.Hit{Name: "p", Pointer: "/q", Start: 0, End: 6},
			true,
		},
		{
			"surrogate pair",
			[]match.Pattern{sub("p", "😀!")},
			"", `["\ud83d\ude00!"]`,
			match.Hit{Name: "p", Pointer: "/0", Start: 0, End: 5},
			true,
		},
		{
			"folding that changes length",
			[]match.Pattern{sub("p", "kiss")},
			"", `["xx\u212Ai\u017Fſ."]`,
			match.Hit{Name: "p", Pointer: "/0", Start: 2, End: 10},
			true,
		},
		{
			"tool name",
			[]match.Pattern{sub("p", "shell")},
			"run_Shell", `{}`,
			match.Hit{Name: "p", InName: true, Start: 4, End: 9},
			true,
		},
		{
			"key",
			[]match.Pattern{sub("p", "sudo")},
			"", `{"a":{"x/~sudo":1}}`,
			match.Hit{Name: "p", Pointer: "/a/x~1~0sudo", InKey: true, Start: 3, End: 7},
			true,
		},
		{
			"argument vector",
			[]match.Pattern{regex("p", `rm\s+-rf\s+/`)},
			"", `{"argv":["rm","","-rf","/"]}`,
			match.Hit{Name: "p", Pointer: "/argv", Joined: true, Start: 0, End: 8},
			true,
		},
		{
			"argument vector around others",
			[]match.Pattern{sub("p", "kill -9 1")},
			"", `[["x",["kill",{"a":["b","c"]},-9,null,1]]]`,
			match.Hit{Name: "p", Pointer: "/0/1", Joined: true, Start: 0, End: 9},
			true,
		},
		{
			"number",
			[]match.Pattern{glob("p", "4111*")},
			"", `{"card":4111111111111111}`,
			match.Hit{Name: "p", Pointer: "/card", Start: 0, End: 16},
			true,
		},
		{"literals are no values", []match.Pattern{regex("p", `true|false|null`)}, "", `[true,false,null]`, match.Hit{}, false},
		{
			"the dot takes a line break",
			[]match.Pattern{regex("p", `curl.*sh`)},
			"", `["curl x |\n sh"]`,
			match.Hit{Name: "p", Pointer: "/0", Start: 0, End: 12},
			true,
		},
		{"the dot may be told not to", []match.Pattern{regex("p", `(?-s)curl.*sh`)}, "", `["curl x |\n sh"]`, match.Hit{}, false},
		{
			"lowest pattern, not first place",
			[]match.Pattern{sub("p", "late"), sub("q", "early")},
			"", `["early","late"]`,
			match.Hit{Name: "p", Pointer: "/1", Start: 0, End: 4},
			true,
		},
		{
			"second pattern",
			[]match.Pattern{sub("p", "absent"), sub("q", "early")},
			"", `["early"]`,
			match.Hit{Pattern: 1, Name: "q", Pointer: "/0", Start: 0, End: 5},
			true,
		},
		{
			"pattern within a pattern",
			[]match.Pattern{sub("p", "abcd"), sub("q", "bc")},
			"", `["abce"]`,
			match.Hit{Pattern: 1, Name: "q", Pointer: "/0", Start: 1, End: 3},
			true,
		},
		{
			"patterns that end in each other",
			[]match.Pattern{exact(sub("p", "c")), sub("q", "bc"), exact(sub("r", "abc"))},
			"", `["abc"]`,
			match.Hit{Name: "p", Pointer: "/0", Start: 2, End: 3},
			true,
		},
		{"argument vector of two", []match.Pattern{sub("p", "rm -rf")}, "", `["rm","-rf"]`, match.Hit{Name: "p", Joined: true, End: 6}, true},
		{
			"regex without a literal",
			[]match.Pattern{regex("p", `\b\d{3}-\d{2}-\d{4}\b`)},
			"", `["x 123-45-6789"]`,
			match.Hit{Name: "p", Pointer: "/0", Start: 2, End: 13},
			true,
		},
		{"regex without a literal, clean", []match.Pattern{regex("p", `\b\d{3}-\d{2}-\d{4}\b`)}, "", `["1123-45-6789"]`, match.Hit{}, false},
		{
			"regex with a large table",
			[]match.Pattern{regex("p", `\b(?:\d[ -]?){13,16}\b`)},
			"", `["4111 1111 1111 1111"]`,
			match.Hit{Name: "p", Pointer: "/0", Start: 0, End: 19},
			true,
		},
		{"regex with a large table, clean", []match.Pattern{regex("p", `\b(?:\d[ -]?){13,16}\b`)}, "", `["4111 1111 1111"]`, match.Hit{}, false},
		{
			"regex counted further than its table",
			[]match.Pattern{regex("p", `^\d{300}$`)},
			"", `["` + strings.Repeat("7", 300) + `"]`,
			match.Hit{Name: "p", Pointer: "/0", Start: 0, End: 300},
			true,
		},
		{"regex, Kelvin sign", []match.Pattern{regex("p", `\d+k$`)}, "", `["5\u212A"]`, match.Hit{Name: "p", Pointer: "/0", Start: 0, End: 4}, true},
		{"regex, long s", []match.Pattern{regex("p", `\d+s$`)}, "", `["5ſ"]`, match.Hit{Name: "p", Pointer: "/0", Start: 0, End: 3}, true},
		{
			"globs without a literal",
			[]match.Pattern{glob("p", "?"), glob("q", "[0-9]?")},
			"", `["xy","7é"]`,
			match.Hit{Pattern: 1, Name: "q", Pointer: "/1", Start: 0, End: 3},
			true,
		},
		{"whole document", []match.Pattern{sub("p", "x")}, "", ` "x" `, match.Hit{Name: "p", Start: 0, End: 1}, true},
		{
			"repeated key",
			[]match.Pattern{sub("p", "bad")},
			"", `{"a":"bad","a":"good"}`,
			match.Hit{Name: "p", Pointer: "/a", Start: 0, End: 3},
			true,
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got, ok, err := compile(t, tt.patterns...).Scan(tt.call, []byte(tt.doc))
			if err != nil || ok != tt.ok || got != tt.want {
				t.Errorf("Scan = %+v, %v, %v; want %+v, %v", got, ok, err, tt.want, tt.ok)
			}
			if hit, ok := naive(tt.patterns, tt.call, []byte(tt.doc)); ok != tt.ok || hit != tt.want {
				t.Errorf("naive = %+v, %v; want %+v, %v", hit, ok, tt.want, tt.ok)
			}
		})
	}
}

func TestScanRefuses(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, doc string
		want      match.DocumentError
	}{
		{"white space", ` `, match.DocumentError{Offset: 1, Problem: "the document ends too early"}},
		{"cut short", `{"a":"b`, match.DocumentError{Offset: 7, Problem: "the document ends too early"}},
		{"cut within an escape", `"\`, match.DocumentError{Offset: 1, Problem: "the document ends too early"}},
		{"trailing bytes", `{} x`, match.DocumentError{Offset: 3, Problem: "there is more after the end of the document"}},
		{"trailing comma", `[1,]`, match.DocumentError{Offset: 3, Problem: "a character that does not belong here"}},
		{"bare key", `{a:1}`, match.DocumentError{Offset: 1, Problem: "a character that does not belong here"}},
		{"wrong end", `[1}`, match.DocumentError{Offset: 2, Problem: "a character that does not belong here"}},
		{"leading zero", `[01]`, match.DocumentError{Offset: 2, Problem: "a character that does not belong here"}},
		{"control character", "[\"a\x01\"]", match.DocumentError{Offset: 3, Problem: "a control character within a string"}},
		{"unknown escape", `["\x41"]`, match.DocumentError{Offset: 2, Problem: "an escape that JSON does not know"}},
		{"short escape", `["\u00g0"]`, match.DocumentError{Offset: 2, Problem: `a \u escape without four hexadecimal digits`}},
		{"half a pair", `["\ud83d"]`, match.DocumentError{Offset: 2, Problem: "half of a surrogate pair"}},
		{"invalid UTF-8", "[\"\xff\"]", match.DocumentError{Offset: 2, Problem: "not valid UTF-8"}},
		{"invalid UTF-8 behind an escape", "[\"\\n\xff\"]", match.DocumentError{Offset: 6, Problem: "not valid UTF-8 in the string that ends here"}},
		{"too deep", strings.Repeat("[", 513), match.DocumentError{Offset: 512, Problem: "arrays and objects are nested too deeply"}},
		{"after a hit", `["evil"`, match.DocumentError{Offset: 7, Problem: "the document ends too early"}},
	}
	set := compile(t, sub("p", "evil"))
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			hit, ok, err := set.Scan("t", []byte(tt.doc))
			var got *match.DocumentError
			if !errors.As(err, &got) || *got != tt.want || ok || hit != (match.Hit{}) {
				t.Errorf("Scan = %+v, %v, %v; want %v", hit, ok, err, &tt.want)
			}
		})
	}
}

func TestScanDeepest(t *testing.T) {
	t.Parallel()
	doc := strings.Repeat("[", match.MaxDepth) + `"evil"` + strings.Repeat("]", match.MaxDepth)
	hit, ok, err := compile(t, sub("p", "evil")).Scan("", []byte(doc))
	want := match.Hit{Name: "p", Pointer: strings.Repeat("/0", match.MaxDepth), End: 4}
	if hit != want || !ok || err != nil {
		t.Errorf("Scan = %+v, %v, %v", hit, ok, err)
	}
}

func TestScanString(t *testing.T) {
	t.Parallel()
	set := compile(t, sub("p", "evil"), regex("q", `^\x{FFFD}x$`))
	for text, want := range map[string]match.Hit{
		"":          {},
		"an Evil":   {Name: "p", InName: true, Start: 3, End: 7},
		"\xffx":     {Pattern: 1, Name: "q", InName: true, End: 4},
		"\xff evil": {Name: "p", InName: true, Start: 4, End: 8},
	} {
		if got, ok, err := set.ScanString(text); got != want || ok != (want != match.Hit{}) || err != nil {
			t.Errorf("ScanString(%q) = %+v, %v; want %+v", text, got, ok, want)
		}
	}
}

// TestScanDoesNotAllocate is not parallel, because it counts the allocations of the whole process. Of many runs the best
// counts: now and then the pool is emptied, and under the race detector it drops a quarter of what it is given.
func TestScanDoesNotAllocate(t *testing.T) {
	set := compile(t, append(usual(), numbers()...)...)
	for name, doc := range map[string]string{
		"plain":   arguments,
		"escapes": `{"a":["x\ny","\u00e9"],"b":-1.5e3}`,
		"wide":    `{"ключ":"значение","鍵":["値","値"]}`,
	} {
		raw := []byte(doc)
		scan := func() {
			if _, ok, err := set.Scan("tool", raw); ok || err != nil {
				t.Errorf("%s: Scan = %v, %v", name, ok, err)
			}
		}
		allocs := testing.AllocsPerRun(1, scan)
		for range 100 {
			allocs = min(allocs, testing.AllocsPerRun(1, scan))
		}
		if allocs > 0 {
			t.Errorf("%s: %v allocations", name, allocs)
		}
	}
}
