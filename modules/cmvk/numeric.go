package cmvk

// contexts binds quantities to their neighbours, once all quantities of a text are read.
func (c *comparer) contexts(side int) {
	t := &c.sides[side]
	before := token{sentence: -1}
	var waiting *quantity // whose next word is not read yet
	var sentence int32
	for _, k := range t.tokens {
		if waiting != nil && k.sentence != sentence {
			waiting = nil
		}
		switch {
		case k.quantity > 0:
			waiting, sentence = &t.quantities[k.quantity-1], k.sentence
			if before.sentence == k.sentence {
				waiting.prev = before.word
			}
		case c.words.content(k.word):
			if waiting != nil {
				waiting.next, waiting = k.word, nil
			}
			before = k
		}
	}
}

// A binding is what two quantities must share to be taken for each other.
type binding struct {
	value      float64
	dimension  string
	prev, next int32
}

// bindings are the rounds in which quantities are paired: first those that are the same, then those in the same place,
// then those elsewhere, then what remains. A round returns false for a quantity that it does not pair.
func bindings() []func(quantity) (binding, bool) {
	return []func(quantity) (binding, bool){
		func(q quantity) (binding, bool) { return binding{q.value, q.dimension, q.prev, q.next}, true },
		func(q quantity) (binding, bool) { return binding{q.value, q.dimension, q.prev, 0}, q.prev > 0 },
		func(q quantity) (binding, bool) { return binding{q.value, q.dimension, 0, q.next}, q.next > 0 },
		func(q quantity) (binding, bool) { return binding{0, q.dimension, q.prev, 0}, q.prev > 0 },
		func(q quantity) (binding, bool) { return binding{0, q.dimension, 0, q.next}, q.next > 0 },
		func(q quantity) (binding, bool) { return binding{q.value, q.dimension, 0, 0}, true },
		func(q quantity) (binding, bool) { return binding{0, q.dimension, 0, 0}, true },
		func(quantity) (binding, bool) { return binding{}, true },
	}
}

// numeric is the gravest change of a quantity.
func (c *comparer) numeric() (gravest float64) {
	rest := [2][]quantity{c.sides[0].quantities, c.sides[1].quantities}
	most := max(len(rest[0]), len(rest[1]))
	if most == 0 {
		return 0
	}
	c.contexts(0)
	c.contexts(1)
	rest[0], rest[1] = unlike(rest[0], rest[1])
	for _, key := range bindings() {
		if len(rest[0]) == 0 || len(rest[1]) == 0 {
			break
		}
		rest[0], rest[1] = c.pairUp(rest[0], rest[1], key, &gravest)
	}
	const alone = 0.3
	for side, left := range rest {
		gravest = max(gravest, alone*float64(len(left))/float64(most))
		for _, q := range left {
			c.reportOn(side, Numeric, alone/float64(most), c.sides[side].tokens[q.token].span())
		}
	}
	return gravest
}

// unlike takes equal ends off two lists, which is most of them where little changed.
func unlike(as, bs []quantity) (resta, restb []quantity) {
	same := func(a, b quantity) bool {
		return a.value == b.value && a.dimension == b.dimension && a.prev == b.prev && a.next == b.next
	}
	for len(as) > 0 && len(bs) > 0 && same(as[0], bs[0]) {
		as, bs = as[1:], bs[1:]
	}
	for len(as) > 0 && len(bs) > 0 && same(as[len(as)-1], bs[len(bs)-1]) {
		as, bs = as[:len(as)-1], bs[:len(bs)-1]
	}
	return as, bs
}

// pairUp pairs the quantities that are bound alike, in their order, and returns those that remain.
func (c *comparer) pairUp(as, bs []quantity, key func(quantity) (binding, bool), gravest *float64) (resta, restb []quantity) {
	first := make(map[binding]int, len(bs)) // index of the first one that waits, plus 1
	next := make([]int, len(bs)+1)          // and of the one that waits behind it
	for i := len(bs); i > 0; i-- {
		if k, ok := key(bs[i-1]); ok {
			next[i], first[k] = first[k], i
		}
	}
	taken := make([]bool, len(bs)+1)
	for _, q := range as {
		k, ok := key(q)
		i := first[k]
		if !ok || i == 0 {
			resta = append(resta, q)
			continue
		}
		first[k], taken[i] = next[i], true
		*gravest = max(*gravest, c.changed(q, bs[i-1]))
	}
	for i, q := range bs {
		if !taken[i+1] {
			restb = append(restb, q)
		}
	}
	return resta, restb
}

// changed reports how far two quantities that stand for each other differ.
func (c *comparer) changed(a, b quantity) float64 {
	weight := a.differs(b)
	if weight > 0 {
		x, y := c.sides[0].tokens[a.token].span(), c.sides[1].tokens[b.token].span()
		c.report(Numeric, weight, x, y)
	}
	return weight
}
