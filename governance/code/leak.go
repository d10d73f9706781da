package code

import "strings"

// leaks reports whether a program has anything that should stay on its machine, so that following it is worth while.
func (p *program) leaks() bool {
	for _, mark := range [...]string{
		"environ", "Environ", "process.env", ".ssh", "id_rsa", "/etc/shadow", "/etc/passwd", ".aws", "document.cookie", "localStorage", ".kube",
		".gnupg", ".netrc", ".npmrc", ".git-credentials", "Login Data", "wallet", ".env", "keychain", "169.254.169.254", "Cookies",
	} {
		if strings.Contains(p.text, mark) {
			return true
		}
	}
	return false
}

// keeps returns the index of the last token of what starts at i and should stay on the machine: a path where credentials lie,
// the whole environment, the cookies of a page. It is less than i when there is none.
func (t *trace) keeps(i int) int {
	if t.at(i).kind == kindString {
		body := t.body(i)
		if isSecretFile(body) || isSecretPart(body) {
			return i
		}
		return i - 1
	}
	member := ""
	if t.separator(i + 1) {
		member = t.word(i + 2)
	}
	whole := false
	switch t.spelled(i) {
	case "os":
		whole = member == "Environ" && t.is(i+3, "(") || member == "environ" && !t.is(i+3, "[") && (!t.separator(i+3) || t.is(i+4, "items") || t.is(i+4, "copy"))
	case "process":
		whole = member == "env" && !t.separator(i+3) && !t.is(i+3, "[") && !t.is(i-1, "=")
	case "document":
		whole = member == "cookie" && !t.isSet(i+3)
	case "localStorage", "sessionStorage":
		return i
	}
	if whole {
		return i + 2
	}
	return i - 1
}

// isSecretPart reports whether a text is a piece of a path that leads to credentials.
func isSecretPart(text string) bool {
	switch strings.Trim(text, "/~") {
	case ".ssh", "id_rsa", "id_ed25519", ".aws", ".gnupg", ".kube", ".netrc", ".npmrc", ".git-credentials", "Login Data", "wallet.dat", "Cookies", ".pgpass":
		return true
	}
	return strings.HasSuffix(text, "/.ssh") || strings.HasSuffix(text, "/.aws/credentials") || strings.Contains(text, "169.254.169.254/latest/meta-data/iam") ||
		strings.HasSuffix(text, "/Login Data") || strings.HasSuffix(text, "/id_rsa") || strings.HasSuffix(text, ".ssh/id_ed25519")
}

// sends reports whether the function called at i gives what it is given to the network.
func (t *trace) sends(i int, name string) bool {
	receiver := lower(t.receiverOf(i - 1))
	switch name {
	case "post", "Post", "put", "urlopen", "fetch", "sendall", "sendto", "sendmail", "sendMail", "send_message", "PostForm", "NewRequest",
		"NewRequestWithContext", "Request", "sendBeacon", "axios", "upload_file", "put_object", "upload_fileobj", "storbinary", "got":
		return true
	case "get", "Get", "request":
		return receiver == "requests" || receiver == "axios" || receiver == "httpx" || receiver == "http" || receiver == "https"
	case "send", "write", "Write", "end", "emit", "sendText":
		switch receiver {
		case "conn", "c", "s", "sock", "socket", "client", "req", "request", "ws", "tcp", "xhr", "connection", "smtp", "server", "channel", "webhook":
			return true
		}
	case "Fprint", "Fprintf", "Fprintln", "Copy":
		target := t.word(i + 1)
		return target == "conn" || target == "c"
	}
	return false
}

// leak looks at the call at i: does what should stay reach the network?
func (t *trace) leak(i int) {
	if !t.sends(i, t.word(i-1)) {
		return
	}
	end := t.closing(i)
	if end < 0 {
		end = t.statementEnd(i + 1)
	}
	if group, _ := t.sent(i+1, end); group > 0 {
		t.mark(i-1, i, hit{rule: exfiltration, severity: Critical, confidence: Likely})
	}
}

// leakSet looks at a member that makes a browser ask an address when it is set, as that of an image.
func (t *trace) leakSet(i, end int) {
	switch t.word(i - 1) {
	case "src", "href", "location", "data", "body", "action":
		if group, _ := t.sent(i+1, end); group > 0 && (t.is(i-1, "src") || t.is(i-1, "href") || t.is(i-1, "location")) {
			t.mark(i-1, i, hit{rule: exfiltration, severity: High, confidence: Likely})
		}
	}
}

// fingerprints reports whether a call only gives a digest or a count of what it is given.
func fingerprints(name string) bool {
	switch name {
	case "len", "sha256", "sha1", "md5", "hexdigest", "Sum256", "createHash", "hash", "bool", "exists", "Stat", "stat", "existsSync", "isfile", "keys":
		return true
	}
	return false
}
