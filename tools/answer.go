package tools

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
)

// A Doubter is an answer that says how little it trusts itself: 0 is no doubt, 1 is nothing but. It can only lower the
// confidence that the kernel computes. What Func's function returns may be one.
type Doubter interface{ Doubt() float64 }

// errAnswer wraps what is wrong with an answer.
var errAnswer = errors.New("the answer does not fit the tool's output schema")

// answer makes the result of what Func's function returned. Nil slices and maps are sent as [] and {}, as the schema
// says they are.
func (p *plan) answer(out any) (Result, error) {
	var buf bytes.Buffer
	w := json.NewEncoder(&buf)
	w.SetEscapeHTML(false)
	if err := w.Encode(out); err != nil {
		return Result{}, fmt.Errorf("%w: %w", errAnswer, err)
	}
	text, err := p.conform(bytes.TrimSuffix(buf.Bytes(), []byte{'\n'}))
	if err != nil {
		return Result{}, err
	}
	r := Result{Structured: text, Content: []Content{Text(string(text))}}
	if d, ok := out.(Doubter); ok {
		r.Doubt = d.Doubt()
	}
	return r, nil
}

// conform checks an answer that was encoded from the plan's Go type, as far as the type leaves something to check, and
// puts empty arrays and objects in the place of nulls.
func (p *plan) conform(text []byte) ([]byte, error) {
	nulls := bytes.Contains(text, []byte("null"))
	if !p.constrained && !nulls {
		return text, nil
	}
	d := decoder{data: text, patch: &patch{}}
	if !d.value(&p.root, reflect.Value{}) || !d.end() || len(d.faults) > 0 {
		return nil, fmt.Errorf("%w: %w", errAnswer, d.err())
	}
	return d.patch.apply(text), nil
}

// A patch is what to write in the place of nulls, from left to right.
type patch struct {
	at    []int
	empty []string
}

func (p *patch) replace(at int, s shape) {
	text := "{}"
	if s == shapeArray {
		text = "[]"
	}
	p.at, p.empty = append(p.at, at), append(p.empty, text)
}

func (p *patch) apply(text []byte) []byte {
	if len(p.at) == 0 {
		return text
	}
	out := make([]byte, 0, len(text))
	from := 0
	for i, at := range p.at {
		out = append(append(out, text[from:at]...), p.empty[i]...)
		from = at + len("null")
	}
	return append(out, text[from:]...)
}
