package code

import "strings"

// A program is the tokens of a programming language and what its imports call things.
type program struct {
	tokens
	scan     *scan
	language Language
	depth    int
	calls    map[string][]callRule
	imports  imports
	flow     flow
	children bool // a script names the module that starts processes
	spent    int  // tokens that were read ahead, which is bounded
	joined   int  // literals before this index have been read, as a part of another
}

// program examines a passage in a programming language, and reports whether a parser accepted it.
func (s *scan) program(p passage, l Language, depth int) (parsed bool) {
	pr := program{tokens: s.tokens(p, lexisOf(l)), scan: s, language: l, depth: depth, calls: s.tables.callsOf(l)}
	pr.children = strings.Contains(p.text, "child_process")
	pr.readImports()
	if l == JavaScript || l == TypeScript && depth == 1 {
		parsed = pr.script()
	}
	for i := range pr.list {
		if i&0xFFFF == 0 && s.stopped() {
			return false
		}
		switch tok := pr.list[i]; tok.kind {
		case kindPunct:
			switch pr.text[tok.start] {
			case '(':
				pr.call(i)
			case '=', ':':
				if size := tok.end - tok.start; size == 1 && pr.text[tok.start] == '=' || size == 2 && pr.text[tok.start+1] == '=' && pr.text[tok.start] == ':' {
					pr.assignment(i)
				}
			}
		case kindWord:
			pr.setting(i, pr.text[tok.start:tok.end])
			pr.scope(i)
			pr.reference(i)
			pr.idiom(i, pr.text[tok.start:tok.end])
		case kindString:
			pr.setting(i, pr.body(i))
			pr.literal(i)
		case kindCommand:
			pr.command(i)
		default:
		}
	}
	pr.bombs()
	if traces(l) && depth == 1 {
		pr.trace()
	}
	return parsed
}

// literal reads a string, with what is joined to it, as SQL where it begins like SQL.
func (p *program) literal(i int) {
	if i < p.joined || p.language == Text || p.isDocumentation(i) {
		return
	}
	body := p.body(i)
	p.scan.embedded(p, i, body)
	if !p.continues(i+1) && !strings.HasPrefix(body, `\`) && !readsLikeSQL(body) {
		return
	}
	text, end, open := p.join(i)
	p.joined = end
	if readsLikeSQL(text.text) {
		p.scan.sql(text, p.queryContext(i, open))
	}
}

// isDocumentation reports whether a literal of Python is a statement of its own, which is a comment.
func (p *program) isDocumentation(i int) bool {
	if p.language != Python {
		return false
	}
	before, after := p.at(i-1), p.at(i+1)
	return (before.kind == kindNewline && !p.is(i-2, ",") && !p.is(i-2, "(") && !p.is(i-2, "+") && !p.is(i-2, "=") || before.kind == kindEnd) && (after.kind == kindNewline || after.kind == kindEnd) && !p.inBrackets(i)
}

// inBrackets reports whether a line before i ends in what goes on: then the literal is a part of an expression.
func (p *program) inBrackets(i int) bool {
	for i--; p.at(i).kind == kindNewline; i-- {
	}
	tok := p.at(i)
	return tok.kind == kindString || tok.kind == kindPunct && strings.IndexByte("([{,+=", p.text[tok.start]) >= 0
}

// continues reports whether what stands at i joins another literal.
func (p *program) continues(i int) bool {
	for p.at(i).kind == kindNewline {
		i++
	}
	switch tok := p.at(i); tok.kind {
	case kindString:
		return p.language == Python || p.language == C || p.language == Ruby
	case kindPunct:
		c := p.text[tok.start]
		return c == '+' || c == '.' && p.language == PHP
	default:
	}
	return false
}

// join weaves a literal and what is joined to it, in which {} stands for what is no literal. It returns the index
// behind the last piece, and whether more follows that cannot be seen.
func (p *program) join(i int) (text passage, end int, open bool) {
	var w weaver
	var last int
	for {
		p.weave(&w, i)
		last = i
		next := p.behind(i)
		for p.continues(next) {
			for p.at(next).kind == kindNewline {
				next++
			}
			if p.at(next).kind == kindString {
				break
			}
			next++
			for p.at(next).kind == kindNewline {
				next++
			}
			if p.at(next).kind == kindString {
				break
			}
			w.write("{}", p.where(int(p.at(next).start)))
			if next = p.operand(next); next < 0 {
				return w.passage(p.bodyEnd(last)), last + 1, true
			}
		}
		if p.at(next).kind != kindString || !p.continues(p.behind(last)) {
			break
		}
		i = next
	}
	return w.passage(p.bodyEnd(last)), last + 1, string(w.tail(2)) == "{}"
}

func (w *weaver) tail(n int) []byte { return w.text[max(len(w.text)-n, 0):] }

// behind returns the index behind the literal at i and the code within it.
func (p *program) behind(i int) int {
	end := p.at(i).end
	if !p.at(i).holes {
		return i + 1
	}
	for i++; i < len(p.list) && p.list[i].start < end; i++ {
	}
	return i
}

// operand returns the index behind an operand that starts at i, or -1 where that takes too long to find.
func (p *program) operand(i int) int {
	if k := p.at(i).kind; k != kindWord && k != kindNumber {
		return -1
	}
	for i++; ; {
		switch {
		case p.is(i, ".") && p.at(i+1).kind == kindWord && p.language != PHP, p.is(i, "->"), p.is(i, "::"):
			i += 2
		case p.is(i, "(") || p.is(i, "["):
			end := p.closing(i)
			if end < 0 {
				return -1
			}
			i = end + 1
		default:
			return i
		}
	}
}

// ahead is how far calls and assignments are read, in tokens.
const ahead = 256

// window returns the index up to which may be read from i on: less far when a lot was read ahead already, as in calls
// within calls within calls, so that the work stays in proportion to the text.
func (p *program) window(i int) int {
	size := ahead
	if p.exhausted() {
		size = ahead / 16
	}
	return min(i+size, len(p.list))
}

// exhausted reports whether more was read ahead than ordinary code makes necessary.
func (p *program) exhausted() bool { return p.spent > 4*len(p.list)+16*ahead }

// closing returns the index of the bracket that closes the one at i, or -1 where it is far away.
func (p *program) closing(i int) int {
	depth := 0
	for n, end := i, p.window(i); n < end; n++ {
		tok := p.list[n]
		if tok.kind != kindPunct {
			continue
		}
		switch p.text[tok.start] {
		case '(', '[', '{':
			depth++
		case ')', ']', '}':
			if depth--; depth == 0 {
				p.spent += n - i
				return n
			}
		}
	}
	p.spent += ahead
	return -1
}

// receiver returns the name of the function that the literal at i is given to, in small letters, or "".
func (p *program) receiver(i int) string {
	depth := 0
	for n := i - 1; n > 0 && n > i-24; n-- {
		switch {
		case p.is(n, ")"):
			depth++
		case p.is(n, "("):
			if depth--; depth < 0 {
				return lower(p.word(n - 1))
			}
		case p.is(n, ";"):
			return ""
		}
	}
	return ""
}

// queryContext says what is known of a literal from the function that it is given to.
func (p *program) queryContext(i int, open bool) sqlContext {
	c := sqlContext{open: open}
	switch p.receiver(i) {
	case "execute", "executemany", "executescript", "query", "exec", "raw", "prepare", "querycontext", "execcontext", "queryrow", "read_sql",
		"executeupdate", "executequery", "mysqli_query", "pg_query", "text", "find_by_sql", "select_all", "execute_sql", "run_sql":
		c.whole = true
	case "print", "println", "printf", "log", "info", "warn", "warning", "error", "debug", "puts", "fprintf", "errorf", "assertequal", "fatalf":
		c.said = true
	}
	return c
}

// command reads a literal that a shell runs.
func (p *program) command(i int) {
	h := hit{rule: osCommand, severity: Medium, confidence: Certain}
	body := p.body(i)
	if strings.Contains(body, "#{") || p.language == PHP && strings.Contains(body, "$") {
		h.severity, h.confidence = High, Likely
	}
	p.mark(i, i, h)
	p.scan.language(p.tokens.literal(i), Shell, p.depth+1)
}

// mark notes a finding over the tokens from first to last.
func (p *program) mark(first, last int, h hit) {
	p.scan.found(&p.passage, int(p.at(first).start), int(p.at(last).end), h)
}

// bombs looks for a loop without end that starts processes.
func (p *program) bombs() {
	for i := range p.list {
		if p.list[i].kind != kindWord || !p.is(i+1, "(") || lower(p.word(i)) != "fork" {
			continue
		}
		for n := i; n > i-12 && n >= 0; n-- {
			if w := lower(p.word(n)); w == "while" && p.endless(n+1) || w == "for" && p.is(n+1, "(") && p.is(n+2, ";") || w == "loop" && (p.is(n+1, "{") || p.is(n+1, "do")) {
				p.mark(n, i+1, hit{rule: forkBomb, severity: Critical, confidence: Certain})
				break
			}
		}
	}
}

// endless reports whether the condition at i is always true.
func (p *program) endless(i int) bool {
	if p.is(i, "(") {
		i++
	}
	w := lower(p.word(i))
	return w == "true" || w == "1"
}
