package match

import (
	"errors"
	"strings"
	"unicode"
	"unicode/utf8"
)

// A GlobMatcher tests whole strings against one glob. It is immutable and safe for concurrent use; the zero value
// matches the empty string alone.
type GlobMatcher struct {
	ops           []globOp
	literal       string
	isLiteral     bool
	caseSensitive bool
}

// globOp is one step of a glob: one character, any character, one of a class, or a run of any.
type globOp struct {
	kind  globKind
	r     rune // folded unless the glob is case-sensitive
	class *globClass
}

type globKind uint8

const (
	globRune globKind = iota
	globAny
	globSet
	globStar
)

// globClass is a bracket expression: pairs of bounds, both included.
type globClass struct {
	negated bool
	bounds  []rune
}

// CompileGlob reads a glob: * is any run of characters, also an empty one, and crosses "/" and line breaks; ? is one
// character; [a-z] is one of a class and [!a-z] one that is not; \ takes the next character as it is. A "]" that comes
// first in a class belongs to it. Letter case is ignored by Unicode simple folding unless caseSensitive is set.
func CompileGlob(text string, caseSensitive bool) (*GlobMatcher, error) {
	if !utf8.ValidString(text) {
		return nil, errors.New("glob is not valid UTF-8")
	}
	g := &GlobMatcher{caseSensitive: caseSensitive, isLiteral: true}
	var literal strings.Builder
	for rest := text; rest != ""; {
		r, size := utf8.DecodeRuneInString(rest)
		rest = rest[size:]
		var err error
		switch r {
		case '*':
			g.star()
		case '?':
			g.meta(globOp{kind: globAny})
		case '[':
			rest, err = g.class(rest)
		case '\\':
			r, size = utf8.DecodeRuneInString(rest)
			if size == 0 {
				err = errors.New(`glob ends in a lone \`)
			}
			rest = rest[size:]
			fallthrough
		default:
			literal.WriteRune(r)
			g.rune(r)
		}
		if err != nil {
			return nil, err
		}
	}
	g.literal = literal.String()
	return g, nil
}

// Literal returns the one string that a glob without *, ? and classes matches, with its escapes resolved, and whether
// the glob is such a one. Unless the glob is case-sensitive, strings that differ from it in letter case match too.
func (g *GlobMatcher) Literal() (string, bool) {
	if !g.isLiteral && len(g.ops) > 0 {
		return "", false
	}
	return g.literal, true
}

// Match reports whether the glob matches the whole of s. It does not allocate; its time is at most proportional to the
// length of s times that of the glob.
//
// Only the last star is remembered: when the steps behind it fail, the star takes one character more. An earlier star
// never needs to be reconsidered, because the leftmost fit of what stands between two stars leaves the most for the rest.
func (g *GlobMatcher) Match(s string) bool {
	op, at := 0, 0
	starOp, starAt := -1, 0
	for at < len(s) {
		if op < len(g.ops) && g.ops[op].kind == globStar {
			op++
			starOp, starAt = op, at
			continue
		}
		r, size := decodeRune(s[at:])
		if op < len(g.ops) && g.accepts(&g.ops[op], r) {
			op++
			at += size
			continue
		}
		if starOp < 0 {
			return false
		}
		_, size = decodeRune(s[starAt:])
		starAt += size
		op, at = starOp, starAt
	}
	for op < len(g.ops) && g.ops[op].kind == globStar {
		op++
	}
	return op == len(g.ops)
}

// decodeRune returns the first character of s, which is not empty, and its length in bytes.
func decodeRune(s string) (rune, int) {
	if s[0] < utf8.RuneSelf {
		return rune(s[0]), 1
	}
	return utf8.DecodeRuneInString(s)
}

// accepts reports whether a step that takes exactly one character takes r.
func (g *GlobMatcher) accepts(op *globOp, r rune) bool {
	switch op.kind {
	case globAny:
		return true
	case globSet:
		return op.class.holds(r, !g.caseSensitive) != op.class.negated
	default:
		return r == op.r || !g.caseSensitive && foldRune(r) == op.r
	}
}

// holds reports whether r, or with fold a character that differs from it in case alone, lies within the bounds.
func (c *globClass) holds(r rune, fold bool) bool {
	for first := r; ; {
		for i := 0; i < len(c.bounds); i += 2 {
			if c.bounds[i] <= r && r <= c.bounds[i+1] {
				return true
			}
		}
		if r = unicode.SimpleFold(r); !fold || r == first {
			return false
		}
	}
}

func (g *GlobMatcher) rune(r rune) {
	if !g.caseSensitive {
		r = foldRune(r)
	}
	g.ops = append(g.ops, globOp{kind: globRune, r: r})
}

func (g *GlobMatcher) meta(op globOp) {
	g.isLiteral = false
	g.ops = append(g.ops, op)
}

// star adds a run of any characters; two in a row are one.
func (g *GlobMatcher) star() {
	if n := len(g.ops); n == 0 || g.ops[n-1].kind != globStar {
		g.meta(globOp{kind: globStar})
	}
}

// class reads a bracket expression behind its "[" and returns what follows the "]".
func (g *GlobMatcher) class(text string) (rest string, err error) {
	c := &globClass{}
	text, c.negated = strings.CutPrefix(text, "!")
	for first := true; first || !strings.HasPrefix(text, "]"); first = false {
		var low, high rune
		if low, text, err = classRune(text); err != nil {
			return "", err
		}
		high = low
		if len(text) > 1 && text[0] == '-' && text[1] != ']' {
			if high, text, err = classRune(text[1:]); err != nil {
				return "", err
			}
		}
		if high < low {
			return "", errors.New("glob has a class whose range runs backwards")
		}
		c.bounds = append(c.bounds, low, high)
	}
	g.meta(globOp{kind: globSet, class: c})
	return text[1:], nil
}

// classRune reads one character of a class, escaped or not.
func classRune(text string) (r rune, rest string, err error) {
	text = strings.TrimPrefix(text, `\`) // an escape only keeps "]", "-" and "!" from their meaning
	if text == "" {
		return 0, "", errors.New(`glob has a class without its "]"`)
	}
	r, size := utf8.DecodeRuneInString(text)
	return r, text[size:], nil
}
