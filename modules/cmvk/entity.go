package cmvk

import (
	"cmp"
	"slices"
)

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
		c.report(Entity, exchanged, alone[0][i].span(), alone[1][i].span())
	}
	gravest := 0.0
	if both > 0 {
		gravest = exchanged
	}
	for side := range alone {
		for _, t := range alone[side][both:] {
			weight := namedAlone / float64(max(names[0], names[1]))
			c.reportOn(side, Entity, weight, t.span())
		}
		if rest := len(alone[side]) - both; rest > 0 {
			gravest = max(gravest, namedAlone*float64(rest)/float64(max(names[0], names[1])))
		}
	}
	return max(gravest, c.roles(), c.places())
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
		if w.code || t.capital && !t.first && !title && t.quantity == 0 && w.content {
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

// roles finds "Alice paid Bob" against "Bob paid Alice": three words that the other text has the other way round.
// Words that a comma or a conjunction joins have the same role, so that their order tells nothing.
func (c *comparer) roles() float64 {
	var turns [2][]turn
	for side := range turns {
		turns[side] = c.turns(side)
	}
	gravest := 0.0
	a, b := turns[0], turns[1]
	for len(a) > 0 && len(b) > 0 {
		x, y := a[0], b[0]
		n, m := alike(a), alike(b)
		switch order := x.words.compare(y.words); {
		case order < 0:
			m = 0
		case order > 0:
			n = 0
		case oneWay(a[:n]) && oneWay(b[:m]) && x.forth != y.forth:
			gravest = exchanged
			c.report(Entity, exchanged, x.at, y.at)
		}
		a, b = a[n:], b[m:]
	}
	return gravest
}

// A reversal is three neighbouring words of a clause, the lesser end first.
type reversal [3]int32

func (r reversal) compare(o reversal) int {
	return cmp.Or(cmp.Compare(r[0], o[0]), cmp.Compare(r[1], o[1]), cmp.Compare(r[2], o[2]))
}

// A turn is where three words stand, and whether the lesser end comes first.
type turn struct {
	words reversal
	forth bool
	at    span
}

// alike counts the turns of the same words at the head of a list.
func alike(list []turn) (n int) {
	for n < len(list) && list[n].words == list[0].words {
		n++
	}
	return n
}

// oneWay reports whether all turns go the same way.
func oneWay(list []turn) bool {
	for _, t := range list {
		if t.forth != list[0].forth {
			return false
		}
	}
	return true
}

// turns lists every three neighbouring words with content that both texts have and no comma or conjunction joins. A by
// before the last one turns them round: "paid by Alice" is what Alice paid.
func (c *comparer) turns(side int) (list []turn) {
	var last [3]token
	n, agent := 0, false // whether a by stands before the next word
	for _, t := range c.sides[side].tokens {
		agent = agent || c.words.words[t.word].text == "by"
		if n > 0 && t.clause != last[2].clause || c.conjunction(t.word) {
			n = 0
		}
		if !c.words.content(t.word) {
			continue
		}
		if c.words.words[t.word].counts[1-side] == 0 {
			n = 0
			continue
		}
		passive := agent
		agent = false
		last[0], last[1], last[2] = last[1], last[2], t
		if n++; n >= len(last) && last[0].word != last[2].word {
			lesser, greater := min(last[0].word, last[2].word), max(last[0].word, last[2].word)
			list = append(list, turn{
				words: reversal{lesser, last[1].word, greater}, forth: (lesser == last[0].word) != passive,
				at: span{int(last[0].from), int(t.to)},
			})
		}
	}
	slices.SortFunc(list, func(x, y turn) int { return cmp.Or(x.words.compare(y.words), x.at.from-y.at.from) })
	return list
}

func (c *comparer) conjunction(id int32) bool {
	switch c.words.words[id].text {
	case "and", "or", "nor", "&":
		return true
	}
	return false
}
