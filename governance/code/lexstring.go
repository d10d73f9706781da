package code

import (
	"strings"
	"unicode/utf8"
)

// quote reads what the quote at pos starts. The token begins at start, where a prefix may stand.
func (l *lexer) quote(start int) {
	c := l.text[l.pos]
	style := l.style(c)
	switch style {
	case quoteNone:
		l.emit(kindPunct, l.pos, l.pos+1)
	case quoteChar:
		l.char()
	case quoteTemplate:
		l.str(start, quoteLong, 1, '$')
	default:
		count, form := 1, byte(0)
		if l.syn.triple && strings.HasPrefix(l.text[l.pos:], tripled(c)) {
			style, count = quoteLong, 3
		}
		prefix := lower(l.text[start:l.pos])
		switch {
		case l.syn.formatted != 0 && strings.IndexByte(prefix, l.syn.formatted) >= 0:
			form = '{'
		case l.syn.hashHole && c != '\'':
			form = '#'
		}
		l.str(start, style, count, form)
	}
}

func (l *lexer) style(c byte) quoting {
	switch c {
	case '"':
		return l.syn.double
	case '\'':
		return l.syn.single
	default:
		return l.syn.back
	}
}

// char reads a character literal, or the quote of a lifetime or a digit separator as an operator.
func (l *lexer) char() {
	rest := l.text[l.pos+1:]
	_, size := utf8.DecodeRuneInString(rest)
	if strings.HasPrefix(rest, `\`) {
		size = 2 + max(strings.IndexByte(rest[min(2, len(rest)):min(12, len(rest))], '\''), 0)
	}
	if size > 0 && size < len(rest) && rest[size] == '\'' {
		l.literalToken(kindString, l.pos, l.pos+size+2, 1, 1)
		return
	}
	l.emit(kindPunct, l.pos, l.pos+1)
}

func (l *lexer) literalToken(k kind, start, end, open, shut int) *token {
	l.emit(k, start, end)
	tok := &l.list[len(l.list)-1]
	tok.open, tok.shut = uint8(open), uint8(shut)
	return tok
}

// str reads a string whose first quote is at pos.
func (l *lexer) str(start int, style quoting, count int, form byte) {
	c := l.text[l.pos]
	if style != quoteLine && l.endless[c] {
		style = quoteLine
	}
	k := kindString
	switch style {
	case quoteCommand:
		k = kindCommand
	case quoteName:
		k = kindWord
	default:
	}
	tok := l.literalToken(k, start, l.pos+count, l.pos+count-start, 0)
	tok.raw = style == quoteRaw || style == quoteDoubled || style == quoteName || strings.ContainsAny(lower(l.text[start:start+int(tok.open)]), "r")
	l.rest(hole{index: len(l.list) - 1, quote: c, count: count, form: form}, style)
}

// rest reads a string from pos to its end, or to the next code in it.
func (l *lexer) rest(h hole, style quoting) {
	tok := &l.list[h.index]
	raw := tok.raw && style != quoteLine && style != quoteLong
	for i := l.pos; i < len(l.text); i++ {
		switch c := l.text[i]; {
		case c == '\\' && !raw:
			i++
		case c == h.quote && (h.count == 1 || strings.HasPrefix(l.text[i:], tripled(c))):
			if style == quoteDoubled && i+1 < len(l.text) && l.text[i+1] == c {
				i++
				continue
			}
			tok.end, tok.shut = int32(i+h.count), uint8(h.count)
			l.pos = i + h.count
			return
		case c == '\n' && style == quoteLine:
			tok.end = int32(i)
			l.pos = i
			return
		case h.form != 0 && l.opensHole(i, h.form):
			l.enterHole(h, i)
			return
		case h.form == '{' && c == '{':
			i++ // {{ stands for {
		}
	}
	l.unclosed(h, style)
}

func tripled(quote byte) string {
	if quote == '"' {
		return `"""`
	}
	return "'''"
}

// unclosed ends a string that the text ends in. One that may span lines was probably no string at all: all behind its
// first line is read again as code, and this quote is not looked for beyond a line any more.
func (l *lexer) unclosed(h hole, style quoting) {
	tok := &l.list[h.index]
	end := len(l.text)
	if style != quoteLine || h.form != 0 {
		l.endless[h.quote] = true
		if n := strings.IndexByte(l.text[l.pos:], '\n'); n >= 0 {
			end = l.pos + n
		}
	}
	tok.end, l.pos = int32(end), end
}

func (l *lexer) opensHole(i int, form byte) bool {
	switch form {
	case '{':
		return l.text[i] == '{' && i+1 < len(l.text) && l.text[i+1] != '{'
	default:
		return l.text[i] == form && i+1 < len(l.text) && l.text[i+1] == '{'
	}
}

// enterHole goes on with the code that starts at i.
func (l *lexer) enterHole(h hole, i int) {
	tok := &l.list[h.index]
	tok.holes, tok.end = true, int32(i)
	h.depth = 0
	l.holes = append(l.holes, h)
	l.pos = i + 1
	if h.form != '{' {
		l.pos++
	}
}

// brace reads a curly bracket, which may close the code within a string.
func (l *lexer) brace(c byte) {
	if n := len(l.holes); n > 0 {
		h := &l.holes[n-1]
		if c == '}' && h.depth == 0 {
			closed := *h
			l.holes = l.holes[:n-1]
			l.pos++
			l.rest(closed, l.styleWithin(closed))
			return
		}
		if c == '{' {
			h.depth++
		} else {
			h.depth--
		}
	}
	l.emit(kindPunct, l.pos, l.pos+1)
}

// styleWithin returns how a string goes on behind code.
func (l *lexer) styleWithin(h hole) quoting {
	if h.count == 1 && l.style(h.quote) == quoteLine {
		return quoteLine
	}
	return quoteLong
}

// hashRaw reads r"…" and r#"…"#.
func (l *lexer) hashRaw(start, at int) bool {
	hashes := 0
	for at+hashes < len(l.text) && l.text[at+hashes] == '#' {
		hashes++
	}
	if at+hashes >= len(l.text) || l.text[at+hashes] != '"' || hashes > 200 {
		return false
	}
	return l.untilText(start, at+hashes+1, `"`+strings.Repeat("#", hashes))
}

// parenRaw reads R"x(…)x".
func (l *lexer) parenRaw(start, at int) bool {
	limit := min(len(l.text), at+18)
	n := strings.IndexByte(l.text[at:limit], '(')
	if n < 0 {
		return false
	}
	return l.untilText(start, at+n+1, ")"+l.text[at+1:at+n]+`"`)
}

// untilText reads a raw literal whose body starts at body and ends before closer.
func (l *lexer) untilText(start, body int, closer string) bool {
	if l.endless['R'] {
		return false
	}
	n := strings.Index(l.text[body:], closer)
	if n < 0 {
		l.endless['R'] = true // another closer may exist; looking for each would cost too much
		return false
	}
	l.literalToken(kindString, start, body+n+len(closer), body-start, len(closer)).raw = true
	return true
}

// pattern reads a regular expression, where one may stand, on one line.
func (l *lexer) pattern() bool {
	if l.pos < l.plain || !l.patternMayFollow() {
		return false
	}
	class, i := false, l.pos+1
	for ; i < len(l.text) && l.text[i] != '\n'; i++ {
		switch c := l.text[i]; {
		case c == '\\':
			i++
		case c == '[':
			class = true
		case c == ']':
			class = false
		case c == '/' && !class:
			l.literalToken(kindPattern, l.pos, i+1, 1, 1).raw = true
			return true
		}
	}
	l.plain = i
	return false
}

// patternMayFollow reports whether a slash starts a pattern and does not divide: there is no value before it.
func (l *lexer) patternMayFollow() bool {
	i := len(l.list) - 1
	switch last := l.at(i); last.kind {
	case kindNumber, kindString, kindPattern, kindCommand:
		return false
	case kindPunct:
		return !l.is(i, ")") && !l.is(i, "]") && !l.is(i, "}")
	case kindWord:
		switch l.word(i) {
		case "return", "typeof", "case", "in", "of", "do", "else", "if", "unless", "when", "and", "or", "not", "void", "throw", "yield", "await":
			return true
		}
		return false
	default:
	}
	return true
}

// startHere notes a here document, whose text starts with the next line.
func (l *lexer) startHere() bool {
	rest, marked := strings.CutPrefix(l.text[l.pos:], l.syn.heredoc)
	if !marked || len(l.pending) >= 8 {
		return false
	}
	i := 0
	for i < len(rest) && strings.IndexByte("~-\"'` ", rest[i]) >= 0 && i < 3 {
		i++
	}
	n := i
	for n < len(rest) && isWord(rest[n]) && n < i+64 {
		n++
	}
	if n == i || l.syn.heredoc == "<<" && (rest[0] == ' ' || i == 0 && (rest[0] < 'A' || rest[0] > 'Z')) {
		return false
	}
	l.pending = append(l.pending, rest[i:n])
	if n < len(rest) && strings.IndexByte("\"'`", rest[n]) >= 0 {
		n++
	}
	l.pos += len(l.syn.heredoc) + n
	return true
}

// hereDocument reads the text of a here document as a literal.
func (l *lexer) hereDocument(terminator string) {
	if l.endless['H'] {
		return
	}
	for at := l.pos; at < len(l.text); {
		n := strings.IndexByte(l.text[at:], '\n')
		if n < 0 {
			n = len(l.text) - at
		}
		if strings.TrimRight(strings.TrimSpace(l.text[at:at+n]), ";),") == terminator {
			l.literalToken(kindString, l.pos, at, 0, 0)
			l.pos = at + n
			return
		}
		at += n + 1
	}
	l.endless['H'] = true // no end: what seemed a here document was something else
}

// percentLiteral reads %q(…), %Q(…) and %x(…) of Ruby, up to the first closing bracket.
func (l *lexer) percentLiteral() bool {
	rest := l.text[l.pos:]
	if len(rest) < 3 || strings.IndexByte("qQx", rest[1]) < 0 {
		return false
	}
	n := strings.IndexByte("([{<|", rest[2])
	if n < 0 {
		return false
	}
	end := strings.IndexByte(rest[:min(len(rest), 4096)], ")]}>|"[n])
	if n == 4 && end == 2 {
		end = strings.IndexByte(rest[3:min(len(rest), 4096)], '|') + 3
	}
	if end < 3 {
		return false
	}
	k := kindString
	if rest[1] == 'x' {
		k = kindCommand
	}
	l.literalToken(k, l.pos, l.pos+end+1, 3, 1)
	return true
}

// skipMarkup skips to the next code between <? and ?>.
func (l *lexer) skipMarkup() {
	n := strings.Index(l.text[l.pos:], "<?")
	if n < 0 {
		l.pos = len(l.text)
		return
	}
	l.pos += n + 2
	for _, mark := range []string{"php", "="} {
		if strings.HasPrefix(l.text[l.pos:], mark) {
			l.pos += len(mark)
			return
		}
	}
}
