package primitives

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// maxFolded is how many bytes of a message are read; the rest says nothing that would tell two kinds of failure apart.
const maxFolded = 4 << 10

// fold replaces, in one pass, what differs between two failures of one kind by what it is: quoted texts, addresses,
// ids, paths, hexadecimal, tokens, numbers, and whatever is assigned to a name or follows the name of a secret. White
// space becomes single spaces.
func fold(message string) string {
	cut := len(message) > maxFolded
	if cut {
		message = strings.ToValidUTF8(message[:maxFolded], "") // a rune may have been cut
	}
	var b strings.Builder
	f := folder{out: &b}
	for message != "" {
		message = f.next(message)
	}
	if cut {
		b.WriteString(" …")
	}
	return b.String()
}

// folder writes the words of a message.
type folder struct {
	out    *strings.Builder
	space  bool // white space was read and not yet written
	hidden int  // words to come that belong to a secret
}

// next folds the first word, or white space, and returns what stands behind it.
func (f *folder) next(rest string) string {
	r, size := utf8.DecodeRuneInString(rest)
	switch {
	case unicode.IsSpace(r):
		f.space = f.out.Len() > 0
		return rest[size:]
	case strings.ContainsRune("\"'`", r):
		if end := quoted(rest); end > 0 && (r != '\'' || !f.inWord()) {
			f.write("<text>")
			f.hidden = max(f.hidden-1, 0)
			return rest[end:]
		}
		f.write(rest[:size])
		return rest[size:]
	case strings.ContainsRune("()[]{}<>,;:=", r):
		f.write(rest[:size])
		if r == '=' && f.hidden == 0 {
			f.hidden = 1
		}
		return rest[size:]
	}
	end := strings.IndexFunc(rest, func(r rune) bool { return unicode.IsSpace(r) || strings.ContainsRune("\"`()[]{}<>,;=", r) })
	if end < 0 {
		end = len(rest)
	}
	end = f.word(rest[:end])
	return rest[end:]
}

// inWord reports whether the text goes on from a letter, so that an apostrophe opens no quotation.
func (f *folder) inWord() bool {
	written := f.out.String()
	return !f.space && written != "" && unicode.IsLetter(rune(written[len(written)-1]))
}

func (f *folder) write(text string) {
	if f.space {
		f.out.WriteByte(' ')
		f.space = false
	}
	f.out.WriteString(text)
}

// word folds a word, or the part of it before a colon or an apostrophe, and returns how much it took.
func (f *folder) word(word string) int {
	switch {
	case strings.Contains(word, "://"):
		f.say("<uri>")
		return len(word)
	case path(word):
		end := len(word)
		if i := strings.LastIndexByte(word, ':'); i > 2 && i == end-1 {
			end = i // "open /a/b: denied"
		}
		f.say("<path>")
		return end
	}
	end := len(word)
	if i := strings.IndexAny(word, ":'"); i > 0 {
		end = i
	}
	switch part := word[:end]; {
	case strings.ContainsRune(part, '@'):
		f.say("<address>")
	case f.hidden > 0:
		f.say("<hidden>")
		if scheme(part) { // "Authorization: Bearer x"
			f.hidden = 1
		}
	default:
		f.write(plain(part))
		if secret(part) {
			f.hidden = 1
		}
	}
	return end
}

// say writes what a word is; it was a word of a secret if one was awaited.
func (f *folder) say(what string) {
	f.write(what)
	f.hidden = max(f.hidden-1, 0)
}

// quoted returns the length of a quoted text with its quotes, or 0 when it does not end.
func quoted(s string) int {
	for i := 1; i < len(s); i++ {
		switch s[i] {
		case '\\':
			i++
		case s[0]:
			return i + 1
		}
	}
	return 0
}

func path(word string) bool {
	drive := len(word) > 2 && word[1] == ':' && (word[2] == '\\' || word[2] == '/')
	return drive || strings.ContainsAny(word, `/\`)
}

// secret reports whether a word names something that is followed by a secret.
func secret(word string) bool {
	word = strings.ToLower(word)
	for _, name := range []string{
		"password", "passwd", "passphrase", "pwd", "secret", "token", "apikey", "api_key", "api-key", "credential", "bearer",
		"authorization", "cookie", "private_key", "access_key", "dsn",
	} {
		if strings.Contains(word, name) {
			return true
		}
	}
	return word == "key" || word == "basic"
}

// scheme reports whether a word says how the secret that follows is to be read.
func scheme(word string) bool {
	return strings.EqualFold(word, "bearer") || strings.EqualFold(word, "basic") || strings.EqualFold(word, "digest")
}

// plain folds an ordinary word: digits and what looks as if nobody had written it.
func plain(word string) string {
	const long, hex = 24, 8
	digits, hexadecimal, letters := 0, 0, 0
	for i := range len(word) {
		switch b := word[i]; {
		case '0' <= b && b <= '9':
			digits++
		case 'a' <= b|0x20 && b|0x20 <= 'f':
			hexadecimal++
		default:
			letters++
		}
	}
	switch {
	case ValidID(strings.ToLower(word)) || len(word) == 36 && strings.Count(word, "-") == 4 && letters == 4:
		return "<id>"
	case len(word) >= hex && letters == 0 && digits > 0 && hexadecimal > 0:
		return "<hex>"
	case len(word) >= long:
		return "<token>"
	case digits > 0:
		return numbers(word)
	default:
		return word
	}
}

// numbers folds the numbers within a word, so that 5s and 12.5s, tcp4 and tcp6 come to the same.
func numbers(word string) string {
	var b strings.Builder
	for i := 0; i < len(word); {
		from := i
		for i < len(word) && ('0' <= word[i] && word[i] <= '9' || i > from && strings.IndexByte(".eE+-", word[i]) >= 0 && digitAhead(word[i+1:])) {
			i++
		}
		if i > from {
			b.WriteString("<n>")
			continue
		}
		b.WriteByte(word[i])
		i++
	}
	return strings.TrimLeft(b.String(), "+-")
}

// digitAhead reports whether a number goes on behind a point, an exponent or its sign.
func digitAhead(rest string) bool {
	rest = strings.TrimLeft(rest, "+-")
	return rest != "" && '0' <= rest[0] && rest[0] <= '9'
}
