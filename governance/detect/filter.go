package detect

import (
	"slices"
	"strings"
)

// A filter tells, in one pass over a text, where literals stand that a detector wants to look at. It is an Aho-Corasick
// automaton ("Efficient string matching", CACM 1975). Its classes are coarser than bytes: letters of both cases are one, so
// are all digits, all control characters, what joins words, and every four neighbouring bytes that continue a character
// beyond ASCII. So a hit says "perhaps", and who takes it looks again.
//
// States in which a text often is, those near the root and those that have several children, have a full row; all others,
// which are nine of ten, only name their child and where to go on otherwise.
type filter struct {
	class    [256]uint8
	rows     []uint16   // by state and class: the next state, with mark when literals end there
	thin     []thin     // by state, less the number of rows
	out      []uint16   // by state: index into ends
	ends     [][]uint16 // indices of the literals that end at a state, the longest first; [0] is empty
	literals []literal
}

// A thin state has at most one child.
type thin struct {
	child uint16 // with mark when literals end there
	fail  uint16 // where to go on with any class but that of the child
	class uint8  // of the child
}

const (
	stride = 7       // a row has 1 << stride classes
	mark   = 1 << 15 // some literal ends at this state
	crown  = 2       // states at this depth and above have a row
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
	classNone    = 1 << stride // of no byte
)

// newFilter builds the automaton of literals, which are in lower case unless they are exact.
func newFilter(literals []literal) *filter {
	for i := range literals {
		literals[i].parts = !literals[i].joint && !literals[i].exact && !literals[i].wide && strings.ContainsAny(literals[i].text, " _-")
	}
	f := &filter{literals: literals, ends: make([][]uint16, 1)}
	f.classify()
	t := newTrie(literals, &f.class)
	rows := t.number()
	f.rows, f.thin, f.out = make([]uint16, rows<<stride), make([]thin, len(t.nodes)-rows), make([]uint16, len(t.nodes))
	for node := range t.nodes {
		for _, index := range t.ends[node] {
			f.end(t.nodes[node].state, index)
		}
	}
	f.link(t)
	return f
}

// next returns the state after a byte of a class, with mark when literals end there.
func (f *filter) next(state int, class uint8) uint16 {
	for {
		if cell := state<<stride | int(class); cell < len(f.rows) {
			return f.rows[cell]
		}
		t := f.thin[state-len(f.rows)>>stride]
		if t.class == class {
			return t.child
		}
		state = int(t.fail)
	}
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

// end notes that a literal ends at a state.
func (f *filter) end(state, index uint16) {
	if f.out[state] == 0 {
		f.out[state] = uint16(len(f.ends))
		f.ends = append(f.ends, nil)
	}
	f.ends[f.out[state]] = append(f.ends[f.out[state]], index)
}

// link completes the states, breadth first: where a state has no child it goes where its longest suffix goes.
func (f *filter) link(t *trie) {
	fail := make([]uint16, len(t.nodes)) // by state
	for queue := []uint16{0}; len(queue) > 0; queue = queue[1:] {
		node := &t.nodes[queue[0]]
		suffix := fail[node.state]
		if node.state != 0 {
			f.inherit(node.state, suffix)
		}
		f.start(node.state, suffix)
		for child := node.first; child != 0; child = t.nodes[child].sibling {
			state, class := t.nodes[child].state, t.nodes[child].class
			if node.state != 0 {
				fail[state] = f.next(int(suffix), class) &^ mark
			}
			f.lead(node.state, class, state)
			queue = append(queue, child)
		}
	}
	for cell, state := range f.rows {
		f.rows[cell] = f.marked(state)
	}
	for i := range f.thin {
		f.thin[i].child = f.marked(f.thin[i].child)
	}
}

// start makes a state that has no children yet: all of it is its suffix's.
func (f *filter) start(state, suffix uint16) {
	if cell := int(state) << stride; cell < len(f.rows) {
		for c := range 1 << stride {
			if state != 0 {
				f.rows[cell|c] = f.next(int(suffix), uint8(c))
			}
		}
		return
	}
	f.thin[int(state)-len(f.rows)>>stride] = thin{fail: suffix, class: classNone}
}

// lead gives a state a child.
func (f *filter) lead(state uint16, class uint8, child uint16) {
	if cell := int(state)<<stride | int(class); cell < len(f.rows) {
		f.rows[cell] = child
		return
	}
	t := &f.thin[int(state)-len(f.rows)>>stride]
	t.class, t.child = class, child
	for rows := len(f.rows) >> stride; int(t.fail) >= rows && f.thin[int(t.fail)-rows].class == class; {
		t.fail = f.thin[int(t.fail)-rows].fail // it would come to nothing there
	}
}

// marked is a state, with mark when literals end there.
func (f *filter) marked(state uint16) uint16 {
	if f.out[state] != 0 {
		return state | mark
	}
	return state
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
