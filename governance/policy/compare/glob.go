package compare

import (
	"context"
	"slices"
	"strings"

	"github.com/mcp-kernel/mcp-kernel/governance/match"
)

// Bounds of comparing globs.
const (
	maxSteps  = 2048   // of all globs together
	maxStates = 20_000 // that are looked at
)

// literal returns the one name that an entry of an allowlist means, and whether it means only one.
func literal(entry string) (string, bool) {
	g, err := match.CompileGlob(entry, true)
	if err != nil {
		return "", false
	}
	return g.Literal()
}

// A step is one step of a glob: a character, one of a class, or any. A star is a step that may be taken any number of
// times.
type step struct {
	star    bool
	any     bool
	negated bool
	bounds  []rune // pairs, both included
}

func (s *step) takes(r rune) bool {
	if s.any || s.star {
		return true
	}
	within := false
	for i := 0; i < len(s.bounds); i += 2 {
		within = within || s.bounds[i] <= r && r <= s.bounds[i+1]
	}
	return within != s.negated
}

// steps reads a glob that is valid. It means what match.CompileGlob says.
func steps(text string) []step {
	var all []step
	runes := []rune(text)
	for i := 0; i < len(runes); i++ {
		switch r := runes[i]; r {
		case '*':
			all = append(all, step{star: true})
		case '?':
			all = append(all, step{any: true})
		case '[':
			var s step
			s, i = class(runes, i+1)
			all = append(all, s)
		case '\\':
			if i+1 < len(runes) {
				i++
			}
			fallthrough
		default:
			all = append(all, step{bounds: []rune{runes[i], runes[i]}})
		}
	}
	return all
}

// class reads a class behind its "[" and returns the place of its "]".
func class(runes []rune, i int) (step, int) {
	var s step
	if i < len(runes) && runes[i] == '!' {
		s.negated = true
		i++
	}
	next := func() (r rune) {
		if runes[i] == '\\' && i+1 < len(runes) {
			i++
		}
		r = runes[i]
		i++
		return r
	}
	for first := true; i < len(runes) && (first || runes[i] != ']'); first = false {
		low := next()
		high := low
		if i+1 < len(runes) && runes[i] == '-' && runes[i+1] != ']' {
			i++
			high = next()
		}
		s.bounds = append(s.bounds, low, high)
	}
	return s, i
}

// A language is the globs of several lists: a name is in it when it matches one glob of each list.
type language struct {
	globs [][]step
	lists []int // which list a glob is of
	n     int   // lists
}

func newLanguage(lists [][]string) language {
	l := language{n: len(lists)}
	for i, list := range lists {
		for _, entry := range list {
			if _, exact := literal(entry); !exact {
				l.globs, l.lists = append(l.globs, steps(entry)), append(l.lists, i)
			}
		}
	}
	return l
}

// begin is the state of a language before the first character: for each glob the steps that may be next.
func (l *language) begin() [][]bool {
	state := make([][]bool, len(l.globs))
	for i, g := range l.globs {
		state[i] = make([]bool, len(g)+1)
		state[i][0] = true
		skip(g, state[i])
	}
	return state
}

// skip adds the steps behind stars that may be taken no time.
func skip(g []step, at []bool) {
	for i := range g {
		if at[i] && g[i].star {
			at[i+1] = true
		}
	}
}

// after is the state after one more character.
func (l *language) after(state [][]bool, r rune) [][]bool {
	next := make([][]bool, len(l.globs))
	for i, g := range l.globs {
		next[i] = make([]bool, len(g)+1)
		for j := range g {
			switch {
			case !state[i][j] || !g[j].takes(r):
			case g[j].star:
				next[i][j] = true
			default:
				next[i][j+1] = true
			}
		}
		skip(g, next[i])
	}
	return next
}

// matches reports whether every list has a glob that has matched, and dead whether some list has none that could.
func (l *language) matches(state [][]bool) (matched, dead bool) {
	in, alive := make([]bool, l.n), make([]bool, l.n)
	for i, at := range state {
		in[l.lists[i]] = in[l.lists[i]] || at[len(at)-1]
		alive[l.lists[i]] = alive[l.lists[i]] || slices.Contains(at, true)
	}
	return !slices.Contains(in, false) && l.n > 0, slices.Contains(alive, false) || l.n == 0
}

// alphabet returns a character for every set of characters that the globs tell apart, the friendlier ones first.
func alphabet(languages ...language) []rune {
	runes := []rune{'a', '0', '_', '/'}
	for _, l := range languages {
		for _, g := range l.globs {
			for _, s := range g {
				for i := 0; i < len(s.bounds); i += 2 {
					runes = append(runes, s.bounds[i], s.bounds[i+1], s.bounds[i]-1, s.bounds[i+1]+1)
				}
			}
		}
	}
	seen := map[rune]bool{}
	return slices.DeleteFunc(runes, func(r rune) bool {
		unfit := seen[r] || r < '!' || r >= 0xd800 && r < 0xe000 || r > 0x10ffff
		seen[r] = true
		return unfit
	})
}

// search looks, shortest first, for a name that the globs of the one lists match and those of the others do not, and for
// which differs confirms it. Without one the answer is sure when every state was looked at: names that are spelt out are
// not searched for.
func search(ctx context.Context, one, others [][]string, differs func(string) bool) (name string, found, sure bool) {
	a, b := newLanguage(one), newLanguage(others)
	size := 0
	for _, g := range slices.Concat(a.globs, b.globs) {
		size += len(g)
	}
	if size > maxSteps {
		return "", false, false
	}
	type node struct {
		a, b [][]bool
		text string
	}
	letters := alphabet(a, b)
	queue := []node{{a.begin(), b.begin(), ""}}
	seen := map[string]bool{}
	for i := 0; i < len(queue); i++ {
		if i > maxStates || i%256 == 0 && ctx.Err() != nil {
			return "", false, false
		}
		at := queue[i]
		queue[i] = node{}
		inA, deadA := a.matches(at.a)
		inB, _ := b.matches(at.b)
		switch {
		case deadA:
			continue
		case inA && !inB && at.text != "" && differs(at.text):
			return at.text, true, true
		}
		for _, r := range letters {
			next := node{a.after(at.a, r), b.after(at.b, r), at.text + string(r)}
			if k := key(next.a, next.b); !seen[k] {
				seen[k] = true
				queue = append(queue, next)
			}
		}
	}
	return "", false, true
}

// key names a state.
func key(states ...[][]bool) string {
	var b strings.Builder
	for _, state := range states {
		for _, at := range state {
			for _, is := range at {
				if is {
					b.WriteByte('1')
				} else {
					b.WriteByte('0')
				}
			}
		}
	}
	return b.String()
}

// globSample returns a name that an entry of a list takes.
func globSample(entry string) string {
	var b strings.Builder
	for _, s := range steps(entry) {
		if !s.star {
			b.WriteRune(s.sample())
		}
	}
	if b.Len() == 0 {
		return "a"
	}
	return b.String()
}

// matchesAny reports whether an entry of a list takes a name.
func matchesAny(entries []string, name string) bool {
	return slices.ContainsFunc(entries, func(entry string) bool {
		g, err := match.CompileGlob(entry, true)
		return err == nil && g.Match(name)
	})
}
