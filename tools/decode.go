package tools

import (
	"bytes"
	"encoding/json"
	"reflect"
)

// A decoder reads one JSON text by a plan, in one pass. It goes on after a fault, so that all of them are reported; it
// stops at what is no JSON. With a Go value it fills that in, without one it only checks.
type decoder struct {
	data   []byte
	pos    int
	depth  int
	path   []step
	faults []Fault
	hidden int    // faults beyond maxFaults
	broken string // why the text is no JSON
	patch  *patch // in answers: what to write in the place of nulls
}

// decode fills in a Go value. Nothing of the value may be used when there is an error, which is an *ArgumentError.
func (p *plan) decode(data []byte, v reflect.Value, limit int) error {
	if len(data) > limit {
		return tooLarge(len(data), limit)
	}
	if v.Kind() == reflect.Pointer {
		v.Set(reflect.New(v.Type().Elem()))
		v = v.Elem()
	}
	d := decoder{data: data}
	if d.value(&p.root, v) && d.end() && len(d.faults) == 0 {
		return nil
	}
	return d.err()
}

// check only checks.
func (p *plan) check(data []byte, limit int) error {
	if len(data) > limit {
		return tooLarge(len(data), limit)
	}
	d := decoder{data: data}
	if !d.value(&p.root, reflect.Value{}) || !d.end() || len(d.faults) > 0 {
		return d.err()
	}
	if p.whole == nil {
		return nil
	}
	return p.whole.check(data)
}

// value reads one value. It reports whether the text can be read on.
func (d *decoder) value(n *node, v reflect.Value) bool {
	c := d.peek()
	if c == 'n' && n.shape != shapeAny {
		return d.null(n, v)
	}
	if v.IsValid() && v.Kind() == reflect.Pointer {
		v.Set(reflect.New(v.Type().Elem()))
		v = v.Elem()
	}
	switch {
	case n.shape == shapeAny:
		return d.any(n, v)
	case n.shape == shapeCustom:
		return d.custom(n, v)
	case c == '{' && n.shape == shapeObject:
		return d.object(n.object, v)
	case c == '{' && n.shape == shapeMap:
		return d.dict(n, v)
	case c == '[' && n.shape == shapeArray:
		return d.array(n, v)
	case c == '"' && n.shape == shapeString:
		return d.string(n, v)
	case (c == 't' || c == 'f') && n.shape == shapeBoolean:
		return d.boolean(v)
	case (c == '-' || '0' <= c && c <= '9') && (n.shape == shapeInteger || n.shape == shapeNumber):
		return d.numeric(n, v)
	}
	return d.mismatch(n, c)
}

// mismatch reports a value of another type and passes it over.
func (d *decoder) mismatch(n *node, c byte) bool {
	got := "a value"
	switch {
	case c == '{':
		got = "object"
	case c == '[':
		got = "array"
	case c == '"':
		got = "string"
	case c == 't' || c == 'f':
		got = "boolean"
	case c == 'n':
		got = "null"
	case c == '-' || '0' <= c && c <= '9':
		got = "number"
	}
	at := len(d.faults)
	if _, ok := d.skip(); !ok {
		return false
	}
	d.faults = d.faults[:at] // what is inside was not asked for
	d.fault("want " + n.want() + ", got " + got)
	return true
}

func (d *decoder) null(n *node, v reflect.Value) bool {
	switch {
	case n.nullable:
		if v.IsValid() {
			v.SetZero()
		}
		return d.literal("null")
	case d.patch != nil && (n.shape == shapeArray || n.shape == shapeMap) && n.limits == nil:
		d.patch.replace(d.pos, n.shape)
		return d.literal("null")
	default:
		return d.mismatch(n, 'n')
	}
}

// any reads a value of no particular type. Numbers in it stay json.Number, so that none is rounded.
func (d *decoder) any(n *node, v reflect.Value) bool {
	text, ok := d.skip()
	if !ok || !v.IsValid() {
		return ok
	}
	if n.typ.Kind() == reflect.Interface {
		reader := json.NewDecoder(bytes.NewReader(text))
		reader.UseNumber()
		if err := reader.Decode(v.Addr().Interface()); err != nil {
			d.fault("is not readable")
		}
		return true
	}
	v.SetBytes(bytes.Clone(text))
	return true
}

// custom reads a value by its type's own decoder.
func (d *decoder) custom(n *node, v reflect.Value) bool {
	text, ok := d.skip()
	if !ok {
		return false
	}
	if n.custom != nil {
		if why := n.custom.problem(text); why != "" {
			d.fault(why)
			return true
		}
	}
	if v.IsValid() && json.Unmarshal(text, v.Addr().Interface()) != nil {
		d.fault("is no valid " + n.kind())
	}
	return true
}

// kind names a custom value for messages.
func (n *node) kind() string {
	if n.limits != nil && n.limits.format != "" {
		return n.limits.format
	}
	t := n.typ
	if t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	return t.Name()
}

// object reads the members that the plan knows. Every unknown, repeated and missing one is a fault.
func (d *decoder) object(o *object, v reflect.Value) bool {
	var few [64]bool
	seen := few[:]
	if len(o.fields) > len(few) {
		seen = make([]bool, len(o.fields))
	}
	if !d.enter() {
		return false
	}
	if !d.empty('}') && !d.members(o, v, seen) {
		return false
	}
	d.absent(o, v, seen)
	return true
}

func (d *decoder) members(o *object, v reflect.Value, seen []bool) bool {
	var others keySet
	for {
		key, ok := d.key()
		if !ok {
			return false
		}
		i, known := o.index[string(key)]
		switch {
		case known:
			ok = d.member(&o.fields[i], v, &seen[i])
		default:
			ok = d.other(o, key, &others)
		}
		if !ok {
			return false
		}
		if more, ok := d.more('}'); !more {
			return ok
		}
	}
}

func (d *decoder) member(f *field, v reflect.Value, seen *bool) bool {
	d.path = append(d.path, step{key: f.name})
	if *seen {
		d.fault("there twice")
	}
	*seen = true
	if v.IsValid() {
		v = fieldAt(v, f.path)
	}
	ok := d.value(&f.node, v)
	d.pop()
	return ok
}

// fieldAt is reflect.Value.FieldByIndex for the usual field of no embedded struct.
func fieldAt(v reflect.Value, path []int) reflect.Value {
	if len(path) == 1 {
		return v.Field(path[0])
	}
	return v.FieldByIndex(path)
}

// other reads a member that the plan does not know.
func (d *decoder) other(o *object, key []byte, seen *keySet) bool {
	d.push(key)
	defer d.pop()
	switch {
	case !o.open:
		d.fault(unknown(string(key), o.names()))
	case seen.add(key):
		d.fault("there twice")
	case o.rest != nil:
		return d.value(o.rest, reflect.Value{})
	}
	at := len(d.faults)
	_, ok := d.skip()
	if ok && !o.open {
		d.faults = d.faults[:at]
	}
	return ok
}

// absent reports required members that are missing and sets the defaults of the others.
func (d *decoder) absent(o *object, v reflect.Value, seen []bool) {
	for i := range o.fields {
		f := &o.fields[i]
		switch {
		case seen[i]:
		case f.required:
			d.path = append(d.path, step{key: f.name})
			d.fault("missing, want " + f.node.want())
			d.pop()
		case v.IsValid() && o.defaults:
			f.setDefault(v)
		}
	}
}

// setDefault sets the default of a field that is absent, or those within it.
func (f *field) setDefault(v reflect.Value) {
	at := fieldAt(v, f.path)
	switch {
	case f.preset.IsValid():
		at.Set(f.preset)
	case f.node.shape == shapeObject && at.Kind() == reflect.Struct && f.node.object.defaults:
		for i := range f.node.object.fields {
			f.node.object.fields[i].setDefault(at)
		}
	}
}

// dict reads a map.
func (d *decoder) dict(n *node, v reflect.Value) bool {
	var seen keySet
	var t reflect.Type
	if v.IsValid() {
		t = v.Type()
		v.Set(reflect.MakeMap(t))
	}
	if !d.enter() || d.empty('}') {
		return d.broken == ""
	}
	for {
		key, ok := d.key()
		if !ok {
			return false
		}
		d.push(key)
		if seen.add(key) {
			d.fault("there twice")
		}
		var elem reflect.Value
		if v.IsValid() {
			elem = reflect.New(t.Elem()).Elem()
		}
		if !d.value(n.elem, elem) {
			return false
		}
		d.pop()
		if v.IsValid() {
			v.SetMapIndex(reflect.ValueOf(string(key)).Convert(t.Key()), elem)
		}
		if more, ok := d.more('}'); !more {
			return ok
		}
	}
}

// array reads a slice or an array.
func (d *decoder) array(n *node, v reflect.Value) bool {
	slice := v.IsValid() && v.Kind() == reflect.Slice
	if slice {
		v.Set(reflect.MakeSlice(v.Type(), 0, 4))
	}
	count := 0
	if !d.enter() {
		return false
	}
	for more := !d.empty(']'); more; count++ {
		var elem reflect.Value // stays invalid where nothing is kept
		switch {
		case slice:
			v.Grow(1)
			v.SetLen(count + 1)
			elem = v.Index(count)
			elem.SetZero()
		case v.IsValid() && count < v.Len():
			elem = v.Index(count)
		}
		d.pushIndex(count)
		if !d.value(n.elem, elem) {
			return false
		}
		d.pop()
		var ok bool
		if more, ok = d.more(']'); !ok {
			return false
		}
	}
	d.limitItems(n.limits, count)
	return true
}

func (d *decoder) string(n *node, v reflect.Value) bool {
	text, ok := d.text()
	if !ok {
		return false
	}
	if n.limits != nil {
		d.limitText(n.limits, text)
	}
	if v.IsValid() {
		v.SetString(string(text))
	}
	return true
}

func (d *decoder) boolean(v reflect.Value) bool {
	yes := d.data[d.pos] == 't'
	if v.IsValid() {
		v.SetBool(yes)
	}
	if yes {
		return d.literal("true")
	}
	return d.literal("false")
}
