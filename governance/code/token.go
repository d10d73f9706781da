package code

import "unicode/utf8"

// kind says what a token is. The zero value is the token behind the last.
type kind uint8

const (
	kindEnd     kind = iota
	kindWord         // identifier, keyword, variable
	kindNumber       // starts with a digit
	kindString       // literal
	kindCommand      // literal that a shell runs
	kindPattern      // literal of a regular expression
	kindPunct        // operator
	kindNewline      // end of a line
)

// A token is a piece of code. Comments and blanks are none.
type token struct {
	start, end int32 // in the passage
	open, shut uint8 // bytes of a literal's delimiters, prefixes included
	kind       kind
	raw        bool // a literal without escapes
	holes      bool // a literal with code in it, whose tokens follow
}

// tokens are a passage and its tokens.
type tokens struct {
	passage
	list []token
}

// at returns the token at an index; outside the list it is of kindEnd.
func (t *tokens) at(i int) token {
	if i < 0 || i >= len(t.list) {
		return token{start: int32(len(t.text)), end: int32(len(t.text))}
	}
	return t.list[i]
}

// is reports whether the token at i is a word or operator that reads so.
func (t *tokens) is(i int, text string) bool {
	tok := t.at(i)
	return (tok.kind == kindPunct || tok.kind == kindWord) && t.text[tok.start:tok.end] == text
}

// word returns the text of the word or number at i, or "".
func (t *tokens) word(i int) string {
	if tok := t.at(i); tok.kind == kindWord || tok.kind == kindNumber {
		return t.text[tok.start+int32(tok.open) : tok.end-int32(tok.shut)]
	}
	return ""
}

// body returns what stands between the delimiters of the literal at i, as it is written.
func (t *tokens) body(i int) string {
	tok := t.at(i)
	if tok.kind < kindString || tok.kind > kindPattern {
		return ""
	}
	return t.text[tok.start+int32(tok.open) : tok.end-int32(tok.shut)]
}

// weave adds the value of the literal at i.
func (t *tokens) weave(w *weaver, i int) {
	tok := t.at(i)
	from, to := int(tok.start)+int(tok.open), int(tok.end)-int(tok.shut)
	for from < to {
		plain := from
		for plain < to && (tok.raw || t.text[plain] != '\\') {
			plain++
		}
		w.copy(&t.passage, from, plain)
		if plain == to {
			return
		}
		from = t.escape(w, plain, to)
	}
}

// escape adds what the escape at i stands for and returns where it ends, at most at limit.
func (t *tokens) escape(w *weaver, i, limit int) int {
	if i+1 == limit {
		w.put('\\', t.where(i), t.where(i)+1)
		return limit
	}
	at, size, char := t.where(i), 2, rune(t.text[i+1])
	switch c := t.text[i+1]; {
	case c == 'n':
		char = '\n'
	case c == 't':
		char = '\t'
	case c == 'r':
		char = '\r'
	case c == 'x', c == 'u', c == 'U':
		char, size = codePoint(t.text[i:limit])
	case c >= '0' && c <= '7':
		char, size = octal(t.text[i:limit])
	case c == '\n':
		return i + 2
	case c >= utf8.RuneSelf:
		w.put('\\', at, at+1)
		return i + 1
	}
	w.write(string(char), at)
	return i + size
}

// codePoint reads \xHH, \uHHHH, \UHHHHHHHH and \u{H…} and returns what it stands for and how long it is.
func codePoint(text string) (value rune, size int) {
	digits, i := 2, 2
	switch text[1] {
	case 'u':
		digits = 4
	case 'U':
		digits = 8
	}
	if i < len(text) && text[i] == '{' {
		digits, i = 6, i+1
	}
	for ; i < len(text) && digits > 0 && hexDigit(text[i]) >= 0; i, digits = i+1, digits-1 {
		value = value<<4 | rune(hexDigit(text[i]))
	}
	if i < len(text) && text[2] == '{' && text[i] == '}' {
		i++
	}
	return value, i
}

func hexDigit(c byte) int {
	switch {
	case isDigit(c):
		return int(c - '0')
	case c|0x20 >= 'a' && c|0x20 <= 'f':
		return int(c|0x20-'a') + 10
	default:
		return -1
	}
}

// octal reads \NNN.
func octal(text string) (value rune, size int) {
	size = 1
	for ; size < min(len(text), 4) && text[size] >= '0' && text[size] <= '7'; size++ {
		value = value<<3 | rune(text[size]-'0')
	}
	return value, size
}

// literal returns the value of the literal at i as a passage.
func (t *tokens) literal(i int) passage {
	tok := t.at(i)
	body := t.body(i)
	if !tok.raw {
		for n := range len(body) {
			if body[n] == '\\' {
				var w weaver
				t.weave(&w, i)
				return w.passage(t.bodyEnd(i))
			}
		}
	}
	return t.part(int(tok.start)+int(tok.open), int(tok.end)-int(tok.shut))
}

// bodyEnd returns the place in the source behind the last character of the literal at i.
func (t *tokens) bodyEnd(i int) int {
	tok := t.at(i)
	return t.where(int(tok.end) - int(tok.shut))
}
