package code

import (
	"slices"
	"strings"
)

// idiom looks at words that are unsafe by what they are set to or stand next to, whatever the data: weak cryptography, secrets of
// numbers that can be guessed, containers that own their machine, shells whose input is a connection.
func (p *program) idiom(i int, word string) {
	if len(word) < 2 {
		return
	}
	switch p.language {
	case Go:
		p.goIdiom(i, word)
	case Python:
		p.pythonIdiom(i, word)
	case JavaScript, TypeScript:
		p.scriptIdiom(i, word)
	default:
	}
	switch word {
	case "Privileged", "privileged":
		if p.isSetTo(i, "true", "True") {
			p.mark(i, i+2, hit{rule: containerEscape, severity: High, confidence: Certain})
		}
	case "pid_mode", "PidMode", "network_mode", "NetworkMode", "ipc_mode", "IpcMode":
		if value, ok := p.value(i); ok && p.body(value) == "host" {
			p.mark(i, value, hit{rule: containerEscape, severity: Medium, confidence: Certain})
		}
	}
}

// isSetTo reports whether the name at i is set to one of some words or numbers.
func (p *program) isSetTo(i int, values ...string) bool {
	value, ok := p.value(i)
	if !ok {
		return false
	}
	return slices.Contains(values, p.word(value))
}

// called reports whether the word at i is a function that is called, of a module when one is named.
func (p *program) calledOf(i int, module string) bool {
	return p.is(i+1, "(") && (module == "" || p.separator(i-1) && p.word(i-2) == module)
}

// about reports whether the line at i, or the head of the function around it, has a name with one of some words in it.
func (p *program) about(i int, words ...string) bool {
	for n := i; n >= 0 && n > i-60; n-- {
		if p.names(n, words) {
			return true
		}
		if p.is(n, "func") || p.is(n, "def") || p.is(n, "function") {
			break
		}
		if p.is(n, "}") && p.at(n+1).kind == kindNewline && p.at(n).start > 0 && p.text[p.at(n).start-1] == '\n' {
			break
		}
	}
	for n := i + 1; n < i+24 && p.at(n).kind != kindNewline && p.at(n).kind != kindEnd; n++ {
		if p.names(n, words) {
			return true
		}
	}
	return false
}

// names reports whether the token at n is a word with one of some words in it.
func (p *program) names(n int, words []string) bool {
	var text string
	switch tok := p.at(n); tok.kind {
	case kindWord:
		text = lower(p.text[tok.start:tok.end])
	case kindString:
		if text = lower(p.body(n)); len(text) > 40 || !isName(text) {
			return false
		}
	default:
		return false
	}
	for _, w := range words {
		if strings.Contains(text, w) {
			return true
		}
	}
	return false
}

// aboutSecret reports whether what is made at i is to be a secret.
func (p *program) aboutSecret(i int) bool {
	return p.about(i, "token", "secret", "password", "passwd", "session", "otp", "apikey", "api_key", "nonce", "csrf", "salt", "sessid", "reset", "verification", "pincode", "privatekey", "invite")
}

// aboutPassword reports whether what is hashed at i is a password or proves something.
func (p *program) aboutPassword(i int) bool {
	return p.about(i, "password", "passwd", "pwd", "passphrase", "credential", "signature", "hashpw", "token")
}

func (p *program) weak(i, last int, rule ruleID, note string) {
	p.mark(i, last, hit{rule: rule, severity: Medium, confidence: Likely, note: note})
}

// goIdiom looks at the word at i of a program of Go.
func (p *program) goIdiom(i int, word string) {
	switch word {
	case "Intn", "Int63", "Int31n", "Int63n", "Int31", "Uint32", "Uint64", "Perm", "Shuffle", "IntN", "Int":
		if p.calledOf(i, "rand") && (word != "Int" || !p.is(i+2, "rand")) && p.aboutSecret(i) {
			p.weak(i-2, i, weakRandom, "")
		}
	case "Sum", "New", "Sum224":
		if (p.calledOf(i, "md5") || p.calledOf(i, "sha1")) && p.aboutPassword(i) {
			p.weak(i-2, i, weakCrypto, "")
		}
	case "GenerateKey":
		if p.calledOf(i, "rsa") && p.smallKey(i+1) {
			p.weak(i-2, i, weakCrypto, "")
		}
	case "VersionSSL30", "VersionTLS10", "VersionTLS11":
		if p.is(i-1, ".") && (p.word(i-4) == "MinVersion" || p.word(i-4) == "MaxVersion") {
			p.weak(i-4, i, weakCrypto, "")
		}
	case "HostKeyCallback", "VerifyPeerCertificate", "VerifyConnection":
		p.acceptsAll(i)
	case "Uid":
		if p.isSetTo(i, "0") && p.about(i, "credential") {
			p.mark(i, i+2, hit{rule: setuidRoot, severity: High, confidence: Certain})
		}
	case "AllowGlobalUpdate":
		if p.isSetTo(i, "true") {
			p.mark(i, i+2, hit{rule: deleteAll, severity: High, confidence: Certain})
		}
	case "Stdin":
		if p.is(i-1, ".") && strings.Contains(p.text, "net.") && p.connected(i) {
			p.mark(i, i, hit{rule: reverseShell, severity: Critical, confidence: Likely})
		}
	case "Fields", "Split":
		p.splitsCommand(i)
	}
}

// smallKey reports whether the call at i is given a key size below 2048.
func (p *program) smallKey(open int) bool {
	for n := open; n < open+12 && !p.is(n, ")"); n++ {
		switch p.word(n) {
		case "512", "768", "1024":
			return true
		}
	}
	return false
}

// acceptsAll reports a function that is set at i to verify something and only returns that all is well.
func (p *program) acceptsAll(i int) {
	if !p.is(i+1, ":") && !p.is(i+1, "=") || !p.is(i+2, "func") {
		return
	}
	end := p.closing(i + 3)
	for n := end + 1; end > 0 && n < end+8; n++ {
		if !p.is(n, "{") {
			continue
		}
		for n++; p.at(n).kind == kindNewline; n++ {
		}
		if p.is(n, "return") && p.is(n+1, "nil") {
			p.mark(i, n+1, hit{rule: tlsOff, severity: High, confidence: Certain})
		}
		return
	}
}

// connected reports whether a program's input is set at i to what Dial or Accept has given.
func (p *program) connected(i int) bool {
	n := i
	for n < i+16 && !p.is(n, "=") && p.at(n).kind != kindNewline {
		n++
	}
	name := p.word(n + 1)
	if !p.is(n, "=") || name == "" || p.separator(n+2) {
		return false
	}
	for m := i; m >= 0 && m > i-200; m-- {
		if p.is(m, name) && (p.is(m+1, ",") || p.is(m+1, ":=")) {
			for k := m; k < m+10; k++ {
				if w := p.word(k); strings.HasPrefix(w, "Dial") || strings.HasPrefix(w, "Accept") {
					return true
				}
			}
		}
		if p.is(m, name) && (p.is(m+1, "net") && p.is(m+3, "Conn")) {
			return true
		}
	}
	return false
}

// splitsCommand reports a program and its arguments that are made at i of one text and then run.
func (p *program) splitsCommand(i int) {
	if !p.calledOf(i, "strings") || !p.is(i-3, ":=") && !p.is(i-3, "=") || p.at(i+2).kind != kindWord {
		return
	}
	name := p.word(i - 4)
	for n := i; n < min(i+120, len(p.list)); n++ {
		if p.is(n, "Command") || p.is(n, "CommandContext") {
			for m := n + 2; m < n+6; m++ {
				if p.is(m, name) && p.is(m+1, "[") && p.word(m+2) == "0" {
					p.mark(n, m+3, hit{rule: osCommand, severity: High, confidence: Likely, note: "runs the program that a text names"})
					return
				}
			}
		}
	}
}

// pythonIdiom looks at the word at i of a program of Python.
func (p *program) pythonIdiom(i int, word string) {
	switch word {
	case "choice", "randint", "random", "randrange", "choices", "getrandbits", "sample":
		if p.calledOf(i, "random") && p.aboutSecret(i) && !p.about(i, "secrets", "systemrandom") {
			p.weak(i-2, i, weakRandom, "")
		}
	case "md5", "sha1":
		if p.calledOf(i, "") && p.aboutPassword(i) && !p.about(i, "usedforsecurity") {
			p.weak(i, i+1, weakCrypto, "")
		}
	case "MODE_ECB", "ARC4", "ECB", "TripleDES", "Blowfish":
		if p.is(i-1, ".") || p.is(i+1, "(") {
			p.weak(i, i, weakCrypto, "")
		}
	case "new":
		if p.calledOf(i, "DES") || p.calledOf(i, "DES3") || p.calledOf(i, "ARC4") {
			p.weak(i-2, i, weakCrypto, "")
		}
	case "mktemp":
		if p.calledOf(i, "tempfile") {
			p.weak(i-2, i, heavyWork, "names a file that somebody else may make first")
		}
	case "debug", "DEBUG":
		if p.isSetTo(i, "True") && (word == "DEBUG" && p.about(i, "config", "settings") || p.about(i, "run")) {
			p.weak(i, i+2, exposed, "gives whoever reaches it a debugger")
		}
	case "verify_signature":
		if p.isSetTo(i, "False") {
			p.mark(i, i+2, hit{rule: weakAuth, severity: High, confidence: Certain})
		}
	case "autoescape":
		if p.isSetTo(i, "False") {
			p.weak(i, i+2, crossSite, "")
		}
	case "resolve_entities", "load_dtd", "huge_tree":
		if p.isSetTo(i, "True") {
			p.weak(i, i+2, pathTraversal, "lets a document name files and addresses that are read into it")
		}
	case "extractall":
		if p.is(i+1, "(") && p.is(i-1, ".") && !p.about(i, "filter", "members", "is_relative_to", "commonpath") && strings.Contains(p.text, "tarfile") {
			p.weak(i, i+1, pathTraversal, "unpacks files wherever an archive names them")
		}
	case "csrf_exempt":
		if p.is(i-1, "@") {
			p.weak(i, i, weakAuth, "takes requests that another site makes")
		}
	case "PROTOCOL_SSLv3", "PROTOCOL_TLSv1", "PROTOCOL_SSLv2", "PROTOCOL_TLSv1_1":
		p.weak(i, i, weakCrypto, "")
	}
}

// scriptIdiom looks at the word at i of a program of JavaScript or TypeScript.
func (p *program) scriptIdiom(i int, word string) {
	switch word {
	case "random":
		if p.calledOf(i, "Math") && p.aboutSecret(i) {
			p.weak(i-2, i, weakRandom, "")
		}
	case "createHash":
		if alg := lower(p.body(i + 2)); (alg == "md5" || alg == "sha1") && p.aboutPassword(i) {
			p.weak(i, i+2, weakCrypto, "")
		}
	case "createCipheriv", "createDecipheriv":
		if alg := lower(p.body(i + 2)); strings.HasSuffix(alg, "-ecb") || strings.HasPrefix(alg, "des") || strings.HasPrefix(alg, "rc4") || strings.HasPrefix(alg, "bf") {
			p.weak(i, i+2, weakCrypto, "")
		}
	case "createCipher", "createDecipher":
		if p.is(i+1, "(") {
			p.weak(i, i+1, weakCrypto, "")
		}
	case "modulusLength":
		if p.isSetTo(i, "512", "768", "1024") {
			p.weak(i, i+2, weakCrypto, "")
		}
	case "algorithms", "algorithm", "alg":
		p.noAlgorithm(i)
	case "nodeIntegration", "allowRunningInsecureContent":
		if p.isSetTo(i, "true") {
			p.weak(i, i+2, exposed, "lets a page reach the machine")
		}
	case "contextIsolation", "webSecurity":
		if p.isSetTo(i, "false") {
			p.weak(i, i+2, exposed, "lets a page reach the machine")
		}
	case "DEFAULT_FULL_SCHEMA":
		p.weak(i, i, deserialize, "")
	case "checkServerIdentity":
		p.nothingChecked(i)
	case "truncate":
		if p.isSetTo(i, "true") && p.about(i, "destroy") {
			p.mark(i, i+2, hit{rule: deleteAll, severity: High, confidence: Certain})
		}
	case "origin":
		if p.isSetTo(i, "true") && p.about(i, "credentials") {
			p.weak(i, i+2, exposed, "lets every site make requests in its visitors' names")
		}
	case "httpOnly", "contentSecurityPolicy":
		if p.isSetTo(i, "false") {
			p.weak(i, i+2, exposed, "lets scripts of a page read or do what they should not")
		}
	case "innerHTML", "outerHTML", "__html", "insertAdjacentHTML", "write", "writeln", "bypassSecurityTrustHtml", "bypassSecurityTrustScript":
		p.markup(i, word)
	case "pipe":
		if p.is(i+1, "(") && p.separator(i+3) && p.is(i+4, "stdin") && (strings.Contains(p.text, "net.") || strings.Contains(p.text, "'net'") || strings.Contains(p.text, `"net"`)) {
			p.mark(i, i+4, hit{rule: reverseShell, severity: Critical, confidence: Likely})
		}
	case "decode":
		if p.calledOf(i, "jwt") || p.calledOf(i, "jsonwebtoken") {
			p.weak(i-2, i, weakAuth, "reads a token without verifying it")
		}
	}
}

// nothingChecked reports a function that is set at i to verify a server's name and says nothing.
func (p *program) nothingChecked(i int) {
	if !p.is(i+1, ":") || !p.is(i+2, "(") {
		return
	}
	end := p.closing(i + 2)
	if end < 0 || !p.is(end+1, "=>") {
		return
	}
	if p.is(end+2, "undefined") || p.is(end+2, "null") || p.is(end+2, "{") && p.is(end+3, "}") {
		p.mark(i, end+2, hit{rule: tlsOff, severity: High, confidence: Certain})
	}
}

// noAlgorithm reports algorithms at i among which is none.
func (p *program) noAlgorithm(i int) {
	if !p.is(i+1, ":") {
		return
	}
	for n := i + 2; n < i+12 && !p.is(n, "]") && !p.is(n, "}"); n++ {
		if lower(p.body(n)) == "none" && p.at(n).kind == kindString {
			p.mark(i, n, hit{rule: weakAuth, severity: High, confidence: Certain})
			return
		}
	}
}

// markup looks at what the member at i makes markup of: only what is written there, or was cleaned, is harmless.
func (p *program) markup(i int, word string) {
	first := i + 2
	switch word {
	case "__html":
		if !p.is(i+1, ":") {
			return
		}
	case "innerHTML", "outerHTML":
		if p.is(i+1, "+") && p.is(i+2, "=") {
			first++
		} else if !p.is(i+1, "=") && !p.is(i+1, "+=") {
			return
		}
	case "write", "writeln":
		if !p.calledOf(i, "document") {
			return
		}
	case "insertAdjacentHTML":
		if !p.is(i+1, "(") || !p.is(i+3, ",") {
			return
		}
		first = i + 4
	default:
		if !p.is(i+1, "(") {
			return
		}
	}
	if name, foreign := p.foreignMarkup(first); foreign {
		p.mark(i, name, hit{rule: crossSite, severity: Medium, confidence: Likely})
	}
}

// foreignMarkup reports whether the expression at i has anything in it that is neither a literal nor cleaned.
func (p *program) foreignMarkup(i int) (at int, foreign bool) {
	depth := 0
	for n := i; n < min(i+80, len(p.list)); n++ {
		switch tok := p.list[n]; tok.kind {
		case kindNewline:
			if depth == 0 && !p.is(n-1, "+") && !p.is(n+1, "+") {
				return i, false
			}
		case kindWord:
			word := p.text[tok.start:tok.end]
			if p.is(n+1, "(") || p.separator(n+1) {
				if whole, clean := p.cleaned(n); clean {
					n = whole
					continue
				}
			}
			if _, known := p.flow.get(word, len(p.text)); known || isFixed(word) || word == "new" || word == "null" || p.counted(n) {
				continue
			}
			return n, true
		case kindPunct:
			switch c := p.text[tok.start]; {
			case strings.IndexByte("([{", c) >= 0:
				depth++
			case strings.IndexByte(")]}", c) >= 0:
				if depth--; depth < 0 {
					return i, false
				}
			case depth == 0 && (c == ';' || c == ','):
				return i, false
			}
		default:
		}
	}
	return i, false
}

// cleaned reports whether the call that begins at n gives markup that is harmless, and where it ends.
func (p *program) cleaned(n int) (end int, clean bool) {
	name := n
	for p.separator(name+1) && p.at(name+2).kind == kindWord {
		name += 2
	}
	word := p.word(name)
	if !p.is(name+1, "(") {
		return n, word == "length" || word == "size" || word == "empty" && p.word(n) == "trustedHTML"
	}
	receiver := ""
	if p.separator(name - 1) {
		receiver = p.word(name - 2)
	}
	small := lower(word)
	if cleans(word, receiver) || strings.Contains(small, "sanit") || strings.Contains(small, "escape") || small == "tofixed" || strings.HasPrefix(small, "render") || small == "createhtml" {
		if end = p.closing(name + 1); end > 0 {
			return end, true
		}
	}
	return n, false
}

// counted reports whether only a number is taken of the value at n.
func (p *program) counted(n int) bool {
	return p.separator(n-1) || p.separator(n+1) && (p.is(n+2, "length") || p.is(n+2, "size"))
}
