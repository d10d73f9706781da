package intent

import "strings"

// network judges programs that talk to other machines, and reports whether it knows the program.
func (c *command) network() bool {
	switch c.name {
	case "curl", "wget", "http", "https", "xh", "aria2c", "curlie":
		c.transfers()
	case "nc", "ncat", "netcat", "socat":
		c.connects()
	case "ssh", "mosh":
		c.logsIn()
	case "sftp", "rclone", "ftp", "lftp", "croc", "magic-wormhole":
		c.uploads()
	case "mail", "mailx", "sendmail", "mutt", "swaks", "msmtp":
		c.mails()
	case "dig", "nslookup", "host", "ping":
		if c.carriesOutput() || c.loops() {
			c.says(DataExfiltration, 0.93, "sends_in_names")
			return true
		}
		return false
	default:
		return false
	}
	return true
}

// loops reports whether a word is made of a variable that a line of other commands' output is read into.
func (c *command) loops() bool {
	for i := 1; i < len(c.words); i++ {
		if c.words[i].unknown && strings.IndexByte(c.words[i].text, '.') >= 0 {
			for k := range c.script.commands {
				if w := c.script.commands[k].words; len(w) > 0 && w[0].text == "read" {
					return true
				}
			}
		}
	}
	return false
}

// carriesOutput reports whether one of the words is made of what other commands print.
func (c *command) carriesOutput() bool {
	for i := range c.words {
		if c.words[i].output {
			return true
		}
	}
	return false
}

// An upload is what a transfer sends.
type upload struct {
	any    bool   // it sends something
	file   string // the contents of this file
	stdin  bool   // what it reads
	output bool   // what other commands print
}

// transfers judges curl and its like.
func (c *command) transfers() {
	u, host := c.reads()
	from := c.source()
	switch {
	case u.file != "" && c.secretPath(u.file) > 0, strings.HasPrefix(u.file, "/etc/"):
		c.says(DataExfiltration, 0.97, "uploads_secret")
	case u.stdin && from != nil:
		c.says(DataExfiltration, c.streams(from), "uploads_output")
	case u.output, !u.any && c.carriesOutput() && !local(host):
		c.says(DataExfiltration, 0.88, "uploads_output")
	case u.file != "" && local(host):
		c.says(NetworkAccess, 0.75, "uploads_locally")
	case u.file != "" && catches(host):
		c.says(DataExfiltration, 0.93, "uploads_file")
	case u.file != "" && (strings.HasSuffix(u.file, ".json") || strings.HasSuffix(u.file, ".xml")) && !bulky(u.file):
		c.says(NetworkAccess, 0.62, "posts_file")
	case u.file != "" && bulky(strings.ToLower(u.file)):
		c.says(DataExfiltration, 0.9, "uploads_bulk")
	case u.file != "":
		c.says(DataExfiltration, 0.7, "uploads_file")
	case metadata(host):
		c.says(DataExfiltration, 0.84, "asks_metadata")
	case u.any && catches(host):
		c.says(DataExfiltration, 0.84, "posts_to_catcher")
	default:
		c.says(NetworkAccess, 0.88, "transfer")
	}
	if c.flag('X', "--request") && c.has("DELETE") && destroysURL(c.url()) {
		c.says(DestructiveData, 0.84, "deletes_by_http")
	}
}

// reads reads the options of a transfer.
func (c *command) reads() (u upload, host string) {
	for i := 1; i < len(c.words); i++ {
		w := &c.words[i]
		name, value, joined := strings.Cut(w.text, "=")
		if !joined || !strings.HasPrefix(name, "--") {
			name, value = w.text, c.text(i+1)
		}
		next := i+1 < len(c.words) && c.words[i+1].output
		switch {
		case name == "-d" || strings.HasPrefix(name, "--data") || name == "-F" || strings.HasPrefix(name, "--form") || name == "--json":
			u.any, u.output = true, u.output || next
			u.from(value, strings.HasPrefix(name, "-F") || strings.HasPrefix(name, "--form"))
		case name == "-T" || name == "--upload-file" || name == "--post-file" || name == "--body-file":
			u.any, u.output = true, u.output || next
			u.from("@"+value, false)
		case name == "--post-data" || name == "--body-data":
			u.any, u.output = true, u.output || next || w.output
		case strings.HasPrefix(name, "-d@"), strings.HasPrefix(name, "-T") && len(name) > 2:
			u.any = true
			u.from("@"+strings.TrimPrefix(name[2:], "@"), false)
		case w.output && strings.Contains(w.text, "://"):
			u.output = true
		}
	}
	return u, hostOf(c.url())
}

// from notes where what is sent comes from.
func (u *upload) from(value string, form bool) {
	if form {
		if _, file, ok := strings.Cut(value, "=@"); ok {
			value = "@" + file
		} else if _, file, ok := strings.Cut(value, "=<"); ok {
			value = "@" + file
		}
	}
	file, ok := strings.CutPrefix(value, "@")
	switch {
	case !ok:
	case file == "-":
		u.stdin = true
	default:
		u.file = file
	}
}

// url returns the word that says where a transfer goes.
func (c *command) url() string {
	for i := 1; i < len(c.words); i++ {
		if strings.Contains(c.words[i].text, "://") {
			return c.words[i].text
		}
	}
	return c.operand(0)
}

// streams returns how likely what a command prints is not to be sent.
func (c *command) streams(from *simple) float64 {
	for depth := 0; from != nil && depth < 8; depth++ {
		if len(from.words) > 0 {
			switch name := program(from.words[0].text); name {
			case "echo", "printf", "date", "jq":
				if from.from < 0 && !(&command{simple: from, words: from.words}).carriesOutput() {
					return 0.4
				}
			case "env", "printenv", "tar", "zip", "pg_dump", "mysqldump", "mongodump", "history", "set", "sqlite3":
				return 0.95
			default:
				for _, w := range from.words[1:] {
					if c.secretPath(w.text) > 0 || placeOf(w.text) == login {
						return 0.97
					}
				}
			}
		}
		if from.from < 0 || from.from >= len(c.script.commands) {
			break
		}
		from = &c.script.commands[from.from]
	}
	return 0.84
}

// connects judges netcat and its like.
func (c *command) connects() {
	from := c.source()
	input := false
	for _, r := range c.simple.redirects {
		input = input || r.input
	}
	shell := false
	for i := 1; i < len(c.words); i++ {
		w := strings.ToLower(c.words[i].text)
		shell = shell || strings.HasPrefix(w, "exec:") || strings.HasPrefix(w, "system:")
	}
	switch {
	case shell, c.name != "socat" && (c.flag('e', "--exec") || c.flag('c', "--sh-exec")):
		c.says(CodeExecution, 0.97, "reverse_shell")
	case from != nil && len(from.words) > 0 && shellName(program(from.words[0].text)):
		c.says(CodeExecution, 0.97, "reverse_shell")
	case input:
		c.says(DataExfiltration, 0.92, "sends_file")
	case from != nil:
		c.says(DataExfiltration, max(c.streams(from), 0.7), "sends_output")
	default:
		c.says(NetworkAccess, 0.86, "connects")
	}
}

// logsIn judges ssh: what runs there is judged as if it ran here.
func (c *command) logsIn() {
	from := c.source()
	n := 1
	for n < len(c.words) && strings.HasPrefix(c.words[n].text, "-") {
		if len(c.words[n].text) == 2 && strings.IndexByte("ipolLRDFJbcEmQSwW", c.words[n].text[1]) >= 0 {
			n++
		}
		n++
	}
	if from != nil {
		c.says(DataExfiltration, max(c.streams(from)-0.05, 0.4), "sends_output")
	}
	if c.flag('R', "") {
		c.says(NetworkAccess, 0.7, "opens_tunnel")
	}
	if n+1 >= len(c.words) {
		c.says(NetworkAccess, 0.82, "logs_in")
		return
	}
	var all strings.Builder
	for i, w := range c.words[n+1:] {
		if i > 0 {
			all.WriteByte(' ')
		}
		all.WriteString(w.text)
	}
	c.says(NetworkAccess, 0.6, "logs_in")
	c.nested(all.String(), c.words[n+1].start)
}

// uploads judges programs that carry files there and back.
func (c *command) uploads() {
	if c.name == "rclone" && !c.has("copy", "sync", "move", "copyto") {
		c.says(NetworkAccess, 0.7, "transfer")
		return
	}
	if n := len(c.words); c.name == "rclone" && n > 2 && !strings.Contains(c.words[n-1].text, ":") {
		c.says(NetworkAccess, 0.75, "transfer")
		return
	}
	c.says(DataExfiltration, 0.62, "uploads_file")
}

// carries judges scp and rsync by where the last word is, and reports that it knows them.
func (c *command) carries(to string) bool {
	there := strings.Contains(to, ":") && !strings.Contains(to, ":\\") || strings.Contains(to, "rsync://")
	secretFile := false
	away := there
	for i := 1; i < len(c.words); i++ {
		w := c.words[i].text
		secretFile = secretFile || c.secretPath(w) > 0 || strings.HasPrefix(w, "/etc/")
		away = away || strings.Contains(w, ":") && !strings.HasPrefix(w, "-")
	}
	switch {
	case there && secretFile:
		c.says(DataExfiltration, 0.95, "uploads_secret")
	case there && bulky(strings.ToLower(c.operand(0))):
		c.says(DataExfiltration, 0.86, "uploads_bulk")
	case there:
		c.says(DataExfiltration, 0.6, "uploads_file")
	case away:
		c.says(NetworkAccess, 0.8, "transfer")
	case c.flag(0, "--delete"):
		c.says(DestructiveData, 0.6, "mirrors")
	default:
		c.writesTo(to)
	}
	return true
}

// mails judges programs that send mail.
func (c *command) mails() {
	from := c.source()
	for _, r := range c.simple.redirects {
		if r.input {
			c.says(DataExfiltration, 0.84, "mails_file")
			return
		}
	}
	switch {
	case c.flag('a', "--attach") || c.flag('A', ""):
		c.says(DataExfiltration, 0.82, "mails_file")
	case from != nil:
		c.says(DataExfiltration, c.streams(from), "mails_output")
	default:
		c.says(NetworkAccess, 0.75, "mails")
	}
}

// hostOf returns the host of a URL, in small letters, without its port.
func hostOf(url string) string {
	if n := strings.Index(url, "://"); n >= 0 {
		url = url[n+3:]
	}
	if n := strings.IndexAny(url, "/?#"); n >= 0 {
		url = url[:n]
	}
	url = url[strings.LastIndexByte(url, '@')+1:]
	if n := strings.LastIndexByte(url, ':'); n > 0 && !strings.HasSuffix(url, "]") {
		url = url[:n]
	}
	return strings.ToLower(url[:min(len(url), 255)])
}

// local reports whether a host is this machine, or one of a private network (RFC 1918) or of no public name.
func local(host string) bool {
	switch {
	case host == "localhost", strings.HasPrefix(host, "127."), host == "[::1]", strings.HasPrefix(host, "10."), strings.HasPrefix(host, "192.168."), host == "0.0.0.0",
		strings.HasSuffix(host, ".local"), strings.HasSuffix(host, ".internal"), strings.HasSuffix(host, ".svc"), strings.HasSuffix(host, ".lan"), strings.HasSuffix(host, ".corp"):
		return true
	}
	return host != "" && !strings.Contains(host, ".") && !strings.Contains(host, "$")
}

// metadata reports whether a host hands out a machine's credentials: the link-local address of cloud metadata services.
func metadata(host string) bool {
	return host == "169.254.169.254" || host == "metadata.google.internal" || host == "100.100.100.200" || host == "169.254.170.2"
}

// catches reports whether a host is known for catching what is sent to it, for whoever wants to look.
func catches(host string) bool {
	for _, known := range [...]string{
		"webhook.site", "requestbin", "pipedream.net", "ngrok", "transfer.sh", "file.io", "0x0.st", "pastebin", "paste.ee", "hastebin", "burpcollaborator",
		"oastify", "oast.", "interact.sh", "hookbin", "beeceptor", "requestcatcher", "termbin", "ix.io", "dpaste", "gofile", "anonfiles", "bashupload", "discord.com", "api.telegram.org", "trycloudflare",
		"serveo", "localtunnel", "evil", "attacker", "exfil", "collector.",
	} {
		if strings.Contains(host, known) {
			return true
		}
	}
	return false
}

// bulky reports whether a file's name says that it holds many things.
func bulky(name string) bool {
	for _, part := range [...]string{"dump", "backup", "export", ".sql", "customers", "users", "employees", "payroll", "patients", ".db", ".sqlite", "database", "accounts", "/home", "/var", "/etc", "all_", "records", ".pst", "mailbox"} {
		if strings.Contains(name, part) {
			return true
		}
	}
	return false
}

// destroysURL reports whether what a URL names holds many things.
func destroysURL(url string) bool {
	_, rest, ok := strings.Cut(url, "://")
	if !ok {
		return false
	}
	rest = strings.TrimRight(rest, "/")
	last := rest[strings.LastIndexByte(rest, '/')+1:]
	last, _, _ = strings.Cut(last, "?")
	return last == "_all" || last == "*" || strings.Count(rest, "/") == 1 && !strings.ContainsAny(last, "0123456789") ||
		last == "all" || last == "users" || last == "customers" || last == "data" || last == "databases" || last == "collections"
}
