package cmvk

import "strings"

// Text compares two texts. The order of a and b does not matter but for which side a change names.
//
//   - Lexical: words and their pairs that one text has and the other has not, 1 − Dice's coefficient of the multisets
//     (Dice 1945), 0.7 of it words, 0.3 neighbouring words with content. Case, plurals and punctuation do not count, and
//     words without content of their own count a quarter.
//   - Numeric: numbers are bound to their neighbours and brought to base units, so that 1000 mg is 1 g and swapped
//     amounts are seen. The gravest |x−y| ÷ max(|x|,|y|); at least 0.8 when the unit measures something else; 0.3 ×
//     share when numbers stand on one side only.
//   - Negation: 0.8 if what one text negates the other asserts, or an opposite stands in for a word; 0.3 if a negation
//     stands on one side only and what it negates too.
//   - Entity: names and identifiers. 0.6 if one was put for another, or if two exchanged their places; 0.3 × share for
//     those on one side only.
//   - Structure: 0.2 × difference of the counts of lines.
//
// Errors are ErrTooLarge only. Invalid UTF-8 is compared as replacement characters.
func Text(a, b string, o Options) (Drift, error) {
	if err := o.bound(len(a), len(b)); err != nil {
		return Drift{}, err
	}
	if a == b {
		return Drift{}, nil
	}
	turned := a > b
	if turned { // one order for both, so that the answer is symmetric to the last bit
		a, b = b, a
	}
	c := newComparer(o)
	d := c.compare(a, b)
	return c.drift(d, turned), nil
}

// A comparer compares texts, one pair after the other, with one vocabulary.
type comparer struct {
	findings
	words   *vocabulary
	sides   [2]text
	pairs   [2][]uint64
	pointer func() string // of the text in hand, made only for a change that is kept
}

func newComparer(o Options) *comparer {
	return &comparer{findings: newFindings(o), words: newVocabulary(), pointer: func() string { return "" }}
}

// compare compares two different texts.
func (c *comparer) compare(a, b string) Dimensions {
	c.sides[0].read(c.words, a)
	c.sides[1].read(c.words, b)
	if x, y := len(c.sides[0].tokens), len(c.sides[1].tokens); x == 0 || y == 0 {
		return c.empty(x == y)
	}
	c.count()
	d := Dimensions{
		Lexical:   c.lexical(),
		Numeric:   c.numeric(),
		Negation:  c.negation(),
		Entity:    c.entity(),
		Structure: c.structure(),
	}
	return d
}

// empty compares texts of which at least one has no words.
func (c *comparer) empty(both bool) Dimensions {
	if a, b := strings.TrimSpace(c.sides[0].raw), strings.TrimSpace(c.sides[1].raw); both && a == b {
		return Dimensions{}
	}
	c.report(Lexical, 1, span{0, len(c.sides[0].raw)}, span{0, len(c.sides[1].raw)})
	return Dimensions{Lexical: 1}
}

// A span is a part of a text, from a byte to another. A negative one is none.
type span struct{ from, to int }

func nowhere() span { return span{-1, -1} }

func (t token) span() span { return span{int(t.from), int(t.to)} }

// report adds a change if it is grave enough to be listed.
func (c *comparer) report(d Dimension, weight float64, a, b span) {
	if weight <= 0 || !c.wants(weight) {
		return
	}
	change := Change{Dimension: d, Pointer: c.pointer(), AtA: a.from, AtB: b.from, Weight: weight}
	if a.from >= 0 {
		change.A = c.sides[0].raw[a.from:a.to]
	}
	if b.from >= 0 {
		change.B = c.sides[1].raw[b.from:b.to]
	}
	c.keep(change)
}

// reportOn is report for a change that only one side has.
func (c *comparer) reportOn(side int, d Dimension, weight float64, s span) {
	if side == 0 {
		c.report(d, weight, s, nowhere())
		return
	}
	c.report(d, weight, nowhere(), s)
}

// count counts the words of both sides.
func (c *comparer) count() {
	for side := range c.sides {
		for _, t := range c.sides[side].tokens {
			w := &c.words.words[t.word]
			w.counts, w.seen, w.name = [2]int32{}, [2]int32{}, false
		}
	}
	for side := range c.sides {
		for _, t := range c.sides[side].tokens {
			c.words.words[t.word].counts[side]++
		}
	}
}

// structure compares the lines.
func (c *comparer) structure() float64 {
	const share = 0.2
	a, b := c.sides[0].lines, c.sides[1].lines
	return share * (1 - float64(min(a, b))/float64(max(a, b)))
}
