package cmvk_test

import (
	"errors"
	"math"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/mcp-kernel/mcp-kernel/modules/cmvk"
)

func TestNumbers(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name    string
		a, b    []float64
		metric  cmvk.Metric
		weights []float64
		want    float64
		err     error
	}{
		{name: "equal", a: []float64{1, 2}, b: []float64{1, 2}, metric: cmvk.Cosine, want: 0},
		{name: "magnitude", a: []float64{1, 1}, b: []float64{100, 100}, metric: cmvk.Cosine, want: 0.99},
		{name: "opposite", a: []float64{1, 0}, b: []float64{-1, 0}, metric: cmvk.Cosine, want: 1},
		{name: "right angle", a: []float64{1, 0}, b: []float64{0, 1}, metric: cmvk.Cosine, want: 0.5},
		{name: "one is nothing", a: []float64{0, 0}, b: []float64{0, 1}, metric: cmvk.Cosine, want: 1},
		{name: "both are nothing", a: []float64{0}, b: []float64{0}, want: 0},
		{name: "euclidean", a: []float64{0, 3}, b: []float64{4, 3}, metric: cmvk.Euclidean, want: 4 / math.Sqrt(52)},
		{name: "manhattan", a: []float64{1, 2}, b: []float64{3, 2}, metric: cmvk.Manhattan, want: 0.25},
		{name: "manhattan weighed", a: []float64{1, 2}, b: []float64{3, 2}, metric: cmvk.Manhattan, weights: []float64{3, 1}, want: 0.375},
		{name: "weight of nothing", a: []float64{1, 2}, b: []float64{3, 2}, metric: cmvk.Manhattan, weights: []float64{0, 1}, want: 0},
		{name: "chebyshev", a: []float64{1, 100}, b: []float64{3, 101}, metric: cmvk.Chebyshev, want: 0.5},
		{name: "chebyshev weighed", a: []float64{1, 1}, b: []float64{3, 1}, metric: cmvk.Chebyshev, weights: []float64{1, 2}, want: 0.25},
		{name: "apart", a: []float64{1, 0}, b: []float64{0, 5}, metric: cmvk.JensenShannon, want: 1},
		{name: "same shares", a: []float64{1, 1}, b: []float64{4, 4}, metric: cmvk.JensenShannon, want: 0},
		{name: "huge", a: []float64{math.MaxFloat64}, b: []float64{-math.MaxFloat64}, metric: cmvk.Euclidean, want: 1},
		{name: "lengths", a: []float64{1}, b: []float64{1, 2}, err: cmvk.ErrLength},
		{name: "nothing", err: cmvk.ErrLength},
		{name: "no number", a: []float64{math.NaN()}, b: []float64{1}, err: cmvk.ErrValue},
		{name: "infinite", a: []float64{1}, b: []float64{math.Inf(-1)}, err: cmvk.ErrValue},
		{name: "negative share", a: []float64{1, -1}, b: []float64{1, 1}, metric: cmvk.JensenShannon, err: cmvk.ErrValue},
		{name: "no distribution", a: []float64{0, 0}, b: []float64{1, 1}, metric: cmvk.JensenShannon, err: cmvk.ErrValue},
		{name: "weights of a distribution", a: []float64{1}, b: []float64{1}, metric: cmvk.JensenShannon, weights: []float64{1}, err: cmvk.ErrWeights},
		{name: "too few weights", a: []float64{1, 2}, b: []float64{1, 2}, weights: []float64{1}, err: cmvk.ErrWeights},
		{name: "negative weight", a: []float64{1}, b: []float64{1}, weights: []float64{-1}, err: cmvk.ErrWeights},
		{name: "no weight", a: []float64{1}, b: []float64{1}, weights: []float64{0}, err: cmvk.ErrWeights},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			got, err := cmvk.Numbers(c.a, c.b, c.metric, c.weights)
			if !errors.Is(err, c.err) || math.Abs(got-c.want) > 1e-12 {
				t.Errorf("%v, %v, want %v, %v", got, err, c.want, c.err)
			}
		})
	}
	if _, err := cmvk.Numbers([]float64{1}, []float64{1}, "taxicab", nil); err == nil {
		t.Error("an unknown metric was taken")
	}
}

func TestNumbersAreLawful(t *testing.T) {
	t.Parallel()
	metrics := []cmvk.Metric{cmvk.Cosine, cmvk.Euclidean, cmvk.Manhattan, cmvk.Chebyshev, cmvk.JensenShannon}
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(1, 6).Draw(t, "n")
		numbers := rapid.SliceOfN(rapid.Float64Range(-math.MaxFloat64, math.MaxFloat64), n, n)
		a, b := numbers.Draw(t, "a"), numbers.Draw(t, "b")
		metric := rapid.SampledFrom(metrics).Draw(t, "metric")
		x, errX := cmvk.Numbers(a, b, metric, nil)
		y, errY := cmvk.Numbers(b, a, metric, nil)
		if x != y || (errX == nil) != (errY == nil) || math.IsNaN(x) || x < 0 || x > 1 {
			t.Fatalf("%v %v, turned round %v %v", x, errX, y, errY)
		}
	})
}

func TestMahalanobis(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name       string
		a, b       []float64
		covariance [][]float64
		want       float64
		err        error
	}{
		{"one deviation", []float64{0}, []float64{2}, [][]float64{{4}}, 1 - math.Exp(-0.5), nil},
		// The inverse of {{2,1},{1,2}} is {{2,−1},{−1,2}}/3, so d² of (1,1) is 2/3.
		{"correlated", []float64{1, 1}, []float64{0, 0}, [][]float64{{2, 1}, {1, 2}}, 1 - math.Exp(-1.0/6), nil},
		{"against the correlation", []float64{1, -1}, []float64{0, 0}, [][]float64{{2, 1}, {1, 2}}, 1 - math.Exp(-0.5), nil},
		{"equal", []float64{1, 2}, []float64{1, 2}, [][]float64{{1, 0}, {0, 1}}, 0, nil},
		{"not symmetric", []float64{1, 2}, []float64{1, 2}, [][]float64{{1, 0.5}, {0, 1}}, 0, cmvk.ErrCovariance},
		{"not positive", []float64{1, 2}, []float64{1, 2}, [][]float64{{1, 2}, {2, 1}}, 0, cmvk.ErrCovariance},
		{"not square", []float64{1, 2}, []float64{1, 2}, [][]float64{{1, 0}, {0}}, 0, cmvk.ErrCovariance},
		{"missing", []float64{1, 2}, []float64{1, 2}, nil, 0, cmvk.ErrCovariance},
		{"no number", []float64{1}, []float64{1}, [][]float64{{math.NaN()}}, 0, cmvk.ErrCovariance},
		{"lengths", []float64{1}, []float64{1, 2}, [][]float64{{1}}, 0, cmvk.ErrLength},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			got, err := cmvk.Mahalanobis(c.a, c.b, c.covariance)
			if !errors.Is(err, c.err) || math.Abs(got-c.want) > 1e-12 {
				t.Errorf("%v, %v, want %v, %v", got, err, c.want, c.err)
			}
		})
	}
}

func TestSequences(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		a, b string
		want cmvk.SequenceDrift
	}{
		{"", "", cmvk.SequenceDrift{Position: -1}},
		{"abc", "abc", cmvk.SequenceDrift{Common: 3, Position: -1}},
		{"", "ab", cmvk.SequenceDrift{Score: 1, Edits: 2}},
		{"kitten", "sitting", cmvk.SequenceDrift{Score: 3.0 / 7, Edits: 3, Common: 4}},
		{"tide", "diet", cmvk.SequenceDrift{Score: 0.75, Edits: 3, Common: 2}},
		{"abcd", "abxcd", cmvk.SequenceDrift{Score: 0.2, Edits: 1, Common: 4, Position: 2}},
	} {
		t.Run(c.a+" "+c.b, func(t *testing.T) {
			t.Parallel()
			for _, pair := range [][2]string{{c.a, c.b}, {c.b, c.a}} {
				got, err := cmvk.Sequences(split(pair[0]), split(pair[1]))
				if err != nil || got != c.want {
					t.Errorf("%v: %+v, %v, want %+v", pair, got, err, c.want)
				}
			}
		})
	}
}

func split(s string) []string {
	if s == "" {
		return nil
	}
	return strings.Split(s, "")
}

// plainDistances is the textbook's recursion, row by row and whole.
func plainDistances(a, b []string) (edits, common int) {
	e, l := make([][]int, len(a)+1), make([][]int, len(a)+1)
	for i := range e {
		e[i], l[i] = make([]int, len(b)+1), make([]int, len(b)+1)
		for j := range e[i] {
			switch {
			case i == 0 || j == 0:
				e[i][j] = i + j
			case a[i-1] == b[j-1]:
				e[i][j], l[i][j] = e[i-1][j-1], l[i-1][j-1]+1
			default:
				e[i][j], l[i][j] = 1+min(e[i-1][j-1], e[i-1][j], e[i][j-1]), max(l[i-1][j], l[i][j-1])
			}
		}
	}
	return e[len(a)][len(b)], l[len(a)][len(b)]
}

func TestSequencesAgainstTheTextbook(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		items := rapid.SliceOfN(rapid.SampledFrom([]string{"a", "b", "c"}), 0, 12)
		a, b := items.Draw(t, "a"), items.Draw(t, "b")
		got, err := cmvk.Sequences(a, b)
		if edits, common := plainDistances(a, b); err != nil || got.Edits != edits || got.Common != common {
			t.Fatalf("%+v %v, want %d edits, %d common", got, err, edits, common)
		}
	})
}

func TestLongSequencesAreBanded(t *testing.T) {
	t.Parallel()
	long := make([]string, 5000)
	for i := range long {
		long[i] = strings.Repeat("x", i%97)
	}
	other := append([]string{"first"}, long...)
	other[100], other[4000] = "changed", "changed"
	for _, pair := range [][2][]string{{long, other[:len(other)-1]}, {other, long}} {
		got, err := cmvk.Sequences(pair[0], pair[1])
		if err != nil || !got.Banded || got.Edits > 4 || got.Common < 4990 {
			t.Errorf("%+v, %v", got, err)
		}
	}
	if _, err := cmvk.Sequences(make([]string, cmvk.MaxItems+1), nil); !errors.Is(err, cmvk.ErrTooLarge) {
		t.Errorf("too many items: %v", err)
	}
}
