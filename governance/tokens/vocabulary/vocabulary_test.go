package vocabulary_test

import (
	"errors"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/mcp-kernel/mcp-kernel/governance/tokens/vocabulary"
)

// opened encodes the tokens and opens the file.
func opened(tb rapid.TB, tokens [][]byte) *vocabulary.Vocabulary {
	tb.Helper()
	file, err := vocabulary.Encode(tokens)
	if err != nil {
		tb.Fatalf("Encode: %v", err)
	}
	v, err := vocabulary.Open(string(file))
	if err != nil {
		tb.Fatalf("Open: %v", err)
	}
	return v
}

// TestRank holds a vocabulary of any tokens against a map of them. The texts that are looked up are likely tokens, parts
// of tokens, and a little more than tokens.
func TestRank(t *testing.T) {
	t.Parallel()
	letters := rapid.SampledFrom([]byte("\x00a \xff"))
	token := rapid.OneOf(rapid.SliceOfN(letters, 1, 20), rapid.SliceOfN(rapid.Byte(), 1, 255))
	rapid.Check(t, func(t *rapid.T) {
		tokens := rapid.SliceOfNDistinct(token, 0, 300, func(b []byte) string { return string(b) }).Draw(t, "tokens")
		v := opened(t, tokens)
		ranks := make(map[string]uint32)
		longest := 0
		for rank, token := range tokens {
			ranks[string(token)] = uint32(rank)
			longest = max(longest, len(token))
		}
		if v.Len() != len(tokens) || v.Longest() != longest {
			t.Fatalf("%d tokens of at most %d bytes, want %d of %d", v.Len(), v.Longest(), len(tokens), longest)
		}
		texts := append(rapid.SliceOf(token).Draw(t, "texts"), nil)
		for _, token := range tokens {
			texts = append(texts, token, token[1:], token[:len(token)-1], append(slices.Clip(token), 'a'))
		}
		for _, text := range texts {
			want, ok := ranks[string(text)]
			if !ok {
				want = vocabulary.NoRank
			}
			if got := v.Rank(text); got != want {
				t.Fatalf("Rank(%q) = %d, want %d", text, got, want)
			}
		}
	})
}

// TestEncodeIsLarge encodes as many tokens as fit, and finds them all.
func TestEncodeIsLarge(t *testing.T) {
	t.Parallel()
	tokens := numbers(1 << 17)
	v := opened(t, tokens)
	for rank, token := range tokens {
		if got := v.Rank(token); got != uint32(rank) {
			t.Fatalf("Rank(%s) = %d, want %d", token, got, rank)
		}
	}
}

func TestEncodeRefuses(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(1, 2))
	noise := make([][]byte, 5000)
	for i := range noise {
		noise[i] = make([]byte, 255)
		for j := range noise[i] {
			noise[i][j] = byte(random.Uint32())
		}
	}
	for _, tt := range []struct {
		name   string
		tokens [][]byte
		want   string
	}{
		{"an empty token", [][]byte{[]byte("a"), nil}, "tokens are not a vocabulary: token 1 has 0 bytes, 1 to 255 fit"},
		{"a long token", [][]byte{make([]byte, 256)}, "tokens are not a vocabulary: token 0 has 256 bytes, 1 to 255 fit"},
		{"a token twice", [][]byte{[]byte("a"), []byte("b"), []byte("a")}, "tokens are not a vocabulary: tokens 0 and 2 are the same"},
		{"many tokens", numbers(1<<17 + 1), "tokens are not a vocabulary: there are 131073, at most 131072 fit"},
		{"much text", noise, "tokens are not a vocabulary: they have 1275000 bytes that are not part of one another, at most 1048576 fit"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if file, err := vocabulary.Encode(tt.tokens); file != nil || !errors.Is(err, vocabulary.ErrTokens) || err.Error() != tt.want {
				t.Errorf("Encode = %d bytes, %v; want %s", len(file), err, tt.want)
			}
		})
	}
}

// numbers returns so many tokens that begin and end with one another.
func numbers(n int) [][]byte {
	tokens := make([][]byte, n)
	for i := range tokens {
		tokens[i] = strconv.AppendInt(nil, int64(i), 36)
	}
	return tokens
}

// TestFile pins what a file is: whoever changes it changes the version.
func TestFile(t *testing.T) {
	t.Parallel()
	file, err := vocabulary.Encode([][]byte{[]byte("a"), []byte("ab"), []byte("cab")})
	if err != nil {
		t.Fatal(err)
	}
	want := "mcpkvoc\x01" +
		"\x00\x00\x00\x00" + "\x03\x00\x00\x00" + "\x03\x00\x00\x00" + // seed, tokens, longest
		"\x04\x00\x00\x00" + "\x01\x00\x00\x00" + "\x04\x00\x00\x00" + // slots, buckets, bytes of text
		"\x02\x00\x02\x00` \x8bI" + // "cab", rank 2, offset 1
		"\x00\x00\x00\x00\x00\x00\x00\x00" +
		"\x00\x00\x00\x00 \x00\xcb\xf2" + // "a", rank 0, offset 0
		"\x01\x00\x04\x00@\x00J\xbc" + // "ab", rank 1, offset 2
		"\x02\x00" + // displacement
		"acab"
	if got := string(file); got != want {
		t.Errorf("Encode = %q, want %q", got, want)
	}
}

func TestOpenRefuses(t *testing.T) {
	t.Parallel()
	encoded, err := vocabulary.Encode([][]byte{[]byte("a"), []byte("b")})
	if err != nil {
		t.Fatal(err)
	}
	file := string(encoded)
	for name, bad := range map[string]string{
		"nothing":         "",
		"a magic alone":   file[:8],
		"another file":    "\x7fELF" + file[4:],
		"another version": strings.Replace(file, "\x01", "\x02", 1),
		"cut off":         file[:len(file)-1],
		"more behind":     file + "a",
		"huge numbers":    file[:8] + strings.Repeat("\xff", len(file)-8),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if v, err := vocabulary.Open(bad); v != nil || !errors.Is(err, vocabulary.ErrFormat) {
				t.Errorf("Open = %v, %v", v, err)
			}
		})
	}
}

func TestZeroVocabulary(t *testing.T) {
	t.Parallel()
	var v vocabulary.Vocabulary
	if v.Len() != 0 || v.Rank(nil) != vocabulary.NoRank || v.Rank([]byte("a")) != vocabulary.NoRank {
		t.Error("it has tokens")
	}
}

func BenchmarkRank(b *testing.B) {
	v := opened(b, numbers(100_000))
	for _, bb := range []struct{ name, text string }{
		{"a token", "12ab"}, {"none", "12AB"}, {"too long", "12abc"},
	} {
		b.Run(bb.name, func(b *testing.B) {
			text := []byte(bb.text)
			b.ReportAllocs()
			for b.Loop() {
				v.Rank(text)
			}
		})
	}
}
