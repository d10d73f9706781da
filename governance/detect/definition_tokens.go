package detect

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// A token is a word of a definition, or what stands for one.
type token struct {
	start, end int
	word       int32
	means      meanings
	noise      bool // says nothing
	ordered    bool // an order may begin here
	opens      bool // a clause begins here
	compound   bool // is the name of something in code
	clause     int  // number of the clause
}

// A tokens is the reading of one text, sentence by sentence.
type tokens struct {
	lexicon *lexicon
	text    string
	own     []string // names of the tool and of its parameters
	list    []token  // of the sentence
	union   meanings // of them
	wide    bool     // there are letters beyond ASCII in the sentence
	clause  int
	opens   bool
	room    [64]byte
	must    meanings
	noise   meanings
	then    meanings
	toolish meanings
	param   meanings
	hoard   meanings
	other   meanings
}

// newTokens returns a reading with the meanings that it asks for often.
func newTokens(l *lexicon) tokens {
	of := func(name string) meanings { return bit(l.numbers[name]) }
	return tokens{lexicon: l, must: of("MUST"), noise: of("NOISE"), then: of("THEN"), toolish: of("TOOLISH"), param: of("PARAM"), hoard: of("HOARD"), other: of("OTHER")}
}

// sentence reads the sentence that begins at i, and returns where the next one begins.
func (t *tokens) sentence(i int) int {
	t.list, t.union, t.wide, t.opens, t.clause = t.list[:0], meanings{}, false, true, 0
	for i < len(t.text) && len(t.list) < mostTokens {
		c := t.text[i]
		switch {
		case c == ' ' || c == '\t' || c == '\r':
			i++
		case ends(t.text, i):
			i++
			if len(t.list) > 0 {
				t.mean()
				return i
			}
		case c >= utf8.RuneSelf:
			if n := t.beyond(i); n > 0 {
				i += n
				continue
			}
			t.mean()
			return i + 3
		case isWord(c) || strings.IndexByte(".~/$%+\\", c) >= 0 && i+1 < len(t.text) && (isWord(t.text[i+1]) || t.text[i+1] == '/' || t.text[i+1] == '.'):
			i = t.ascii(i)
		default:
			t.mark(i)
			i++
		}
	}
	t.mean()
	return i
}

// mostTokens is where a sentence ends at the latest.
const mostTokens = 160

// ends reports whether a sentence ends with the byte at i.
func ends(text string, i int) bool {
	switch text[i] {
	case '\n':
		return true
	case '.', '!', '?':
		if i >= 2 && text[i-2] == '.' && isLetter(text[i-1]) {
			return false // e.g.
		}
		return i+1 == len(text) || isSpace(text[i+1]) || strings.IndexByte("\"')]*<", text[i+1]) >= 0 || text[i+1] >= utf8.RuneSelf
	}
	return false
}

// mark notes a sign of punctuation.
func (t *tokens) mark(i int) {
	switch t.text[i] {
	case ':':
		t.add(token{start: i, end: i + 1, means: bit(meansColon), noise: true})
		t.opens, t.clause = true, t.clause+1
	case '-':
		if i > 0 && isAlnum(t.text[i-1]) || i+1 < len(t.text) && isAlnum(t.text[i+1]) {
			return // within a word
		}
		t.opens, t.clause = true, t.clause+1
	case ',', ';', '(', ')', '>', '*', '#', '|', '[', ']', '=':
		t.opens, t.clause = true, t.clause+1
	}
}

// add appends a token.
func (t *tokens) add(k token) {
	k.opens, k.clause = t.opens, t.clause
	t.opens = k.noise && t.opens
	t.list = append(t.list, k)
}

// beyond reads a character or word beyond ASCII. It returns how long it is, 0 at the end of a sentence.
func (t *tokens) beyond(i int) int {
	r, size := utf8.DecodeRuneInString(t.text[i:])
	switch {
	case r == '。' || r == '！' || r == '？' || r == '।':
		return 0
	case r == '，' || r == '、' || r == '：' || r == '；' || r == '—' || r == '،':
		t.opens, t.clause = true, t.clause+1
		return size
	case denseRune(r):
		t.wide = true
		for _, s := range t.lexicon.dense[r] {
			if strings.HasPrefix(t.text[i:], s.text) {
				t.add(token{start: i, end: i + len(s.text), word: s.id})
				return len(s.text)
			}
		}
		return size
	case unicode.IsLetter(r):
		return t.word(i) - i
	}
	return size
}

// ascii reads a word, address or path that begins at i, and returns where it ends.
func (t *tokens) ascii(i int) int {
	end, slash, scheme := t.run(i)
	if n := dialled(t.text[i:]); n > 0 {
		end = i + n
	}
	run := t.text[i:end]
	k := token{start: i, end: end}
	switch {
	case scheme && (strings.HasSuffix(t.text[:i], "](") || !outward(run)):
		k.means = bit(meansPlace) // what documentation refers to
	case scheme:
		k.means = bit(meansAddress).with(bit(meansURL))
	case mailbox(run), dialled(run) > 0:
		k.means = bit(meansAddress)
	case sensitive(run):
		k.means = bit(meansSensitive)
		k.word = t.lexicon.find(lowerWord(t.room[:0], run))
	case slash && strings.IndexByte("~/.$%", run[0]) >= 0 && len(run) > 2:
		if k.means = bit(meansPlace); strings.Contains(run, "~/.") || strings.Contains(run, "HOME/.") || strings.HasPrefix(run, "/root/") || strings.HasPrefix(run, "/home/") {
			k.means = k.means.with(bit(meansDotfile))
		}
	case day(run):
		k.means = bit(meansDate)
	default:
		return t.word(i)
	}
	t.add(k)
	return end
}

// run returns where the run of bytes ends that may be a path or a URL, and what of that it may be.
func (t *tokens) run(i int) (end int, slash, scheme bool) {
	for end = i; end < len(t.text) && pathByte(t.text[end]); end++ {
		switch t.text[end] {
		case '/', '\\', '~', '$', '%':
			slash = true
		case ':':
			here := strings.HasPrefix(t.text[end:], "://")
			if scheme = scheme || here; !here && !strings.HasPrefix(t.text[end:], ":\\") {
				return trimmed(t.text, i, end, scheme), slash, scheme
			}
		}
	}
	return trimmed(t.text, i, end, scheme), slash, scheme
}

// trimmed returns where a run ends without the punctuation of the sentence behind it.
func trimmed(text string, i, end int, scheme bool) int {
	marks := ".?!&=<{["
	if scheme {
		marks = "."
	}
	for end > i+1 && strings.IndexByte(marks, text[end-1]) >= 0 {
		end--
	}
	return end
}

// mailbox reports whether a run is an e-mail address.
func mailbox(run string) bool {
	n := strings.IndexByte(run, '@')
	return n > 0 && isAlnum(run[0]) && strings.IndexByte(run[n:], '.') > 0
}

// outward reports whether a URL is one by which something may leave the machine.
func outward(url string) bool {
	scheme, rest, _ := strings.Cut(url, "://")
	switch scheme {
	case "http", "https", "ws", "wss", "ftp", "sftp", "HTTP", "HTTPS":
		return !strings.HasPrefix(rest, "localhost") && !strings.HasPrefix(rest, "127.") && !strings.HasPrefix(rest, "0.0.0.0")
	}
	return false
}

// pathByte reports whether a byte may stand in a path or URL.
func pathByte(c byte) bool {
	return isWord(c) || strings.IndexByte("./~\\:@%$?=&{}<#+-", c) >= 0
}

// dialled returns how long the telephone number is that a text begins with, 0 for none. It has the digits of E.164.
func dialled(text string) int {
	if len(text) < 9 || text[0] != '+' || !isDigit(text[1]) {
		return 0
	}
	digits, end := 0, 0
	for i := 1; i < len(text) && (isDigit(text[i]) || strings.IndexByte(" -()", text[i]) >= 0); i++ {
		if isDigit(text[i]) {
			digits, end = digits+1, i+1
		}
	}
	if digits < 8 || digits > 15 {
		return 0
	}
	return end
}

// day reports whether a run is a date.
func day(run string) bool {
	return len(run) >= 4 && run[:2] == "20" && isDigit(run[2]) && isDigit(run[3]) && (len(run) == 4 || run[4] == '-')
}

// word reads a word at i, of letters of whatever script, and returns where it ends.
func (t *tokens) word(i int) int {
	lower, end, compound := t.room[:0], i, false
	for end < len(t.text) {
		r, size := rune(t.text[end]), 1
		if r >= utf8.RuneSelf {
			r, size = utf8.DecodeRuneInString(t.text[end:])
		}
		if r == '\'' || r == '’' {
			if elided(lower) || !letterAt(t.text, end+size) {
				break
			}
			end += size
			continue
		}
		if !wordRune(r) && !joins(t.text, end) {
			break
		}
		compound = compound || end > i && (r == '_' || r < utf8.RuneSelf && isUpper(byte(r)) && end-i > 1 && !isUpper(t.text[end-1]))
		t.wide = t.wide || r >= utf8.RuneSelf
		if len(lower)+utf8.UTFMax <= cap(lower) {
			lower = utf8.AppendRune(lower, unicode.ToLower(r))
		}
		end += size
	}
	if end == i {
		return i + 1
	}
	t.add(token{start: i, end: end, word: t.lexicon.find(lower), compound: compound && end-i > 5 && t.text[i] >= 'a'})
	return end
}

// wordRune reports whether a character belongs to a word.
func wordRune(r rune) bool {
	if r < utf8.RuneSelf {
		return isWord(byte(r))
	}
	return unicode.In(r, unicode.L, unicode.M, unicode.Nd) && !denseRune(r)
}

// letterAt reports whether a letter stands at i.
func letterAt(text string, i int) bool {
	return i < len(text) && (isLetter(text[i]) || text[i] >= utf8.RuneSelf)
}

// joins reports whether a full stop at end belongs to a word: claude.md, .env.
func joins(text string, end int) bool {
	return text[end] == '.' && end+1 < len(text) && isAlnum(text[end+1])
}

// elided reports whether a word is one that loses its last letter before another: l'utilisateur, dell'utente.
func elided(word []byte) bool {
	switch string(word) {
	case "l", "d", "n", "s", "c", "j", "m", "t", "qu", "dell", "nell", "all", "sull", "dall", "un":
		return true
	}
	return false
}

// lowerWord appends the beginning of a text in lower case.
func lowerWord(dst []byte, text string) []byte {
	for i := range min(len(text), cap(dst)) {
		dst = append(dst, small(text[i]))
	}
	return dst
}
