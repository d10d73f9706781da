package cmvk

import (
	"errors"
	"fmt"
	"math"
)

// A Metric is a way to compare two lists of numbers. All give 0 for equal lists and at most 1.
type Metric string

// The metrics, with w the weights; every one is independent of the scale of the numbers and of the weights.
const (
	// Cosine is 1 − (1+cos)/2 · min(|a|,|b|)/max(|a|,|b|): the angle, and unlike the usual one the magnitude too.
	Cosine Metric = "cosine"
	// Euclidean is √Σw(a−b)² ÷ √Σw(|a|+|b|)².
	Euclidean Metric = "euclidean"
	// Manhattan is Σw|a−b| ÷ Σw(|a|+|b|), also known as Bray–Curtis.
	Manhattan Metric = "manhattan"
	// Chebyshev is the largest w|a−b| ÷ (|a|+|b|), with the weights scaled so that the largest is 1.
	Chebyshev Metric = "chebyshev"
	// JensenShannon is the divergence of two distributions (Lin 1991) in bits, from counts or shares that are not
	// negative and sum to more than 0.
	JensenShannon Metric = "jensen-shannon"
)

// ErrWeights are weights that a metric cannot honour.
var ErrWeights = errors.New("weights cannot be used")

// Numbers compares two lists of numbers by a metric; an empty one is Cosine. Weights are honoured by all metrics but
// JensenShannon, which has none and refuses them; nil weighs all alike. The order of a and b does not matter.
//
// The faults are ErrLength for lists of two lengths or none at all, ErrTooLarge beyond MaxItems, ErrValue for what is
// not finite (or a distribution that is none), ErrWeights for weights that are negative, not finite, too many or too
// few, or all 0, and an unknown metric.
func Numbers(a, b []float64, metric Metric, weights []float64) (float64, error) {
	measure, err := metric.measure()
	if err := errors.Join(err, checkNumbers(a, b), checkWeights(len(a), metric, weights)); err != nil {
		return 0, err
	}
	scale := 0.0
	for i := range a {
		scale = max(scale, math.Abs(a[i]), math.Abs(b[i]))
	}
	if scale == 0 && metric != JensenShannon {
		return 0, nil
	}
	x, y := scaled(a, scale), scaled(b, scale) // no square of them overflows
	d, err := measure(x, y, weigh(len(a), weights))
	return min(1, max(0, d)), err
}

type measure func(a, b, weights []float64) (float64, error)

func (m Metric) measure() (measure, error) {
	switch m {
	case Cosine, "":
		return cosine, nil
	case Euclidean:
		return euclidean, nil
	case Manhattan:
		return manhattan, nil
	case Chebyshev:
		return chebyshev, nil
	case JensenShannon:
		return jensenShannon, nil
	}
	return nil, fmt.Errorf("there is no metric %q", string(m))
}

func checkNumbers(a, b []float64) error {
	switch {
	case len(a) != len(b) || len(a) == 0:
		return fmt.Errorf("%w: %d and %d numbers, want as many and at least one", ErrLength, len(a), len(b))
	case len(a) > MaxItems:
		return fmt.Errorf("%w: %d numbers, and the bound is %d", ErrTooLarge, len(a), MaxItems)
	}
	for i := range a {
		if !finite(a[i]) || !finite(b[i]) {
			return fmt.Errorf("%w: number %d is not finite", ErrValue, i)
		}
	}
	return nil
}

func finite(f float64) bool { return !math.IsNaN(f) && !math.IsInf(f, 0) }

func checkWeights(n int, metric Metric, weights []float64) error {
	switch {
	case weights == nil:
		return nil
	case metric == JensenShannon:
		return fmt.Errorf("%w: %s has none", ErrWeights, metric)
	case len(weights) != n:
		return fmt.Errorf("%w: %d weights for %d numbers", ErrWeights, len(weights), n)
	}
	most := 0.0
	for i, w := range weights {
		if !finite(w) || w < 0 {
			return fmt.Errorf("%w: weight %d is negative or not finite", ErrWeights, i)
		}
		most = max(most, w)
	}
	if most == 0 {
		return fmt.Errorf("%w: all are 0", ErrWeights)
	}
	return nil
}

// weigh scales weights so that the largest is 1, which is all that the metrics need: they are quotients.
func weigh(n int, weights []float64) []float64 {
	most := 0.0
	for _, w := range weights {
		most = max(most, w)
	}
	out := make([]float64, n)
	for i := range out {
		out[i] = 1
		if weights != nil {
			out[i] = weights[i] / most
		}
	}
	return out
}

func scaled(v []float64, scale float64) []float64 {
	out := make([]float64, len(v))
	for i, x := range v {
		if scale > 0 {
			out[i] = x / scale
		}
	}
	return out
}

// quotient is x ÷ y, and 0 for nothing of nothing.
func quotient(x, y float64) float64 {
	if y == 0 {
		return 0
	}
	return x / y
}

func cosine(a, b, w []float64) (float64, error) {
	var dot, aa, bb float64
	same := true
	for i := range a {
		dot += w[i] * a[i] * b[i]
		aa += w[i] * a[i] * a[i]
		bb += w[i] * b[i] * b[i]
		same = same && (a[i] == b[i] || w[i] == 0)
	}
	switch {
	case same: // exactly, where rounding would leave a trace
		return 0, nil
	case aa == 0 || bb == 0:
		return 1, nil
	}
	x, y := math.Sqrt(aa), math.Sqrt(bb)
	cos := min(1, max(-1, dot/(x*y)))
	return 1 - (1+cos)/2*min(x, y)/max(x, y), nil
}

func euclidean(a, b, w []float64) (float64, error) {
	var apart, most float64
	for i := range a {
		d, s := a[i]-b[i], math.Abs(a[i])+math.Abs(b[i])
		apart += w[i] * d * d
		most += w[i] * s * s
	}
	return math.Sqrt(quotient(apart, most)), nil
}

func manhattan(a, b, w []float64) (float64, error) {
	var apart, most float64
	for i := range a {
		apart += w[i] * math.Abs(a[i]-b[i])
		most += w[i] * (math.Abs(a[i]) + math.Abs(b[i]))
	}
	return quotient(apart, most), nil
}

func chebyshev(a, b, w []float64) (worst float64, _ error) {
	for i := range a {
		worst = max(worst, w[i]*quotient(math.Abs(a[i]-b[i]), math.Abs(a[i])+math.Abs(b[i])))
	}
	return worst, nil
}

func jensenShannon(a, b, _ []float64) (float64, error) {
	var sumA, sumB float64
	for i := range a {
		if a[i] < 0 || b[i] < 0 {
			return 0, fmt.Errorf("%w: share %d of a distribution is negative", ErrValue, i)
		}
		sumA += a[i]
		sumB += b[i]
	}
	if sumA == 0 || sumB == 0 {
		return 0, fmt.Errorf("%w: a distribution sums to 0", ErrValue)
	}
	var bits float64
	for i := range a {
		p, q := a[i]/sumA, b[i]/sumB
		bits += (information(p, q) + information(q, p)) / 2
	}
	return bits, nil
}

// information is p·log₂(p ÷ mean of p and q).
func information(p, q float64) float64 {
	if p == 0 {
		return 0
	}
	return p * math.Log2(2*p/(p+q))
}
