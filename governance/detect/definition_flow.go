package detect

// A flow is what a sentence says of something that goes somewhere, whatever the order of its words: what it is, that it is to
// be moved, where to, on whose behalf. Its weights are log-odds ratios, set by hand on testdata/definitions-first.txt and
// checked on manual pages.
type flow struct {
	goods, moves, ends, other, orders float64
	conversation                      bool // the goods are what was said
	home                              bool // they go to the user
}

// leastFlow is the weight below which a flow is not worth keeping: many an honest sentence has one.
const (
	leastFlow  = 3.5
	leastGoods = 1.5 // of what an argument asks for, of which the name of a customer alone is nothing
	leastAsked = 3.7 // in the description of an argument
)

// flows looks for data that is to leave, and for tools of others that are to do something else, in the current sentence.
func (d *definition) flows(r *reading, function bool) {
	t, g := &d.tokens, d.grammar
	if !t.union.meets(g.concerned) {
		return
	}
	var f flow
	first, last := -1, -1
	forbidden := -1 // clause that forbids something from its beginning
	for i := range t.list {
		if k := &t.list[i]; k.opens && k.means.meets(g.not) || i > 0 && t.list[i-1].opens && k.means.meets(g.not) {
			forbidden = k.clause
		}
		if t.list[i].clause == forbidden && !t.wide {
			continue
		}
		if f.weigh(g, t.list, i) {
			if first < 0 {
				first = i
			}
			last = i
		}
	}
	least := leastFlow
	if d.fields[r.field].role == roleParameterText && f.goods >= leastGoods {
		f.moves, least = max(f.moves, 0.8)+0.8, leastAsked // an argument asks to be filled
	}
	theft, shadow := f.theft(t.union, g), f.shadow(t.union, g)
	if function {
		theft, shadow = theft-1.6, shadow-1.6
	}
	if f.conversation && d.conversational {
		theft -= 3.5
	}
	if d.guards && f.ends < 1.4 {
		theft -= 1.5
	}
	if f.goods > 0 && f.ends < 1 && d.homely(t.text[t.list[first].start:t.list[last].end]) > 0 {
		theft -= 2
	}
	if f.home {
		theft -= 1.5
	}
	if d.warns {
		theft, shadow = theft-2, shadow-2
	}
	rule, weight := ruleTheft, theft
	if shadow > theft {
		rule, weight = ruleShadow, shadow
	}
	if first < 0 || weight < least {
		return
	}
	d.note(r, g.complaint(rule), min(weight, mostFlow)+r.more, first, last)
}

// mostFlow is the most that a flow weighs: what is said in so many words says more than what stands together.
const mostFlow = 5

// weigh takes one token into account, and reports whether it says something.
func (f *flow) weigh(g *grammar, list []token, i int) bool {
	k := &list[i]
	if k.noise {
		return false
	}
	goods := g.value(k.means)
	if goods > 0 && (!negated(list, i, g.not) || k.means.meets(bit(meansSensitive))) {
		f.goods = max(f.goods, goods) + 0.3*min(f.goods, goods)
		f.conversation = f.conversation || k.means.meets(g.spoken) || k.means.meets(g.inner)
		return true
	}
	switch {
	case k.means.meets(g.moving) && !negated(list, i, g.not):
		weight := 0.8
		if k.ordered {
			weight = 1.4
		}
		f.moves = max(f.moves, weight)
		return true
	case k.means.meets(bit(meansAddress)):
		f.ends = max(f.ends, 1.4)
		if i > 0 && list[i-1].means.meets(g.into) {
			f.ends = 2.4
		}
		return true
	case k.means.meets(g.user) && i > 0 && (list[i-1].means.meets(g.into) || i > 1 && list[i-1].noise && list[i-2].means.meets(g.into)):
		f.home = true
	case k.means.meets(g.param):
		f.ends = max(f.ends, 0.9)
	case k.means.meets(bit(meansNamed)):
		f.other = max(f.other, 1.6)
		return true
	case k.means.meets(g.changing) && k.ordered:
		f.orders = max(f.orders, 0.8)
	}
	return false
}

// value returns how much it would matter if something with a meaning left.
func (g *grammar) value(m meanings) float64 {
	switch {
	case m.meets(bit(meansSensitive)):
		return 2.4
	case m.meets(g.inner):
		return 2.2
	case m.meets(g.hoard):
		return 1.8
	case m.meets(g.spoken):
		return 1.5
	case m.meets(g.private):
		return 1.2
	case m.meets(g.cred):
		return 0.6
	}
	return 0
}

// theft returns the evidence that data is to leave.
func (f *flow) theft(union meanings, g *grammar) float64 {
	if f.moves == 0 && f.ends > 0 && union.meets(g.inner.with(bit(meansSensitive))) && union.meets(g.must.with(bit(meansForeign))) {
		f.moves = 0.8 // in a word that is not known
	}
	if f.moves == 0 || f.goods == 0 && f.ends < 2 {
		return 0
	}
	sum := f.goods + f.moves + f.ends
	return sum + circumstances(union, g)
}

// shadow returns the evidence that another tool is to be used otherwise than its own definition says.
func (f *flow) shadow(union meanings, g *grammar) float64 {
	if f.other == 0 || f.ends < 1 || !union.meets(g.must.with(g.when)) {
		return 0
	}
	return f.other + min(f.goods, 1.2) + f.ends + max(f.moves, f.orders) + circumstances(union, g)
}

// circumstances returns what else in a sentence speaks for an order to a model.
func circumstances(union meanings, g *grammar) (sum float64) {
	for _, c := range [...]struct {
		means  meanings
		weight float64
	}{{g.must, 0.6}, {g.when, 0.4}, {g.whole, 0.5}, {g.model, 0.5}, {g.user, 0.3}, {g.secretly, 1.4}} {
		if union.meets(c.means) {
			sum += c.weight
		}
	}
	return sum
}

// guarding are the stems of words by which a tool deals with secrets.
const guarding = "ssh login log auth oauth sign connect credential secret key certificate encrypt decrypt vault password passkey token wallet cookie session env account"
