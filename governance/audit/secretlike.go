package audit

import (
	"bytes"
	"math"
	"unicode"
	"unicode/utf8"
)

// Bounds below which a word is no secret, whatever it looks like.
const (
	longNumber = 12 // digits in a row that may be an account or a card
	longToken  = 8  // characters behind a prefix that tokens have
	longRandom = 20 // characters that look random
	shortest   = longToken + len("sk-")
)

// lower appends s in small letters, without the characters that separate words where squeeze says so.
func lower(dst, s []byte, squeeze bool) []byte {
	for i := 0; i < len(s); {
		c, width := s[i], 1
		switch {
		case squeeze && (c == '_' || c == '-' || c == '.' || c == ' '):
		case 'A' <= c && c <= 'Z':
			dst = append(dst, c+'a'-'A')
		case c < utf8.RuneSelf:
			dst = append(dst, c)
		default:
			var r rune
			r, width = utf8.DecodeRune(s[i:])
			dst = utf8.AppendRune(dst, unicode.ToLower(r))
		}
		i += width
	}
	return dst
}

// starts reports whether s begins with a word.
func starts(s []byte, word string) bool { return len(s) >= len(word) && string(s[:len(word)]) == word }

// ends reports whether s ends with a word.
func ends(s []byte, word string) bool {
	return len(s) >= len(word) && string(s[len(s)-len(word):]) == word
}

// secretKey reports whether the name of a member, squeezed and in small letters, says that its value is secret, as
// password, apiKey and X-Auth-Token do.
func secretKey(plain []byte) bool {
	switch string(plain) {
	case "otp", "pin", "cvv", "ssn", "dsn":
		return true
	}
	if ends(plain, "pwd") || ends(plain, "auth") {
		return true
	}
	const firsts = 1 | 1<<('b'-'a') | 1<<('c'-'a') | 1<<('p'-'a') | 1<<('s'-'a') | 1<<('t'-'a')
	for i, c := range plain {
		if firsts>>(c-'a')&1 == 1 && startsSecretKey(plain[i:]) {
			return true
		}
	}
	return false
}

// startsSecretKey reports whether a name goes on, with one of secretKey's first letters, with a word that says that the
// value is secret.
func startsSecretKey(s []byte) bool {
	switch s[0] {
	case 'a':
		return starts(s, "apikey") || starts(s, "accesskey") || starts(s, "authorization")
	case 'b':
		return starts(s, "bearer")
	case 'c':
		return starts(s, "credential") || starts(s, "cookie") || starts(s, "connectionstring") || starts(s, "clientkey")
	case 'p':
		return starts(s, "password") || starts(s, "passwd") || starts(s, "passphrase") || starts(s, "passcode") ||
			starts(s, "privatekey")
	case 's':
		return starts(s, "secret") || starts(s, "session") || starts(s, "signature")
	case 't':
		return starts(s, "token")
	}
	return false
}

// secretIn says what kind of secret a text seems to hold, or returns "". Whoever is not sure says yes: this decides only
// whether the beginning of the text is shown.
func secretIn(s []byte) string {
	g := look(s)
	switch {
	case g.pem:
		return "private key or certificate"
	case g.lead || g.folds && foldedLead(s):
		return "text with a secret"
	case g.address && userinfo(s):
		return "address with a password"
	}
	return g.word
}

// secretAmong says what kind of secret one of the words of a text seems to be.
func secretAmong(s []byte) string {
	if len(s) < shortest {
		return ""
	}
	return look(s).word
}

// A glance is what one pass over a text finds in it.
type glance struct {
	pem     bool   // it holds the beginning of a PEM block
	lead    bool   // it holds words that a secret follows
	folds   bool   // it holds letters that are no ASCII but become so in small letters
	address bool   // it holds ://
	word    string // what kind of secret the first word seems to be that seems to be one
}

// look passes over a text once. Most characters are letters that say nothing, and cost one look at a bit.
func look(s []byte) (g glance) {
	// The characters that stand between words, a bit each.
	const (
		apart0 = 1<<'\t' | 1<<'\n' | 1<<'\v' | 1<<'\f' | 1<<'\r' | 1<<' ' | 1<<'"' | 1<<'#' | 1<<'&' | 1<<'\'' | 1<<'(' |
			1<<')' | 1<<',' | 1<<'/' | 1<<':' | 1<<';' | 1<<'<' | 1<<'=' | 1<<'>' | 1<<'?'
		apart1 = 1<<('@'-64) | 1<<('['-64) | 1<<('\\'-64) | 1<<(']'-64) | 1<<('`'-64) | 1<<('{'-64) | 1<<('|'-64) | 1<<('}'-64)
		// Every lead has one of these letters, which other words seldom have.
		leads = 1<<('b'-64) | 1<<('c'-64) | 1<<('k'-64) | 1<<('w'-64) | 1<<('B'-64) | 1<<('C'-64) | 1<<('K'-64) | 1<<('W'-64)
		all   = 1<<64 - 1
	)
	telling := [4]uint64{apart0, apart1 | leads, all, all}
	start := 0 // of the word
	for i := 0; i < len(s); i++ {
		c := s[i]
		if telling[c>>6]>>(c&63)&1 == 0 {
			continue
		}
		width := 1
		switch {
		case c >= utf8.RuneSelf:
			var r rune
			r, width = utf8.DecodeRune(s[i:])
			g.folds = g.folds || unicode.ToLower(r) < utf8.RuneSelf
			if !unicode.IsSpace(r) {
				i += width - 1
				continue
			}
		case c >= 'A' && leads>>(c-64)&1 == 1:
			g.pem = g.pem || c == 'B' && ends(s[:i], "-----") && starts(s[i:], "BEGIN")
			g.lead = g.lead || leadAt(s, i)
			continue
		case c == ':':
			g.address = g.address || starts(s[i:], "://")
		}
		if g.word == "" && i-start >= shortest {
			g.word = secretWord(s[start:i])
		}
		i += width - 1
		start = i + 1
	}
	if g.word == "" {
		g.word = secretWord(s[start:])
	}
	return g
}

// leadAt reports whether the telling letter at i stands in one of the words that a secret follows.
func leadAt(s []byte, i int) bool {
	switch s[i] | 0x20 {
	case 'b':
		return reads(s, i, "bearer ") || reads(s, i, "basic ")
	case 'c':
		return reads(s, i-2, "secret")
	case 'k':
		return reads(s, i-2, "token=") || reads(s, i-2, "token:") || reads(s, i-3, "apikey") || reads(s, i-4, "api_key")
	default:
		return reads(s, i-4, "password") || reads(s, i-4, "passwd") || reads(s, i-1, "pwd=")
	}
}

// reads reports whether a word stands at i, in small letters or capital ones.
func reads(s []byte, i int, word string) bool {
	if i < 0 || len(s)-i < len(word) {
		return false
	}
	for n, c := range s[i : i+len(word)] {
		if 'A' <= c && c <= 'Z' {
			c += 'a' - 'A'
		}
		if c != word[n] {
			return false
		}
	}
	return true
}

// foldedLead is look's lead for a text whose small letters must be made first.
func foldedLead(s []byte) bool {
	var room [2 * previewJudge]byte
	return look(lower(room[:0], s, false)).lead
}

// secretWord says what kind of secret one word seems to be.
func secretWord(word []byte) string {
	if len(word) < shortest {
		return ""
	}
	if tokenPrefix(word) {
		return "token"
	}
	switch n := digits(word); {
	case uuid(word):
		return ""
	case n >= longNumber && n+bytes.Count(word, []byte("-")) == len(word):
		return "number"
	case len(word) >= longRandom && n >= 2 && n < len(word) && entropy(word) > 3.2:
		return "random text"
	}
	return ""
}

// tokenPrefix reports whether a word begins as the tokens of a well-known service do, and goes on long enough.
func tokenPrefix(word []byte) bool {
	for _, prefix := range [...]string{
		"sk-", "sk_", "pk_", "rk_", "ghp_", "gho_", "ghu_", "ghs_", "ghr_", "github_pat_", "glpat-", "xox", "AKIA", "ASIA",
		"AIza", "ya29.", "eyJ", "hf_", "npm_", "pypi-", "dop_v1_", "shpat_", "SG.", "AGE-SECRET-KEY-", "whsec_",
	} {
		if word[0] == prefix[0] && len(word) >= len(prefix)+longToken && starts(word, prefix) {
			return true
		}
	}
	return false
}

func digits(word []byte) (n int) {
	for _, c := range word {
		if '0' <= c && c <= '9' {
			n++
		}
	}
	return n
}

// uuid reports whether a word has the form of a UUID, which names things and opens nothing.
func uuid(word []byte) bool {
	return len(word) == 36 && word[8] == '-' && word[13] == '-' && word[18] == '-' && word[23] == '-'
}

// entropy returns Shannon's entropy of the word's bytes, in bits a byte.
func entropy(word []byte) float64 {
	var counts [256]int
	for _, c := range word {
		counts[c]++
	}
	bits := 0.0
	for _, n := range counts {
		if n > 0 {
			share := float64(n) / float64(len(word))
			bits -= share * math.Log2(share)
		}
	}
	return bits
}

// userinfo reports whether a text holds a URL with a password: scheme://user:password@host.
func userinfo(s []byte) bool {
	_, rest, ok := bytes.Cut(s, []byte("://"))
	if !ok {
		return false
	}
	authority, _, _ := bytes.Cut(rest, []byte("/"))
	user, _, ok := bytes.Cut(authority, []byte("@"))
	return ok && bytes.IndexByte(user, ':') >= 0
}

// Discreet returns a text that a stranger chose, or what it seems to be where that is a secret: names and labels are
// recorded as they are, and nobody keeps a stranger from sending a token as one.
func Discreet(text string) string {
	if what := secretAmong([]byte(text)); what != "" {
		return "<" + what + ">"
	}
	return text
}
