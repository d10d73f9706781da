package intent

import (
	"strings"
	"unicode/utf8"

	"github.com/mcp-kernel/mcp-kernel/governance/code"
	"github.com/mcp-kernel/mcp-kernel/governance/intent/linear"
	"github.com/mcp-kernel/mcp-kernel/governance/match"
)

// maxEvidence is how many pieces of evidence are kept.
const maxEvidence = 16

// Evidence is something that was read and what it speaks for.
type evidence struct {
	category   Category
	confidence float64
	rule       string
	field      int32 // -1: the tool's name
	key        bool
	start, end int
	form       string
}

// An analysis is the work on one call. It is used again for others.
type analysis struct {
	arguments
	engine     *code.Engine
	normalizer match.Normalizer
	features   linear.Features
	tool       tool
	hints      Hints
	flow       flow
	found      []evidence
	unread     bool

	current         int32  // the field that is being read
	inKey           bool   // its key is
	form            string // how the text at hand was written
	span            [2]int // of a text that was written in another form: where that stands
	depth           int
	unknownPrograms int
}

// newAnalysis returns an analysis. Of the forms that a text may be written in it undoes those that hide what is said: what
// quotes, comments and blanks mean is for the readers of the languages to say.
func newAnalysis(engine *code.Engine) *analysis {
	a := &analysis{engine: engine}
	a.normalizer.Skip = match.Comment | match.Shell | match.Space | match.Entity
	return a
}

// add notes evidence in the current field.
func (a *analysis) add(category Category, confidence float64, rule string, start, end int) {
	if a.form != "" {
		start, end = a.span[0], a.span[1]
		confidence *= 0.97
	}
	for i := range a.found {
		f := &a.found[i]
		if f.rule == rule && f.category == category && f.field == a.current {
			if confidence > f.confidence {
				f.confidence, f.start, f.end, f.form = confidence, start, end, a.form
			}
			return
		}
	}
	if len(a.found) < maxEvidence {
		a.found = append(a.found, evidence{category, confidence, rule, a.current, a.inKey, start, end, a.form})
		return
	}
	least := 0
	for i := range a.found {
		if a.found[i].confidence < a.found[least].confidence {
			least = i
		}
	}
	if a.found[least].confidence < confidence {
		a.found[least] = evidence{category, confidence, rule, a.current, a.inKey, start, end, a.form}
	}
}

// gather reads the arguments of a call for evidence.
func (a *analysis) gather() {
	for i := range a.fields {
		f := &a.fields[i]
		a.current, a.inKey, a.form = int32(i), false, ""
		if f.kind == text {
			a.field(f)
		}
		if strings.IndexByte(f.key, ' ') > 0 && len(f.key) < 512 && f.at < 0 {
			a.inKey = true
			a.loose(f.key, 0.9)
			a.inKey = false
		}
	}
	a.argv()
	a.current, a.form = -1, ""
	a.flow = a.flows()
	a.named()
	a.web()
	a.leaves()
	a.signs()
}

// field reads a text by its role.
func (a *analysis) field(f *field) {
	if f.text == "" {
		return
	}
	r := a.settled(f)
	if f.cut && r.runs() {
		a.unread = true
	}
	if r == prose || r == filter && !a.tool.is(onSQL) || a.tool.is(analyses) || a.tool.is(searches) && r == queryText && !a.tool.is(onSQL|onMongo) {
		return
	}
	a.read1(f.text, r)
	if odd(f.text) && (r.runs() || r == unknown) {
		a.forms(f.text, r)
	}
}

// settled returns the role of a field in the light of what the tool is.
func (a *analysis) settled(f *field) role {
	switch r := f.role; {
	case r == queryText && a.tool.is(onSQL|onMuch) && readsLikeSQL(f.text):
		return sqlText
	case r == codeText && a.tool.is(onSQL) && readsLikeSQL(f.text):
		return sqlText
	case r == codeText && a.tool.is(onShell) && !a.tool.is(onCode), r == unknown && a.tool.is(onShell) && a.tool.is(executes) && strings.IndexByte(f.text, ' ') > 0, (r == unknown || r == queryText) && isShellKey(f.key):
		return shellText
	case r == shellText && a.tool.is(onCode) && !a.tool.is(onShell) && strings.ContainsAny(f.text, "\n(") && f.at < 0 && f.key == "code":
		return codeText
	case r == prose && a.tool.is(executes) && a.tool.is(onCode|onShell|onSQL) && (f.key == "text" || f.key == "content" || f.key == "body") && len(a.fields) < 4:
		if a.tool.is(onShell) {
			return shellText
		}
		return codeText
	case r == filter && a.tool.is(onSQL):
		return unknown
	default:
		return r
	}
}

func isShellKey(key string) bool {
	key = strings.ToLower(key)
	return strings.HasSuffix(key, "command") || strings.HasSuffix(key, "cmd") || strings.HasPrefix(key, "cmd")
}

// read1 reads a text in one of its forms.
func (a *analysis) read1(text string, r role) {
	switch r {
	case sqlText:
		a.sql(text, 0, 1)
		if !readsLikeSQL(text) {
			a.documents(text, 0)
		}
	case queryText:
		if readsLikeSQL(text) {
			a.sql(text, 0, 0.97)
		}
		a.documents(text, 0)
	case shellText:
		a.shellLine(text)
	case codeText:
		a.program(text)
	case path, attachment:
		a.pathOrFile(text)
	case unknown, payload, format:
		a.loose(text, 0.95)
	default: // it is not run, opened or asked
	}
}

// shellLine reads a text as commands, or as SQL where it is.
func (a *analysis) shellLine(text string) {
	if readsLikeSQL(text) && !a.tool.is(onShell) {
		a.sql(text, 0, 1)
		return
	}
	if a.tool.is(onMongo) || strings.HasPrefix(text, "db.") {
		a.documents(text, 0)
		return
	}
	if strings.Contains(strings.ToLower(strings.Join(a.tool.list(), " ")), "redis") {
		a.redis(strings.ToLower(text))
		return
	}
	s := readShell(text)
	a.unknownPrograms = 0
	a.commands(s)
	if s.odd || !ascii(text) {
		a.examine(text, code.Shell, 1)
	}
}

// program reads a text as code: running it is what the call is for, and what it does may be worse.
func (a *analysis) program(text string) {
	language := a.language()
	if language == code.Shell {
		a.shellLine(text)
		return
	}
	if readsLikeSQL(text) && !a.tool.is(onCode) {
		a.sql(text, 0, 1)
		return
	}
	if arithmetic(text) && !a.tool.is(onShell) {
		a.add(Benign, 0.76, "computes", 0, len(text))
		return
	}
	if sneaks(text) {
		a.add(DataExfiltration, 0.84, "code_sends_secret", 0, len(text))
	}
	if a.tool.is(onCode|executes) && !a.tool.is(writes|reads|deletes) || a.tool.is(executes) {
		a.add(CodeExecution, 0.8, "runs_code", 0, len(text))
	}
	if !a.tool.is(writes|reads|deletes|sends) && strings.IndexByte(text, '(') > 0 && strings.IndexByte(text, ')') > 0 {
		a.add(CodeExecution, 0.62, "carries_code", 0, len(text))
	}
	a.examine(text, language, 1)
	a.documents(text, 0)
}

// language returns the language that the tool or another argument says.
func (a *analysis) language() code.Language {
	for i := range a.fields {
		if f := &a.fields[i]; f.role == format && f.kind == text && len(f.text) < 16 {
			if l, err := code.ParseLanguage(f.text); err == nil {
				return l
			}
		}
	}
	for _, w := range a.tool.list() {
		switch w {
		case "python", "ipython", "jupyter", "notebook":
			return code.Python
		case "javascript", "js", "node", "deno", "browser", "puppeteer", "playwright":
			return code.JavaScript
		case "bash", "shell", "sh":
			return code.Shell
		}
	}
	return ""
}

// loose reads a text of which nobody says what it is: it counts where it cannot be anything else.
func (a *analysis) loose(text string, share float64) {
	switch {
	case len(text) < 6 || len(text) > 4096:
	case readsLikeSQL(text):
		a.sql(text, 0, share)
	case dangerousStart(text):
		known := len(a.found)
		a.commands(readShell(text))
		for i := known; i < len(a.found); i++ {
			a.found[i].confidence *= share
		}
	case strings.HasPrefix(text, "/") || strings.HasPrefix(text, "~/") || strings.Contains(text, "../") || strings.HasPrefix(text, `C:\`):
		if strings.IndexByte(text, ' ') < 0 {
			a.pathOrFile(text)
		}
	case len(text) < 512 && strings.IndexByte(text, ' ') > 0:
		a.injected(text, share)
	}
}

// dangerousStart reports whether a text begins with a program that does harm and something that only a program is given.
func dangerousStart(text string) bool {
	first, rest := nextWord(text)
	switch first {
	case "rm", "dd", "curl", "wget", "chmod", "chown", "sudo", "mkfs", "nc", "bash", "sh", "shred", "kill", "killall", "iptables", "crontab", "systemctl", "useradd", "usermod", "scp", "find", "del", "python", "python3", "perl", "powershell":
		return strings.ContainsAny(rest, "-/|>&=") && len(rest) > 2
	}
	return false
}

// odd reports whether a text may have to be taken out of a form that hides what it says.
func odd(text string) bool {
	run := 0
	for i := range len(text) {
		c := text[i]
		switch {
		case c >= utf8.RuneSelf, c == '%' && i+2 < len(text) && isHex(text[i+1]) && isHex(text[i+2]), c == '\\' && i+1 < len(text) && (text[i+1] == 'x' || text[i+1] == 'u'), c == '&' && i+1 < len(text) && text[i+1] == '#':
			return true
		case isAlnum(c) || c == '+' || c == '/' || c == '=':
			if run++; run >= 24 && (strings.IndexByte(text[i-run+1:i+1], '/') < 0 || run > 80) {
				return true
			}
		default:
			run = 0
		}
	}
	return false
}

func isHex(c byte) bool { return isDigit(c) || 'a' <= c|0x20 && c|0x20 <= 'f' }

func ascii(text string) bool {
	for i := range len(text) {
		if text[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

// forms reads a text in the forms that it may be written in.
func (a *analysis) forms(text string, r role) {
	n := 0
	_ = a.normalizer.Each([]byte(text), func(v match.View) bool { // what lies deeper is left
		if v.Original() || len(v.Text) == 0 {
			return true
		}
		span := v.Span(0, len(v.Text))
		a.form, a.span = v.Form(0, len(v.Text)), [2]int{span.Start, span.End}
		inner := r
		if v.Layer > 0 {
			inner = unknown
		}
		a.read1(string(v.Text), inner)
		n++
		return n < 6
	})
	a.form = ""
}

// argv reads commands that are given as a list of words.
func (a *analysis) argv() {
	for i := 0; i < len(a.fields); i++ {
		f := &a.fields[i]
		if f.kind != text || f.role != shellText || a.tool.is(analyses) {
			continue
		}
		from := i
		for i+1 < len(a.fields) && a.fields[i+1].role == shellText && a.fields[i+1].kind <= number && a.fields[i+1].at > 0 && (a.fields[i+1].node == f.node && f.at >= 0) {
			i++
		}
		lead := -1
		if f.at == 0 && from > 0 && a.fields[from-1].role == shellText && a.fields[from-1].at < 0 && a.fields[from-1].kind == text {
			lead = from - 1
		}
		if i == from && lead < 0 || strings.IndexByte(f.text, ' ') > 0 && lead < 0 {
			continue
		}
		var words []word
		if lead >= 0 {
			words = append(words, word{text: a.fields[lead].text})
			from = lead
		}
		for k := max(from, lead+1); k <= i; k++ {
			words = append(words, word{text: a.fields[k].text})
		}
		a.current = int32(from)
		s := &script{commands: []simple{{words: words, from: -1}}}
		a.commands(s)
	}
}
