package code

import (
	"math"
	"strings"
)

// credentialKind says what the name of a variable, field or key lets expect of its value.
type credentialKind uint8

const (
	noCredential credentialKind = iota
	passwordName
	keyName
)

// kindOfName judges a name in any spelling: dbPassword, DB_PASSWORD, db-password. What a name ends in is what it is
// the name of: password_field is no password.
func kindOfName(name string) credentialKind {
	if len(name) < 3 || len(name) > 80 {
		return noCredential
	}
	var buffer [80]byte
	flat := buffer[:0]
	for i := range len(name) {
		if c := name[i]; isLetter(c) {
			flat = append(flat, c|0x20)
		}
	}
	last := string(flat)
	switch {
	case endsIn(last, "password"), endsIn(last, "passwd"), endsIn(last, "pwd"), endsIn(last, "passphrase"), last == "pass", endsIn(last, "dbpass"), endsIn(last, "userpass"):
		return passwordName
	case endsIn(last, "apikey"), endsIn(last, "apisecret"), endsIn(last, "apitoken"), endsIn(last, "secretkey"), endsIn(last, "accesskey"),
		endsIn(last, "accesstoken"), endsIn(last, "authtoken"), endsIn(last, "clientsecret"), endsIn(last, "privatekey"), endsIn(last, "secret"),
		endsIn(last, "secretaccesskey"), endsIn(last, "bearertoken"), endsIn(last, "authkey"), endsIn(last, "encryptionkey"), endsIn(last, "signingkey"), endsIn(last, "jwtkey"), endsIn(last, "hmackey"), last == "token":
		return keyName
	}
	return noCredential
}

func endsIn(text, suffix string) bool { return strings.HasSuffix(text, suffix) }

// credential looks at a value that something is set to, and reports it when the name is that of a credential and the
// value could be one.
func (s *scan) credential(name string, value *passage) {
	h := hit{severity: Critical, confidence: Certain, secret: true}
	text := value.text
	if text == "" || len(text) > 4096 {
		return
	}
	switch kindOfName(name) {
	case passwordName:
		h.rule = password
		if !couldBePassword(name, text) {
			return
		}
		if onlyLetters(text) {
			h.severity, h.confidence = Medium, Likely
		}
	case keyName:
		h.rule = apiKey
		if !couldBeKey(text) {
			return
		}
	default:
		return
	}
	s.found(value, 0, len(text), h)
}

func couldBePassword(name, value string) bool {
	if len(value) < 3 || isPlaceholder(value) || strings.EqualFold(name, value) || kindOfName(value) == passwordName {
		return false
	}
	if strings.ContainsAny(value, " \t\n") && !strings.HasSuffix(lower(name), "phrase") {
		return false
	}
	return !strings.HasPrefix(value, "/") && !strings.HasPrefix(value, "./") && !strings.HasPrefix(value, "../") && !strings.Contains(value, "://") ||
		len(value) > 8 && strings.ContainsAny(value, "!#%^&*") && !strings.Contains(value, "://")
}

func onlyLetters(text string) bool {
	for i := range len(text) {
		if !isLetter(text[i]) && text[i] != '_' && text[i] != '-' {
			return false
		}
	}
	return true
}

// couldBeKey reports whether a value is long and irregular enough for a key: at least 16 characters of a key's alphabet
// and 3 bits of entropy a character.
func couldBeKey(value string) bool {
	if len(value) < 16 || isPlaceholder(value) {
		return false
	}
	digits := false
	for i := range len(value) {
		c := value[i]
		if !isTokenByte(c, false) && c != '+' && c != '/' && c != '=' && c != ':' {
			return false
		}
		digits = digits || isDigit(c)
	}
	return !strings.Contains(value, "://") && !strings.HasPrefix(value, "/") && (digits || len(value) >= 24 && !onlyLowerWords(value)) && entropy(value) >= 3
}

// onlyLowerWords reports whether a text reads like words: small letters, dots, dashes.
func onlyLowerWords(text string) bool { return text == strings.ToLower(text) }

// entropy returns Shannon's entropy of a text's bytes, in bits a byte.
func entropy(text string) float64 {
	var counts [256]int
	for i := range len(text) {
		counts[text[i]]++
	}
	bits := 0.0
	for _, n := range counts {
		if n > 0 {
			share := float64(n) / float64(len(text))
			bits -= share * math.Log2(share)
		}
	}
	return bits
}

// isPlaceholder reports whether a value only stands for one: changeme, <password>, ${PASSWORD}, xxxx, your-key-here.
func isPlaceholder(value string) bool {
	if strings.ContainsAny(value[:1], "<$%{") || strings.Contains(value, "${") || strings.Contains(value, "{{") || strings.HasSuffix(value, ">") && strings.Contains(value, "<") {
		return true
	}
	plain := lower(value)
	switch plain {
	case "secret", "none", "null", "nil", "undefined", "true", "false", "string", "text", "varchar", "required", "optional", "token", "test",
		"hidden", "value", "key", "empty", "unset", "default", "redacted", "masked", "str", "bytes", "any", "unknown", "number", "current-password", "new-password", "off":
		return true
	}
	for _, part := range [...]string{
		"changeme", "change_me", "change-me", "change-this", "change_this", "placeholder", "your-", "your_", "yourpass", "yourkey", "yourapi",
		"yoursecret", "yourtoken", "insert-", "insert_", "replace", "todo", "fixme", "dummy", "redacted", "xxxx", "****", "....", "os.environ", "process.env", "getenv", "example-", "example_", "_here", "-here", "not-a-real", "<your", "fake-", "fake_", "sample",
	} {
		if strings.Contains(plain, part) {
			return true
		}
	}
	return repeats(plain)
}

// repeats reports whether a text is one character over and over.
func repeats(text string) bool {
	return len(text) > 3 && strings.Trim(text, text[:1]) == ""
}
