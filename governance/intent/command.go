package intent

import (
	"slices"
	"strings"
)

// A command is a program with what it is given, while it is judged.
type command struct {
	*analysis
	script *script
	simple *simple
	words  []word
	name   string
}

// commands judges each command of a text.
func (a *analysis) commands(s *script) {
	for i := range s.commands {
		c := command{analysis: a, script: s, simple: &s.commands[i], words: s.commands[i].words}
		c.redirects()
		if c.unwrap(); len(c.words) > 0 {
			c.judge()
		}
	}
}

// text returns a word, "" behind the last.
func (c *command) text(i int) string {
	if i < len(c.words) {
		return c.words[i].text
	}
	return ""
}

// says notes evidence over the whole command.
func (c *command) says(category Category, confidence float64, rule string) {
	start, end := 0, 0
	if n := len(c.words); n > 0 {
		start, end = c.words[0].start, c.words[n-1].end
	}
	c.add(category, confidence, rule, start, end)
}

// has reports whether one of the words is one of those given.
func (c *command) has(any ...string) bool {
	for i := 1; i < len(c.words); i++ {
		if slices.Contains(any, c.words[i].text) {
			return true
		}
	}
	return false
}

// flag reports whether a letter is among the short options, or a long option is there.
func (c *command) flag(letter byte, long string) bool {
	for i := 1; i < len(c.words); i++ {
		w := c.words[i].text
		if len(w) > 1 && w[0] == '-' && w[1] != '-' && letter != 0 && strings.IndexByte(w[1:], letter) >= 0 {
			return true
		}
		if long != "" && strings.HasPrefix(w, long) && (len(w) == len(long) || w[len(long)] == '=') {
			return true
		}
	}
	return false
}

// operand returns the n-th word, from 0, behind the program that is no option.
func (c *command) operand(n int) string {
	for i := 1; i < len(c.words); i++ {
		if w := c.words[i].text; !strings.HasPrefix(w, "-") {
			if n == 0 {
				return w
			}
			n--
		}
	}
	return ""
}

// unwrap takes off programs that only run another one.
func (c *command) unwrap() {
	for range 8 {
		if len(c.words) == 0 {
			return
		}
		c.name = program(c.words[0].text)
		switch c.name {
		case "sudo", "doas", "pkexec", "runas":
			if c.elevated(); len(c.words) == 0 {
				return
			}
		case "env":
			if len(c.words) == 1 {
				return
			}
			c.drop("uS")
		case "npx", "bunx", "uvx", "pipx":
			c.says(CodeExecution, 0.6, "runs_package")
			c.drop("p")
		case "nohup", "exec", "command", "builtin", "nice", "ionice", "stdbuf", "setsid", "timeout", "time", "unbuffer", "caffeinate", "watch", "xargs", "busybox", "strace":
			c.drop("nIPLdsu")
		default:
			return
		}
	}
}

// drop takes off the first word with its options, and numbers and variables behind them.
func (c *command) drop(valued string) {
	c.words = c.words[1:]
	for len(c.words) > 0 {
		w := c.words[0].text
		switch {
		case strings.HasPrefix(w, "-") && len(w) == 2 && strings.IndexByte(valued, w[1]) >= 0 && len(c.words) > 1:
			c.words = c.words[2:]
		case strings.HasPrefix(w, "-"), strings.IndexByte(w, '=') > 0, w != "" && isDigit(w[0]):
			c.words = c.words[1:]
		default:
			return
		}
	}
}

// elevated judges sudo, and goes on with what it runs.
func (c *command) elevated() {
	all := c.words
	shell := c.flag('i', "--login") || c.flag('s', "--shell")
	c.drop("ugpCDhRrTt")
	switch {
	case len(c.words) == 0 && !shell:
		c.words = all
		c.says(PrivilegeEscalation, 0.6, "sudo")
		c.words = nil
	case len(c.words) > 0 && shellName(program(c.words[0].text)) && c.simple.from >= 0: // what it is given is worse
	case len(c.words) == 0 || shellName(program(c.words[0].text)) && len(c.words) == 1 || program(c.words[0].text) == "su":
		c.words = all
		c.says(PrivilegeEscalation, 0.94, "root_shell")
		c.words = nil
	default:
		rest := c.words
		c.words = all
		c.says(PrivilegeEscalation, 0.76, "sudo")
		c.words = rest
	}
}

// judge finds the rule for the program.
func (c *command) judge() {
	if c.words[0].unknown || c.words[0].output {
		c.says(CodeExecution, 0.7, "unknown_program")
		c.script.odd = true
		return
	}
	if !c.framework() && !c.files() && !c.network() && !c.rights() && !c.services() && !c.databases() && !c.keepers() && !c.code() && !c.windows() {
		c.plain()
	}
	c.asks()
}

// asks judges programs that only tell their version, or how to use them: nothing is done.
func (c *command) asks() {
	if len(c.words) == 2 && (c.text(1) == "--version" || c.text(1) == "--help" || c.text(1) == "version") {
		c.says(Benign, 0.85, "asks_version")
	}
}

// plain judges programs whose name says what they do, whatever they are given.
func (c *command) plain() {
	category, confidence := ordinary(c.name)
	if category == Unclassified {
		c.unknownPrograms++
		c.tells()
		return
	}
	if category == DataRead {
		for i := 1; i < len(c.words); i++ {
			if c.secretPath(c.words[i].text) > 0 && !searchesText(c.name, i) {
				c.says(DataExfiltration, c.secretPath(c.words[i].text), "reads_secret")
				return
			}
		}
		if c.huntsSecrets() {
			c.says(DataExfiltration, 0.72, "looks_for_secrets")
			return
		}
	}
	c.says(category, confidence, "command_"+category.String())
}

// huntsSecrets reports whether all of a machine or a home is searched for what secrets are called.
func (c *command) huntsSecrets() bool {
	if c.name != "grep" && c.name != "rg" && c.name != "egrep" && c.name != "ag" {
		return false
	}
	p := placeOf(c.words[len(c.words)-1].text)
	if p != vital && p != boot && p != login || !c.flag('r', "--recursive") && !c.flag('R', "") && c.name != "rg" && c.name != "ag" {
		return false
	}
	return hasPart(strings.ToLower(c.operand(0)), "secret|passw|api_key|apikey|private key|token|credential")
}

// searchesText reports whether a word is what is looked for, and not where.
func searchesText(name string, i int) bool {
	return i == 1 && (name == "grep" || name == "rg" || name == "man" || name == "which" || name == "type")
}

// ordinary returns what a program is for, Unclassified where that depends or is not known.
func ordinary(name string) (Category, float64) {
	switch name {
	case "ls", "cat", "head", "tail", "less", "more", "grep", "egrep", "fgrep", "rg", "ag", "wc", "file", "stat", "du", "df", "ps", "top", "htop", "free", "lsof",
		"tree", "diff", "cmp", "sort", "uniq", "cut", "awk", "sed", "tr", "jq", "yq", "nl", "od", "xxd", "hexdump", "strings", "readlink", "realpath", "ss", "netstat",
		"journalctl", "dmesg", "last", "who", "w", "lsblk", "lscpu", "vmstat", "iostat", "dir", "column", "find", "fd", "env", "printenv", "md5sum", "sha256sum",
		"findmnt", "getent", "zcat", "bat", "comm", "paste", "tac", "ip", "ifconfig", "history", "docker-compose", "pgrep", "lsmod", "uptime", "base64":
		return DataRead, 0.8
	case "cp", "mv", "mkdir", "touch", "ln", "tee", "tar", "zip", "gzip", "gunzip", "unzip", "bzip2", "xz", "patch", "rmdir", "install", "truncate", "split", "rename",
		"convert", "ffmpeg", "dd", "7z":
		return DataWrite, 0.82
	case "echo", "printf", "true", "false", "date", "whoami", "id", "pwd", "cd", "sleep", "test", "[", "exit", "set", "export", "which", "uname", "hostname", "man", "help",
		"seq", "expr", "bc", "cal", "read", "return", "alias", "local", "basename", "dirname", "clear", "wait", "pushd", "popd", "shift", "yes", "tput", "nproc", "arch", "tty", "groups", "uuidgen", "factor", "type", "figlet", "cowsay", "dc", "units", "time":
		return Benign, 0.8
	case "make", "go", "cargo", "pytest", "tox", "gcc", "g++", "clang", "javac", "tsc", "eslint", "prettier", "black", "ruff", "mypy", "gofmt", "golangci-lint", "jest", "mvn",
		"gradle", "cmake", "ninja", "rustc", "shellcheck", "flake8", "pylint", "vitest", "playwright", "dotnet", "swift", "bazel":
		return DataWrite, 0.6
	case "ping", "dig", "nslookup", "host", "traceroute", "whois", "telnet", "ftp", "mtr", "nmap", "masscan", "zmap", "ngrok", "cloudflared", "lt", "tracepath", "arping", "hping3", "rdesktop", "xfreerdp", "openssl", "lynx", "wscat", "grpcurl", "iperf3":
		return NetworkAccess, 0.86
	case "shutdown", "reboot", "halt", "poweroff", "telinit":
		return SystemModification, 0.96
	case "kill", "pkill", "killall", "iptables", "ip6tables", "nft", "ufw", "firewall-cmd", "modprobe", "insmod", "rmmod", "swapoff", "swapon", "fdisk", "parted",
		"useradd", "userdel", "adduser", "groupadd", "deluser", "hostnamectl", "timedatectl", "localectl", "update-grub", "grub-install", "setenforce", "auditctl", "launchctl",
		"update-alternatives", "visudo", "chattr", "depmod", "efibootmgr", "at", "batch", "loginctl", "semanage", "locale-gen", "sysctl", "mount", "umount", "update-rc.d", "chkconfig":
		return SystemModification, 0.86
	}
	return Unclassified, 0
}

// redirects judges the files that output goes to.
func (c *command) redirects() {
	for _, r := range c.simple.redirects {
		if r.input || r.target == "/dev/null" || strings.HasPrefix(r.target, "/dev/std") {
			continue
		}
		if strings.HasPrefix(r.target, "/dev/tcp/") || strings.HasPrefix(r.target, "/dev/udp/") {
			if len(c.words) > 0 && shellName(program(c.words[0].text)) {
				c.says(CodeExecution, 0.96, "reverse_shell")
			} else {
				c.says(DataExfiltration, 0.8, "writes_to_network")
			}
			continue
		}
		c.writesTo(r.target)
	}
}

// writesTo judges a file that is written.
func (c *command) writesTo(file string) {
	category, confidence, rule := writing(file)
	c.says(category, confidence, rule)
}

// source returns the command whose output this one reads, nil when there is none.
func (c *command) source() *simple {
	if c.simple.from < 0 || c.simple.from >= len(c.script.commands) {
		return nil
	}
	return &c.script.commands[c.simple.from]
}
