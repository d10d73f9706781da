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
