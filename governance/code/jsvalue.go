package code

import (
	"bytes"
	"unsafe"

	"github.com/tdewolff/parse/v2/js"
)

// value returns what an expression comes to, as far as it can be told.
func (t *scriptTree) value(e js.IExpr, depth int) operand {
	if depth > maxNested {
		return operand{}
	}
	switch e := e.(type) {
	case *js.LiteralExpr:
		return t.literalValue(e)
	case *js.Var:
		return t.variable(e)
	case *js.GroupExpr:
		return t.value(e.X, depth+1)
	case *js.TemplateExpr:
		return t.template(e, depth)
	case *js.BinaryExpr:
		if e.Op == js.AddToken {
			left, right := t.value(e.X, depth+1), t.value(e.Y, depth+1)
			if left.isText() || right.isText() {
				return concat(left, right)
			}
		}
	case *js.ArrayExpr:
		list := operand{kind: opList}
		for _, item := range e.List[:min(len(e.List), 64)] {
			if item.Value != nil {
				list.items = append(list.items, t.value(item.Value, depth+1))
			}
		}
		return list
	case *js.DotExpr:
		return t.memberOf(e, depth)
	case *js.IndexExpr:
		from, index := t.value(e.X, depth+1), t.value(e.Y, depth+1)
		if from.kind == opName && index.isText() {
			return operand{kind: opName, name: memberPath(from.name, index.text.text), decoded: true}
		}
	case *js.CallExpr:
		return t.result(e, depth)
	}
	return operand{}
}

// literalValue returns the value of a literal of a text or a number.
func (t *scriptTree) literalValue(e *js.LiteralExpr) operand {
	switch e.TokenType {
	case js.StringToken:
		text, ok := t.piece(e.Data, 1, 1)
		if ok {
			return operand{kind: opText, literal: true, text: text}
		}
	case js.DecimalToken, js.IntegerToken, js.HexadecimalToken, js.OctalToken, js.BinaryToken:
		return operand{kind: opNumber, name: string(e.Data), literal: true}
	default:
	}
	return operand{}
}

// piece returns a piece of the source that the tree points to, without its delimiters and with its escapes undone. The
// tree has no positions, but its pieces lie in the text that was parsed.
func (t *scriptTree) piece(data []byte, open, shut int) (passage, bool) {
	from := int(address(data) - address(t.text))
	to := from + len(data)
	if from < 0 || to > len(t.program.text) || !bytes.Equal(t.text[from:to], data) || from+open > to-shut {
		return passage{}, false
	}
	literal := tokens{passage: t.passage, list: []token{{start: int32(from), end: int32(to), open: uint8(open), shut: uint8(shut), kind: kindString}}}
	return literal.literal(0), true
}

// variable returns what a variable stands for.
func (t *scriptTree) variable(v *js.Var) operand {
	name := string(v.Name())
	if v.Decl == js.ArgumentDecl || v.Decl == js.CatchDecl {
		return operand{}
	}
	if known, ok := t.flow.get(name, len(t.program.text)); ok {
		known.literal = false
		return known
	}
	return operand{kind: opName, name: t.resolve(name)}
}

// template returns the text of a template literal.
func (t *scriptTree) template(e *js.TemplateExpr, depth int) operand {
	if e.Tag != nil {
		return operand{}
	}
	result := operand{kind: opText, literal: len(e.List) == 0}
	for _, part := range e.List[:min(len(e.List), 32)] {
		text, ok := t.piece(part.Value, 1, 2)
		if !ok {
			return operand{}
		}
		result = concat(concat(result, operand{kind: opText, text: text}), t.value(part.Expr, depth+1))
	}
	text, ok := t.piece(e.Tail, 1, 1)
	if !ok {
		return operand{}
	}
	return concat(result, operand{kind: opText, text: text, literal: true})
}

// memberOf returns a member of a value.
func (t *scriptTree) memberOf(e *js.DotExpr, depth int) operand {
	from := t.value(e.X, depth+1)
	member, ok := e.Y.(*js.LiteralExpr)
	if !ok || from.kind != opName {
		return operand{}
	}
	return operand{kind: opName, name: from.name + "." + string(member.Data)}
}

// result returns what a call gives.
func (t *scriptTree) result(e *js.CallExpr, depth int) operand {
	args := make([]operand, 0, len(e.Args.List))
	for _, a := range e.Args.List[:min(len(e.Args.List), 32)] {
		args = append(args, t.value(a.Value, depth+1))
	}
	if dot, ok := e.X.(*js.DotExpr); ok {
		if member, ok := dot.Y.(*js.LiteralExpr); ok {
			receiver := t.value(dot.X, depth+1)
			path := "?." + string(member.Data)
			if receiver.kind == opName {
				path = receiver.name + "." + string(member.Data)
			}
			return evaluate(path, &receiver, args)
		}
	}
	callee := t.value(e.X, depth+1)
	if callee.kind != opName {
		return operand{}
	}
	return evaluate(callee.name, nil, args)
}

// address returns where in memory a slice lies, to be compared with another and never to be followed.
func address(data []byte) uintptr {
	return uintptr(unsafe.Pointer(unsafe.SliceData(data))) //nolint:gosec // only a difference is taken, and checked
}
