package tokens

import (
	"strings"
	"testing"
	"unicode/utf8"

	"pgregory.net/rapid"
)

// chunked counts text in chunks of at most limit bytes, and says whether every cut was one that the encoding makes too.
func chunked(t *rapid.T, b *bpe, text string, limit int) (total int64, exact bool) {
	exact = true
	for text != "" {
		end := cut(text, limit)
		if end < 1 || end > limit || end > len(text) {
			t.Fatalf("cut %q at %d", text, end)
		}
		if end < len(text) && !always(text[end-1], text[end]) {
			exact = false
			if utf8.ValidString(text) && !utf8.RuneStart(text[end]) {
				t.Fatalf("cut %q within a character, at %d", text, end)
			}
		}
		n, err := b.count(text[:end])
		if err != nil {
			t.Fatal(err)
		}
		total += n
		text = text[end:]
	}
	return total, exact
}

func TestCutIsExactWhereTheEncodingCutsToo(t *testing.T) {
	t.Parallel()
	var b bpe
	pieces := []string{
		"the", "Report", "it's", "'Ll", " ", "  ", "\n", "\r\n\r\n", "\t", "1234567", ".", "...", "->", "{\"a\":", "é", "ſ", "世界",
		"\u00a0", "\u0301", "'", "x", "\xff", "😀",
	}
	rapid.Check(t, func(t *rapid.T) {
		text := strings.Join(rapid.SliceOfN(rapid.SampledFrom(pieces), 0, 40).Draw(t, "text"), "")
		whole, err := b.count(text)
		if err != nil {
			t.Fatal(err)
		}
		got, exact := chunked(t, &b, text, rapid.IntRange(4, 40).Draw(t, "limit"))
		if exact && got != whole {
			t.Fatalf("%q: %d tokens in chunks, %d as a whole", text, got, whole)
		}
	})
}

// TestChunksHoldNoLongWhiteSpace guards against the library's quadratic time, which no test can measure reliably.
func TestChunksHoldNoLongWhiteSpace(t *testing.T) {
	t.Parallel()
	for _, unit := range []string{" ", " \n", "\u2003\u2028\r", "\t\v\f\u0085\u00a0\u1680\u202f\u205f\u3000"} {
		text := "a" + strings.Repeat(unit, 10_000) + "b\xff"
		for text != "" {
			end := cut(text, chunkBytes)
			chunk := strings.Trim(text[:end], "ab\ufffd") // as which \xff counts
			if len(chunk) > 512 || !utf8.ValidString(chunk) {
				t.Fatalf("%q: %d bytes of white space in one chunk", unit, len(chunk))
			}
			text = text[end:]
		}
	}
}
