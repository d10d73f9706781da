package code

import (
	"github.com/tdewolff/parse/v2"
	"github.com/tdewolff/parse/v2/js"
)

// maxScript is the length up to which a script is parsed, and maxBranch how deep its tree is walked. The parser bounds by
// itself how deep it descends, but a tree may lean to one side as far as the text is long.
const (
	maxScript = 4 << 20
	maxBranch = 400
)

// parseScript returns the tree of a JavaScript program or module, nil when the grammar of ECMAScript does not accept it.
func parseScript(text []byte) (tree *js.AST) {
	defer func() {
		if recover() != nil { // a parser's fault is no reason to have no answer
			tree = nil
		}
	}()
	if len(text) > maxScript {
		return nil
	}
	tree, err := js.Parse(parse.NewInputBytes(text), js.Options{})
	if err != nil {
		return nil
	}
	return tree
}

// A scriptTree reads from the tree of a script what its names stand for: imports, required modules, what is taken out of
// them, and constants, wherever in the text they are set. Names are known by their variable, so that one of the same
// spelling in another scope, or a parameter, makes a name vague.
type scriptTree struct {
	*program
	text  []byte // what the tree points into; one byte longer than the passage
	depth int
	owner map[string]*js.Var // the variable that a name was bound for
}

// script parses the program and binds its names, and reports whether it was accepted.
func (p *program) script() bool {
	if len(p.text) > maxScript {
		return false
	}
	text := make([]byte, len(p.text), len(p.text)+1)
	copy(text, p.text)
	tree := parseScript(text)
	if tree == nil {
		return false
	}
	t := scriptTree{program: p, text: text, owner: make(map[string]*js.Var)}
	js.Walk(&t, tree)
	return true
}

// Enter implements js.IVisitor.
func (t *scriptTree) Enter(n js.INode) js.IVisitor {
	switch n := n.(type) {
	case *js.VarDecl:
		for i := range n.List {
			t.declared(&n.List[i])
		}
	case *js.Params:
		for i := range n.List {
			if v, ok := n.List[i].Binding.(*js.Var); ok {
				t.vague(string(v.Data))
			}
		}
	case *js.BinaryExpr:
		t.assigned(n)
	}
	if t.depth++; t.depth > maxBranch {
		t.depth--
		return nil
	}
	return t
}

// Exit implements js.IVisitor.
func (t *scriptTree) Exit(js.INode) { t.depth-- }

// vague notes that a name may hold anything.
func (t *scriptTree) vague(name string) { t.flow.forget(name) }

// declared notes what a declaration binds.
func (t *scriptTree) declared(b *js.BindingElement) {
	if b.Default == nil {
		return
	}
	switch target := b.Binding.(type) {
	case *js.Var:
		t.set(target, t.value(b.Default, 0))
	case *js.BindingObject:
		from := t.value(b.Default, 0)
		if from.kind != opName {
			return
		}
		for _, item := range target.List {
			v, ok := item.Value.Binding.(*js.Var)
			if !ok {
				continue
			}
			key := string(v.Data)
			if item.Key != nil && item.Key.Computed == nil && len(item.Key.Literal.Data) > 0 {
				key = string(item.Key.Literal.Data)
			}
			t.set(v, operand{kind: opName, name: from.name + "." + key})
		}
	}
}

// assigned notes what an assignment sets.
func (t *scriptTree) assigned(n *js.BinaryExpr) {
	v, ok := n.X.(*js.Var)
	if !ok {
		return
	}
	if n.Op == js.EqToken {
		t.set(v, t.value(n.Y, 0))
		return
	}
	if n.Op == js.AddEqToken {
		t.vague(string(v.Name()))
	}
}

// set binds a variable's name to a value, once; a second value, or a second variable of that name, makes it vague.
func (t *scriptTree) set(v *js.Var, value operand) {
	for v.Link != nil {
		v = v.Link
	}
	name := string(v.Data)
	if _, known := t.owner[name]; known || len(t.owner) >= maxValues {
		t.vague(name)
		return
	}
	t.owner[name] = v
	switch value.kind {
	case opText, opList:
		t.flow.set(name, value)
	case opName:
		if value.name != name && value.name != "" && len(value.name) < 256 {
			t.bind(name, value.name)
		}
	default:
		t.vague(name)
	}
}
