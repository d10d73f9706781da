package cmvk

const (
	exchanged   = 0.6 // a name was put for another, or two exchanged their roles
	namedAlone  = 0.3
	titleLength = 4 // words from which on a text may be a title, where capitals tell nothing
)

// entity is the gravest exchange of names.
func (c *comparer) entity() float64 {
	for side := range c.sides {
		c.names(c.sides[side].tokens)
	}
	var names [2]int
	var alone [2][]token
	for side := range c.sides {
		alone[side], names[side] = c.alone(side)
	}
	both := min(len(alone[0]), len(alone[1]))
	for i := range both {
		c.report(Entity, exchanged, alone[0][i].span(), alone[1][i].span(), "")
	}
	gravest := 0.0
	if both > 0 {
		gravest = exchanged
	}
	for side := range alone {
		for _, t := range alone[side][both:] {
			weight := namedAlone / float64(max(names[0], names[1]))
			c.reportOn(side, Entity, weight, t.span(), "")
		}
		if rest := len(alone[side]) - both; rest > 0 {
			gravest = max(gravest, namedAlone*float64(rest)/float64(max(names[0], names[1])))
		}
	}
	return max(gravest, c.roles())
}

// names marks the words that are capitalised inside a sentence, unless nearly all are, as in a title.
func (c *comparer) names(tokens []token) {
	words, capitals := 0, 0
	for _, t := range tokens {
		if !t.first && t.quantity == 0 && c.words.content(t.word) {
			words++
			if t.capital {
				capitals++
			}
		}
	}
	const nearlyAll, of = 4, 5
	title := words >= titleLength && of*capitals >= nearlyAll*words
	for _, t := range tokens {
		w := &c.words.words[t.word]
		if w.code || t.capital && !t.first && !title && t.quantity == 0 && w.weight > weighsLittle {
			w.name = true
		}
	}
}

// alone lists the names of a side that the other has fewer of, and counts all its names.
func (c *comparer) alone(side int) (list []token, names int) {
	for _, t := range c.sides[side].tokens {
		w := &c.words.words[t.word]
		w.seen[side] = 0
	}
	for _, t := range c.sides[side].tokens {
		w := &c.words.words[t.word]
		if !w.name {
			continue
		}
		names++
		if w.seen[side]++; w.seen[side] > w.counts[1-side] {
			list = append(list, t)
		}
	}
	return list, names
}

// A reversal is three neighbouring words with content of a sentence: who, does what, to whom.
type reversal [3]int32

// roles finds "Alice paid Bob" against "Bob paid Alice": three words that the other text has the other way round.
// Words that a comma or a conjunction joins have the same role, so that their order tells nothing.
func (c *comparer) roles() float64 {
	at := map[reversal]span{}
	c.triples(0, func(words reversal, s span) { at[words] = s })
	if len(at) == 0 {
		return 0
	}
	both := map[reversal]span{}
	c.triples(1, func(words reversal, s span) { both[words] = s })
	gravest := 0.0
	c.triples(1, func(words reversal, s span) {
		turned := reversal{words[2], words[1], words[0]}
		was, ok := at[turned]
		if _, kept := at[words]; !ok || kept || words[0] == words[2] {
			return
		}
		if _, stays := both[turned]; stays {
			return
		}
		gravest = exchanged
		c.report(Entity, exchanged, was, s, "")
	})
	return gravest
}

// triples calls visit for every three neighbouring words with content that no comma or conjunction joins.
func (c *comparer) triples(side int, visit func(reversal, span)) {
	var last [3]token
	n := 0
	for _, t := range c.sides[side].tokens {
		if n > 0 && t.clause != last[2].clause || c.conjunction(t.word) {
			n = 0
		}
		if !c.words.content(t.word) {
			continue
		}
		last[0], last[1], last[2] = last[1], last[2], t
		if n++; n >= len(last) {
			visit(reversal{last[0].word, last[1].word, last[2].word}, span{int(last[0].from), int(t.to)})
		}
	}
}

func (c *comparer) conjunction(id int32) bool {
	switch c.words.words[id].text {
	case "and", "or", "nor", "&":
		return true
	}
	return false
}
