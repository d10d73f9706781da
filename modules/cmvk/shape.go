package cmvk

import (
	"bytes"
	"fmt"
	"math"
	"math/bits"
	"slices"
	"strings"

	"github.com/mcp-kernel/mcp-kernel/modules/primitives"
)

// Shape compares only the form of two JSON texts, so that different answers of one form are alike. A path is the keys
// that lead to a value, with all elements of a list under one path. At each path that either has, two things count:
// the types of value there, and their size: ⌊log₂⌋ of a list's length and of a string's bytes, on average.
//
//	structure = 1 − mean over all paths of (1−types)(1−size)
//
// types is the share of the values there whose type the other side has not, and size the difference of the averages ÷ 16,
// at most 1. Score is structure. Errors are those of JSON.
func Shape(a, b []byte, o Options) (Drift, error) {
	if err := o.bound(len(a), len(b)); err != nil {
		return Drift{}, err
	}
	x, err := primitives.Canonical(a)
	if err != nil {
		return Drift{}, fmt.Errorf("a: %w", err)
	}
	y, err := primitives.Canonical(b)
	if err != nil {
		return Drift{}, fmt.Errorf("b: %w", err)
	}
	if bytes.Compare(x, y) > 0 { // one order for both, so that the changes are listed alike
		x, y = y, x
	}
	s := outline{at: map[place]int{}}
	for side, text := range [][]byte{x, y} {
		s.side = side
		s.add(plant(text), 0, s.id(place{key: "root"}))
	}
	return s.compare(o), nil
}

// A place is a path: a key below another path. The key of elements is empty, those of members are in quotes.
type place struct {
	above int
	key   string
}

// A form is what stands at a path.
type form struct {
	place
	types [2][objectKind + 1]int
	sizes [2]int // sums of logarithms
	sized [2]int // of how many
}

// An outline is the forms of two values.
type outline struct {
	at    map[place]int
	forms []form
	side  int
}

func (s *outline) id(p place) int {
	id, ok := s.at[p]
	if !ok {
		id = len(s.forms)
		s.at[p] = id
		s.forms = append(s.forms, form{place: p})
	}
	return id
}

// add takes up a value that stands at a path.
func (s *outline) add(t *tree, i int32, at int) {
	n := t.nodes[i]
	s.forms[at].types[s.side][n.kind]++
	switch n.kind {
	case stringKind:
		s.size(at, int(n.to-n.from))
	case arrayKind:
		length := 0
		for c := i + 1; c < n.end; c = t.nodes[c].end {
			s.add(t, c, s.id(place{above: at}))
			length++
		}
		s.size(at, length)
	case objectKind:
		for c := i + 1; c < n.end; c = t.nodes[c].end {
			s.add(t, c, s.id(place{above: at, key: t.key(c)}))
		}
	case nullKind, boolKind, numberKind:
	}
}

func (s *outline) size(at, n int) {
	s.forms[at].sizes[s.side] += bits.Len(uint(n))
	s.forms[at].sized[s.side]++
}

func (s *outline) compare(o Options) Drift {
	// Sums are of millionths, so that the order in which paths were met tells nothing.
	const millionths = 1e6
	found := newFindings(o)
	var sum int64
	for i := range s.forms {
		types, size := s.forms[i].differ()
		apart := 1 - (1-types)*(1-size)
		sum += int64(math.Round(apart * millionths))
		if apart > 0 && found.wants(apart) {
			what := "another size"
			if types > 0 {
				what = "another type, or there on one side only"
			}
			found.keep(Change{Dimension: Structure, Pointer: s.pointer(i), What: what, AtA: -1, AtB: -1, Weight: apart})
		}
	}
	d := Dimensions{Structure: float64(sum) / millionths / float64(len(s.forms))}
	return found.drift(d, false)
}

// differ returns how far a path's types and sizes differ.
func (f *form) differ() (types, size float64) {
	var values [2]int
	for k := range f.types[0] {
		values[0] += f.types[0][k]
		values[1] += f.types[1][k]
	}
	if values[0] == 0 || values[1] == 0 {
		return 1, 0
	}
	var lacking int
	for k := range f.types[0] {
		if x, y := f.types[0][k], f.types[1][k]; x == 0 || y == 0 {
			lacking += x + y
		}
	}
	types = float64(lacking) / float64(values[0]+values[1])
	if f.sized[0] == 0 || f.sized[1] == 0 {
		return types, 0
	}
	const widest = 16
	x, y := float64(f.sizes[0])/float64(f.sized[0]), float64(f.sizes[1])/float64(f.sized[1])
	return types, min(1, math.Abs(x-y)/widest)
}

// pointer is a JSON pointer with - for all elements of a list.
func (s *outline) pointer(i int) string {
	var keys []string
	for ; i > 0; i = s.forms[i].above {
		key := "-"
		if s.forms[i].key != "" {
			key = strings.NewReplacer("~", "~0", "/", "~1").Replace(unquote(s.forms[i].key))
		}
		keys = append(keys, key)
	}
	var b strings.Builder
	for _, key := range slices.Backward(keys) {
		b.WriteByte('/')
		b.WriteString(key)
	}
	return b.String()
}
