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

// patterns compares the blocked patterns: one that only the second has is stricter, as long as it does more than to be
// recorded, and one that both have is as strict as what it does and what it lets pass all the same.
func (c *comparison) patterns(ctx context.Context) []Field {
	a, b := c.sides[0].has.BlockedPatterns, c.sides[1].has.BlockedPatterns
	only := [2][]governance.EffectivePattern{without(b, a), without(a, b)}
	if len(only[0])+len(only[1]) == 0 {
		return nil
	}
	f := Field{Name: governance.CheckPatterns, First: named(a), Second: named(b)}
	var open directions
	for i := range only {
		open[i] = slices.ContainsFunc(only[i], func(p governance.EffectivePattern) bool { return exceeds(p, only[1-i]) })
		if open[i] {
			c.hit(ctx, &f, only[i][:min(len(only[i]), maxTried)], relationOf(i))
		}
	}
	if f.settle(open, "the texts that were tried"); f.Relation == Equal {
		return nil // what differs is only recorded
	}
	return []Field{f}
}

// exceeds reports whether a pattern may stop something that those of the other side, which have none like it, do not.
func exceeds(p governance.EffectivePattern, others []governance.EffectivePattern) bool {
	if p.Action == match.Logs {
		return false
	}
	for i := range others {
		o := &others[i]
		if finds(*o) == finds(p) && within(p.Action, o.Action, p.On.Or()) && len(uncommon(o.Except, p.Except)) == 0 {
			return false
		}
	}
	return true
}

// within reports whether an action is nowhere stricter than another, in what a pattern counts in.
func within(a, other match.Action, on match.On) bool {
	calls := on&(match.Arguments|match.Names) == 0 || inCalls(a) <= inCalls(other)
	results := on&match.Results == 0 || inResults(a) <= inResults(other)
	return calls && results
}

// inCalls orders what a pattern does about a call: of arguments nobody takes anything out.
func inCalls(a match.Action) int {
	switch a {
	case match.Logs:
		return 0
	case match.Asks:
		return 1
	default:
		return 2
	}
}

// inResults orders what a pattern does about an answer, of which nobody can be asked any more.
func inResults(a match.Action) int {
	switch a {
	case match.Logs:
		return 0
	case match.Redacts:
		return 1
	default:
		return 2
	}
}

// uncommon returns the exceptions that others do not have.
func uncommon(exceptions, others []match.Exception) []match.Exception {
	return slices.DeleteFunc(slices.Clone(exceptions), func(x match.Exception) bool {
		return slices.ContainsFunc(others, func(o match.Exception) bool {
			return x.Until.Equal(o.Until) && slices.Equal(x.Tools, o.Tools) && slices.Equal(x.Principals, o.Principals)
		})
	})
}

// without returns the patterns that others do not have, under whatever name.
func without(patterns, others []governance.EffectivePattern) []governance.EffectivePattern {
	have := map[string]bool{}
	for _, p := range others {
		have[meaning(p)] = true
	}
	return slices.DeleteFunc(slices.Clone(patterns), func(p governance.EffectivePattern) bool { return have[meaning(p)] })
}

// meaning is all of a pattern but what it is called and how bad it is.
func meaning(p governance.EffectivePattern) string {
	p.Name, p.Policy, p.Severity = "", "", nil
	text, err := json.Marshal(p)
	if err != nil {
		return fmt.Sprintf("%+v", p)
	}
	return string(text)
}

// finds is what a pattern finds, whatever is done about it.
func finds(p governance.EffectivePattern) string {
	p.Action, p.Except = match.Blocks, nil
	return meaning(p)
}

func named(patterns []governance.EffectivePattern) string {
	names := make([]string, len(patterns))
	for i, p := range patterns {
		names[i] = p.Name
	}
	return "[" + strings.Join(names, ", ") + "]"
}

// hit looks for a text that one side's patterns stop and the other's do not: in arguments, and in answers.
func (c *comparison) hit(ctx context.Context, f *Field, patterns []governance.EffectivePattern, relation Relation) {
	for i := range patterns {
		p := &patterns[i]
		for _, text := range samples(*p) {
			doc := placed(p.At, text)
			for _, on := range []match.On{match.Arguments, match.Results} {
				if p.On.Or()&on == 0 {
					continue
				}
				q, ok := c.like(func(q *probe) {
					if on == match.Arguments {
						q.args = doc
					} else {
						q.answer = doc
					}
				})
				if !ok {
					return
				}
				if w := c.try(ctx, q, ""); w != nil && w.Relation == relation {
					f.Witnesses = append(f.Witnesses, *w)
					return
				}
			}
		}
	}
}

// placed is a document that has a text at the first of some places, which are globs of JSON pointers.
func placed(at []string, text string) json.RawMessage {
	var value any = text
	names := []string{"text"}
	if len(at) > 0 {
		names = strings.Split(strings.TrimPrefix(at[0], "/"), "/")
	}
	for _, name := range slices.Backward(names) {
		name = strings.NewReplacer("~1", "/", "~0", "~", "*", "a", "?", "a").Replace(name)
		value = map[string]any{name: value}
	}
	doc, err := json.Marshal(value)
	if err != nil {
		return nil // texts always encode
	}
	return doc
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
