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
	end := i
	slash, at, scheme := false, false, false
	for end < len(t.text) && pathByte(t.text[end]) {
		switch t.text[end] {
		case '/', '\\', '~', '$', '%':
			slash = true
		case '@':
			at = true
		case ':':
			scheme = scheme || strings.HasPrefix(t.text[end:], "://")
			if !strings.HasPrefix(t.text[end:], "://") && !strings.HasPrefix(t.text[end:], ":\\") {
				goto done
			}
		}
		end++
	}
done:
	for end > i+1 && strings.IndexByte(".?!&=<{[", t.text[end-1]) >= 0 && !scheme || end > i+1 && t.text[end-1] == '.' {
		end--
	}
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
	case at && strings.Contains(run[strings.IndexByte(run, '@'):], ".") && isAlnum(run[0]), phone(run):
		k.means = bit(meansAddress)
	case sensitive(run):
		k.means = bit(meansSensitive)
		k.word = t.lexicon.find(lowerWord(t.room[:0], run))
	case slash && (strings.IndexByte("~/.$%", run[0]) >= 0 && len(run) > 2):
		k.means = bit(meansPlace)
	case day(run):
		k.means = bit(meansDate)
	default:
		return t.word(i)
	}
	t.add(k)
	return end
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

// phone reports whether a run is a telephone number with its country.
func phone(run string) bool {
	return len(run) >= 9 && run[0] == '+' && dialled(run) == len(run)
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
	lower := t.room[:0]
	end, compound, upper := i, false, false
	for end < len(t.text) {
		c := t.text[end]
		switch {
		case isLetter(c) || isDigit(c):
			upper = upper || end > i && isUpper(c) && !isUpper(t.text[end-1])
		case c == '_' || c == '.' && end > i && end+1 < len(t.text) && isAlnum(t.text[end+1]):
			compound = compound || end > i && c == '_'
		case c == '.' && end == i:
		case c == '\'' && end+1 < len(t.text) && (isLetter(t.text[end+1]) || t.text[end+1] >= utf8.RuneSelf):
			if elided(lower) {
				goto done
			}
			end++
			continue
		case c >= utf8.RuneSelf:
			r, size := utf8.DecodeRuneInString(t.text[end:])
			if r == '’' {
				if elided(lower) {
					goto done
				}
				end += size
				continue
			}
			if !unicode.In(r, unicode.L, unicode.M, unicode.Nd) || denseRune(r) {
				goto done
			}
			t.wide = true
			if len(lower)+4 < cap(lower) {
				lower = utf8.AppendRune(lower, unicode.ToLower(r))
			}
			end += size
			continue
		default:
			goto done
		}
		if len(lower) < cap(lower) {
			lower = append(lower, small(c))
		}
		end++
	}
done:
	if end == i {
		return i + 1
	}
	t.add(token{start: i, end: end, word: t.lexicon.find(lower), compound: (compound || upper && end-i > 5) && t.text[i] >= 'a'})
	return end
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

// mean gives every token of the sentence its meanings.
func (t *tokens) mean() {
	for i := range t.list {
		k := &t.list[i]
		w := &t.lexicon.words[k.word]
		k.means = k.means.with(w.means)
		t.phrases(i, w.phrases)
		if k.compound {
			t.name(k)
		} else if shout := t.text[k.start:k.end]; strings.IndexByte(shout, '_') > 0 && isUpper(shout[0]) && secretVariable(shout) {
			k.means = k.means.with(t.hoard)
		}
	}
	for i := range t.list {
		k := &t.list[i]
		if len(t.own) > 0 && k.word >= 0 && k.end-k.start > 2 && t.mine(k) {
			k.means = k.means.with(t.param)
		}
		if k.means.meets(t.toolish) && i > 0 {
			t.tool(i)
		}
		k.noise = k.noise || k.means.meets(t.noise)
		k.ordered = k.opens || i == 0 || t.wide || t.list[i-1].means.meets(t.then) || t.list[i-1].means.meets(t.must) || t.list[i-1].noise && i > 1 && t.list[i-2].means.meets(t.then)
		t.union = t.union.with(k.means)
	}
}

// phrases looks for phrases that begin at i. All their words mean what the phrase means at its first, and the rest is noise.
func (t *tokens) phrases(i int, phrases []phrase) {
	for _, p := range phrases {
		if i+len(p.rest) >= len(t.list) {
			continue
		}
		same := true
		for n, id := range p.rest {
			same = same && t.list[i+1+n].word == id
		}
		if same {
			k := &t.list[i]
			k.means = k.means.with(p.means)
			for n := range p.rest {
				t.list[i+1+n].means = t.list[i+1+n].means.with(p.means)
				t.list[i+1+n].noise = n < len(p.rest)
			}
			k.end = t.list[i+len(p.rest)].end
			return
		}
	}
}

// name notes that a compound name which is not one of the definition's own is that of another tool.
func (t *tokens) name(k *token) {
	if !t.mine(k) {
		k.means = k.means.with(bit(meansNamed))
	}
}

// secretVariable reports whether the name of a variable of the environment says that it holds a secret.
func secretVariable(name string) bool {
	for _, end := range [...]string{"_TOKEN", "_KEY", "_SECRET", "_PASSWORD", "_CREDENTIALS"} {
		if strings.HasSuffix(name, end) {
			return true
		}
	}
	return false
}

// mine reports whether a token is a name of the definition itself.
func (t *tokens) mine(k *token) bool {
	for _, own := range t.own {
		if own == t.text[k.start:k.end] {
			return true
		}
	}
	return false
}

// tool notes that "the mail tool" is a tool of somebody else, and "this tool" is not.
func (t *tokens) tool(i int) {
	if t.text[t.list[i].start] >= utf8.RuneSelf {
		if t.list[i-1].means.meets(t.other) {
			t.list[i].means = t.list[i].means.with(bit(meansNamed))
		}
		return
	}
	for n := i - 1; n >= 0 && n >= i-3; n-- {
		k := &t.list[n]
		if k.means.meets(t.noise) {
			continue
		}
		switch t.text[k.start:k.end] {
		case "this", "This", "these", "that", "using", "use", "call", "calling", "Use", "THIS":
			return
		}
		t.list[i].means = t.list[i].means.with(bit(meansNamed))
		return
	}
}

// sensitive reports whether a path is that of a file which holds secrets of its user.
func sensitive(run string) bool {
	if strings.IndexByte(run, '.') < 0 && strings.IndexByte(run, '_') < 0 && strings.IndexByte(run, '/') < 0 {
		return false
	}
	var room [96]byte
	low := view(lowerWord(room[:0], run))
	for _, s := range [...]string{
		".ssh", "id_rsa", "id_ed25519", "id_ecdsa", ".aws", "/etc/passwd", "/etc/shadow", "mcp.json", ".cursor/", ".netrc", ".npmrc", ".pypirc", ".git-credentials", ".kube", ".bash_history",
		".zsh_history", ".gnupg", "keychain", "wallet.dat", "credentials.json", "claude_desktop_config", ".docker/config", "cookies.sqlite", "gcloud/", "application_default_credentials",
		"/proc/self/environ", ".git/config", ".config/gh", "passwords.", "password.txt", "secrets.", "/secrets", "credentials.", "private_key", "privkey", "/wallet", "id_dsa", "logins.", "authorized_keys", "known_hosts", "logins.json", "secrets.y", ".vault-token", "token.json", ".pgpass", ".my.cnf", "kubeconfig", ".password-store", "/dev/tcp",
	} {
		if strings.Contains(low, s) {
			return true
		}
	}
	return low == ".env" || strings.HasPrefix(low, ".env.") && low != ".env.example" || strings.HasSuffix(low, "/.env") || strings.HasSuffix(low, ".pem")
}
