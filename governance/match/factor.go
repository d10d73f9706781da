package match

import (
	"regexp/syntax"
	"slices"
)

// A factor set is a list of folded literals of which at least one occurs in every value that a pattern matches. The
// automaton looks for factors; only where one occurs is the pattern itself run. Nil means that nothing is known.

const (
	minFactor  = 2  // bytes; a shorter factor occurs nearly everywhere
	maxFactor  = 32 // bytes kept of a longer one
	maxFactors = 16 // in one set
)

// regexFactors returns a factor set of a parsed and simplified expression.
func regexFactors(re *syntax.Regexp) []string {
	known := analyse(re)
	set := better(known.best, known.exact)
	for i, s := range set {
		set[i] = s[:min(len(s), maxFactor)]
	}
	return usable(collapsed(set))
}

// globFactors returns the longest run of plain characters of a glob.
func globFactors(g *GlobMatcher) []string {
	var longest, run []rune
	for _, op := range g.ops {
		if op.kind != globRune {
			run = run[:0]
			continue
		}
		if run = append(run, foldRune(op.r)); len(string(run)) > len(string(longest)) {
			longest = slices.Clone(run[:min(len(run), maxFactor/4)])
		}
	}
	return usable(collapsed([]string{string(longest)}))
}

// usable returns set when every literal in it is worth looking for.
func usable(set []string) []string {
	if len(set) == 0 || shortest(set) < minFactor {
		return nil
	}
	slices.Sort(set)
	return slices.Compact(set)
}

// collapsed collapses the white space of every literal, as the automaton does with the texts it reads.
func collapsed(set []string) []string {
	for i, s := range set {
		set[i] = collapseString(s)
	}
	return set
}

// better returns the set that occurs more rarely in ordinary text.
func better(a, b []string) []string {
	if worth(b) > worth(a) {
		return b
	}
	return a
}

// worth estimates how rare a set is: longer literals are rarer, though beyond a few bytes that gains nothing, and every
// further literal is one more that may occur. A set of nothing is worth nothing.
func worth(set []string) int {
	n := shortest(set)
	if n < minFactor {
		return n
	}
	return max(minFactor, 3*min(n, 6)-4*(len(set)-1))
}

// shortest returns the length of the shortest literal of a set, 0 when nothing is known.
func shortest(set []string) int {
	if len(set) == 0 {
		return 0
	}
	n := len(set[0])
	for _, s := range set[1:] {
		n = min(n, len(s))
	}
	return n
}

// knowledge is what is known about the texts an expression matches: all of them (exact, nil when there are too many),
// and a factor set of them (best).
type knowledge struct{ exact, best []string }

// analyse follows the prefilter of RE2 (Cox, "Regular Expression Matching with a Trigram Index", 2012), with literals
// of any length instead of trigrams.
func analyse(re *syntax.Regexp) knowledge {
	switch re.Op {
	case syntax.OpLiteral:
		return knowledge{exact: []string{foldString(string(re.Rune))}}
	case syntax.OpCharClass:
		return knowledge{exact: classTexts(re.Rune)}
	case syntax.OpEmptyMatch, syntax.OpBeginLine, syntax.OpEndLine, syntax.OpBeginText, syntax.OpEndText,
		syntax.OpWordBoundary, syntax.OpNoWordBoundary:
		return knowledge{exact: []string{""}}
	case syntax.OpCapture:
		return analyse(re.Sub[0])
	case syntax.OpQuest:
		return optional(analyse(re.Sub[0]))
	case syntax.OpPlus:
		k := analyse(re.Sub[0])
		return knowledge{best: better(k.best, k.exact)}
	case syntax.OpConcat:
		return concat(re.Sub)
	case syntax.OpAlternate:
		return alternate(re.Sub)
	default: // a star, any character, no match: nothing is required
		return knowledge{}
	}
}

// classTexts returns the folded characters of a small class.
func classTexts(bounds []rune) []string {
	var texts []string
	for i := 0; i < len(bounds); i += 2 {
		if bounds[i+1]-bounds[i] > maxFactors {
			return nil
		}
		for r := bounds[i]; r <= bounds[i+1]; r++ {
			texts = append(texts, string(foldRune(r)))
		}
	}
	slices.Sort(texts)
	return bounded(slices.Compact(texts))
}

// optional adds the empty text, and with it takes away what was required.
func optional(k knowledge) knowledge {
	if k.exact == nil {
		return knowledge{}
	}
	return knowledge{exact: bounded(append(k.exact, ""))}
}

// concat multiplies exact texts as long as they stay few; each stretch that ends is a candidate.
func concat(subs []*syntax.Regexp) knowledge {
	run, all := []string{""}, true
	var best []string
	for _, sub := range subs {
		k := analyse(sub)
		best = better(best, k.best)
		product := cross(run, k.exact)
		if product == nil {
			all = false
			best = better(best, run)
			run = append([]string{}, k.exact...)
			if len(run) == 0 {
				run = []string{""}
			}
			best = better(best, k.exact)
			continue
		}
		run = product
	}
	if all {
		return knowledge{exact: run, best: best}
	}
	return knowledge{best: better(best, run)}
}

// cross returns every text of a followed by every text of b, nil when there would be too many or b is unknown.
func cross(a, b []string) []string {
	if len(b) == 0 || len(a)*len(b) > maxFactors {
		return nil
	}
	product := make([]string, 0, len(a)*len(b))
	for _, x := range a {
		for _, y := range b {
			product = append(product, x+y)
		}
	}
	return product
}

// alternate needs something of every alternative: the union.
func alternate(subs []*syntax.Regexp) knowledge {
	exact, best := []string{}, []string{}
	for _, sub := range subs {
		k := analyse(sub)
		if exact != nil && k.exact != nil {
			exact = append(exact, k.exact...)
		} else {
			exact = nil
		}
		factors := better(k.best, k.exact)
		if best != nil && shortest(factors) > 0 {
			best = append(best, factors...)
		} else {
			best = nil
		}
	}
	return knowledge{exact: bounded(exact), best: bounded(best)}
}

// bounded forgets a set that is too large.
func bounded(set []string) []string {
	if len(set) > maxFactors {
		return nil
	}
	return set
}
