package bench

import (
	"math"
	"math/bits"
	"sync/atomic"
	"time"
)

// The layout of a Histogram. A bucket is as wide as 1/128 of the power of two below it, so that its middle is within
// 0.4 % of what fell into it; below 256 ns every nanosecond has its own. The last bucket ends at 2^42 ns, 73 minutes.
const (
	fineBits = 7
	fine     = 1 << fineBits
	topBits  = 42
	buckets  = (topBits - fineBits + 1) * fine
)

// A Histogram counts durations in buckets of fixed relative width, as an HDR histogram does: quantiles are within 1 % of
// the recorded values, the greatest and the mean are exact, and its size (36 KiB) does not depend on how much it has
// seen. Durations of more than 73 minutes count as that. The zero value is empty and ready; all methods may be called by
// any number of goroutines at once.
type Histogram struct {
	counts [buckets]atomic.Int64
	total  atomic.Int64
	sum    atomic.Int64
	most   atomic.Int64
}

// Record counts a duration. One below zero counts as zero.
func (h *Histogram) Record(d time.Duration) {
	v := max(0, int64(d))
	h.counts[bucket(v)].Add(1)
	h.total.Add(1)
	h.sum.Add(v)
	for old := h.most.Load(); v > old && !h.most.CompareAndSwap(old, v); old = h.most.Load() {
	}
}

// Count is how many durations were recorded.
func (h *Histogram) Count() int64 { return h.total.Load() }

// Max is the longest recorded duration, 0 of an empty histogram.
func (h *Histogram) Max() time.Duration { return time.Duration(h.most.Load()) }

// Mean is the average of the recorded durations, 0 of an empty histogram.
func (h *Histogram) Mean() time.Duration {
	return time.Duration(h.sum.Load() / max(1, h.total.Load()))
}

// Quantile is the duration that the share q of all recorded ones does not exceed: the nearest rank, q from 0 to 1. It is
// 0 of an empty histogram.
func (h *Histogram) Quantile(q float64) time.Duration {
	total := h.total.Load()
	rank := min(max(int64(math.Ceil(q*float64(total))), 1), total)
	var seen int64
	for i := range h.counts {
		if seen += h.counts[i].Load(); seen >= rank && rank > 0 {
			return min(middle(i), h.Max())
		}
	}
	return h.Max()
}

// bucket is where a value of zero or more is counted.
func bucket(v int64) int {
	shift := max(0, bits.Len64(uint64(v))-fineBits-1)
	return min(shift*fine+int(v>>shift), buckets-1)
}

// middle is the value in the middle of a bucket.
func middle(i int) time.Duration {
	shift := max(0, i/fine-1)
	low := int64(i-shift*fine) << shift
	return time.Duration(low + (int64(1)<<shift)/2)
}
