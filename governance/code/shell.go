package code

import "strings"

// A shellWord is a word of a command without its quotes, a piece of the parser's buffer.
type shellWord struct {
	from, to   int  // in the buffer
	start, end int  // in the passage
	quoted     bool // has quotes
	variable   bool // has expansions, whose values are unknown
	fetched    bool // has the output of a command that downloads or decodes
}

// A shellFrame is a list of commands that is being read: the text itself, a subshell or a substitution.
type shellFrame struct {
	words    []shellWord
	word     shellWord // the one being read
	inWord   bool
	quoted   bool   // within double quotes
	closer   byte   // what ends the frame: ')' or '`'; 0 for the text itself
	nested   bool   // the frame is part of a word
	redirect byte   // '<', '>', 'h' for a here document, 's' for a here string: what the next word is for
	fetches  bool   // a command of the pipeline, before the current one, downloads or decodes
	yields   bool   // any command of the frame does
	previous string // name of the command before the current one in the pipeline
	function string // the function whose body is being read
	text     int    // how long the parser's buffer was when the frame began
	spans    int
}

// A shellParser reads commands in one pass. Frames are a stack of its own, so that depth costs no Go stack.
type shellParser struct {
	passage
	weaver
	scan    *scan
	depth   int // of code within code
	pos     int
	frames  []shellFrame
	here    []hereText
	checked int
	endless bool // a here document has no end
}

// hereText is a here document whose text comes with the next line.
type hereText struct {
	terminator string
	reader     string // the command that reads it
}

// shell examines a passage as shell commands, and reports whether a parser accepted it.
func (s *scan) shell(p passage, depth int) bool {
	if tree := s.parseShell(p.text); tree != nil {
		s.shellTree(p, tree, depth)
		return true
	}
	s.shellTokens(p, depth)
	return false
}

// shellTokens examines a passage that no parser accepts.
func (s *scan) shellTokens(p passage, depth int) {
	ps := shellParser{passage: p, scan: s, depth: depth, frames: make([]shellFrame, 1, 4)}
	for ps.pos < len(p.text) {
		if ps.pos-ps.checked > patience {
			ps.checked = ps.pos
			if s.stopped() {
				return
			}
		}
		ps.step()
	}
	for len(ps.frames) > 1 {
		ps.pop()
	}
	ps.endCommand(';')
}

func (p *shellParser) frame() *shellFrame { return &p.frames[len(p.frames)-1] }

// step reads what starts at pos.
func (p *shellParser) step() {
	c := p.passage.text[p.pos]
	f := p.frame()
	switch {
	case c == '\\':
		p.backslash()
	case c == '"':
		p.begin().quoted = true
		f.quoted = !f.quoted
		p.pos++
	case c == '$':
		p.dollar()
	case c == '`':
		p.backquote()
	case f.quoted:
		p.char()
	case c == '\'':
		p.single(false)
	default:
		p.bare(c)
	}
}

// bare reads a character outside quotes.
func (p *shellParser) bare(c byte) {
	switch {
	case isSpace(c):
		p.endWord()
		p.pos++
	case c == '\n':
		p.endCommand(c)
		p.pos++
		p.hereTexts()
	case c == '#' && !p.frame().inWord:
		p.comment()
	case c == ';' || c == '&' || c == '|':
		p.separator(c)
	case c == '(' || c == ')':
		p.bracket(c)
	case c == '<' || c == '>':
		p.redirection(c)
	case (c == '{' || c == '}') && !p.frame().inWord && len(p.frame().words) == 0:
		p.curly(c)
	default:
		p.char()
	}
}

// begin returns the current word, a new one if there is none.
func (p *shellParser) begin() *shellWord {
	f := p.frame()
	if !f.inWord {
		f.inWord = true
		f.word = shellWord{from: len(p.weaver.text), start: p.pos}
	}
	return &f.word
}

// char adds the characters at pos to the current word, as many as mean themselves.
func (p *shellParser) char() {
	p.begin()
	end := p.pos + 1
	for end < len(p.passage.text) && isPlain(p.passage.text[end]) {
		end++
	}
	p.weaver.copy(&p.passage, p.pos, end)
	p.pos = end
}

func isPlain(c byte) bool {
	return isWord(c) && c != '$' || c == '-' || c == '/' || c == '.' || c == ':' || c == ','
}

func (p *shellParser) add(text string, size int) {
	p.begin()
	p.weaver.write(text, p.where(p.pos))
	p.pos += size
}

func (p *shellParser) backslash() {
	if p.pos+1 >= len(p.passage.text) {
		p.pos++
		return
	}
	switch next := p.passage.text[p.pos+1]; {
	case next == '\n':
		p.pos += 2
	case strings.HasPrefix(p.passage.text[p.pos+1:], "\r\n"):
		p.pos += 3
	case p.frame().quoted && strings.IndexByte("$`\"\\", next) < 0:
		p.add(`\`, 1)
	default:
		p.begin().quoted = true
		p.weaver.copy(&p.passage, p.pos+1, p.pos+2)
		p.pos += 2
	}
}

// single reads '…' or, with its escapes, $'…'.
func (p *shellParser) single(escapes bool) {
	p.begin().quoted = true
	t := tokens{passage: p.passage}
	i := p.pos + 1
	for i < len(t.text) && t.text[i] != '\'' {
		from := i
		for i < len(t.text) && t.text[i] != '\'' && (!escapes || t.text[i] != '\\') {
			i++
		}
		p.weaver.copy(&p.passage, from, i)
		if i < len(t.text) && t.text[i] == '\\' {
			i = t.escape(&p.weaver, i, len(t.text))
		}
	}
	p.pos = min(i+1, len(t.text))
}

// dollar reads an expansion, a substitution or an ANSI-C string.
func (p *shellParser) dollar() {
	rest := p.passage.text[p.pos:]
	switch {
	case strings.HasPrefix(rest, "$'") && !p.frame().quoted:
		p.pos++
		p.single(true)
	case strings.HasPrefix(rest, "$("):
		p.begin().variable = true
		p.push(')', 2)
	case strings.HasPrefix(rest, "${IFS") && strings.IndexByte("}%:#", at(rest, 5)) >= 0:
		p.blank(len("${IFS") + max(strings.IndexByte(rest[5:min(len(rest), 32)], '}'), 0) + 1)
	case strings.HasPrefix(rest, "$IFS") && (isDigit(at(rest, 4)) || !isWord(at(rest, 4))):
		p.blank(4)
		if isDigit(at(rest, 4)) {
			p.pos++
		}
	case strings.HasPrefix(rest, "$@") && p.frame().inWord && !p.frame().quoted, strings.HasPrefix(rest, "$*") && p.frame().inWord:
		p.pos += 2 // empty in most places; a way to break up a word
	default:
		p.expansion(rest)
	}
}

// at returns the byte at an index, or a closing bracket behind the end.
func at(text string, i int) byte {
	if i < len(text) {
		return text[i]
	}
	return '}'
}

// blank skips an expansion that is a blank.
func (p *shellParser) blank(size int) {
	if !p.frame().quoted {
		p.endWord()
	}
	p.pos = min(p.pos+size, len(p.passage.text))
}

// expansion adds $NAME or ${…} as it is written, the latter up to its bracket; commands within are read.
func (p *shellParser) expansion(rest string) {
	p.begin().variable = true
	if name := 2; strings.HasPrefix(rest, "${") {
		for name < len(rest) && isWord(rest[name]) && rest[name] != '$' {
			name++
		}
		p.weaver.copy(&p.passage, p.pos, p.pos+1)
		p.weaver.copy(&p.passage, p.pos+2, p.pos+name)
		if at(rest, name) == '}' && name < len(rest) {
			name++
		}
		p.pos += name
		return
	}
	end := 1
	for end < len(rest) && isWord(rest[end]) && rest[end] != '$' {
		end++
	}
	p.weaver.copy(&p.passage, p.pos, p.pos+end)
	p.pos += end
}

func (p *shellParser) backquote() {
	if f := p.frame(); f.closer == '`' {
		p.pop()
		p.pos++
		return
	}
	p.begin().variable = true
	p.push('`', 1)
}

// push starts a frame that is part of a word.
func (p *shellParser) push(closer byte, size int) {
	p.frames = append(p.frames, shellFrame{closer: closer, nested: true, text: len(p.weaver.text), spans: len(p.weaver.spans)})
	p.pos += size
}

// pop ends the innermost frame.
func (p *shellParser) pop() {
	p.endCommand(';')
	child := p.frame()
	yields, nested := child.yields, child.nested
	if nested { // what it read is no part of the word that it stands in
		p.weaver.text, p.weaver.spans, p.weaver.next = p.weaver.text[:child.text], p.weaver.spans[:child.spans], -1
	}
	p.frames = p.frames[:len(p.frames)-1]
	parent := p.frame()
	if nested {
		parent.word.fetched = parent.word.fetched || yields
	}
	parent.yields = parent.yields || yields
	parent.fetches = parent.fetches || yields && !nested
}

func (p *shellParser) bracket(c byte) {
	f := p.frame()
	switch {
	case c == ')' && f.closer == ')':
		p.pop()
	case c == ')': // behind a pattern of case
		p.endCommand(';')
	case strings.HasPrefix(strings.TrimLeft(p.passage.text[p.pos+1:min(p.pos+8, len(p.passage.text))], " "), ")") && (f.inWord || len(f.words) > 0):
		p.define()
	default:
		p.endCommand('(')
		p.frames = append(p.frames, shellFrame{closer: ')', function: p.frame().function})
	}
	p.pos++
}

// define notes the function whose head ends at pos.
func (p *shellParser) define() {
	p.endWord()
	f := p.frame()
	last := f.words[len(f.words)-1]
	f.function = string(p.weaver.text[last.from:last.to])
	f.words = f.words[:0]
	for p.passage.text[p.pos] != ')' {
		p.pos++
	}
}

func (p *shellParser) comment() {
	n := strings.IndexByte(p.passage.text[p.pos:], '\n')
	if n < 0 {
		n = len(p.passage.text) - p.pos
	}
	p.pos += n
}

func (p *shellParser) separator(c byte) {
	next := at(p.passage.text, p.pos+1)
	switch {
	case c == '&' && next == '>': // &> redirects
		p.endWord()
		p.pos++
		return
	case next == c && c != ';':
		p.pos++
		c = ';'
	case c == '|' && next == '&':
		p.pos++
	}
	p.endCommand(c)
	p.pos++
}

// curly reads a bracket where a command may start: of a group, or of an expansion like {rm,-rf,/}.
func (p *shellParser) curly(c byte) {
	text := p.passage.text[p.pos:min(p.pos+512, len(p.passage.text))]
	end := strings.IndexAny(text, "} \t\n;")
	if c == '{' && end > 0 && text[end] == '}' && strings.IndexByte(text[:end], ',') > 0 {
		start := p.pos
		for i := 1; i < end; i++ {
			if text[i] == ',' {
				p.endWord()
				continue
			}
			p.pos = start + i
			p.begin()
			p.weaver.copy(&p.passage, p.pos, p.pos+1)
		}
		p.pos = start + end
		p.endWord()
	}
	p.pos++
}
