package vocabulary

import (
	"errors"
	"fmt"
	"math"
)

// ErrFormat is returned by Open for what is no vocabulary, is one of another version, or was cut off.
var ErrFormat = errors.New("not a vocabulary of this version")

// NoRank is the rank of what is not a token.
const NoRank = math.MaxUint32

// A Vocabulary is an open file. It holds nothing but the header and where the parts of the file are, and never changes: it
// is safe for concurrent use. The zero value has no tokens.
type Vocabulary struct {
	header header
	slots  string
	moves  string // the displacements
	text   string
}

// Open returns the vocabulary that a file is, which it does not copy, and of which it reads the header only. What is
// behind the header is trusted: whether it is what Encode wrote is for a test of whoever embeds it.
func Open(file string) (*Vocabulary, error) {
	if len(file) < headerBytes || file[:len(magic)] != magic {
		return nil, fmt.Errorf("open vocabulary: %w", ErrFormat)
	}
	v := new(Vocabulary)
	for i, field := range v.header.fields() {
		*field = uint32At(file, len(magic)+4*i)
	}
	if want := v.header.size(); int64(len(file)) != want {
		return nil, fmt.Errorf("open vocabulary: %w: it has %d bytes, its header speaks of %d", ErrFormat, len(file), want)
	}
	moves := headerBytes + slotBytes*int(v.header.slots)
	text := moves + moveBytes*int(v.header.buckets)
	v.slots, v.moves, v.text = file[headerBytes:moves], file[moves:text], file[text:]
	return v, nil
}

// Len returns the number of tokens; their ranks are the numbers below it.
func (v *Vocabulary) Len() int { return int(v.header.tokens) }

// Longest returns the length in bytes of the longest token.
func (v *Vocabulary) Longest() int { return int(v.header.longest) }

// Rank returns the rank of the token that text is, NoRank if it is none. It allocates nothing and does not keep text; its
// time depends on nothing but the length of text.
func (v *Vocabulary) Rank(text []byte) uint32 {
	if len(text) == 0 || len(text) > int(v.header.longest) {
		return NoRank
	}
	hash := hashOf(text, v.header.seed)
	move := uint16At(v.moves, moveBytes*bucket(hash, v.header.buckets))
	found := uint64At(v.slots, slotBytes*slot(hash, move, v.header.slots))
	if found>>keyShift != key(hash, len(text)) {
		return NoRank
	}
	offset := int(found >> rankBits & (1<<offsetBits - 1))
	if v.text[offset:offset+len(text)] != string(text) {
		return NoRank
	}
	return uint32(found & (1<<rankBits - 1))
}

// What encoding/binary does for slices, for strings: each becomes one load.

func uint16At(s string, at int) uint16 {
	s = s[at : at+2]
	return uint16(s[0]) | uint16(s[1])<<8
}

func uint32At(s string, at int) uint32 {
	s = s[at : at+4]
	return uint32(s[0]) | uint32(s[1])<<8 | uint32(s[2])<<16 | uint32(s[3])<<24
}

func uint64At(s string, at int) uint64 {
	s = s[at : at+8]
	return uint64(s[0]) | uint64(s[1])<<8 | uint64(s[2])<<16 | uint64(s[3])<<24 |
		uint64(s[4])<<32 | uint64(s[5])<<40 | uint64(s[6])<<48 | uint64(s[7])<<56
}
