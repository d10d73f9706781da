package code

import "strings"

// maxNested is how deep expressions within expressions are read; what lies deeper is an operand of which nothing is known.
const maxNested = 24

// A reader reads expressions from the tokens of a program, as far as is worth knowing: texts and what they are joined of,
// names, calls, lists. What it doesn't understand it passes over up to the next comma or bracket.
type reader struct {
	*program
	end    int // no token from here on is read
	nested int // how many brackets are open
}

// expression reads an expression at i, up to a comma, a bracket, a semicolon or, outside brackets, the end of the line.
func (r *reader) expression(i int) (operand, int) {
	value, i := r.term(i)
	for i < r.end {
		i = r.lines(i)
		tok := r.at(i)
		switch tok.kind {
		case kindString:
			if r.language != Python && r.language != C && r.language != Ruby {
				return r.over(value, i)
			}
			next, end := r.term(i)
			value, i = concat(value, next), end
		case kindPunct:
			c := r.text[tok.start]
			if i >= r.end || stops(c) || r.is(i, "=>") || r.is(i, ":=") || c == '=' && tok.end-tok.start == 1 {
				return value, i
			}
			value, i = r.binary(value, i, c)
		case kindWord:
			switch r.word(i) {
			case "or", "and", "is", "not", "as", "in", "instanceof":
				value, i = r.binary(value, i, 'w')
			default:
				return r.over(value, i)
			}
		default:
			return value, i
		}
	}
	return value, i
}

// stops reports whether an operator ends an expression.
func stops(c byte) bool { return strings.IndexByte(",)]};:", c) >= 0 }

// lines skips ends of lines where they mean nothing.
func (r *reader) lines(i int) int {
	for r.nested > 0 && i < r.end && r.at(i).kind == kindNewline {
		i++
	}
	return i
}

// over passes over what is left of an expression that is not understood.
func (r *reader) over(value operand, i int) (operand, int) {
	depth := 0
	for ; i < r.end; i++ {
		tok := r.at(i)
		if tok.kind == kindEnd || tok.kind == kindNewline && depth == 0 && r.nested == 0 {
			break
		}
		if tok.kind != kindPunct {
			continue
		}
		switch c := r.text[tok.start]; c {
		case '(', '[', '{':
			depth++
		case ')', ']', '}':
			depth--
		case ',', ';':
			if depth == 0 {
				return unsure(value), i
			}
		}
		if depth < 0 {
			break
		}
	}
	return unsure(value), i
}

// unsure returns a value that is only a part of what is meant.
func unsure(value operand) operand {
	return operand{from: value.from, to: value.to, items: []operand{value}, key: value.key}
}

// binary reads an operator at i and its right side.
func (r *reader) binary(left operand, i int, c byte) (operand, int) {
	size := 1
	if r.is(i, "not") || r.is(i, "is") && r.is(i+1, "not") || c == '*' && r.is(i+1, "*") || (c == '<' || c == '>' || c == '|' || c == '&' || c == '?') && r.at(i+1).kind == kindPunct && r.text[r.at(i+1).start] == c {
		size = 2
	}
	if c == '?' || r.is(i, "if") { // of a ? b : c nothing is known
		return r.over(left, i)
	}
	right, next := r.term(i + size)
	switch {
	case c == '+', c == '.' && r.language == PHP:
		if left.isText() || right.isText() {
			return concat(left, right), next
		}
	case c == '%' && left.isText() && (r.language == Python || r.language == Ruby):
		return left.formatted(right), next
	case c == '*' && left.kind == opText && right.kind == opNumber:
		left.kind = opMixed
		return left, next
	}
	op := r.text[r.at(i).start:r.at(i).end]
	return operand{name: op, items: []operand{left, right}, from: left.from, to: right.to}, next
}

// term reads one operand with what stands before and behind it.
func (r *reader) term(i int) (operand, int) {
	i = r.lines(i)
	for n := 0; n < 4 && i < r.end && r.isUnary(i); n++ {
		i = r.lines(i + 1)
	}
	if i >= r.end || r.nested > maxNested {
		at := int(r.at(min(i, r.end)).start)
		value := operand{from: at, to: at}
		if r.nested > maxNested {
			return r.over(value, i)
		}
		return value, i
	}
	value, next := r.primary(i)
	return r.postfix(value, next)
}

// isUnary reports whether the token at i only changes the operand behind it, in ways that don't matter here.
func (r *reader) isUnary(i int) bool {
	switch tok := r.at(i); tok.kind {
	case kindPunct:
		c := r.text[tok.start]
		return c == '!' || c == '-' || c == '&' || c == '~' || c == '*' || c == '.' && r.is(i+1, ".") || c == '@'
	case kindWord:
		switch r.word(i) {
		case "await", "not", "typeof", "new", "yield", "void", "return":
			return r.at(i+1).kind == kindWord || r.at(i+1).kind == kindString || r.is(i+1, "(") || r.is(i+1, "[")
		}
	default:
	}
	return false
}

// primary reads a literal, a name, or what stands in brackets.
func (r *reader) primary(i int) (operand, int) {
	tok := r.at(i)
	value := operand{from: int(tok.start), to: int(tok.end)}
	switch tok.kind {
	case kindString, kindCommand, kindPattern:
		if tok.kind == kindString {
			value = r.stringValue(i)
		}
		return value, r.behind(i)
	case kindNumber:
		value.kind, value.name, value.literal = opNumber, r.word(i), true
		value.text.base = r.where(int(tok.start))
		return value, i + 1
	case kindWord:
		return r.nameOrLambda(i)
	case kindPunct:
		switch r.text[tok.start] {
		case '(', '[', '{':
			return r.bracketed(i)
		case ')', ']', '}', ',', ';', ':':
			return value, i
		}
	case kindNewline, kindEnd:
		return value, i
	}
	return value, i + 1
}

// nameOrLambda reads a word: a name, or the beginning of a function without one.
func (r *reader) nameOrLambda(i int) (operand, int) {
	tok := r.at(i)
	value := operand{kind: opName, name: r.word(i), from: int(tok.start), to: int(tok.end)}
	switch value.name {
	case "lambda", "function", "func", "async", "class", "def", "fn", "if", "for", "while":
		return r.over(operand{from: value.from, to: value.to}, i)
	}
	return value, i + 1
}

// bracketed reads a list, a map, a tuple, or an expression in brackets.
func (r *reader) bracketed(i int) (operand, int) {
	open := r.text[r.at(i).start]
	if open == '[' && r.is(i+1, "]") && r.language == Go { // []string{…}
		for i += 2; i < r.end && !r.is(i, "{") && (r.at(i).kind == kindWord || r.is(i, ".") || r.is(i, "*")); i++ {
		}
		if !r.is(i, "{") {
			return operand{from: int(r.at(i).start), to: int(r.at(i).end)}, i
		}
		open = '{'
	}
	items, last, commas := r.between(i + 1)
	value := operand{kind: opList, items: items, from: int(r.at(i).start), to: int(r.at(last - 1).end)}
	if open == '(' && !commas && len(items) == 1 {
		value = items[0]
	}
	return value, last
}

// between reads what stands between brackets, from behind the opening one to behind the closing one.
func (r *reader) between(i int) (items []operand, end int, commas bool) {
	r.nested++
	defer func() { r.nested-- }()
	for i = r.lines(i); i < r.end && len(items) < 64; i = r.lines(i) {
		tok := r.at(i)
		if tok.kind == kindEnd {
			break
		}
		if tok.kind == kindPunct && strings.IndexByte(")]}", r.text[tok.start]) >= 0 {
			return items, i + 1, commas
		}
		if r.is(i, ",") || r.is(i, ";") {
			commas = true
			i++
			continue
		}
		var item operand
		before := i
		item, i = r.item(i)
		items = append(items, item)
		if i == before {
			i++
		}
	}
	for depth := 0; i < r.end; i++ { // too long a list: to its end
		switch {
		case r.is(i, "(") || r.is(i, "[") || r.is(i, "{"):
			depth++
		case r.is(i, ")") || r.is(i, "]") || r.is(i, "}"):
			if depth--; depth < 0 {
				return items, i + 1, commas
			}
		}
	}
	return items, i, commas
}

// item reads an element of a list or an argument, maybe with its key.
func (r *reader) item(i int) (operand, int) {
	key := ""
	if k := r.at(i).kind; (k == kindWord || k == kindString) && (r.is(i+1, "=") || r.is(i+1, ":") || r.is(i+1, "=>")) && !r.is(i+2, ":") {
		if key = r.word(i); k == kindString {
			key = r.body(i)
		}
		i += 2
	}
	value, next := r.expression(i)
	if tok := r.at(next); next < r.end && (tok.kind != kindPunct || !stops(r.text[tok.start])) {
		value, next = r.over(value, next)
	}
	if r.is(next, ":") && next < r.end { // a slice, a type
		value, next = r.over(value, next)
	}
	value.key = key
	return value, next
}

// postfix reads members, calls and indexes behind an operand.
func (r *reader) postfix(value operand, i int) (operand, int) {
	var receiver *operand
	for range 16 {
		if i >= r.end {
			break
		}
		if dot := r.lines(i); r.separator(dot) && r.at(dot+1).kind == kindWord && (r.language != PHP || !r.is(dot, ".")) && dot+1 < r.end {
			receiver, value = r.member(value, dot+1)
			i = dot + 2
			continue
		}
		switch {
		case r.is(i, "("):
			value, i = r.called(value, receiver, i)
			receiver = nil
		case r.is(i, "["):
			value, i = r.element(value, i)
			receiver = nil
		case r.is(i, "{") && value.kind == opList && (r.language == Java):
			value, i = r.bracketed(i)
		default:
			return r.settled(value), i
		}
	}
	return r.settled(value), i
}

// member returns a member of a value: its path, and what it is a member of when that is more than a name.
func (r *reader) member(value operand, i int) (*operand, operand) {
	path := operand{kind: opName, name: r.word(i), from: value.from, to: int(r.at(i).end)}
	if value.kind == opName {
		path.name = value.name + "." + path.name
		known := r.settled(value)
		return &known, path
	}
	receiver := value
	path.name = "?." + path.name
	return &receiver, path
}

// settled returns what a name stands for: the constant that it was set to, or the path that it was imported as.
func (r *reader) settled(value operand) operand {
	if value.kind != opName {
		return value
	}
	if known, ok := r.flow.get(value.name, len(r.text)); ok {
		known.key, known.from, known.to, known.literal = value.key, value.from, value.to, false
		return known
	}
	value.name = r.resolve(value.name)
	return value
}

// called reads the arguments at i and returns what the call gives.
func (r *reader) called(value operand, receiver *operand, i int) (operand, int) {
	args, end, _ := r.between(i + 1)
	path := ""
	if value.kind == opName {
		path = r.resolve(value.name)
	}
	result := evaluate(path, receiver, args)
	result.from, result.to = value.from, int(r.at(end-1).end)
	return result, end
}

// element reads an index at i.
func (r *reader) element(value operand, i int) (operand, int) {
	from := value.from
	if r.is(i+1, ":") && r.is(i+2, ":") && r.is(i+3, "-") && r.is(i+5, "]") || r.is(i+1, "::") && r.is(i+2, "-") && r.is(i+4, "]") {
		known := r.settled(value)
		end := i + 6
		if r.is(i+1, "::") {
			end = i + 5
		}
		if known.isText() {
			known = known.made(reversed(known.text.text))
		}
		return known, end
	}
	items, end, _ := r.between(i + 1)
	if len(items) == 0 && r.language == Java { // new String[]{…}
		return operand{kind: opList, from: from, to: int(r.at(end - 1).end)}, end
	}
	value = r.settled(value)
	result := operand{from: from, to: int(r.at(end - 1).end), items: []operand{value}}
	if len(items) != 1 {
		return result, end
	}
	switch index := &items[0]; {
	case index.isText() && value.kind == opList && value.keyed(index.text.text) != nil:
		result = *value.keyed(index.text.text)
	case index.isText() && (value.kind == opList || value.isText()):
		result = operand{kind: opName, name: "?." + index.text.text, from: from, to: result.to}
	case index.isText() && value.kind == opName:
		result = operand{kind: opName, name: memberPath(value.name, index.text.text), from: from, to: result.to, decoded: true}
	case index.kind == opNumber && value.kind == opList:
		if n := int(number(index.name)); n >= 0 && n < len(value.items) {
			result = value.items[n]
		}
	}
	return result, end
}
