package match

import (
	"encoding/binary"
	"math"
	"regexp/syntax"
	"slices"
	"strings"
)

// A dfa tells quickly that an expression does not match a text, at one table look-up a byte, where the general matcher
// takes some thirty times as long. It takes every character beyond ASCII for any other, so when it says that the
// expression may match, the expression has the last word.
type dfa struct {
	class [256]uint8
	width uint32
	next  []uint32 // offsets of rows; row 0 is the match, row 1 the start
}

// Classes of bytes that are no ASCII character.
const (
	byteGoesOn = 0 // second and later bytes of a character: no step
	byteEnd    = 1 // no byte at all, behind the last
	byteWide   = 2 // first byte of a character beyond ASCII
	byteASCII  = 3 // first class of ASCII
)

// runeWide stands for all characters beyond ASCII: like all of them it is no part of a word by \b and no line break.
const runeWide = math.MaxInt32

// mayMatch reports whether the expression may match somewhere in text, which is valid UTF-8.
func (d *dfa) mayMatch(text []byte) bool {
	next, at := d.next, d.width
	for _, b := range text {
		if at = next[at+uint32(d.class[b])]; at == 0 {
			return true
		}
	}
	return next[at+byteEnd] == 0
}

// determinizer makes a dfa of a program by subset construction. A state is the set of instructions that can come next,
// before assertions are looked at, and the kind of the character before, which assertions look at.
type determinizer struct {
	prog   *syntax.Prog
	runes  []rune // of each class, one of its characters
	states map[string]uint32
	sets   [][]uint32
	before []rune
	next   []uint32 // numbers of states
	visit  []uint32 // stack of closure
	seen   []bool   // by instruction, within closure
}

// newDFA returns the dfa of an expression, nil when it would have more than maxStates states or the program more than
// maxStates instructions.
func newDFA(tree *syntax.Regexp, maxStates int) *dfa {
	prog, err := syntax.Compile(tree)
	if err != nil || len(prog.Inst) > maxStates {
		return nil
	}
	b := determinizer{prog: prog, states: map[string]uint32{}, seen: make([]bool, len(prog.Inst))}
	d := &dfa{}
	b.classify(d)
	d.width = uint32(len(b.runes))
	b.sets, b.before = append(b.sets, nil), append(b.before, 0) // the match
	b.next = make([]uint32, d.width)
	b.state([]uint32{uint32(prog.Start)}, -1)
	for n := 1; n < len(b.sets); n++ {
		if len(b.sets) > maxStates {
			return nil
		}
		for c := range b.runes {
			b.next = append(b.next, b.step(uint32(n), c))
		}
	}
	for _, n := range b.next {
		d.next = append(d.next, n*d.width)
	}
	return d
}

// classify puts ASCII characters that no instruction and no assertion tells apart into one class.
func (b *determinizer) classify(d *dfa) {
	b.runes = []rune{byteGoesOn: 0, byteEnd: -1, byteWide: runeWide}
	classes := map[string]uint8{}
	for c := range d.class {
		if c >= 0xC0 {
			d.class[c] = byteWide
		}
		if c >= 0x80 {
			continue
		}
		sign := b.signature(rune(c))
		if _, ok := classes[sign]; !ok {
			classes[sign] = uint8(len(b.runes))
			b.runes = append(b.runes, rune(c))
		}
		d.class[c] = classes[sign]
	}
}

// signature is all that the program can tell about r.
func (b *determinizer) signature(r rune) string {
	var sign strings.Builder
	sign.WriteRune(kindOf(r))
	for i := range b.prog.Inst {
		if inst := &b.prog.Inst[i]; consumes(inst) {
			sign.WriteByte('0')
			if inst.MatchRune(r) {
				sign.WriteByte('1')
			}
		}
	}
	return sign.String()
}

// kindOf returns one character for all that assertions take for the same.
func kindOf(r rune) rune {
	switch {
	case r == '\n', r < 0:
		return r
	case syntax.IsWordChar(r):
		return 'a'
	default:
		return ' '
	}
}

func consumes(inst *syntax.Inst) bool {
	switch inst.Op {
	case syntax.InstRune, syntax.InstRune1, syntax.InstRuneAny, syntax.InstRuneAnyNotNL:
		return true
	default:
		return false
	}
}

// takes reports whether inst takes the character r; runeWide is taken by what takes any character beyond ASCII.
func takes(inst *syntax.Inst, r rune) bool {
	if r != runeWide {
		return inst.MatchRune(r)
	}
	if inst.Op == syntax.InstRuneAny || inst.Op == syntax.InstRuneAnyNotNL {
		return true
	}
	// The bounds of a class ascend. Of ASCII letters only k and s have a twin beyond ASCII.
	return inst.Rune[len(inst.Rune)-1] >= 0x80 || inst.MatchRune('\u212A') || inst.MatchRune('\u017F')
}

// state returns the number of a state, which it adds if it is new.
func (b *determinizer) state(set []uint32, before rune) uint32 {
	slices.Sort(set)
	set = slices.Compact(set)
	id := binary.AppendVarint(nil, int64(before))
	for _, pc := range set {
		id = binary.AppendUvarint(id, uint64(pc))
	}
	n, ok := b.states[string(id)]
	if !ok {
		n = uint32(len(b.sets))
		b.states[string(id)] = n
		b.sets = append(b.sets, set)
		b.before = append(b.before, before)
	}
	return n
}

// step returns the state that follows state n on a character of class c. A match may begin at every character, so the
// start belongs to every state.
func (b *determinizer) step(n uint32, c int) uint32 {
	if c == byteGoesOn {
		return n
	}
	r := b.runes[c]
	reached, matched := b.closure(b.sets[n], syntax.EmptyOpContext(b.before[n], r))
	if matched {
		return 0
	}
	if c == byteEnd {
		return n
	}
	set := []uint32{uint32(b.prog.Start)}
	for _, pc := range reached {
		if inst := &b.prog.Inst[pc]; takes(inst, r) {
			set = append(set, inst.Out)
		}
	}
	return b.state(set, kindOf(r))
}

// closure follows everything that takes no character, given the assertions that hold, and returns the instructions that
// take one.
func (b *determinizer) closure(set []uint32, holds syntax.EmptyOp) (reached []uint32, matched bool) {
	clear(b.seen)
	b.visit = append(b.visit[:0], set...)
	for len(b.visit) > 0 {
		pc := b.visit[len(b.visit)-1]
		b.visit = b.visit[:len(b.visit)-1]
		if b.seen[pc] {
			continue
		}
		b.seen[pc] = true
		switch inst := &b.prog.Inst[pc]; inst.Op {
		case syntax.InstMatch:
			return nil, true
		case syntax.InstAlt, syntax.InstAltMatch:
			b.visit = append(b.visit, inst.Out, inst.Arg)
		case syntax.InstCapture, syntax.InstNop:
			b.visit = append(b.visit, inst.Out)
		case syntax.InstEmptyWidth:
			if syntax.EmptyOp(inst.Arg)&^holds == 0 {
				b.visit = append(b.visit, inst.Out)
			}
		case syntax.InstFail:
		default:
			reached = append(reached, pc)
		}
	}
	return reached, false
}
