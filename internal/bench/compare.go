package bench

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
)

// A Spread is the median of several rounds, and how far they lie apart.
type Spread struct {
	Median float64 `json:"median"`
	Least  float64 `json:"least"`
	Most   float64 `json:"most"`
}

// spread sums values up. Those that are no number, as the ratio to a figure that could not be read, are left out.
func spread(values []float64) Spread {
	values = slices.DeleteFunc(slices.Clone(values), func(v float64) bool { return math.IsNaN(v) || math.IsInf(v, 0) })
	if len(values) == 0 {
		return Spread{}
	}
	slices.Sort(values)
	n := len(values)
	return Spread{Median: digits((values[(n-1)/2] + values[n/2]) / 2), Least: digits(values[0]), Most: digits(values[n-1])}
}

// digits rounds to five significant ones, more than any measurement has.
func digits(v float64) float64 {
	if v == 0 {
		return 0
	}
	scale := math.Pow(10, 4-math.Floor(math.Log10(math.Abs(v))))
	return math.Round(v*scale) / scale
}

// Figures are what servers are compared by: rates in requests a second, times in microseconds, memory in bytes; as
// ratios, plain numbers.
type Figures struct {
	Rate Spread `json:"rate"`
	P50  Spread `json:"p50"`
	P90  Spread `json:"p90"`
	P99  Spread `json:"p99"`
	Max  Spread `json:"max"`
	CPU  Spread `json:"cpu"`
	Peak Spread `json:"peak"`
}

// measures are the figures and where they come from.
func (f *Figures) measures() []measure {
	us := func(m Micros) float64 { return float64(m) / 1000 }
	return []measure{
		{&f.Rate, func(r *Report) float64 { return r.Rate }},
		{&f.P50, func(r *Report) float64 { return us(r.Latency.P50) }},
		{&f.P90, func(r *Report) float64 { return us(r.Latency.P90) }},
		{&f.P99, func(r *Report) float64 { return us(r.Latency.P99) }},
		{&f.Max, func(r *Report) float64 { return us(r.Latency.Max) }},
		{&f.CPU, func(r *Report) float64 { return us(r.CPU) }},
		{&f.Peak, func(r *Report) float64 { return float64(r.Peak) }},
	}
}

type measure struct {
	field *Spread
	of    func(*Report) float64
}

// A Contender is a server with the load that it is sent. Loads may differ in what is called, because servers offer
// different tools; everything else should be the same.
type Contender struct {
	Target Target
	Load   Load
}

// A Standing is one contender's figures over all rounds.
type Standing struct {
	Name    string  `json:"name"`
	Errors  int64   `json:"errors"` // of all rounds
	Figures Figures `json:"figures"`
}

// A Ratio holds the figures of the first contender over those of another, round by round.
type Ratio struct {
	First   string  `json:"first"`
	Against string  `json:"against"`
	Figures Figures `json:"figures"`
}

// A Comparison is what came of several servers in turn.
type Comparison struct {
	Machine   Machine    `json:"machine"`
	Standings []Standing `json:"standings"` // in the order in which the contenders were given
	Ratios    []Ratio    `json:"ratios"`    // of the first to each of the others
	Rounds    [][]Report `json:"rounds"`    // of each round, in the same order
}

// Errors is how many errors there were in all rounds.
func (c *Comparison) Errors() (sum int64) {
	for _, s := range c.Standings {
		sum += s.Errors
	}
	return sum
}

// Compare measures contenders in rounds. Each round starts every server anew, one at a time, and every other round goes
// through them backwards, so that what changes on the machine meanwhile meets all alike; ratios are taken within a
// round. observe, if it is not nil, is told of every report as it comes.
func Compare(ctx context.Context, contenders []Contender, rounds int, observe func(round int, r *Report)) (Comparison, error) {
	if len(contenders) < 2 || rounds < 1 {
		return Comparison{}, errors.New("a comparison needs two servers and a round at least")
	}
	c := Comparison{Machine: ThisMachine()}
	for round := range rounds {
		reports := make([]Report, len(contenders))
		for turn := range contenders {
			i := turn
			if round%2 == 1 {
				i = len(contenders) - 1 - turn
			}
			var err error
			if reports[i], err = Run(ctx, contenders[i].Target, contenders[i].Load); err != nil {
				return c, fmt.Errorf("round %d: %w", round+1, err)
			}
			if observe != nil {
				observe(round+1, &reports[i])
			}
		}
		c.Rounds = append(c.Rounds, reports)
	}
	c.sum()
	return c, nil
}

// sum works out figures and ratios from the rounds.
func (c *Comparison) sum() {
	for i := range c.Rounds[0] {
		s := Standing{Name: c.Rounds[0][i].Name}
		for _, round := range c.Rounds {
			s.Errors += round[i].Errors
		}
		for _, m := range s.Figures.measures() {
			*m.field = spread(c.each(func(round []Report) float64 { return m.of(&round[i]) }))
		}
		c.Standings = append(c.Standings, s)
	}
	for i := 1; i < len(c.Standings); i++ {
		r := Ratio{First: c.Standings[0].Name, Against: c.Standings[i].Name}
		for _, m := range r.Figures.measures() {
			*m.field = spread(c.each(func(round []Report) float64 { return m.of(&round[0]) / m.of(&round[i]) }))
		}
		c.Ratios = append(c.Ratios, r)
	}
}

// each is a value of every round.
func (c *Comparison) each(value func([]Report) float64) []float64 {
	values := make([]float64, len(c.Rounds))
	for i, round := range c.Rounds {
		values[i] = value(round)
	}
	return values
}
