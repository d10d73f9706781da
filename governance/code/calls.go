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
	withZero      // with 0 as its first argument
	withRecursive // with recursive: true
	withMode      // with a mode that lets everybody write
	withDanger    // with the name of what runs code
	withFalse     // with a literal that says false or 0
	neverAlone    // no finding for the call itself, only for what it is given
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
	if p.at(i-1).kind != kindWord || p.defines(i) {
		return
	}
	path, first := p.callee(i - 1)
	if len(p.imports.names) > 0 {
		path = p.resolve(path)
	}
	last := path[strings.LastIndexByte(path, '.')+1:]
	if p.language == PHP {
		path, last = lower(path), lower(last)
	}
	for _, r := range p.calls[last] {
		if r.fits(path) {
			p.apply(r, first, i)
			return
		}
	}
	if len(p.imports.stars) > 0 && !strings.Contains(path, ".") {
		p.starred(path, first, i)
	}
}

// starred looks at a call of what "from m import *" may have brought.
func (p *program) starred(name string, first, i int) {
	for _, module := range p.imports.stars {
		for _, r := range p.calls[name] {
			if r.fits(module + "." + name) {
				p.apply(r, first, i)
				return
			}
		}
	}
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
			if (name == "require" || name == "__import__" || name == "import_module") && p.at(n+1).kind == kindString {
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

// arguments are the tokens between a call's brackets.
type arguments struct {
	*program
	from, to int // to is the index of the closing bracket, or where looking for it ended
}

func (p *program) arguments(i int) arguments {
	end := p.closing(i)
	if end < 0 {
		end = min(i+256, len(p.list))
	}
	return arguments{program: p, from: i + 1, to: end}
}

// apply looks at a call that a rule is about.
func (p *program) apply(r callRule, first, i int) {
	args := p.arguments(i)
	h, meant := args.judge(r)
	if meant {
		p.mark(first, max(min(args.to, len(p.list)-1), i), h)
	}
	switch r.runs {
	case runsShell:
		args.runShell()
	case runsList:
		args.runList()
	case runsEither:
		if args.first().kind == kindString {
			args.runShell()
		} else {
			args.runList()
		}
	case runsCode:
		args.runCode()
	default:
	}
}

// judge says whether a call is meant by a rule, and how bad it is.
func (a *arguments) judge(r callRule) (hit, bool) {
	h := hit{rule: r.rule, severity: r.severity, confidence: Certain}
	if a.constant() {
		h.severity = r.constant
	}
	switch r.when {
	case withArgs:
		return h, a.first().kind != kindEnd
	case withText:
		return h, a.first().kind == kindString
	case withShell:
		return h, a.says("shell", "True") || a.says("shell", "true")
	case unlessSafe:
		return h, !a.mentions("SafeLoader") && !a.mentions("CSafeLoader") && !a.mentions("safe_load")
	case unlessWeights:
		return h, !a.says("weights_only", "True")
	case withZero:
		return h, a.word(a.from) == "0" && a.first().kind == kindNumber
	case withRecursive:
		return h, a.says("recursive", "true")
	case withMode:
		h, bad := a.mode()
		h.severity = min(h.severity, r.severity) // milder where the umask takes rights away again
		return h, bad
	case withDanger:
		return h, a.dangerous()
	case withFalse:
		return h, a.mentions("false") || a.mentions("FALSE") || a.mentions("0")
	case neverAlone:
		return h, false
	default:
	}
	return h, true
}
