// Package compare says how two sets of policies differ: field by field, whether the second is stricter, looser or neither,
// and for each direction a call that the two decide differently. Such a witness is never derived alone: both sets have
// decided it. Where no witness was found, the report says so and why the fields are not equal all the same.
package compare

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/mcp-kernel/mcp-kernel/governance"
	"github.com/mcp-kernel/mcp-kernel/governance/rules"
)

// Relation says what the second set is to the first. The zero value is equal.
type Relation uint8

// The relations.
const (
	Equal        Relation = iota
	Stricter              // lets pass less, and nothing more
	Looser                // lets pass more, and nothing less
	Incomparable          // each lets pass something that the other does not, or it cannot be said
)

// String returns "equal", "stricter", "looser" or "incomparable".
func (r Relation) String() string {
	switch r {
	case Equal:
		return "equal"
	case Stricter:
		return "stricter"
	case Looser:
		return "looser"
	default:
		return "incomparable"
	}
}

// MarshalText implements encoding.TextMarshaler; the text is what String returns.
func (r Relation) MarshalText() ([]byte, error) { return []byte(r.String()), nil }

// and returns what two relations come to together.
func (r Relation) and(other Relation) Relation {
	switch {
	case r == Equal || r == other:
		return other
	case other == Equal:
		return r
	default:
		return Incomparable
	}
}

// A Report is how two sets differ.
type Report struct {
	Relation Relation `json:"relation"`
	First    string   `json:"first"`  // digest of what the first means
	Second   string   `json:"second"` // digest of what the second means
	Fields   []Field  `json:"fields"` // those that differ, in the order of a policy's
}

// A Field is one field in which two sets differ.
type Field struct {
	Name      string    `json:"field"`
	Relation  Relation  `json:"relation"`
	First     string    `json:"first"` // what it says in the first
	Second    string    `json:"second"`
	Note      string    `json:"note,omitempty"` // what the relation rests on, where no witness shows it
	Witnesses []Witness `json:"witnesses,omitempty"`
}

// A Witness is a call that the two sets decide differently.
type Witness struct {
	Relation Relation        `json:"relation"` // stricter: the second refuses it
	Kind     string          `json:"kind"`
	Name     string          `json:"name"`
	Args     json.RawMessage `json:"arguments,omitempty"`
	After    string          `json:"after,omitempty"` // what came before, or how the call is made
	First    Verdict         `json:"first"`
	Second   Verdict         `json:"second"`
}

// A Verdict is what one set says of a call.
type Verdict struct {
	Effect string `json:"effect"`
	Would  bool   `json:"would,omitempty"` // enforcing would deny it
	Check  string `json:"check,omitempty"`
	Rule   string `json:"rule,omitempty"`
	Policy string `json:"policy,omitempty"`
	Says   string `json:"says,omitempty"` // the reason, or what else tells the two apart
}

// Options say what the policies are about.
type Options struct {
	Surface   rules.Surface // tools and prompts that there are
	Resources []string      // URIs and templates that there are
	Window    time.Duration // of the implicit execution; 0 is governance.DefaultWindow
	MaxDepth  int           // of calls within calls; 0 is governance.DefaultMaxDepth

	// Gate makes the gates that decide; nil is governance.New. Whoever adds checks to a running gate adds them here.
	Gate func(governance.Options) (*governance.Gate, error)
}

// Sets compares what two sets of policies come to for a call that names no further ones. The rules of both are bound to
// the surface.
func Sets(ctx context.Context, first, second *governance.Set, o Options) (Report, error) {
	c := &comparison{o: o}
	if err := errors.Join(c.side(0, first), c.side(1, second)); err != nil {
		return Report{}, err
	}
	r := Report{First: c.sides[0].snapshot.Digest(), Second: c.sides[1].snapshot.Digest(), Fields: []Field{}}
	c.ordinary(ctx)
	for _, field := range []func(context.Context) []Field{
		c.mode, c.numbers, c.lists, c.patterns, c.rates, c.labels, c.rules, c.rest,
	} {
		if err := ctx.Err(); err != nil {
			return Report{}, err
		}
		for _, f := range field(ctx) {
			r.Fields = append(r.Fields, f)
			r.Relation = r.Relation.and(f.Relation)
		}
	}
	return r, nil
}

// A side is one of the sets.
type side struct {
	set      *governance.Set
	snapshot *governance.Snapshot
	has      governance.Effective
}

// A comparison is two sets being compared.
type comparison struct {
	o     Options
	sides [2]side
	call  probe // that both let pass, where there is one
	calls bool
}

func (c *comparison) side(i int, set *governance.Set) error {
	if set.HasRules() {
		schema, err := rules.NewSchema(c.o.Surface)
		if err != nil {
			return err
		}
		if err := set.Bind(schema); err != nil {
			return err
		}
	}
	snapshot, err := set.Select(&governance.Call{})
	if err != nil {
		return fmt.Errorf("policies: %w", err)
	}
	c.sides[i] = side{set, snapshot, snapshot.EffectiveForOperator()}
	return nil
}
