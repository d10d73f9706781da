package lint

import (
	"fmt"
	"regexp"
	"regexp/syntax"
	"slices"
	"strings"
	"time"

	"github.com/mcp-kernel/mcp-kernel/governance"
	"github.com/mcp-kernel/mcp-kernel/governance/match"
)

// minLiteral is the length in bytes from which on a text that must occur spares most values the expression itself.
const minLiteral = 2

// patterns looks for patterns that hit everything, that another hits already, or that every value must be run through.
func (l *linter) patterns() {
	for i, p := range l.p.BlockedPatterns {
		field := fmt.Sprintf("%s[%d]", governance.CheckPatterns, i)
		l.exceptions(field, p)
		switch by := l.shadow(i); {
		case matchesEmpty(p):
			l.warn(field+".pattern", "say what must not occur", "matches every text, so that it blocks every call")
			continue
		case by >= 0:
			l.warn(field, "strike it", "is never the first to hit: whatever it matches, %s[%d] matches too", governance.CheckPatterns, by)
			continue
		}
		if p.Type == match.Regex && !requires(p.Text) {
			l.note(field+".pattern", "add a word that must be there, if there is one",
				"has no text of %d bytes that must occur, so that every value is run through it", minLiteral)
		}
	}
}

// soon is how long before its end an exception is told of.
const soon = 14 * 24 * time.Hour

// exceptions looks for exceptions that are over or about to be, and for those that are about nothing.
func (l *linter) exceptions(field string, p match.Pattern) {
	for i, e := range p.Except {
		at := fmt.Sprintf("%s.except[%d]", field, i)
		switch left := e.Until.Sub(l.o.Now); {
		case l.o.Now.IsZero():
		case left <= 0:
			l.warn(at, "strike it, or give it another date", "has been over since %s: the pattern holds again", e.Until.Format(time.DateOnly))
			continue
		case left < soon:
			l.note(at, "see whether it is still needed, and give it another date if it is", "ends on %s: the pattern holds again then", e.Until.Format(time.DateOnly))
		}
		l.about(at, e.Tools, nil, nil, nil)
	}
}

// matchesEmpty reports whether a pattern matches the empty text and another that nobody looks for, and so every one.
func matchesEmpty(p match.Pattern) bool {
	const unlikely = "\u2042"
	switch p.Type {
	case match.Glob:
		g, err := match.CompileGlob(p.Text, p.CaseSensitive)
		return err == nil && g.Match("") && g.Match(unlikely)
	case match.Regex:
		re, err := regexp.Compile(p.Text)
		return err == nil && re.MatchString("") && re.MatchString(unlikely)
	default:
		return false
	}
}

// shadow returns which other pattern hits whatever the i-th hits, or -1: the same one written before, or a part of it.
func (l *linter) shadow(i int) int {
	p := l.p.BlockedPatterns[i]
	for j, other := range l.p.BlockedPatterns {
		if i == j {
			continue
		}
		p.Name, other.Name = "", ""
		switch {
		case fmt.Sprintf("%+v", p) == fmt.Sprintf("%+v", other):
			if j < i {
				return j
			}
		case !sameButText(p, other) || other.Type != match.Substring:
		case p.Type == match.Substring && within(p, other) && (j < i || !within(other, p)):
			return j
		}
	}
	return -1
}

// sameButText reports whether two patterns differ in no more than their text, type and case.
func sameButText(a, b match.Pattern) bool {
	a.Text, b.Text = "", ""
	a.Type, b.Type = 0, 0
	a.CaseSensitive, b.CaseSensitive = false, false
	return fmt.Sprintf("%+v", a) == fmt.Sprintf("%+v", b)
}

// within reports whether a text that holds the substring p always holds the substring other.
func within(p, other match.Pattern) bool {
	if other.CaseSensitive {
		return p.CaseSensitive && strings.Contains(p.Text, other.Text)
	}
	return strings.Contains(strings.ToLower(p.Text), strings.ToLower(other.Text))
}

// requires reports whether every text that an expression matches holds some literal of at least minLiteral bytes.
func requires(text string) bool {
	re, err := syntax.Parse(text, syntax.Perl|syntax.DotNL)
	return err != nil || literal(re.Simplify())
}

func literal(re *syntax.Regexp) bool {
	switch re.Op {
	case syntax.OpLiteral:
		return len(string(re.Rune)) >= minLiteral
	case syntax.OpCapture, syntax.OpPlus:
		return literal(re.Sub[0])
	case syntax.OpRepeat:
		return re.Min > 0 && literal(re.Sub[0])
	case syntax.OpConcat:
		return run(re.Sub) >= minLiteral || anyLiteral(re.Sub)
	case syntax.OpAlternate:
		for _, sub := range re.Sub {
			if !literal(sub) {
				return false
			}
		}
		return true
	default:
		return false
	}
}

func anyLiteral(subs []*syntax.Regexp) bool {
	return slices.ContainsFunc(subs, literal)
}

// run returns the longest run of characters that stand side by side in a sequence, small classes among them.
func run(subs []*syntax.Regexp) int {
	longest, now := 0, 0
	for _, sub := range subs {
		switch {
		case sub.Op == syntax.OpLiteral:
			now += len(string(sub.Rune))
		case sub.Op == syntax.OpCharClass && small(sub.Rune):
			now++
		case sub.Op == syntax.OpWordBoundary || sub.Op == syntax.OpNoWordBoundary:
		default:
			now = 0
		}
		longest = max(longest, now)
	}
	return longest
}

// small reports whether a class has few characters.
func small(bounds []rune) bool {
	n := 0
	for i := 0; i < len(bounds); i += 2 {
		n += int(bounds[i+1]-bounds[i]) + 1
	}
	return n <= 4
}
