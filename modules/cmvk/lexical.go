package cmvk

import "slices"

// lexical compares the multisets of words and, for their order, of pairs of neighbouring words.
func (c *comparer) lexical() float64 {
	const order = 0.3
	content := c.shingles(0) + c.shingles(1)
	apart := c.apart()
	if content == 0 {
		return apart
	}
	unlike := len(c.pairs[0]) + len(c.pairs[1]) - 2*common(c.pairs[0], c.pairs[1])
	return 1 - (1-apart)*(1-order*float64(unlike)/float64(content))
}

// apart is the weight of the words that the other side lacks, as a share of all, and reports them run by run.
func (c *comparer) apart() float64 {
	var all, lacking int64
	for side := range c.sides {
		for _, t := range c.sides[side].tokens {
			all += int64(c.words.words[t.word].weight)
		}
	}
	for side := range c.sides {
		lacking += c.lacking(side, all)
	}
	return quotient(float64(lacking), float64(all))
}

// lacking is the weight of the words of a side that the other has fewer of. The last ones of each are those.
func (c *comparer) lacking(side int, all int64) (sum int64) {
	var run int64
	at := nowhere()
	flush := func() {
		c.reportOn(side, Lexical, quotient(float64(run), float64(all)), at)
		run, at = 0, nowhere()
	}
	for _, t := range c.sides[side].tokens {
		w := &c.words.words[t.word]
		w.seen[side]++
		if w.seen[side] <= w.counts[1-side] {
			flush()
			continue
		}
		if at.from < 0 {
			at.from = int(t.from)
		}
		at.to = int(t.to)
		run += int64(w.weight)
		sum += int64(w.weight)
	}
	flush()
	return sum
}

// shingles lists the pairs of neighbouring words with content, sorted, and counts those words. A pair does not reach
// over a clause's end or a conjunction, where order tells little, and has no word on an axis.
func (c *comparer) shingles(side int) (content int) {
	pairs := c.pairs[side][:0]
	before := token{clause: -1}
	for _, t := range c.sides[side].tokens {
		w := &c.words.words[t.word]
		if w.axis != noAxis || c.conjunction(t.word) {
			before.clause = -1
		}
		if !w.content || w.axis != noAxis {
			continue
		}
		content++
		if t.clause == before.clause {
			pairs = append(pairs, uint64(before.word)<<32|uint64(t.word))
		}
		before = t
	}
	slices.Sort(pairs)
	c.pairs[side] = pairs
	return content
}

// common counts what two sorted lists share.
func common(a, b []uint64) (shared int) {
	for len(a) > 0 && len(b) > 0 {
		switch {
		case a[0] < b[0]:
			a = a[1:]
		case a[0] > b[0]:
			b = b[1:]
		default:
			shared++
			a, b = a[1:], b[1:]
		}
	}
	return shared
}
