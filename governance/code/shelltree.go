package code

import (
	"errors"
	"io"
	"runtime"
	"slices"
	"strings"

	"mvdan.cc/sh/v3/syntax"
)

// maxFrames is how deep the stack may be when the shell's parser, which descends recursively, asks for more text: some
// 300 brackets within each other.
const maxFrames = 2500

// errTooDeep ends the parsing of a text that is nested too deep.
var errTooDeep = errors.New("nested too deep")

// shallowReader gives a text to a parser and refuses to go on where the parser has descended too deep. The parser asks for
// a kilobyte at a time, within which it cannot get much deeper.
type shallowReader struct {
	text   string
	wanted func() error
}

func (r *shallowReader) Read(buffer []byte) (int, error) {
	if r.text == "" {
		return 0, io.EOF
	}
	var frame [1]uintptr
	if runtime.Callers(maxFrames, frame[:]) > 0 {
		return 0, errTooDeep
	}
	if err := r.wanted(); err != nil {
		return 0, err
	}
	n := copy(buffer, r.text)
	r.text = r.text[n:]
	return n, nil
}

// parseShell returns the tree of a shell program, nil when no dialect's grammar accepts it.
func (s *scan) parseShell(text string) (tree *syntax.File) {
	defer func() {
		if recover() != nil { // a parser's fault is no reason to have no answer
			tree = nil
		}
	}()
	parser, ok := s.tables.parsers.Get().(*syntax.Parser)
	if !ok {
		parser = syntax.NewParser()
	}
	defer s.tables.parsers.Put(parser)
	for _, dialect := range [...]syntax.LangVariant{syntax.LangBash, syntax.LangZsh} {
		syntax.Variant(dialect)(parser)
		tree, err := parser.Parse(&shallowReader{text: text, wanted: s.wanted}, "")
		if err == nil {
			return tree
		}
		if errors.Is(err, errTooDeep) || s.stopped() || !strings.Contains(text, "zsh") && !strings.Contains(text, "${(") {
			break
		}
	}
	return nil
}

// A stream is what a command of a pipeline gives to the next.
type stream struct {
	fetched bool    // it was downloaded or decoded
	known   bool    // text is all of it
	secret  bool    // it holds what lies in a file of credentials, or the environment
	text    passage // what it is
	name    string  // the command that it comes from
}

// A shellTree reads the commands of a parsed shell program in their order.
type shellTree struct {
	passage
	scan     *scan
	depth    int // of code within code
	vars     map[string][]string
	function string             // whose body is being read
	files    []string           // that were downloaded
	written  map[string]passage // files and what was written to them, until they are run
	targets  []string           // files that the current command writes
	left     int                // bytes that expansions may still make
}

// tree reads a parsed program.
func (s *scan) shellTree(p passage, tree *syntax.File, depth int) {
	t := shellTree{passage: p, scan: s, depth: depth, left: 4*len(p.text) + 4096}
	t.stmts(tree.Stmts)
}

// stmts reads a list of commands and returns what all of them together give.
func (t *shellTree) stmts(list []*syntax.Stmt) stream {
	return t.fed(list, stream{})
}

// fed is stmts for a list that reads a stream.
func (t *shellTree) fed(list []*syntax.Stmt, in stream) stream {
	var all stream
	for i, s := range list {
		if i&63 == 63 && t.scan.stopped() {
			break
		}
		out := t.stmt(s, in)
		all.fetched, all.secret = all.fetched || out.fetched, all.secret || out.secret
		if len(list) == 1 {
			all = out
		}
	}
	return all
}

// stmt reads one command with its redirections.
func (t *shellTree) stmt(s *syntax.Stmt, in stream) stream {
	if s == nil {
		return stream{}
	}
	for _, r := range s.Redirs {
		text := t.redirect(r)
		if text.known || text.fetched || text.secret {
			in = text
		}
	}
	targets := t.targets
	t.targets = nil
	out := t.command(s.Cmd, in)
	if out.known {
		t.keep(targets, out.text)
	}
	return out
}

// keep remembers what was written to files.
func (t *shellTree) keep(files []string, text passage) {
	for _, file := range files {
		if t.written == nil {
			t.written = make(map[string]passage)
		}
		if len(t.written) < 64 {
			t.written[strings.TrimPrefix(file, "./")] = text
		}
	}
}

// command reads a command.
func (t *shellTree) command(cmd syntax.Command, in stream) stream {
	switch c := cmd.(type) {
	case *syntax.CallExpr:
		return t.call(c, in)
	case *syntax.BinaryCmd:
		return t.both(c, in)
	case *syntax.Subshell:
		return t.fed(c.Stmts, in)
	case *syntax.Block:
		return t.fed(c.Stmts, in)
	case *syntax.FuncDecl:
		t.declare(c)
	case *syntax.DeclClause:
		return t.declaration(c)
	case *syntax.TimeClause:
		return t.stmt(c.Stmt, in)
	case *syntax.CoprocClause:
		return t.stmt(c.Stmt, in)
	case *syntax.IfClause, *syntax.WhileClause, *syntax.ForClause, *syntax.CaseClause:
		return t.compound(cmd, in)
	case nil:
	default:
		t.substitutions(c)
	}
	return stream{}
}

// compound reads conditions and loops.
func (t *shellTree) compound(cmd syntax.Command, in stream) stream {
	var out stream
	add := func(s stream) { out.fetched = out.fetched || s.fetched }
	switch c := cmd.(type) {
	case *syntax.IfClause:
		for ; c != nil; c = c.Else {
			add(t.fed(c.Cond, in))
			add(t.fed(c.Then, in))
		}
	case *syntax.WhileClause:
		add(t.fed(c.Cond, in))
		add(t.fed(c.Do, in))
	case *syntax.ForClause:
		t.loop(c.Loop)
		add(t.fed(c.Do, in))
	case *syntax.CaseClause:
		t.fields(c.Word)
		for _, item := range c.Items {
			add(t.fed(item.Stmts, in))
		}
	}
	return out
}

// loop notes what the variable of a loop goes through.
func (t *shellTree) loop(l syntax.Loop) {
	each, ok := l.(*syntax.WordIter)
	if !ok {
		t.substitutions(l)
		return
	}
	values, known := t.values(each.Items)
	if len(each.Items) == 0 || !known || slices.ContainsFunc(values, isPattern) {
		values = nil
	}
	t.set(each.Name.Value, values)
}

// isPattern reports whether a value stands for the files of some names, and not for all that there are.
func isPattern(value string) bool { return strings.ContainsAny(value, "*?[") && !isVital(value) }

// values returns the fields of words, and whether all of them are known.
func (t *shellTree) values(words []*syntax.Word) (values []string, known bool) {
	known = true
	for _, w := range words {
		for _, f := range t.fields(w) {
			values = append(values, f.text)
			known = known && !f.variable && !f.fetched
		}
	}
	return values, known
}

// set notes the values of a variable; none means that they are unknown.
func (t *shellTree) set(name string, values []string) {
	if t.vars == nil {
		t.vars = make(map[string][]string)
	}
	if len(values) == 0 || len(values) > 64 {
		delete(t.vars, name)
		return
	}
	if len(t.vars) < maxValues {
		t.vars[name] = values
	}
}

// both reads a chain of commands: with | each reads what the one before it writes. A chain is a tree that leans to the left,
// as deep as it is long, so that it is walked without recursion.
func (t *shellTree) both(c *syntax.BinaryCmd, in stream) stream {
	chain := []*syntax.BinaryCmd{c}
	for {
		inner, ok := c.X.Cmd.(*syntax.BinaryCmd)
		if !ok || len(c.X.Redirs) > 0 {
			break
		}
		chain, c = append(chain, inner), inner
	}
	out := t.stmt(c.X, in)
	for i, link := range slices.Backward(chain) {
		if i&63 == 63 && t.scan.stopped() {
			break
		}
		out = t.next(out, in, link)
	}
	return out
}

// next reads the right side of an operator, whose left side gives out.
func (t *shellTree) next(out, in stream, c *syntax.BinaryCmd) stream {
	if c.Op != syntax.Pipe && c.Op != syntax.PipeAll {
		right := t.stmt(c.Y, in)
		return stream{fetched: out.fetched || right.fetched}
	}
	right := t.stmt(c.Y, out)
	if right.name != "" && right.name == out.name && right.name == t.function {
		t.scan.found(&t.passage, offset(c.OpPos), offset(c.Y.End()), hit{rule: forkBomb, severity: Critical, confidence: Certain})
	}
	right.fetched, right.secret = right.fetched || out.fetched, right.secret || out.secret
	return right
}

// declare reads the body of a function.
func (t *shellTree) declare(c *syntax.FuncDecl) {
	outer := t.function
	if c.Name != nil {
		t.function = c.Name.Value
	}
	t.stmt(c.Body, stream{})
	t.function = outer
}

// substitutions reads the commands within what is no command: tests, arithmetic.
func (t *shellTree) substitutions(n syntax.Node) {
	syntax.Walk(n, func(n syntax.Node) bool {
		switch n := n.(type) {
		case *syntax.CmdSubst:
			t.stmts(n.Stmts)
			return false
		case *syntax.ProcSubst:
			t.stmts(n.Stmts)
			return false
		}
		return true
	})
}

func offset(p syntax.Pos) int { return int(p.Offset()) }
