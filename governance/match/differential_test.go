package match_test

import (
	"encoding/json"
	"fmt"
	"regexp"
	"strings"
	"testing"
	"unicode/utf16"
	"unicode/utf8"

	"pgregory.net/rapid"

	"github.com/mcp-kernel/mcp-kernel/governance/match"
)

// agree fails unless the engine and the naive matcher give one answer.
func agree(t interface{ Fatalf(string, ...any) }, patterns []match.Pattern, name string, doc []byte) {
	set, err := match.Compile(patterns)
	if err != nil {
		return
	}
	readable, sure := readable(doc)
	if !utf8.ValidString(name) {
		readable = false
	}
	got, ok, err := set.Scan(name, doc)
	switch {
	case sure && readable != (err == nil):
		t.Fatalf("Scan(%q, %q): error %v, want readable %v", name, doc, err, readable)
	case err != nil && (ok || got != match.Hit{}):
		t.Fatalf("Scan(%q, %q): an error and a hit", name, doc)
	case err != nil:
		return
	}
	want, wantOK := naive(patterns, name, doc)
	if got != want || ok != wantOK {
		t.Fatalf("patterns %+v\nScan(%q, %q) = %+v, %v\nwant %+v, %v", patterns, name, doc, got, ok, want, wantOK)
	}
}

// letters are few, so that things occur, and hold every kind of fold: none, ASCII, a change of length, an orbit of three.
const letters = `aAbBkK` + "  \t\u212As\u017FßẞσςΣжЖ 世😀\n\"\\."

// text draws a short text of letters.
func text(t *rapid.T, label string, longest int) string {
	return rapid.StringOfN(rapid.RuneFrom([]rune(letters)), 0, longest, -1).Draw(t, label)
}

// expression draws a regular expression.
func expression(t *rapid.T, depth int) string {
	choice := rapid.IntRange(0, 11).Draw(t, "op")
	if depth == 0 {
		choice %= 6
	}
	switch choice {
	case 0, 1, 2:
		var b strings.Builder
		for _, r := range text(t, "literal", 3) {
			fmt.Fprintf(&b, `\x{%x}`, r)
		}
		return b.String()
	case 3:
		return rapid.SampledFrom([]string{`[ab]`, `[^a]`, `\s`, `\w`, `[a-k]`, `[жσ]`}).Draw(t, "class")
	case 4:
		return rapid.SampledFrom([]string{`^`, `$`, `\b`, `\B`, `\A`, `\z`, `(?m:^)`, `(?m:$)`}).Draw(t, "anchor")
	case 5:
		return `.`
	case 6, 7, 8:
		return expression(t, depth-1) + expression(t, depth-1)
	case 9:
		return `(?:` + expression(t, depth-1) + `|` + expression(t, depth-1) + `)`
	default:
		times := rapid.SampledFrom([]string{`*`, `+`, `?`, `{2}`, `{1,2}`, `*?`}).Draw(t, "times")
		return `(?:` + expression(t, depth-1) + `)` + times
	}
}

// pattern draws any pattern.
func pattern(t *rapid.T, i int) match.Pattern {
	p := match.Pattern{Name: fmt.Sprint(i), CaseSensitive: rapid.Bool().Draw(t, "case")}
	switch rapid.IntRange(0, 2).Draw(t, "type") {
	case 0:
		p.Type, p.Text = match.Substring, "x"+text(t, "text", 4)
		p.Text = p.Text[1:] + rapid.SampledFrom([]string{"a", "b", "k", "ж"}).Draw(t, "last")
	case 1:
		p.Type, p.Text = match.Regex, expression(t, 3)
	default:
		p.Type = match.Glob
		parts := rapid.SliceOfN(rapid.SampledFrom([]string{`*`, `*`, `?`, `[ab]`, `[!a]`, `[жk-s]`, `a`, `bk`, `Σ`, `\*`, `\\`, `.`, " "}), 1, 6)
		p.Text = strings.Join(parts.Draw(t, "glob"), "")
	}
	return p
}

// document draws a JSON document.
func document(t *rapid.T, depth int) string {
	choice := rapid.IntRange(0, 7).Draw(t, "kind")
	if depth == 0 {
		choice %= 5
	}
	switch choice {
	case 0, 1, 2, 3:
		return quoted(t, text(t, "string", 12))
	case 4:
		return rapid.SampledFrom([]string{`0`, `-1.5e+3`, `12`, `true`, `false`, `null`, `""`, `{}`, `[]`}).Draw(t, "literal")
	case 5, 6:
		var parts []string
		for range rapid.IntRange(0, 4).Draw(t, "elements") {
			parts = append(parts, document(t, depth-1))
		}
		return "[ " + strings.Join(parts, ",") + "]"
	default:
		var parts []string
		for range rapid.IntRange(0, 3).Draw(t, "members") {
			parts = append(parts, quoted(t, text(t, "key", 4))+" : "+document(t, depth-1))
		}
		return "{" + strings.Join(parts, " ,") + "}"
	}
}

// quoted writes a string as JSON, each character escaped or not as drawn.
func quoted(t *rapid.T, s string) string {
	var b strings.Builder
	b.WriteByte('"')
	for _, r := range s {
		if rapid.IntRange(0, 7).Draw(t, "escape") == 0 {
			for _, unit := range utf16.Encode([]rune{r}) {
				fmt.Fprintf(&b, `\u%04x`, unit)
			}
			continue
		}
		plain, _ := json.Marshal(string(r))
		b.Write(plain[1 : len(plain)-1])
	}
	b.WriteByte('"')
	return b.String()
}

func TestScanAgreesWithNaive(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		var patterns []match.Pattern
		for i := range rapid.IntRange(1, 5).Draw(t, "patterns") {
			patterns = append(patterns, pattern(t, i))
		}
		for range 5 {
			agree(t, patterns, text(t, "name", 6), []byte(document(t, 3)))
		}
	})
}

func TestGlobMatcherAgreesWithRegex(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		p := pattern(t, 0)
		for p.Type != match.Glob {
			p = pattern(t, 0)
		}
		g, err := match.CompileGlob(p.Text, p.CaseSensitive)
		if err != nil {
			t.Fatal(err)
		}
		flags := "(?is)"
		if p.CaseSensitive {
			flags = "(?s)"
		}
		re := regexp.MustCompile(flags + globRegex(p.Text))
		for range 10 {
			s := text(t, "text", 8)
			if g.Match(s) != re.MatchString(s) {
				t.Fatalf("glob %q on %q: %v", p.Text, s, g.Match(s))
			}
		}
	})
}

func FuzzScan(f *testing.F) {
	for _, doc := range []string{
		``, ` `, `{}`, `[1,-0.5E7,"a"]`, `{"q":"DROP\nTABLE x"}`, `{"path":"evil.exe"}`, `["rm","-rf","/"]`, `"\ud83d\ude00"`,
		`"\ud83d"`, "\"\xff\"", `"\u212A"`, strings.Repeat("[", 600), `{"a":{"b":["c",{"d":null}]}} x`, `{"a" "b"}`,
	} {
		f.Add("tool", []byte(doc))
	}
	patterns := []match.Pattern{
		exact(sub("0", "Ab")), regex("1", `drop\s+table`), glob("2", "*.exe"), regex("3", `rm -(r|f)+ /`), sub("4", "ü"),
		regex("5", `[0-9]{3}-[0-9]{2}`), glob("6", "?[!a-z]x"), sub("7", "k"), regex("8", `^\s+$`),
	}
	f.Fuzz(func(t *testing.T, name string, doc []byte) { agree(t, patterns, name, doc) })
}

func FuzzCompile(f *testing.F) {
	f.Add("drop", uint8(match.Substring), false, "DROP it")
	f.Add(`a(b|c)+\d{2,4}`, uint8(match.Regex), true, "xabc12")
	f.Add(`*[!]a-c]\?`, uint8(match.Glob), false, "xd?")
	f.Add(`(?i)(k|\x{17f})`, uint8(match.Regex), true, "\u212A")
	f.Fuzz(func(t *testing.T, text string, kind uint8, sensitive bool, value string) {
		p := match.Pattern{Name: "p", Type: match.Type(kind), Text: text, CaseSensitive: sensitive}
		doc, err := json.Marshal([]string{value})
		if err != nil || len(text) > 200 {
			t.Skip()
		}
		agree(t, []match.Pattern{p}, "", doc)
	})
}
