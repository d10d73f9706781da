package governance

import "math"

// A difference is how two answers to the same question differ, place by place.
type difference struct {
	largest float64 // relative change of a number, 0 to 1
	changed int     // words that are others now
	words   int     // words that were compared
	moved   []uint64
	kept    []uint64
}

// compare walks two sorted lists of leaves. Places that ignore reports are not judged, but noted like all others.
func (d *difference) compare(before, after []leaf, ignore func(place uint64) bool) {
	d.largest, d.changed, d.words, d.moved, d.kept = 0, 0, 0, d.moved[:0], d.kept[:0]
	for len(before) > 0 && len(after) > 0 {
		place := min(before[0].place, after[0].place)
		a, b := group(before, place), group(after, place)
		before, after = before[len(a):], after[len(b):]
		if len(a) == 0 || len(b) == 0 {
			continue // a place that came or went is a matter of structure
		}
		if d.place(a, b, ignore(place)) {
			d.moved = append(d.moved, place)
		} else {
			d.kept = append(d.kept, place)
		}
	}
}

// group returns the leaves at the beginning that stand at the place.
func group(leaves []leaf, place uint64) []leaf {
	n := 0
	for n < len(leaves) && leaves[n].place == place {
		n++
	}
	return leaves[:n]
}

// place compares the values of one place as sets with repetition, and reports whether some were replaced. More values
// than before, or fewer, as in a list that grows, replace nothing.
func (d *difference) place(a, b []leaf, ignored bool) bool {
	lost, gained := unmatched(a, b), unmatched(b, a)
	replaced := min(lost, gained)
	switch _, numeric := a[0].number(); {
	case ignored:
	case !numeric:
		d.words += max(len(a), len(b))
		d.changed += replaced
	case replaced > 0:
		d.largest = max(d.largest, numberChange(a, b))
	}
	return replaced > 0
}

// unmatched counts the values of a that b does not have as often.
func unmatched(a, b []leaf) int {
	n, j := 0, 0
	for _, l := range a {
		for j < len(b) && b[j].value < l.value {
			j++
		}
		if j < len(b) && b[j].value == l.value {
			j++
			continue
		}
		n++
	}
	return n
}

// numberChange returns the largest relative change between the numbers of one place that are not in both. Both lists are
// sorted by their bits, which for numbers of one sign is their order; they are paired in it.
func numberChange(a, b []leaf) float64 {
	largest, i, j := 0.0, 0, 0
	for i < len(a) && j < len(b) {
		switch {
		case contains(b, a[i].value):
			i++
		case contains(a, b[j].value):
			j++
		default:
			x, _ := a[i].number()
			y, _ := b[j].number()
			largest = max(largest, relative(x, y))
			i, j = i+1, j+1
		}
	}
	return largest
}

func contains(sorted []leaf, value uint64) bool {
	for _, l := range sorted {
		if l.value >= value {
			return l.value == value
		}
	}
	return false
}

// relative returns |x − y| / max(|x|, |y|), at most 1.
func relative(x, y float64) float64 {
	most := max(math.Abs(x), math.Abs(y))
	if most == 0 {
		return 0
	}
	return min(math.Abs(x-y)/most, 1)
}

// drift is the larger of the worst change of a number and the share of changed words: one wrong amount matters in the
// longest answer, one other word does not.
func (d *difference) drift() float64 {
	if d.words == 0 {
		return d.largest
	}
	return max(d.largest, float64(d.changed)/float64(d.words))
}
