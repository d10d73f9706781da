package detect

import (
	_ "embed"
	"encoding/binary"
	"errors"
	"fmt"
	"math"
)

// learned is what was learned from the passages of testdata/injection; `make injection` writes it.
//
//go:embed injection.model
var learned string

// A model says how likely a passage is an instruction to a model: logistic regression over hashed features (Weinberger et
// al., Feature Hashing for Large Scale Multitask Learning, ICML 2009). Its weights are bytes with a common scale, so that
// sums are exact and the same on every machine.
type model struct {
	weights string
	scale   float64
	slope   float64 // by which a sum is made log-odds, as passages have them that the weights were not learned from
	offset  float64
}

// The file: what it is; scale, slope and offset as float32; a digest of what it was made of; the weights.
const (
	modelMagic  = "mkvoice1"
	modelBits   = 17
	modelHeader = len(modelMagic) + 3*4 + 32
	modelMask   = 1<<modelBits - 1
)

// leastFeatures is the number of features below which a group counts less.
const leastFeatures = 16

var errModel = errors.New("not a model of this version")

// openModel reads a model, whose weights stay where they are.
func openModel(file string) (*model, error) {
	if len(file) != modelHeader+1<<modelBits || file[:len(modelMagic)] != modelMagic {
		return nil, fmt.Errorf("%d bytes: %w", len(file), errModel)
	}
	number := func(i int) float64 {
		return float64(math.Float32frombits(binary.LittleEndian.Uint32([]byte(file[len(modelMagic)+4*i:][:4]))))
	}
	m := &model{weights: file[modelHeader:], scale: number(0), slope: number(1), offset: number(2)}
	if !(m.scale > 0 && m.scale < 100 && m.slope > 0 && m.slope < 100 && math.Abs(m.offset) < 100) {
		return nil, fmt.Errorf("scale %v, slope %v, offset %v: %w", m.scale, m.slope, m.offset, errModel)
	}
	return m, nil
}

// openLearned reads the model that is embedded.
func openLearned() *model {
	m, err := openModel(learned)
	if err != nil {
		panic("detect: injection.model: " + err.Error()) // the source is broken
	}
	return m
}

// sum adds up the weights of the features of a clause.
func (m *model) sum(c *clause, f *features) {
	for g := range f.group {
		var sum int32
		for _, hash := range f.group[g] {
			sum += int32(int8(m.weights[hash&modelMask]))
		}
		c.sums[g], c.counts[g] = sum, int32(len(f.group[g]))
	}
}

// leastSaid is the number of features of ideas and kinds below which nothing is said that the model could judge.
const leastSaid = 3

// logit returns the log-odds that a clause, or several that were joined, are an instruction to a model.
func (m *model) logit(c *clause) float64 {
	if c.counts[ofIdeas]+c.counts[ofKinds] < leastSaid {
		return silent
	}
	sum := 0.0
	for g := range c.sums {
		if c.counts[g] > 0 {
			sum += float64(float64(c.sums[g]) / math.Sqrt(float64(max(c.counts[g], leastFeatures))))
		}
	}
	return float64(float64(sum*m.scale)*m.slope) + m.offset
}
