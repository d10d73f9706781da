package intent

import (
	"slices"
	"strings"
)

// How much of a shell's text is read.
const (
	maxCommands = 128
	maxWords    = 512 // of all commands
	maxNested   = 6   // substitutions within substitutions
)

// A word is one word of a command, its quotes taken off and its known variables filled in.
type word struct {
	text       string
	start, end int  // in the text
	unknown    bool // has expansions whose value cannot be seen
	output     bool // has the output of a command
}

// A redirect sends a command's output to a file, or a file to its input.
type redirect struct {
	target string
	input  bool
}

// A simple is one command: a program and its words.
type simple struct {
	words     []word
	redirects []redirect
	from      int // index of the command whose output it reads; -1 for none
	within    int // how deep it stands in substitutions
}

// A script is the commands of a text, in the order in which they end.
type script struct {
	commands []simple
	odd      bool // something about it needs a better parser
	words    int
	vars     []assignment
}

// An assignment is a variable and its value.
type assignment struct{ name, value string }

// target says what the next word is for.
type target uint8

const (
	ofCommand  target = iota
	ofOutput          // the file that output goes to
	ofInput           // the file that input comes from
	ofNothing         // a descriptor
	ofDocument        // what ends a here document
)

// A shell reads one level of a text.
type shell struct {
	*script
	text    string
	base    int // where the text stands in the outermost one
	pos     int
	level   int
	current simple
	buffer  []byte
	start   int
	inWord  bool
	unknown bool
	output  bool
	target  target
	here    string // what ends the here document that the next line begins
}

// readShell reads commands the way a shell of the Bourne family does, as far as it takes to see what runs with what:
// quotes, escapes, variables that the text itself sets, substitutions, pipes, redirections, here documents.
func readShell(text string) *script {
	s := &script{commands: make([]simple, 0, 8)}
	sh := shell{script: s, text: text, current: simple{from: -1}}
	sh.read()
	return s
}

func (s *shell) read() {
	for s.pos < len(s.text) && len(s.commands) < maxCommands && s.words < maxWords {
		switch c := s.text[s.pos]; c {
		case ' ', '\t', '\r':
			s.endWord()
			s.pos++
		case '\n', ';', '&', '|':
			s.separator(c)
		case '#':
			s.hash()
		case '\'':
			s.single()
		case '"':
			s.double()
		case '\\':
			s.backslash()
		case '$':
			s.dollar(false)
		case '`':
			s.backquote()
		case '<', '>':
			s.redirection(c)
		case '(', ')':
			s.endCommand()
			s.pos++
		case '{', '}':
			s.curly(c)
		default:
			s.plain()
		}
	}
	s.odd = s.odd || s.pos < len(s.text)
	s.endCommand()
}

func (s *shell) begin() {
	if !s.inWord {
		s.inWord, s.start, s.buffer = true, s.pos, s.buffer[:0]
	}
}

// plain adds what means itself.
func (s *shell) plain() {
	s.begin()
	end := s.pos + 1
	for end < len(s.text) && strings.IndexByte(" \t\r\n;&|#'\"\\$`<>(){}", s.text[end]) < 0 {
		end++
	}
	s.buffer = append(s.buffer, s.text[s.pos:end]...)
	s.pos = end
}

func (s *shell) hash() {
	if s.inWord {
		s.plain()
		return
	}
	s.pos += lineEnd(s.text[s.pos:])
}

// lineEnd returns the length of a text's first line.
func lineEnd(text string) int {
	if n := strings.IndexByte(text, '\n'); n >= 0 {
		return n
	}
	return len(text)
}

func (s *shell) single() {
	s.begin()
	rest := s.text[s.pos+1:]
	n := strings.IndexByte(rest, '\'')
	if n < 0 {
		n, s.odd = len(rest), true
	}
	s.buffer = append(s.buffer, rest[:n]...)
	s.pos = min(s.pos+n+2, len(s.text))
}

func (s *shell) double() {
	s.begin()
	s.pos++
	for s.pos < len(s.text) && s.text[s.pos] != '"' {
		switch c := s.text[s.pos]; c {
		case '\\':
			s.backslash()
		case '$':
			s.dollar(true)
		case '`':
			s.backquote()
		default:
			s.buffer = append(s.buffer, c)
			s.pos++
		}
	}
	s.pos = min(s.pos+1, len(s.text))
}

func (s *shell) backslash() {
	if s.pos+1 >= len(s.text) {
		s.pos++
		return
	}
	if s.text[s.pos+1] != '\n' {
		s.begin()
		if c := s.text[s.pos+1]; isAlnum(c) && s.pos+2 < len(s.text) && s.text[s.pos+2] == ':' || c == '\\' {
			s.buffer = append(s.buffer, '\\') // a path of Windows
		}
		s.buffer = append(s.buffer, s.text[s.pos+1])
	}
	s.pos += 2
}

// dollar reads an expansion, a substitution or an ANSI-C string.
func (s *shell) dollar(quoted bool) {
	rest := s.text[s.pos+1:]
	switch {
	case strings.HasPrefix(rest, "'") && !quoted:
		s.begin()
		s.odd = true
		s.pos++
		s.single()
	case strings.HasPrefix(rest, "(("):
		s.begin()
		s.unknown = true
		s.pos += 1 + closing(rest)
	case strings.HasPrefix(rest, "("):
		n := closing(rest)
		s.inner(rest[1:max(n-1, 1)], s.pos+2)
		s.pos = min(s.pos+1+n, len(s.text))
	default:
		s.variable(rest, quoted)
	}
}

// closing returns the index behind the bracket that closes the one that a text begins with.
func closing(text string) int {
	depth, quote := 0, byte(0)
	for i := range len(text) {
		switch c := text[i]; {
		case quote != 0:
			if c == quote {
				quote = 0
			}
		case c == '\'' || c == '"' && i > 0:
			quote = c
		case c == '(':
			depth++
		case c == ')':
			if depth--; depth == 0 {
				return i + 1
			}
		}
	}
	return len(text)
}

// inner reads a substitution, whose commands are commands like any other.
func (s *shell) inner(text string, at int) {
	s.begin()
	s.output = true
	if s.level >= maxNested {
		s.odd = true
		return
	}
	sh := shell{script: s.script, text: text, base: s.base + at, level: s.level + 1, current: simple{from: -1, within: s.level + 1}}
	sh.read()
}

func (s *shell) backquote() {
	rest := s.text[s.pos+1:]
	n := strings.IndexByte(rest, '`')
	if n < 0 {
		s.pos++
		return
	}
	s.inner(rest[:n], s.pos+1)
	s.pos += n + 2
}

// variable reads $NAME or ${NAME…}.
func (s *shell) variable(rest string, quoted bool) {
	brace := strings.HasPrefix(rest, "{")
	name := strings.TrimPrefix(rest, "{")
	n := 0
	for n < len(name) && (isAlnum(name[n]) || name[n] == '_') {
		n++
	}
	size := 1 + n
	if brace {
		end := strings.IndexByte(rest, '}')
		if end < 0 {
			end = len(rest) - 1
		}
		size = end + 2
	}
	start := s.pos
	s.pos = min(s.pos+max(size, 1), len(s.text))
	switch name = name[:n]; {
	case name == "IFS" && !quoted:
		s.endWord()
	case n == 0 && !brace && strings.IndexByte("@*", at(rest, 0)) >= 0:
		s.pos = min(s.pos+1, len(s.text)) // empty in most places; a way to break up a word
	default:
		if !s.inWord {
			s.inWord, s.start, s.buffer = true, start, s.buffer[:0]
		}
		if value, known := s.value(name); known {
			s.buffer = append(s.buffer, value...)
			return
		}
		s.unknown = true
		s.buffer = append(append(s.buffer, '$'), name...)
	}
}

func (s *script) value(name string) (string, bool) {
	for _, v := range slices.Backward(s.vars) {
		if v.name == name {
			return v.value, true
		}
	}
	return "", false
}

// at returns the byte at an index of a text, a blank behind its end.
func at(text string, i int) byte {
	if i < len(text) {
		return text[i]
	}
	return ' '
}

func (s *shell) curly(c byte) {
	if !s.inWord && len(s.current.words) == 0 && strings.IndexByte(" \t\n;}", at(s.text, s.pos+1)) >= 0 {
		s.endCommand()
		s.pos++
		return
	}
	s.odd = s.odd || c == '{' && strings.IndexByte(s.text[s.pos:min(s.pos+512, len(s.text))], ',') > 0 && len(s.current.words) == 0
	s.plain()
}
