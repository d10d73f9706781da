package compare

import "testing"

// TestConclude composes fields: what is sure in both directions cannot be compared, and what is sure in none is not guessed.
func TestConclude(t *testing.T) {
	t.Parallel()
	sure := func(r Relation) Field { return Field{Relation: r} }
	weak := func(r Relation) Field { return Field{Relation: r, weak: true} }
	for name, c := range map[string]struct {
		fields []Field
		want   Relation
	}{
		"nothing":                             {nil, Equal},
		"one":                                 {[]Field{sure(Stricter)}, Stricter},
		"one beside what only is recorded":    {[]Field{sure(Looser), sure(Equal)}, Looser},
		"both":                                {[]Field{sure(Stricter), sure(Looser)}, Incomparable},
		"both, and what cannot be decided":    {[]Field{sure(Stricter), sure(Undecided), sure(Looser)}, Incomparable},
		"one, and what cannot be decided":     {[]Field{sure(Stricter), sure(Undecided)}, Undecided},
		"one that may be equal":               {[]Field{weak(Stricter)}, Stricter},
		"one, and the other that may be none": {[]Field{sure(Stricter), weak(Looser)}, Undecided},
		"the same, less sure":                 {[]Field{sure(Stricter), weak(Stricter)}, Stricter},
		"both may be none":                    {[]Field{weak(Stricter), weak(Looser)}, Undecided},
	} {
		r := Report{Fields: c.fields}
		if r.conclude(); r.Relation != c.want {
			t.Errorf("%s: %s, want %s", name, r.Relation, c.want)
		}
	}
}
