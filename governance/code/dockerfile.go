package code

import "strings"

// dockerfile examines the instructions of a Dockerfile: what RUN runs is shell, what ENV sets may be a credential.
func (s *scan) dockerfile(p passage) {
	endless := false // a here document has no end; then there are none
	for at := 0; at < len(p.text); {
		end := instructionEnd(p.text, at)
		if !endless {
			end, endless = hereEnd(p.text, at, end)
		}
		if s.stopped() {
			return
		}
		s.instruction(p.part(at, end))
		at = end + 1
	}
}

// instructionEnd returns the index of the end of the line that the instruction at a place ends with.
func instructionEnd(text string, at int) int {
	for {
		n := strings.IndexByte(text[at:], '\n')
		if n < 0 {
			return len(text)
		}
		line := strings.TrimRight(text[at:at+n], " \t\r")
		at += n
		if !strings.HasSuffix(line, `\`) {
			return at
		}
		at++
	}
}

// hereEnd returns the end of the here document that begins in an instruction, or the instruction's own end, and whether
// there is one that does not end.
func hereEnd(text string, at, end int) (last int, endless bool) {
	mark := strings.Index(text[at:end], "<<")
	if mark < 0 {
		return end, false
	}
	name := strings.TrimLeft(text[at+mark+2:end], "-\"' ")
	n := 0
	for n < len(name) && isWord(name[n]) {
		n++
	}
	if name = name[:n]; name == "" {
		return end, false
	}
	for from := end + 1; from < len(text); {
		n := strings.IndexByte(text[from:], '\n')
		if n < 0 {
			n = len(text) - from
		}
		if strings.TrimSpace(text[from:from+n]) == name {
			return from + n, false
		}
		from += n + 1
	}
	return end, true
}

// bareHere returns what stands in the here document that an instruction consists of, as in RUN <<EOF, which is run as it is.
func bareHere(p passage) (passage, bool) {
	if !strings.HasPrefix(p.text, "<<") {
		return passage{}, false
	}
	line := strings.IndexByte(p.text, '\n')
	last := strings.LastIndexByte(p.text, '\n')
	if line < 0 || last <= line || strings.ContainsAny(strings.TrimSpace(p.text[:line]), " \t") {
		return passage{}, false
	}
	return p.part(line+1, last), true
}

func (s *scan) instruction(p passage) {
	from := len(p.text) - len(strings.TrimLeft(p.text, " \t\r\n"))
	n := from
	for n < len(p.text) && isLetter(p.text[n]) {
		n++
	}
	body := n
	for body < len(p.text) && (isSpace(p.text[body]) || strings.HasPrefix(p.text[body:], "--")) {
		for strings.HasPrefix(p.text[body:], "--") && body < len(p.text) && !isSpace(p.text[body]) {
			body += strings.IndexAny(p.text[body:]+" ", " \t\n")
			body = min(body, len(p.text))
		}
		if body < len(p.text) && isSpace(p.text[body]) {
			body++
		}
	}
	rest := p.part(body, len(p.text))
	switch lower(p.text[from:n]) {
	case "run", "cmd", "entrypoint", "healthcheck", "onbuild":
		if strings.HasPrefix(rest.text, "[") {
			s.commandList(rest)
			return
		}
		if here, ok := bareHere(rest); ok {
			rest = here
		}
		s.shell(rest, 1)
	case "add":
		s.added(rest)
	case "env", "arg", "label":
		s.variables(rest)
	}
}

// commandList reads ["program", "argument"].
func (s *scan) commandList(p passage) {
	pr := program{tokens: s.tokens(p, lexisOf(JavaScript)), scan: s, language: JavaScript, depth: 1}
	r := reader{program: &pr, end: len(pr.list)}
	list, _ := r.term(0)
	call := site{scan: s, source: &pr.passage, language: JavaScript, depth: 1, args: list.items}
	call.runList()
}

// variables reads NAME=VALUE … and NAME VALUE.
func (s *scan) variables(p passage) {
	name, value, old := strings.Cut(p.text, " ")
	if old && isName(name) {
		part := p.part(len(name)+1, len(p.text))
		part.text = strings.TrimSpace(value)
		s.credential(name, &part)
		return
	}
	s.shell(p, 1)
}

// added looks at ADD: what it takes from the network it takes unseen, unless a checksum is given.
func (s *scan) added(p passage) {
	if (strings.HasPrefix(p.text, "http://") || strings.HasPrefix(p.text, "https://")) && !strings.Contains(p.text, "--checksum") {
		h := hit{rule: pipeToShell, severity: Low, confidence: Likely, note: "adds a file from the network that nothing has verified"}
		s.found(&p, 0, len(strings.TrimRight(p.text, " \t\r\n")), h)
	}
}
