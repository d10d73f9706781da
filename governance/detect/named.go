package detect

import (
	stdbase64 "encoding/base64"
	"strings"

	"github.com/mcp-kernel/mcp-kernel/governance/match"
)

// secretKind says what the name of a setting lets expect of its value.
type secretKind uint8

const (
	noSecret secretKind = iota
	aPassword
	aKey   // a key or token that a machine made
	anAuth // what stands in an Authorization header
)

// kindOfName judges a name in any spelling: dbPassword, DB_PASSWORD, db-password. What a name ends in is what it is the
// name of: password_field is no password.
func kindOfName(name string) secretKind {
	var room [64]byte
	if len(name) > 64 {
		name = name[len(name)-64:]
	}
	plain := view(letters(room[:0], name))
	if benignName(plain) {
		return noSecret
	}
	switch {
	case endsWith(plain, "password", "passwd", "pwd", "passphrase", "passwort", "senha", "contrasea", "contrasena", "motdepasse", "passcode", "kennwort"),
		plain == "pass", endsWith(plain, "dbpass", "userpass", "rootpass", "mysqlpass", "smtppass", "adminpass", "mailpass", "ftppass", "passworddefault",
			"passwordprod", "passworddev", "passwordstaging"):
		return aPassword
	case endsWith(plain, "authorization", "proxyauthorization"):
		return anAuth
	case endsWith(plain, "apikey", "secretkey", "accesskey", "authkey", "privatekey", "encryptionkey", "signingkey", "masterkey", "accountkey", "sharedkey",
		"servicekey", "licensekey", "storagekey", "subscriptionkey", "hmackey", "sessionkey", "secret", "token", "credential", "credentials", "secretvalue", "keysecret", "secretbase",
		"tokensecret", "secretkeybase", "apikeyprod", "apikeylive"):
		return aKey
	}
	return noSecret
}

// benignName reports whether a name only sounds secret: a cursor of a list, a form's counter-measure, a hash.
func benignName(plain string) bool {
	for _, word := range [...]string{
		"page", "next", "continuation", "csrf", "xsrf", "cursor", "sync", "resume", "public", "cancel", "design", "idempot", "progress", "unk", "pad", "bos", "eos", "cls", "syntax", "delta", "scroll",
	} {
		if strings.Contains(plain, word+"token") || word == "public" && strings.HasPrefix(plain, word) {
			return true
		}
	}
	return false
}

// letters appends the letters of ASCII in a name in lower case.
func letters(dst []byte, name string) []byte {
	for i := range len(name) {
		if isLetter(name[i]) {
			dst = append(dst, name[i]|0x20)
		}
	}
	return dst
}

func endsWith(text string, suffixes ...string) bool {
	for _, suffix := range suffixes {
		if strings.HasSuffix(text, suffix) {
			return true
		}
	}
	return false
}

// keyed looks at a whole text that stands under a name of its own, as the value of a member does.
func (s *scan) keyed() {
	if s.lookout&Secrets == 0 || len(s.text) < 4 || len(s.text) > 4096 {
		return
	}
	if kind := kindOfName(s.in.Key); kind != noSecret {
		s.value(kind, s.in.Key, 0, len(s.text), true)
	}
}

// named looks at what follows the name of something secret, of which a part stands from start to end.
func (s *scan) named(start, end int) {
	if s.lookout&Secrets == 0 {
		return
	}
	for start > 0 && (isWord(s.text[start-1]) || s.text[start-1] == '-') && end-start < 48 {
		start--
	}
	for end < len(s.text) && (isWord(s.text[end]) || s.text[end] == '-') {
		if end++; end-start > 64 {
			return
		}
	}
	kind := kindOfName(s.text[start:end])
	if kind == noSecret {
		return
	}
	from, ok := s.assigned(start, end)
	if !ok {
		return
	}
	from, to, quoted := s.operand(from)
	if to > from {
		s.value(kind, s.text[start:end], from, to, quoted)
	}
}

// assigned returns where the value begins that follows a name from start to end, if one does.
func (s *scan) assigned(start, end int) (int, bool) {
	i := end
	for i < len(s.text) && strings.IndexByte("\\\"'`])", s.text[i]) >= 0 && i < end+4 {
		i++
	}
	if strings.HasPrefix(s.text[start:end], "--") && i < len(s.text) && s.text[i] == ' ' {
		return i + 1, true
	}
	i = s.blank(i)
	if i >= len(s.text) {
		return 0, false
	}
	switch c := s.text[i]; {
	case c == '>' && start > 0 && s.text[start-1] == '<':
		return i + 1, true
	case c == '=' || c == ':':
		for i < len(s.text) && strings.IndexByte("=:>?", s.text[i]) >= 0 {
			i++
		}
		if rest := s.text[i-1 : i]; rest == "=" && i-end > 1 && s.text[i-2] == '=' {
			return 0, false // a comparison
		}
		return s.typed(s.blank(i)), true
	}
	return 0, false
}

// typed skips the type in "password: str = value".
func (s *scan) typed(i int) int {
	n := wordSet.span(s.text[i:], 16)
	j := s.blank(i + n)
	if n > 0 && j < len(s.text) && s.text[j] == '=' && j+1 < len(s.text) && s.text[j+1] != '=' {
		return s.blank(j + 1)
	}
	return i
}

// blank skips a few spaces.
func (s *scan) blank(i int) int {
	for n := 0; n < 8 && i < len(s.text) && (s.text[i] == ' ' || s.text[i] == '\t'); n++ {
		i++
	}
	return i
}

// operand returns the value that begins at i, and whether it is quoted. Backslashes before quotes are those of a JSON
// text within the text.
func (s *scan) operand(i int) (from, to int, quoted bool) {
	for n := 0; n < 2 && i+1 < len(s.text) && strings.IndexByte("rbfuL@\\", s.text[i]) >= 0 && strings.IndexByte("\"'`\\", s.text[i+1]) >= 0; n++ {
		i++
	}
	const most = 4096
	if i < len(s.text) && strings.IndexByte("\"'`", s.text[i]) >= 0 {
		n := strings.IndexByte(s.window(i+1, most), s.text[i])
		if line := strings.IndexByte(s.window(i+1, max(0, n)), '\n'); n < 0 || line >= 0 {
			return i, i, true
		}
		return i + 1, i + 1 + len(strings.TrimSuffix(s.text[i+1:i+1+n], `\`)), true
	}
	if i < s.bareFrom || i > s.bareTo { // otherwise it ends where another one did that began before it
		s.bareFrom, s.bareTo = i, i
		for to = i; to < len(s.text) && s.text[to] > ' ' && strings.IndexByte(",;\"'`<)}]&", s.text[to]) < 0; to++ {
		}
		s.bareTo = to
	}
	to = min(s.bareTo, i+most)
	return i, i + len(strings.TrimRight(s.text[i:to], ".:\\")), false
}

// value judges the value of something secret.
func (s *scan) value(kind secretKind, name string, from, to int, quoted bool) {
	text := s.text[from:to]
	if len(text) > 4096 {
		return
	}
	for _, scheme := range [...]string{"Bearer ", "bearer ", "Basic ", "basic ", "Token ", "token ", "ApiKey "} {
		if rest, ok := strings.CutPrefix(text, scheme); ok {
			s.credential(rest, to-len(rest), to, scheme[0]|0x20 == 'b' && scheme[1] == 'a')
			return
		}
	}
	if len(text) < 4 || len(text) > 2048 || stale(text) || strings.EqualFold(text, name) || reference(text, quoted) {
		return
	}
	switch kind {
	case aPassword:
		s.password(text, from, to, quoted)
	case aKey, anAuth:
		s.key(text, name, from, to, quoted)
	default:
	}
}

// reference reports whether a value says where a secret is rather than what it is: an expression, a path, an address.
func reference(text string, quoted bool) bool {
	switch {
	case strings.HasPrefix(text, "/") && strings.Count(text, "/") > 1, strings.HasPrefix(text, "./"), strings.HasPrefix(text, "../"), strings.HasPrefix(text, "~/"),
		strings.Contains(text, "://"), strings.HasPrefix(text, "arn:"), strings.HasPrefix(text, "secret/"), strings.HasPrefix(text, "op:"):
		return true
	case quoted:
		return strings.Contains(text, "%s") || strings.Contains(text, "' +") || strings.HasPrefix(text, "{")
	}
	if strings.ContainsAny(text, "([{|\\") {
		return true
	}
	first, rest, dotted := strings.Cut(text, ".") // config.password
	return dotted && identifier(first) && rest != "" && isLetter(rest[0]) && !hasDigit([]byte(text))
}

func identifier(text string) bool {
	return text != "" && !isDigit(text[0]) && onlyWord(text)
}

// password judges the value of a password.
func (s *scan) password(text string, from, to int, quoted bool) {
	m := mix(text)
	switch {
	case strings.HasPrefix(text, "$2") && len(text) == 60, strings.HasPrefix(text, "$argon2"), strings.HasPrefix(text, "$6$"), strings.HasPrefix(text, "$5$"):
		s.secret("password_hash", "password_hash", match.Medium, 0.7, from, to)
		return
	case len(text) > 128, strings.ContainsAny(text, " \t") && !quoted, strings.Count(text, " ") > 1, m.wide > 0 && m.digit == 0:
		return
	}
	var confidence float64
	switch {
	case m.digit > 0 && m.lower+m.upper > 0 && m.other > 0:
		confidence = 0.92
	case m.digit > 0 && m.digit <= 3 && m.upper == 0 && m.lower == len(text)-m.digit && len(strings.TrimRight(text, "0123456789")) == m.lower:
		confidence = 0.7 // a word and a number: weak, or an example
	case m.digit > 0 && m.lower+m.upper > 0:
		confidence = 0.85
	case m.other > 0 && m.upper > 0 && m.lower > 0 && strings.Trim(text, "-_.:,()!?") == text && !strings.Contains(text, " "):
		confidence = 0.6
	case m.digit == len(text) && len(text) <= 12, quoted && m.other == 0 && len(text) >= 6 && strings.ToLower(text) == text:
		confidence = 0.4
	default:
		return
	}
	if !quoted && (m.other > 0 && strings.ContainsAny(text, "/") || len(text) < 6) {
		confidence -= 0.25
	}
	s.secret("password", "password", match.High, confidence, from, to)
}

// key judges the value of a key or token.
func (s *scan) key(text, name string, from, to int, quoted bool) {
	n := len(strings.TrimRight(text, "="))
	if base64URLSet.span(text, len(text)) != len(text) && tildeSet.span(text, len(text)) != len(text) || len(text) > 2048 {
		m := mix(text)
		if quoted && len(text) >= 8 && len(text) <= 64 && m.digit > 0 && m.other > 0 && m.lower > 0 && m.upper > 0 && !strings.ContainsAny(text, " /:.<") {
			s.secret("secret_value", "password", match.High, 0.7, from, to)
		}
		return
	}
	if isUUID(text) {
		s.secret("uuid_key", "api_key", match.Medium, 0.5, from, to)
		return
	}
	if !random(text[:n]) || version(text) {
		m := mix(text)
		if quoted && m.digit > 0 && m.kinds() >= 3 && n >= 10 && entropy(text) > 2.9 && strings.HasSuffix(string(letters(nil, name)), "secret") {
			s.secret("secret_value", "password", match.High, 0.7, from, to)
		}
		return
	}
	var room [64]byte
	plain := string(letters(room[:0], name[max(0, len(name)-64):]))
	if n == 40 && strings.Contains(plain, "secret") && strings.Contains(plain, "aws") {
		s.secret("aws_secret_key", "api_key", match.Critical, 0.97, from, to)
		return
	}
	confidence := 0.8
	if quoted && n >= 20 {
		confidence = 0.88
	}
	s.secret("high_entropy_value", "api_key", match.High, confidence, from, to)
}

// version reports whether a text is a path or a list of names joined by slashes or dots.
func version(text string) bool {
	return strings.Count(text, "/") > 2 && mix(text).digit*8 < len(text) || strings.Count(text, "-") > 4 || strings.Count(text, ".") > 3
}

// isUUID reports whether a text has the form of RFC 9562, which names things.
func isUUID(text string) bool {
	return len(text) == 36 && text[8] == '-' && text[13] == '-' && text[18] == '-' && text[23] == '-' && hexSet.span(text, 8) == 8
}

// bearer looks at what follows the word "bearer" or "basic".
func (s *scan) bearer(end int, basic bool) {
	if s.lookout&Secrets == 0 {
		return
	}
	n := base64URLSet.span(s.text[end:], 4096)
	if basic {
		n = base64Set.span(s.text[end:], 512)
	} else if k := dottedSet.span(s.text[end:], 4096); k > n {
		n = k
	}
	s.credential(s.text[end:end+n], end, end+n, basic)
}

// credential judges what stands behind the scheme of an Authorization header.
func (s *scan) credential(text string, from, to int, basic bool) {
	if stale(text) {
		return
	}
	if !basic {
		if n := len(strings.TrimRight(text, "=.")); n >= 20 && random(text[:n]) {
			s.secret("bearer_token", "api_token", match.High, 0.9, from, from+n)
		}
		return
	}
	var room [384]byte
	if len(text) < 8 || len(text) > 512 {
		return
	}
	encoding := stdbase64.StdEncoding
	if len(text)%4 != 0 {
		encoding = stdbase64.RawStdEncoding
	}
	n, err := encoding.Decode(room[:], []byte(text))
	user, pass, ok := strings.Cut(string(room[:n]), ":")
	if err == nil && ok && user != "" && len(pass) >= 3 && printable(user) && printable(pass) && !stale(pass) {
		s.secret("basic_auth", "password", match.High, 0.93, from, to)
	}
}

func printable(text string) bool {
	for i := range len(text) {
		if text[i] < ' ' || text[i] >= 0x7F {
			return false
		}
	}
	return true
}
