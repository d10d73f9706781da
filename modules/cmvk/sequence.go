package cmvk

import "fmt"

// A SequenceDrift is how far two sequences differ.
type SequenceDrift struct {
	Score    float64 // Edits ÷ the longer length, from 0 to 1
	Edits    int     // insertions, deletions and substitutions that turn one into the other (Levenshtein 1966)
	Common   int     // length of a longest common subsequence
	Banded   bool    // only a band was looked at: Edits may be too high, Common too low
	Position int     // first index at which the sequences part; -1 if they do not
}

// bandCells bounds the cells that Sequences fills in. Shorter ones are compared wholly.
const bandCells = 1 << 22

// Sequences compares two sequences item by item. Up to about 2,000 items each the figures are exact. Beyond that, after
// equal ends are taken off, only a band along the diagonal is looked at: Edits is then an upper bound and Common a lower
// one, and Banded says so. The order of a and b does not matter. The only fault is ErrTooLarge, beyond MaxItems.
func Sequences(a, b []string) (SequenceDrift, error) {
	if len(a) > MaxItems || len(b) > MaxItems {
		return SequenceDrift{}, fmt.Errorf("%w: %d and %d items, and the bound is %d", ErrTooLarge, len(a), len(b), MaxItems)
	}
	longest := max(len(a), len(b))
	x, y := numbered(a, b)
	head := 0
	for head < min(len(x), len(y)) && x[head] == y[head] {
		head++
	}
	if head == longest {
		return SequenceDrift{Common: head, Position: -1}, nil
	}
	x, y = x[head:], y[head:]
	tail := 0
	for tail < min(len(x), len(y)) && x[len(x)-1-tail] == y[len(y)-1-tail] {
		tail++
	}
	x, y = x[:len(x)-tail], y[:len(y)-tail]
	if len(x) > len(y) {
		x, y = y, x
	}
	d := table(x, y)
	d.Score, d.Position, d.Common = float64(d.Edits)/float64(longest), head, d.Common+head+tail
	return d, nil
}

// numbered turns items into numbers.
func numbered(a, b []string) (x, y []int32) {
	ids := map[string]int32{}
	number := func(items []string) []int32 {
		out := make([]int32, len(items))
		for i, item := range items {
			id, ok := ids[item]
			if !ok {
				id = int32(len(ids))
				ids[item] = id
			}
			out[i] = id
		}
		return out
	}
	return number(a), number(b)
}

// A band is a part of the table of two sequences: the cells near its diagonal, row by row.
type band struct {
	short, long []int32
	half        int
	edits       []int // of the row in hand, by column
	common      []int
	last        int // column of the row before that was filled in last
}

// unreached is the distance of a cell outside of the band.
const unreached = 1 << 30

// table fills in both distances. short is not the longer one.
func table(short, long []int32) (d SequenceDrift) {
	n, m := len(short), len(long)
	if n == 0 {
		return SequenceDrift{Edits: m}
	}
	b := band{short: short, long: long, half: m, edits: make([]int, m+1), common: make([]int, m+1), last: m}
	if n*m > bandCells {
		b.half = max(bandCells/(2*m), m/n+1) // neighbouring rows must overlap
		d.Banded = true
	}
	for j := range b.edits {
		b.edits[j] = j
	}
	for i := 1; i <= n; i++ {
		b.row(i)
	}
	d.Edits, d.Common = min(b.edits[m], m), b.common[m]
	return d
}

// row turns row i−1 into row i.
func (b *band) row(i int) {
	n, m := len(b.short), len(b.long)
	middle := i * m / n
	from, to := max(1, middle-b.half), min(m, middle+b.half)
	for j := b.last + 1; j <= to; j++ {
		b.edits[j], b.common[j] = unreached, 0
	}
	b.last = to
	diagonal, shared := b.edits[from-1], b.common[from-1]
	b.edits[from-1], b.common[from-1] = unreached, 0
	if from == 1 {
		b.edits[0] = i
	}
	for j := from; j <= to; j++ {
		up, above := b.edits[j], b.common[j]
		if b.short[i-1] == b.long[j-1] {
			b.edits[j], b.common[j] = diagonal, shared+1
		} else {
			b.edits[j], b.common[j] = 1+min(diagonal, up, b.edits[j-1]), max(above, b.common[j-1])
		}
		diagonal, shared = up, above
	}
}
