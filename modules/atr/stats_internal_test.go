package atr

import (
	"math"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// A time is counted where it is not more than an eighth off, and never as less than it was.
func TestPlaces(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		took := time.Duration(rapid.Int64Range(0, int64(2*time.Hour)).Draw(t, "took"))
		at := end(place(took))
		if whole := took.Truncate(time.Microsecond); at < whole || at > whole+whole/8+time.Microsecond {
			t.Fatalf("%v is counted as %v", took, at)
		}
	})
	last := 0
	for us := range 100_000 {
		i := place(time.Duration(us) * time.Microsecond)
		if i != last && i != last+1 {
			t.Fatalf("%d µs: from place %d to %d", us, last, i)
		}
		last = i
	}
	for _, took := range []time.Duration{-1, math.MinInt64, math.MaxInt64, 3 * time.Hour} {
		if i := place(took); i < 0 || i >= len(histogram{}.counts) {
			t.Errorf("%v is at %d", took, i)
		}
	}
}

func TestQuantiles(t *testing.T) {
	t.Parallel()
	var h histogram
	if h.quantile(0.99) != 0 {
		t.Error("nothing took something")
	}
	for i := range 100 {
		h.add(time.Duration(i+1) * time.Millisecond)
	}
	for q, want := range map[float64]time.Duration{0: time.Millisecond, 0.5: 50 * time.Millisecond, 0.99: 99 * time.Millisecond, 1: 100 * time.Millisecond} {
		if got := h.quantile(q); got < want || got > want+want/8 {
			t.Errorf("%v: %v, want %v", q, got, want)
		}
	}
}

// Statistics are of as many tools as there is room for, and of no more.
func TestStatisticsAreBounded(t *testing.T) {
	t.Parallel()
	s := statistics{tools: map[string]*tally{}}
	for i := range MaxStats {
		s.tools[string(rune('a'+i%26))+time.Duration(i).String()] = nil
	}
	s.refused("one more", time.Time{})
	s.called("one more", time.Time{}, 0, false)
	if _, ok := s.tools["one more"]; ok || len(s.tools) != MaxStats {
		t.Errorf("%d tools", len(s.tools))
	}
}
