package match

import (
	"regexp/syntax"
	"sync"
	"sync/atomic"
)

const (
	ownStates   = 256      // of the dfa of one expression
	everyStates = 512      // of the dfa of all expressions without a factor together
	guardBytes  = 16 << 20 // of the tables of all guards of a Set
)

// A guard keeps an expression from being run on texts that it cannot match. Its table is made when it is first asked, so
// that patterns whose factors never occur cost nothing; where that would be too large, or the tables of the Set are too
// large already, the guard lets everything through.
type guard struct {
	states int
	once   sync.Once
	tree   *syntax.Regexp
	dfa    *dfa
}

// mayMatch reports whether the expression may match somewhere in text. spent counts the bytes of all tables of a Set.
func (g *guard) mayMatch(text []byte, spent *atomic.Int64) bool {
	g.once.Do(func() {
		for keep := 1 << 10; g.dfa == nil && keep > 1 && spent.Load() < guardBytes; keep /= 4 {
			g.dfa = newDFA(relax(g.tree, keep).Simplify(), g.states)
		}
		if g.dfa != nil {
			spent.Add(int64(4 * len(g.dfa.next)))
		}
		g.tree = nil
	})
	return g.dfa == nil || g.dfa.mayMatch(text)
}

// relax returns an expression that matches wherever re does and has a smaller table: repetitions are counted no further
// than keep, and from there on taken for any number.
func relax(re *syntax.Regexp, keep int) *syntax.Regexp {
	relaxed := *re
	relaxed.Sub = make([]*syntax.Regexp, len(re.Sub))
	for i, sub := range re.Sub {
		relaxed.Sub[i] = relax(sub, keep)
	}
	if re.Op == syntax.OpRepeat && max(re.Min, re.Max) > keep {
		relaxed.Min, relaxed.Max = min(re.Min, keep), -1
	}
	return &relaxed
}
