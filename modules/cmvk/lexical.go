package cmvk

import "slices"

// lexical compares the multisets of words and of pairs of neighbouring words.
func (c *comparer) lexical() float64 {
	const single, paired = 0.7, 0.3
	apart := c.apart()
	for side := range c.sides {
		c.shingles(side)
	}
	all := len(c.pairs[0]) + len(c.pairs[1])
	if all == 0 {
		return apart
	}
	shared := common(c.pairs[0], c.pairs[1])
	return single*apart + paired*float64(all-2*shared)/float64(all)
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
	return float64(lacking) / float64(all)
}

// lacking is the weight of the words of a side that the other has fewer of. The last ones of each are those.
func (c *comparer) lacking(side int, all int64) (sum int64) {
	var run int64
	at := nowhere()
	flush := func() {
		c.reportOn(side, Lexical, float64(run)/float64(all), at, "")
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

// shingles lists the pairs of neighbouring words with content, sorted. A pair does not reach over a clause's end.
func (c *comparer) shingles(side int) {
	pairs := c.pairs[side][:0]
	before := token{clause: -1}
	for _, t := range c.sides[side].tokens {
		if !c.words.content(t.word) {
			continue
		}
		if t.clause == before.clause {
			pairs = append(pairs, uint64(before.word)<<32|uint64(t.word)) //nolint:gosec // ids are positive
		}
		before = t
	}
	slices.Sort(pairs)
	c.pairs[side] = pairs
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
