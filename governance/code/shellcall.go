package code

import (
	"path"
	"strings"

	"mvdan.cc/sh/v3/syntax"
)

// redirect looks at a redirection and returns the text that it gives to its command.
func (t *shellTree) redirect(r *syntax.Redirect) stream {
	if r.Hdoc != nil {
		from, to := offset(r.Hdoc.Pos()), offset(r.Hdoc.End())
		t.substitutions(r.Hdoc)
		if from < to && to <= len(t.text) {
			return stream{known: true, text: t.part(from, to)}
		}
		return stream{}
	}
	words := t.fields(r.Word)
	if len(words) == 0 {
		return stream{}
	}
	switch w := &words[0]; r.Op {
	case syntax.WordHdoc:
		return stream{known: !w.variable && !w.fetched, fetched: w.fetched, secret: w.secret, text: w.passage}
	case syntax.RdrIn: // < <(curl …)
		return stream{fetched: w.fetched, secret: isSecretFile(w.text)}
	case syntax.DplIn:
	default:
		t.target(*w, r.Op)
		t.targets = append(t.targets[:min(len(t.targets), 8)], w.text)
	}
	return stream{}
}

// target looks at the file that a command writes to.
func (t *shellTree) target(w argument, op syntax.RedirOperator) {
	h := hit{rule: deviceWrite, severity: Critical, confidence: Certain}
	switch {
	case isDisk(w.text):
	case isNetworkPath(w.text):
		h.rule = reverseShell
	case isAccountFile(w.text):
		h.severity, h.note = High, "writes over a file that says who may log in"
		if op == syntax.AppOut {
			h.severity, h.note = Medium, "adds to a file that says who may log in"
		}
	case strings.HasSuffix(w.text, "/.ssh/authorized_keys"):
		h.rule, h.severity, h.note = persistence, Medium, "lets somebody else log in"
	case strings.HasPrefix(w.text, "/etc/cron.d/"), strings.HasPrefix(w.text, "/etc/cron.hourly/"), w.text == "/etc/crontab", w.text == "/etc/rc.local", w.text == "/etc/ld.so.preload", strings.HasPrefix(w.text, "/var/spool/cron/"):
		h.rule, h.severity = persistence, Medium
	case op != syntax.AppOut && (strings.HasSuffix(w.text, ".bash_history") || w.text == "/var/log/auth.log" || w.text == "/var/log/syslog" || w.text == "/var/log/wtmp" || w.text == "/var/log/secure" || w.text == "/var/log/messages"):
		h.rule, h.severity, h.note = guardOff, Medium, "empties what the machine remembers"
	default:
		return
	}
	t.scan.found(&t.passage, w.start, w.end, h)
}

// isAccountFile reports whether a file says who may log in or become whom.
func isAccountFile(path string) bool {
	switch path {
	case "/etc/passwd", "/etc/shadow", "/etc/sudoers", "/etc/group", "/etc/gshadow", "/root/.ssh/authorized_keys":
		return true
	}
	return strings.HasPrefix(path, "/etc/sudoers.d/")
}

// call looks at a simple command.
func (t *shellTree) call(c *syntax.CallExpr, in stream) stream {
	words := make([]argument, 0, len(c.Assigns)+len(c.Args))
	for _, a := range c.Assigns {
		if w, ok := t.assign(a, len(c.Args) == 0); ok {
			words = append(words, w)
		}
	}
	for i, w := range c.Args {
		first := len(words)
		if words = t.expand(words, w); i == 0 && len(words) > first {
			unglob(&words[first])
		}
	}
	return t.examine(words, in)
}

// examine looks at the words of a command and returns what it gives.
func (t *shellTree) examine(words []argument, in stream) stream {
	if len(words) == 0 {
		return stream{}
	}
	if in.known && programName(words[0].text) == "xargs" {
		for _, field := range strings.Fields(in.text.text)[:min(len(strings.Fields(in.text.text)), 64)] {
			first := words[0]
			words = append(words, argument{passage: weaveAt(field, first.where(0)), start: first.start, end: first.end})
		}
	}
	c := command{scan: t.scan, depth: t.depth, source: &t.passage, piped: in.fetched, words: words, input: in}
	name := c.examine()
	t.downloaded(&c, name)
	out := c.writes(name)
	out.name, out.fetched, out.secret = name, c.downloads, c.reveals(name)
	if name == "read" || name == "mapfile" || name == "readarray" {
		for i := range c.words {
			t.set(c.words[i].text, nil)
		}
	}
	return out
}

// weaveAt returns a text all of which stands for one place.
func weaveAt(text string, at int) passage {
	var w weaver
	w.write(text, at)
	return w.passage(at)
}

// assign notes what a variable is set to and returns the assignment as a word.
func (t *shellTree) assign(a *syntax.Assign, keep bool) (argument, bool) {
	if a.Name == nil {
		return argument{}, false
	}
	name := a.Name.Value
	word := argument{start: offset(a.Pos()), end: offset(a.End())}
	if a.Array != nil {
		t.array(name, a.Array)
		return word, false
	}
	if a.Naked {
		t.set(name, nil)
		return word, false
	}
	var w weaver
	w.copy(&t.passage, offset(a.Name.Pos()), offset(a.Name.End()))
	w.write("=", t.where(offset(a.Name.End())))
	value, plain := "", true
	if a.Value != nil {
		f := t.whole(a.Value)
		value, plain = f.text, !f.variable && !f.fetched
		w.copy(&f.passage, 0, len(f.text))
		word.variable, word.fetched, word.quoted = f.variable, f.fetched, f.quoted
	}
	word.passage = w.passage(t.where(word.end))
	if keep {
		t.remember(a, value, plain)
	}
	return word, true
}

// remember notes the value of a variable.
func (t *shellTree) remember(a *syntax.Assign, value string, plain bool) {
	name := a.Name.Value
	old := t.vars[name]
	switch {
	case !plain || a.Index != nil:
		t.set(name, nil)
	case a.Append && len(old) == 1 && t.left > len(old[0]):
		t.left -= len(old[0])
		t.set(name, []string{old[0] + value})
	case a.Append:
		t.set(name, nil)
	default:
		t.set(name, []string{value})
	}
}

func (t *shellTree) array(name string, list *syntax.ArrayExpr) {
	words := make([]*syntax.Word, 0, len(list.Elems))
	for _, e := range list.Elems {
		if e.Value != nil {
			words = append(words, e.Value)
		}
	}
	values, known := t.values(words)
	if !known {
		values = nil
	}
	t.set(name, values)
}

// declaration reads export, local, declare and the like.
func (t *shellTree) declaration(d *syntax.DeclClause) stream {
	words := []argument{{passage: t.part(offset(d.Variant.Pos()), offset(d.Variant.End())), start: offset(d.Variant.Pos()), end: offset(d.Variant.End())}}
	for _, a := range d.Args {
		if a.Name == nil && a.Value != nil {
			words = append(words, t.fields(a.Value)...)
			continue
		}
		if w, ok := t.assign(a, true); ok {
			words = append(words, w)
		}
	}
	return t.examine(words, stream{})
}

// unglob makes the program's name of a pattern that it is found by: /bin/r? is rm.
func unglob(w *argument) {
	if w.quoted || !strings.ContainsAny(w.text, "?*[") || len(w.text) > 64 {
		return
	}
	pattern := baseName(w.text)
	if strings.Trim(pattern, "?*") == "" && !strings.Contains(w.text, "/") {
		return
	}
	for name := range strings.FieldsSeq("rm dd sh bash nc curl wget chmod mkfs shred find sudo python3 python perl cat") {
		if ok, err := path.Match(pattern, name); ok && err == nil {
			w.passage = weaveAt(name, w.where(0))
			return
		}
	}
}

// writes returns what a command writes, where that can be told: echo, printf, and what decodes or passes on.
func (c *command) writes(name string) stream {
	if len(c.words) == 0 {
		return stream{}
	}
	switch name {
	case "echo", "printf":
		return c.prints(name)
	case "mktemp":
		return stream{known: true, text: weaveAt("/tmp/mktemp", c.words[0].where(0))}
	case "pwd", "dirname":
		return stream{known: true, text: weaveAt(".", c.words[0].where(0))}
	case "cat", "tee":
		if len(c.words) == 1 || name == "tee" {
			return c.input
		}
	case "base64":
		if c.hasFlag('d', "--decode") || c.hasFlag('D', "") {
			return c.input.undone("base64")
		}
	case "base32":
		if c.hasFlag('d', "--decode") {
			return c.input.undone("base32")
		}
	case "xxd":
		if c.hasFlag('r', "") && c.hasFlag('p', "") {
			return c.input.undone("hex")
		}
	case "rev":
		return c.input.undone("reverse")
	case "tr":
		if len(c.words) == 3 && strings.HasPrefix(lower(c.text(2)), "n-za-m") {
			return c.input.undone("rot13")
		}
	}
	return stream{}
}

// undone returns a stream with an encoding undone.
func (s stream) undone(encoding string) stream {
	if !s.known || len(s.text.text) > maxMade {
		return stream{}
	}
	text, ok := undo(encoding, strings.TrimRight(s.text.text, "\n"))
	if !ok {
		return stream{}
	}
	return stream{known: true, text: weaveAt(text, s.text.where(0))}
}

// prints returns what echo and printf write.
func (c *command) prints(name string) stream {
	var w weaver
	escapes := name == "printf"
	for i := 1; i < len(c.words); i++ {
		word := &c.words[i]
		if word.variable || word.fetched {
			return stream{}
		}
		if name == "echo" && i == 1 && (word.text == "-n" || word.text == "-e" || word.text == "-ne" || word.text == "-en" || word.text == "-E") {
			escapes = strings.Contains(word.text, "e")
			continue
		}
		if name == "printf" && i == 1 && len(c.words) > 2 && strings.Contains(word.text, "%") {
			continue // the words behind it are what it prints, nearly
		}
		if len(w.text) > 0 {
			w.write(" ", word.where(0))
		}
		if escapes && strings.Contains(word.text, `\`) {
			literal := tokens{passage: word.passage, list: []token{{end: int32(len(word.text)), kind: kindString}}}
			literal.weave(&w, 0)
		} else {
			w.copy(&word.passage, 0, len(word.text))
		}
	}
	return stream{known: true, text: w.passage(c.words[len(c.words)-1].where(0))}
}

// downloaded remembers the files that a download is written to, and reports when one is run that nothing has verified.
func (t *shellTree) downloaded(c *command, name string) {
	switch name {
	case "curl", "wget":
		for i := 1; i+1 < len(c.words); i++ {
			if o := c.text(i); o == "-o" || o == "-O" && name == "wget" || o == "--output" || o == "--output-document" || strings.HasPrefix(o, "-") && !strings.HasPrefix(o, "--") && strings.HasSuffix(o, "o") {
				t.files = append(t.files[:min(len(t.files), 63)], c.text(i+1))
			}
		}
	case "sha256sum", "sha512sum", "shasum", "gpg", "gpgv", "cosign", "minisign", "md5sum", "sha1sum", "b2sum":
		t.files = nil
	default:
		if len(t.files) == 0 && len(t.written) == 0 || len(c.words) == 0 {
			return
		}
		run, language := 0, Shell
		if l, ok := interpreted(name); ok && l != SQL && name != "ssh" || name == "source" || name == "." {
			if run = 1; ok {
				language = l
			}
		}
		for run == 1 && run < len(c.words) && strings.HasPrefix(c.text(run), "-") {
			run++
		}
		file := strings.TrimPrefix(c.text(run), "./")
		if text, ok := t.written[file]; ok {
			delete(t.written, file)
			t.scan.language(text, language, t.depth+1)
		}
		if file != "" && t.wasDownloaded(file) {
			c.report(hit{rule: pipeToShell, severity: Medium, confidence: Likely, note: "runs a file that it has downloaded and nothing has verified"})
		}
	}
}

func (t *shellTree) wasDownloaded(file string) bool {
	for _, f := range t.files {
		if strings.TrimPrefix(f, "./") == file {
			return true
		}
	}
	return false
}

// reveals reports whether a command writes what lies in a file of credentials, or the environment.
func (c *command) reveals(name string) bool {
	switch name {
	case "env", "printenv":
		return len(c.words) == 1
	case "cat", "base64", "tar", "zip", "xxd", "head", "tail", "gzip", "less", "strings", "od", "dd", "grep", "cp":
		for i := 1; i < len(c.words); i++ {
			if isSecretFile(strings.TrimPrefix(c.text(i), "if=")) {
				return true
			}
		}
	}
	return c.input.secret
}
