package detect

import (
	"strings"
	"unsafe"
)

// A vicinity is what stands in front of a place, in lower case, and the name that the text has. It is kept from one
// question to the next, because many are asked about the same place.
type vicinity struct {
	start int // place + 1; 0 for none
	text  [48]byte
	size  int
	name  [48]byte
	named int
}

// surroundings returns the text in front of start, from the same line, and the name of the text, both in lower case.
func (s *scan) surroundings(start int) (before, name string) {
	v := &s.vicinity
	if v.start != start+1 {
		v.start = start + 1
		v.size = len(lowered(v.text[:0], s.before(start, len(v.text))))
		v.named = len(lowered(v.name[:0], s.in.Key))
	}
	return view(v.text[:v.size]), view(v.name[:v.named])
}

// near reports whether one of the words, which are in lower case, labels what begins at start: it stands in the name that
// the text has, or shortly before on the same line. A word of up to four letters must stand for itself.
func (s *scan) near(start int, words ...string) bool {
	if s.row.bare && !s.keyCounts() && start >= s.row.start && start < s.row.end {
		return false
	}
	before, name := s.surroundings(start)
	if before == "" && name == "" {
		return false
	}
	for _, w := range words {
		if has(before, w) || has(name, w) {
			return true
		}
	}
	return false
}

// lowered appends a text, of which only the end fits, with capitals of ASCII made small.
func lowered(dst []byte, text string) string {
	text = text[max(0, len(text)-cap(dst)):]
	for i := range len(text) {
		dst = append(dst, small(text[i]))
	}
	return view(dst)
}

// has reports whether a word stands in a text, and for itself when it is short.
func has(text, w string) bool {
	for rest, at := text, 0; ; {
		n := strings.Index(rest, w)
		if n < 0 {
			return false
		}
		at += n
		if len(w) > 4 || (at == 0 || !isAlnum(text[at-1])) && (at+len(w) == len(text) || !isAlnum(text[at+len(w)])) {
			return true
		}
		rest, at = rest[n+1:], at+1
	}
}

// view returns bytes as a string, which is valid as long as nobody changes them.
func view(text []byte) string {
	return unsafe.String(unsafe.SliceData(text), len(text)) //nolint:gosec // what is read is not changed while it is
}

// bytesOf returns the bytes of a string, which nobody may change.
func bytesOf(text string) []byte {
	return unsafe.Slice(unsafe.StringData(text), len(text)) //nolint:gosec // nobody writes to them
}
