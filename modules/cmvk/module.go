package cmvk

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/mcp-kernel/mcp-kernel/tools"
)

// Name is the module's name in the configuration.
const Name = "cmvk"

// A Module offers the comparison as a tool. It keeps nothing, and its zero value is ready.
type Module struct{}

var _ tools.Module = (*Module)(nil)

// New returns the module.
func New() *Module { return &Module{} }

// Name returns Name.
func (*Module) Name() string { return Name }

// Surface returns the module's one tool.
func (*Module) Surface() tools.Surface {
	return tools.Surface{Tools: []tools.Tool{tools.Func(tools.Spec{
		Name: "drift_compare", Title: "How far do two answers differ?",
		Description: "Compares two answers that you give and says how far they differ, in which respect (words, numbers, negations, names, structure) and where. It asks no model and knows no truth: it cannot say which one is right, and takes a paraphrase for a difference.",
		Audience:    tools.ForAgents, Profiles: []string{tools.ProfileDefault},
		ReadOnly: tools.Yes, Destructive: tools.No, Idempotent: tools.Yes, OpenWorld: tools.No,
	}, compareAnswers)}}
}

// question is what drift_compare is asked.
type question struct {
	A       json.RawMessage `json:"a" doc:"one answer: a string for text, a list for numbers and sequence, any value (or JSON as a string) for json"`
	B       json.RawMessage `json:"b" doc:"the other answer, likewise"`
	Kind    string          `json:"kind,omitempty" enum:"text,json,numbers,sequence" default:"text"`
	Profile string          `json:"profile,omitempty" enum:"general,financial,medical,carbon,strict,lenient" default:"general" doc:"how much drift is tolerated"`
	Metric  string          `json:"metric,omitempty" enum:"cosine,euclidean,manhattan,chebyshev,jensen-shannon" doc:"for numbers; the profile's if left out"`
}

// answer is what drift_compare answers.
type answer struct {
	Drift      float64    `json:"drift" doc:"0 is the same, 1 wholly different"`
	Passed     bool       `json:"passed" doc:"drift is at most the threshold"`
	Severity   Severity   `json:"severity" doc:"pass, warning (up to 1.5 thresholds), critical (up to 2), severe"`
	Threshold  float64    `json:"threshold"`
	Dimensions Dimensions `json:"dimensions"`
	Changes    []Change   `json:"changes" doc:"the gravest first"`
}

func compareAnswers(_ context.Context, _ *tools.Request, q question) (answer, error) {
	profile, err := ProfileOf(q.Profile)
	if err != nil {
		return answer{}, refuse(err)
	}
	if q.Metric != "" && q.Kind != "numbers" {
		return answer{}, refuse(errors.New("metric is for numbers only"))
	}
	d, err := q.compare(profile)
	if err != nil {
		return answer{}, refuse(err)
	}
	return answer{
		Drift: d.Score, Passed: profile.Passed(d.Score), Severity: profile.Severity(d.Score), Threshold: profile.Threshold,
		Dimensions: d.Dimensions, Changes: append([]Change{}, d.Changes...),
	}, nil
}

// refuse shows a fault of the question, which says nothing but what was sent.
func refuse(err error) error { return tools.Fail("invalid", err.Error(), err) }

// bound is how many bytes each answer may have, so that no call takes long.
const bound = 256 << 10

func (q *question) compare(p Profile) (Drift, error) {
	o := Options{MaxBytes: bound}
	if err := o.bound(len(q.A), len(q.B)); err != nil {
		return Drift{}, err
	}
	switch q.Kind {
	case "json":
		return JSON(document(q.A), document(q.B), o)
	case "numbers":
		return q.numbers(p)
	case "sequence":
		return q.sequence()
	default:
		return q.text(o)
	}
}

func (q *question) text(o Options) (Drift, error) {
	a, errA := decode[string](q.A)
	b, errB := decode[string](q.B)
	if errA != nil || errB != nil {
		return Drift{}, mismatch("a string")
	}
	return Text(a, b, o)
}

// document is a JSON value, or the one in a string that holds one.
func document(raw json.RawMessage) []byte {
	var text string
	if json.Unmarshal(raw, &text) == nil && json.Valid([]byte(text)) {
		return []byte(text)
	}
	return raw
}

func (q *question) numbers(p Profile) (Drift, error) {
	a, b, err := lists[float64](q, "a list of numbers")
	if err != nil {
		return Drift{}, err
	}
	metric := Metric(q.Metric)
	if metric == "" {
		metric = p.Metric
	}
	score, err := Numbers(a, b, metric, nil)
	return Drift{Score: score, Dimensions: Dimensions{Numeric: score}}, err
}

func (q *question) sequence() (Drift, error) {
	const most = 4096 // items: the table of two such sequences takes tens of milliseconds
	a, b, err := lists[string](q, "a list of strings")
	if err != nil {
		return Drift{}, err
	}
	if len(a) > most || len(b) > most {
		return Drift{}, fmt.Errorf("%w: %d and %d items, and the bound is %d", ErrTooLarge, len(a), len(b), most)
	}
	s, err := Sequences(a, b)
	d := Drift{Score: s.Score, Dimensions: Dimensions{Structure: s.Score}}
	if err == nil && s.Position >= 0 {
		d.Found, d.Changes = s.Edits, []Change{s.change(a, b)}
	}
	return d, err
}

// change says where sequences part and how many edits there are.
func (s SequenceDrift) change(a, b []string) Change {
	c := Change{
		Dimension: Structure, Pointer: fmt.Sprintf("/%d", s.Position), AtA: -1, AtB: -1, Weight: s.Score,
		What: fmt.Sprintf("they part here; %d edits in all, %d items in common", s.Edits, s.Common),
	}
	if s.Position < len(a) {
		c.A, c.AtA = clip(a[s.Position]), 0
	}
	if s.Position < len(b) {
		c.B, c.AtB = clip(b[s.Position]), 0
	}
	return c
}

func mismatch(want string) error {
	return fmt.Errorf("a and b must each be %s for this kind", want)
}

// lists reads both answers as lists.
func lists[T any](q *question, want string) (a, b []T, err error) {
	a, errA := list[T](q.A)
	b, errB := list[T](q.B)
	if errA != nil || errB != nil {
		return nil, nil, mismatch(want)
	}
	return a, b, nil
}

func list[T any](raw json.RawMessage) ([]T, error) {
	items, err := decode[[]json.RawMessage](raw)
	out := make([]T, 0, len(items))
	for _, item := range items {
		value, fault := decode[T](item)
		if fault != nil {
			return nil, fault
		}
		out = append(out, value)
	}
	return out, err
}

// decode reads one value. Null is none.
func decode[T any](raw json.RawMessage) (value T, err error) {
	if string(raw) == "null" {
		return value, errors.New("null")
	}
	err = json.Unmarshal(raw, &value)
	return value, err
}
