package code

import (
	"strings"
)

// patience is how many bytes are read between two looks at whether the answer is still wanted.
const patience = 64 << 10

// A lexer cuts a passage into tokens. What is open at the end of the text is closed there.
type lexer struct {
	tokens
	syn     lexis
	pos     int
	holes   []hole
	endless [256]bool // quotes that are known to have no partner any more
	plain   int       // up to where a slash is known to start no pattern
	pending []string  // terminators of here documents that start with the next line
	checked int       // where was last looked at wanted
	wanted  func() error
}

// A hole is code within a string, up to the bracket that closes it.
type hole struct {
	index int  // of the string's token
	quote byte // that ends the string
	form  byte // '$' for ${…}, '{' for {…}, '#' for #{…}
	count int  // of the quote: 1 or 3
	depth int  // of brackets within the code
}

// lex returns the tokens of a passage. It fails only when wanted does.
func lex(p passage, syn lexis, wanted func() error) (tokens, error) {
	l := lexer{tokens: tokens{passage: p, list: make([]token, 0, len(p.text)/5+8)}, syn: syn, wanted: wanted}
	if syn.embedded && strings.Contains(p.text, "<?") {
		l.skipMarkup()
	}
	for l.pos < len(l.text) {
		if l.pos-l.checked > patience {
			l.checked = l.pos
			if err := wanted(); err != nil {
				return tokens{}, err
			}
		}
		l.next()
	}
	return l.tokens, nil
}

// next reads one token, blank or comment.
func (l *lexer) next() {
	c := l.text[l.pos]
	switch {
	case isSpace(c):
		l.pos++
	case isDigit(c):
		l.number()
	case isWord(c):
		l.wordOrPrefix()
	case c == '\n':
		l.newline()
	case c == '"' || c == '\'' || c == '`':
		l.quote(l.pos)
	case l.comment(c):
	case c == '{' || c == '}':
		l.brace(c)
	default:
		l.operator(c)
	}
}

func (l *lexer) emit(k kind, from, to int) {
	l.list = append(l.list, token{start: int32(from), end: int32(to), kind: k})
	l.pos = to
}

func (l *lexer) newline() {
	l.emit(kindNewline, l.pos, l.pos+1)
	for _, terminator := range l.pending {
		l.hereDocument(terminator)
	}
	l.pending = l.pending[:0]
}

func (l *lexer) number() {
	end := l.pos + 1
	for end < len(l.text) && (isWord(l.text[end]) || l.text[end] == '.' && end+1 < len(l.text) && isDigit(l.text[end+1])) {
		end++
	}
	l.emit(kindNumber, l.pos, end)
}

// wordOrPrefix reads a word, which may turn out to belong to the string behind it.
func (l *lexer) wordOrPrefix() {
	start, end := l.pos, l.pos+1
	for end < len(l.text) && isWord(l.text[end]) {
		end++
	}
	if end-start <= 3 && end < len(l.text) && l.prefixed(start, end) {
		return
	}
	l.emit(kindWord, start, end)
}

// prefixed reads the string that follows, when the word from start to end is a prefix of it.
func (l *lexer) prefixed(start, end int) bool {
	c := l.text[end]
	if c != '"' && c != '\'' && c != '#' || l.syn.prefixes == "" {
		return false
	}
	for i := start; i < end; i++ {
		if strings.IndexByte(l.syn.prefixes, l.text[i]) < 0 {
			return false
		}
	}
	if c == '#' || l.syn.hashRaw && strings.Contains(l.text[start:end], "r") {
		return l.syn.hashRaw && l.hashRaw(start, end)
	}
	if l.syn.parenRaw && l.text[end-1] == 'R' && c == '"' {
		return l.parenRaw(start, end)
	}
	l.pos = end
	l.quote(start)
	return true
}

// operator reads an operator; of the longer ones those that rules ask for are one token.
func (l *lexer) operator(c byte) {
	if c == '\\' && l.pos+1 < len(l.text) && l.text[l.pos+1] == '\n' {
		l.pos += 2
		return
	}
	if c == '/' && l.syn.patterns && l.pattern() {
		return
	}
	if c == '<' && l.syn.heredoc != "" && l.startHere() {
		return
	}
	if c == '?' && l.syn.embedded && strings.HasPrefix(l.text[l.pos:], "?>") {
		l.skipMarkup()
		return
	}
	if c == '%' && l.syn.percent && l.percentLiteral() {
		return
	}
	l.emit(kindPunct, l.pos, l.pos+operatorSize(l.text[l.pos:]))
}

func operatorSize(text string) int {
	if len(text) < 2 {
		return 1
	}
	switch text[:2] {
	case "==", "!=":
		if len(text) > 2 && text[2] == '=' {
			return 3
		}
		return 2
	case "<=", ">=", "=>", "->", "::", ":=", "&&", "||", "?.", "<>":
		return 2
	}
	return 1
}

// comment skips one, when there is one.
func (l *lexer) comment(c byte) bool {
	rest := l.text[l.pos:]
	switch {
	case c == '#' && l.syn.hash:
		if l.syn.sql && len(rest) > 1 && !isSpace(rest[1]) && rest[1] != '\n' {
			return false
		}
		if strings.HasPrefix(rest, "#[") && l.syn.embedded { // an attribute of PHP
			return false
		}
		l.skipLine()
	case c == '/' && l.syn.slashes && strings.HasPrefix(rest, "//"), c == '-' && l.syn.dashes && strings.HasPrefix(rest, "--"):
		l.skipLine()
	case c == '/' && l.syn.blocks && strings.HasPrefix(rest, "/*"):
		l.block()
	case c == '*' && l.syn.sql && strings.HasPrefix(rest, "*/"): // the end of a comment whose content is run
		l.pos += 2
	default:
		return false
	}
	return true
}

func (l *lexer) skipLine() {
	n := strings.IndexByte(l.text[l.pos:], '\n')
	if n < 0 {
		n = len(l.text) - l.pos
	}
	if l.syn.embedded { // the mark that ends the code ends a comment too
		if end := strings.Index(l.text[l.pos:l.pos+n], "?>"); end >= 0 {
			n = end
		}
	}
	l.pos += n
}

// block skips a block comment. What stands in /*! */ is run by MySQL, so that only the mark is skipped.
func (l *lexer) block() {
	if l.syn.sql && strings.HasPrefix(l.text[l.pos:], "/*!") {
		for l.pos += 3; l.pos < len(l.text) && isDigit(l.text[l.pos]); {
			l.pos++
		}
		return
	}
	depth := 0
	for l.pos < len(l.text) {
		switch rest := l.text[l.pos:]; {
		case strings.HasPrefix(rest, "/*") && (depth == 0 || l.syn.nested && !l.syn.sql):
			depth++
			l.pos += 2
		case strings.HasPrefix(rest, "*/"):
			l.pos += 2
			if depth--; depth == 0 {
				return
			}
		default:
			l.pos++
		}
	}
}
