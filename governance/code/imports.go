package code

import "strings"

// imports says what the names of a program stand for.
type imports struct {
	names map[string]string // what a name stands for, as "rmtree" for shutil.rmtree
	stars []string          // modules whose names are all imported
}

// readImports reads the import statements of the languages that have names of their own for what they import.
func (p *program) readImports() {
	p.imports.names = make(map[string]string)
	for i := range p.list {
		if p.list[i].kind != kindWord {
			continue
		}
		switch p.text[p.list[i].start:p.list[i].end] {
		case "import":
			switch p.language {
			case Python:
				p.pythonImport(i)
			case JavaScript, TypeScript:
				p.scriptImport(i)
			case Java:
				p.javaImport(i)
			default:
			}
		case "require":
			if p.language == JavaScript || p.language == TypeScript {
				p.scriptRequire(i)
			}
		}
	}
}

const maxImports = 4096

func (p *program) bind(name, target string) {
	if name != "" && len(p.imports.names) < maxImports {
		p.imports.names[name] = target
	}
}

// path reads dotted words from i and returns the index behind them.
func (p *program) path(i int) (text string, end int) {
	start := i
	for p.at(i).kind == kindWord && i < start+16 {
		i++
		if !p.is(i, ".") {
			break
		}
		i++
	}
	if i == start {
		return "", i
	}
	return p.text[p.at(start).start:p.at(i-1).end], i
}

// pythonImport reads "import a.b as c, d" and "from m import f as g, h".
func (p *program) pythonImport(i int) {
	module := ""
	if from := i - 2; from >= 0 {
		for from >= 0 && from > i-16 && p.at(from).kind != kindNewline && !p.is(from, "from") {
			from--
		}
		if p.is(from, "from") {
			module, _ = p.path(from + 1)
		}
	}
	for n := i + 1; n < i+200; {
		if p.is(n, "(") || p.is(n, ",") || p.at(n).kind == kindNewline && p.is(n-1, "(") || p.at(n).kind == kindNewline && p.is(n-1, ",") {
			n++
			continue
		}
		if p.is(n, "*") && module != "" && len(p.imports.stars) < 16 {
			p.imports.stars = append(p.imports.stars, module)
		}
		name, next := p.path(n)
		if name == "" {
			return
		}
		local := name
		if p.is(next, "as") {
			local = p.word(next + 1)
			next += 2
		} else if module == "" {
			local = "" // import a.b binds a, which is what it is called
		}
		if module != "" {
			name = module + "." + name
		}
		p.bind(local, name)
		if n = next; !p.is(n, ",") {
			return
		}
	}
}

// javaImport reads "import static a.b.C.m".
func (p *program) javaImport(i int) {
	if !p.is(i+1, "static") {
		return
	}
	if name, _ := p.path(i + 2); strings.Contains(name, ".") {
		p.bind(name[strings.LastIndexByte(name, '.')+1:], name)
	}
}

// moduleName returns a module's name without its scheme.
func moduleName(literal string) string { return strings.TrimPrefix(literal, "node:") }

// scriptImport reads "import x, { f as g } from 'm'" and "import * as x from 'm'".
func (p *program) scriptImport(i int) {
	from := i + 1
	for from < i+200 && !p.is(from, "from") && p.at(from).kind != kindString && p.at(from).kind != kindEnd && !p.is(from, ";") {
		from++
	}
	if !p.is(from, "from") || p.at(from+1).kind != kindString {
		return
	}
	module := moduleName(p.body(from + 1))
	if p.is(i+1, "*") {
		p.bind(p.word(i+3), module)
		return
	}
	for n := i + 1; n < from; n++ {
		if p.is(n, "{") {
			p.members(n+1, from, "as", module)
			return
		}
		if p.at(n).kind == kindWord {
			p.bind(p.word(n), module)
		}
	}
}

// scriptRequire reads "x = require('m')", "{ f: g } = require('m')" and "f = require('m').f".
func (p *program) scriptRequire(i int) {
	if !p.is(i+1, "(") || p.at(i+2).kind != kindString || !p.is(i+3, ")") || !p.is(i-1, "=") {
		return
	}
	module := moduleName(p.body(i + 2))
	if p.is(i-2, "}") {
		start := i - 2
		for start > i-200 && start > 0 && !p.is(start, "{") {
			start--
		}
		p.members(start+1, i-2, ":", module)
		return
	}
	if p.is(i+4, ".") {
		module += "." + p.word(i+5)
	}
	p.bind(p.word(i-2), module)
}

// members binds the names between two indexes, each maybe renamed.
func (p *program) members(i, end int, as, module string) {
	for ; i < end && !p.is(i, "}"); i++ {
		name := p.word(i)
		if name == "" {
			continue
		}
		local := name
		if p.is(i+1, as) {
			local = p.word(i + 2)
			i += 2
		}
		p.bind(local, module+"."+name)
	}
}
