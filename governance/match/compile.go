package match

import (
	"errors"
	"fmt"
	"regexp"
	"regexp/syntax"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"unicode/utf8"
)

// Bounds of what Compile accepts. They keep the memory of a Set to some hundred megabytes at the very worst.
const (
	MaxPatterns     = 100_000   // in one Set
	MaxPatternBytes = 64 << 10  // of one text
	MaxTotalBytes   = 4 << 20   // of all texts
	maxInstructions = 10_000    // of one compiled expression
	maxProgram      = 1_000_000 // instructions of all expressions
)

// A Set holds compiled patterns. It is immutable and safe for concurrent use. The zero value holds none and still
// judges whether documents are well formed.
type Set struct {
	names []string
	rules []rule
	auto  *automaton
	exprs []int32 // regexes without a factor, ascending: they are run on every value
	any   *guard  // of all of exprs together
	globs []int32 // globs without a factor, likewise
	pool  sync.Pool
	spent atomic.Int64 // bytes of the tables of guards
}

// A rule is a pattern made ready; it has the pattern's index.
type rule struct {
	text     string // of a substring
	exact    bool   // letter case counts in it
	verbatim bool   // white space counts in it
	looks    string // what a substring with characters beyond ASCII looks like, where that is something else

	expr  *regexp.Regexp // of a regex
	guard *guard         // of expr
	lines bool           // expr tells lines apart, so that their white space is not collapsed
	glob  *GlobMatcher   // of a glob
}

// Compile makes a Set of patterns. Names must be unique and texts not empty; all faults are returned at once, joined,
// each a *PatternError. The patterns are not kept.
func Compile(patterns []Pattern) (*Set, error) {
	c := compiler{set: &Set{}, seen: make(map[string]int, len(patterns))}
	if len(patterns) > MaxPatterns {
		c.fault(-1, fmt.Sprintf("there are %d, at most %d are allowed", len(patterns), MaxPatterns))
		return nil, errors.Join(c.faults...)
	}
	for i, p := range patterns {
		c.add(i, p)
	}
	c.totals()
	if len(c.faults) > 0 {
		return nil, errors.Join(c.faults...)
	}
	c.set.auto = newAutomaton(c.keys, tableBytes)
	c.set.auto.vague = len(c.set.globs) > 0
	for _, tree := range c.trees {
		c.set.auto.need(tree)
	}
	c.set.any = &guard{states: everyStates, tree: &syntax.Regexp{Op: syntax.OpAlternate, Sub: c.trees}}
	return c.set, nil
}

// Len returns the number of patterns.
func (s *Set) Len() int { return len(s.rules) }

// Names returns the names of the patterns, in their order. The caller may keep and change the slice.
func (s *Set) Names() []string { return append([]string(nil), s.names...) }

// compiler collects what a Set is made of, and every fault.
type compiler struct {
	set     *Set
	keys    []key
	seen    map[string]int // index of the pattern with the name
	bytes   int
	program int
	trees   []*syntax.Regexp // of exprs
	faults  []error
}

func (c *compiler) fault(index int, problem string) {
	c.faults = append(c.faults, &PatternError{Index: index, Problem: problem})
}

// add compiles one pattern.
func (c *compiler) add(i int, p Pattern) {
	c.name(i, p.Name)
	c.set.rules = append(c.set.rules, rule{})
	c.bytes += len(p.Text)
	switch {
	case p.Text == "":
		c.fault(i, "text is empty: it would hit everything or nothing")
	case len(p.Text) > MaxPatternBytes:
		c.fault(i, fmt.Sprintf("text has %d bytes, at most %d are allowed", len(p.Text), MaxPatternBytes))
	case !utf8.ValidString(p.Text):
		c.fault(i, "text is not valid UTF-8")
	default:
		c.compile(i, p)
	}
}

// name checks that every pattern has a name of its own.
func (c *compiler) name(i int, name string) {
	c.set.names = append(c.set.names, name)
	if name == "" {
		c.fault(i, "has no name")
		return
	}
	if first, ok := c.seen[name]; ok {
		c.fault(i, fmt.Sprintf("name %q is already that of pattern %d", name, first))
		return
	}
	c.seen[name] = i
}

func (c *compiler) compile(i int, p Pattern) {
	r := &c.set.rules[i]
	var factors []string
	var err error
	switch p.Type {
	case Substring:
		c.substring(r, i, p)
		return
	case Regex:
		factors, err = c.regex(r, p)
	case Glob:
		if r.glob, err = CompileGlob(p.Text, p.CaseSensitive); err == nil {
			factors = globFactors(r.glob)
		}
	default:
		err = errors.New("type is missing: want substring, regex or glob")
	}
	if err != nil {
		c.fault(i, err.Error())
		return
	}
	c.find(int32(i), factors)
}

// substring has the automaton look for a text, and for what it looks like.
func (c *compiler) substring(r *rule, i int, p Pattern) {
	r.text, r.exact, r.verbatim = p.Text, p.CaseSensitive, strings.ContainsAny(p.Text, "\t\n\v\f\r")
	if !r.verbatim {
		r.text = collapseString(p.Text)
	}
	c.keys = append(c.keys, key{foldString(collapseString(p.Text)), int32(i), r.exact || r.verbatim})
	if looks := lookString(r.text); looks != r.text && looks != "" {
		r.looks = looks
		c.keys = append(c.keys, key{foldString(collapseString(looks)), int32(i), true})
	}
}

// find has the automaton look for the factors of a rule; without any, the rule is run on every value.
func (c *compiler) find(i int32, factors []string) {
	r := &c.set.rules[i]
	switch {
	case len(factors) > 0:
		for _, f := range factors {
			c.keys = append(c.keys, key{f, i, true})
		}
	case r.glob != nil:
		c.set.globs = append(c.set.globs, i)
	case r.expr != nil:
		c.set.exprs = append(c.set.exprs, i)
		c.trees = append(c.trees, r.guard.tree)
	}
}

// regex compiles an expression. The dot takes line breaks too, so that breaking a line is no way round a pattern; an
// author who wants otherwise writes (?-s).
func (c *compiler) regex(r *rule, p Pattern) ([]string, error) {
	flags, prefix := syntax.Perl|syntax.DotNL, "(?s)"
	if !p.CaseSensitive {
		flags, prefix = flags|syntax.FoldCase, "(?is)"
	}
	tree, err := syntax.Parse(p.Text, flags)
	if err != nil {
		return nil, regexFault(err)
	}
	simple := tree.Simplify()
	program, err := syntax.Compile(simple)
	if err != nil {
		return nil, regexFault(err)
	}
	if len(program.Inst) > maxInstructions {
		return nil, fmt.Errorf("expression compiles to %d instructions, at most %d are allowed", len(program.Inst), maxInstructions)
	}
	if c.program += len(program.Inst); c.program > maxProgram {
		return nil, nil // totals reports it
	}
	if r.expr, err = regexp.Compile(prefix + p.Text); err != nil {
		return nil, regexFault(err)
	}
	r.guard, r.lines = &guard{states: ownStates, tree: tree}, tellsLines(tree)
	return regexFactors(simple), nil
}

// tellsLines reports whether an expression has a dot that takes no line break.
func tellsLines(re *syntax.Regexp) bool {
	return re.Op == syntax.OpAnyCharNotNL || slices.ContainsFunc(re.Sub, tellsLines)
}

// regexFault says what is wrong with an expression without repeating its text.
func regexFault(err error) error {
	if fault, ok := errors.AsType[*syntax.Error](err); ok {
		return fmt.Errorf("expression does not compile: %s", fault.Code)
	}
	return fmt.Errorf("expression does not compile: %w", err)
}

func (c *compiler) totals() {
	if c.bytes > MaxTotalBytes {
		c.fault(-1, fmt.Sprintf("texts have %d bytes together, at most %d are allowed", c.bytes, MaxTotalBytes))
	}
	if c.program > maxProgram {
		c.fault(-1, fmt.Sprintf("expressions compile to %d instructions together, at most %d are allowed", c.program, maxProgram))
	}
}
