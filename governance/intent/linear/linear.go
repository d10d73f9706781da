// Package linear is multinomial logistic regression over hashed features: a model small enough to be embedded, fast
// enough to be asked at every call, and trained to the same bytes on every machine.
//
// A feature is a bucket of a hash table (Weinberger et al., Feature Hashing for Large Scale Multitask Learning, ICML
// 2009). Features come in groups, and each group counts as much as any other of its square root of features, so that a
// long text does not shout down a short name. Weights are bytes with one common scale; probabilities are softened by a
// temperature (Guo et al., On Calibration of Modern Neural Networks, ICML 2017), which is fitted on examples that the
// weights have not seen.
package linear

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"
)

// Classes is how many classes a model tells apart, and Bits the binary logarithm of its buckets.
const (
	Classes = 9
	Bits    = 15
)

// Groups is how many groups of features there are.
const Groups = 3

// mask takes the bucket of a hash.
const mask = 1<<Bits - 1

// The file: what it is, the scale and the temperature as float32, a digest of what it was made of, the weights.
const (
	magic      = "mkintent2"
	headerSize = len(magic) + 4 + 4 + DigestSize
)

// DigestSize is the length of the digest of what a model was made of, in bytes: that of SHA-256.
const DigestSize = 32

// ErrModel is the error of bytes that are no model.
var ErrModel = errors.New("not a model of this version")

// Features are the hashes of what was seen, by group. The zero value has none.
type Features struct {
	Group [Groups][]uint32
}

// Reset empties the features and keeps their memory.
func (f *Features) Reset() {
	for i := range f.Group {
		f.Group[i] = f.Group[i][:0]
	}
}

// Add adds a feature to a group.
func (f *Features) Add(group int, hash uint32) { f.Group[group] = append(f.Group[group], hash) }

// A Model gives the likelihood of each class. It is immutable and safe for concurrent use. The zero value finds each
// class as likely as any other.
type Model struct {
	weights     string // Classes bytes for each bucket
	scale       float64
	temperature float64
	digest      [DigestSize]byte
}

// Open reads a model, whose weights stay where they are. The error is ErrModel.
func Open(file string) (*Model, error) {
	if len(file) != headerSize+Classes<<Bits || file[:len(magic)] != magic {
		return nil, fmt.Errorf("%d bytes: %w", len(file), ErrModel)
	}
	m := &Model{weights: file[headerSize:]}
	m.scale = float64(single(file[len(magic):]))
	m.temperature = float64(single(file[len(magic)+4:]))
	copy(m.digest[:], file[len(magic)+8:])
	if !(m.scale > 0 && m.scale < 1e3 && m.temperature > 0 && m.temperature < 1e3) {
		return nil, fmt.Errorf("scale %v, temperature %v: %w", m.scale, m.temperature, ErrModel)
	}
	return m, nil
}

func single(file string) float32 {
	return math.Float32frombits(binary.LittleEndian.Uint32([]byte(file[:4])))
}

// Digest returns what the model says it was made of.
func (m *Model) Digest() [DigestSize]byte { return m.digest }

// Temperature returns what the model divides its sums by before it makes probabilities of them.
func (m *Model) Temperature() float64 { return m.temperature }

// Predict returns the likelihood of each class; they add up to 1.
func (m *Model) Predict(f *Features) (p [Classes]float64) {
	if m.weights == "" {
		m = &Model{temperature: 1}
	}
	sums := m.sums(f)
	softmax(&sums, m.temperature, &p)
	return p
}

// sums adds up the weights of the features.
func (m *Model) sums(f *Features) (sums [Classes]float64) {
	for _, group := range f.Group {
		if len(group) == 0 || m.weights == "" {
			continue
		}
		var whole [Classes]int32
		for _, hash := range group {
			at := int(hash&mask) * Classes
			row := m.weights[at : at+Classes]
			for c := range Classes {
				whole[c] += int32(int8(row[c]))
			}
		}
		each := m.scale / math.Sqrt(float64(len(group)))
		for c := range sums {
			sums[c] += float64(float64(whole[c]) * each)
		}
	}
	return sums
}

// softmax makes likelihoods of sums.
func softmax(sums *[Classes]float64, temperature float64, p *[Classes]float64) {
	top := sums[0]
	for _, s := range sums {
		top = max(top, s)
	}
	total := 0.0
	for c, s := range sums {
		p[c] = exp((s - top) / temperature)
		total += p[c]
	}
	for c := range p {
		p[c] /= total
	}
}

// exp is the exponential of what is not positive, within 1e-13. Unlike math.Exp, which is written in assembly for some
// machines, it is the same everywhere: each product is rounded before it is added to, so that none are fused.
func exp(x float64) float64 {
	if x < -700 {
		return 0
	}
	n := math.Floor(float64(x*math.Log2E) + 0.5)
	r := x - float64(n*math.Ln2)
	sum, term := 1.0, 1.0
	for i := 1; i <= 14; i++ {
		term = float64(term*r) / float64(i)
		sum += term
	}
	return math.Ldexp(sum, int(n))
}
