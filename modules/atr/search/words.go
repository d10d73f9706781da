package search

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// maxWord bounds a word, in bytes: what is longer is cut, so that nobody's text makes the index large.
const maxWord = 48

// eachToken calls fn with each run of letters and digits of a text, without accents, until fn returns false. Of scripts that
// put nothing between words every character is one.
func eachToken(text string, fn func(token string) bool) {
	text = plain(text)
	start := -1
	for i, r := range text {
		own := alone(r)
		if !own && (unicode.IsLetter(r) || unicode.IsDigit(r)) {
			if start < 0 {
				start = i
			}
			continue
		}
		if start >= 0 && !fn(text[start:i]) || own && !fn(text[i:i+utf8.RuneLen(r)]) {
			return
		}
		start = -1
	}
	if start >= 0 {
		fn(text[start:])
	}
}

// split takes a token apart where its case tells words apart: "getHTTPStatus" has three. They are in lower case, and added
// to all.
func split(all []string, token string) []string {
	start, last := 0, rune(0)
	for i, r := range token {
		if i > 0 && parts(last, r, token[i+utf8.RuneLen(r):]) {
			all = append(all, fold(token[start:i]))
			start = i
		}
		last = r
	}
	return append(all, fold(token[start:]))
}

// parts reports whether a new word begins with r, after last and before rest.
func parts(last, r rune, rest string) bool {
	if !unicode.IsUpper(r) {
		return false
	}
	next, _ := utf8.DecodeRuneInString(rest)
	return unicode.IsLower(last) || unicode.IsDigit(last) && unicode.IsLower(next) || unicode.IsUpper(last) && unicode.IsLower(next) && next != 's'
}

// alone reports whether a character is a word: scripts that are written without spaces.
func alone(r rune) bool {
	return r >= 0x2E80 && unicode.In(r, unicode.Han, unicode.Hiragana, unicode.Katakana)
}

// plain is a text without accents, and with one form of each character. Text of ASCII is returned as it is.
func plain(text string) string {
	for i := range len(text) {
		if text[i] < utf8.RuneSelf {
			continue
		}
		return strings.Map(func(r rune) rune {
			if unicode.Is(unicode.Mn, r) {
				return -1
			}
			return r
		}, norm.NFKD.String(strings.ToValidUTF8(text, " ")))
	}
	return text
}

// fold is a word in lower case, of bounded length.
func fold(word string) string { return strings.ToLower(cut(word)) }

// cut is the beginning of a word, of bounded length.
func cut(word string) string {
	for len(word) > maxWord {
		_, size := utf8.DecodeLastRuneInString(word)
		word = word[:len(word)-size]
	}
	return word
}

// stem takes endings off an English word, so that its forms are one: "files", "filing" and "filed" are "fil", as "file" is.
// It need not make words, only the same of the same.
func stem(word string) string {
	if len(word) < 4 || word[len(word)-1] >= utf8.RuneSelf {
		return word
	}
	word = singular(word)
	for _, ending := range [...]string{"ing", "ed"} {
		if rest, ok := strings.CutSuffix(word, ending); ok && len(rest) >= 3 && voiced(rest) {
			return lasting(single(rest))
		}
	}
	return lasting(word)
}

// singular takes off an s.
func singular(word string) string {
	switch {
	case strings.HasSuffix(word, "ies") && len(word) > 4:
		return word[:len(word)-3] + "y"
	case strings.HasSuffix(word, "sses"), strings.HasSuffix(word, "xes"), strings.HasSuffix(word, "ches"), strings.HasSuffix(word, "shes"):
		return word[:len(word)-2]
	case strings.HasSuffix(word, "ss"), strings.HasSuffix(word, "us"), strings.HasSuffix(word, "is"), !strings.HasSuffix(word, "s"):
		return word
	default:
		return word[:len(word)-1]
	}
}

// voiced reports whether there is a vowel, without which "string" would lose its end.
func voiced(word string) bool { return strings.ContainsAny(word, "aeiouy") }

// single takes off the last of two letters that an ending has doubled.
func single(word string) string {
	n := len(word)
	if word[n-1] == word[n-2] && !strings.ContainsRune("lsz", rune(word[n-1])) {
		return word[:n-1]
	}
	return word
}

// lasting takes off a last e, and makes a last y an i, which endings do too.
func lasting(word string) string {
	n := len(word)
	switch {
	case n > 3 && word[n-1] == 'e':
		return word[:n-1]
	case n > 3 && word[n-1] == 'y':
		return word[:n-1] + "i"
	default:
		return word
	}
}

// idle reports whether a word of a query says nothing of what is sought.
func idle(word string) bool {
	switch word {
	case "a", "an", "the", "of", "to", "in", "on", "at", "for", "from", "by", "with", "and", "or", "is", "are", "be", "it", "its", "this",
		"that", "i", "me", "my", "we", "our", "you", "your", "how", "do", "does", "can", "want", "need", "please", "some", "any", "all",
		"into", "as", "tool", "tools", "which", "what":
		return true
	default:
		return false
	}
}

// kin are the words that mean nearly what a word means when tools are spoken of.
func kin(word string) []string {
	for _, family := range [...][]string{
		{"delete", "remove", "erase", "drop", "unlink"},
		{"create", "make", "add", "new", "book", "schedule"},
		{"get", "fetch", "read", "retrieve", "load", "show", "download"},
		{"search", "find", "query", "lookup"},
		{"update", "edit", "modify", "change", "patch"},
		{"list", "enumerate", "browse"},
		{"send", "post", "publish"},
		{"write", "save", "store"},
		{"run", "execute", "invoke", "exec"},
		{"directory", "folder", "dir"},
		{"rename", "move"},
		{"message", "mail", "email"},
		{"image", "picture", "photo", "screenshot"},
		{"url", "link", "webpage", "website", "web"},
		{"repository", "repo"},
		{"database", "sql", "db"},
		{"ticket", "issue", "bug"},
		{"copy", "duplicate", "clone"},
		{"meeting", "event", "appointment", "calendar"},
		{"terminal", "shell", "command"},
		{"user", "person", "account"},
		{"weather", "forecast"},
	} {
		for _, one := range family {
			if one == word || stem(one) == stem(word) {
				return family
			}
		}
	}
	return nil
}
