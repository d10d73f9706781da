package atr

import (
	"cmp"
	"math/bits"
	"slices"
	"sync"
	"time"
)

// MaxStats bounds the tools of which there are statistics: of what comes after them there are none.
const MaxStats = 20_000

// A Stat is how one tool has done since the kernel began.
type Stat struct {
	Tool     string        `json:"tool"`
	Server   string        `json:"server"`
	Calls    int64         `json:"calls"`    // that reached the server
	Errors   int64         `json:"errors"`   // of them, those that it answered with an error, or not at all
	Refusals int64         `json:"refusals"` // that did not reach it: policies, limits and pins
	P50      time.Duration `json:"p50"`      // of the answers, at most an eighth too much; while people are asked, too
	P99      time.Duration `json:"p99"`      //
	Last     time.Time     `json:"last"`     // when it was last called, refused or not
}

// A tally counts what becomes of the calls of a tool.
type tally struct {
	calls, errors, refusals int64
	last                    time.Time
	took                    histogram
}

// steps are the parts of a doubling of time that a histogram tells apart, as a power of two, and octaves the doublings from
// a microsecond on, the last of which ends after 2 hours.
const (
	steps   = 3
	octaves = 33
)

// A histogram counts times by their size, each with an error of at most an eighth, in bounded room.
type histogram struct {
	total  int64
	counts [octaves << steps]uint32
}

// add counts a time.
func (h *histogram) add(took time.Duration) {
	h.total++
	if i := place(took); h.counts[i] != 1<<32-1 {
		h.counts[i]++
	}
}

// place is where a time is counted: small numbers of microseconds each alone, larger ones by their first bits.
func place(took time.Duration) int {
	v := uint64(max(took.Microseconds(), 0))
	if v < 1<<steps {
		return int(v)
	}
	shift := bits.Len64(v) - 1 - steps
	i := (shift+1)<<steps + int(v>>shift)&(1<<steps-1)
	return min(i, len(histogram{}.counts)-1)
}

// end is the longest time that is counted at a place.
func end(i int) time.Duration {
	if i < 1<<steps {
		return time.Duration(i) * time.Microsecond
	}
	shift := i>>steps - 1
	return time.Duration((1<<steps+i&(1<<steps-1)+1)<<shift-1) * time.Microsecond
}

// quantile is the time that q of all took at most.
func (h *histogram) quantile(q float64) time.Duration {
	if h.total == 0 {
		return 0
	}
	want, seen := int64(q*float64(h.total-1))+1, int64(0)
	for i, n := range h.counts {
		if seen += int64(n); seen >= want {
			return end(i)
		}
	}
	return end(len(h.counts) - 1)
}

// statistics are the tallies of all tools, by the names that they are published by.
type statistics struct {
	mu    sync.Mutex
	tools map[string]*tally
}

// of returns the tally of a tool, or nil where there are too many. The statistics are locked.
func (s *statistics) of(tool string) *tally {
	t := s.tools[tool]
	if t == nil && len(s.tools) < MaxStats {
		if s.tools == nil {
			s.tools = map[string]*tally{}
		}
		t = &tally{}
		s.tools[tool] = t
	}
	return t
}

// called counts a call that reached the server.
func (s *statistics) called(tool string, at time.Time, took time.Duration, failed bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if t := s.of(tool); t != nil {
		t.calls++
		if failed {
			t.errors++
		}
		t.last = at
		t.took.add(took)
	}
}

// refused counts a call that did not.
func (s *statistics) refused(tool string, at time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if t := s.of(tool); t != nil {
		t.refusals++
		t.last = at
	}
}

// stat is how a tool has done; false where it was never called.
func (s *statistics) stat(tool string) (Stat, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	t := s.tools[tool]
	if t == nil {
		return Stat{Tool: tool}, false
	}
	return t.stat(tool), true
}

func (t *tally) stat(tool string) Stat {
	return Stat{
		Tool: tool, Calls: t.calls, Errors: t.errors, Refusals: t.refusals, Last: t.last,
		P50: t.took.quantile(0.5), P99: t.took.quantile(0.99),
	}
}

// An Order is what statistics are sorted by.
type Order string

// The orders.
const (
	ByCalls    Order = "calls"
	ByErrors   Order = "errors"
	ByRefusals Order = "refusals"
	ByP50      Order = "p50"
	ByP99      Order = "p99"
	ByLast     Order = "last"
)

// ranked returns all statistics, the most of what is asked for first, and what is equal by name.
func (s *statistics) ranked(by Order) []Stat {
	s.mu.Lock()
	all := make([]Stat, 0, len(s.tools))
	for tool, t := range s.tools {
		all = append(all, t.stat(tool))
	}
	s.mu.Unlock()
	value := func(st *Stat) int64 {
		switch by {
		case ByErrors:
			return st.Errors
		case ByRefusals:
			return st.Refusals
		case ByP50:
			return int64(st.P50)
		case ByP99:
			return int64(st.P99)
		case ByLast:
			return st.Last.UnixNano()
		case ByCalls:
		}
		return st.Calls
	}
	slices.SortFunc(all, func(a, b Stat) int { return cmp.Or(cmp.Compare(value(&b), value(&a)), cmp.Compare(a.Tool, b.Tool)) })
	return all
}
