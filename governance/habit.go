package governance

import (
	"cmp"
	"math"
	"slices"
)

// Constants of what is normal. They are chosen so that an answer of the same form, ten times the size or with an error
// now and then is normal, and that whatever persists is normal after a window of calls.
const (
	warmth     = 3    // answers before form and size are judged
	memory     = 16   // windows after which what was seen once is forgotten
	core       = 0.95 // share of answers from which on a place is expected
	magnitude  = 1.0  // difference of size that is always normal, as a power of ten
	spread     = 3.0  // mean deviations of size that are normal
	smallest   = 64   // bytes below which sizes are alike
	errorSlack = 0.6  // how far above its rate an error must be to count, as in a CUSUM control chart
	errorFloor = 0.4  // what the sum of a single error may reach
)

// A habit is the statistics of one tool's answers to one agent, whatever was asked: where there are values, how long the
// answers are, and how often they are errors. Form is a table of decaying counts; size an exponentially weighted mean
// and deviation; errors a one-sided CUSUM chart (Page 1954) over their smoothed rate.
type habit struct {
	answers   float64 // decaying count of answers that were no errors
	places    []seen  // sorted by place, as the shapes of an answer are, so that one walk compares them
	oddness   float64 // smoothed share of unknown places, for answers whose keys are data
	size      float64 // smoothed power of ten
	deviation float64
	calls     int // up to the window
	errors    float64
	cusum     float64
}

// seen is how often a place was there.
type seen struct {
	place uint64
	list  uint64  // the array around it
	count float64 // decaying
}

// failed takes note of whether a call ended in an error, and returns how unusual that is, 0 to 1.
func (h *habit) failed(failed bool, window int) float64 {
	h.calls = min(h.calls+1, window)
	x := 0.0
	if failed {
		x = 1
	}
	if h.calls <= warmth {
		h.errors += (x - h.errors) / float64(h.calls)
		return 0
	}
	h.cusum = max(0, h.cusum+x-h.errors-errorSlack)
	h.errors += (x - h.errors) / float64(h.calls)
	if !failed {
		return 0
	}
	return min(max(0, h.cusum-errorFloor), 1)
}

// answered takes note of the form and size of an answer, and returns how unusual they are, 0 to 1. With judged set,
// form is what was found elsewhere.
func (h *habit) answered(p *profile, window int, judged func() (float64, bool)) float64 {
	form, size, now := 0.0, 0.0, power(p.size)
	known := h.answers >= warmth
	if known {
		unknown := h.unknown(p, window)
		form = max(0, unknown-h.oddness, h.missing(p))
		form *= form // one optional field among several is normal, another form is not
		h.oddness += (unknown - h.oddness) / float64(window)
		size = h.unusualSize(now)
	}
	if other, ok := judged(); ok && known {
		form = other
	}
	h.note(p, now, window)
	return max(form, size)
}

// unknown returns the share of the answer's places that were seldom or never there, each by how seldom.
func (h *habit) unknown(p *profile, window int) float64 {
	if len(p.shapes) == 0 {
		return 0
	}
	sum, familiar := 0.0, min(float64(window), h.answers)
	known := h.places
	for _, s := range p.shapes {
		for len(known) > 0 && known[0].place < s.place {
			known = known[1:]
		}
		count := 0.0
		if len(known) > 0 && known[0].place == s.place {
			count = known[0].count
		}
		sum += max(0, 1-count/familiar*2)
	}
	return sum / float64(len(p.shapes))
}

// missing returns the share of the expected places that are not there. Places in an array without elements, or in one
// that is not there itself, are not expected.
func (h *habit) missing(p *profile) float64 {
	expected, absent := 0, 0
	shapes := p.shapes
	for _, s := range h.places {
		if s.count < core*h.answers || s.list != 0 && !slices.Contains(p.lists, s.list) {
			continue
		}
		for len(shapes) > 0 && shapes[0].place < s.place {
			shapes = shapes[1:]
		}
		expected++
		if len(shapes) == 0 || shapes[0].place != s.place {
			absent++
		}
	}
	if absent == 0 {
		return 0
	}
	return float64(absent) / float64(expected)
}

// unusualSize returns how far a size, as a power of ten, is beyond what is normal: 0 within a power of ten, 1 at two.
func (h *habit) unusualSize(size float64) float64 {
	normal := max(magnitude, spread*h.deviation)
	return min(max(0, math.Abs(size-h.size)/normal-1), 1)
}

func power(size int) float64 { return math.Log10(float64(max(size, smallest))) }

// note adds the answer, whose size is given as a power of ten, to what is normal.
func (h *habit) note(p *profile, size float64, window int) {
	h.decay(1 - 1/float64(memory*window))
	h.answers++
	for _, s := range p.shapes {
		at, known := h.find(s.place)
		if !known {
			at = h.insert(at, s.place)
		}
		h.places[at].count++
		h.places[at].list = s.list
	}
	difference := size - h.size
	weight := 1 / min(h.answers, float64(window))
	if h.answers < 2 {
		h.size, h.deviation = size, 0
		return
	}
	h.size += weight * difference
	h.deviation += weight * (math.Abs(difference) - h.deviation)
}

// decay makes everything count a little less, and drops what hardly counts any more.
func (h *habit) decay(factor float64) {
	h.answers *= factor
	kept := h.places[:0]
	for _, s := range h.places {
		if s.count *= factor; s.count >= 0.1 {
			kept = append(kept, s)
		}
	}
	h.places = kept
}

// find returns where a place stands, or would stand, and whether it is there.
func (h *habit) find(place uint64) (int, bool) {
	return slices.BinarySearchFunc(h.places, place, func(s seen, place uint64) int { return cmp.Compare(s.place, place) })
}

// insert takes in a new place, which belongs at an index, and returns its index: another one when room had to be made by
// dropping the place that was there least.
func (h *habit) insert(at int, place uint64) int {
	if len(h.places) >= maxShapes {
		least := 0
		for i := range h.places {
			if h.places[i].count < h.places[least].count {
				least = i
			}
		}
		if h.places = slices.Delete(h.places, least, least+1); least < at {
			at--
		}
	}
	h.places = slices.Insert(h.places, at, seen{place: place})
	return at
}
