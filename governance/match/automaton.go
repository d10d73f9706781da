package match

import (
	"cmp"
	"slices"
)

// An automaton finds all keys in one pass over a folded text (Aho and Corasick, "Efficient string matching", CACM
// 1975). States are numbered breadth first, so that the children of a state are neighbours and the states a harmless
// text visits, which are near the root, come first. Those have a full row of transitions, up to tableBytes in all; the
// deeper ones have only their children and a failure link, which keeps memory proportional to the keys.
type automaton struct {
	class [256]uint8 // of a folded byte; letters of both cases share one
	text  [256]uint8 // the same, with bytes of 0x80 and above as classStop
	clean [256]uint8 // the same, with all bytes as classStop that a glance leaves to a proper look
	vague bool       // a glance can never be sure

	wide  bool     // some key has a character beyond ASCII
	width uint32   // classes
	space uint8    // class of white space, in so far as it is in a key
	dense uint32   // states with a row
	next  []uint32 // rows of entries

	label []uint8  // class on the way into a state
	child []uint32 // first child of a state; its last is the one before the next state's first
	depth []int32  // length of the path to a state
	fail  []uint32 // state of the longest proper suffix
	out   []uint32 // index into ends of what ends here, by any suffix; 0 for nothing
	ends  []ending // [0] is unused
}

// An entry is a state with marks: the offset of its row, or its number and markSparse when it has none.
const (
	markSparse = 1 << 30   // has no row
	markOut    = 1 << 31   // a key ends here
	entryStop  = 1<<32 - 1 // the byte was of classStop; no state
)

const (
	classStop  = 0 // the byte needs a look
	classOther = 1 // the byte is in no key
)

// tableBytes is what the rows of a Set may take: they fit the second-level cache of a server's core.
const tableBytes = 4 << 20

// A key is a folded text to find, and the rule it belongs to.
type key struct {
	text  string
	rule  int32
	check bool // finding it is not yet a hit: the rule has to be checked
}

// An ending is what is known at a state where at least one key ends.
type ending struct {
	hit    int32   // lowest rule that is hit without a check, of all suffixes; noRule for none
	hits   []int32 // rules that are hit without a check whose key is the whole path, ascending
	checks []int32 // rules to check whose key is the whole path, ascending
	next   uint32  // ending of the next shorter suffix, 0 for none
}

const noRule = 1<<31 - 1

// span is the range of sorted keys that share a state's path.
type span struct{ lo, hi, depth int32 }

// White space is one space, however much of it there is: the keys have it collapsed, and a state that a space leads into
// stays on another one.

// newAutomaton builds the automaton of keys, which it sorts; none is empty. Rows take at most rowBytes, or are one.
func newAutomaton(keys []key, rowBytes uint32) *automaton {
	slices.SortFunc(keys, func(a, b key) int {
		return cmp.Or(cmp.Compare(a.text, b.text), cmp.Compare(a.rule, b.rule))
	})
	a := &automaton{}
	a.classify(keys)
	spans := a.grow(keys)
	a.link(keys, spans, max(1, rowBytes/4/a.width))
	return a
}

// classify gives each byte that occurs in a key a class of its own, in the order of bytes.
func (a *automaton) classify(keys []key) {
	var used [256]bool
	for _, k := range keys {
		for i := range len(k.text) {
			used[k.text[i]] = true
		}
	}
	a.width = 2
	for b := range a.class {
		a.class[b] = classOther
		if used[b] {
			a.class[b] = uint8(a.width)
			a.width++
		}
	}
	for b := '\t'; b <= '\r'; b++ { // likewise: white space is collapsed
		a.class[b] = a.class[' ']
	}
	a.space = a.class[' ']
	for b := 'A'; b <= 'Z'; b++ { // no folded text holds them
		a.class[b] = a.class[b+'a'-'A']
	}
	a.text = a.class
	for b := range a.class {
		if b >= 0x80 {
			a.wide = a.wide || used[b]
			a.text[b] = classStop
		}
	}
	a.clean = a.text
	for b := range a.clean {
		if b < ' ' || traits(traitTable[b])&^traitDash != 0 {
			a.clean[b] = classStop
		}
	}
}

// grow numbers the states breadth first.
func (a *automaton) grow(keys []key) []span {
	spans := []span{{0, int32(len(keys)), 0}}
	a.label, a.depth = append(a.label, classStop), append(a.depth, 0)
	for n := 0; n < len(spans); n++ {
		s := spans[n]
		a.child = append(a.child, uint32(len(spans)))
		for lo := s.lo + s.ending(keys); lo < s.hi; {
			b := keys[lo].text[s.depth]
			hi := lo + 1
			for hi < s.hi && keys[hi].text[s.depth] == b {
				hi++
			}
			spans = append(spans, span{lo, hi, s.depth + 1})
			a.depth = append(a.depth, s.depth+1)
			a.label = append(a.label, a.class[b])
			lo = hi
		}
	}
	a.child = append(a.child, uint32(len(spans)))
	return spans
}

// ending counts the keys of the span that end at its state; they come first.
func (s span) ending(keys []key) (n int32) {
	for s.lo+n < s.hi && len(keys[s.lo+n].text) == int(s.depth) {
		n++
	}
	return n
}

// link sets failure links, endings and rows, in the order of states: all that a state needs belongs to earlier ones.
func (a *automaton) link(keys []key, spans []span, rows uint32) {
	states := uint32(len(spans))
	a.dense = min(states, rows)
	a.next = make([]uint32, a.dense*a.width)
	a.next[classStop] = entryStop
	a.fail = make([]uint32, states)
	a.out = make([]uint32, states)
	a.ends = make([]ending, 1)
	for n := range states {
		if n > 0 && n < a.dense {
			from := a.fail[n] * a.width
			copy(a.next[n*a.width:(n+1)*a.width], a.next[from:from+a.width])
		}
		if n > 0 && n < a.dense && a.label[n] == a.space {
			a.next[n*a.width+uint32(a.space)] = a.entry(n)
		}
		for c := a.child[n]; c < a.child[n+1]; c++ {
			if n > 0 {
				a.fail[c] = a.number(a.step(a.fail[n], a.label[c]))
			}
			a.end(c, keys[spans[c].lo:spans[c].lo+spans[c].ending(keys)])
			if n < a.dense {
				a.next[n*a.width+uint32(a.label[c])] = a.entry(c)
			}
		}
	}
}

// end records the keys that end at state n; without any, what ends at its suffix ends here.
func (a *automaton) end(n uint32, keys []key) {
	suffix := a.out[a.fail[n]]
	a.out[n] = suffix
	if len(keys) == 0 {
		return
	}
	e := ending{hit: noRule, next: suffix}
	if suffix != 0 {
		e.hit = a.ends[suffix].hit
	}
	for _, k := range keys {
		if k.check {
			e.checks = append(e.checks, k.rule)
		} else {
			e.hit = min(e.hit, k.rule)
			e.hits = append(e.hits, k.rule)
		}
	}
	a.out[n] = uint32(len(a.ends))
	a.ends = append(a.ends, e)
}

// entry returns the entry of state n.
func (a *automaton) entry(n uint32) uint32 {
	e := n | markSparse
	if n < a.dense {
		e = n * a.width
	}
	if a.out[n] != 0 {
		e |= markOut
	}
	return e
}

// number returns the state of an entry.
func (a *automaton) number(e uint32) uint32 {
	e &^= markOut
	if e >= markSparse {
		return e &^ markSparse
	}
	return e / a.width
}

// deep returns the entry that follows any entry without markOut.
func (a *automaton) deep(e uint32, c uint8) uint32 {
	switch {
	case e < markSparse:
		return a.next[e+uint32(c)]
	case c == classStop:
		return entryStop
	default:
		return a.step(e&^markSparse, c)
	}
}

// step returns the entry that follows state n on class c, which is not classStop.
func (a *automaton) step(n uint32, c uint8) uint32 {
	if c == a.space && n > 0 && a.label[n] == c { // more white space is no more than one
		return a.entry(n)
	}
	for n >= a.dense {
		children := a.label[a.child[n]:a.child[n+1]]
		if i, ok := slices.BinarySearch(children, c); ok {
			return a.entry(a.child[n] + uint32(i))
		}
		n = a.fail[n]
	}
	return a.next[n*a.width+uint32(c)]
}
