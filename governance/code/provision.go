package code

import "strings"

// provision looks at commands that set machines up: packages that nobody verified, passwords in the command, logins for everybody,
// programs that stay.
func (c *command) provision(name string) {
	if len(c.words) == 0 {
		return
	}
	for i := 1; i < len(c.words); i++ {
		if w := &c.words[i]; len(w.text) >= 12 && strings.ContainsAny(w.text, ":") {
			c.scan.embeddedIn(&w.passage)
		}
		if text := c.text(i); strings.Contains(text, "169.254.169.254/latest/meta-data/iam") || strings.Contains(text, "/computeMetadata/v1/instance/service-accounts/") {
			c.report(hit{rule: exfiltration, severity: Medium, confidence: Likely, note: "asks the cloud for the machine's own credentials"})
		}
		if strings.Contains(c.text(i), "stratum+tcp://") || strings.Contains(c.text(i), "stratum+ssl://") {
			c.report(hit{rule: persistence, severity: High, confidence: Certain, note: "mines coins for somebody else"})
		}
	}
	switch name {
	case "apt", "apt-get", "yum", "dnf", "zypper", "apk", "rpm", "microdnf":
		c.installs()
	case "sed", "echo", "printf", "tee", "cat":
		c.logins()
	case "chpasswd":
		c.passwords()
	case "passwd":
		if c.hasFlag('d', "--delete") {
			c.report(hit{rule: weakAuth, severity: High, confidence: Certain})
		}
	case "xmrig", "minerd", "cpuminer", "ethminer", "cgminer":
		c.report(hit{rule: persistence, severity: High, confidence: Certain, note: "mines coins for somebody else"})
	case "curl", "sshpass", "mysql", "mysqldump", "docker", "redis-cli", "smbclient":
		c.givenPassword(name)
	case "chown", "chgrp":
		if c.hasFlag('R', "--recursive") && isHome(c.text(len(c.words)-1)) && c.text(len(c.words)-1) != "" {
			c.report(hit{rule: chmod777, severity: High, confidence: Certain, note: "changes whose the machine's own files are"})
		}
	case "umask":
		if t := c.text(1); t == "000" || t == "0" || t == "0000" {
			c.report(hit{rule: chmod777, severity: Medium, confidence: Certain})
		}
	case "sysctl":
		if all := c.joined(); strings.Contains(all, "randomize_va_space=0") || strings.Contains(all, "ptrace_scope=0") {
			c.report(hit{rule: guardOff, severity: High, confidence: Certain})
		}
	case "truncate", "ln":
		c.forgets()
	case "unset":
		if c.hasWord("HISTFILE") {
			c.report(hit{rule: guardOff, severity: Medium, confidence: Certain})
		}
	}
}

// installs looks at packages that are installed whoever made them.
func (c *command) installs() {
	for _, option := range [...]string{"--allow-unauthenticated", "--force-yes", "--nogpgcheck", "--no-gpg-checks", "--allow-untrusted", "--nosignature", "--allow-insecure-repositories"} {
		if c.hasWord(option) {
			c.report(hit{rule: tlsOff, severity: Medium, confidence: Certain, note: "installs what nobody has signed"})
			return
		}
	}
}

// logins looks at settings of sshd and sudo that are written, and at lines for cron.
func (c *command) logins() {
	for i := 1; i < len(c.words); i++ {
		w := &c.words[i]
		text := w.text
		switch {
		case strings.Contains(text, "PermitRootLogin yes"), strings.Contains(text, "PermitEmptyPasswords yes"):
			c.report(hit{rule: weakAuth, severity: Medium, confidence: Certain})
		case strings.Contains(text, "NOPASSWD:") && strings.Contains(text, "ALL"):
			c.report(hit{rule: setuidRoot, severity: High, confidence: Certain, note: "lets somebody become root without a password"})
		default:
			c.cronLine(w)
		}
	}
}

// cronLine reads a text that is a line of cron's table: five fields, or @reboot, and a command.
func (c *command) cronLine(w *argument) {
	command, fields := w.text, 0
	if strings.HasPrefix(command, "@") {
		_, command, _ = strings.Cut(command, " ")
		fields = 5
	}
	for fields < 5 {
		field, rest, ok := strings.Cut(strings.TrimLeft(command, " "), " ")
		if !ok || field == "" || strings.Trim(field, "0123456789*/,-") != "" {
			return
		}
		command = rest
		fields++
	}
	if at := strings.LastIndex(w.text, command); command != "" && c.depth < maxDepth {
		c.scan.language(w.part(at, len(w.text)), Shell, c.depth+1)
	}
}

// passwords looks at names and passwords that chpasswd is given.
func (c *command) passwords() {
	if !c.input.known {
		return
	}
	name, word, ok := strings.Cut(strings.TrimSpace(c.input.text.text), ":")
	if ok && name != "" && len(word) >= 3 && !strings.Contains(word, "$") {
		from := strings.Index(c.input.text.text, word)
		text := c.input.text.part(from, from+len(word))
		c.scan.found(&text, 0, len(word), hit{rule: password, severity: Critical, confidence: Certain, secret: true})
	}
}

// givenPassword looks at options whose value is a password.
func (c *command) givenPassword(name string) {
	for i := 1; i < len(c.words); i++ {
		w := &c.words[i]
		var value passage
		switch before := c.text(i - 1); {
		case w.variable || w.fetched:
			continue
		case name == "curl" && (before == "-u" || before == "--user"):
			if n := strings.IndexByte(w.text, ':'); n >= 0 {
				value = w.part(n+1, len(w.text))
			}
		case name == "sshpass" && before == "-p", name == "redis-cli" && before == "-a", name == "docker" && (before == "-p" || before == "--password") && c.text(1) == "login":
			value = w.passage
		case name == "sshpass" && strings.HasPrefix(w.text, "-p") && len(w.text) > 3, (name == "mysql" || name == "mysqldump") && strings.HasPrefix(w.text, "-p") && len(w.text) > 4:
			value = w.part(2, len(w.text))
		case strings.HasPrefix(w.text, "--password="):
			value = w.part(len("--password="), len(w.text))
		}
		if value.text != "" && couldBePassword("x", value.text) && !strings.HasPrefix(value.text, "$") && !isUsualExample(value.text) {
			c.scan.found(&value, 0, len(value.text), hit{rule: password, severity: Critical, confidence: Certain, secret: true})
		}
	}
}

// forgets looks at commands that empty what a machine remembers.
func (c *command) forgets() {
	for i := 1; i < len(c.words); i++ {
		if text := c.text(i); strings.HasSuffix(text, ".bash_history") || strings.HasPrefix(text, "/var/log/") && strings.Count(text, "/") <= 4 && programName(c.text(0)) == "truncate" {
			c.report(hit{rule: guardOff, severity: Medium, confidence: Certain, note: "empties what the machine remembers"})
			return
		}
	}
}
