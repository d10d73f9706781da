package rules

import (
	"strings"
	"unicode/utf8"
)

// tokenKind says what a token is.
type tokenKind uint8

const (
	tokenWord   tokenKind = iota + 1 // an identifier, a keyword included
	tokenText                        // a string, quotes included
	tokenNumber                      // digits
	tokenMark                        // an operator or bracket
)

// A token is one word of Cedar text. The lexer serves to find places; Cedar's own parser decides what is Cedar.
type token struct {
	kind tokenKind
	text string
	at   Position // in the text
	from int      // byte offset
}

// value is the content of a string token as far as it has no escape, or the token's text.
func (t token) value() string {
	if t.kind == tokenText && len(t.text) >= 2 {
		return t.text[1 : len(t.text)-1]
	}
	return t.text
}

// A lexer goes through Cedar text.
type lexer struct {
	text string
	at   int
	pos  Position
}

// lex returns the tokens of the text; comments and white space are none.
func lex(text string) []token {
	l := lexer{text: text, pos: Position{1, 1}}
	var tokens []token
	for {
		l.blank()
		if l.at >= len(l.text) {
			return tokens
		}
		t := token{at: l.pos, from: l.at}
		t.kind, t.text = l.next()
		tokens = append(tokens, t)
		l.advance(len(t.text))
	}
}

// advance goes n bytes further.
func (l *lexer) advance(n int) {
	for _, r := range l.text[l.at : l.at+n] {
		l.pos.Column++
		if r == '\n' {
			l.pos = Position{l.pos.Line + 1, 1}
		}
	}
	l.at += n
}

// blank skips white space and comments.
func (l *lexer) blank() {
	for l.at < len(l.text) {
		rest := l.text[l.at:]
		switch {
		case strings.HasPrefix(rest, "//"):
			line, _, _ := strings.Cut(rest, "\n")
			l.advance(len(line))
		case strings.ContainsRune(" \t\r\n", rune(rest[0])):
			l.advance(1)
		default:
			return
		}
	}
}

// next returns the token that begins here.
func (l *lexer) next() (tokenKind, string) {
	rest := l.text[l.at:]
	switch c := rest[0]; {
	case c == '"':
		return tokenText, rest[:quotedLen(rest)]
	case wordByte(c) && (c < '0' || c > '9'):
		return tokenWord, rest[:span(rest, wordByte)]
	case '0' <= c && c <= '9':
		return tokenNumber, rest[:span(rest, func(c byte) bool { return '0' <= c && c <= '9' })]
	}
	for _, mark := range [...]string{"::", "==", "!=", "<=", ">=", "&&", "||"} {
		if strings.HasPrefix(rest, mark) {
			return tokenMark, mark
		}
	}
	_, size := utf8.DecodeRuneInString(rest)
	return tokenMark, rest[:size]
}

// quotedLen is the length of the string that a text begins with, up to the end of the text when it is not closed.
func quotedLen(text string) int {
	for i := 1; i < len(text); i++ {
		switch text[i] {
		case '\\':
			i++
		case '"':
			return i + 1
		}
	}
	return len(text)
}

func wordByte(c byte) bool {
	return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || c == '_'
}

func span(text string, in func(byte) bool) int {
	n := 0
	for n < len(text) && in(text[n]) {
		n++
	}
	return n
}
