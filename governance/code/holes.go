package code

import "strings"

// stringValue returns the value of the literal at i, with what stands in its holes as far as that is known.
func (r *reader) stringValue(i int) operand {
	tok := r.at(i)
	value := operand{kind: opText, literal: true, from: int(tok.start), to: int(tok.end)}
	if r.language == PHP && r.text[tok.start] == '"' && strings.Contains(r.body(i), "$") {
		value.kind = opMixed
	}
	if !tok.holes {
		value.text = r.tokens.literal(i)
		return value
	}
	value.text, value.kind = r.filled(i)
	value.literal = false
	return value
}

// filled returns the value of a literal with holes: {} for those that hold more than a name of a known text.
func (r *reader) filled(i int) (passage, operandKind) {
	tok := r.at(i)
	var w weaver
	kind := opText
	from, to := int(tok.start)+int(tok.open), int(tok.end)-int(tok.shut)
	for n := i + 1; n < r.behind(i); n++ {
		start := int(r.at(n).start)
		open := strings.LastIndexByte(r.text[from:start], '{')
		if open < 0 {
			continue
		}
		plain := from + open
		if plain > from && (r.text[plain-1] == '$' || r.text[plain-1] == '#') {
			plain--
		}
		w.copy(&r.passage, from, plain)
		end := r.holeEnd(n, to)
		inner := reader{program: r.program, end: n + 1, nested: r.nested + 1}
		value := inner.settled(operand{kind: opName, name: r.word(n)})
		if value.isText() && r.at(n+1).start >= int32(end) || value.isText() && n+1 == r.behind(i) {
			w.copy(&value.text, 0, len(value.text.text))
			if value.kind == opMixed {
				kind = opMixed
			}
		} else {
			w.write("{}", r.where(plain))
			kind = opMixed
		}
		for n+1 < r.behind(i) && int(r.at(n+1).start) < end {
			n++
		}
		from = min(end+1, to)
	}
	if from < to {
		w.copy(&r.passage, from, to)
	}
	return w.passage(r.bodyEnd(i)), kind
}

// holeEnd returns the place of the bracket that closes the hole whose first token is at n.
func (r *reader) holeEnd(n, to int) int {
	depth := 0
	for at := int(r.at(n).start); at < to; at++ {
		switch r.text[at] {
		case '{':
			depth++
		case '}':
			if depth--; depth < 0 {
				return at
			}
		}
	}
	return to
}
