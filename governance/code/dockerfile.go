package code

import "strings"

// dockerfile examines the instructions of a Dockerfile: what RUN runs is shell, what ENV sets may be a credential.
func (s *scan) dockerfile(p passage) {
	user := passage{} // the last one
	endless := false  // a here document has no end; then there are none
	for at := 0; at < len(p.text); {
		end := instructionEnd(p.text, at)
		if !endless {
			end, endless = hereEnd(p.text, at, end)
		}
		if s.stopped() {
			return
		}
		if name := s.instruction(p.part(at, end)); name.text != "" {
			user = name
		}
		at = end + 1
	}
	switch strings.TrimSpace(user.text) {
	case "root", "0", "0:0", "root:root":
		s.found(&user, 0, len(user.text), hit{rule: containerEscape, severity: Medium, confidence: Certain, note: "runs as root"})
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

// instruction examines one instruction and returns the user that it names.
func (s *scan) instruction(p passage) (user passage) {
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
			return user
		}
		if here, ok := bareHere(rest); ok {
			rest = here
		}
		s.shell(rest, 1)
	case "add":
		s.added(rest, strings.Contains(p.text[:body], "--checksum"))
		s.copied(rest)
	case "copy":
		s.copied(rest)
	case "env", "arg", "label":
		s.kept(rest)
		s.variables(rest)
	case "user":
		return p.part(body, body+len(strings.TrimRight(rest.text, " \t\r\n")))
	}
	return user
}

// copied looks at COPY and ADD of files that should not be in an image.
func (s *scan) copied(p passage) {
	for word := range strings.FieldsSeq(p.text) {
		word = strings.Trim(word, `"[],`)
		switch base := baseName(word); {
		case base == "id_rsa", base == "id_ed25519", base == ".env", base == ".npmrc", base == ".netrc", base == ".git-credentials", base == "credentials.json", base == ".pypirc", base == ".aws", base == ".ssh", base == "id_ecdsa",
			strings.HasPrefix(base, ".env.") && !strings.HasSuffix(base, "example") && !strings.HasSuffix(base, "sample"), strings.HasSuffix(word, ".aws/credentials"), base == ".kube", strings.HasSuffix(base, "-key.pem"), strings.HasSuffix(base, ".key"), base == "key.pem", base == "service-account.json", strings.HasSuffix(base, ".pfx"):
			s.found(&p, 0, len(strings.TrimRight(p.text, " \t\r\n")), hit{rule: exposed, severity: Medium, confidence: Likely, note: "puts credentials into an image, for whoever has it"})
			return
		}
	}
}

// kept looks at ARG and ENV that keep a secret in the image's history.
func (s *scan) kept(p passage) {
	for word := range strings.FieldsSeq(p.text) {
		name, value, set := strings.Cut(word, "=")
		if set && s.literalValue(&p, word, value) {
			continue
		}
		small := strings.ReplaceAll(lower(name), "_", "")
		for _, end := range [...]string{"token", "password", "passwd", "secret", "apikey", "privatekey", "secretkey", "accesskey", "sshkey"} {
			if strings.HasSuffix(small, end) && (!set || strings.HasPrefix(value, "$") || strings.HasPrefix(value, `"$`)) {
				s.found(&p, 0, len(strings.TrimRight(p.text, " \t\r\n")), hit{rule: exposed, severity: Medium, confidence: Likely, note: "keeps a secret in the image's history, for whoever has it"})
				return
			}
		}
		if !set {
			return // NAME VALUE
		}
	}
}

// literalValue looks at a value that is written in the instruction, and reports whether it is.
func (s *scan) literalValue(p *passage, word, value string) bool {
	if value == "" || strings.ContainsAny(value, "$") {
		return value == ""
	}
	at := strings.Index(p.text, word) + len(word) - len(value)
	part := p.part(at, at+len(value))
	s.embeddedIn(&part)
	return true
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
func (s *scan) added(p passage, verified bool) {
	if (strings.HasPrefix(p.text, "http://") || strings.HasPrefix(p.text, "https://")) && !verified {
		h := hit{rule: pipeToShell, severity: Medium, confidence: Likely, note: "adds a file from the network that nothing has verified"}
		s.found(&p, 0, len(strings.TrimRight(p.text, " \t\r\n")), h)
	}
}
