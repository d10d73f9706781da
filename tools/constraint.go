package tools

import (
	"reflect"
	"slices"
	"strconv"
	"unicode/utf8"
)

// numeric reads a number into the Go type, exactly for integers, else as near as the type can.
func (d *decoder) numeric(n *node, v reflect.Value) bool {
	text, ok := d.number()
	if !ok {
		return false
	}
	switch {
	case n.typ == nil: // a schema document decides on its own
	case n.shape == shapeInteger && slices.ContainsFunc(text, isFraction):
		d.fault("want integer, without fraction or exponent")
		return true
	case !fits(n.typ, text):
		d.fault("is out of range")
		return true
	}
	if n.limits != nil {
		d.limitNumber(n, text)
	}
	if v.IsValid() {
		setNumber(v, text)
	}
	return true
}

func isFraction(c byte) bool { return c == '.' || c == 'e' || c == 'E' }

// fits reports whether the number is one of the type's, or of the type that a pointer points to.
func fits(t reflect.Type, text []byte) bool {
	if t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	var err error
	switch t.Kind() {
	case reflect.String: // json.Number
	case reflect.Float32, reflect.Float64:
		_, err = strconv.ParseFloat(string(text), t.Bits())
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		_, err = strconv.ParseUint(string(text), 10, t.Bits())
	default:
		_, err = strconv.ParseInt(string(text), 10, t.Bits())
	}
	return err == nil
}

// setNumber sets a number that fits.
func setNumber(v reflect.Value, text []byte) {
	switch v.Kind() {
	case reflect.String:
		v.SetString(string(text))
	case reflect.Float32, reflect.Float64:
		f, _ := strconv.ParseFloat(string(text), v.Type().Bits())
		v.SetFloat(f)
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		u, _ := strconv.ParseUint(string(text), 10, v.Type().Bits())
		v.SetUint(u)
	default:
		i, _ := strconv.ParseInt(string(text), 10, v.Type().Bits())
		v.SetInt(i)
	}
}

// limitText checks a string against its constraints.
func (d *decoder) limitText(l *limits, text []byte) {
	switch {
	case len(l.enum) > 0 && !slices.Contains(l.enum, string(text)):
		d.fault(notOneOf(string(text), l.enum))
	case l.minLen != nil && utf8.RuneCount(text) < *l.minLen:
		d.fault("want at least " + strconv.Itoa(*l.minLen) + " characters")
	case l.maxLen != nil && utf8.RuneCount(text) > *l.maxLen:
		d.fault("want at most " + strconv.Itoa(*l.maxLen) + " characters")
	case l.pattern != nil && !l.pattern.Match(text):
		d.fault("does not match the pattern " + l.pattern.String())
	}
}

// limitNumber checks a number against its constraints.
func (d *decoder) limitNumber(n *node, text []byte) {
	l := n.limits
	f, _ := strconv.ParseFloat(string(text), 64)
	switch {
	case len(l.enum) > 0 && !slices.Contains(l.enum, string(text)):
		d.fault(notOneOf("", l.enum))
	case l.min != nil && f < *l.min:
		d.fault("want at least " + strconv.FormatFloat(*l.min, 'f', -1, 64))
	case l.max != nil && f > *l.max:
		d.fault("want at most " + strconv.FormatFloat(*l.max, 'f', -1, 64))
	}
}

// limitItems checks the length of an array.
func (d *decoder) limitItems(l *limits, n int) {
	switch {
	case l == nil:
	case l.minItems != nil && n < *l.minItems:
		d.fault("want at least " + strconv.Itoa(*l.minItems) + " items")
	case l.maxItems != nil && n > *l.maxItems:
		d.fault("want at most " + strconv.Itoa(*l.maxItems) + " items")
	}
}
