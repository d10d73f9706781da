package code

import "strings"

// embedded looks in the literal at i for a password within an address, or a header that carries a token.
func (s *scan) embedded(p *program, i int, body string) {
	p.stays(i, body)
	if body == "text/template" && p.language == Go && strings.Contains(p.text, "http.ResponseWriter") {
		p.weak(i, i, crossSite, "makes pages with a template that does not escape")
	}
	if len(body) < 12 || len(body) > 4096 {
		return
	}
	text := p.part(int(p.at(i).start)+int(p.at(i).open), int(p.at(i).end)-int(p.at(i).shut))
	s.embeddedIn(&text)
}

// embeddedIn looks in a text for a password within an address (RFC 3986, 3.2.1), or for a token in a header.
func (s *scan) embeddedIn(p *passage) {
	h := hit{rule: password, severity: Critical, confidence: Certain, secret: true}
	if from, to, ok := addressPassword(p.text); ok {
		if !s.tells(p.where(from)) {
			s.found(p, from, to, h)
		}
		return
	}
	for _, scheme := range [...]string{"Bearer ", "Basic "} {
		n := strings.Index(p.text, scheme)
		if n < 0 || n > 24 {
			continue
		}
		from := n + len(scheme)
		to := from
		for to < len(p.text) && (isTokenByte(p.text[to], false) || p.text[to] == '=' || p.text[to] == '+' || p.text[to] == '/') {
			to++
		}
		if to == len(p.text) && couldBeKey(strings.TrimRight(p.text[from:to], "=")) {
			h.rule = apiKey
			s.found(p, from, to, h)
		}
	}
}

// tells reports whether what stands at a place in the source is known for a token already, by its form; of the first findings, which
// those by form are.
func (s *scan) tells(at int) bool {
	for n := range min(len(s.hits), 256) {
		if s.hits[n].secret && int(s.hits[n].start) == at {
			return true
		}
	}
	return false
}

// addressPassword returns where the password within an address stands, when it is written there and could be one.
func addressPassword(text string) (from, to int, ok bool) {
	n := strings.Index(text, "://")
	if n <= 0 {
		return 0, 0, false
	}
	authority := n + 3
	at := strings.IndexByte(text[authority:], '@')
	if at <= 0 || at > 200 {
		return 0, 0, false
	}
	user := text[authority : authority+at]
	if strings.ContainsAny(user, "/?# \t\n") {
		return 0, 0, false
	}
	colon := strings.IndexByte(user, ':')
	if colon < 0 {
		return 0, 0, false
	}
	word := user[colon+1:]
	host := text[authority+at+1:]
	if len(word) < 3 || strings.ContainsAny(word, "{}$%<>") || isPlaceholder(word) || isUsualExample(word) || strings.HasPrefix(host, "example.") {
		return 0, 0, false
	}
	return authority + colon + 1, authority + at, true
}

// isUsualExample reports whether a password is one that only manuals and tests use.
func isUsualExample(word string) bool {
	switch lower(word) {
	case "pass", "password", "pwd", "passwd", "user", "guest", "localdev", "dev":
		return true
	}
	return false
}

// stays looks at the literal at i, which may be the path of a file that starts programs or lets people in, when it is written.
func (p *program) stays(i int, body string) {
	known := false
	for _, end := range [...]string{".bashrc", ".zshrc", ".profile", ".bash_profile", "authorized_keys", "/etc/crontab", "/etc/rc.local", "/etc/ld.so.preload"} {
		known = known || strings.HasSuffix(body, end)
	}
	if !known && !strings.HasPrefix(body, "/etc/cron.") && !strings.HasPrefix(body, "/var/spool/cron") && !strings.Contains(body, "LaunchAgents/") && !strings.HasPrefix(body, "/etc/systemd/system/") {
		return
	}
	if len(body) < 64 && (p.about(i, "append", "writefile", "write_text", "openfile", "create") || p.opensToWrite(i)) {
		p.mark(i, i, hit{rule: persistence, severity: Medium, confidence: Likely})
	}
}

// opensToWrite reports whether the literal at i is the path of a file that is opened to be written.
func (p *program) opensToWrite(i int) bool {
	for n := i + 1; n < i+8 && p.at(n).kind != kindNewline; n++ {
		switch p.body(n) {
		case "a", "w", "a+", "ab", "wb", "w+":
			return p.at(n).kind == kindString
		}
	}
	return false
}
