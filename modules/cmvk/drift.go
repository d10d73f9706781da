package cmvk

import (
	"errors"
	"fmt"
	"slices"
)

// The faults of an input, to be told apart with errors.Is.
var (
	// ErrTooLarge is an input beyond Options.MaxBytes, or beyond MaxItems for numbers and sequences.
	ErrTooLarge = errors.New("input is too large to compare")
	// ErrLength is two inputs that can only be compared item by item and differ in length.
	ErrLength = errors.New("inputs differ in length")
	// ErrValue is a value that no metric is defined for: not a number, infinite, or negative where it must not be.
	ErrValue = errors.New("value cannot be compared")
)

// DefaultMaxBytes bounds each input of Text, JSON and Shape unless Options says otherwise.
const DefaultMaxBytes = 1 << 20

// MaxItems bounds each input of Numbers and Sequences.
const MaxItems = 1 << 16

// defaultMaxChanges is how many changes are listed unless Options says otherwise.
const defaultMaxChanges = 16

// Options bound a comparison. The zero value is the usual one.
type Options struct {
	MaxBytes   int // of each input; 0 means DefaultMaxBytes
	MaxChanges int // that are listed; 0 means 16, below 0 none, which does not change the score
}

// Dimensions are the respects in which two answers differ, each from 0 (not at all) to 1 (wholly).
type Dimensions struct {
	Lexical   float64 `json:"lexical" doc:"share of words that differ, and of their order"`
	Numeric   float64 `json:"numeric" doc:"gravest change of a number or unit"`
	Negation  float64 `json:"negation" doc:"gravest reversal: not, opposites, true and false"`
	Entity    float64 `json:"entity" doc:"gravest exchange of names or of their roles"`
	Structure float64 `json:"structure" doc:"share of lines, members and items there on one side only, and types"`
}

// score joins the dimensions as independent doubts.
func (d Dimensions) score() float64 {
	return 1 - (1-d.Lexical)*(1-d.Numeric)*(1-d.Negation)*(1-d.Entity)*(1-d.Structure)
}

// A Dimension names one of the Dimensions.
type Dimension string

// The dimensions.
const (
	Lexical   Dimension = "lexical"
	Numeric   Dimension = "numeric"
	Negation  Dimension = "negation"
	Entity    Dimension = "entity"
	Structure Dimension = "structure"
)

// A Change is one finding. Its texts are clipped to 120 bytes.
type Change struct {
	Dimension Dimension `json:"dimension"`
	Pointer   string    `json:"pointer,omitempty" doc:"JSON pointer of the value; of the side that has it"`
	What      string    `json:"what" doc:"what changed, as in 5 mg became 50 mg"`
	A         string    `json:"a,omitempty" doc:"the words in a, or empty"`
	B         string    `json:"b,omitempty" doc:"the words in b, or empty"`
	AtA       int       `json:"at_a" doc:"byte where they stand in a, or in its value; -1 if not"`
	AtB       int       `json:"at_b" doc:"byte where they stand in b, or in its value; -1 if not"`
	Weight    float64   `json:"weight" doc:"what it adds to its dimension, from 0 to 1"`
}

// A Drift is how far two answers differ. The zero value is no drift.
type Drift struct {
	Score      float64    // from 0 to 1
	Dimensions Dimensions // what the score is made of
	Changes    []Change   // the gravest first, at most Options.MaxChanges
	Found      int        // changes that were found, listed or not
}

// bound refuses inputs that are too large.
func (o Options) bound(a, b int) error {
	most := o.MaxBytes
	if most == 0 {
		most = DefaultMaxBytes
	}
	if a > most || b > most {
		return fmt.Errorf("%w: %d and %d bytes, and the bound is %d", ErrTooLarge, a, b, most)
	}
	return nil
}

// findings keeps the gravest changes. Equal ones stand in the order in which they were found.
type findings struct {
	most  int
	found int
	kept  []Change
}

func newFindings(o Options) findings {
	if o.MaxChanges == 0 {
		o.MaxChanges = defaultMaxChanges
	}
	return findings{most: max(0, o.MaxChanges)}
}

// wants counts a change and reports whether one of its weight would be kept, so that others need not be worded.
func (f *findings) wants(weight float64) bool {
	f.found++
	return len(f.kept) < f.most || f.most > 0 && weight > f.kept[len(f.kept)-1].Weight
}

// keep takes a change that is wanted.
func (f *findings) keep(c Change) {
	if len(f.kept) == f.most {
		f.kept = f.kept[:len(f.kept)-1]
	}
	c.A, c.B = clip(c.A), clip(c.B)
	at := len(f.kept)
	for at > 0 && f.kept[at-1].Weight < c.Weight {
		at--
	}
	f.kept = slices.Insert(f.kept, at, c)
}

// drift turns the findings into an answer; turned says that a and b were exchanged before.
func (f *findings) drift(d Dimensions, turned bool) Drift {
	for i := range f.kept {
		c := &f.kept[i]
		if turned {
			c.A, c.B, c.AtA, c.AtB = c.B, c.A, c.AtB, c.AtA
		}
		c.What = c.worded()
	}
	return Drift{Score: d.score(), Dimensions: d, Changes: f.kept, Found: f.found}
}

// worded says what a change is, for people. What holds the kind of change until then.
func (c *Change) worded() string {
	switch {
	case c.What != "":
		return c.What
	case c.AtA < 0:
		return "added"
	case c.AtB < 0:
		return "removed"
	default:
		return "changed"
	}
}

// clip shortens a text at a rune's boundary.
func clip(s string) string {
	const most = 120
	if len(s) <= most {
		return s
	}
	end := most - len("…")
	for end > 0 && s[end]&0xC0 == 0x80 {
		end--
	}
	return s[:end] + "…"
}
