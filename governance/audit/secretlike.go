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
	for i := range plain {
		if startsSecretKey(plain[i:]) {
			return true
		}
	}
	return false
}

// startsSecretKey reports whether a name goes on with a word that says that the value is secret.
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
	switch {
	case bytes.Contains(s, []byte("-----BEGIN")):
		return "private key or certificate"
	case leads(s):
		return "text with a secret"
	case userinfo(s):
		return "address with a password"
	}
	return secretAmong(s)
}

// leads reports whether a text holds words that a secret follows, in small letters or capital ones.
func leads(s []byte) bool {
	for i, c := range s {
		if c >= utf8.RuneSelf {
			return startLeads(s[max(0, i-len("password")):]) // capital letters are not only ASCII's
		}
		if i == 0 {
			continue
		}
		// Few texts get further than the first two letters of such a word.
		switch first, second := s[i-1]|0x20, c|0x20; first {
		case 'a':
			if second != 'p' {
				continue
			}
		case 'b':
			if second != 'e' && second != 'a' {
				continue
			}
		case 'p':
			if second != 'a' && second != 'w' {
				continue
			}
		case 's':
			if second != 'e' {
				continue
			}
		case 't':
			if second != 'o' {
				continue
			}
		default:
			continue
		}
		var small [len("password")]byte
		if startsLead(lower(small[:0], s[i-1:min(len(s), i-1+len(small))], false)) {
			return true
		}
	}
	return false
}

// startLeads is leads for a text of any letters.
func startLeads(s []byte) bool {
	var room [2 * previewJudge]byte
	small := lower(room[:0], s, false)
	for i := range small {
		if startsLead(small[i:]) {
			return true
		}
	}
	return false
}

// startsLead reports whether a text goes on with a word that a secret follows.
func startsLead(s []byte) bool {
	switch s[0] {
	case 'a':
		return starts(s, "api_key") || starts(s, "apikey")
	case 'b':
		return starts(s, "bearer ") || starts(s, "basic ")
	case 'p':
		return starts(s, "password") || starts(s, "passwd") || starts(s, "pwd=")
	case 's':
		return starts(s, "secret")
	case 't':
		return starts(s, "token=") || starts(s, "token:")
	}
	return false
}

// secretAmong says what kind of secret one of the words of a text seems to be.
func secretAmong(s []byte) string {
	// The ASCII characters that stand between words, a bit each.
	set := [2]uint64{
		1<<'\t' | 1<<'\n' | 1<<'\v' | 1<<'\f' | 1<<'\r' | 1<<' ' | 1<<'"' | 1<<'#' | 1<<'&' | 1<<'\'' | 1<<'(' | 1<<')' |
			1<<',' | 1<<'/' | 1<<':' | 1<<';' | 1<<'<' | 1<<'=' | 1<<'>' | 1<<'?',
		1<<('@'-64) | 1<<('['-64) | 1<<('\\'-64) | 1<<(']'-64) | 1<<('`'-64) | 1<<('{'-64) | 1<<('|'-64) | 1<<('}'-64),
	}
	start := 0
	for i := 0; i < len(s); {
		c, width := s[i], 1
		apart := set[c>>6&1]>>(c&63)&1 == 1
		if c >= utf8.RuneSelf {
			var r rune
			r, width = utf8.DecodeRune(s[i:])
			apart = unicode.IsSpace(r)
		}
		if apart {
			if i-start >= shortest {
				if what := secretWord(s[start:i]); what != "" {
					return what
				}
			}
			start = i + width
		}
		i += width
	}
	return secretWord(s[start:])
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
