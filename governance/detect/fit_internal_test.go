package detect

import (
	"encoding/binary"
	"math"
	"math/rand/v2"
)

// How the model learns: by stochastic gradient descent with a rate for each weight (Duchi et al., Adaptive Subgradient
// Methods, JMLR 2011), with weights drawn to zero.
const (
	epochs   = 24
	rate     = 0.25
	decay    = 3e-5
	smoothed = 0.0
	folds    = 6
)

// By slope and offset sums are made log-odds. They were set so that, of texts that nobody learned from, hardly any in which
// there is nothing is as sure as the default settings ask for.
const slope, offset = 2.2, -6.9

const handWeight = 3

// An example is a window with what it is and how much it counts.
type example struct {
	features [ofGroups][]uint32
	attack   bool
	weight   float64
}

// examples returns the windows of lessons. Each passage counts the same, however many windows it has.
func examples(all []lesson) []example {
	var out []example
	for i := range all {
		l := &all[i]
		var of [2][]example
		l.windows(func(w window) {
			label := l.label(w)
			if label < 0 {
				return
			}
			e := example{attack: label == 1}
			for _, f := range w.features {
				for g := range f.group {
					e.features[g] = append(e.features[g], f.group[g]...)
				}
			}
			of[label] = append(of[label], e)
		})
		for label := range of {
			for _, e := range of[label] {
				e.weight = 1 / math.Sqrt(float64(len(of[label])))
				if !l.grown {
					e.weight *= handWeight
				}
				out = append(out, e)
			}
		}
	}
	return out
}

// fit learns weights.
func fit(all []example) *model {
	weights, squares := make([]float64, 1<<modelBits), make([]float64, 1<<modelBits)
	order := make([]int, len(all))
	for i := range order {
		order[i] = i
	}
	random := rand.New(rand.NewPCG(1, 2))
	for range epochs {
		random.Shuffle(len(order), func(i, j int) { order[i], order[j] = order[j], order[i] })
		for _, i := range order {
			step(&all[i], weights, squares)
		}
	}
	most := 1e-9
	for _, w := range weights {
		most = max(most, math.Abs(w))
	}
	scale := float64(float32(most / 127))
	bytes := make([]byte, len(weights))
	for i, w := range weights {
		bytes[i] = byte(int8(math.RoundToEven(w / scale)))
	}
	return &model{weights: string(bytes), scale: scale, slope: slope, offset: offset}
}

// step learns from one example.
func step(e *example, weights, squares []float64) {
	z := 0.0
	for _, group := range e.features {
		each := 1 / math.Sqrt(float64(max(len(group), leastFeatures)))
		for _, h := range group {
			z += float64(weights[h&modelMask] * each)
		}
	}
	want := smoothed
	if e.attack {
		want = 1 - smoothed
	}
	slope := (logistic(z) - want) * e.weight
	for _, group := range e.features {
		each := slope / math.Sqrt(float64(max(len(group), leastFeatures)))
		for _, h := range group {
			i := h & modelMask
			g := each + float64(decay*weights[i])
			squares[i] += float64(g * g)
			weights[i] -= float64(rate*g) / (math.Sqrt(squares[i]) + 1e-6)
		}
	}
}

// logistic is the same on every machine, unlike what is made of math.Exp: 1/(1+e^-z) by halving z until a short series is
// exact.
func logistic(z float64) float64 {
	z = max(-30, min(30, z))
	x := -z / 1024
	e := 1 + x*(1+float64(x/2)*(1+float64(x/3)*(1+float64(x/4))))
	for range 10 {
		e = float64(e * e)
	}
	return 1 / (1 + e)
}

// file returns a model as openModel reads it.
func (m *model) file(digest [32]byte) []byte {
	b := append([]byte(nil), modelMagic...)
	for _, x := range [...]float64{m.scale, m.slope, m.offset} {
		b = binary.LittleEndian.AppendUint32(b, math.Float32bits(float32(x)))
	}
	return append(append(b, digest[:]...), m.weights...)
}
