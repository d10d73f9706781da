package linear

import (
	"encoding/binary"
	"math"
	"math/rand/v2"
)

// An Example is what a model learns from.
type Example struct {
	Features Features
	Class    int     // 0 to Classes-1
	Tool     string  // that it is of, for Weigh
	Weight   float64 // how much it counts; 0 is 1
	Family   string  // examples of one family are alike: they are never learned from and tested on at the same time
}

// weight returns how much an example counts.
func (e *Example) weight() float64 {
	if e.Weight > 0 {
		return e.Weight
	}
	return 1
}

// How a model learns: by stochastic gradient descent with a rate for each weight (Duchi et al., Adaptive Subgradient
// Methods, JMLR 2011), with weights drawn to zero.
const (
	epochs   = 12
	rate     = 0.2
	decay    = 2e-5
	folds    = 6
	smoothed = 0.03 // of each example's certainty goes to the other classes
)

// Fit learns from examples. Equal examples in equal order make an equal model, on every machine. The temperature is that
// which suits examples of families that the weights have not seen: the families are dealt to folds, and each fold is
// judged by what was learned from the others. The digest is kept in the model.
func Fit(examples []Example, digest [DigestSize]byte) *Model {
	var unseen []Example
	var sums [][Classes]float64
	for fold := range folds {
		learned, left := split(examples, fold)
		if len(learned) == 0 {
			continue
		}
		m := learn(learned)
		for i := range left {
			unseen = append(unseen, left[i])
			sums = append(sums, m.sums(&left[i].Features))
		}
	}
	m := learn(examples)
	m.temperature = float64(float32(cool(unseen, sums)))
	m.digest = digest
	return m
}

// Weigh has examples of one tool and class count less the more of them there are, each by the root of their number, so
// that a tool with many records does not shout down those with few.
func Weigh(examples []Example) {
	type same struct {
		tool  string
		class int
	}
	n := map[same]float64{}
	for i := range examples {
		n[same{examples[i].Tool, examples[i].Class}]++
	}
	for i := range examples {
		examples[i].Weight = 1 / math.Sqrt(n[same{examples[i].Tool, examples[i].Class}])
	}
}

// split deals examples to those that are learned from and those of a fold, family by family.
func split(examples []Example, fold int) (learned, left []Example) {
	dealt := make(map[string]int)
	for _, e := range examples {
		n, known := dealt[e.Family]
		if !known {
			n = len(dealt) % folds
			dealt[e.Family] = n
		}
		if n == fold {
			left = append(left, e)
		} else {
			learned = append(learned, e)
		}
	}
	return learned, left
}

// A learner is a model before its weights are made bytes.
type learner struct {
	weights, squares []float64
	share            [Classes]float64 // how much an example of each class counts
}

// learn returns a model of the examples with the temperature 1.
func learn(examples []Example) *Model {
	examples = shared(examples)
	l := learner{weights: make([]float64, Classes<<Bits), squares: make([]float64, Classes<<Bits)}
	l.balance(examples)
	order := make([]int, len(examples))
	for i := range order {
		order[i] = i
	}
	random := rand.New(rand.NewPCG(1, 2)) //nolint:gosec // the order of examples is to be the same every time
	for range epochs {
		random.Shuffle(len(order), func(i, j int) { order[i], order[j] = order[j], order[i] })
		for _, i := range order {
			l.step(&examples[i])
		}
	}
	return l.quantise()
}

// balance has rare classes count more, by the root of how rare they are.
func (l *learner) balance(examples []Example) {
	var count [Classes]float64
	all := 0.0
	for i := range examples {
		count[examples[i].Class] += examples[i].weight()
		all += examples[i].weight()
	}
	for c := range l.share {
		l.share[c] = math.Sqrt(all / (Classes * max(count[c], 1)))
	}
}

// step learns from one example.
func (l *learner) step(e *Example) {
	var sums, p [Classes]float64
	for _, group := range e.Features.Group {
		each := 1 / math.Sqrt(float64(max(len(group), 1)))
		for _, hash := range group {
			at := int(hash&mask) * Classes
			for c := range sums {
				sums[c] += float64(l.weights[at+c] * each)
			}
		}
	}
	softmax(&sums, 1, &p)
	for c := range p {
		p[c] -= smoothed / (Classes - 1)
	}
	p[e.Class] -= 1 - smoothed - smoothed/(Classes-1)
	share := l.share[e.Class] * e.weight()
	for _, group := range e.Features.Group {
		each := share / math.Sqrt(float64(max(len(group), 1)))
		for _, hash := range group {
			l.move(int(hash&mask)*Classes, &p, each)
		}
	}
}

// move moves the weights of a bucket against a gradient.
func (l *learner) move(at int, p *[Classes]float64, each float64) {
	for c := range p {
		i := at + c
		g := float64(p[c]*each) + float64(decay*l.weights[i])
		l.squares[i] += float64(g * g)
		l.weights[i] -= float64(rate*g) / (math.Sqrt(l.squares[i]) + 1e-6)
	}
}

// quantise makes bytes of the weights.
func (l *learner) quantise() *Model {
	most := 1e-9
	for _, w := range l.weights {
		most = max(most, math.Abs(w))
	}
	scale := float64(float32(most / 127))
	bytes := make([]byte, len(l.weights))
	for i, w := range l.weights {
		bytes[i] = byte(int8(math.RoundToEven(max(-127, min(127, w/scale)))))
	}
	return &Model{weights: string(bytes), scale: scale, temperature: 1}
}

// cool returns the temperature under which the examples are likeliest.
func cool(examples []Example, sums [][Classes]float64) float64 {
	best, least := 1.0, math.Inf(1)
	for t := 0.3; t < 6; t = float64(t * 1.04) {
		loss := 0.0
		for i := range examples {
			var p [Classes]float64
			softmax(&sums[i], t, &p)
			loss -= math.Log(max(p[examples[i].Class], 1e-12))
		}
		if loss < least {
			best, least = t, loss
		}
	}
	return best
}

// Bytes returns the model as Open reads it.
func (m *Model) Bytes() []byte {
	file := append(make([]byte, 0, headerSize+len(m.weights)), magic...)
	file = binary.LittleEndian.AppendUint32(file, math.Float32bits(float32(m.scale)))
	file = binary.LittleEndian.AppendUint32(file, math.Float32bits(float32(m.temperature)))
	file = append(file, m.digest[:]...)
	return append(file, m.weights...)
}
