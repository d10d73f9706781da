package code

import "strings"

// setting looks at a name at i, a word or a literal used as a key, that may be set to something.
func (p *program) setting(i int, name string) {
	if len(name) < 3 || len(name) > 80 {
		return
	}
	value, ok := p.value(i)
	if !ok {
		return
	}
	if p.at(value).kind == kindString {
		if name == "NODE_TLS_REJECT_UNAUTHORIZED" && p.body(value) == "0" {
			p.mark(i, value, hit{rule: tlsOff, severity: High, confidence: Certain})
		}
		if kindOfName(name) != noCredential && !p.at(value).holes {
			text := p.tokens.literal(value)
			if !p.outside(value) {
				p.scan.credential(name, &text)
			}
		}
		return
	}
	p.verification(i, value, name)
}

// value returns the index of what the name at i is set to: behind =, :=, =>, or :, maybe with a type between.
func (p *program) value(i int) (int, bool) {
	n := i + 1
	if p.is(n, "]") { // config["password"] = …
		n++
	}
	switch {
	case p.is(n, "=") || p.is(n, ":=") || p.is(n, "=>"):
		if p.language == Go && p.is(n+1, "[") && p.is(n+2, "]") && p.is(n+3, "byte") && p.is(n+4, "(") && p.is(n+6, ")") {
			return n + 5, true
		}
		return n + 1, true
	case p.is(n, ","):
		if p.is(i-1, "(") && p.at(i).kind == kindString { // put("password", …), define('PASSWORD', …)
			return n + 1, true
		}
		return 0, false
	case !p.is(n, ":") || p.is(i-1, ".") || p.is(i-1, "?"): // a ? b : c
		return 0, false
	}
	for m := n + 1; m < n+6; m++ { // name: str = …, name: &'static str = …
		if p.is(m, "=") {
			return m + 1, true
		}
		if k := p.at(m).kind; k != kindWord && k != kindPunct || p.is(m, ",") || p.is(m, "}") || p.is(m, ")") {
			break
		}
	}
	return n + 1, true
}

// outside reports whether the literal at i is only an argument or a part of something else, as in os.getenv("X").
func (p *program) outside(i int) bool {
	return p.is(i+1, ".") && p.at(i+2).kind == kindWord && p.language != PHP || p.is(i+1, "in") || p.is(i+1, "?")
}

// verification looks at settings that switch the verification of certificates off.
func (p *program) verification(i, value int, name string) {
	set := lower(p.word(value))
	off := set == "false" || set == "0" || set == "none" || set == "nil"
	bad := false
	switch name {
	case "verify": // of requests and httpx; elsewhere it is anybody's word
		bad = off && set == "false" && p.language == Python && (p.is(i-1, "(") || p.is(i-1, ",") || p.is(i-1, ".") || p.at(i-1).kind == kindNewline && p.is(i-2, ","))
	case "verify_ssl", "check_hostname", "rejectUnauthorized", "ssl_verify", "verify_certs", "validate_certs", "CURLOPT_SSL_VERIFYPEER",
		"CURLOPT_SSL_VERIFYHOST", "verify_peer", "strictSSL", "use_ssl_verification", "SSLVerify":
		bad = off && set != "none" && set != "nil"
	case "InsecureSkipVerify":
		bad = set == "true"
	case "cert_reqs", "verify_mode":
		path, _ := p.path(value)
		bad = off || strings.HasSuffix(path, "CERT_NONE") || p.is(value+2, "VERIFY_NONE") || p.mentionsNear(value, "VERIFY_NONE")
	case "NODE_TLS_REJECT_UNAUTHORIZED":
		bad = off
	}
	if bad {
		p.mark(i, value, hit{rule: tlsOff, severity: High, confidence: Certain})
	}
}

// mentionsNear reports whether a word stands at i or a few tokens behind it.
func (p *program) mentionsNear(i int, word string) bool {
	for n := i; n < i+7; n++ {
		if p.is(n, word) {
			return true
		}
	}
	return false
}

// reference looks at words that mean something by themselves: eval that is given another name, a constructor.
func (p *program) reference(i int) {
	switch tok := p.list[i]; p.text[tok.start:tok.end] {
	case "eval", "exec":
		if p.language == Python || (p.language == JavaScript || p.language == TypeScript) && p.is(i, "eval") {
			p.renamed(i)
		}
	case "CURLOPT_SSL_VERIFYPEER", "CURLOPT_SSL_VERIFYHOST":
		if set := lower(p.word(i + 2)); p.is(i+1, ",") && (set == "0" || set == "false" || set == "0L" || set == "0l") {
			p.mark(i, i+2, hit{rule: tlsOff, severity: High, confidence: Certain})
		}
	case "danger_accept_invalid_certs", "danger_accept_invalid_hostnames":
		if p.is(i+1, "(") && p.is(i+2, "true") {
			p.mark(i, i+3, hit{rule: tlsOff, severity: High, confidence: Certain})
		}
	case "__builtins__", "__builtin__", "builtins", "globals", "window", "globalThis":
		p.indexed(i)
	case "Command":
		if p.language == Rust && (p.is(i+1, "::") || p.is(i+1, ":")) {
			p.rustCommand(i)
		}
	case "AllowAllHostnameVerifier", "NoopHostnameVerifier", "TrustAllCerts", "ALLOW_ALL_HOSTNAME_VERIFIER":
		p.mark(i, i, hit{rule: tlsOff, severity: High, confidence: Likely})
	case "constructor":
		if p.is(i-1, ".") && p.is(i+1, ".") && p.is(i+2, "constructor") {
			p.mark(i, i+2, hit{rule: eval, severity: High, confidence: Likely})
		}
	}
}

// renamed reports eval that is not called but given away.
func (p *program) renamed(i int) {
	if p.separator(i - 1) {
		return
	}
	before := p.is(i-1, "=") || p.is(i-1, ",") || p.is(i-1, "(") || p.is(i-1, "[") || p.is(i-1, ":")
	next := p.at(i + 1)
	after := next.kind == kindNewline || next.kind == kindEnd || p.is(i+1, ")") || p.is(i+1, ";") || p.is(i+1, "]") || p.is(i+1, ",") && p.is(i-1, "(")
	if !before || !after {
		return
	}
	if p.is(i-1, "(") && p.is(i-2, "import") {
		return
	}
	h := hit{rule: eval, severity: Medium, confidence: Likely, note: "gives what runs a text as code another name"}
	if p.is(i, "exec") {
		h.rule = exec
	}
	if p.is(i+1, ")") && p.is(i+2, "(") { // (0, eval)(…)
		h.severity = High
	}
	p.mark(i, i, h)
}

// indexed reports built-in functions that are reached by their name as a text.
func (p *program) indexed(i int) {
	for n := i + 1; n < i+6; n++ {
		if p.is(n, "[") && p.at(n+1).kind == kindString {
			text, _, _ := p.join(n + 1)
			switch text.text {
			case "eval", "exec", "compile", "__import__", "Function", "execScript", "open", "getattr":
				p.mark(i, n+1, hit{rule: dynamicCode, severity: High, confidence: Certain})
			}
			return
		}
	}
}

// rustCommand reads Command::new("sh").arg("-c").arg("…") as a list.
func (p *program) rustCommand(i int) {
	open := i + 3
	if !p.is(i+2, "new") || !p.is(open, "(") {
		return
	}
	end := i + 1
	for end < min(i+128, len(p.list)) && !p.is(end, ";") {
		end++
	}
	call := site{scan: p.scan, source: &p.passage, language: p.language, depth: p.depth}
	for n := open; n < end; n++ {
		if p.at(n).kind == kindString && n < len(p.list) {
			r := reader{program: p, end: end, nested: 1}
			call.args = append(call.args, r.stringValue(n))
		}
	}
	call.runList()
}
