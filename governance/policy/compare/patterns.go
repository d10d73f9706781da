package compare

import (
	"context"
	"encoding/json"
	"fmt"
	"regexp/syntax"
	"slices"
	"strings"

	"github.com/mcp-kernel/mcp-kernel/governance"
	"github.com/mcp-kernel/mcp-kernel/governance/match"
)

// Bounds of making texts that a pattern matches.
const (
	maxSamples = 8
	maxSample  = 4096 // bytes
	maxTried   = 200  // patterns of one side for which a witness is looked for
)

// patterns compares the blocked patterns: one that only the second has is stricter.
func (c *comparison) patterns(ctx context.Context) []Field {
	a, b := c.sides[0].has.BlockedPatterns, c.sides[1].has.BlockedPatterns
	f := Field{Name: governance.CheckPatterns, First: named(a), Second: named(b)}
	for i, patterns := range [][]governance.EffectivePattern{without(b, a), without(a, b)} {
		if len(patterns) == 0 {
			continue
		}
		relation := []Relation{Stricter, Looser}[i]
		f.Relation = f.Relation.and(relation)
		if w := c.hit(ctx, patterns[:min(len(patterns), maxTried)], relation); w != nil {
			f.Witnesses = append(f.Witnesses, *w)
		} else {
			f.Note = "other patterns cover some of them, as far as the texts show that were tried"
		}
	}
	if f.Relation == Equal {
		return nil
	}
	return []Field{f}
}

// without returns the patterns that others do not have, under whatever name.
func without(patterns, others []governance.EffectivePattern) []governance.EffectivePattern {
	have := map[string]bool{}
	for _, p := range others {
		have[meaning(p)] = true
	}
	return slices.DeleteFunc(slices.Clone(patterns), func(p governance.EffectivePattern) bool { return have[meaning(p)] })
}

// meaning is all of a pattern but what it is called.
func meaning(p governance.EffectivePattern) string {
	p.Name, p.Policy = "", ""
	text, err := json.Marshal(p)
	if err != nil {
		return fmt.Sprintf("%+v", p)
	}
	return string(text)
}

func named(patterns []governance.EffectivePattern) string {
	names := make([]string, len(patterns))
	for i, p := range patterns {
		names[i] = p.Name
	}
	return "[" + strings.Join(names, ", ") + "]"
}

// hit looks for a text that one side's patterns block and the other's do not.
func (c *comparison) hit(ctx context.Context, patterns []governance.EffectivePattern, relation Relation) *Witness {
	for _, p := range patterns {
		for _, text := range samples(p) {
			args, err := json.Marshal(map[string]string{"text": text})
			if err != nil {
				continue
			}
			q, ok := c.like(func(q *probe) { q.args = args })
			if !ok {
				return nil
			}
			if w := c.try(ctx, q, ""); w != nil && w.Relation == relation {
				return w
			}
		}
	}
	return nil
}

// samples returns texts that a pattern matches, as far as they are easily made.
func samples(p governance.EffectivePattern) []string {
	switch p.Type {
	case match.Substring:
		return []string{p.Text, "x" + p.Text + "x"}
	case match.Glob:
		var b strings.Builder
		for _, s := range steps(p.Text) {
			if !s.star {
				b.WriteRune(s.sample())
			}
		}
		return []string{b.String()}
	default:
		flags := syntax.Perl | syntax.DotNL
		if !p.CaseSensitive {
			flags |= syntax.FoldCase
		}
		re, err := syntax.Parse(p.Text, flags)
		if err != nil {
			return nil
		}
		var texts []string
		for i := range maxSamples / 2 {
			var b strings.Builder
			generate(&b, re.Simplify(), i)
			texts = append(texts, b.String(), " "+b.String()+" ")
		}
		return texts
	}
}

// sample returns a character that a step takes.
func (s *step) sample() rune {
	for _, r := range []rune{'a', '0', ' ', '_', '-', '.'} {
		if s.takes(r) {
			return r
		}
	}
	if len(s.bounds) > 0 && !s.negated {
		return s.bounds[0]
	}
	return '~'
}

// generate writes a text that an expression matches. Of alternatives it takes the n-th, counted around.
func generate(b *strings.Builder, re *syntax.Regexp, n int) {
	if b.Len() > maxSample {
		return
	}
	switch re.Op {
	case syntax.OpLiteral:
		text := string(re.Rune)
		if re.Flags&syntax.FoldCase != 0 {
			text = strings.ToLower(text)
		}
		b.WriteString(text)
	case syntax.OpCharClass:
		s := step{bounds: re.Rune}
		if len(re.Rune) > 0 {
			b.WriteRune(s.sample())
		}
	case syntax.OpAnyChar, syntax.OpAnyCharNotNL:
		b.WriteByte('a')
	case syntax.OpCapture, syntax.OpPlus:
		generate(b, re.Sub[0], n)
	case syntax.OpRepeat:
		for range max(re.Min, 0) {
			generate(b, re.Sub[0], n)
		}
	case syntax.OpConcat:
		for _, sub := range re.Sub {
			generate(b, sub, n)
		}
	case syntax.OpAlternate:
		generate(b, re.Sub[n%len(re.Sub)], n)
	default: // empty: anchors, what may be left out
	}
}
