package vocabulary

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"errors"
	"fmt"
	"index/suffixarray"
	"math"
	"slices"
)

// ErrTokens is returned by Encode for tokens that it cannot write: an empty one, one there twice, too many or too long.
var ErrTokens = errors.New("tokens are not a vocabulary")

const (
	perBucket = 4  // tokens on average: more make a smaller file, and a longer search for displacements
	spare     = 50 // one slot in so many is free, so that there is a displacement for the last tokens as well
	seeds     = 64 // to try: the first finds a place for nearly any tokens
)

// Encode returns the file of the tokens, each at the index that is its rank. The same tokens make the same file on every
// machine. There may be up to 131,072 of at most 255 bytes, and 1 MiB of them that are not part of one another; an error is
// ErrTokens. It takes about a tenth of a second for 100,000 tokens.
func Encode(tokens [][]byte) ([]byte, error) {
	if err := check(tokens); err != nil {
		return nil, err
	}
	text := pack(tokens)
	if len(text) > 1<<offsetBits {
		return nil, fmt.Errorf("%w: they have %d bytes that are not part of one another, at most %d fit", ErrTokens, len(text), 1<<offsetBits)
	}
	offsets := locate(tokens, text)
	for seed := range uint32(seeds) {
		t := newTable(tokens, seed)
		if t.place(tokens, offsets) {
			return t.file(text), nil
		}
	}
	return nil, fmt.Errorf("%w: no displacements found under %d seeds", ErrTokens, seeds)
}

func check(tokens [][]byte) error {
	if len(tokens) > 1<<rankBits {
		return fmt.Errorf("%w: there are %d, at most %d fit", ErrTokens, len(tokens), 1<<rankBits)
	}
	ranks := make(map[string]int, len(tokens))
	for rank, token := range tokens {
		if len(token) == 0 || len(token) >= 1<<lengthBits {
			return fmt.Errorf("%w: token %d has %d bytes, 1 to %d fit", ErrTokens, rank, len(token), 1<<lengthBits-1)
		}
		if twin, twice := ranks[string(token)]; twice {
			return fmt.Errorf("%w: tokens %d and %d are the same", ErrTokens, twin, rank)
		}
		ranks[string(token)] = rank
	}
	return nil
}

// pack returns a text in which every token occurs: all of them one behind the other, but for those that another ends with
// and, of what is left, those that another begins with.
func pack(tokens [][]byte) []byte {
	outer := uncovered(tokens, backwards, bytes.HasSuffix)
	outer = uncovered(outer, bytes.Compare, bytes.HasPrefix)
	return bytes.Join(outer, nil)
}

// uncovered sorts the tokens and leaves out each that the next one covers. In an order that compares from the beginning,
// those that begin with a token follow right behind it; likewise from the end.
func uncovered(tokens [][]byte, compare func(a, b []byte) int, covers func(longer, shorter []byte) bool) [][]byte {
	sorted := slices.SortedFunc(slices.Values(tokens), compare)
	var outer [][]byte
	for i, token := range sorted {
		if i+1 == len(sorted) || !covers(sorted[i+1], token) {
			outer = append(outer, token)
		}
	}
	return outer
}

// backwards compares from the last byte to the first.
func backwards(a, b []byte) int {
	for i := 1; i <= min(len(a), len(b)); i++ {
		if c := cmp.Compare(a[len(a)-i], b[len(b)-i]); c != 0 {
			return c
		}
	}
	return cmp.Compare(len(a), len(b))
}

// locate returns where each token first occurs in the text.
func locate(tokens [][]byte, text []byte) []int {
	index := suffixarray.New(text)
	offsets := make([]int, len(tokens))
	for rank, token := range tokens {
		offsets[rank] = slices.Min(index.Lookup(token, -1))
	}
	return offsets
}

// A table is the part of a file by which tokens are found, while it is being made.
type table struct {
	header header
	hashes []uint64 // of the tokens
	slots  []uint64
	moves  []uint16
}

func newTable(tokens [][]byte, seed uint32) *table {
	n := uint32(len(tokens))
	t := &table{
		header: header{seed: seed, tokens: n, slots: n + n/spare + 1, buckets: n/perBucket + 1},
		hashes: make([]uint64, n),
	}
	for rank, token := range tokens {
		t.hashes[rank] = hashOf(token, seed)
		t.header.longest = max(t.header.longest, uint32(len(token)))
	}
	t.slots = make([]uint64, t.header.slots)
	t.moves = make([]uint16, t.header.buckets)
	return t
}

// place gives every token its slot, and reports whether there is a displacement for every bucket. The fullest come first,
// while most slots are free.
func (t *table) place(tokens [][]byte, offsets []int) bool {
	for _, ranks := range t.fill() {
		if len(ranks) == 0 {
			break
		}
		at := bucket(t.hashes[ranks[0]], t.header.buckets)
		slots, ok := t.search(at, ranks)
		if !ok {
			return false
		}
		for i, rank := range ranks {
			t.slots[slots[i]] = key(t.hashes[rank], len(tokens[rank]))<<keyShift | uint64(offsets[rank])<<rankBits | uint64(rank)
		}
	}
	return true
}

// fill returns the ranks in each bucket, the fullest bucket first.
func (t *table) fill() [][]int {
	buckets := make([][]int, t.header.buckets)
	for rank, hash := range t.hashes {
		at := bucket(hash, t.header.buckets)
		buckets[at] = append(buckets[at], rank)
	}
	slices.SortStableFunc(buckets, func(a, b []int) int { return cmp.Compare(len(b), len(a)) })
	return buckets
}

// search finds the displacement of a bucket: the first that leads its tokens to free slots, no two to the same.
func (t *table) search(at int, ranks []int) (slots []int, ok bool) {
	slots = make([]int, 0, len(ranks))
	for move := range math.MaxUint16 + 1 {
		slots = slots[:0]
		for _, rank := range ranks {
			s := slot(t.hashes[rank], uint16(move), t.header.slots)
			if t.slots[s] != 0 || slices.Contains(slots, s) {
				break
			}
			slots = append(slots, s)
		}
		if len(slots) == len(ranks) {
			t.moves[at] = uint16(move)
			return slots, true
		}
	}
	return nil, false
}

func (t *table) file(text []byte) []byte {
	t.header.text = uint32(len(text))
	file := append(make([]byte, 0, t.header.size()), magic...)
	for _, field := range t.header.fields() {
		file = binary.LittleEndian.AppendUint32(file, *field)
	}
	for _, s := range t.slots {
		file = binary.LittleEndian.AppendUint64(file, s)
	}
	for _, move := range t.moves {
		file = binary.LittleEndian.AppendUint16(file, move)
	}
	return append(file, text...)
}
