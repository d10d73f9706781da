package code

import "strings"

// detectBytes is how much of a text is looked at to tell its language.
const detectBytes = 8 << 10

// guess is how much speaks for each language.
type guess map[Language]int

// detect tells the language of a text from its name and its beginning, and how much speaks for it. Text is the answer
// when nothing speaks for anything.
func detect(text, filename string) (Language, int) {
	if l := languageOfFile(filename); l != "" {
		return l, 100
	}
	if l := shebang(text); l != "" {
		return l, 100
	}
	g := make(guess)
	for line := range strings.Lines(text[:min(len(text), detectBytes)]) {
		g.line(strings.TrimSpace(line))
	}
	best, most := Text, 0
	for _, l := range Languages() {
		if g[l] > most {
			best, most = l, g[l]
		}
	}
	return best, most
}

// shebang returns the language of the program that a first line names.
func shebang(text string) Language {
	line, ok := strings.CutPrefix(text[:min(len(text), 128)], "#!")
	if !ok {
		if strings.HasPrefix(text, "<?php") {
			return PHP
		}
		return ""
	}
	line, _, _ = strings.Cut(line, "\n")
	for word := range strings.FieldsSeq(line) {
		if l, ok := interpreted(baseName(word)); ok {
			return l
		}
	}
	return ""
}

// line counts what one line says.
func (g guess) line(line string) {
	if line == "" {
		return
	}
	first, rest := line, ""
	for i := range len(line) {
		if !isWord(line[i]) && line[i] != '-' && line[i] != '.' && line[i] != '/' && line[i] != '#' && line[i] != ':' {
			first, rest = line[:i], strings.TrimSpace(line[i:])
			break
		}
	}
	g.keyword(first, rest, line)
	g.marks(line)
	g.shell(first, rest, line)
}

// keyword counts the first word of a line.
func (g guess) keyword(first, rest, line string) {
	second, _, _ := strings.Cut(rest, " ")
	switch first {
	case "with", "WITH":
		switch {
		case strings.HasSuffix(line, ":"):
			g[Python] += 3
		case strings.Contains(lower(rest), " as ("):
			g[SQL] += 4
		}
	case "def", "elif", "from", "except:", "async":
		if strings.HasSuffix(line, ":") || first == "from" && strings.Contains(rest, " import ") {
			g[Python] += 3
		} else if first == "def" {
			g[Ruby] += 3
		}
	case "import":
		switch {
		case strings.Contains(rest, " from "), strings.HasPrefix(rest, "'"), strings.HasPrefix(rest, "{"):
			g[JavaScript] += 3
		case strings.HasSuffix(line, ";"):
			g[Java] += 3
		case strings.HasPrefix(rest, `"`), strings.HasPrefix(rest, "("):
			g[Go] += 2
		default:
			g[Python] += 2
		}
	case "const", "let", "var", "export", "function":
		g[JavaScript] += 2
		if strings.Contains(line, ": string") || strings.Contains(line, ": number") {
			g[TypeScript] += 4
		}
	case "interface", "type", "enum":
		g[TypeScript]++
	case "package":
		if strings.HasSuffix(line, ";") {
			g[Java] += 4
		} else if !strings.Contains(rest, " ") {
			g[Go] += 4
		}
	case "func":
		g[Go] += 3
	case "public", "private", "protected":
		g[Java] += 2
	case "fn", "use", "impl", "pub", "mod":
		if strings.Contains(rest, "::") || strings.Contains(rest, "(") || strings.HasSuffix(line, "{") {
			g[Rust] += 3
		}
	case "#include", "#define", "#ifdef", "int", "void", "char", "struct":
		g[C] += 2
	case "require", "end", "puts", "module":
		g[Ruby] += 2
	case "FROM", "RUN", "COPY", "ENTRYPOINT", "WORKDIR", "CMD":
		if !strings.Contains(line, ";") || first == "RUN" {
			g[Dockerfile] += 3
		}
	default:
		if isStatement(lower(first), lower(strings.TrimRight(second, ";"))) {
			g[SQL] += 4
		}
	}
}

// isStatement reports whether two words begin a statement of SQL.
func isStatement(first, second string) bool {
	switch first {
	case "select", "insert", "delete", "drop", "create", "alter", "grant", "update", "with", "begin", "revoke":
	case "truncate":
		return second != ""
	default:
		n := strings.Index(first, "/*")
		return n > 0 && isStatement(first[:n], second) || strings.HasPrefix(first, "drop/") || strings.HasPrefix(first, "delete/")
	}
	switch second {
	case "from", "into", "table", "view", "database", "schema", "index", "all", "*", "user", "role", "function", "materialized", "procedure", "trigger", "sequence", "type":
		return true
	}
	return first == "select" || first == "update" || (first == "delete" || first == "drop") && strings.HasPrefix(second, "/*")
}

// marks counts what occurs within a line.
func (g guess) marks(line string) {
	for _, m := range [...]struct {
		text string
		l    Language
		n    int
	}{
		{"console.", JavaScript, 2},
		{"=> {", JavaScript, 2},
		{"===", JavaScript, 2},
		{"require(", JavaScript, 2},
		{"new Function(", JavaScript, 3},
		{"JSON.", JavaScript, 2},
		{"document.", JavaScript, 2},
		{"setTimeout(", JavaScript, 2},
		{"process.env", JavaScript, 2},
		{"child_process", JavaScript, 3},
		{":=", Go, 2},
		{"fmt.", Go, 2},
		{"err != nil", Go, 3},
		{"exec.Command(", Go, 3},
		{"System.out", Java, 3},
		{"Runtime.getRuntime", Java, 4},
		{"new ProcessBuilder", Java, 3},
		{"print(", Python, 1},
		{"self.", Python, 1},
		{"os.", Python, 2},
		{"subprocess.", Python, 3},
		{"shutil.", Python, 3},
		{"pickle.", Python, 3},
		{"yaml.", Python, 1},
		{"__import__", Python, 3},
		{"getattr(", Python, 3},
		{"eval(", Python, 1},
		{"exec(", Python, 1},
		{"open(", Python, 1},
		{"Path(", Python, 1},
		{"rmtree(", Python, 2},
		{"True", Python, 1},
		{"<?php", PHP, 8},
		{"println!", Rust, 3},
		{"let mut ", Rust, 4},
		{"Command::new", Rust, 4},
		{"std::", C, 2},
		{"printf(", C, 1},
		{"->", PHP, 1},
		{"FileUtils.", Ruby, 3},
		{".each do", Ruby, 3},
		{"model.", Python, 1},
		{"| sh", Shell, 3},
		{"| bash", Shell, 3},
		{"|sh", Shell, 3},
		{"|bash", Shell, 3},
		{"(){", Shell, 2},
		{"() {", Shell, 1},
		{"/dev/sd", Shell, 2},
		{"2>&1", Shell, 3},
		{"${IFS}", Shell, 3},
	} {
		if strings.Contains(line, m.text) {
			g[m.l] += m.n
		}
	}
	if name, value, ok := strings.Cut(line, ": "); ok && isName(strings.TrimPrefix(name, "- ")) && !strings.ContainsAny(value, ";{(") {
		g[YAML]++
	}
	if name, value, ok := strings.Cut(line, " = "); ok && isName(name) && !strings.HasSuffix(value, ";") {
		g[Python] += 2
	} else if ok && isName(name[strings.LastIndexByte(name, ' ')+1:]) && strings.HasSuffix(value, ";") {
		g[JavaScript]++
	}
}

// shell counts a line that begins like a command: a usual program, and then something that prose doesn't have.
func (g guess) shell(first, rest, line string) {
	if name, _, ok := strings.Cut(line, "="); ok && isName(name) {
		g[Shell] += 2
		return
	}
	if strings.HasPrefix(line, ":(") || strings.HasPrefix(line, "{") && strings.Contains(line, ",-") {
		g[Shell] += 4
	}
	if first == "" || strings.HasPrefix(rest, "(") && !strings.HasPrefix(rest, "()") || strings.HasPrefix(rest, "= ") {
		return
	}
	telling := strings.Contains(rest, " -") || strings.HasPrefix(rest, "-") || strings.ContainsAny(rest, "/|$~\"'>{=*") || strings.HasPrefix(rest, "'") || strings.HasPrefix(rest, `\`)
	word := programWord(line)
	switch word {
	case "sudo", "doas", "chmod", "chown", "mkfs", "shred", "curl", "wget", "echo", "export", "apt-get", "grep", "systemctl", "sed", "awk", "nc", "ncat", "bash", "sh", "fi", "done", "cd", "mkdir", "git", "npm", "pip", "docker":
		g[Shell] += 2
		if telling {
			g[Shell] += 2
		}
	case "rm", "dd", "find", "cat", "mv", "cp", "eval", "source", "if", "for", "while", "tar", "kill", "ssh", "python", "python3", "node", "su", "env", "xargs", "nohup", "psql", "mysql", "tee", "wipefs", "base64", "set":
		if telling {
			g[Shell] += 4
		}
	case "format":
		if len(rest) >= 2 && isLetter(rest[0]) && rest[1] == ':' && (len(rest) == 2 || rest[2] == ' ' && rest[min(3, len(rest)-1)] == '/') {
			g[Shell] += 4
		}
	}
	if strings.HasPrefix(word, "mkfs.") {
		g[Shell] += 4
	}
}

// programWord returns the first word of a line without quotes and its folder, as far as a shell would read it.
func programWord(line string) string {
	word := line[:min(len(line), 64)]
	if n := strings.IndexAny(word, " $\t"); n >= 0 {
		word = word[:n]
	}
	if strings.ContainsAny(word, `'"\`) {
		word = strings.Map(func(r rune) rune {
			if r == '\'' || r == '"' || r == '\\' {
				return -1
			}
			return r
		}, word)
	}
	return baseName(word)
}
