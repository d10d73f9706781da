package detection

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"
)

// A Share is how many of how many.
type Share struct{ N, Of int }

// add counts one more.
func (s *Share) add(yes bool) {
	s.Of++
	if yes {
		s.N++
	}
}

// Rate is the share as a fraction; of nothing it is 0.
func (s Share) Rate() float64 {
	if s.Of == 0 {
		return 0
	}
	return float64(s.N) / float64(s.Of)
}

// Interval is where the rate lies with 95 % confidence, after Wilson (1927), "Probable Inference, the Law of Succession, and
// Statistical Inference". Of nothing it is from 0 to 1.
func (s Share) Interval() (low, high float64) {
	if s.Of == 0 {
		return 0, 1
	}
	const z = 1.959964
	n, p := float64(s.Of), s.Rate()
	middle, half := p+z*z/(2*n), z*math.Sqrt(p*(1-p)/n+z*z/(4*n*n))
	return math.Max((middle-half)/(1+z*z/n), 0), math.Min((middle+half)/(1+z*z/n), 1)
}

// String returns the share with its interval, in percent.
func (s Share) String() string {
	if s.Of == 0 {
		return "none"
	}
	low, high := s.Interval()
	return fmt.Sprintf("%d of %d, %.1f %% (%.1f to %.1f)", s.N, s.Of, 100*s.Rate(), 100*low, 100*high)
}

// PerThousand returns how many of a thousand it would be, with its interval: the measure of what is rare.
func (s Share) PerThousand() string {
	if s.Of == 0 {
		return "none"
	}
	low, high := s.Interval()
	return fmt.Sprintf("%d of %d, %.1f (%.1f to %.1f)", s.N, s.Of, 1000*s.Rate(), 1000*low, 1000*high)
}

// Shares are shares by name.
type Shares map[string]Share

// add counts one more of each name.
func (s Shares) add(yes bool, names ...string) {
	for _, name := range names {
		one := s[name]
		one.add(yes)
		s[name] = one
	}
}

// Large returns the names of which there are at least so many, the most frequent first, and all the others as one share with
// their names: of two records nobody can say a rate.
func (s Shares) Large(least int) (names []string, rest Share, others []string) {
	for _, name := range slices.Sorted(maps.Keys(s)) {
		if s[name].Of >= least {
			names = append(names, name)
			continue
		}
		rest.N, rest.Of = rest.N+s[name].N, rest.Of+s[name].Of
		others = append(others, name)
	}
	slices.SortStableFunc(names, func(a, b string) int { return s[b].Of - s[a].Of })
	return names, rest, others
}

// Missed lists the names of which not all were found, with how many of how many were not.
func (s Shares) Missed(of []string) string {
	return s.list(of, func(one Share) int { return one.Of - one.N })
}

// Hit lists the names of which any were found, with how many of how many.
func (s Shares) Hit() string {
	return s.list(slices.Sorted(maps.Keys(s)), func(one Share) int { return one.N })
}

func (s Shares) list(of []string, count func(Share) int) string {
	var listed []string
	for _, name := range of {
		if n := count(s[name]); n > 0 {
			listed = append(listed, fmt.Sprintf("%s %d of %d", name, n, s[name].Of))
		}
	}
	if listed == nil {
		return "none"
	}
	return strings.Join(listed, ", ")
}
