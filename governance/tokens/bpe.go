package tokens

import (
	"fmt"
	"sync"
	"unicode/utf8"

	"github.com/mcp-kernel/mcp-kernel/governance/tokens/vocabulary"
)

// UpperBound returns the most tokens that text can have: its length in bytes.
//
// Byte-pair encoding starts with one part for every byte and only ever merges two parts into one. The parts it ends
// with are the tokens; each covers at least one byte and no two share any, so there are at most as many as bytes. Cutting
// the text first, as every tokenizer does, changes nothing about that.
func UpperBound(text []byte) int64 { return int64(len(text)) }

// pieceBytes is the most that is merged at a time, because the time of merging grows with the square of it. Only what the
// encoding itself never cuts can be longer: letters, signs or white space in a row.
const pieceBytes = 256

// bpe is the encoding, opened at its first use. The zero value is ready; it is safe for concurrent use. It allocates
// nothing once it is open and keeps nothing of what it counts.
type bpe struct {
	open  sync.Once
	vocab *vocabulary.Vocabulary
	err   error
}

// count returns the number of tokens of text. A byte that is not UTF-8 counts as a sign.
func (b *bpe) count(text []byte) (int64, error) {
	b.open.Do(func() { b.vocab, b.err = vocabulary.Open(cl100k) })
	if b.err != nil {
		return 0, fmt.Errorf("cl100k_base: %w", b.err)
	}
	var parts [pieceBytes + 1]part
	var total int64
	for len(text) > 0 {
		end := word(text)
		total += b.word(text[:end], parts[:])
		text = text[end:]
	}
	return total, nil
}

// word counts what the encoding does not cut. A word longer than pieceBytes is cut between characters.
func (b *bpe) word(text []byte, parts []part) (total int64) {
	for len(text) > pieceBytes {
		end := pieceBytes
		for end > pieceBytes-utf8.UTFMax && !utf8.RuneStart(text[end]) {
			end--
		}
		total += b.piece(text[:end], parts)
		text = text[end:]
	}
	return total + b.piece(text, parts)
}

// piece counts at most pieceBytes. Most are a token.
func (b *bpe) piece(text []byte, parts []part) int64 {
	if len(text) == 1 || b.vocab.Rank(text) != vocabulary.NoRank {
		return 1
	}
	return int64(b.merge(text, parts))
}

// A part is where a part of a piece starts, and the rank of the token that it makes together with the next one.
type part struct{ start, rank uint32 }

// merge returns how many tokens byte-pair encoding makes of text: again and again the two neighbours that make the token
// of the lowest rank become one, the leftmost of equals. The parts are scratch space for one more than there are bytes.
func (b *bpe) merge(text []byte, parts []part) int {
	parts = parts[:len(text)+1]
	// pair is the rank of the token from part i to the one n parts on.
	pair := func(i, n int) uint32 {
		if i+n >= len(parts) {
			return vocabulary.NoRank
		}
		return b.vocab.Rank(text[parts[i].start:parts[i+n].start])
	}
	for i := range parts {
		parts[i] = part{uint32(i), vocabulary.NoRank}
	}
	for i := range parts {
		parts[i].rank = pair(i, 2)
	}
	for {
		low, best := 0, uint32(vocabulary.NoRank)
		for i := range parts {
			if rank := parts[i].rank; rank < best {
				low, best = i, rank
			}
		}
		if best == vocabulary.NoRank {
			return len(parts) - 1
		}
		parts = append(parts[:low+1], parts[low+2:]...)
		parts[low].rank = pair(low, 2)
		if low > 0 {
			parts[low-1].rank = pair(low-1, 2)
		}
	}
}
