package cmvk

import "strings"

const (
	reversed     = 0.8 // what one asserts the other denies
	deniedAlone  = 0.3 // a negation of what the other does not speak of
	farthest     = 8   // how far a negation reaches, in words of any kind
	scopeOfWords = 3   // how far a negation reaches, in words with content of its clause
)

// A denial is a negation with what it negates.
type denial struct {
	at    span
	scope [scopeOfWords]int32
	used  bool
}

// A leaning counts where the words on an axis point, in one text.
type leaning struct {
	forth, back     int
	forthAt, backAt span
}

// negation is the gravest reversal between the texts.
func (c *comparer) negation() (gravest float64) {
	var axes [2][axisCount]leaning
	var denials [2][]denial
	for side := range c.sides {
		denials[side] = c.denials(side, &axes[side])
	}
	for i := range axes[0] {
		gravest = max(gravest, c.opposed(&axes[0][i], &axes[1][i]))
	}
	matchDenials(denials[0], denials[1])
	for side, list := range denials {
		for _, d := range list {
			if !d.used {
				gravest = max(gravest, c.denied(side, d))
			}
		}
	}
	return gravest
}

// denials lists the negations of a side but those of words on an axis, which only turn them round.
func (c *comparer) denials(side int, axes *[axisCount]leaning) (list []denial) {
	tokens := c.sides[side].tokens
	turned := -1
	for i, t := range tokens {
		w := &c.words.words[t.word]
		switch {
		case w.negator && !c.idle(tokens, i):
			d, on := c.reach(tokens, i)
			if on >= 0 && turned != on {
				turned = on
				continue
			}
			if on >= 0 {
				turned = -1 // a second negation turns it back
				continue
			}
			list = append(list, d)
		case w.axis != noAxis:
			axes[w.axis].add(w.sign, turned == i, t.span())
		default:
			if d, ok := c.prefixed(side, t); ok {
				list = append(list, d)
			}
		}
	}
	return list
}

// idle reports whether a negator negates nothing: "not only", "No. 5".
func (c *comparer) idle(tokens []token, i int) bool {
	if i+1 == len(tokens) {
		return false
	}
	next := tokens[i+1]
	switch c.words.words[tokens[i].word].text {
	case "not":
		return c.words.words[next.word].text == "only"
	case "no":
		return next.quantity > 0
	}
	return false
}

// reach is a negation's scope: the next words with content in its clause. on is the first one on an axis, or -1.
func (c *comparer) reach(tokens []token, i int) (d denial, on int) {
	d.at = tokens[i].span()
	n, end := 0, min(len(tokens), i+1+farthest)
	for j := i + 1; j < end && n < scopeOfWords && tokens[j].clause == tokens[i].clause; j++ {
		w := &c.words.words[tokens[j].word]
		if w.axis != noAxis {
			return d, j
		}
		if !c.words.content(tokens[j].word) {
			continue
		}
		d.scope[n] = tokens[j].word
		d.at.to = int(tokens[j].to)
		n++
	}
	return d, -1
}

// prefixed reads "unkind" as a negation of kind, if the other text is kind.
func (c *comparer) prefixed(side int, t token) (denial, bool) {
	w := &c.words.words[t.word]
	if w.counts[1-side] > 0 || !w.content {
		return denial{}, false
	}
	for _, prefix := range [...]string{"un", "in", "im", "ir", "il", "dis", "non"} {
		rest, ok := strings.CutPrefix(w.text, prefix)
		const short = 3
		if !ok || len(rest) < short {
			continue
		}
		if id, ok := c.words.ids[rest]; ok && c.words.words[id].counts[1-side] > 0 {
			return denial{at: t.span(), scope: [scopeOfWords]int32{id}}, true
		}
	}
	return denial{}, false
}

func (l *leaning) add(sign int8, turned bool, at span) {
	if turned {
		sign = -sign
	}
	if sign == forth {
		l.forth, l.forthAt = l.forth+1, at
		return
	}
	l.back, l.backAt = l.back+1, at
}

// opposed reports whether one text points more to one end of an axis, and the other more to the other.
func (c *comparer) opposed(a, b *leaning) float64 {
	forth, back := a.forth-b.forth, a.back-b.back
	switch {
	case forth > 0 && back < 0:
		c.report(Negation, reversed, a.forthAt, b.backAt)
	case forth < 0 && back > 0:
		c.report(Negation, reversed, a.backAt, b.forthAt)
	default:
		return 0
	}
	return reversed
}

// matchDenials pairs the negations of both sides that share a word.
func matchDenials(as, bs []denial) {
	byWord := map[int32][]int{}
	for i, d := range bs {
		for k, w := range d.scope {
			if k == 0 || w > 0 {
				byWord[w] = append(byWord[w], i)
			}
		}
	}
	for i := range as {
		for _, w := range as[i].scope {
			queue := byWord[w]
			for len(queue) > 0 && bs[queue[0]].used {
				queue = queue[1:]
			}
			if byWord[w] = queue; len(queue) > 0 && (w > 0 || as[i].scope[0] == 0) {
				bs[queue[0]].used, as[i].used = true, true
				break
			}
		}
	}
}

// denied reports a negation that only one side has, and returns its weight.
func (c *comparer) denied(side int, d denial) float64 {
	weight := deniedAlone
	if d.scope[0] == 0 {
		weight = reversed // it negates all, as a lone no does
	}
	for _, w := range d.scope {
		if c.words.words[w].counts[1-side] > 0 {
			weight = reversed
		}
	}
	c.reportOn(side, Negation, weight, d.at)
	return weight
}
