package primitives

import (
	"cmp"
	"slices"
)

// A shuffle is what has to be moved once the whole text has been read. Objects that nest would otherwise move their
// members' text again on every level.
type shuffle struct {
	objects stack[unsorted]
	members stack[span] // of all the objects, each object's in order
	text    []byte      // before it is moved
}

// An unsorted object stands in out with its members in the order of the input.
type unsorted struct {
	open, end   int // of its opening bracket, and behind its last member
	first, last int // of its members within the shuffle's, half open
}

// clear forgets everything, and the memory for it when it is large.
func (s *shuffle) clear() {
	s.objects.clear()
	s.members.clear()
	if cap(s.text) > maxKept {
		s.text = nil
	}
}

// sort puts the members from base on into order, for arrange to move their text. The object's bracket stands in the
// input at start and in out at open.
func (c *Canonicalizer) sort(start, open, base int) error {
	members := c.members.list()[base:]
	slices.SortFunc(members, func(a, b member) int { return compareKeys(c.key(&a), c.key(&b)) })
	s := &c.shuffle
	first := s.members.size
	for i := range members {
		if i > 0 && compareKeys(c.key(&members[i-1]), c.key(&members[i])) == 0 {
			return c.repeated(start, &members[i])
		}
		*s.members.push() = members[i].text
	}
	*s.objects.push() = unsorted{open, c.place(), first, s.members.size}
	return nil
}

// arrange puts the text of every unsorted object into order; they all stand in out from base on. The text is moved out
// of the way first, behind the end of out where there is room.
func (s *shuffle) arrange(out []byte, base int) []byte {
	if s.objects.size == 0 {
		return out
	}
	slices.SortFunc(s.objects.list(), func(a, b unsorted) int { return cmp.Compare(a.open, b.open) })
	text := out[len(out):]
	if cap(text) < len(out)-base {
		s.text = slices.Grow(s.text[:0], len(out)-base)
		text = s.text
	}
	text = append(text, out[base:]...)
	return s.appendSpan(out[:base], text, base, span{base, len(out)})
}

// appendSpan appends a piece of the former out, whose text from base on is given. Each object is found by its bracket,
// which stands before its first member: so an object is never looked for within itself.
func (s *shuffle) appendSpan(dst, text []byte, base int, piece span) []byte {
	objects, members := s.objects.list(), s.members.list()
	for piece.from < piece.to {
		i, _ := slices.BinarySearchFunc(objects, piece.from, func(o unsorted, at int) int { return cmp.Compare(o.open, at) })
		if i == len(objects) || objects[i].open >= piece.to {
			break
		}
		o := objects[i]
		dst = append(dst, text[piece.from-base:o.open+1-base]...)
		for k, member := range members[o.first:o.last] {
			if k > 0 {
				dst = append(dst, ',')
			}
			dst = s.appendSpan(dst, text, base, member)
		}
		piece.from = o.end
	}
	return append(dst, text[piece.from-base:piece.to-base]...)
}
