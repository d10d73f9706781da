package code

import "strings"

// An argument is one word of a command, or one literal of a list that is run as a command.
type argument struct {
	passage
	start, end                int // in the passage that the command stands in
	quoted, variable, fetched bool
	guarded                   bool // its variable cannot be unset or empty
	secret                    bool // has the output of a command that reveals credentials
}

// A command is a program's name and what it is given.
type command struct {
	scan      *scan
	source    *passage
	words     []argument
	depth     int
	piped     bool   // what it reads was downloaded or decoded
	downloads bool   // it downloads or decodes
	input     stream // what it reads, where that is known
}

func (c *command) text(i int) string {
	if i < len(c.words) {
		return c.words[i].text
	}
	return ""
}

// report notes a finding over the whole command.
func (c *command) report(h hit) {
	c.scan.found(c.source, c.words[0].start, c.words[len(c.words)-1].end, h)
}

// examine looks at a command and returns the name of the program that it runs in the end.
func (c *command) examine() string {
	if len(c.words) > 1 && (c.text(0) == "$" || c.text(0) == "%") { // the prompt, in what was copied from a terminal
		c.words = c.words[1:]
	}
	c.assignments()
	c.dropSetUp()
	if len(c.words) == 0 {
		return ""
	}
	name := programName(c.text(0))
	if !c.fileCommand(name) && !c.systemCommand(name) && !c.netCommand(name) {
		c.interpreter(name)
	}
	c.hazard(name)
	c.provision(name)
	c.statements()
	return name
}

func programName(word string) string {
	return strings.TrimSuffix(strings.TrimSuffix(lower(baseName(word)), ".exe"), ".com")
}

// assignments drops NAME=VALUE from the front.
func (c *command) assignments() {
	for len(c.words) > 0 {
		w := &c.words[0]
		n := strings.IndexByte(w.text, '=')
		if n <= 0 || !isName(strings.TrimSuffix(w.text[:n], "+")) {
			return
		}
		c.assignment(w, n)
		c.words = c.words[1:]
	}
}

// assignment looks at what a variable is set to.
func (c *command) assignment(w *argument, n int) {
	value := w.part(n+1, len(w.text))
	if !w.variable {
		c.scan.credential(w.text[:n], &value)
	}
	if w.text[:n] == "NODE_TLS_REJECT_UNAUTHORIZED" && value.text == "0" || w.text[:n] == "GIT_SSL_NO_VERIFY" && value.text != "" {
		c.scan.found(c.source, w.start, w.end, hit{rule: tlsOff, severity: Medium, confidence: Certain})
	}
}

func isName(text string) bool {
	for i := range len(text) {
		if !isWord(text[i]) || text[i] == '$' {
			return false
		}
	}
	return text != "" && !isDigit(text[0])
}

// dropSetUp drops programs that only run another one, with their options, from the front.
func (c *command) dropSetUp() {
	for range 16 {
		if len(c.words) == 0 {
			return
		}
		name := programName(c.text(0))
		switch name {
		case "sudo", "doas", "pkexec", "runas", "gosu":
			if len(c.words) > 1 || name != "runas" {
				c.report(hit{rule: sudo, severity: High, confidence: Certain})
			}
		case "env":
			if len(c.words) == 1 {
				return
			}
		case "nohup", "exec", "command", "builtin", "nice", "ionice", "stdbuf", "xargs", "busybox", "setsid", "timeout",
			"watch", "time", "cmd", "chroot", "parallel", "coproc", "unbuffer", "strace":
		case "export", "declare", "local", "readonly", "typeset", "set":
			if name == "set" && (c.hasFlag('u', "") || c.hasWord("nounset")) {
				c.scan.nounset = true
			}
			c.exports()
			return
		default:
			return
		}
		c.dropOptions(name)
		c.assignments()
	}
}

// exports looks at the variables that are set by export and the like.
func (c *command) exports() {
	for i := range c.words {
		if n := strings.IndexByte(c.text(i), '='); n > 0 {
			c.assignment(&c.words[i], n)
		}
	}
}

// dropOptions drops the first word and the options behind it, with the values of those that have one.
func (c *command) dropOptions(name string) {
	c.words = c.words[1:]
	for len(c.words) > 0 {
		option := c.text(0)
		switch {
		case name == "cmd" && strings.HasPrefix(option, "/"):
			c.words = c.words[1:]
		case strings.HasPrefix(option, "-") && len(option) > 1:
			takes := len(option) == 2 && strings.IndexByte(optionsWithValue(name), option[1]) >= 0
			c.words = c.words[1:]
			if takes && len(c.words) > 0 {
				c.words = c.words[1:]
			}
		case (name == "timeout" || name == "chroot" || name == "gosu") && option != "":
			c.words = c.words[1:]
			return
		default:
			return
		}
	}
}

// optionsWithValue returns the letters of the options whose value is the next word.
func optionsWithValue(program string) string {
	switch program {
	case "sudo":
		return "ugpCchrtT"
	case "doas":
		return "uC"
	case "xargs":
		return "nIPLdEas"
	case "env":
		return "uCS"
	case "nice", "ionice":
		return "nc"
	case "timeout":
		return "sk"
	case "watch", "parallel":
		return "nj"
	}
	return ""
}

// statements reads words of several words as SQL where they begin like it, as psql -c and mysql -e are given.
func (c *command) statements() {
	for i := range c.words {
		if w := &c.words[i]; strings.IndexByte(w.text, ' ') > 0 && readsLikeSQL(w.text) {
			l, _ := interpreted(programName(c.text(0)))
			c.scan.sql(w.passage, sqlContext{whole: l == SQL, open: w.variable})
		}
	}
}

// hasFlag reports whether an option is given, in short form (alone or among others) or long form.
func (c *command) hasFlag(short byte, long string) bool {
	for i := 1; i < len(c.words); i++ {
		t := c.text(i)
		switch {
		case t == "--":
			return false
		case strings.HasPrefix(t, "--"):
			if long != "" && len(t) > 3 && (t == long || strings.HasPrefix(long, t) || strings.HasPrefix(t, long+"=")) {
				return true
			}
		case strings.HasPrefix(t, "-") && short != 0 && strings.IndexByte(t, short) > 0:
			return true
		}
	}
	return false
}

// interpreter looks at a program that runs code: from an argument, from its input.
func (c *command) interpreter(name string) {
	l, ok := interpreted(name)
	switch {
	case name == "eval":
		c.evaluates()
		return
	case name == "source" || name == ".":
		c.runsFetched()
		return
	case name == "trap" || name == "alias":
		c.later()
		return
	case name == "crontab" || name == "at" || name == "batch":
		c.scheduled()
		return
	case !ok:
		return
	}
	c.runsFetched()
	if name == "ssh" || name == "su" {
		c.remote(name)
		return
	}
	if strings.HasPrefix(name, "powershell") || strings.HasPrefix(name, "pwsh") {
		c.encoded()
	}
	inline := false
	for i := 1; i < len(c.words); i++ {
		t := c.text(i)
		if t == "-c" || t == "-e" || strings.EqualFold(t, "-command") || t == "--eval" || t == "-r" || t == "--command" || t == "--execute" || l == Shell && strings.HasPrefix(t, "-") && strings.HasSuffix(t, "c") {
			inline = true
			if i+1 < len(c.words) && !c.words[i+1].fetched {
				if l == Shell && c.words[i+1].isGiven() {
					c.report(hit{rule: osCommand, severity: Medium, confidence: Likely, note: "runs a command line that somebody else makes"})
				}
				c.scan.language(c.words[i+1].passage, l, c.depth+1)
				c.connects(&c.words[i+1])
			}
			break
		}
	}
	if inline || !c.readsInput() {
		return
	}
	if c.input.known {
		c.scan.language(c.input.text, l, c.depth+1)
	}
	if c.piped && l != SQL {
		c.report(hit{rule: pipeToShell, severity: Critical, confidence: Certain})
	}
}

// isGiven reports whether a command line is a variable, or has what a script or xargs is given in it.
func (a *argument) isGiven() bool {
	text := strings.TrimSpace(a.text)
	if a.variable && len(text) > 1 && text[0] == '$' && isName(text[1:]) {
		return true
	}
	return a.variable && (strings.Contains(text, "$1") || strings.Contains(text, "$@") || strings.Contains(text, "$*")) && !strings.HasSuffix(text, "\"$@\"") || strings.Contains(text, "{}")
}

// readsInput reports whether no file is named that would be run instead of the input.
func (c *command) readsInput() bool {
	for i := 1; i < len(c.words); i++ {
		t := c.text(i)
		if t == "-s" || t == "-" || t == "/dev/stdin" {
			return true
		}
		if !strings.HasPrefix(t, "-") {
			return false
		}
	}
	return true
}

// runsFetched reports a shell that is given the output of a download.
func (c *command) runsFetched() {
	for i := 1; i < len(c.words); i++ {
		if c.words[i].fetched {
			c.report(hit{rule: pipeToShell, severity: Critical, confidence: Certain})
			return
		}
	}
}

// remote reads the command that ssh or su -c runs.
func (c *command) remote(name string) {
	for i := 1; i < len(c.words); i++ {
		if name == "su" && (c.text(i) == "-c" || c.text(i) == "--command") || name == "ssh" && strings.IndexByte(c.text(i), ' ') > 0 && c.words[i].quoted {
			c.report(hit{rule: osCommand, severity: Low, confidence: Likely, note: "runs a command elsewhere or as somebody else"})
			next := i
			if name == "su" {
				next++
			}
			if next < len(c.words) {
				c.scan.language(c.words[next].passage, Shell, c.depth+1)
			}
			return
		}
	}
	if name == "ssh" && strings.Contains(c.joined(), "StrictHostKeyChecking=no") {
		c.report(hit{rule: tlsOff, severity: Medium, confidence: Certain, note: "does not check the host's key"})
	}
}

func (c *command) joined() string {
	var all strings.Builder
	for i := range c.words {
		all.WriteString(c.text(i))
		all.WriteByte(' ')
	}
	return all.String()
}

// evaluates looks at what the shell's eval is given.
func (c *command) evaluates() {
	h := hit{rule: eval, severity: Medium, confidence: Likely}
	var all weaver
	for i := 1; i < len(c.words); i++ {
		w := &c.words[i]
		if w.fetched {
			h.rule, h.severity, h.confidence = pipeToShell, Critical, Certain
		}
		if len(all.text) > 0 {
			all.write(" ", w.where(0))
		}
		all.copy(&w.passage, 0, len(w.text))
	}
	if len(all.text) > 0 {
		c.scan.language(all.passage(c.source.where(c.words[len(c.words)-1].end)), Shell, c.depth+1)
	}
	if len(c.words) > 1 {
		c.report(h)
	}
}

// later reads what trap and alias keep to be run later.
func (c *command) later() {
	for i := 1; i < len(c.words); i++ {
		w := &c.words[i]
		n := strings.IndexByte(w.text, '=') + 1
		if strings.HasPrefix(w.text, "-") || n == 0 && programName(c.text(0)) == "alias" {
			continue
		}
		if n > 0 && !isName(w.text[:n-1]) {
			n = 0
		}
		if w.quoted {
			c.scan.language(w.part(n, len(w.text)), Shell, c.depth+1)
		}
		if programName(c.text(0)) == "trap" {
			return
		}
	}
}

// scheduled reads the table that crontab is given, or the commands that at is given.
func (c *command) scheduled() {
	if !c.input.known {
		return
	}
	text, at := c.input.text, 0
	for line := range strings.Lines(text.text) {
		command := strings.TrimRight(line, "\n")
		if strings.HasPrefix(line, "*") || isDigit(line[0]) {
			for range 5 { // minute, hour, day, month, weekday
				_, command, _ = strings.Cut(strings.TrimLeft(command, " \t"), " ")
			}
		}
		if command != "" {
			from := at + strings.LastIndex(line, command)
			c.scan.language(text.part(from, from+len(command)), Shell, c.depth+1)
		}
		at += len(line)
	}
}

// encoded looks at commands that PowerShell is given in base64 of UTF-16 (about_PowerShell_exe, -EncodedCommand).
func (c *command) encoded() {
	for i := 1; i+1 < len(c.words); i++ {
		option := lower(c.text(i))
		if len(option) < 2 || len(option) > len("-encodedcommand") || option != "-encodedcommand"[:len(option)] || option == "-e" && len(c.text(i+1)) < 16 {
			continue
		}
		c.report(hit{rule: pipeToShell, severity: High, confidence: Certain, note: "runs a command that it decodes first"})
		if text, ok := undo("base64", c.text(i+1)); ok {
			c.scan.language(weaveAt(strings.ReplaceAll(text, "\x00", ""), c.words[i+1].where(0)), Shell, c.depth+1)
		}
		return
	}
}

// connects reports code that opens a connection and runs a shell.
func (c *command) connects(w *argument) {
	text := lower(w.text)
	if strings.Contains(text, "socket") && (strings.Contains(text, "/bin/sh") || strings.Contains(text, "/bin/bash") || strings.Contains(text, "cmd.exe")) {
		c.report(hit{rule: reverseShell, severity: Critical, confidence: Certain})
	}
}
