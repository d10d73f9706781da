package code

import "strings"

// running says how what a call is given is run.
type running uint8

const (
	runsNothing running = iota
	runsShell           // the first literal is a command line
	runsList            // the literals are a program and its arguments
	runsEither          // a list, or else a command line
	runsCode            // the first literal is code of the same language
)

// when says which calls of a function are meant. The zero value means all.
type when uint8

const (
	always     when = iota
	withArgs        // with at least one argument
	withText        // with a literal or a joined text as its first argument
	withShell       // with shell=True or shell: true
	unlessSafe      // without a safe loader
	unlessWeights
	withZero        // with 0 as its first argument
	withRecursive   // with recursive: true
	withMode        // with a mode that lets everybody write
	withDanger      // with the name of what runs code
	withFalse       // with a literal that says false or 0
	withModule      // graver with the name of a module that runs commands
	withVital       // with the path of a disk or of a file that says who may log in, to be written
	withSecret      // with what lies in a file of credentials, or the whole environment
	withStdio       // with a descriptor and the number of a standard stream
	withEmpty       // with an empty condition, or none
	withInput       // with what a request brought
	withEmptyFilter // with a condition of no members as its last argument
	withSystem      // with the path of a file or folder of the system
	withPassword    // with a literal that could be a password as one but the first argument
	neverAlone      // no finding for the call itself, only for what it is given
)

// A callRule says what a call means.
type callRule struct {
	path     string // dotted; "*." for any receiver, without a dot for none
	rule     ruleID
	severity Severity // when it is given what cannot be seen
	constant Severity // when everything it is given is literal
	when     when
	runs     running
}

// call looks at a call, whose bracket is at i.
func (p *program) call(i int) {
	path, first := "", i
	switch before := p.at(i - 1); {
	case before.kind == kindWord:
		if p.defines(i) {
			return
		}
		path, first = p.callee(i - 1)
		path = p.named(p.resolve(path))
	case p.is(i-1, "?.") && p.at(i-2).kind == kindWord: // eval?.(…)
		path, first = p.callee(i - 2)
		path = p.resolve(path)
	case p.is(i-1, ")") || p.is(i-1, "]"):
		path, first = p.computed(i)
	}
	if path == "" {
		return
	}
	if p.language == PHP {
		path = lower(path)
	}
	r := p.rule(path)
	if r == nil && strings.HasPrefix(path, "?.") { // a member of what is computed
		if known, start := p.computed(i); known != "" {
			path, first = known, start
			r = p.rule(path)
		}
	}
	if r == nil {
		p.query(path, first, i)
		return
	}
	s := p.site(path, first, i)
	s.apply(r)
}

// named returns the function that a variable of PHP holds the name of.
func (p *program) named(path string) string {
	if p.language == PHP && strings.HasPrefix(path, "$") {
		if value, ok := p.flow.get(path, len(p.text)); ok && value.isText() {
			return value.text.text
		}
	}
	return path
}

// rule returns the rule for calls of a path, nil when there is none.
func (p *program) rule(path string) *callRule {
	if r := findRule(p.calls, path); r != nil {
		if r.path == "*.exec" && !p.children { // of a regular expression
			return nil
		}
		return r
	}
	if strings.Contains(path, ".") {
		return nil
	}
	for _, module := range p.imports.stars { // what "from m import *" may have brought
		if r := findRule(p.calls, module+"."+path); r != nil {
			return r
		}
	}
	return nil
}

// site reads a call's arguments, whose bracket is at i.
func (p *program) site(path string, first, i int) site {
	end := p.closing(i)
	if end < 0 {
		end = p.window(i) - 1
	}
	r := reader{program: p, end: end + 1}
	args, _, _ := r.between(i + 1)
	last := max(end, i)
	return site{
		scan: p.scan, source: &p.passage, language: p.language, depth: p.depth, path: path,
		from: int(p.at(first).start), to: int(p.at(last).end), args: args,
	}
}

// computed returns the path of what the expression that ends before the bracket at i comes to, as getattr(os, 'system')
// does, and where it starts.
func (p *program) computed(i int) (path string, first int) {
	if first = i; p.exhausted() {
		return "", i
	}
	p.spent += ahead / 4
	for range 8 {
		for p.at(first-1).kind == kindWord && (first == i || p.separator(first) || p.is(first, "(") || p.is(first, "[")) || p.separator(first-1) {
			first--
		}
		if !p.is(first-1, ")") && !p.is(first-1, "]") {
			break
		}
		if first = p.opening(first - 1); first < 0 {
			return "", i
		}
	}
	r := reader{program: p, end: i, nested: 1}
	value, end := r.term(first)
	if value.kind != opName || end != i {
		return "", i
	}
	return value.name, first
}

// opening returns the index of the bracket that the one at i closes, or -1 where it is far away.
func (p *program) opening(i int) int {
	depth := 0
	for n := i; n >= 0 && n > i-128; n-- {
		tok := p.list[n]
		if tok.kind != kindPunct {
			continue
		}
		switch p.text[tok.start] {
		case ')', ']', '}':
			depth++
		case '(', '[', '{':
			if depth--; depth == 0 {
				return n
			}
		}
	}
	return -1
}

func (r *callRule) fits(path string) bool {
	if method, ok := strings.CutPrefix(r.path, "*."); ok {
		return strings.HasSuffix(path, "."+method)
	}
	if path == r.path {
		return true
	}
	return strings.Contains(r.path, ".") && strings.HasSuffix(path, r.path) && path[len(path)-len(r.path)-1] == '.'
}

// defines reports whether the bracket at i belongs to a definition and not to a call.
func (p *program) defines(i int) bool {
	switch before := p.at(i - 2); before.kind {
	case kindWord:
		switch p.word(i - 2) {
		case "def", "function", "func", "fn", "fun", "void", "int", "bool", "boolean", "String", "string", "static", "async", "get", "set", "class", "public", "private", "long":
			return true
		}
	case kindPunct, kindNewline, kindEnd:
		if (p.language == JavaScript || p.language == TypeScript) && !p.is(i-2, ".") {
			end := p.closing(i)
			return end > 0 && p.is(end+1, "{")
		}
		if p.language == Go && p.is(i-2, ")") {
			return true
		}
	default:
	}
	return false
}

// separator reports whether the token at i stands between a value and its member.
func (p *program) separator(i int) bool {
	return p.is(i, ".") || p.is(i, "::") || p.is(i, "->") || p.is(i, "?.")
}

// callee returns the dotted path of the function whose name is at i, and the index where the expression starts.
func (p *program) callee(i int) (path string, first int) {
	path, first = p.word(i), i
	for range 8 {
		if p.is(first-1, "#") && p.is(first-2, ".") { // a private member
			return "#." + path, first
		}
		if !p.separator(first - 1) {
			break
		}
		switch {
		case p.at(first-2).kind == kindWord:
			first -= 2
			path = p.word(first) + "." + path
		case p.is(first-2, ")"):
			inner, start := p.made(first - 2)
			if start < 0 {
				return "?." + path, first
			}
			first = start
			path = inner + "." + path
		default:
			return "?." + path, first
		}
	}
	return path, first
}

// made returns what the call that ends at i makes: for require('m') the module m, or else the function with ().
func (p *program) made(i int) (path string, first int) {
	depth := 0
	for n := i; n > i-12 && n >= 0; n-- {
		switch {
		case p.is(n, ")"):
			depth++
		case p.is(n, "("):
			if depth--; depth > 0 {
				continue
			}
			name := p.word(n - 1)
			if name == "" {
				return "", -1
			}
			if name == "require" || name == "__import__" || name == "import_module" {
				if p.at(n+1).kind != kindString || !p.is(n+2, ")") {
					return "", -1
				}
				return moduleName(p.body(n + 1)), n - 1
			}
			return name + "()", n - 1
		}
	}
	return "", -1
}

// resolve replaces the first name of a path by what it was imported as.
func (p *program) resolve(path string) string {
	head, rest, dotted := strings.Cut(path, ".")
	target, known := p.imports.names[head]
	switch {
	case !known:
		return path
	case dotted:
		return target + "." + rest
	default:
		return target
	}
}
