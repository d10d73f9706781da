package audit

import (
	"math"
	"strings"
	"unicode"
)

// longNumber is how many digits in a row may be an account or a card.
const longNumber = 12

// secretKey reports whether the name of a member says that its value is secret, as password, apiKey and
// X-Auth-Token do.
func secretKey(key string) bool {
	plain := strings.Map(func(r rune) rune {
		if r == '_' || r == '-' || r == '.' || r == ' ' {
			return -1
		}
		return unicode.ToLower(r)
	}, key)
	for _, word := range [...]string{
		"password", "passwd", "passphrase", "passcode", "pwd", "secret", "token", "apikey", "accesskey", "privatekey",
		"authorization", "credential", "cookie", "session", "bearer", "signature", "otp", "pin", "cvv", "ssn", "dsn",
		"connectionstring", "clientkey", "auth",
	} {
		if plain == word || len(word) > 4 && strings.Contains(plain, word) {
			return true
		}
	}
	return strings.HasSuffix(plain, "pwd") || strings.HasSuffix(plain, "auth")
}

// secretIn says what kind of secret a text seems to hold, or returns "". Whoever is not sure says yes: this decides only
// whether the beginning of the text is shown.
func secretIn(s string) string {
	if strings.Contains(s, "-----BEGIN") {
		return "private key or certificate"
	}
	lower := strings.ToLower(s)
	for _, lead := range [...]string{"bearer ", "basic ", "password", "passwd", "pwd=", "secret", "api_key", "apikey", "token=", "token:"} {
		if strings.Contains(lower, lead) {
			return "text with a secret"
		}
	}
	if userinfo(s) {
		return "address with a password"
	}
	return secretAmong(s)
}

// secretAmong says what kind of secret one of the words of a text seems to be.
func secretAmong(s string) string {
	for _, word := range strings.FieldsFunc(s, separates) {
		if what := secretWord(word); what != "" {
			return what
		}
	}
	return ""
}

func separates(r rune) bool {
	return unicode.IsSpace(r) || strings.ContainsRune("\"'`=:,;&?()[]{}<>|/\\@#", r)
}

// secretWord says what kind of secret one word seems to be.
func secretWord(word string) string {
	for _, prefix := range [...]string{
		"sk-", "sk_", "pk_", "rk_", "ghp_", "gho_", "ghu_", "ghs_", "ghr_", "github_pat_", "glpat-", "xox", "AKIA", "ASIA",
		"AIza", "ya29.", "eyJ", "hf_", "npm_", "pypi-", "dop_v1_", "shpat_", "SG.", "AGE-SECRET-KEY-", "whsec_",
	} {
		if len(word) >= len(prefix)+8 && strings.HasPrefix(word, prefix) {
			return "token"
		}
	}
	switch {
	case uuid(word):
		return ""
	case digits(word) >= longNumber && digits(word)+strings.Count(word, "-") == len(word):
		return "number"
	case len(word) >= 20 && mixed(word) && entropy(word) > 3.2:
		return "random text"
	}
	return ""
}

func digits(word string) (n int) {
	for i := range len(word) {
		if '0' <= word[i] && word[i] <= '9' {
			n++
		}
	}
	return n
}

// mixed reports whether a word holds letters and digits, as keys and tokens do and words of a language do not.
func mixed(word string) bool {
	n := digits(word)
	return n >= 2 && n < len(word)
}

// uuid reports whether a word has the form of a UUID, which names things and opens nothing.
func uuid(word string) bool {
	return len(word) == 36 && word[8] == '-' && word[13] == '-' && word[18] == '-' && word[23] == '-'
}

// entropy returns Shannon's entropy of the word's bytes, in bits a byte.
func entropy(word string) float64 {
	var counts [256]int
	for i := range len(word) {
		counts[word[i]]++
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
func userinfo(s string) bool {
	_, rest, ok := strings.Cut(s, "://")
	if !ok {
		return false
	}
	authority, _, _ := strings.Cut(rest, "/")
	user, _, ok := strings.Cut(authority, "@")
	return ok && strings.Contains(user, ":")
}
