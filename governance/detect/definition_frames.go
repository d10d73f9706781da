package detect

import (
	_ "embed"
	"slices"
	"strconv"
	"strings"

	"github.com/mcp-kernel/mcp-kernel/governance/match"
)

// definitionFrames holds the frames; its head says how.
//
//go:embed definition.frames
var definitionFrames string

// A complaint is what a definition may be reproached with: the rule of a finding.
type complaint struct {
	rule     string
	severity match.Severity
	soft     bool // honest definitions say it as well
}

// A frame is a sequence of meanings that is evidence of a complaint.
type frame struct {
	complaint int
	weight    float64
	elements  []element
	negative  bool // it begins with a negation
}

// An element is one place of a frame.
type element struct {
	means   meanings
	words   []int32
	ordered bool
	gap     int // how many words may stand before it
}

func (e *element) fits(k *token) bool {
	return (e.means.meets(k.means) || e.literal(k.word)) && (!e.ordered || k.ordered)
}

// literal reports whether a word is one of those that the element names.
func (e *element) literal(word int32) bool {
	return slices.Contains(e.words, word)
}

// newFrames reads a list of frames. What words they name the lexicon learns.
func newFrames(list string, l *lexicon) (complaints []complaint, frames []frame) {
	for line := range strings.Lines(list) {
		line = strings.TrimSpace(line)
		switch {
		case line == "" || line[0] == '#':
		case line[0] == '[':
			part := strings.Fields(strings.Trim(line, "[]"))
			c := complaint{rule: part[0], soft: part[2] == "soft"}
			_ = c.severity.UnmarshalText([]byte(part[1]))
			complaints = append(complaints, c)
		default:
			f := newFrame(line, l)
			f.complaint = len(complaints) - 1
			frames = append(frames, f)
		}
	}
	return complaints, frames
}

// newFrame reads one frame.
func newFrame(line string, l *lexicon) frame {
	weight, rest, _ := strings.Cut(line, " ")
	f := frame{negative: strings.HasPrefix(rest, "NOT ") || strings.HasPrefix(rest, "nobody")}
	f.weight, _ = strconv.ParseFloat(weight, 64)
	gap := 0
	for part := range strings.FieldsSeq(rest) {
		if part[0] == '.' {
			gap, _ = strconv.Atoi(part[1:])
			continue
		}
		part, ordered := strings.CutSuffix(part, "!")
		e := element{ordered: ordered, gap: gap}
		for name := range strings.SplitSeq(part, "|") {
			if number, ok := l.numbers[name]; ok {
				e.means = e.means.with(bit(number))
			} else {
				e.words = append(e.words, l.id(name))
			}
		}
		f.elements, gap = append(f.elements, e), 0
	}
	return f
}

// possible reports whether a sentence with these meanings can have a frame.
func (f *frame) possible(union meanings) bool {
	for i := range f.elements {
		if e := &f.elements[i]; len(e.words) == 0 && !e.means.meets(union) {
			return false
		}
	}
	return true
}

// find returns the tokens that a frame begins and ends with.
func (f *frame) find(list []token, not meanings) (from, to int, ok bool) {
	for i := range list {
		if !f.elements[0].fits(&list[i]) || !f.negative && negated(list, i, not) {
			continue
		}
		if to, ok := follow(f.elements[1:], list, i+1); ok {
			return i, to, true
		}
	}
	return 0, 0, false
}

// follow looks for the rest of a frame from token i on, and returns the last token of it.
func follow(rest []element, list []token, i int) (to int, ok bool) {
	if len(rest) == 0 {
		return i - 1, true
	}
	for passed := 0; i < len(list) && passed <= rest[0].gap; i++ {
		if rest[0].fits(&list[i]) {
			if to, ok := follow(rest[1:], list, i+1); ok {
				return to, true
			}
		}
		if !list[i].noise {
			passed++
		}
	}
	return 0, false
}

// negated reports whether what token i says is denied.
func negated(list []token, i int, not meanings) bool {
	for n, passed := i-1, 0; n >= 0 && passed < 3 && list[n].clause == list[i].clause; n-- {
		if list[n].means.meets(not) {
			return true
		}
		if !list[n].noise {
			passed++
		}
	}
	return false
}

// loosely returns the tokens among which the elements of a frame stand in whatever order: other languages have others.
func (f *frame) loosely(list []token, not meanings) (from, to int, ok bool) {
	const window = 18
	for anchor := range list {
		if !f.elements[len(f.elements)-1].fits(&list[anchor]) {
			continue
		}
		from, to = anchor, anchor
		verb := -1
		for n := len(f.elements) - 2; n >= 0; n-- {
			at := f.nearest(n, list, anchor, window, verb)
			if at < 0 {
				verb = -2
				break
			}
			if n == 1 || n == 0 && verb < 0 {
				verb = at
			}
			from, to = min(from, at), max(to, at)
		}
		if verb != -2 && (f.negative || !negated(list, max(verb, from), not) && !negated(list, from, not)) {
			return from, to, true
		}
	}
	return 0, 0, false
}

// nearest returns the token nearest to the anchor that fits the n-th element, -1 for none. A negation must stand by the verb.
func (f *frame) nearest(n int, list []token, anchor, window, verb int) int {
	e := &f.elements[n]
	negation := n == 0 && f.negative
	if negation && len(f.elements) == 2 {
		verb = anchor
	}
	for d := range window {
		for _, at := range [...]int{anchor - d, anchor + d} {
			if at < 0 || at >= len(list) || !e.means.meets(list[at].means) && !e.literal(list[at].word) {
				continue
			}
			if at == anchor && !negation {
				continue
			}
			if negation && verb >= 0 && (at < verb-5 || at > verb+6 || list[at].clause != list[verb].clause) {
				continue
			}
			return at
		}
	}
	return -1
}
