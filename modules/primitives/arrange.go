package primitives

import (
	"bytes"
	"cmp"
	"fmt"
	"slices"
)

// A shuffle is what has to be moved once the whole text has been read. Objects that nest would otherwise move their
// members' text again on every level.
type shuffle struct {
	objects []unsorted
	members []span // of all the objects, each object's in order
}

// An unsorted object stands in out with its members in the order of the input.
type unsorted struct {
	open, end   int // of its opening bracket, and behind its last member
	first, last int // of its members within the shuffle's, half open
}

// A span is a piece of out.
type span struct{ from, to int }

// sort puts the members from base on into order, for arranged to move their text. The object's bracket stands in the
// input at start and in out at open.
func (c *canonicalizer) sort(start, base, open int) error {
	members := c.members[base:]
	slices.SortFunc(members, func(a, b member) int { return compareKeys(a.key, b.key) })
	first := len(c.shuffle.members)
	for i, m := range members {
		if i > 0 && bytes.Equal(members[i-1].key, m.key) {
			return &SyntaxError{Offset: start, Problem: fmt.Sprintf("key %s is repeated in the object", clipKey(m.key))}
		}
		c.shuffle.members = append(c.shuffle.members, span{m.from, m.to})
	}
	c.shuffle.objects = append(c.shuffle.objects, unsorted{open, len(c.out), first, len(c.shuffle.members)})
	return nil
}

// arranged returns out with the text of every unsorted object, which all stand from base on, in order.
func (c *canonicalizer) arranged(base int) []byte {
	if len(c.shuffle.objects) == 0 {
		return c.out
	}
	slices.SortFunc(c.shuffle.objects, func(a, b unsorted) int { return cmp.Compare(a.open, b.open) })
	text := bytes.Clone(c.out[base:])
	return c.shuffle.appendSpan(c.out[:base], text, base, span{base, len(c.out)})
}

// appendSpan appends a piece of the former out, whose text from base on is given. Each object is found by its bracket,
// which stands before its first member: so an object is never looked for within itself.
func (s *shuffle) appendSpan(dst, text []byte, base int, piece span) []byte {
	for piece.from < piece.to {
		i, _ := slices.BinarySearchFunc(s.objects, piece.from, func(o unsorted, at int) int { return cmp.Compare(o.open, at) })
		if i == len(s.objects) || s.objects[i].open >= piece.to {
			break
		}
		o := s.objects[i]
		dst = append(dst, text[piece.from-base:o.open+1-base]...)
		for k, member := range s.members[o.first:o.last] {
			if k > 0 {
				dst = append(dst, ',')
			}
			dst = s.appendSpan(dst, text, base, member)
		}
		piece.from = o.end
	}
	return append(dst, text[piece.from-base:piece.to-base]...)
}
