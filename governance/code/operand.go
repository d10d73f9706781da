package code

import "strings"

// operandKind says how much is known of a value.
type operandKind uint8

const (
	opOther  operandKind = iota // nothing but what it is made of
	opText                      // a text, all of it
	opMixed                     // a text in which {} stands for what is not known, or that may have been changed since
	opNumber                    // a number as it is written
	opName                      // what a dotted path names
	opList                      // a list, a tuple, a map, an object
)

// An operand is a value as far as the code tells it.
type operand struct {
	kind    operandKind
	literal bool      // it is written where it stands; else a variable or a call gave it
	decoded bool      // it was put together from what does not read like it: decoded, reversed, made of numbers
	text    passage   // of opText and opMixed
	name    string    // of opName the path, of opNumber the digits, of opOther its operator
	key     string    // the name that an argument is given by, or the key of a map
	items   []operand // of opList, and what an opOther is made of
	from    int       // where it starts in the passage that its call stands in
	to      int       // and where it ends
}

// isText reports whether a value is a text of which something is known.
func (o *operand) isText() bool { return o.kind == opText || o.kind == opMixed }

// constant reports whether nothing in a value can be anything else at run time.
func (o *operand) constant() bool {
	switch o.kind {
	case opText, opNumber:
		return true
	case opList:
		for i := range o.items {
			if !o.items[i].constant() {
				return false
			}
		}
		return true
	case opName:
		switch o.name {
		case "nil", "ctx", "None", "null", "undefined", "true", "false", "True", "False":
			return true
		}
	default:
	}
	return false
}

// each calls visit for a value and all it is made of, until visit returns false.
func (o *operand) each(visit func(*operand) bool) bool {
	if !visit(o) {
		return false
	}
	for i := range o.items {
		if !o.items[i].each(visit) {
			return false
		}
	}
	return true
}

// concat returns two values one after the other, as text.
func concat(left, right operand) operand {
	joined := operand{kind: opText, literal: left.literal && right.literal, decoded: left.decoded || right.decoded, from: left.from, to: right.to}
	var w weaver
	for _, o := range [...]*operand{&left, &right} {
		switch {
		case o.isText():
			w.copy(&o.text, 0, len(o.text.text))
			if o.kind == opMixed {
				joined.kind = opMixed
			}
			continue
		case o.kind == opNumber:
			w.write(o.name, o.text.base)
			continue
		}
		joined.kind = opMixed
		w.write("{}", o.text.base)
	}
	joined.text = w.passage(right.text.where(len(right.text.text)))
	return joined
}

// made returns a text that a call or an operator makes of another, all of whose characters stand where the other does.
func (o *operand) made(text string) operand {
	result := operand{kind: o.kind, decoded: true, from: o.from, to: o.to}
	var w weaver
	at := o.text.where(0)
	w.write(text, at)
	result.text = w.passage(o.text.where(len(o.text.text)))
	if text == "" {
		result.text = passage{base: at}
	}
	return result
}

// lastName returns what a dotted path ends in.
func lastName(path string) string { return path[strings.LastIndexByte(path, '.')+1:] }

// keyed returns the value of a key of a map, nil when it has none.
func (o *operand) keyed(key string) *operand {
	for i := range o.items {
		if o.items[i].key == key {
			return &o.items[i]
		}
	}
	return nil
}
