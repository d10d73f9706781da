package code

import "strings"

// maxValues is how many names a flow remembers the values of.
const maxValues = 4096

// A flow remembers what names were set to last, in the order of the text. It knows no branches and few scopes: what a name
// may have been set to is looked at, but only a name that never was anything else is taken for a constant.
type flow struct {
	values map[string]operand
	vague  map[string]bool // names that have held something unknown
	spent  int             // bytes of values that were put in where their names stand, which is bounded
}

// get returns the value of a name. When values have been put in that are many times as long as the text, nothing more is
// known: what is made of them must stay in proportion to it.
func (f *flow) get(name string, text int) (operand, bool) {
	value, ok := f.values[name]
	if !ok || f.spent > 8*text+maxMade {
		return operand{}, false
	}
	if f.spent += len(value.text.text); value.kind == opList {
		f.spent += 16 * len(value.items)
		for i := range value.items {
			f.spent += len(value.items[i].text.text)
		}
	}
	return value, true
}

func (f *flow) set(name string, value operand) {
	if f.values == nil {
		f.values, f.vague = make(map[string]operand), make(map[string]bool)
	}
	if len(f.values) >= maxValues || len(f.vague) >= maxValues {
		return
	}
	if f.vague[name] && value.kind == opText {
		value.kind = opMixed
	}
	f.values[name] = value
}

// forget notes that a name holds something unknown.
func (f *flow) forget(name string) {
	if f.vague == nil {
		f.values, f.vague = make(map[string]operand), make(map[string]bool)
	}
	delete(f.values, name)
	if len(f.vague) < maxValues {
		f.vague[name] = true
	}
}

// assignment looks at the = or := at i: what is set, and to what.
func (p *program) assignment(i int) {
	last, added := i-1, false
	if p.is(last, "+") && p.at(last).end == p.at(i).start || p.is(last, ".") && p.language == PHP {
		last, added = last-1, true
	}
	name, first := p.assigned(last)
	if name == "" {
		return
	}
	r := reader{program: p, end: p.window(i)}
	value, end := r.expression(i + 1)
	p.spent += end - i
	if end >= r.end && end < len(p.list) {
		value.kind = opOther // too long to be told
	}
	if p.is(end, ":=") || p.is(end, "=") && !added && end > i+1 {
		value.kind = opOther
	}
	if before := p.is(first-1, ","); before {
		value.kind = opOther
	}
	p.bindValue(name, value, added)
}

// bindValue notes what a name is set to.
func (p *program) bindValue(name string, value operand, added bool) {
	if added {
		if old, ok := p.flow.get(name, len(p.text)); ok && value.isText() && len(old.text.text) < maxMade {
			p.flow.set(name, concat(old, value))
			return
		}
		value.kind = opOther
	}
	switch value.kind {
	case opText, opMixed, opList:
		delete(p.imports.names, name)
		p.flow.set(name, value)
	case opName:
		p.flow.forget(name)
		if target := p.resolve(value.name); target != name && len(target) < 256 && !strings.HasPrefix(target, name+".") {
			p.bind(name, target)
		}
	default:
		delete(p.imports.names, name)
		p.flow.forget(name)
		if p.language == Java && strings.HasSuffix(value.name, "getRuntime()") {
			p.bind(name, value.name)
		}
	}
}

// assigned returns the dotted name that ends at i, when it is the left side of an assignment, and where it starts.
func (p *program) assigned(i int) (name string, first int) {
	if p.at(i).kind != kindWord {
		return "", i
	}
	name, first = p.word(i), i
	for n := 0; n < 3 && p.is(first-1, ".") && p.at(first-2).kind == kindWord && p.language != PHP; n++ {
		first -= 2
		name = p.word(first) + "." + name
	}
	switch before := p.at(first - 1); before.kind {
	case kindNewline, kindEnd, kindWord:
		return name, first
	case kindPunct:
		switch c := p.text[before.start]; {
		case c == ':' && p.at(first-2).kind == kindWord && (p.language == Python || p.language == TypeScript) && !p.keyword(first-2): // name: type = …
			return p.word(first - 2), first - 2
		case strings.IndexByte(";{}:,", c) >= 0 || c == ']' && p.language == Java || c == '(' && p.isLoop(first-2):
			return name, first
		}
	default:
	}
	return "", first
}

// isLoop reports whether the word at i has a bracket in which something may be set.
func (p *program) isLoop(i int) bool {
	w := p.word(i)
	return w == "for" || w == "if" || w == "while"
}

func (p *program) keyword(i int) bool {
	switch p.word(i) {
	case "else", "try", "finally", "default", "do":
		return true
	}
	return false
}

// parameters notes that what a function is given is unknown: its names stand in the bracket behind the word at i.
func (p *program) parameters(i int) {
	open := i + 1
	for open < i+3 && !p.is(open, "(") {
		open++
	}
	end := p.closing(open)
	for n := open + 1; n < end; n++ {
		if p.at(n).kind == kindWord && (p.is(n-1, "(") || p.is(n-1, ",") || p.is(n-1, "*") || p.language == Go) {
			p.flow.forget(p.word(n))
			delete(p.imports.names, p.word(n))
		}
	}
}

// scope looks at the word at i, which may begin what gives names to something unknown.
func (p *program) scope(i int) {
	switch p.text[p.list[i].start:p.list[i].end] {
	case "def", "function", "func", "fn":
		p.parameters(i)
	case "for", "as":
		if p.language == Python && p.at(i+1).kind == kindWord && !p.inImport(i) {
			p.flow.forget(p.word(i + 1))
		}
	}
}

// inImport reports whether the word at i stands in an import statement.
func (p *program) inImport(i int) bool {
	for n := i - 1; n >= 0 && n > i-64; n-- {
		switch {
		case p.is(n, "import"):
			return true
		case p.at(n).kind == kindNewline && !p.is(n-1, ","):
			return false
		}
	}
	return false
}
