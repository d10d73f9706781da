package cmvk

import "slices"

// A placed name is a name with what binds it: the word with content before it, unless that is a name too, and the
// function word between them. Names that a comma or a conjunction joins are bound alike.
type placed struct {
	name, head, link int32
	at               span
}

func (p placed) compare(o placed) int {
	return slices.Compare([]int32{p.name, p.head, p.link}, []int32{o.name, o.head, o.link})
}

// places finds "from Paris to London" against "from London to Paris": names that both texts have, bound to the same
// words, but not the same name to the same words.
func (c *comparer) places() float64 {
	a, b := c.placed(0), c.placed(1)
	onlyA, onlyB := difference(a, b)
	if len(onlyA) < 2 || len(onlyA) != len(onlyB) {
		return 0
	}
	if !slices.Equal(bonds(onlyA), bonds(onlyB)) || !slices.Equal(called(onlyA), called(onlyB)) {
		return 0
	}
	c.report(Entity, exchanged, onlyA[0].at, onlyB[0].at)
	return exchanged
}

// placed lists the names of a side, sorted.
func (c *comparer) placed(side int) (list []placed) {
	var here, before placed
	var last token
	for i, t := range c.sides[side].tokens {
		w := &c.words.words[t.word]
		if i == 0 || t.sentence != last.sentence {
			here, before = placed{}, placed{}
		}
		last = t
		switch {
		case w.name:
			here.name, here.at = t.word, t.span()
			if before.name > 0 && (t.joins || c.conjunction(here.link)) {
				here.head, here.link = before.head, before.link
			}
			list = append(list, here)
			here, before = placed{}, here
		case w.content:
			here, before = placed{head: t.word}, placed{}
		case t.quantity == 0 && !article(w.text):
			here.link = t.word
		}
	}
	slices.SortFunc(list, placed.compare)
	return list
}

func article(w string) bool { return w == "the" || w == "a" || w == "an" }

// difference is what each of two sorted lists has and the other has not.
func difference(a, b []placed) (onlyA, onlyB []placed) {
	for len(a) > 0 || len(b) > 0 {
		order := len(b) - len(a)
		if len(a) > 0 && len(b) > 0 {
			order = a[0].compare(b[0])
		}
		switch {
		case order < 0:
			onlyA, a = append(onlyA, a[0]), a[1:]
		case order > 0:
			onlyB, b = append(onlyB, b[0]), b[1:]
		default:
			a, b = a[1:], b[1:]
		}
	}
	return onlyA, onlyB
}

func bonds(list []placed) [][2]int32 {
	out := make([][2]int32, len(list))
	for i, p := range list {
		out[i] = [2]int32{p.head, p.link}
	}
	slices.SortFunc(out, func(x, y [2]int32) int { return slices.Compare(x[:], y[:]) })
	return out
}

func called(list []placed) []int32 {
	out := make([]int32, len(list))
	for i, p := range list {
		out[i] = p.name
	}
	slices.Sort(out)
	return out
}
