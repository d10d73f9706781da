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

// tagNames are the struct tags, besides json and doc, that constrain a field, and the shapes each is for.
func tagNames() map[string][]shape {
	texts, numbers := []shape{shapeString}, []shape{shapeInteger, shapeNumber}
	return map[string][]shape{
		"enum":      {shapeString, shapeInteger},
		"min":       numbers,
		"max":       numbers,
		"minLength": texts,
		"maxLength": texts,
		"pattern":   texts,
		"format":    texts,
		"minItems":  {shapeArray},
		"maxItems":  {shapeArray},
		"default":   {shapeString, shapeInteger, shapeNumber, shapeBoolean},
	}
}

// constrain reads the tags of a field.
func (r *reflector) constrain(f *field, tags reflect.StructTag, t reflect.Type, where string) {
	allowed := tagNames()
	l := limits{}
	if f.node.limits != nil {
		l = *f.node.limits
	}
	for _, name := range sortedKeys(allowed) {
		text, ok := tags.Lookup(name)
		if !ok {
			continue
		}
		if !slices.Contains(allowed[name], f.node.shape) {
			r.fault(where, "tag %s is not for a %s", name, f.node.shape)
			continue
		}
		if name == "default" {
			continue
		}
		r.limited = true
		if err := l.read(name, text, f.node.shape); err != nil {
			r.fault(where, "tag %s: %w", name, err)
		}
	}
	if !reflect.DeepEqual(l, limits{}) {
		f.node.limits = &l
	}
	if text, ok := tags.Lookup("default"); ok {
		if err := f.preselect(text, t); err != nil {
			r.fault(where, "tag default: %w", err)
		}
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
