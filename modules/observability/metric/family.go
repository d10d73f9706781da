package metric

import (
	"slices"
	"sort"
	"strings"
	"sync"
	"time"
)

// An Exemplar is one case that made a metric what it is, to be looked at. The zero value is none.
type Exemplar struct {
	Call  string // id of the call
	Trace string // id of its trace, or empty
	Value float64
	At    time.Time
}

// key are the values of a family's labels.
type key [maxLabels]string

// A Family is the series of one metric. It is safe for concurrent use.
type Family struct {
	desc *Desc

	mu     sync.Mutex
	values [maxLabels]map[string]string // of each label: the values that have series, themselves; nothing else does
	series map[key]*Series
}

// A Series is one line of a family, or all lines of one histogram.
type Series struct {
	f      *Family
	labels key

	// Guarded by the family.
	value    float64  // of a counter or gauge; a histogram's sum
	counts   []uint64 // a histogram's, by bucket, the last one without bound
	exemplar []Exemplar
}

func newFamily(d *Desc) *Family {
	f := &Family{desc: d, series: make(map[key]*Series)}
	for i, l := range d.Labels {
		f.values[i] = make(map[string]string, l.bound())
		for _, value := range l.Values {
			f.values[i][value] = value
		}
	}
	if len(d.Labels) == 0 {
		f.with(key{}) // a series that is there from the beginning tells nothing from zero
	}
	return f
}

// Desc returns what the family is. It must not be changed.
func (f *Family) Desc() *Desc { return f.desc }

// With returns the series of some labels' values, in the order of the description. What is over a bound is Other.
func (f *Family) With(values ...string) *Series {
	if f == nil {
		return nil
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.find(values)
}

// find is With, with the lock held.
func (f *Family) find(values []string) *Series {
	var k key
	copy(k[:len(f.desc.Labels)], values)
	if s := f.series[k]; s != nil {
		return s
	}
	for i := range f.desc.Labels {
		k[i] = f.bounded(i, k[i])
	}
	return f.with(k)
}

// bounded returns a label's value, or Other where it may have no series.
func (f *Family) bounded(label int, value string) string {
	l, known := &f.desc.Labels[label], f.values[label]
	if own, ok := known[value]; ok {
		return own
	}
	if l.Values != nil || len(known) >= l.Most || value == Other {
		return Other
	}
	value = strings.Clone(strings.ToValidUTF8(value, "�"))
	known[value] = value
	return value
}

// with returns the series of values that are bounded already, or the one for the others where there are too many.
func (f *Family) with(k key) *Series {
	if s := f.series[k]; s != nil {
		return s
	}
	if len(f.series) >= f.desc.most() {
		for i := range f.desc.Labels {
			k[i] = Other
		}
		if s := f.series[k]; s != nil {
			return s
		}
	}
	s := &Series{f: f, labels: k}
	switch f.desc.Kind {
	case Histogram:
		s.counts, s.exemplar = make([]uint64, len(f.desc.Buckets)+1), make([]Exemplar, len(f.desc.Buckets)+1)
	case Counter:
		s.exemplar = make([]Exemplar, 1)
	default: // a gauge has no exemplars
	}
	f.series[k] = s
	return s
}

// Clear removes all series, for what is read anew at every scrape.
func (f *Family) Clear() {
	if f == nil {
		return
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	clear(f.series)
}

// Add makes a counter larger by n, which must not be negative, and a gauge by any. The exemplar may be zero.
func (s *Series) Add(n float64, e Exemplar) {
	if s == nil {
		return
	}
	s.f.mu.Lock()
	defer s.f.mu.Unlock()
	s.value += n
	if len(s.exemplar) > 0 && e.Call != "" {
		e.Value = n
		s.exemplar[0] = e
	}
}

// Set makes a gauge what it is, or a counter that something else counts.
func (s *Series) Set(v float64) {
	if s == nil {
		return
	}
	s.f.mu.Lock()
	defer s.f.mu.Unlock()
	s.value = v
}

// Observe counts a value of a histogram. The exemplar may be zero.
func (s *Series) Observe(v float64, e Exemplar) {
	if s == nil {
		return
	}
	bucket := sort.SearchFloat64s(s.f.desc.Buckets, v) // the first bound that is not below the value
	s.f.mu.Lock()
	defer s.f.mu.Unlock()
	s.counts[bucket]++
	s.value += v
	if e.Call != "" {
		e.Value = v
		s.exemplar[bucket] = e
	}
}

// Seconds observes a duration.
func (s *Series) Seconds(d time.Duration, e Exemplar) { s.Observe(d.Seconds(), e) }

// A Sample is a series as it stands. It is its reader's.
type Sample struct {
	Labels    []string   // values, in the order of the description
	Value     float64    // of a counter or gauge; a histogram's sum
	Counts    []uint64   // a histogram's, by bucket, not cumulative, the last one without bound
	Exemplars []Exemplar // by bucket; one for a counter
}

// Count is how many values a histogram's sample has.
func (s *Sample) Count() (all uint64) {
	for _, n := range s.Counts {
		all += n
	}
	return all
}

// Samples returns every series, by its labels.
func (f *Family) Samples() []Sample {
	if f == nil {
		return nil
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	all := make([]Sample, 0, len(f.series))
	for k, s := range f.series {
		all = append(all, Sample{
			Labels: slices.Clone(k[:len(f.desc.Labels)]), Value: s.value,
			Counts: slices.Clone(s.counts), Exemplars: slices.Clone(s.exemplar),
		})
	}
	slices.SortFunc(all, func(a, b Sample) int { return slices.Compare(a.Labels, b.Labels) })
	return all
}
