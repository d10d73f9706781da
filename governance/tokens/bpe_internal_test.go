package tokens

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/tiktoken-go/tokenizer"
	"pgregory.net/rapid"
)

// oracle is the library's own encoder, which cuts with regular expressions.
func oracle(tb testing.TB) tokenizer.Codec {
	tb.Helper()
	codec, err := tokenizer.Get(tokenizer.Cl100kBase)
	if err != nil {
		tb.Fatal(err)
	}
	return codec
}

// failer is what fails: a test of its own, or a property.
type failer interface {
	Helper()
	Fatalf(string, ...any)
}

func same(t failer, b *bpe, by tokenizer.Codec, text string) {
	t.Helper()
	want, err := by.Count(text)
	if err != nil {
		t.Fatalf("oracle: %v", err)
	}
	if got, err := b.count([]byte(text)); got != int64(want) || err != nil {
		t.Fatalf("count(%q) = %d, %v; want %d", text, got, err, want)
	}
}

// comparable reports whether the library counts text right, and we do not cut its words. The library passes over U+007F,
// takes a byte that is not UTF-8 for U+FFFD, and cuts white space behind its first line breaks rather than its last.
func comparable(text string) bool {
	if !utf8.ValidString(text) || strings.Contains(text, "\x7f") {
		return false
	}
	for rest := []byte(text); len(rest) > 0; {
		end := word(rest)
		_, behind, _ := strings.Cut(strings.ReplaceAll(string(rest[:end]), "\r", "\n"), "\n")
		if end > pieceBytes || strings.Trim(behind, "\n") != "" {
			return false
		}
		rest = rest[end:]
	}
	return true
}

func TestCountIsTheLibrarys(t *testing.T) {
	t.Parallel()
	var b bpe
	by := oracle(t)
	pieces := []string{
		"the", "Report", "it's", "'Ll", "'RE", "'v", "'", "'ſ", "'d", " ", "  ", "\n", "\r\n\r\n", "\t", "\v", "1234567", "12345678901", "abbbbbb", ".", "...", "->",
		"{\"a\":", "é", "ſ", "世界", "\u00a0", "\u2028", "\u0301", "x", "\ufffd", "😀", "٣", "½", "\x00", "antidisestablishmentarianism",
	}
	rapid.Check(t, func(t *rapid.T) {
		for _, text := range []string{
			strings.Join(rapid.SliceOfN(rapid.SampledFrom(pieces), 0, 40).Draw(t, "pieces"), ""), rapid.String().Draw(t, "text"),
		} {
			if comparable(text) {
				same(t, &b, by, text)
			}
		}
	})
}

// TestKindsAreTheLibrarys looks at both ends of each range of characters that the encoding treats alike, and at a few
// within.
func TestKindsAreTheLibrarys(t *testing.T) {
	t.Parallel()
	var b bpe
	by := oracle(t)
	at := func(r rune) kind { k, _ := next([]byte(string(r))); return k }
	for r := range utf8.MaxRune {
		within := r > 0 && at(r-1) == at(r) && at(r+1) == at(r)
		if s := string(r); comparable(s) && (!within || r%97 == 0) {
			same(t, &b, by, "a"+s+"b "+s+" 1"+s+"2'"+s+"\n"+s+s+"?")
		}
	}
}

// TestEveryTokenIsOneWord proves how texts are cut: tokens were learnt within words, so each that is UTF-8 must be one.
func TestEveryTokenIsOneWord(t *testing.T) {
	t.Parallel()
	for _, token := range librarys(t) {
		if end := word(token); utf8.Valid(token) && end != len(token) {
			t.Errorf("%q is cut at %d", token, end)
		}
	}
}

// TestLongWordsAreCutWithLittleLoss compares words that are counted in pieces with what they come to as a whole.
func TestLongWordsAreCutWithLittleLoss(t *testing.T) {
	t.Parallel()
	var b bpe
	by := oracle(t)
	for _, unit := range []string{"a", "abcdefghijklmnopqrstuvwxyz", "=", "漢", "\u0301", " ", "\n", "\u2003\u2028", "ไทย"} {
		text := strings.Repeat(unit, 4*pieceBytes/len(unit)+1)
		want, err := by.Count(text)
		if err != nil {
			t.Fatal(err)
		}
		got, err := b.count([]byte(text))
		if cuts := int64(len(text)/pieceBytes) + 1; err != nil || got < int64(want)-3*cuts || got > int64(want)+3*cuts {
			t.Errorf("%q: %d, %v; %d as a whole", unit, got, err, want)
		}
	}
}

func FuzzCount(f *testing.F) {
	for _, seed := range []string{
		"", "it's 12345 o'clock", `{"a":[1,2.5,"b\n"]}`, "  \r\n \t x", "漢字 \u2003ſ'", "a\x7fb", "\xff\xfe'll", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
	} {
		f.Add(seed)
	}
	var b bpe
	by := oracle(f)
	f.Fuzz(func(t *testing.T, text string) {
		text = text[:min(len(text), 4<<10)] // the library takes quadratic time over white space
		got, err := b.count([]byte(text))
		if err != nil || got > int64(len(text)) || got == 0 && text != "" {
			t.Fatalf("count(%q) = %d, %v", text, got, err)
		}
		if comparable(text) {
			same(t, &b, by, text)
		}
	})
}
