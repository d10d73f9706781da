package code

import (
	"strconv"
	"strings"

	"mvdan.cc/sh/v3/syntax"
)

// A fielder makes the fields of a word: quotes undone, known variables put in, split where the shell splits.
type fielder struct {
	*shellTree
	weaver
	field  argument
	open   bool // a field was begun
	fields []argument
}

// fields returns what a word expands to, as far as it can be told.
func (t *shellTree) fields(w *syntax.Word) []argument { return t.expand(nil, w) }

// expand adds what a word expands to.
func (t *shellTree) expand(all []argument, w *syntax.Word) []argument {
	if w == nil {
		return all
	}
	if text := w.Lit(); text != "" && !strings.ContainsAny(text, `\{~`) && len(w.Parts) == 1 {
		from, to := offset(w.Pos()), offset(w.End())
		if to-from == len(text) && to <= len(t.text) { // the usual case, without an allocation more than needed
			return append(all, argument{passage: t.part(from, to), start: from, end: to})
		}
	}
	words := []*syntax.Word{w}
	if t.left > 0 {
		words = braces(w, 0)
		t.left -= 32 * (len(words) - 1)
	}
	for _, word := range words {
		f := fielder{shellTree: t, field: argument{start: offset(w.Pos()), end: offset(w.End())}}
		for _, p := range word.Parts {
			f.part(p, false)
		}
		f.finish()
		all = append(all, f.fields...)
	}
	return all
}

// whole returns what a word expands to where the shell does not split it.
func (t *shellTree) whole(w *syntax.Word) argument {
	f := fielder{shellTree: t, field: argument{start: offset(w.Pos()), end: offset(w.End())}, open: true}
	for _, p := range w.Parts {
		f.part(p, true)
	}
	f.finish()
	return f.fields[0]
}

// braces returns the words that {a,b} in a word makes.
func braces(w *syntax.Word, depth int) []*syntax.Word {
	if depth == 0 && !syntax.SplitBraces(w) || depth > 6 {
		return []*syntax.Word{w}
	}
	for i, p := range w.Parts {
		brace, ok := p.(*syntax.BraceExp)
		if !ok || brace.Sequence {
			continue
		}
		var words []*syntax.Word
		for _, e := range brace.Elems {
			parts := make([]syntax.WordPart, 0, len(w.Parts)+len(e.Parts))
			parts = append(append(append(parts, w.Parts[:i]...), e.Parts...), w.Parts[i+1:]...)
			words = append(words, braces(&syntax.Word{Parts: parts}, depth+1)...)
			if len(words) > 64 {
				break
			}
		}
		return words
	}
	return []*syntax.Word{w}
}

// finish ends the current field.
func (f *fielder) finish() {
	if !f.open {
		return
	}
	f.field.passage = f.weaver.passage(f.where(f.field.end))
	f.fields = append(f.fields, f.field)
	f.weaver, f.open = weaver{}, false
	f.field = argument{start: f.field.start, end: f.field.end}
}

// part adds a part of a word. Quoted parts are not split.
func (f *fielder) part(p syntax.WordPart, quoted bool) {
	switch p := p.(type) {
	case *syntax.Lit:
		f.literal(p, quoted)
	case *syntax.SglQuoted:
		f.single(p)
	case *syntax.DblQuoted:
		f.open, f.field.quoted = true, true
		for _, inner := range p.Parts {
			f.part(inner, true)
		}
	case *syntax.ParamExp:
		f.parameter(p, quoted)
	case *syntax.CmdSubst:
		f.substitution(p, quoted)
	case *syntax.ProcSubst:
		out := f.stmts(p.Stmts)
		f.open, f.field.fetched = true, f.field.fetched || out.fetched
	case *syntax.BraceExp:
		f.open, f.field.variable = true, true
	default:
		f.open, f.field.variable = true, true
		f.substitutions(p)
	}
}

// literal adds text as it is written, without the backslashes that quote.
func (f *fielder) literal(p *syntax.Lit, quoted bool) {
	f.open = true
	source := &f.shellTree.passage
	from, to := offset(p.ValuePos), min(offset(p.ValueEnd), len(source.text))
	if from > to || source.text[from:to] != p.Value { // a piece of one, or one from within back quotes
		piece := weaveAt(p.Value, f.where(from))
		source, from, to = &piece, 0, len(p.Value)
	}
	for from < to {
		n := strings.IndexByte(source.text[from:to], '\\')
		if n < 0 {
			n = to - from
		}
		f.copy(source, from, from+n)
		if from += n; from >= to {
			return
		}
		next := byte(0)
		if from+1 < to {
			next = source.text[from+1]
		}
		switch {
		case next == '\n':
			from += 2
		case next == 0 || quoted && f.field.quoted && strings.IndexByte("$`\"\\", next) < 0:
			f.copy(source, from, from+1)
			from++
		default:
			f.field.quoted = true
			f.copy(source, from+1, from+2)
			from += 2
		}
	}
}

// single adds '…' or, with its escapes, $'…'.
func (f *fielder) single(p *syntax.SglQuoted) {
	f.open, f.field.quoted = true, true
	from, to := offset(p.Left)+1, min(offset(p.Right), len(f.shellTree.text))
	if from > to {
		return
	}
	if !p.Dollar {
		f.copy(&f.shellTree.passage, from, to)
		return
	}
	literal := tokens{passage: f.shellTree.passage, list: []token{{start: int32(from + 1), end: int32(to), kind: kindString}}}
	literal.weave(&f.weaver, 0)
}

// parameter adds the value of a variable, or $NAME when it is not known.
func (f *fielder) parameter(p *syntax.ParamExp, quoted bool) {
	at := f.where(offset(p.Pos()))
	if p.Param == nil {
		f.open, f.field.variable = true, true
		return
	}
	name := p.Param.Value
	switch {
	case name == "IFS" && f.vars["IFS"] == nil:
		if !quoted {
			f.finish()
		}
		return
	case (name == "@" || name == "*") && p.Index == nil && (f.open && !quoted || p.Short && len(f.weaver.text) > 0):
		return // empty in most places; a way to break up a word
	}
	values, known := f.expanded(p)
	if !known {
		f.unknown(p, at)
		return
	}
	f.insert(values, at, quoted)
}

// unknown adds what stands for a variable of unknown value, and what is taken when it has none.
func (f *fielder) unknown(p *syntax.ParamExp, at int) {
	f.open, f.field.variable = true, true
	f.field.guarded = f.field.guarded || p.Exp != nil && isDemand(p.Exp.Op)
	if p.Exp != nil && p.Exp.Word != nil {
		for _, inner := range p.Exp.Word.Parts {
			if isDefault(p.Exp.Op) {
				f.part(inner, true)
			} else {
				f.substitutions(inner)
			}
		}
		if isDefault(p.Exp.Op) {
			return
		}
	}
	f.write("$"+p.Param.Value, at)
}

// isDemand reports whether an expansion ends the program when there is no value.
func isDemand(op syntax.ParExpOperator) bool {
	return op == syntax.ErrorUnset || op == syntax.ErrorUnsetOrNull
}

func isDefault(op syntax.ParExpOperator) bool {
	return op == syntax.DefaultUnset || op == syntax.DefaultUnsetOrNull || op == syntax.AssignUnset || op == syntax.AssignUnsetOrNull
}

// expanded returns the values of a variable with what its expansion does to them.
func (f *fielder) expanded(p *syntax.ParamExp) (values []string, known bool) {
	values, known = f.vars[p.Param.Value]
	switch {
	case !known || p.Length || p.Excl || p.NestedParam != nil || p.Flags != nil || f.left <= 0:
		return nil, false
	case p.Index != nil:
		values = indexedValues(values, p.Index)
	case p.Slice != nil:
		return sliced(values[0], p.Slice)
	case p.Repl != nil:
		return replaced(values[0], p.Repl)
	case p.Exp != nil && !isDefault(p.Exp.Op) && !isDemand(p.Exp.Op):
		return nil, false
	}
	for _, v := range values {
		f.left -= len(v)
	}
	return values, len(values) > 0
}

// indexedValues returns the elements of an array that an index means.
func indexedValues(values []string, index syntax.ArithmExpr) []string {
	w, ok := index.(*syntax.Word)
	if !ok {
		return nil
	}
	text := w.Lit()
	if text == "@" || text == "*" {
		return values
	}
	if n, err := strconv.Atoi(text); err == nil && n >= 0 && n < len(values) {
		return values[n : n+1]
	}
	return nil
}

// sliced returns ${x:offset:length} of a value.
func sliced(value string, s *syntax.Slice) ([]string, bool) {
	from, ok := constantOf(s.Offset)
	if !ok || from < 0 || from > len(value) {
		return nil, false
	}
	to := len(value)
	if s.Length != nil {
		n, ok := constantOf(s.Length)
		if !ok || n < 0 {
			return nil, false
		}
		to = min(from+n, to)
	}
	return []string{value[from:to]}, true
}

func constantOf(e syntax.ArithmExpr) (int, bool) {
	w, ok := e.(*syntax.Word)
	if !ok {
		return 0, false
	}
	n, err := strconv.Atoi(w.Lit())
	return n, err == nil
}

// replaced returns ${x/a/b} and ${x//a/b} of a value, where a is no pattern.
func replaced(value string, r *syntax.Replace) ([]string, bool) {
	from, to := r.Orig.Lit(), ""
	if r.With != nil {
		to = r.With.Lit()
		if to == "" && len(r.With.Parts) > 0 {
			return nil, false
		}
	}
	if from == "" || strings.ContainsAny(from, "*?[#%") || len(value) > 4096 {
		return nil, false
	}
	if r.All {
		return []string{strings.ReplaceAll(value, from, to)}, true
	}
	return []string{strings.Replace(value, from, to, 1)}, true
}

// insert adds values that stand at one place: split into fields, unless they are quoted.
func (f *fielder) insert(values []string, at int, quoted bool) {
	for i, v := range values {
		if i > 0 {
			f.finish()
		}
		if quoted {
			f.open = true
			f.write(v, at)
			continue
		}
		blank := v != "" && (isSpace(v[0]) || v[0] == '\n')
		for n, field := range strings.Fields(v) {
			if n > 0 || blank {
				f.finish()
			}
			f.open = true
			f.write(field, at)
		}
		if v != "" && len(strings.Fields(v)) > 0 && strings.TrimRight(v, " \t\n") != v {
			f.finish()
		}
	}
}

// substitution adds what a command prints, when that can be told.
func (f *fielder) substitution(p *syntax.CmdSubst, quoted bool) {
	out := f.stmts(p.Stmts)
	f.field.fetched, f.field.secret = f.field.fetched || out.fetched, f.field.secret || out.secret
	text := strings.TrimRight(out.text.text, "\n")
	if !out.known || len(text) > f.left {
		f.open, f.field.variable = true, true
		return
	}
	f.left -= len(text)
	f.insert([]string{text}, out.text.where(0), quoted)
}
