package detect

import (
	"math/bits"
	"strings"
	"unicode/utf8"
)

// The groups of features of a clause. Each counts by the square root of how many it has, so that a long one does not shout
// down a short one.
const (
	ofWords  = iota // words, and those that follow each other
	ofIdeas         // ideas, in whatever language, and those that stand together
	ofKinds         // kinds of words, and how they follow each other
	ofShape         // how it begins, ends and is written
	ofGroups        // how many groups there are
)

// Bounds of what is looked at together.
const (
	longestClause = 320 // bytes; a longer one is cut
	mostWords     = 96  // of a clause
	mostIdeas     = 24  // of a clause
	mostFeatures  = 240 // of a group, after which pairs are left out
	together      = 3   // clauses that may be one instruction
)

// features are the hashes of what was seen in a clause, by group.
type features struct{ group [ofGroups][]uint32 }

func (f *features) reset() {
	for i := range f.group {
		f.group[i] = f.group[i][:0]
	}
}

func (f *features) add(group int, hash uint32) { f.group[group] = append(f.group[group], hash) }

// A clause is a sentence, a line, or as much of either as is looked at at once.
type clause struct {
	start, end int
	sums       [ofGroups]int32 // of the model's weights
	counts     [ofGroups]int32 // of features
}

// basis and prime are those of the hash FNV-1a (Fowler, Noll and Vo).
const (
	basis = 2166136261
	prime = 16777619
)

// wordHash returns the hash of a text in small letters, behind one that it goes on from.
func wordHash(h uint32, text string) uint32 {
	for i := range len(text) {
		h = (h ^ uint32(small(text[i]))) * prime
	}
	return h
}

// paired returns the hash of a number behind another.
func paired(h, n uint32) uint32 {
	h = (h ^ n) * prime
	h ^= h >> 15
	return h * prime
}

// listen makes the features of the clause from start to end.
func (s *scan) listen(start, end int) {
	s.features.reset()
	s.listenWords(s.text[start:end])
	s.listenIdeas(start, end)
	s.listenShape(start, end)
}

// listenWords adds words, those next to each other, and the stems of long ones.
func (s *scan) listenWords(text string) {
	f := &s.features
	previous := uint32(2) // the word before
	s.kinds, s.kindSet = [4]uint32{34, 34, 34, 34}, 0
	for i, n := 0, 0; i < len(text) && n < mostWords; {
		size, kind := wordAt(text[i:])
		if kind == gap0 {
			i += size
			continue
		}
		h := uint32(basis)
		if kind == number {
			h = paired(h, 7)
		} else {
			h = wordHash(h, text[i:i+size])
		}
		f.add(ofWords, h)
		f.add(ofWords, paired(previous, h))
		if kind == word {
			s.listenKind(text[i : i+size])
		}
		if stem := stemOf(text[i:i+size], kind); stem > 0 {
			f.add(ofWords, wordHash(paired(basis, 5), text[i:i+stem]))
		}
		previous = h
		i += size
		n++
	}
	s.listenPairs(s.kindSet, ofKinds)
}

// listenKind adds the kind of a word, behind those of the words before it.
func (s *scan) listenKind(w string) {
	k := s.engine.kinds.of(w)
	if k == 0 {
		return
	}
	f, h := &s.features, paired(31, uint32(k))
	s.kinds[0], s.kinds[1], s.kinds[2], s.kinds[3] = s.kinds[1], s.kinds[2], s.kinds[3], h
	f.add(ofKinds, h)
	f.add(ofKinds, paired(s.kinds[2], h))
	f.add(ofKinds, paired(paired(s.kinds[1], 32), h))
	f.add(ofKinds, paired(paired(s.kinds[0], 33), h))
	f.add(ofKinds, paired(paired(s.kinds[1], s.kinds[2]), h))
	s.kindSet |= 1 << k
}

// The kinds of what a text is cut into.
const (
	gap0   = iota // not a word
	word          // a word of letters
	number        // digits
	sign          // a character of a script that has no gaps
)

// wordAt returns the length and kind of what a text begins with.
func wordAt(text string) (size, kind int) {
	c := text[0]
	switch {
	case isDigit(c):
		for size < len(text) && isAlnum(text[size]) {
			size++
		}
		return size, number
	case c < utf8.RuneSelf && !isLetter(c):
		return 1, gap0
	}
	for size < len(text) {
		if c := text[size]; c < utf8.RuneSelf {
			if !isLetter(c) && (c != '\'' || size+1 == len(text) || !isLetter(text[size+1])) {
				break
			}
			size++
			continue
		}
		r, n := utf8.DecodeRuneInString(text[size:])
		switch {
		case r >= 0x2E80 && r < 0xA000 && r >= 0x3040, r >= 0xF900 && r < 0xFB00, r >= 0x20000:
			if size > 0 {
				return size, word
			}
			return n, sign
		case r >= 0x2000 && r < 0x3040, r >= 0xFE00 && r <= 0xFFEF, r == 0xAB || r == 0xBB || r == 0xA0, r == utf8.RuneError:
			if size > 0 {
				return size, word
			}
			return n, gap0
		}
		size += n
	}
	return size, word
}

// stemOf returns how much of a word stands for its other forms, 0 where that is the word itself.
func stemOf(w string, kind int) int {
	switch {
	case kind != word:
		return 0
	case w[0] >= 0xE0 && len(w) > 6: // of three bytes a letter: Hangul, Devanagari
		return 6
	case w[0] >= 0x80 && len(w) > 10:
		return 10
	case w[0] < 0x80 && len(w) > 6:
		return 5
	}
	return 0
}

// listenIdeas adds the ideas of a clause, each next to the one before it and the one before that, and every two of them
// whatever their order.
func (s *scan) listenIdeas(start, end int) {
	f := &s.features
	var order [mostIdeas]uint32
	n, last := 0, uint32(0)
	var all uint64
	for k := s.since(start); k < s.count && n < mostIdeas; k++ {
		m := &s.recent[k%len(s.recent)]
		if m.start < start || m.end > end {
			continue
		}
		all |= m.idea.bit()
		h := paired(11, uint32(m.idea))
		if m.imperative {
			f.add(ofIdeas, paired(h, 12))
		}
		if n > 0 && last == h {
			continue
		}
		order[n], last = h, h
		n++
	}
	first, second := uint32(0), uint32(0) // the two before
	for i, h := range order[:n] {
		f.add(ofIdeas, h)
		if i > 0 {
			f.add(ofIdeas, paired(second, h))
		}
		if i > 1 {
			f.add(ofIdeas, paired(paired(first, 13), h))
		}
		first, second = second, h
	}
	s.listenPairs(all, ofIdeas)
}

// since returns the first of the ideas kept that may stand behind start.
func (s *scan) since(start int) int {
	k := s.count
	for k > 0 && k > s.count-len(s.recent) && s.recent[(k-1)%len(s.recent)].end > start {
		k--
	}
	return k
}

// listenPairs adds every two of a set, whatever their order.
func (s *scan) listenPairs(all uint64, group int) {
	f := &s.features
	for rest := all; rest != 0; rest &= rest - 1 {
		first := paired(paired(14, uint32(group)), uint32(bits.TrailingZeros64(rest)))
		for others := rest & (rest - 1); others != 0 && len(f.group[group]) < mostFeatures; others &= others - 1 {
			f.add(group, paired(first, uint32(bits.TrailingZeros64(others))))
		}
	}
}

// listenShape adds how a clause begins and ends, and what it is written with.
func (s *scan) listenShape(start, end int) {
	f, text := &s.features, s.text[start:end]
	seen := asciiOf(text)
	f.add(ofShape, paired(21, uint32(min(len(text)/24, 8))))
	f.add(ofShape, paired(22, uint32(text[len(text)-1])))
	if !isAlnum(text[0]) && text[0] < utf8.RuneSelf {
		f.add(ofShape, paired(23, uint32(text[0])))
	}
	for i, n := 0, 0; i < len(text) && n < 2; {
		size, kind := wordAt(text[i:])
		if kind != gap0 {
			f.add(ofShape, wordHash(paired(24, uint32(n)), text[i:i+size]))
			n++
		}
		i += size
	}
	for i, sign := range [...]string{"://", "\"", "`", "</", "{", "(", "@", "_", ":", "=", "?", "!", "~/", "**", "[", "|"} {
		if seen.has(sign[0]) && (len(sign) == 1 || strings.Contains(text, sign)) {
			f.add(ofShape, paired(25, uint32(i)))
		}
	}
}

// An asciiSet is a set of characters of ASCII.
type asciiSet struct{ low, high uint64 }

func (a asciiSet) has(c byte) bool {
	if c < 64 {
		return a.low>>c&1 != 0
	}
	return a.high>>(c&63)&1 != 0
}

// asciiOf returns the characters of ASCII in a text.
func asciiOf(text string) (a asciiSet) {
	for i := range len(text) {
		switch c := text[i]; {
		case c < 64:
			a.low |= 1 << (c & 63)
		case c < utf8.RuneSelf:
			a.high |= 1 << (c & 63)
		}
	}
	return a
}
