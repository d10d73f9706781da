package metric

import "math"

// Merge adds up samples of one histogram that differ in their labels. Without samples it is one of nothing.
func Merge(samples ...Sample) Sample {
	var all Sample
	for _, s := range samples {
		if all.Counts == nil {
			all.Counts = make([]uint64, len(s.Counts))
		}
		for i, n := range s.Counts {
			all.Counts[i] += n
		}
		all.Value += s.Value
	}
	return all
}

// Quantile estimates the value below which the part q, 0 to 1, of a histogram's values lie, as Prometheus'
// histogram_quantile does: as if the values of a bucket lay evenly in it. What lies above the last bound is said to be that
// bound, and without values it is NaN.
func (d *Desc) Quantile(q float64, s *Sample) float64 {
	all := s.Count()
	if all == 0 || len(d.Buckets) == 0 {
		return math.NaN()
	}
	rank, below, lower := q*float64(all), 0.0, 0.0
	for i, upper := range d.Buckets {
		n := float64(s.Counts[i])
		if below+n >= rank && n > 0 {
			return lower + (upper-lower)*(rank-below)/n
		}
		below += n
		lower = upper
	}
	return lower
}
