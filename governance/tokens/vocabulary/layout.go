package vocabulary

import (
	"encoding/binary"
	"math/bits"
)

// magic begins a file. Its last byte is the version, which grows with any change of what follows, the hash included.
const magic = "mcpkvoc\x01"

// The widths of the fields of a slot in bits, the lowest first. A free slot is zero, so its length is none.
const (
	rankBits   = 17
	offsetBits = 20
	lengthBits = 8
	tagBits    = 19 // of the hash

	keyShift = rankBits + offsetBits // above it are the length and the tag, which a text must have in common
)

const (
	headerBytes = len(magic) + 6*4
	slotBytes   = 8
	moveBytes   = 2 // of a displacement
)

// A header is the numbers behind the magic, in this order.
type header struct {
	seed    uint32 // of the hash
	tokens  uint32
	longest uint32 // bytes of the longest token
	slots   uint32
	buckets uint32
	text    uint32 // bytes
}

func (h *header) fields() []*uint32 {
	return []*uint32{&h.seed, &h.tokens, &h.longest, &h.slots, &h.buckets, &h.text}
}

// size is the length in bytes of the file with this header.
func (h header) size() int64 {
	return int64(headerBytes) + slotBytes*int64(h.slots) + moveBytes*int64(h.buckets) + int64(h.text)
}

// key is what the slot of a token has above keyShift.
func key(hash uint64, length int) uint64 { return hash&(1<<tagBits-1)<<lengthBits | uint64(length) }

// bucket picks one of so many by the upper half of a hash.
func bucket(hash uint64, buckets uint32) int { return int(hash >> 32 * uint64(buckets) >> 32) }

// slot picks one of so many by a hash and a displacement: from where the lower half of the hash says, as many steps as
// the displacement, each as long as the upper half says.
func slot(hash uint64, move uint16, slots uint32) int {
	moved := uint32(hash) + uint32(move)*uint32(hash>>32|1)
	return int(uint64(moved) * uint64(slots) >> 32)
}

// The odd numbers by which a hash is multiplied: their ones are half of their bits, in no pattern.
const (
	mixer = 0x9e3779b97f4a7c15 // 2^64 over the golden ratio
	other = 0xa0761d6478bd642f // of wyhash
)

// hashOf is the same on every machine and for all time, which that of hash/maphash is not. It multiplies 16 bytes at a
// time, as wyhash does; what is left overlaps with what came before, so that it takes two loads.
func hashOf(text []byte, seed uint32) uint64 {
	h := (uint64(seed)<<8 + uint64(len(text))) * mixer
	for len(text) > 16 {
		h = mix(binary.LittleEndian.Uint64(text)^h, binary.LittleEndian.Uint64(text[8:])^other)
		text = text[16:]
	}
	var a, b uint64
	switch n := len(text); {
	case n >= 8:
		a, b = binary.LittleEndian.Uint64(text), binary.LittleEndian.Uint64(text[n-8:])
	case n >= 4:
		a, b = uint64(binary.LittleEndian.Uint32(text)), uint64(binary.LittleEndian.Uint32(text[n-4:]))
	case n > 0:
		a = uint64(text[0]) | uint64(text[n/2])<<8 | uint64(text[n-1])<<16
	}
	return mix(a^h, b^other)
}

// mix multiplies and folds the product.
func mix(a, b uint64) uint64 {
	high, low := bits.Mul64(a, b)
	return high ^ low
}
