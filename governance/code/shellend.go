package code

import (
	"sort"
	"strings"
)

// endWord ends the current word and gives it to the command or to the redirection before it.
func (p *shellParser) endWord() {
	f := p.frame()
	if !f.inWord {
		return
	}
	w := f.word
	w.to, w.end = len(p.weaver.text), p.pos
	f.inWord = false
	switch f.redirect {
	case '>':
		p.target(w)
	case 'h':
		if len(p.here) < 16 {
			p.here = append(p.here, hereText{terminator: p.value(w), reader: p.reader()})
		}
	case 's':
		f.words = append(f.words, w)
	case 0:
		if len(f.words) == 0 && isReserved(p.value(w)) && !w.quoted {
			break
		}
		f.words = append(f.words, w)
	}
	f.redirect = 0
}

func (p *shellParser) value(w shellWord) string { return string(p.weaver.text[w.from:w.to]) }

// isReserved reports whether a word is followed by a command.
func isReserved(word string) bool {
	switch word {
	case "if", "then", "else", "elif", "while", "until", "do", "!", "time", "{", "}", "fi", "done", "esac":
		return true
	}
	return false
}

// reader returns the name of the command being read, which gets a here document.
func (p *shellParser) reader() string {
	f := p.frame()
	if len(f.words) == 0 {
		return ""
	}
	return baseName(p.value(f.words[0]))
}

// redirection reads <, <<, <<<, >, >>, >& and process substitution.
func (p *shellParser) redirection(c byte) {
	rest := p.passage.text[p.pos:]
	if strings.HasPrefix(rest[1:], "(") {
		p.begin()
		p.push(')', 2)
		return
	}
	p.endWord()
	f := p.frame()
	size := 1
	f.redirect = c
	switch {
	case strings.HasPrefix(rest, "<<<"):
		f.redirect, size = 's', 3
	case strings.HasPrefix(rest, "<<"):
		f.redirect, size = 'h', 2
		if at(rest, 2) == '-' {
			size = 3
		}
	case strings.HasPrefix(rest, ">>"), strings.HasPrefix(rest, ">&"), strings.HasPrefix(rest, ">|"), strings.HasPrefix(rest, "<&"), strings.HasPrefix(rest, "<>"):
		size = 2
		if f.redirect = '>'; rest[1] == '&' && isDigit(at(rest, 2)) {
			f.redirect, size = 0, 3
		}
	}
	p.pos += size
}

// target looks at the file that a command writes to.
func (p *shellParser) target(w shellWord) {
	name := p.value(w)
	h := hit{rule: deviceWrite, severity: Critical, confidence: Certain}
	switch {
	case isDisk(name):
	case isNetworkPath(name):
		h.rule = reverseShell
	default:
		return
	}
	p.scan.found(&p.passage, w.start, w.end, h)
}

func isNetworkPath(name string) bool {
	return strings.HasPrefix(name, "/dev/tcp/") || strings.HasPrefix(name, "/dev/udp/")
}

// isDisk reports whether a path names a disk or a part of one.
func isDisk(path string) bool {
	name, ok := strings.CutPrefix(path, "/dev/")
	if !ok {
		return strings.HasPrefix(lower(path), `\\.\physicaldrive`)
	}
	for _, prefix := range [...]string{"sd", "hd", "vd", "xvd", "nvme", "mmcblk", "disk", "rdisk", "mapper/", "md", "dm-", "loop", "mem", "kmem", "nbd"} {
		if strings.HasPrefix(name, prefix) {
			return true
		}
	}
	return false
}

// endCommand ends a simple command at an operator: what comes next is of the same pipeline only behind |.
func (p *shellParser) endCommand(operator byte) {
	p.endWord()
	f := p.frame()
	f.redirect, f.quoted = 0, false
	name := ""
	if len(f.words) > 0 {
		name = p.command()
	}
	f = p.frame()
	f.words = f.words[:0]
	if operator == '|' {
		f.previous = name
	} else {
		f.previous, f.fetches = "", false
	}
	if len(p.frames) == 1 {
		p.weaver.text, p.weaver.spans, p.weaver.next = p.weaver.text[:0], p.weaver.spans[:0], -1
	}
}

// command looks at the simple command that was read and returns its name.
func (p *shellParser) command() string {
	f := p.frame()
	c := command{scan: p.scan, depth: p.depth, source: &p.passage, piped: f.fetches, words: make([]argument, 0, len(f.words))}
	for _, w := range f.words {
		c.words = append(c.words, argument{passage: p.woven(w), start: w.start, end: w.end, quoted: w.quoted, variable: w.variable, fetched: w.fetched})
	}
	name := c.examine()
	if name != "" && name == f.previous && name == f.function {
		p.scan.found(&p.passage, f.words[0].start, f.words[len(f.words)-1].end, hit{rule: forkBomb, severity: Critical, confidence: Certain})
	}
	if c.downloads {
		f.fetches, f.yields = true, true
	}
	return name
}

// woven returns the value of a word, with its way back to the source.
func (p *shellParser) woven(w shellWord) passage {
	all := passage{text: p.value(w), end: p.where(w.end)}
	spans := p.weaver.spans
	n := max(sort.Search(len(spans), func(n int) bool { return int(spans[n].at) > w.from })-1, 0)
	for ; n < len(spans) && int(spans[n].at) < w.to; n++ {
		s := spans[n]
		all.spans = append(all.spans, span{at: max(s.at-int32(w.from), 0), from: s.from + max(int32(w.from)-s.at, 0)})
	}
	if len(all.spans) == 0 {
		return passage{base: p.where(w.start)}
	}
	return all
}

// hereTexts reads the here documents that start at pos: what an interpreter reads is code.
func (p *shellParser) hereTexts() {
	for _, h := range p.here {
		p.hereText(h)
	}
	p.here = p.here[:0]
}

func (p *shellParser) hereText(h hereText) {
	if p.endless {
		return
	}
	text := p.passage.text
	for start := p.pos; start < len(text); {
		n := strings.IndexByte(text[start:], '\n')
		if n < 0 {
			n = len(text) - start
		}
		if strings.TrimSpace(text[start:start+n]) == h.terminator {
			if l, ok := interpreted(h.reader); ok {
				p.scan.language(p.part(p.pos, start), l, p.depth+1)
			}
			p.pos = start + n
			return
		}
		start += n + 1
	}
	p.endless = true
}

// interpreted returns the language that a program reads from its input or its -c, -e.
func interpreted(program string) (Language, bool) {
	switch strings.TrimRight(strings.TrimSuffix(program, ".exe"), "0123456789.") {
	case "sh", "bash", "zsh", "dash", "ksh", "ash", "fish", "powershell", "pwsh", "ssh", "su", "eval":
		return Shell, true
	case "python", "pypy", "ipython":
		return Python, true
	case "node", "nodejs", "deno", "bun":
		return JavaScript, true
	case "ruby", "perl": // near enough for what rules ask
		return Ruby, true
	case "php":
		return PHP, true
	case "psql", "mysql", "mariadb", "sqlite", "sqlcmd", "clickhouse-client", "duckdb", "cockroach":
		return SQL, true
	}
	return "", false
}

// baseName returns a program's name without its folder.
func baseName(path string) string {
	if n := strings.LastIndexByte(path, '/'); n >= 0 {
		path = path[n+1:]
	}
	return path
}
