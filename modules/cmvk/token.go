package cmvk

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// A token is a word, a symbol or a quantity of a text.
type token struct {
	word     int32 // in the vocabulary
	from, to int32 // bytes of the text
	quantity int32 // index of the quantity plus 1; 0 is none
	sentence int32
	clause   int32
	capital  bool // begins with a capital
	first    bool // of its sentence
	joins    bool // a comma stands before it
}

// A text is a tokenised text.
type text struct {
	raw        string
	tokens     []token
	quantities []quantity
	lines      int // that are not blank
}

// A tokenizer reads one text from the front.
type tokenizer struct {
	*text
	words    *vocabulary
	at       int
	sentence int32
	clause   int32
	first    bool
	joins    bool
	newline  bool
}

// read tokenises raw into t, whose room is used again.
func (t *text) read(words *vocabulary, raw string) {
	const bytesPerToken = 2 // at least, in nearly all texts
	*t = text{raw: raw, tokens: slices.Grow(t.tokens[:0], len(raw)/bytesPerToken), quantities: t.quantities[:0]}
	z := tokenizer{text: t, words: words, first: true, newline: true}
	for z.at < len(raw) {
		z.step()
	}
}

// step reads one token, or passes over what is none.
func (z *tokenizer) step() {
	r, size := rune(z.raw[z.at]), 1
	if r >= utf8.RuneSelf {
		r, size = utf8.DecodeRuneInString(z.raw[z.at:])
	}
	switch {
	case z.quantity():
	case r < utf8.RuneSelf && isDigit(byte(r)):
		z.identifier(z.code(z.at))
	case isIdeograph(r):
		z.emit(z.at, z.at+size)
	case unicode.IsLetter(r):
		z.word()
	default:
		z.mark(r, size)
	}
}

// emit appends the token that stands between two bytes and goes on behind it.
func (z *tokenizer) emit(from, to int) {
	z.put(z.words.id(z.raw[from:to]), from, to)
	r, _ := utf8.DecodeRuneInString(z.raw[from:])
	z.tokens[len(z.tokens)-1].capital = unicode.IsUpper(r)
	z.at = to
}

// identifier appends what stands between here and a byte as a name by its form.
func (z *tokenizer) identifier(to int) {
	z.words.words[z.words.id(z.raw[z.at:to])].code = true
	z.emit(z.at, to)
}

func (z *tokenizer) put(id int32, from, to int) {
	z.tokens = append(z.tokens, token{
		word: id, from: int32(from), to: int32(to),
		sentence: z.sentence, clause: z.clause, first: z.first, joins: z.joins,
	})
	if z.newline {
		z.lines++
	}
	z.first, z.joins, z.newline = false, false, false
}

// word reads a word. What stands behind an apostrophe is a word of its own, so that isn't reads as is not.
func (z *tokenizer) word() {
	start := z.at
	end := letters(z.raw, start)
	if more := z.code(start); more > end {
		z.identifier(more)
		return
	}
	tail := apostrophe(z.raw, end)
	switch {
	case tail == end:
		z.emit(start, end)
	case strings.HasSuffix(z.raw[start:end], "n") && fold(z.raw[tail:letters(z.raw, tail)]) == "t":
		z.contraction(start, end, letters(z.raw, tail))
	default:
		z.emit(start, end)
		z.at = letters(z.raw, tail)
	}
}

// contraction reads can't, won't and don't.
func (z *tokenizer) contraction(start, end, behind int) {
	switch verb := fold(z.raw[start:end]); verb {
	case "can":
		z.emit(start, end)
	case "won":
		z.put(z.words.id("will"), start, end)
	default:
		z.emit(start, end-len("n"))
	}
	z.put(z.words.id("not"), end-len("n"), behind)
	z.at = behind
}

// letters is where the run of letters that begins at i ends.
func letters(s string, i int) int {
	for i < len(s) {
		r, size := rune(s[i]), 1
		if r >= utf8.RuneSelf {
			r, size = utf8.DecodeRuneInString(s[i:])
		}
		if !unicode.IsLetter(r) && !unicode.Is(unicode.Mn, r) || isIdeograph(r) {
			return i
		}
		i += size
	}
	return i
}

// apostrophe is where the letters behind an apostrophe at i begin, or i.
func apostrophe(s string, i int) int {
	for _, mark := range []string{"'", "’"} {
		if rest, ok := strings.CutPrefix(s[i:], mark); ok && letters(rest, 0) > 0 {
			return i + len(mark)
		}
	}
	return i
}

// code is where the identifier that begins at i ends: GPT-4, v1.2.3, 2024-05-01, a@b.com, snake_case. It is more than a
// run of letters only if it has a digit or joins words as no sentence does.
func (z *tokenizer) code(i int) int {
	const longest = 256
	return z.codeUpTo(i, i+longest)
}

// codeUpTo is code that looks no further than a byte, so that no text is looked ahead into again and again.
func (z *tokenizer) codeUpTo(i, limit int) int {
	s := z.raw[:min(len(z.raw), limit)]
	for i < len(s) {
		switch c := s[i]; {
		case isAlnum(c):
			i++
		case c >= utf8.RuneSelf && letters(s, i) > i:
			i = letters(s, i)
		case i+1 < len(s) && isAlnum(s[i+1]) && (strings.IndexByte("_@", c) >= 0 || strings.IndexByte("-.:/", c) >= 0 && isDigit(s[i+1])):
			i++
		case i+1 < len(s) && strings.IndexByte(".-/", c) >= 0 && isAlnum(s[i+1]) && i > 0 && isDigit(s[i-1]):
			i++
		default:
			return i
		}
	}
	return i
}

func isAlnum(c byte) bool {
	return isDigit(c) || 'a' <= c|0x20 && c|0x20 <= 'z'
}

// isIdeograph reports whether a rune stands for a word, or belongs to a script that writes without spaces.
func isIdeograph(r rune) bool {
	const thai, lao, kana, hangul, beyond = 0x0E00, 0x0EFF, 0x2E80, 0xAC00, 0xF900
	if r < thai {
		return false
	}
	return r <= lao && unicode.IsLetter(r) || r >= kana && r < hangul && unicode.IsLetter(r) || r >= beyond && unicode.Is(unicode.Han, r)
}

// mark passes over what is no word. Punctuation ends sentences and clauses; other symbols are tokens.
func (z *tokenizer) mark(r rune, size int) {
	switch {
	case r == '\n':
		z.newline = true
		z.ends()
	case unicode.IsSpace(r):
	case r == '.' || r == '!' || r == '?' || r == '。' || r == '！' || r == '？':
		z.ends()
	case r == ',' || r == ';' || r == ':' || r == '(' || r == ')' || r == '，' || r == '、':
		z.clause++
		z.joins = r == ',' || r == '、' || r == '，'
	case r == '\'' || r == '"' || r == '’' || r == '‘' || r == '“' || r == '”' || r == '-' || r == '`':
	default:
		z.put(z.words.id(z.raw[z.at:z.at+size]), z.at, z.at+size)
		w := &z.words.words[z.tokens[len(z.tokens)-1].word]
		w.weight, w.content = weighsLittle, false
	}
	z.at += size
}

func (z *tokenizer) ends() {
	z.sentence++
	z.clause++
	z.first, z.joins = true, false
}
