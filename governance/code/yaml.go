package code

import "strings"

// yaml examines keys and values line by line: what run, script and command say is shell.
func (s *scan) yaml(p passage) {
	y := yamlReader{scan: s, passage: p}
	for at := 0; at < len(p.text); {
		n := strings.IndexByte(p.text[at:], '\n')
		if n < 0 {
			n = len(p.text) - at
		}
		if at-y.checked > patience {
			y.checked = at
			if s.stopped() {
				return
			}
		}
		y.line(at, at+n)
		at += n + 1
	}
	y.endBlock(len(p.text))
}

// A yamlReader knows which key the current line belongs to.
type yamlReader struct {
	passage
	scan    *scan
	checked int
	key     string // the innermost key without a value, whose list may follow
	keyAt   int    // its indentation
	block   int    // where the lines of a block literal start, when it is shell
	inBlock bool
	depth   int // indentation of the block's key
	skipped bool
	frames  []yamlFrame // the mappings around the current line, outermost first
	kind    string      // of the object, where it says
	target  bool        // it is a workflow that strangers start and that has the repository's secrets
	levels  int         // lines of aliases that have a name of their own
	nested  int         // mappings within braces that are being read
}

func (y *yamlReader) line(from, to int) {
	indent := from
	for indent < to && y.text[indent] == ' ' {
		indent++
	}
	if indent == to || y.text[indent] == '\r' {
		return
	}
	if y.inBlock {
		if indent-from > y.depth {
			return
		}
		y.endBlock(from)
	}
	column := indent - from
	item := false
	for indent+1 < to && y.text[indent] == '-' && y.text[indent+1] == ' ' {
		item = true
		for indent++; indent < to && y.text[indent] == ' '; indent++ {
		}
	}
	if indent == to || y.text[indent] == '#' {
		return
	}
	key, value, ok := y.pair(indent, to)
	switch {
	case ok:
		y.set(key, value, to, indent-from, item)
	case item && y.text[indent] == '{':
		y.flow(indent, to, indent-from)
	case item && column >= y.keyAt && isBlockMark(y.text[indent:to]):
		y.inBlock, y.depth, y.block, y.skipped = true, column, to+1, !runsCommands(y.key)
	case column >= y.keyAt && runsCommands(y.key) && (item || column > y.keyAt):
		y.run(indent, to)
	case item && column >= y.keyAt:
		y.listed(indent, to)
	}
	if n := strings.IndexByte(y.text[indent:to], '!'); n >= 0 && isObjectTag(y.text[indent+n:to]) {
		y.scan.found(&y.passage, indent+n, to, hit{rule: deserialize, severity: High, confidence: Certain})
	}
	y.aliases(indent, to)
}

// isBlockMark reports whether a value is the beginning of a block literal.
func isBlockMark(text string) bool {
	text = strings.TrimRight(text, " \t\r")
	return text != "" && len(text) <= 3 && (text[0] == '|' || text[0] == '>') && strings.Trim(text[1:], "+-123456789") == ""
}

// isObjectTag reports whether a tag makes a reader build objects of a program.
func isObjectTag(text string) bool {
	for _, tag := range [...]string{"!!python/", "!ruby/", "!!ruby/", "!!javax.", "!!java.", "!!com.", "!!org.", "!php/object", "!!php/object", "!!js/", "!<tag:yaml.org,2002:python", "!!net.", "!!sun."} {
		if strings.HasPrefix(text, tag) {
			return true
		}
	}
	return false
}

// pair reads "key: value" and returns where the value starts.
func (y *yamlReader) pair(from, to int) (key string, value int, ok bool) {
	n := strings.Index(y.text[from:to], ":")
	if n <= 0 || n > 80 {
		return "", 0, false
	}
	key = strings.Trim(y.text[from:from+n], `"' `)
	value = from + n + 1
	if value < to && !isSpace(y.text[value]) || strings.ContainsAny(key, " {[(") {
		return "", 0, false
	}
	for value < to && isSpace(y.text[value]) {
		value++
	}
	return key, value, true
}

// set looks at the value of a key.
func (y *yamlReader) set(key string, value, to, column int, item bool) {
	rest := strings.TrimSpace(y.text[value:to])
	if key == "pull_request_target" {
		y.target = true
	}
	y.enter(key, y.scalar(value, to), column, item)
	switch {
	case rest == "" || rest[0] == '#':
		y.key, y.keyAt = key, column
	case rest[0] == '|' || rest[0] == '>':
		y.inBlock, y.depth, y.block, y.skipped = true, column, to+1, !runsCommands(key)
	case runsCommands(key) && rest[0] != '{':
		y.run(value, to)
	case rest[0] == '{' && !strings.HasPrefix(rest, "{{"):
		y.key, y.keyAt = key, column
		y.flow(value, to, column)
	case rest[0] == '[' && (key == "on" || key == "security_opt" || key == "Action" || key == "environment" || key == "verbs" || key == "resources" || key == "cap_add" || key == "add" || key == "volumes"):
		y.key, y.keyAt = key, column
		for item := range strings.SplitSeq(strings.Trim(rest, "[] "), ",") {
			n := strings.Index(y.text[value:to], strings.TrimSpace(item))
			y.listed(value+max(n, 0), value+max(n, 0)+len(strings.TrimSpace(item)))
		}
	default:
		text := y.scalar(value, to)
		y.scan.credential(key, &text)
		y.grants(key, &text)
		y.settings(key, &text)
		y.scan.embeddedIn(&text)
		if readsLikeSQL(text.text) {
			y.scan.sql(text, sqlContext{})
		}
	}
}

func runsCommands(key string) bool {
	switch key {
	case "bash", "pwsh", "powershell", "raw", "job", "runcmd", "bootcmd", "cmds", "source", "postStart", "preStop", "entry", "inline", "sh", "execStart", "local_action", "run":
		return true
	case "script", "before_script", "after_script", "command", "cmd", "shell", "entrypoint", "args", "commands", "install", "before_install", "test", "execute":
		return true
	}
	return strings.HasSuffix(key, ".shell") || strings.HasSuffix(key, ".command") || strings.HasSuffix(key, ".raw") || strings.HasSuffix(key, ".script")
}

// scalar returns a value without its quotes and the comment behind it.
func (y *yamlReader) scalar(from, to int) passage {
	text := strings.TrimRight(y.text[from:to], " \t\r")
	if text != "" && (text[0] == '"' || text[0] == '\'') {
		if n := strings.IndexByte(text[1:], text[0]); n >= 0 {
			return y.part(from+1, from+1+n)
		}
	}
	if n := strings.Index(text, " #"); n >= 0 {
		text = strings.TrimRight(text[:n], " \t")
	}
	return y.part(from, from+len(text))
}

// run reads a value as shell.
func (y *yamlReader) run(from, to int) {
	if y.text[from] == '[' {
		list := y.part(from, to)
		if n := strings.Index(list.text, `"-c",`); n >= 0 && n < 4 { // what an entry point that stands elsewhere is given
			if start := strings.IndexByte(list.text[n+5:], '"'); start >= 0 {
				if end := strings.LastIndexByte(list.text, '"'); end > n+6+start {
					y.scan.shell(list.part(n+6+start, end), 1)
				}
			}
		}
		y.scan.commandList(list)
		return
	}
	text := y.scalar(from, to)
	if strings.HasPrefix(text.text, "${{ inputs.") || strings.HasPrefix(text.text, "${{ github.event.inputs.") {
		y.reportAt(&text, workflowInjection, High, "")
	}
	y.expressions(&text)
	y.secretsOut(&text)
	y.scan.shell(text, 1)
}

// endBlock ends a block literal.
func (y *yamlReader) endBlock(end int) {
	if y.inBlock && y.block < end {
		text := y.part(y.block, end)
		if body := strings.TrimLeft(text.text, " "); strings.HasPrefix(body, "#!") && strings.Contains(body[:min(len(body), 40)], "sh") {
			y.skipped = false
		}
		switch {
		case !y.skipped:
			y.expressions(&text)
			y.secretsOut(&text)
			y.scan.shell(text, 1)
		case readsLikeSQL(strings.TrimSpace(text.text)):
			y.scan.sql(text, sqlContext{})
		}
	}
	y.inBlock = false
}
