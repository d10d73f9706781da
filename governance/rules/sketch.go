package rules

import (
	"slices"
	"strconv"
	"strings"
)

// A Sketch is what the rules of one policy are compared by: what each says, whatever it is called, and the constants from
// which calls can be made that they speak of.
type Sketch struct {
	Forbids, Permits []string   // each rule without annotations, comments and white space
	Texts            []string   // that the rules spell, a wildcard of a pattern as "x" and as nothing; sorted, each once
	Numbers          []int64    // likewise
	Arguments        [][]string // the arguments that they look at, by the names on the way there
	Labels           bool       // they look at what the execution has touched
}

// Sketch returns what the rules are compared by. The caller owns it.
func (d *Document) Sketch() Sketch {
	var s Sketch
	for i := range d.rules {
		r := &d.rules[i]
		for _, t := range r.body() {
			s.note(t)
		}
		if r.Forbid {
			s.Forbids = append(s.Forbids, r.form())
		} else {
			s.Permits = append(s.Permits, r.form())
		}
		for _, p := range r.paths() {
			if p.variable != variableContext || len(p.names) == 0 {
				continue
			}
			s.Labels = s.Labels || p.names[0] == "labels"
			if p.names[0] == "args" && len(p.names) > 1 {
				s.Arguments = append(s.Arguments, slices.Clone(p.names[1:]))
			}
		}
	}
	slices.Sort(s.Texts)
	slices.Sort(s.Numbers)
	slices.SortFunc(s.Arguments, slices.Compare[[]string])
	s.Texts, s.Numbers = slices.Compact(s.Texts), slices.Compact(s.Numbers)
	s.Arguments = slices.CompactFunc(s.Arguments, slices.Equal[[]string])
	return s
}

// form is the rule without annotations, comments and white space.
func (r *rule) form() string {
	tokens := r.body()
	words := make([]string, len(tokens))
	for i, t := range tokens {
		words[i] = t.text
	}
	return strings.Join(words, " ")
}

// body returns the tokens of a rule from its effect on: what stands before are annotations.
func (r *rule) body() []token {
	brackets := 0
	for i, t := range r.tokens {
		switch {
		case t.text == "(":
			brackets++
		case t.text == ")":
			brackets--
		case t.kind == tokenWord && brackets == 0 && (t.text == "forbid" || t.text == "permit") && (i == 0 || r.tokens[i-1].text != "@"):
			return r.tokens[i:]
		}
	}
	return r.tokens
}

// note takes in a constant.
func (s *Sketch) note(t token) {
	switch t.kind {
	case tokenText:
		text := t.value()
		if plain, err := strconv.Unquote(t.text); err == nil {
			text = plain
		}
		const literal = "\x00"
		text = strings.ReplaceAll(text, `\*`, literal)
		for _, wildcard := range []string{"x", ""} {
			s.Texts = append(s.Texts, strings.ReplaceAll(strings.ReplaceAll(text, "*", wildcard), literal, "*"))
		}
	case tokenNumber:
		if n, err := strconv.ParseInt(t.text, 10, 64); err == nil {
			s.Numbers = append(s.Numbers, n)
		}
	default: // words and marks are no constants
	}
}
