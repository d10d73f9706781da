package detect

import (
	stdbase64 "encoding/base64"
	"strings"

	"github.com/mcp-kernel/mcp-kernel/governance/match"
)

// keyed looks at a whole text that stands under a name of its own, as the value of a member does.
func (s *scan) keyed() {
	if s.lookout&Secrets == 0 || len(s.text) < 4 || len(s.text) > 4096 {
		return
	}
	if kind := s.facts().secret; kind != noSecret {
		s.value(kind, s.in.Key, 0, len(s.text), true)
	}
}

// named looks at what follows the name of something secret, of which a part stands from start to end.
func (s *scan) named(start, end int) {
	if s.lookout&Secrets == 0 {
		return
	}
	for !isWord(s.text[end-1]) { // what a literal has beside the name
		end--
	}
	if s.text[start] == '"' {
		start++
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
	switch {
	case !ok:
		s.unassigned(kind, start, end)
	case kind == aCookie:
		s.cookies(from)
	default:
		s.assignment(kind, start, end, from)
	}
}

// assignment looks at the value at from of a name that stands from start to end.
func (s *scan) assignment(kind secretKind, start, end, from int) {
	before := s.byteBefore(start)
	query := before == '?' || before == '&' || before == ';' && strings.HasSuffix(s.before(start, 5), "&amp;")
	first := from
	from, to, quoted := s.operand(from, query)
	if kind == aPhrase && !quoted {
		to = max(to, s.phraseEnd(from))
	}
	if to <= from {
		return
	}
	n := len(s.found)
	s.value(kind, s.text[start:end], from, to, quoted)
	if len(s.found) == n && !quoted && kind != anAuth && strings.HasSuffix(s.text[:first], ": ") { // "password: it is hunter2"
		s.told(first, kind.tells())
	}
}

// unassigned looks at a name without a value: a line of a .netrc or of a configuration, or a sentence.
func (s *scan) unassigned(kind secretKind, start, end int) {
	if kind == aCookie || kind == aLogin || kind == anAuth {
		return
	}
	if kind == aPhrase {
		s.toldPhrase(end)
		return
	}
	n := len(s.found)
	if line := s.before(start, 160); end < len(s.text) && s.text[end] == ' ' && (strings.TrimSpace(line) == "" || strings.Contains(line, "machine ") || strings.Contains(line, "login ")) {
		if from, to, quoted := s.operand(s.blank(end), false); to > from && (to >= len(s.text) || s.text[to] <= ' ') && s.lineEnds(to, strings.Contains(line, "login ")) {
			if m := mix(s.text[from:to]); m.digit > 0 && m.kinds() > 2 {
				s.value(kind, s.text[start:end], from, to, quoted)
			}
		}
	}
	if len(s.found) == n && end < len(s.text) && s.text[end] != '_' {
		s.told(end, kind.tells())
	}
}

// tells returns what a sentence with a name of the kind may tell.
func (k secretKind) tells() int {
	if k == aKey {
		return tellsKey
	}
	return tellsPassword
}

// toldPhrase looks for the words of a passphrase behind the word for it: my recovery phrase is "…".
func (s *scan) toldPhrase(i int) {
	for range 3 {
		i = s.skipMarks(i)
		if end := s.phraseEnd(min(i, len(s.text))); end > i && strings.Count(s.text[i:end], " ") >= 11 {
			s.phrase(s.text[i:end], i, end, true)
			return
		}
		if i >= len(s.text) {
			return
		}
		i += s.plainWord(i)
	}
}

// lineEnds reports whether nothing more stands on the line from i on, or whether that does not matter.
func (s *scan) lineEnds(i int, anyway bool) bool {
	i = s.blank(i)
	return anyway || i >= len(s.text) || s.text[i] == '\n' || s.text[i] == '\r'
}

// phraseEnd returns the end of a row of words at i.
func (s *scan) phraseEnd(i int) int {
	end := i
	for words := range 30 {
		n := 0
		for end+n < len(s.text) && (isLetter(s.text[end+n]) || words < 9 && isWord(s.text[end+n])) {
			n++
		}
		if n < 3 || n > 12 {
			return max(i, end-1)
		}
		end += n
		if end >= len(s.text) || s.text[end] != ' ' {
			return end
		}
		end++
	}
	return end - 1
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
	if len(text) < 4 || len(text) > 2048 || stale(text) || strings.EqualFold(text, name) || reference(text, quoted) || strings.Count(text, "|") > 2 {
		return
	}
	switch kind {
	case aPhrase:
		s.phrase(text, from, to, quoted)
	case aPassword:
		s.password(text, from, to, quoted)
	case aKey, anAuth:
		s.key(text, name, from, to, quoted)
	case aLogin:
		s.credential(text, from, to, true)
	case aCookie:
		s.cookies(from)
	case aPIN:
		if len(text) <= 8 && digits(text) && quoted {
			s.secret("pin", "password", match.High, 0.75, from, to)
		}
	default:
	}
}

// phrase judges the value of a passphrase, or the words of which a wallet is made (BIP 39: 12, 15, 18, 21 or 24).
func (s *scan) phrase(text string, from, to int, quoted bool) {
	words := strings.Count(text, " ") + 1
	switch {
	case words < 4:
		s.password(text, from, to, quoted)
	case words >= 12 && words <= 24 && words%3 == 0 && strings.ToLower(text) == text && len(text) < words*9:
		s.secret("seed_phrase", "private_key", match.Critical, 0.95, from, to)
	case words <= 10 && strings.ToLower(text) == text && len(text) < words*11 && !strings.ContainsAny(text, ".,:;"):
		s.secret("passphrase", "password", match.High, 0.7, from, to)
	}
}

// reference reports whether a value says where a secret is rather than what it is: an expression, a path, an address.
func reference(text string, quoted bool) bool {
	switch {
	case strings.HasPrefix(text, "/") && strings.Count(text, "/") > 1, strings.HasPrefix(text, "./"), strings.HasPrefix(text, "../"), strings.HasPrefix(text, "~/"),
		strings.Contains(text, "://"), strings.HasPrefix(text, "arn:"), strings.HasPrefix(text, "secret/"), strings.HasPrefix(text, "op:"), strings.HasPrefix(text, "&#"), strings.HasPrefix(text, "&lt;"):
		return true
	case quoted:
		return strings.HasPrefix(text, "%s") || strings.HasSuffix(text, "%s") || strings.Contains(text, "' +") || strings.HasPrefix(text, "{")
	}
	if expression(text) || strings.HasPrefix(text, "!0") || strings.HasPrefix(text, "!1") || strings.HasSuffix(text, "=") && identifier(text[:len(text)-1]) && !hasDigit([]byte(text)) && !wraps(text) {
		return true
	}
	return member(text)
}

// member reports whether a text names a member of something: config.password, process.env.SECRET2.
func member(text string) bool {
	text = strings.TrimLeft(text, "*&!")
	parts, capital := 0, false
	for rest, more := text, true; more; parts++ {
		var part string
		if part, rest, more = strings.Cut(rest, "."); !identifier(part) {
			return false
		}
		capital = isUpper(part[0])
	}
	return parts > 2 || parts == 2 && (capital || !hasDigit([]byte(text)))
}

// expression reports whether a value without quotes calls or indexes something: getenv("X"), env['X'], vault.read(path).
func expression(text string) bool {
	text = strings.TrimLeft(text, "*&!-")
	n := 0
	for n < len(text) && (isWord(text[n]) || strings.IndexByte(".$:>-", text[n]) >= 0) {
		n++
	}
	if n == len(text) || strings.IndexByte("([{", text[n]) < 0 || text == "" {
		return n > 0 && n < len(text) && text[n] == '<' || text == ""
	}
	return n != 1 && (n == 0 || !isDigit(text[0]))
}

func identifier(text string) bool {
	return text != "" && !isDigit(text[0]) && onlyWord(text)
}

// password judges the value of a password.
func (s *scan) password(text string, from, to int, quoted bool) {
	m := mix(text)
	switch {
	case text[0] == '$' && hashed(text), strings.HasPrefix(text, "{SSHA}"), strings.HasPrefix(text, "{SHA}"):
		s.secret("password_hash", "password_hash", match.Medium, 0.7, from, to)
		return
	case len(text) > 128, strings.ContainsAny(text, " \t") && !quoted, strings.Count(text, " ") > 1, m.wide > 0 && m.digit == 0:
		return
	}
	confidence := passwordConfidence(text, m, quoted || s.byteBefore(from) == '=')
	if plain, ok := unwrapped(text); ok && confidence < 0.85 {
		confidence = passwordConfidence(plain, mix(plain), true)
	}
	if !quoted && (m.other > 0 && strings.ContainsAny(text, "/") && s.byteBefore(from) != '=' || len(text) < 6) {
		confidence -= 0.25
	}
	if confidence > 0.3 {
		s.secret("password", "password", match.High, confidence, from, to)
	}
}

// passwordConfidence returns how sure it is that the value of a password is one, and not a word about passwords.
func passwordConfidence(text string, m mixture, bound bool) float64 {
	switch {
	case m.digit > 0 && m.lower+m.upper > 0 && m.other > 0:
		return 0.92
	case m.digit > 0 && m.digit <= 3 && m.upper == 0 && m.lower == len(text)-m.digit && len(strings.TrimRight(text, "0123456789")) == m.lower:
		return 0.7 // a word and a number: weak, or an example
	case m.digit > 0 && m.lower+m.upper+m.wide > 0:
		return 0.85
	case m.other > 0 && m.upper > 0 && m.lower > 0 && strings.Trim(text, "-_.:,()?") == text && !strings.Contains(text, " ") && !hyphened(text):
		return 0.75
	case m.other > 0 && m.lower > 2 && bound && len(text) >= 8 && !hyphened(text) && !strings.ContainsAny(text, " .:,()?<>"):
		return 0.7
	case m.digit == len(text) && len(text) <= 12 && len(text) >= 6 && bound:
		return 0.7
	case m.digit == len(text) && len(text) <= 12:
		return 0.4
	case bound && m.other == 0 && len(text) >= 8 && m.upper > 1 && m.lower > 1 && !placeholderWord(text):
		return 0.7
	case bound && m.other == 0 && len(text) >= 8 && m.upper == 0 && !placeholderWord(text):
		return 0.6
	case bound && m.other == 0 && len(text) >= 6 && m.upper == 0 && !placeholderWord(text):
		return 0.4
	}
	return 0
}

// placeholderWord reports whether letters say what stands in the place of a password and are none.
func placeholderWord(text string) bool {
	var room [128]byte
	plain := view(letters(room[:0], text[:min(len(text), 128)]))
	for _, word := range [...]string{
		"pass", "secret", "user", "token", "login", "name", "value", "field", "string", "required", "optional", "hidden", "here", "none", "null", "empty", "default", "test", "type",
		"true", "false", "input", "text", "reset", "change", "enter", "show", "hide", "forgot", "env", "vault", "prompt", "random", "generate", "config", "invalid", "valid", "wrong",
		"incorrect", "match", "strong", "weak", "mot", "kennwort", "contrase", "senha", "wachtwoord", "credential", "undefined", "unset", "disabled", "enabled", "encrypted", "redact", "mask", "private", "public",
		"admin", "root", "guest", "postgres", "mysql", "redis", "file", "path", "auto", "never", "always", "must", "needed", "missing", "expired", "plain", "hash", "bcrypt", "argon", "identity", "bearer", "basic", "oauth", "managed", "parameter", "variable", "interactive", "keyring", "keychain", "unknown", "anonymous", "database", "server", "connection", "service", "object", "number", "boolean", "char", "select", "request", "confirm", "verify", "update", "create", "delete", "policy", "manager", "label", "message", "error",
	} {
		if strings.Contains(plain, word) {
			return true
		}
	}
	return false
}

// wraps reports whether a text is the base64 of something printable.
func wraps(text string) bool {
	_, ok := unwrapped(text)
	return ok
}

// unwrapped returns what a value holds in base64, as the data of a Kubernetes Secret does.
func unwrapped(text string) (string, bool) {
	if len(text) < 8 || len(text) > 128 || len(text)%4 != 0 || base64Set.span(text, 128) != len(text) {
		return "", false
	}
	plain, err := stdbase64.StdEncoding.DecodeString(text)
	if err != nil || len(plain) < 5 || !printable(string(plain)) {
		return "", false
	}
	return string(plain), true
}
