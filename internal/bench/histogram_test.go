package bench_test

import (
	"math"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/mcp-kernel/mcp-kernel/internal/bench"
)

// TestHistogramAgainstSorting compares quantiles with those of the sorted values.
func TestHistogramAgainstSorting(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		var h bench.Histogram
		var values []time.Duration
		scale := rapid.SampledFrom([]int64{300, 100_000, int64(time.Second), int64(time.Hour)}).Draw(t, "scale")
		for _, v := range rapid.SliceOfN(rapid.Int64Range(0, scale), 1, 500).Draw(t, "values") {
			values = append(values, time.Duration(v))
			h.Record(time.Duration(v))
		}
		slices.Sort(values)
		for _, q := range []float64{0, 0.01, 0.5, 0.9, 0.99, 0.999, 1} {
			want := values[max(0, int(math.Ceil(q*float64(len(values))))-1)]
			if got := h.Quantile(q); math.Abs(float64(got-want)) > float64(want)/100 {
				t.Fatalf("quantile %v of %d values: %d, sorted %d", q, len(values), got, want)
			}
		}
		if got, want := h.Max(), values[len(values)-1]; got != want {
			t.Fatalf("max %d, want %d", got, want)
		}
		var sum time.Duration
		for _, v := range values {
			sum += v
		}
		if got, want := h.Mean(), sum/time.Duration(len(values)); got != want {
			t.Fatalf("mean %d, want %d", got, want)
		}
	})
}

func TestHistogramEdges(t *testing.T) {
	t.Parallel()
	var h bench.Histogram
	if h.Quantile(0.5) != 0 || h.Max() != 0 || h.Mean() != 0 || h.Count() != 0 {
		t.Errorf("an empty histogram: p50 %v, max %v, mean %v, count %d", h.Quantile(0.5), h.Max(), h.Mean(), h.Count())
	}
	h.Record(-time.Second)
	h.Record(math.MaxInt64)
	if got := h.Quantile(0); got != 0 {
		t.Errorf("a negative duration counts as %v, want 0", got)
	}
	if got := h.Quantile(1); got < 73*time.Minute || got > 74*time.Minute {
		t.Errorf("what is too long counts as %v, want about 73 minutes", got)
	}
}

func BenchmarkRecord(b *testing.B) {
	var h bench.Histogram
	b.ReportAllocs()
	v := time.Duration(1)
	for b.Loop() {
		h.Record(v)
		v = v*5/4 + 1
		if v > time.Second {
			v = 1
		}
	}
}
