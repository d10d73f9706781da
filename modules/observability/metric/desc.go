package metric

import (
	"errors"
	"fmt"
	"slices"
	"strings"
)

// Other is the label value for everything that has no series of its own.
const Other = "other"

// Kind says what a metric is. The zero value is invalid.
type Kind uint8

// The kinds of metric.
const (
	Invalid   Kind = iota
	Counter        // only grows while the process lives
	Gauge          // goes up and down
	Histogram      // counts values by size
)

// String returns the kind as it is written behind # TYPE.
func (k Kind) String() string {
	switch k {
	case Counter:
		return "counter"
	case Gauge:
		return "gauge"
	case Histogram:
		return "histogram"
	default:
		return "invalid"
	}
}

// A Label tells the series of a family apart. Its values are bounded: they are those of Values, or the first Most that
// come; everything else is Other.
type Label struct {
	Name   string   // as in "tool"
	Help   string   // what its values are, for people
	Values []string // all that there are; nil where Most says how many
	Most   int      // values, where they are not known beforehand; 0 where Values has them
}

// A Desc describes a family of metrics.
type Desc struct {
	Name    string // whole, with unit and _total
	Kind    Kind
	Unit    string // seconds, bytes; empty where it counts things. It stands in the name
	Help    string // one sentence
	Labels  []Label
	Buckets []float64 // of a histogram: upper bounds, ascending, without +Inf
	Most    int       // series, without the one for the others; 0 is DefaultMost
}

// DefaultMost is how many series a family has at most where it does not say.
const DefaultMost = 1000

// maxLabels is how many labels a family has at most.
const maxLabels = 4

// bound is how many values a label can have, the others included.
func (l *Label) bound() int {
	if l.Values != nil {
		return len(l.Values) + 1
	}
	return l.Most + 1
}

// Bound is how many series the family can have, the one for the others included.
func (d *Desc) Bound() int {
	bound := 1
	for i := range d.Labels {
		bound *= d.Labels[i].bound()
	}
	return min(bound, d.most()+1)
}

func (d *Desc) most() int {
	if d.Most == 0 {
		return DefaultMost
	}
	return d.Most
}

// faults returns what is wrong with the description.
func (d *Desc) faults() []error {
	var faults []error
	fault := func(bad bool, format string, args ...any) {
		if bad {
			faults = append(faults, fmt.Errorf("metric "+d.Name+": "+format, args...))
		}
	}
	fault(!isName(d.Name), "its name is not one")
	fault(d.Kind == Invalid || d.Kind > Histogram, "it has no kind")
	fault((d.Kind == Counter) != strings.HasSuffix(d.Name, "_total"), "counters, and they alone, end in _total")
	fault(!strings.HasSuffix(d.family(), d.Unit), "its unit %s does not stand at the end of its name", d.Unit)
	fault(!strings.HasSuffix(d.Help, "."), "its help is no sentence")
	fault((d.Kind == Histogram) != (len(d.Buckets) > 0), "histograms, and they alone, have buckets")
	fault(!slices.IsSorted(d.Buckets) || len(slices.Compact(slices.Clone(d.Buckets))) != len(d.Buckets), "its buckets do not ascend")
	fault(d.Most < 0, "a negative number of series")
	fault(len(d.Labels) > maxLabels, "it has %d labels, at most %d", len(d.Labels), maxLabels)
	for _, l := range d.Labels {
		fault(!isName(l.Name) || l.Name == "le" || strings.HasPrefix(l.Name, "__"), "label %q: that is no name for one", l.Name)
		fault((l.Values == nil) != (l.Most > 0), "label %s: either its values or their number bound it", l.Name)
	}
	return faults
}

// family is the name under which OpenMetrics knows the family: a counter's without _total.
func (d *Desc) family() string {
	if d.Kind == Counter {
		return strings.TrimSuffix(d.Name, "_total")
	}
	return d.Name
}

// isName reports whether a text is a name that every reader of metrics takes.
func isName(name string) bool {
	for i, c := range []byte(name) {
		if (c < 'a' || c > 'z') && c != '_' && (i == 0 || c < '0' || c > '9') {
			return false
		}
	}
	return name != ""
}

// Check returns everything that is wrong with a table of metrics, or nil.
func Check(table []Desc) error {
	var faults []error
	seen := make(map[string]bool, len(table))
	for i := range table {
		d := &table[i]
		faults = append(faults, d.faults()...)
		if seen[d.family()] {
			faults = append(faults, fmt.Errorf("metric %s: there are two", d.Name))
		}
		seen[d.family()] = true
	}
	return errors.Join(faults...)
}
