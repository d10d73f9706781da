package tokens

import (
	"fmt"
	"hash/maphash"

	"github.com/tiktoken-go/tokenizer"
)

const (
	vocabularySize = 100_256 // tokens of cl100k_base without the special ones
	tokenBytes     = 128     // of its longest

	slotBits = 18 // of the table: 2.6 slots for a token, so that most lookups end at the first
	rankBits = 17 // of a slot; the others are of the token's hash
)

// vocabulary holds the tokens of cl100k_base by their rank, which is also their number. It takes 2 MB without a single
// pointer, so the garbage collector never looks into it, and a lookup allocates nothing.
type vocabulary struct {
	seed  maphash.Seed
	bytes []byte                     // all tokens, one behind the other
	ends  [vocabularySize + 1]uint32 // of each in bytes, after a zero
	slots [1 << slotBits]uint32      // open addressing: bits of the hash, then rank plus one; zero is empty
}

// loadVocabulary takes the tokens out of the library's tables. The library's own encoder is not used: it cuts with regular
// expressions, at a hundred times the length of a text in garbage.
func loadVocabulary() (*vocabulary, error) {
	codec, err := tokenizer.Get(tokenizer.Cl100kBase)
	if err != nil {
		return nil, err
	}
	v := &vocabulary{seed: maphash.MakeSeed(), bytes: make([]byte, 0, 644<<10)}
	number := make([]uint, 1)
	for rank := range uint32(vocabularySize) {
		number[0] = uint(rank)
		token, err := codec.Decode(number)
		if err != nil {
			return nil, err
		}
		if len(token) > tokenBytes {
			return nil, fmt.Errorf("token %d has %d bytes, at most %d are known", rank, len(token), tokenBytes)
		}
		v.bytes = append(v.bytes, token...)
		v.ends[rank+1] = uint32(len(v.bytes))
		v.add(rank)
	}
	return v, nil
}

// add enters a token whose bytes are in place.
func (v *vocabulary) add(rank uint32) {
	at, tag := v.slot(v.token(rank))
	for v.slots[at] != 0 {
		at = (at + 1) % (1 << slotBits)
	}
	v.slots[at] = tag | (rank + 1)
}

// rank returns the rank of the token that text is, noRank if it is none.
func (v *vocabulary) rank(text []byte) uint32 {
	if len(text) > tokenBytes {
		return noRank
	}
	const mask = 1<<rankBits - 1
	for at, tag := v.slot(text); v.slots[at] != 0; at = (at + 1) % (1 << slotBits) {
		if v.slots[at]&^mask != tag {
			continue
		}
		if rank := v.slots[at]&mask - 1; string(v.token(rank)) == string(text) {
			return rank
		}
	}
	return noRank
}

// slot returns where the search for text begins, and the bits of its hash that a slot keeps.
func (v *vocabulary) slot(text []byte) (at, tag uint32) {
	h := maphash.Bytes(v.seed, text)
	return uint32(h % (1 << slotBits)), uint32(h>>32) &^ (1<<rankBits - 1)
}

func (v *vocabulary) token(rank uint32) []byte { return v.bytes[v.ends[rank]:v.ends[rank+1]] }
