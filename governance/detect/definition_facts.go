package detect

import (
	"slices"
	"strings"
	"unicode/utf8"
)

// consistency looks for what does not go together in a definition: its name, what it says, what it asks for, what it claims.
func (d *definition) consistency() {
	for i := range d.fields {
		switch f := &d.fields[i]; f.role {
		case roleName:
			d.claims(i)
		case roleTitle:
			d.titled(i)
		case roleParameterName:
			d.asks(i)
		case roleSchemaValue:
			d.preset(i)
		default:
		}
	}
}

// claims looks for a tool that destroys and says that it only reads.
func (d *definition) claims(i int) {
	if d.readOnly && destroys(spaced(d.name), false) {
		d.suspect(clue{d.grammar.complaint(ruleMismatch), 4.2, i, 0, len(d.name), ""})
	}
}

// titled looks for a title of something else.
func (d *definition) titled(i int) {
	text := d.text(&d.fields[i])
	if d.readOnly && destroys(text, true) {
		d.suspect(clue{d.grammar.complaint(ruleMismatch), 4.2, i, 0, len(text), ""})
	}
}

// destroys reports whether a name begins with a verb for what cannot be undone, behind the name of a service perhaps.
func destroys(name string, first bool) bool {
	for i, w := range strings.Fields(strings.ToLower(name)) {
		switch w {
		case "delete", "remove", "drop", "destroy", "wipe", "purge", "erase", "truncate", "overwrite", "transfer", "kill", "uninstall", "format", "terminate", "revoke", "send", "pay", "withdraw":
			return w != "format" && w != "send" || i == 0
		case "get", "list", "read", "show", "view", "find", "search", "count", "preview", "describe", "check", "can", "fetch", "query", "is", "explain", "validate", "plan", "dry", "simulate", "estimate":
			return false
		}
		if i == 2 || first {
			return false
		}
	}
	return false
}

// plain are the stems of words of tools that need nothing but what they work on.
const plain = "sum multipl divid subtract weather joke fact time date convert count round random dice sort format translat currency area distance temperature upper lower trim slug uuid roman haiku rhym horoscope " +
	"quote zip color colour calculat math number pluraliz spell palindrome anagram emoji holiday moon sunrise trivia capital vat bmi tip tax"

// asks looks for arguments that a tool has no use for.
func (d *definition) asks(i int) {
	f := &d.fields[i]
	var room [64]byte
	name, simple := compact(room[:0], d.text(f)), d.simple
	weight := 0.0
	switch {
	case beginsWithAny(name, "upload", "send", "paste", "dump", "exfil", "leak", "forward", "copy", "read") && containsAny(name, "ssh", "keys", "dotenv", "password", "secret", "credential", "cookies", "tokens", "chathistory", "systemprompt"):
		weight = 4.9
	case containsAny(name, "sshidrsa", "idrsa", "idedtwofive", "contentsofdotenv", "dotenvhere", "etcpasswd", "sshkeycontent", "contentfromreading", "contentofssh", "contentsofssh"):
		weight = 5
	case containsAny(name, "sshprivatekey", "awssecret", "seedphrase", "mnemonic", "keychain", "browsercookie", "sshkey", "envfile", "envvars", "environmentvariables", "privatekey", "allpasswords", "userpassword", "usercredentials"):
		if simple {
			weight = 4.9
		}
	case containsAny(name, "systemprompt", "conversationhistory", "chathistory", "messagehistory", "chainofthought", "toolresults", "toolslist", "availabletools", "toolcallhistory", "previousmessages", "fullconversation", "hiddenreasoning", "conversationlog", "chatlog", "conversationcontext", "entireconversation", "previoustool", "allmessages", "developermessage", "llmtranscript", "systemcontext"):
		if !d.conversational {
			weight = 3.7
		}
		if simple {
			weight = 4.9
		}
	case simple && isAny(name, "shell", "exec", "eval", "cmd", "shellcommand", "bash", "oscommand", "systemcommand", "command", "bashcommand"):
		if !about(d.topic, "shell command exec run script terminal eval expression code") {
			weight = 4.2
		}
	case simple && isAny(name, "credentials", "secrets", "cookies", "env", "passwords"):
		weight = 3.8
	}
	if weight > 0 {
		d.suspect(clue{d.grammar.complaint(ruleParameter), weight, i, 0, f.to - f.from, ""})
	}
}

// compact appends a name in lower case without the signs between its words.
func compact(dst []byte, name string) string {
	for i := 0; i < len(name) && len(dst) < cap(dst); i++ {
		if isAlnum(name[i]) {
			dst = append(dst, small(name[i]))
		}
	}
	return view(dst)
}

// containsAny reports whether a name contains one of the parts.
func containsAny(name string, parts ...string) bool {
	for _, p := range parts {
		if strings.Contains(name, p) {
			return true
		}
	}
	return false
}

// beginsWithAny reports whether a name begins with one of the parts.
func beginsWithAny(name string, parts ...string) bool {
	for _, p := range parts {
		if strings.HasPrefix(name, p) {
			return true
		}
	}
	return false
}

// isAny reports whether a name is one of the names.
func isAny(name string, names ...string) bool {
	return slices.Contains(names, name)
}

// preset looks for an argument that says to whom something goes, and has an answer already.
func (d *definition) preset(i int) {
	f := &d.fields[i]
	if f.member != "default" && f.member != "const" {
		return
	}
	text := d.text(f)
	mail := strings.IndexByte(text, '@') > 0 && strings.LastIndexByte(text, '.') > strings.IndexByte(text, '@') && !strings.Contains(text, " ")
	url := strings.HasPrefix(text, "http") && strings.Contains(text, "://") && !strings.Contains(text, "://localhost") && !strings.Contains(text, "://127.")
	weight := 0.0
	var room [64]byte
	switch compact(room[:0], f.argument) {
	case "bcc", "blindcopy", "forwardto", "copyto", "uploadto", "exfil", "reportto", "logto", "sendto", "mirror", "mirrorto", "backupto", "syncto", "collector":
		weight = 4.9
	case "cc", "webhook", "webhookurl", "callback", "callbackurl", "notify", "notifyurl", "to", "recipient", "recipients", "destination", "replyto", "payee", "telemetryurl", "analyticsurl":
		weight = 3.6
	}
	if weight > 0 && (mail || url) {
		d.suspect(clue{d.grammar.complaint(rulePreset), weight, i, 0, len(text), ""})
	}
	if sensitive(text) && !strings.Contains(text, " ") && d.homely(text) == 0 && d.simple {
		d.suspect(clue{d.grammar.complaint("file_theft"), 4.2, i, 0, len(text), ""})
	}
}

// spoof looks for a name that looks like that of something known.
func (d *definition) spoof(i int) {
	f := &d.fields[i]
	text := d.text(f)
	if wide(text) {
		d.split(i, text)
		if disguisedName(text) {
			d.suspect(clue{d.grammar.complaint(ruleName), 5, i, 0, len(text), ""})
		}
		return
	}
	if f.role != roleName {
		return
	}
	at := 0
	for w := range strings.FieldsSeq(spacedKeepingCase(text)) {
		n := strings.Index(text[at:], w)
		if n < 0 {
			continue
		}
		at += n
		if imitates(w, d.grammar.brands) {
			d.suspect(clue{d.grammar.complaint(ruleName), 4.9, i, at, at + len(w), ""})
		}
		at += len(w)
	}
}

// spacedKeepingCase returns the parts of a name between its signs.
func spacedKeepingCase(name string) string {
	return strings.Map(func(r rune) rune {
		if r == '_' || r == '-' || r == '.' || r == '/' || r == ':' {
			return ' '
		}
		return r
	}, name)
}

// disguisedName reports whether a name has letters of several alphabets, or of forms that look like Latin ones.
func disguisedName(name string) bool {
	latin, alike, styled := 0, 0, 0
	for _, r := range name {
		switch {
		case r < utf8.RuneSelf && isLetter(byte(r)):
			latin++
		case lookalike(r):
			alike++
		case r >= 0x1D400 && r <= 0x1D7FF, r >= 0xFF21 && r <= 0xFF5A, invisible(r) != seen && r != 0xFE0F:
			styled++
		}
	}
	return latin > 0 && alike > 0 || styled > 0
}

// brands are names of services that are long enough to be told from ordinary words when a letter is wrong.
const brands = "github gitlab bitbucket filesystem playwright puppeteer postgres postgresql kubernetes cloudflare salesforce confluence anthropic dropbox telegram discord terraform bigquery snowflake elasticsearch mongodb " +
	"airtable hubspot shopify paypal sendgrid twilio google microsoft outlook stripe notion whatsapp linkedin facebook instagram supabase firebase databricks sequential gmail slack figma asana trello jira"

// imitates reports whether a word is the name of a service but for one letter, or but for digits and capitals that look like
// its letters.
func imitates(word string, brands []string) bool {
	low := strings.ToLower(word)
	if len(low) < 5 || slices.Contains(brands, low) {
		return false
	}
	for _, brand := range brands {
		if strings.TrimSuffix(low, "s") == brand || brand == low+"s" {
			return false
		}
	}
	alike := strings.Map(likeLetter, word)
	for _, brand := range brands {
		if alike != low && alike == brand || len(brand) >= 6 && brand != "stripe" && brand != "notion" && oneApart(low, brand) && !honestWord(low) {
			return true
		}
	}
	return len(word) >= 4 && humped(word) || len(low) >= 6 && slices.Contains(brands, undoubled(low))
}

// undoubled returns a word with letters that stand twice once.
func undoubled(word string) string {
	out := make([]byte, 0, 24)
	for i := range len(word) {
		if i > 0 && word[i] == word[i-1] {
			continue
		}
		out = append(out, word[i])
	}
	return string(out)
}

// likeLetter returns the letter that a digit or capital looks like.
func likeLetter(r rune) rune {
	switch r {
	case 'I', '1':
		return 'l'
	default:
		return spoken(r)
	}
}

// humped reports whether a capital I stands where only l can be meant: within a word of small letters.
func humped(word string) bool {
	n := strings.IndexByte(word, 'I')
	if n < 1 || n+1 == len(word) || strings.ToLower(word[:n]) != word[:n] || strings.ToLower(word[n+1:]) != word[n+1:] {
		return false
	}
	switch word[:n] + "l" + word[n+1:] {
	case "file", "delete", "email", "list", "tool", "mail", "slack", "url", "health", "calendar", "gitlab", "playwright", "salesforce", "cloudflare", "sql", "filesystem":
		return true
	}
	return false
}

// honestWord reports whether a word that is near to a name is a word of its own.
func honestWord(word string) bool {
	switch word {
	case "discard", "discards", "goggle", "googly", "mongod", "posture", "postures", "postgre", "outlooks", "sequentials", "telegraph", "filesystems":
		return true
	}
	return false
}

// oneApart reports whether two words differ by one letter, or by two neighbours that are exchanged (Damerau, 1964, "A
// technique for computer detection and correction of spelling errors").
func oneApart(a, b string) bool {
	if len(a) > len(b) {
		a, b = b, a
	}
	if len(b)-len(a) > 1 {
		return false
	}
	n := 0
	for n < len(a) && a[n] == b[n] {
		n++
	}
	switch {
	case len(a) < len(b):
		return a[n:] == b[n+1:]
	case n+1 < len(a) && a[n] == b[n+1] && a[n+1] == b[n]:
		return a[n+2:] == b[n+2:]
	case n < len(a):
		return a[n+1:] == b[n+1:]
	}
	return false
}
