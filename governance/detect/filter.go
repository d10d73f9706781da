package detect

import (
	"slices"
	"strings"
)

// A filter tells, in one pass over a text, where literals stand that a detector wants to look at. It is an Aho-Corasick
// automaton ("Efficient string matching", CACM 1975) with a full row for every state. Its classes are coarser than bytes:
// letters of both cases are one, so are all digits, all control characters, what joins words, and every four neighbouring bytes
// that continue a character beyond ASCII. So a hit says "perhaps", and who takes it looks again.
type filter struct {
	class    [256]uint8
	next     []uint16   // by state and class: the next state, with mark when literals end there
	out      []uint16   // by state: index into ends
	ends     [][]uint16 // indices of the literals that end at a state, the longest first; [0] is empty
	literals []literal
}

const (
	stride = 7       // a row has 1 << stride classes
	mark   = 1 << 15 // some literal ends at this state
)

// A literal is a text to find and who wants to know.
type literal struct {
	text  string
	role  role
	index uint16 // into the table of its role
	bound bool   // no letter, digit or underscore of ASCII stands before it
	exact bool   // case, digits and bytes beyond ASCII are to be compared
	wide  bool   // bytes beyond ASCII are to be compared
	free  bool   // of an idea: says by itself that it is an order
	joint bool   // a space in it is also an underscore or a hyphen
	parts bool   // there are spaces, underscores or hyphens in it, which are to be compared: the filter sets it
}

// Classes that are shared by many bytes. Letters are 1 to 26; what follows is numbered as it comes.
const (
	classOther   = 0
	classSpace   = 27
	classDigit   = 28
	classControl = 29
	classFirst   = 30
)

// newFilter builds the automaton of literals, which are in lower case unless they are exact.
func newFilter(literals []literal) *filter {
	for i := range literals {
		literals[i].parts = !literals[i].joint && !literals[i].exact && !literals[i].wide && strings.ContainsAny(literals[i].text, " _-")
	}
	f := &filter{literals: literals, ends: make([][]uint16, 1)}
	f.classify()
	f.grow()
	f.link()
	return f
}

// classify gives each byte that occurs in a literal a class.
func (f *filter) classify() {
	next := uint8(classFirst)
	for b := range f.class {
		switch c := byte(b); {
		case isLetter(c):
			f.class[b] = (c | 0x20) - 'a' + 1
		case isDigit(c):
			f.class[b] = classDigit
		case c == ' ', c == '_', c == '-':
			f.class[b] = classSpace
		case c < ' ' && c != '\n' && c != '\t' || c == 0x7F:
			f.class[b] = classControl
		}
	}
	for _, l := range f.literals {
		for i := range len(l.text) {
			c := l.text[i]
			if f.class[c] != classOther {
				continue
			}
			f.class[c] = next
			if c >= 0x80 && c < 0xC0 {
				for k := c &^ 3; k <= c|3; k++ {
					f.class[k] = next
				}
			}
			next++
		}
	}
	if next > 1<<stride {
		panic("detect: the literals have more classes of bytes than a row has places")
	}
}

// grow makes a state for every beginning of a literal.
func (f *filter) grow() {
	states := f.states()
	f.next = make([]uint16, 1<<stride, states<<stride)
	f.out = make([]uint16, 1, states)
	for index, l := range f.literals {
		state := 0
		for i := range len(l.text) {
			cell := state<<stride | int(f.class[l.text[i]])
			if f.next[cell] == 0 {
				f.next[cell] = uint16(len(f.out))
				f.out = append(f.out, 0)
				f.next = f.next[:len(f.next)+(1<<stride)]
			}
			state = int(f.next[cell])
		}
		f.end(state, uint16(index))
	}
	if len(f.out) >= mark {
		panic("detect: the literals make more states than an entry can name")
	}
}

// states returns at most how many states the literals make: one for each beginning that is not one of the literal before
// it in the order of texts.
func (f *filter) states() int {
	texts := make([]string, len(f.literals))
	for i, l := range f.literals {
		texts[i] = l.text
	}
	slices.Sort(texts)
	n, last := 1, ""
	for _, text := range texts {
		common := 0
		for common < min(len(text), len(last)) && text[common] == last[common] {
			common++
		}
		n += len(text) - common
		last = text
	}
	return n
}

// end notes that a literal ends at a state.
func (f *filter) end(state int, index uint16) {
	if f.out[state] == 0 {
		f.out[state] = uint16(len(f.ends))
		f.ends = append(f.ends, nil)
	}
	f.ends[f.out[state]] = append(f.ends[f.out[state]], index)
}

// link completes the rows, breadth first: where a state has no child it goes where its longest suffix goes.
func (f *filter) link() {
	fail := make([]uint16, len(f.out))
	queue := make([]uint16, 0, len(f.out))
	for c := range 1 << stride {
		if child := f.next[c]; child != 0 {
			queue = append(queue, child)
		}
	}
	for n := 0; n < len(queue); n++ {
		state := queue[n]
		f.inherit(state, fail[state])
		row, suffix := int(state)<<stride, int(fail[state])<<stride
		for c := range 1 << stride {
			if child := f.next[row|c]; child != 0 {
				fail[child] = f.next[suffix|c]
				queue = append(queue, child)
			} else {
				f.next[row|c] = f.next[suffix|c]
			}
		}
	}
	for cell, state := range f.next {
		if f.out[state] != 0 {
			f.next[cell] |= mark
		}
	}
}

// inherit adds what ends at the suffix of a state, which is complete, to what ends at the state.
func (f *filter) inherit(state, suffix uint16) {
	switch {
	case f.out[suffix] == 0:
	case f.out[state] == 0:
		f.out[state] = f.out[suffix]
	default:
		own := f.ends[f.out[state]]
		f.ends[f.out[state]] = append(slices.Clip(own), f.ends[f.out[suffix]]...)
	}
}
