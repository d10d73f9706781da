package code

import "strings"

// A site is a call: what is called and what it is given.
type site struct {
	scan     *scan
	source   *passage
	language Language
	depth    int
	path     string
	from, to int // in source
	args     []operand
}

// find looks a path up in the rules for calls.
func findRule(rules map[string][]callRule, path string) *callRule {
	list := rules[lastName(path)]
	for i := range list {
		if list[i].fits(path) {
			return &list[i]
		}
	}
	return nil
}

// apply looks at a call that a rule is about.
func (s *site) apply(r *callRule) {
	if h, meant := s.judge(r); meant {
		if h.rule == recursiveDelete || h.rule == shutilRmtree {
			h = s.removes(h)
		}
		s.report(h)
	}
	switch r.runs {
	case runsShell:
		s.runShell()
	case runsList:
		s.runList()
	case runsEither:
		if first := s.first(); first != nil && first.isText() {
			s.runShell()
		} else {
			s.runList()
		}
	case runsCode:
		s.runCode()
	default:
	}
}

func (s *site) report(h hit) { s.scan.found(s.source, s.from, s.to, h) }

// first returns the first argument, nil when there is none.
func (s *site) first() *operand {
	if len(s.args) == 0 {
		return nil
	}
	return &s.args[0]
}

// judge says whether a call is meant by a rule, and how bad it is.
func (s *site) judge(r *callRule) (hit, bool) {
	h := hit{rule: r.rule, severity: r.severity, confidence: Certain}
	if s.constant() {
		h.severity = r.constant
	}
	switch r.when {
	case withArgs:
		return h, len(s.args) > 0
	case withText:
		return h, len(s.args) > 0 && s.args[0].isText() && s.args[0].key == ""
	case withShell:
		return h, s.says("shell", "True") || s.says("shell", "true")
	case unlessSafe:
		return h, len(s.args) > 0 && !s.mentions("SafeLoader") && !s.mentions("CSafeLoader") && !s.mentions("safe_load") && !s.mentions("BaseLoader")
	case unlessWeights:
		return h, !s.says("weights_only", "True")
	case withZero:
		return h, len(s.args) > 0 && s.args[0].kind == opNumber && s.args[0].name == "0"
	case withRecursive:
		return h, s.says("recursive", "true")
	case withMode:
		h, bad := s.mode()
		h.severity = min(h.severity, r.severity) // milder where the umask takes rights away again
		return h, bad
	case withDanger:
		return h, s.dangerous()
	case withFalse:
		return h, s.mentions("false") || s.mentions("FALSE") || s.mentions("0")
	case withModule:
		if len(s.args) > 0 && s.args[0].isText() && runsThings(s.args[0].text.text) {
			h.severity = High
		}
		return h, len(s.args) > 0
	case withVital:
		return h, s.overwrites()
	case withSecret:
		return h, s.secret()
	case withStdio:
		if !s.scan.shells {
			h.severity, h.note = Medium, "makes a standard stream of another descriptor, as a shell over the network does"
		}
		return h, len(s.args) == 2 && strings.HasSuffix(s.args[0].name, "fileno()") && s.args[1].kind == opNumber
	case withEmpty:
		return h, len(s.args) == 0 || s.args[0].kind == opList && len(s.args[0].items) == 0
	case withInput:
		return h, s.mentions("$_GET") || s.mentions("$_POST") || s.mentions("$_REQUEST") || s.mentions("$_COOKIE")
	case neverAlone:
		return h, false
	default:
		return h, s.holds(r.when)
	}
}

// holds says whether a call is given what a rule wants of it.
func (s *site) holds(w when) bool {
	switch w {
	case withEmptyFilter:
		return s.emptyFilter()
	case withSystem:
		return len(s.args) > 0 && s.args[0].isText() && (isSystemFile(s.args[0].text.text) || isVital(s.args[0].text.text) || strings.HasPrefix(s.args[0].text.text, "/var/log/"))
	case withPassword:
		return s.password()
	default:
	}
	return true
}

// runsThings reports whether a module of Python is one that reaches beyond the program.
func runsThings(module string) bool {
	switch module {
	case "os", "subprocess", "shutil", "pty", "ctypes", "socket", "builtins", "posix", "nt", "commands", "pickle", "marshal":
		return true
	}
	return false
}

// removes judges the removal of a tree by what it is given.
func (s *site) removes(h hit) hit {
	for i := range s.args {
		a := &s.args[i]
		name := lastName(strings.TrimSuffix(a.name, "()"))
		if a.isText() && i == 0 && (isVital(a.text.text) || a.text.text == "") && a.text.text != "." || name == "homedir" || name == "UserHomeDir" || strings.HasSuffix(a.name, "env.HOME") || strings.HasSuffix(a.name, "Path.home()") {
			h.rule, h.severity = rmRoot, Critical
			return h
		}
	}
	if s.temporary() {
		h.severity = Low
	}
	return h
}

// temporary reports whether what is removed was made for a while, or is made anew by a build.
func (s *site) temporary() bool {
	if len(s.args) == 0 {
		return false
	}
	first := &s.args[0]
	given := s.source.text[first.from:min(first.to, len(s.source.text))]
	small := lower(given)
	if strings.Contains(small, "tmp") || strings.Contains(small, "temp") {
		return !strings.ContainsAny(given, "/") || strings.HasPrefix(strings.Trim(given, `"'`), "/tmp/")
	}
	if first.isText() && first.kind == opText && isMadeAnew(first.text.text) {
		return true
	}
	before := s.source.text[max(s.from-800, 0):s.from]
	for word := range strings.FieldsFuncSeq(given, func(r rune) bool { return r > 0x7f || !isWord(byte(r)) }) {
		if madeTemporary(before, word) {
			return true
		}
	}
	return false
}

// madeTemporary reports whether a name is set in a text to a folder that was made for a while.
func madeTemporary(text, name string) bool {
	for _, mark := range [...]string{"MkdirTemp(", "TempDir(", "mkdtemp(", "mkdtempSync(", "TemporaryDirectory("} {
		if n := strings.LastIndex(text, mark); n >= 0 && strings.Contains(text[strings.LastIndexByte(text[:n], '\n')+1:n], name) {
			return true
		}
	}
	return false
}

// isMadeAnew reports whether a path is a folder that a build makes anew.
func isMadeAnew(path string) bool {
	if strings.HasPrefix(path, "/") || strings.HasPrefix(path, "~") || strings.Contains(path, "..") {
		return false
	}
	switch baseName(strings.TrimSuffix(strings.TrimSuffix(path, "/*"), "/")) {
	case "build", "dist", "out", "target", "node_modules", "coverage", ".cache", "cache", "__pycache__", ".pytest_cache", ".next", ".nuxt", "bin", "obj", "tmp", ".turbo", "htmlcov", ".mypy_cache", ".tox", "site", "public", ".parcel-cache", "vendor", "logs", ".venv", "venv", "generated", "gen", "_build", "release":
		return true
	}
	return strings.HasSuffix(path, ".egg-info")
}

// overwrites reports whether the first argument is a disk or a file that says who may log in, and is opened for writing.
func (s *site) overwrites() bool {
	if len(s.args) == 0 || !s.args[0].isText() || !isDisk(s.args[0].text.text) && !isAccountFile(s.args[0].text.text) {
		return false
	}
	if lastName(s.path) != "open" && lastName(s.path) != "fopen" {
		return true
	}
	return len(s.args) > 1 && s.args[1].isText() && strings.ContainsAny(s.args[1].text.text, "wax+")
}

// emptyFilter reports whether the condition that is given last has no members.
func (s *site) emptyFilter() bool {
	last := &s.args[max(len(s.args)-1, 0)]
	return len(s.args) > 0 && (last.kind == opList && len(last.items) == 0 || strings.HasPrefix(strings.TrimSpace(s.source.text[last.from:]), "bson.D{}") ||
		strings.HasPrefix(s.source.text[last.from:], "bson.M{}"))
}

// password reports whether an argument behind the first is a literal that could be a password.
func (s *site) password() bool {
	for i := 1; i < len(s.args); i++ {
		if a := &s.args[i]; a.kind == opText && a.literal && couldBePassword("password", a.text.text) && !strings.ContainsAny(a.text.text, "@.") {
			return true
		}
	}
	return false
}

// secret reports whether what is given holds what lies in a file of credentials, or the whole environment.
func (s *site) secret() bool {
	return !s.all(func(o *operand) bool {
		switch {
		case o.name == "os.environ" || o.name == "process.env" || o.name == "os.Environ()":
			return false
		case strings.HasSuffix(o.name, "open()"), strings.HasSuffix(o.name, "readFileSync()"), strings.HasSuffix(o.name, "ReadFile()"), strings.HasSuffix(o.name, "file_get_contents()"):
			return len(o.items) == 0 || !isSecretFile(o.items[0].text.text)
		}
		return true
	})
}

// constant reports whether all that is given are constants; settings by name count only where they hold what is run.
func (s *site) constant() bool {
	for i := range s.args {
		a := &s.args[i]
		switch a.key {
		case "", "args", "cmd", "command", "source", "code":
			if !a.constant() {
				return false
			}
		}
	}
	return true
}

// says reports whether a named argument or setting has a value.
func (s *site) says(name, value string) bool {
	return !s.all(func(o *operand) bool { return o.key != name || o.name != value })
}

// mentions reports whether a name or number is among the arguments.
func (s *site) mentions(word string) bool {
	return !s.all(func(o *operand) bool { return o.isText() || lastName(o.name) != word })
}

// all reports whether something holds for every argument and all that they are made of.
func (s *site) all(holds func(*operand) bool) bool {
	for i := range s.args {
		if !s.args[i].each(holds) {
			return false
		}
	}
	return true
}

// mode looks for a file mode that lets everybody write.
func (s *site) mode() (worst hit, bad bool) {
	for i := range s.args {
		a := &s.args[i]
		switch {
		case a.kind == opNumber && !strings.HasPrefix(a.name, "0x"):
			worst, bad = badMode(a.name)
		case a.kind == opText && len(a.text.text) <= 12 && strings.Trim(a.text.text, "01234567ugoa+=rwxst,") == "":
			worst, bad = badMode(a.text.text)
		default:
			bad = a.letsOthersWrite()
			worst = hit{rule: chmod777, severity: High, confidence: Certain}
		}
		if bad {
			return worst, true
		}
	}
	return hit{}, false
}

// letsOthersWrite reports whether a mode is made of the names of bits, among them the one of others' writing.
func (o *operand) letsOthersWrite() bool {
	switch {
	case o.kind == opName:
		return strings.HasSuffix(o.name, "S_IRWXO") || strings.HasSuffix(o.name, "S_IWOTH")
	case o.kind == opOther && o.name == "|":
		for i := range o.items {
			if o.items[i].letsOthersWrite() {
				return true
			}
		}
	}
	return false
}

// dangerous reports whether getattr and the like are given what runs code, by its name.
func (s *site) dangerous() bool {
	for i := range s.args {
		a := &s.args[i]
		name := a.name
		if a.isText() {
			name, _, _ = strings.Cut(a.text.text, "(")
		}
		switch name {
		case "builtins", "__builtins__", "__builtin__", "eval", "exec", "system", "popen", "__import__", "instance_eval", "execSync", "spawn", "rmtree":
			return a.kind != opText || !a.literal || i > 0
		}
	}
	return false
}

// words returns the texts among the arguments, those of lists one by one, as the words of a command.
func (s *site) words() []argument {
	var words []argument
	s.all(func(o *operand) bool {
		switch {
		case o.isText():
			words = append(words, o.argument())
		case (o.kind == opName || o.kind == opOther && len(o.items) == 0) && o.key == "" && !o.constant():
			unknown := operand{kind: opMixed, from: o.from, to: o.to, text: passage{text: "{}", base: s.source.where(o.from)}}
			words = append(words, unknown.argument())
		}
		return len(words) < 64
	})
	return words
}

func (o *operand) argument() argument {
	return argument{passage: o.text, start: o.from, end: o.to, quoted: true, variable: o.kind == opMixed}
}

// runShell reads the first argument, when it is a text, as a command line.
func (s *site) runShell() {
	for i := range s.args {
		if a := &s.args[i]; a.isText() && (a.key == "" || a.key == "args" || a.key == "cmd") {
			s.scan.language(a.text, Shell, s.depth+1)
			return
		}
	}
}

// runList reads the texts as a program and its arguments.
func (s *site) runList() {
	words := s.words()
	switch {
	case len(words) > 1 || len(words) == 1 && strings.IndexByte(words[0].text, ' ') < 0:
		c := command{scan: s.scan, source: s.source, words: words, depth: s.depth + 1}
		if s.scan.deeper(&words[0].passage, c.depth) {
			s.unseen(words)
			c.examine()
		}
	case len(words) == 1:
		s.scan.language(words[0].passage, Shell, s.depth+1)
	}
}

// unseen reports a shell that is given a command line that cannot be seen.
func (s *site) unseen(words []argument) {
	l, ok := interpreted(programName(words[0].text))
	if !ok || l != Shell || len(words) < 3 || words[0].variable {
		return
	}
	for i := 1; i < len(words)-1 && i < 4; i++ {
		if strings.HasPrefix(words[i].text, "-") && strings.HasSuffix(words[i].text, "c") && words[i+1].variable {
			s.report(hit{rule: osCommand, severity: High, confidence: Certain})
			return
		}
	}
}

// runCode reads the first argument, when it is a text, as code of the same language.
func (s *site) runCode() {
	if len(s.args) == 0 || !s.args[0].isText() {
		return
	}
	if s.args[0].decoded {
		s.report(hit{rule: pipeToShell, severity: High, confidence: Certain, note: "runs code that it decodes first"})
	}
	s.scan.language(s.args[0].text, s.language, s.depth+1)
}
