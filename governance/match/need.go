package match

import (
	"regexp/syntax"
	"unicode/utf8"
)

// A charset is a set of characters of ASCII.
type charset [2]uint64

func (s *charset) add(r rune) {
	if 0 <= r && r < utf8.RuneSelf {
		s[r>>6] |= 1 << (r & 63)
	}
}

func (s charset) has(b byte) bool { return b < utf8.RuneSelf && s[b>>6]>>(b&63)&1 != 0 }

// need has a glance leave texts that the expression, which has no factor, may match to a proper look: those with a byte
// that it cannot match without.
func (a *automaton) need(tree *syntax.Regexp) {
	set, known := needed(tree)
	a.vague = a.vague || !known
	for b := range a.clean {
		if set.has(byte(b)) {
			a.clean[b] = classStop
		}
	}
}

// needed returns a set of which every text of ASCII that an expression matches has at least one character, the rarest that
// is to be had; known is false when there is none.
func needed(re *syntax.Regexp) (set charset, known bool) {
	switch re.Op {
	case syntax.OpLiteral:
		return neededOf(re.Rune, re.Flags&syntax.FoldCase != 0), true
	case syntax.OpCharClass:
		for i := 0; i < len(re.Rune); i += 2 {
			for r := re.Rune[i]; r <= min(re.Rune[i+1], utf8.RuneSelf); r++ {
				set.add(r)
			}
		}
		return set, true
	case syntax.OpCapture, syntax.OpPlus:
		return needed(re.Sub[0])
	case syntax.OpRepeat:
		if re.Min == 0 {
			return set, false
		}
		return needed(re.Sub[0])
	case syntax.OpConcat:
		return neededOfAny(re.Sub)
	case syntax.OpAlternate:
		return neededOfEach(re.Sub)
	case syntax.OpNoMatch:
		return set, true
	default: // matches without a character, or with whichever
		return set, false
	}
}

// neededOf returns the rarest character of a literal, in both cases where case does not count.
func neededOf(literal []rune, fold bool) (best charset) {
	for i, r := range literal {
		var set charset
		set.add(r)
		if lower := r | 0x20; fold && 'a' <= lower && lower <= 'z' {
			set.add(lower)
			set.add(lower &^ 0x20)
		}
		if i == 0 || set.common() < best.common() {
			best = set
		}
	}
	return best
}

// neededOfAny returns the rarest set that one of several expressions, which follow each other, needs.
func neededOfAny(all []*syntax.Regexp) (best charset, known bool) {
	for _, re := range all {
		if set, ok := needed(re); ok && (!known || set.common() < best.common()) {
			best, known = set, true
		}
	}
	return best, known
}

// neededOfEach returns what each of several expressions needs, of which one matches.
func neededOfEach(all []*syntax.Regexp) (set charset, known bool) {
	for _, re := range all {
		own, ok := needed(re)
		if !ok {
			return set, false
		}
		set[0], set[1] = set[0]|own[0], set[1]|own[1]
	}
	return set, true
}

// common estimates how often the characters of a set occur in arguments.
func (s charset) common() (sum int) {
	for b := range byte(utf8.RuneSelf) {
		switch {
		case !s.has(b):
		case 'a' <= b && b <= 'z', b == ' ':
			sum += 20
		case '0' <= b && b <= '9':
			sum += 8
		case b == '-', b == '_', b == '.', b == '/', b == ',', b == ':':
			sum += 6
		default:
			sum += 2
		}
	}
	return sum
}
