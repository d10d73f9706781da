package cmvk

import (
	"errors"
	"fmt"
	"math"
)

// ErrCovariance is a covariance that is none: not square, not symmetric, or not positive definite.
var ErrCovariance = errors.New("covariance cannot be used")

// MaxMahalanobis bounds the lists of Mahalanobis, whose cost grows with the cube of their length.
const MaxMahalanobis = 256

// Mahalanobis compares two observations by the covariance S of what they measure (Mahalanobis 1936): with the distance
// d = √((a−b)ᵀ S⁻¹ (a−b)) and n numbers it is 1 − exp(−d² ÷ 2n), so one standard deviation in every number is 0.39,
// two are 0.86. The order of a and b does not matter. The faults are those of Numbers, and ErrCovariance.
func Mahalanobis(a, b []float64, covariance [][]float64) (float64, error) {
	if err := checkNumbers(a, b); err != nil {
		return 0, err
	}
	if len(a) > MaxMahalanobis {
		return 0, fmt.Errorf("%w: %d numbers, and the bound is %d", ErrTooLarge, len(a), MaxMahalanobis)
	}
	root, err := cholesky(covariance, len(a))
	if err != nil {
		return 0, err
	}
	// With S = LLᵀ, d² is |z|² where Lz = a−b.
	var square float64
	z := make([]float64, len(a))
	for i := range z {
		z[i] = a[i] - b[i]
		for k := range i {
			z[i] -= root[i][k] * z[k]
		}
		z[i] /= root[i][i]
		square += z[i] * z[i]
	}
	if math.IsNaN(square) {
		return 0, fmt.Errorf("%w: the distance is out of range", ErrValue)
	}
	return -math.Expm1(-square / float64(2*len(a))), nil
}

// cholesky returns the lower triangle L of S = LLᵀ.
func cholesky(s [][]float64, n int) ([][]float64, error) {
	if err := checkSquare(s, n); err != nil {
		return nil, err
	}
	root := make([][]float64, n)
	for i := range root {
		root[i] = make([]float64, i+1)
		for j := range i + 1 {
			sum := s[i][j]
			for k := range j {
				sum -= root[i][k] * root[j][k]
			}
			if i != j {
				root[i][j] = sum / root[j][j]
				continue
			}
			if root[i][i] = math.Sqrt(sum); !(root[i][i] > 0) || !finite(root[i][i]) { // not a number too
				return nil, fmt.Errorf("%w: it is not positive definite", ErrCovariance)
			}
		}
	}
	return root, nil
}

func checkSquare(s [][]float64, n int) error {
	if len(s) != n {
		return fmt.Errorf("%w: %d rows for %d numbers", ErrCovariance, len(s), n)
	}
	for i, row := range s {
		if len(row) != n {
			return fmt.Errorf("%w: row %d has %d columns, not %d", ErrCovariance, i, len(row), n)
		}
	}
	for i := range s {
		for j := range i {
			if relative(s[i][j], s[j][i]) != 0 {
				return fmt.Errorf("%w: %d,%d is not %d,%d", ErrCovariance, i, j, j, i)
			}
		}
	}
	return nil
}
