// Package compare says how two sets of policies differ: field by field, whether the second is stricter, looser or neither,
// and for each direction a call, or an answer to one, that the two judge differently. Such a witness is never derived alone:
// both sets have judged it. Where no witness was found, the report says so and why the fields are not equal all the same;
// where what is written does not tell and no call that was tried does, it says that it cannot be decided.
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
	Incomparable          // each lets something pass that the other does not
	Undecided             // they differ, and in which way cannot be shown
)

// String returns "equal", "stricter", "looser", "incomparable" or "undecided".
func (r Relation) String() string {
	switch r {
	case Equal:
		return "equal"
	case Stricter:
		return "stricter"
	case Looser:
		return "looser"
	case Incomparable:
		return "incomparable"
	default:
		return "undecided"
	}
}

// MarshalText implements encoding.TextMarshaler; the text is what String returns.
func (r Relation) MarshalText() ([]byte, error) { return []byte(r.String()), nil }

// A Report is how two sets differ.
type Report struct {
	Relation Relation `json:"relation"`
	Sampled  bool     `json:"sampled,omitempty"` // that there is no other direction is not proven: calls were tried
	First    string   `json:"first"`             // digest of what the first means
	Second   string   `json:"second"`            // digest of what the second means
	Fields   []Field  `json:"fields"`            // those that differ, in the order of a policy's
}

// A Field is one field in which two sets differ.
type Field struct {
	Name      string    `json:"field"`
	Relation  Relation  `json:"relation"`
	Sampled   bool      `json:"sampled,omitempty"` // that there is no other direction is not proven: calls were tried
	First     string    `json:"first"`             // what it says in the first
	Second    string    `json:"second"`
	Note      string    `json:"note,omitempty"` // what the relation rests on, where no witness shows it
	Witnesses []Witness `json:"witnesses,omitempty"`

	weak bool // it may as well be equal
	moot bool // in mode audit, which one of the two is in, it lets everything pass
}

// A Witness is a call, an answer, a definition, a finding or an intent that the two sets judge differently.
type Witness struct {
	Relation Relation        `json:"relation"` // stricter: the second lets less of it pass
	Kind     string          `json:"kind"`     // of the call, or "definition", "finding", "intent"
	Name     string          `json:"name"`
	Args     json.RawMessage `json:"arguments,omitempty"`
	Answer   json.RawMessage `json:"answer,omitempty"` // that is judged; without one it is the call
	After    string          `json:"after,omitempty"`  // what came before, or how the call is made
	First    Verdict         `json:"first"`
	Second   Verdict         `json:"second"`
}

// A Verdict is what one set says of a call.
type Verdict struct {
	Effect string `json:"effect"`          // allow, ask or deny; of an answer pass, redact or withhold
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
// the surface, and to tools that are made up for the comparison.
func Sets(ctx context.Context, first, second *governance.Set, o Options) (Report, error) {
	c := &comparison{o: o}
	if err := errors.Join(c.side(0, first), c.side(1, second)); err != nil {
		return Report{}, err
	}
	c.makeUp()
	if err := errors.Join(c.bind(0), c.bind(1)); err != nil {
		return Report{}, err
	}
	r := Report{First: c.sides[0].snapshot.Digest(), Second: c.sides[1].snapshot.Digest(), Fields: []Field{}}
	c.ordinary(ctx)
	for _, field := range []func(context.Context) []Field{
		c.mode, c.numbers, c.lists, c.patterns, c.rates, c.labels, c.rules, c.approvals, c.intents, c.detection, c.rest,
	} {
		if err := ctx.Err(); err != nil {
			return Report{}, err
		}
		r.Fields = append(r.Fields, field(ctx)...)
	}
	if c.sides[0].has.Mode.Value != c.sides[1].has.Mode.Value {
		r.audited()
	}
	r.conclude()
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
	made  map[string]string // tools of the surface that are made up, and what they do
}

// bind binds the rules of a side to the surface.
func (c *comparison) bind(i int) error {
	set := c.sides[i].set
	if !set.HasRules() {
		return nil
	}
	schema, err := rules.NewSchema(c.o.Surface)
	if err != nil {
		return err
	}
	if err := set.Bind(schema); err != nil {
		return err
	}
	return c.side(i, set)
}

func (c *comparison) side(i int, set *governance.Set) error {
	snapshot, err := set.Select(&governance.Call{})
	if err != nil {
		return fmt.Errorf("policies: %w", err)
	}
	c.sides[i] = side{set, snapshot, snapshot.EffectiveForOperator()}
	return nil
}
