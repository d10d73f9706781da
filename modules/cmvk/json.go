package cmvk

import (
	"bytes"
	"fmt"
	"math"
	"strconv"
	"strings"

	"github.com/mcp-kernel/mcp-kernel/modules/primitives"
)

// JSON compares two JSON texts value by value. White space, the order of members and the spelling of numbers do not
// matter. The order of a and b does not matter but for which side a change names.
//
//   - Numeric: the gravest change of a number, |x−y| ÷ max(|x|,|y|), wherever it stands and however large the rest is;
//     inside of strings as Text finds it. $100 → $900 is 0.89, a change by 1 % is 0.01.
//   - Negation: 0.8 for true against false, and what Text finds inside of strings; Entity: what Text finds.
//   - Lexical: the lexical share of each changed string, weighed by its bytes among all bytes.
//   - Structure: the bytes of what only one side has (and of what has another type) among all bytes; at least 0.5 for
//     a value of another type, at least 0.1 for a member that only one side has.
//
// Lists are aligned: an element put into the middle is one addition. Errors are ErrTooLarge, and the faults of
// primitives.Canonical, which refuses what readers of JSON would not agree about.
func JSON(a, b []byte, o Options) (Drift, error) {
	if err := o.bound(len(a), len(b)); err != nil {
		return Drift{}, err
	}
	x, err := primitives.Canonical(a)
	if err != nil {
		return Drift{}, fmt.Errorf("a: %w", err)
	}
	if bytes.Equal(a, b) {
		return Drift{}, nil
	}
	y, err := primitives.Canonical(b)
	if err != nil {
		return Drift{}, fmt.Errorf("b: %w", err)
	}
	order := bytes.Compare(x, y)
	switch {
	case order == 0:
		return Drift{}, nil
	case order > 0: // one order for both, so that the answer is symmetric to the last bit
		x, y = y, x
	}
	w := newWalker(plant(x), plant(y), o)
	w.value(0, 0)
	return w.drift(w.dimensions(), order > 0), nil
}

// A walker compares two trees.
type walker struct {
	*comparer
	trees  [2]*tree
	path   []step
	worst  Dimensions // the gravest finding of each kind
	apart  int        // bytes on one side only
	spoken float64    // bytes of strings, by their lexical share
	total  float64    // bytes of both
}

// A step leads to a child: a key in its quotes, or an index.
type step struct {
	key   string
	index int
}

func newWalker(a, b *tree, o Options) *walker {
	w := &walker{comparer: newComparer(o), trees: [2]*tree{a, b}, total: float64(len(a.text) + len(b.text))}
	w.comparer.pointer = w.pointer
	return w
}

func (w *walker) dimensions() Dimensions {
	d := w.worst
	d.Lexical = min(1, w.spoken/w.total)
	d.Structure = 1 - (1-min(1, float64(w.apart)/w.total))*(1-w.worst.Structure)
	return d
}

// pointer is the JSON pointer (RFC 6901) of the value in hand.
func (w *walker) pointer() string {
	var b strings.Builder
	for _, s := range w.path {
		b.WriteByte('/')
		if s.key == "" {
			b.WriteString(strconv.Itoa(s.index))
			continue
		}
		b.WriteString(strings.NewReplacer("~", "~0", "/", "~1").Replace(unquote(s.key)))
	}
	return b.String()
}

// value compares two values.
func (w *walker) value(i, j int32) {
	a, b := w.trees[0], w.trees[1]
	if a.span(i) == b.span(j) {
		return
	}
	x, y := a.nodes[i].kind, b.nodes[j].kind
	switch {
	case x != y:
		w.retyped(i, j)
	case x == objectKind:
		w.object(i, j)
	case x == arrayKind:
		w.array(i, j)
	case x == stringKind:
		w.str(i, j)
	case x == numberKind:
		w.number(i, j)
	default:
		w.worst.Negation = max(w.worst.Negation, reversed)
		w.mark(Negation, reversed, a.span(i), b.span(j), "")
	}
}

// mark reports a change of the value in hand.
func (w *walker) mark(d Dimension, weight float64, a, b, what string) {
	if !w.wants(weight) {
		return
	}
	c := Change{Dimension: d, Pointer: w.pointer(), What: what, A: a, B: b, Weight: weight}
	if a == "" {
		c.AtA = -1
	}
	if b == "" {
		c.AtB = -1
	}
	w.keep(c)
}

// retyped compares values of two types.
func (w *walker) retyped(i, j int32) {
	const retyped = 0.5
	w.apart += w.trees[0].size(i) + w.trees[1].size(j)
	w.worst.Structure = max(w.worst.Structure, retyped)
	w.mark(Structure, retyped, w.trees[0].span(i), w.trees[1].span(j), "another type")
}

func (w *walker) number(i, j int32) {
	a, b := w.trees[0].span(i), w.trees[1].span(j)
	x, errA := strconv.ParseFloat(a, 64)
	y, errB := strconv.ParseFloat(b, 64)
	weight := relative(x, y)
	if errA != nil || errB != nil || math.IsNaN(weight) {
		weight = 1 // not reached: canonical numbers are doubles
	}
	w.worst.Numeric = max(w.worst.Numeric, weight)
	w.mark(Numeric, weight, a, b, "")
}

func (w *walker) str(i, j int32) {
	d := w.compare(unquote(w.trees[0].span(i)), unquote(w.trees[1].span(j)))
	size := float64(w.trees[0].size(i) + w.trees[1].size(j))
	w.spoken += size * d.Lexical
	w.worst.Numeric = max(w.worst.Numeric, d.Numeric)
	w.worst.Negation = max(w.worst.Negation, d.Negation)
	w.worst.Entity = max(w.worst.Entity, d.Entity)
}

// object compares objects, whose members are sorted by key.
func (w *walker) object(i, j int32) {
	a, b := w.trees[0], w.trees[1]
	x, y := i+1, j+1
	for x < a.nodes[i].end || y < b.nodes[j].end {
		var order int
		switch {
		case x == a.nodes[i].end:
			order = 1
		case y == b.nodes[j].end:
			order = -1
		case a.key(x) != b.key(y):
			order = earlier(unquote(a.key(x)), unquote(b.key(y)))
		}
		switch {
		case order < 0:
			w.member(0, x)
			x = a.nodes[x].end
		case order > 0:
			w.member(1, y)
			y = b.nodes[y].end
		default:
			w.path = append(w.path, step{key: a.key(x)})
			w.value(x, y)
			w.path = w.path[:len(w.path)-1]
			x, y = a.nodes[x].end, b.nodes[y].end
		}
	}
}

// member reports a member that one side has.
func (w *walker) member(side int, i int32) {
	const missing = 0.1
	w.worst.Structure = max(w.worst.Structure, missing)
	w.only(side, i, step{key: w.trees[side].key(i)}, missing)
}

// only reports a value that one side has.
func (w *walker) only(side int, i int32, s step, least float64) {
	t := w.trees[side]
	w.apart += t.size(i)
	w.path = append(w.path, s)
	weight := max(least, float64(t.size(i))/w.total)
	if side == 0 {
		w.mark(Structure, weight, t.span(i), "", "")
	} else {
		w.mark(Structure, weight, "", t.span(i), "")
	}
	w.path = w.path[:len(w.path)-1]
}
