package match

import "unicode/utf8"

// note is what a matcher knows of a text when it sees it among its neighbours.
type note struct {
	state  uint32 // of the automaton at its end
	marked bool   // there are rules that must be run
	plain  bool   // there is nothing in it to be undone
}

// plain reports whether there is nothing to be undone in neighbours because there is nothing in any of them, nor where one
// follows the other.
func (l *Leaf) plain() bool {
	for i := range l.parts {
		if !l.parts[i].note.plain {
			return false
		}
	}
	if l.Kind == Joined { // a space belongs to nothing
		return true
	}
	for _, p := range l.parts[:len(l.parts)-1] {
		if seam(l.Text, p.spliced) {
			return false
		}
	}
	return true
}

// seam reports whether something to be undone can begin before at and end behind it.
func seam(text []byte, at int) bool {
	if traitTable[text[at-1]] != 0 || traitTable[text[at]] != 0 {
		return true
	}
	from, to := at, at
	for from > 0 && at-from < minPiece && codeTable[text[from-1]] < 64 {
		from--
	}
	for to < len(text) && to-at < minPiece && codeTable[text[to]] < 64 {
		to++
	}
	return to-from >= minPiece && from < at && to > at
}

// crossed reports whether there may be more in neighbours than in each of them alone: a key that goes over from one to
// the next, or a rule to be run that part of a key was found for. It goes on from the state that the automaton was in at the end
// of each text, and only as long as that state knows of anything before the next, which mostly is a byte or two.
func (m *matcher) crossed(l *Leaf) bool {
	for i := range l.parts {
		if l.parts[i].note.marked {
			return true
		}
	}
	state, alive := uint32(0), false
	for i := range l.parts[:len(l.parts)-1] {
		if !alive {
			state = l.parts[i].note.state
		}
		from, to := l.parts[i].joined, l.parts[i+1].joined
		if l.Kind == Spliced {
			from, to = l.parts[i].spliced, l.parts[i+1].spliced
		}
		var hit bool
		if state, alive, hit = m.auto.cross(state, l.Text[from:to]); hit {
			return true
		}
	}
	return false
}

// cross goes on in state with the text behind it. It reports alive when the state knows of what was before the text to the
// end, and hit when something ended on the way or it cannot tell.
func (a *automaton) cross(state uint32, text []byte) (after uint32, alive, hit bool) {
	fed := 0 // of the text, but for white space, of which there may be more than the state knows
	for i, c := range text {
		if c >= utf8.RuneSelf {
			if a.wide {
				return 0, false, true
			}
			if r, _ := utf8.DecodeRune(text[i:]); foldRune(r) < utf8.RuneSelf {
				return 0, false, true
			}
			return 0, false, false // no key goes on there
		}
		if state = a.deep(state, a.class[c]); state >= markOut {
			return 0, false, true
		}
		if !space(c) {
			fed++
		}
		if state == 0 || int(a.depth[a.number(state)]) <= fed {
			return state, false, false
		}
	}
	return state, state != 0, false
}
