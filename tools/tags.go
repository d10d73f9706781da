package tools

import (
	"errors"
	"fmt"
	"math"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// A tagRule is a struct tag that constrains a field, and the shapes that it is for.
type tagRule struct {
	name   string
	shapes [4]shape // padded with shapeAny, which no tag is for
}

// tagRules are the tags besides json and doc.
func tagRules() [10]tagRule {
	texts, numbers, arrays := [4]shape{shapeString}, [4]shape{shapeInteger, shapeNumber}, [4]shape{shapeArray}
	return [10]tagRule{
		{"default", [4]shape{shapeString, shapeInteger, shapeNumber, shapeBoolean}},
		{"enum", [4]shape{shapeString, shapeInteger}},
		{"format", texts},
		{"max", numbers},
		{"maxItems", arrays},
		{"maxLength", texts},
		{"min", numbers},
		{"minItems", arrays},
		{"minLength", texts},
		{"pattern", texts},
	}
}

func (r *tagRule) allows(s shape) bool { return s != shapeAny && slices.Contains(r.shapes[:], s) }

// constrain reads the tags of a field.
func (r *reflector) constrain(f *field, tags reflect.StructTag, t reflect.Type, where string) {
	l, preset, limited := limits{}, "", f.node.limits != nil
	if limited {
		l = *f.node.limits
	}
	hasDefault := false
	for _, rule := range tagRules() {
		text, ok := tags.Lookup(rule.name)
		switch {
		case !ok:
		case !rule.allows(f.node.shape):
			r.fault(where, "tag %s is not for a %s", rule.name, f.node.shape)
		case rule.name == "default":
			preset, hasDefault = text, true
		default:
			limited, r.limited = true, true
			if err := l.read(rule.name, text, f.node.shape); err != nil {
				r.fault(where, "tag %s: %w", rule.name, err)
			}
		}
	}
	if limited {
		f.node.limits = &l
	}
	if !hasDefault {
		return
	}
	if err := f.preselect(preset, t); err != nil {
		r.fault(where, "tag default: %w", err)
	}
}

// read takes one tag.
func (l *limits) read(name, text string, s shape) (err error) {
	switch name {
	case "enum":
		l.enum, err = readEnum(text, s)
	case "min":
		l.min, err = readBound(text)
	case "max":
		l.max, err = readBound(text)
	case "minLength":
		l.minLen, err = readCount(text)
	case "maxLength":
		l.maxLen, err = readCount(text)
	case "minItems":
		l.minItems, err = readCount(text)
	case "maxItems":
		l.maxItems, err = readCount(text)
	case "pattern":
		l.pattern, err = regexp.Compile(text)
	case "format":
		l.format = text
	}
	return err
}

func readEnum(text string, s shape) ([]string, error) {
	values := strings.Split(text, ",")
	for i, value := range values {
		if value == "" || slices.Contains(values[:i], value) {
			return nil, fmt.Errorf("value %q is empty or there twice", value)
		}
		if s != shapeInteger {
			continue
		}
		if n, err := strconv.ParseInt(value, 10, 64); err != nil || strconv.FormatInt(n, 10) != value {
			return nil, fmt.Errorf("value %q is no integer", value)
		}
	}
	return values, nil
}

// readBound reads a bound that a float64 holds exactly, as far as integers go.
func readBound(text string) (*float64, error) {
	bound, err := strconv.ParseFloat(text, 64)
	if err != nil || math.IsNaN(bound) || math.Abs(bound) > 1<<53 {
		return nil, errors.New("want a number of at most 2^53")
	}
	return &bound, nil
}

func readCount(text string) (*int, error) {
	n, err := strconv.Atoi(text)
	if err != nil || n < 0 {
		return nil, errors.New("want a count")
	}
	return &n, nil
}

// preselect reads the default of a field.
func (f *field) preselect(text string, t reflect.Type) error {
	if f.required {
		return errors.New("the field is required, so it would never be used: add omitempty")
	}
	if t.Kind() == reflect.Pointer {
		return errors.New("is not for a pointer")
	}
	literal := []byte(text)
	if f.node.shape == shapeString {
		literal = appendString(nil, text)
	}
	preset := reflect.New(t).Elem()
	d := decoder{data: literal}
	if d.value(&f.node, preset) && d.end() && len(d.faults) == 0 {
		f.def, f.preset = literal, preset
		return nil
	}
	return d.err()
}
