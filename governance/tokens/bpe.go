package tokens

import (
	"fmt"
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"

	"github.com/tiktoken-go/tokenizer"
)

// UpperBound returns the most tokens that text can have: its length in bytes.
//
// Byte-pair encoding starts with one part for every byte and only ever merges two parts into one. The parts it ends
// with are the tokens; each covers at least one byte and no two share any, so there are at most as many as bytes. Cutting
// the text first, as every tokenizer does, changes nothing about that.
func UpperBound(text []byte) int64 { return int64(len(text)) }

// bpe is the encoding, loaded at its first use. The zero value is ready; it is safe for concurrent use.
type bpe struct {
	load  sync.Once
	codec tokenizer.Codec
	err   error
}

const (
	// chunkBytes is the most that is encoded at a time: the library's memory is a large multiple of it, and the time of
	// a piece that cannot be split grows faster than its length.
	chunkBytes = 64 << 10
	// spaceBytes is the longest run of white space that the library gets to see: it takes quadratic time over one that
	// holds line breaks, because it looks at the whole run for each of them.
	spaceBytes = 256
)

// count returns the number of tokens of text.
func (b *bpe) count(text string) (int64, error) {
	b.load.Do(func() { b.codec, b.err = tokenizer.Get(tokenizer.Cl100kBase) })
	if b.err != nil {
		return 0, fmt.Errorf("load cl100k_base: %w", b.err)
	}
	var total int64
	for text != "" {
		end := cut(text, chunkBytes)
		n, err := b.chunk(text[:end])
		if err != nil {
			return 0, fmt.Errorf("count tokens: %w", err)
		}
		total += n
		text = text[end:]
	}
	return total, nil
}

// chunk counts one chunk. The library passes over the character U+007F as if it were not there, though it is a token by
// itself, and counts the three bytes of U+FFFD for a byte that is not UTF-8; both are put right.
func (b *bpe) chunk(text string) (int64, error) {
	n, err := b.codec.Count(text)
	return int64(min(n+strings.Count(text, "\x7f"), len(text))), err
}

// cut returns where the first chunk of text ends, at most limit bytes long. It prefers the last place at which the
// encoding itself always cuts, so that the count stays exact. Without such a place, as in 64 KiB of one character or of
// Chinese, it cuts between two characters, and so it does in white space longer than spaceBytes; then the count may
// differ by a few tokens for each such cut.
func cut(text string, limit int) int {
	end := min(limit, len(text))
	if space := longSpace(text[:end]); space > 0 {
		return space
	}
	if end == len(text) {
		return end
	}
	for i := end; i > 0; i-- {
		if always(text[i-1], text[i]) {
			return i
		}
	}
	for i := end; i > end-utf8.UTFMax; i-- {
		if utf8.RuneStart(text[i]) {
			return i
		}
	}
	return end // not UTF-8
}

// longSpace returns the index behind the first spaceBytes of white space in a row, 0 when there is no such run.
func longSpace(text string) int {
	run := -1
	for i, r := range text {
		switch {
		case !unicode.IsSpace(r):
			run = -1
		case run < 0:
			run = i
		case i-run >= spaceBytes:
			return i
		}
	}
	return 0
}

// always reports whether the expression of cl100k_base cuts between two neighbours whatever surrounds them. It does
// behind a letter that no letter follows, because no alternative of it has anything behind its letters, and before a
// space that follows no white space, because no alternative has a space behind anything else. Nothing of the expression
// looks back, and what looks ahead does so from white space. Only ASCII is judged here.
func always(before, after byte) bool {
	return letter(before) && after < utf8.RuneSelf && !letter(after) || after == ' ' && '!' <= before && before <= '~'
}

func letter(b byte) bool { return 'a' <= b|0x20 && b|0x20 <= 'z' }
