package rules

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"

	"github.com/cedar-policy/cedar-go/types"
)

// maxElements bounds the elements of one array that a rule looks at.
const maxElements = 10_000

// errShape says that an argument is not what its schema says, so that a rule cannot judge it.
var errShape = errors.New("is not what the input schema says")

// A want is what the rules of one action look at: all of a value, or some of its members.
type want struct {
	all     bool
	members map[string]*want
}

// add takes in one more path of names.
func (w *want) add(names []string) {
	if len(names) == 0 {
		w.all = true
		return
	}
	if w.members == nil {
		w.members = map[string]*want{}
	}
	if w.members[names[0]] == nil {
		w.members[names[0]] = &want{}
	}
	w.members[names[0]].add(names[1:])
}

// value returns what of a JSON value is wanted, as Cedar's; nil for null. An error denies.
func (s *shape) value(raw json.RawMessage, w *want) (types.Value, error) {
	raw = bytes.TrimSpace(raw)
	if string(raw) == "null" {
		return nil, nil //nolint:nilnil // null is no value, and no fault
	}
	switch s.kind {
	case shapeString:
		var text string
		err := read(raw, '"', &text)
		return types.String(text), err
	case shapeBool:
		var truth bool
		err := read(raw, 0, &truth)
		return types.Boolean(truth), err
	case shapeLong:
		return long(string(raw))
	case shapeDecimal:
		return decimal(string(raw))
	case shapeSet:
		return s.set(raw)
	case shapeRecord:
		return s.record(raw, w)
	default:
		return nil, errShape
	}
}

// read decodes a value that must begin with a character, or with any when that is 0.
func read(raw json.RawMessage, begins byte, into any) error {
	if len(raw) == 0 || begins != 0 && raw[0] != begins || json.Unmarshal(raw, into) != nil {
		return errShape
	}
	return nil
}

// long returns a whole number, however it is written.
func long(text string) (types.Value, error) {
	if n, err := strconv.ParseInt(text, 10, 64); err == nil {
		return types.Long(n), nil
	}
	f, err := strconv.ParseFloat(text, 64)
	if err != nil || f != math.Trunc(f) || math.Abs(f) > 1<<53 {
		return nil, errShape
	}
	return types.Long(int64(f)), nil
}

// decimal returns a number with at most the four decimals that Cedar has. One with more is an error and not rounded:
// whoever sends 100.00001 must not pass for 100.
func decimal(text string) (types.Value, error) {
	f, err := strconv.ParseFloat(text, 64)
	if err != nil {
		return nil, errShape
	}
	if strings.ContainsAny(text, "eE") {
		text = strconv.FormatFloat(f, 'f', -1, 64)
	}
	whole, fraction, _ := strings.Cut(text, ".")
	fraction = strings.TrimRight(fraction, "0")
	if fraction == "" {
		fraction = "0"
	}
	d, err := types.ParseDecimal(whole + "." + fraction)
	if err != nil {
		return nil, errors.New("has more digits than a rule can judge")
	}
	return d, nil
}

func (s *shape) set(raw json.RawMessage) (types.Value, error) {
	var elements []json.RawMessage
	if err := read(raw, '[', &elements); err != nil {
		return nil, err
	}
	if len(elements) > maxElements {
		return nil, fmt.Errorf("has %d elements: a rule can judge %d", len(elements), maxElements)
	}
	values := make([]types.Value, 0, len(elements))
	for i, e := range elements {
		v, err := s.element.value(e, &want{all: true})
		switch {
		case err != nil:
			return nil, within(strconv.Itoa(i), err)
		case v == nil:
			return nil, within(strconv.Itoa(i), errShape)
		}
		values = append(values, v)
	}
	return types.NewSet(values...), nil
}

func (s *shape) record(raw json.RawMessage, w *want) (types.Value, error) {
	var members map[string]json.RawMessage
	if err := read(raw, '{', &members); err != nil {
		return nil, err
	}
	record := make(types.RecordMap)
	for name, member := range s.members {
		value, there := members[name]
		inner := w.members[name]
		if !there || member.kind == shapeNone || !w.all && inner == nil {
			continue
		}
		if w.all {
			inner = &want{all: true}
		}
		v, err := member.value(value, inner)
		if err != nil {
			return nil, within(name, err)
		}
		if v != nil {
			record[types.String(name)] = v
		}
	}
	return types.NewRecord(record), nil
}

// A valueError is what is wrong with one argument, which its pointer names.
type valueError struct {
	pointer string
	err     error
}

func (e *valueError) Error() string { return e.pointer + " " + e.err.Error() }

func (e *valueError) Unwrap() error { return e.err }

// within lengthens the pointer of an error by the step that led there.
func within(step string, err error) error {
	step = "/" + strings.NewReplacer("~", "~0", "/", "~1").Replace(step)
	if inner, ok := errors.AsType[*valueError](err); ok {
		return &valueError{step + inner.pointer, inner.err}
	}
	return &valueError{step, err}
}
