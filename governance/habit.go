package governance

import (
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
	places    map[uint64]seen
	oddness   float64 // smoothed share of unknown places, for answers whose keys are data
	size      float64 // smoothed power of ten
	deviation float64
	calls     int // up to the window
	errors    float64
	cusum     float64
}

// seen is how often a place was there.
type seen struct {
	count float64 // decaying
	list  uint64  // the array around it
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
	form, size := 0.0, 0.0
	known := h.answers >= warmth
	if known {
		unknown := h.unknown(p, window)
		form = max(0, unknown-h.oddness, h.missing(p))
		form *= form // one optional field among several is normal, another form is not
		h.oddness += (unknown - h.oddness) / float64(window)
		size = h.unusualSize(p.size)
	}
	if other, ok := judged(); ok && known {
		form = other
	}
	h.note(p, window)
	return max(form, size)
}

// unknown returns the share of the answer's places that were seldom or never there, each by how seldom.
func (h *habit) unknown(p *profile, window int) float64 {
	if len(p.shapes) == 0 {
		return 0
	}
	sum, familiar := 0.0, min(float64(window), h.answers)
	for _, s := range p.shapes {
		sum += max(0, 1-h.places[s.place].count/familiar*2)
	}
	return sum / float64(len(p.shapes))
}

// missing returns the share of the expected places that are not there. Places in an array without elements, or in one
// that is not there itself, are not expected.
func (h *habit) missing(p *profile) float64 {
	expected, absent := 0, 0
	for place, s := range h.places {
		if s.count < core*h.answers || s.list != 0 && !slices.Contains(p.lists, s.list) {
			continue
		}
		expected++
		_, there := slices.BinarySearchFunc(p.shapes, place, func(s shape, place uint64) int {
			switch {
			case s.place < place:
				return -1
			case s.place > place:
				return 1
			default:
				return 0
			}
		})
		if !there {
			absent++
		}
	}
	if absent == 0 {
		return 0
	}
	return float64(absent) / float64(expected)
}

// unusualSize returns how far a size is beyond what is normal: 0 within a power of ten, 1 at two.
func (h *habit) unusualSize(size int) float64 {
	normal := max(magnitude, spread*h.deviation)
	return min(max(0, math.Abs(power(size)-h.size)/normal-1), 1)
}

func power(size int) float64 { return math.Log10(float64(max(size, smallest))) }

// note adds the answer to what is normal.
func (h *habit) note(p *profile, window int) {
	h.decay(1 - 1/float64(memory*window))
	h.answers++
	for _, s := range p.shapes {
		old := h.places[s.place]
		if old.count == 0 && len(h.places) >= maxShapes {
			h.forget()
		}
		h.places[s.place] = seen{count: old.count + 1, list: s.list}
	}
	difference := power(p.size) - h.size
	weight := 1 / min(h.answers, float64(window))
	if h.answers < 2 {
		h.size, h.deviation = power(p.size), 0
		return
	}
	h.size += weight * difference
	h.deviation += weight * (math.Abs(difference) - h.deviation)
}

// decay makes everything count a little less, and drops what hardly counts any more.
func (h *habit) decay(factor float64) {
	if h.places == nil {
		h.places = make(map[uint64]seen)
	}
	h.answers *= factor
	for place, s := range h.places {
		if s.count *= factor; s.count < 0.1 {
			delete(h.places, place)
			continue
		}
		h.places[place] = s
	}
}

// forget makes room by dropping the place that was there least.
func (h *habit) forget() {
	least, fewest := uint64(0), math.Inf(1)
	for place, s := range h.places {
		if s.count < fewest || s.count == fewest && place < least {
			least, fewest = place, s.count
		}
	}
	delete(h.places, least)
}
