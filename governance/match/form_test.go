package match_test

import (
	"bytes"
	"compress/gzip"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/text/unicode/norm"
	"pgregory.net/rapid"

	"github.com/mcp-kernel/mcp-kernel/governance/match"
)

// formed writes down every view of a text.
func formed(t *testing.T, n *match.Normalizer, text string) []string {
	t.Helper()
	var all []string
	err := n.Each([]byte(text), func(v match.View) bool {
		all = append(all, fmt.Sprintf("%s: %s", v.Form(0, len(v.Text)), v.Text))
		return true
	})
	if err != nil {
		t.Errorf("Each(%q): %v", text, err)
	}
	return all[1:]
}

func encode64(s string) string { return base64.StdEncoding.EncodeToString([]byte(s)) }

// packed is what gzip makes of a text.
func packed(s string) string {
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	_, _ = w.Write([]byte(s))
	_ = w.Close()
	return b.String()
}

func TestForms(t *testing.T) {
	t.Parallel()
	tags := func(s string) string {
		return strings.Map(func(r rune) rune { return r + 0xE0000 }, s)
	}
	for _, tt := range []struct {
		name, text string
		want       string // among the views
	}{
		{"zero width space", "r\u200bm -rf", "invisible: rm -rf"},
		{"soft hyphen, direction marks", "r\u00adm\u202e -\u2066rf", "invisible: rm -rf"},
		{"control characters", "r\x00m -\x08rf", "invisible: rm -rf"},
		{"colours", "r\x1b[31mm -rf", "invisible: rm -rf"},
		{"tags", "hello" + tags("rm -rf /"), "tags: rm -rf /"},
		{"variation selectors", "😀" + "\U000E0162\U000E015D\U000E0110", "tags: rm "},
		{"full width", "ｒｍ　－ｒｆ", "nfkc: rm -rf"},
		{"mathematical letters", "𝗿𝘮 -𝚛𝖋", "nfkc: rm -rf"},
		{"Cyrillic", "гm -гf", "confusable: rm -rf"},
		{"Greek and marks", "DRΟΡ TÁBLE", "confusable: DROP TABLE"},
		{"marks apart", "d\u0336r\u0336o\u0336p\u0336", "confusable: drop"},
		{"circled", "🅓🅡🅞🅟", "confusable: DROP"},
		{"digits of another script", "१२३", "confusable: 123"},
		{"dash", "rm –rf", "confusable: rm -rf"},
		{"comment", "DROP/**/TABLE", "comment: DROP TABLE"},
		{"comment between letters", "DR/*x*/OP", "comment: DROP"},
		{"comment that is run", "/*!50000DROP*/ TABLE", "comment:  DROP  TABLE"},
		{"comment to the end of the line", "DROP -- x\nTABLE", "comment: DROP  \nTABLE"},
		{"shell comment", "rm #x\n-rf", "comment: rm  \n-rf"},
		{"quotes", `r''m "-rf"`, "shell: rm -rf"},
		{"ANSI quotes", `$'\x72m' -rf`, "escape/shell: rm -rf"},
		{"IFS", "rm${IFS}-rf$IFS$9/", "shell: rm -rf /"},
		{"backslashes", `r\m -\r\f`, "shell: rm -rf"},
		{"expands to nothing", "r$@m -r${x}f", "shell: rm -rf"},
		{"braces", "{rm,-rf,/}", "shell: rm -rf /"},
		{"caret", "d^el /s", "shell: del /s"},
		{"white space", "rm \t\n-rf", "space: rm -rf"},
		{"percent", "%72m%20-rf", "percent: rm -rf"},
		{"percent of IIS", "%u0072m -rf", "percent: rm -rf"},
		{"hexadecimal escapes", `\x72\x6d -rf`, "escape: rm -rf"},
		{"octal escapes", `\162\155 -rf`, "escape: rm -rf"},
		{"Unicode escapes", `\u0072\u{6d} \U0000002drf`, "escape: rm -rf"},
		{"entities", "&#114;&#x6d; &#45rf &lt;", "entity: rm -rf <"},
		{"base64", encode64("rm -rf /"), "base64: rm -rf /"},
		{"short base64", "cm0gLXJm", "base64: rm -rf"},
		{"base64 without padding, for URLs", base64.RawURLEncoding.EncodeToString([]byte("rm -rf />>>???")), "base64: rm -rf />>>???"},
		{"base64 within words", "run " + encode64("rm -rf /") + " now", "base64: rm -rf /"},
		{"base64 behind something", "x" + encode64("rm -rf /home"), "base64: rm -rf /home"},
		{"base64 in lines", encode64(strings.Repeat("x", 48)) + "\n" + encode64("rm -rf /"), "base64: " + strings.Repeat("x", 48) + "rm -rf /"},
		{"base64 of UTF-16", encode64("r\x00m\x00 \x00-\x00r\x00f\x00"), "base64: rm -rf"},
		{"base64 of what is no text", encode64("\x00\xff\x01\x80\x90rm -rf /\x00\xfe\xfd\x01\x02"), "base64/invisible: rm -rf /\n"},
		{"hexadecimal", hex.EncodeToString([]byte("rm -rf /")), "hex: rm -rf /"},
		{"hexadecimal with 0x", "0x" + hex.EncodeToString([]byte("rm -rf /")), "hex: rm -rf /"},
		{"gzip in base64", encode64(packed("rm -rf /")), "base64+gzip: rm -rf /"},
		{"twice", encode64(encode64("rm -rf /")), "base64/base64: rm -rf /"},
		{"letters within base64", encode64("ｒｍ -rf"), "base64/nfkc: rm -rf"},
		{"base64 in quotes", `"cm0gL"'XJmIC8='`, "shell/base64: rm -rf /"},
		{"base64 with what is not seen", "cm0g\u200bLXJmIC8=", "invisible/base64: rm -rf /"},
		{"percent of percent", "%2572m -rf", "percent/percent: rm -rf"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if got := formed(t, new(match.Normalizer), tt.text); !slices.Contains(got, tt.want) {
				t.Errorf("%q: %q is not among\n%q", tt.text, tt.want, got)
			}
		})
	}
}

func TestNothingToUndo(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		"", "plain words with one space", "/srv/project/docs/quarterly-report.md", "a1b2c3d4-0000-4000-8000-00805f9b34fb",
		"application/vnd.openxmlformats-officedocument", "SELECT id FROM users WHERE name = 7", "世界",
	} {
		if got := formed(t, new(match.Normalizer), text); len(got) != 0 {
			t.Errorf("%q: %q", text, got)
		}
	}
}

func TestSpansAndForms(t *testing.T) {
	t.Parallel()
	const text = "x %72m\u200b -rf ｙ"
	type found struct{ span, form string }
	var got []found
	_ = new(match.Normalizer).Each([]byte(text), func(v match.View) bool {
		if i := bytes.Index(v.Text, []byte("rm -rf")); i >= 0 {
			span := v.Span(i, i+6)
			got = append(got, found{text[span.Start:span.End], v.Form(i, i+6)})
		}
		return true
	})
	want := []found{{"%72m\u200b -rf", "invisible/percent"}}
	if diff := cmp.Diff(want, got[:min(1, len(got))], cmp.AllowUnexported(found{})); diff != "" {
		t.Error(diff)
	}
}

func TestLayersEnd(t *testing.T) {
	t.Parallel()
	deep := "rm -rf /"
	for range match.MaxLayers {
		deep = encode64(deep)
	}
	var n match.Normalizer
	if got := formed(t, &n, deep); !slices.ContainsFunc(got, func(s string) bool { return strings.HasSuffix(s, ": rm -rf /") }) {
		t.Errorf("the innermost of %d layers is not among %q", match.MaxLayers, got)
	}
	for name, text := range map[string]string{
		"one layer more": encode64(deep),
		"per cent":       "%" + strings.Repeat("25", 100) + "41",
		"bomb":           encode64(packed(strings.Repeat("x", 8<<20))),
		"bomb in a bomb": encode64(packed(encode64(packed(strings.Repeat("x", 8<<20))))),
	} {
		if err := n.Each([]byte(text), func(match.View) bool { return true }); !errors.Is(err, match.ErrLayers) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestEachStops(t *testing.T) {
	t.Parallel()
	visits := 0
	err := new(match.Normalizer).Each([]byte("%72m "+encode64("rm -rf /")), func(match.View) bool {
		visits++
		return visits < 2
	})
	if err != nil || visits != 2 {
		t.Errorf("%v after %d visits", err, visits)
	}
}

func FuzzForms(f *testing.F) {
	for _, s := range []string{"r''m", "%72", `\u{72}\ud83d\ude00`, "&lt;&#x41", "cm0gLXJmIC8=", "ｒｍ\u200b", "/*!5*/--\n", "${IFS}{a,b}$'\\x41", "726d2072"} {
		f.Add(s)
	}
	var n match.Normalizer
	f.Fuzz(func(t *testing.T, text string) {
		text = strings.ToValidUTF8(text, "?")
		first := true
		err := n.Each([]byte(text), func(v match.View) bool {
			if first != v.Original() || first && string(v.Text) != text {
				t.Fatalf("the first view is %q", v.Text)
			}
			first = false
			for i := range v.Text {
				if s := v.Span(i, len(v.Text)); s.Start < 0 || s.Start > s.End || s.End > len(text) {
					t.Fatalf("%q: [%d:] of %q is %v", text, i, v.Text, s)
				}
			}
			return true
		})
		if err != nil && !errors.Is(err, match.ErrLayers) {
			t.Fatal(err)
		}
	})
}

func BenchmarkForms(b *testing.B) {
	prose := strings.Repeat("The migration of the customer database was finished on Tuesday; two of the seven services were restarted. ", 600)
	for _, bb := range []struct{ name, text string }{
		{"clean", prose},
		{"apostrophes", strings.ReplaceAll(prose, "the seven", "the company's seven")},
		{"source", strings.Repeat("func main() {\n\tfmt.Println(\"hello\", x[i]) // say it\n\tif err != nil {\n\t\treturn err\n\t}\n}\n", 600)},
		{"base64", encode64(noise(48 << 10))},
		{"Cyrillic", strings.Repeat("Съешь ещё этих мягких французских булок да выпей чаю. ", 600)},
		{"CJK", strings.Repeat("私はガラスを食べられます。それは私を傷つけません。", 800)},
	} {
		b.Run(bb.name, func(b *testing.B) {
			n := match.Normalizer{Skip: match.Space}
			text := []byte(bb.text)
			b.SetBytes(int64(len(text)))
			b.ReportAllocs()
			views := 0
			for b.Loop() {
				views = 0
				if err := n.Each(text, func(match.View) bool { views++; return true }); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(views), "views")
		})
	}
}

// noise is n bytes without any order.
func noise(n int) string {
	b := make([]byte, n)
	_, _ = rand.NewChaCha8([32]byte{1}).Read(b)
	return string(b)
}

// TestCompat holds the short cut to what the library says of whole texts.
func TestCompat(t *testing.T) {
	t.Parallel()
	n := match.Normalizer{Skip: match.AllForms &^ match.Compat}
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.StringOf(rapid.OneOf(
			rapid.RuneFrom([]rune("aeÅéЙжΩ世가\u1100\u1161\u11a8ｒﬁ…\u0301\u0338\u0327\u3099カﾞº")), rapid.Rune(),
		)).Draw(t, "text")
		got := text
		_ = n.Each([]byte(text), func(v match.View) bool {
			got = string(v.Text)
			return true
		})
		if want := norm.NFKC.String(text); got != want && len([]rune(text)) < 30 {
			t.Fatalf("%+q: %+q, want %+q", text, got, want)
		}
	})
}

// TestWorkIsBounded counts the bytes that are shown of texts that are all edge: each is a multiple of the text at most.
func TestWorkIsBounded(t *testing.T) {
	t.Parallel()
	var n match.Normalizer
	for _, s := range []string{
		"'", "%25", "%41", "QUJD", "${", "{a,", "{a,b}", "/*", "/**/", " #", "--", "a\u200b", "ｒ", "\u0301", "р ", "&#x41;", "&&&&", `\\`, `\u0041`,
		"\U000E0041", "\u1100\u1161", "4a", "\x1b[", " ", "\n", "r''m ", "%41'\u200b/**/ｒ&lt;QUJDREVG", strings.Repeat("a", 40) + "\n",
		strings.Repeat("4", 40) + "\n", strings.Repeat("A", 40) + "\n",
	} {
		text := strings.Repeat(s, 1<<16/len(s))
		shown := 0
		err := n.Each([]byte(text), func(v match.View) bool {
			shown += len(v.Text)
			return true
		})
		if err != nil && !errors.Is(err, match.ErrLayers) || shown > 1<<20+17*len(text) {
			t.Errorf("%q: %d bytes of %d, %v", s, shown, len(text), err)
		}
	}
}
