package code

import "strings"

// hazard looks at programs that do harm by what they are told, more than by what they are.
func (c *command) hazard(name string) {
	if len(c.words) == 0 {
		return
	}
	switch name {
	case "curl", "wget", "nc", "ncat", "netcat", "scp", "rsync", "ftp", "sftp", "http", "httpie", "telnet", "rclone", "nslookup", "dig":
		c.exfiltrates(name)
	case "docker", "podman", "nerdctl":
		c.escapes()
	case "nsenter":
		if c.hasPair("-t", "1") || c.hasPair("--target", "1") {
			c.report(hit{rule: containerEscape, severity: High, confidence: Certain})
		}
	case "shutdown", "reboot", "halt", "poweroff", "init", "telinit", "kill", "killall5", "systemctl":
		c.stops(name)
	case "iptables", "ip6tables", "ufw", "setenforce", "auditctl", "history", "fail2ban-client", "csrutil", "spctl":
		c.unguards(name)
	case "git":
		c.loses()
	default:
		c.cloud(name)
	}
}

// spaced returns the words as one text with a blank on both sides of each, so that " -x " is found as a whole word.
func (c *command) spaced() string { return " " + lower(c.joined()) }

// hasPair reports whether a word is followed by another.
func (c *command) hasPair(first, second string) bool {
	for i := range c.words {
		if c.text(i) == first && c.text(i+1) == second || c.text(i) == first+"="+second {
			return true
		}
	}
	return false
}

// exfiltrates looks at whether what is sent is secret.
func (c *command) exfiltrates(name string) {
	for i := 1; i < len(c.words); i++ {
		text := c.text(i)
		sends := name != "curl" && name != "wget"
		if n := strings.IndexByte(text, '@'); n >= 0 && !sends { // -d @file, -F name=@file
			text, sends = text[n+1:], n == 0 || text[n-1] == '=' || strings.HasPrefix(text, "-d@")
		}
		if before := c.text(i - 1); before == "-T" || before == "--upload-file" || before == "--post-file" {
			sends = true
		}
		if file, ok := strings.CutPrefix(text, "--post-file="); ok {
			text, sends = file, true
		}
		target := i == len(c.words)-1 && (name == "scp" || name == "rsync")
		if sends && isSecretFile(text) && !target || c.words[i].secret {
			c.report(hit{rule: exfiltration, severity: Critical, confidence: Certain})
			return
		}
	}
	if c.input.secret {
		c.report(hit{rule: exfiltration, severity: Critical, confidence: Likely})
	}
}

// isSecretFile reports whether a path is one of those where credentials lie.
func isSecretFile(path string) bool {
	path = strings.TrimPrefix(path, "file://")
	for _, part := range [...]string{
		"/.ssh/id_", "/etc/shadow", "/etc/gshadow", "/etc/sudoers", "/etc/passwd", "/.aws/credentials", "/.kube/config", "/.netrc", "/.docker/config.json",
		"/.git-credentials", "/.gnupg", "/.config/gcloud", "/.azure", "/.pgpass", "/.npmrc", "/.pypirc", "/.bash_history", "/.vault-token",
		"/proc/self/environ", "login.keychain",
	} {
		if strings.Contains(path, part) {
			return !strings.HasSuffix(path, ".pub")
		}
	}
	base := baseName(path)
	return strings.HasSuffix(path, "/.ssh") || base == ".env" || base == "id_rsa" || base == "id_ed25519"
}

// escapes looks at what a container is given of its machine.
func (c *command) escapes() {
	for i := 1; i < len(c.words); i++ {
		text, value := c.text(i), c.text(i+1)
		if n := strings.IndexByte(text, '='); n > 0 && strings.HasPrefix(text, "-") {
			text, value = text[:n], text[n+1:]
		}
		h := hit{rule: containerEscape, severity: High, confidence: Certain}
		switch text {
		case "--privileged":
			if value == "false" {
				continue
			}
		case "-v", "--volume", "--mount":
			if !mountsMachine(value) {
				continue
			}
			if strings.Contains(value, "docker.sock") {
				h.severity = Medium
			}
		case "--pid", "--ipc", "--userns", "--uts":
			if value != "host" {
				continue
			}
			h.severity = Medium
		case "--cap-add":
			if v := strings.TrimPrefix(strings.ToUpper(value), "CAP_"); v != "ALL" && v != "SYS_ADMIN" && v != "SYS_MODULE" && v != "SYS_PTRACE" {
				continue
			}
			h.severity = Medium
		default:
			continue
		}
		c.report(h)
		return
	}
	if all := c.spaced(); strings.Contains(all, " system prune ") && (strings.Contains(all, "--volumes") || strings.Contains(all, " -a")) || strings.Contains(all, " volume prune ") {
		c.report(hit{rule: cloudDelete, severity: Medium, confidence: Certain})
	}
}

// mountsMachine reports whether a volume is the machine's root, a folder that owns it, or the socket of its containers.
func mountsMachine(volume string) bool {
	source, _, mounted := strings.Cut(volume, ":")
	for part := range strings.SplitSeq(volume, ",") {
		if value, ok := strings.CutPrefix(part, "source="); ok {
			source, mounted = value, true
		} else if value, ok := strings.CutPrefix(part, "src="); ok {
			source, mounted = value, true
		}
	}
	switch source {
	case "/", "/etc", "/root", "/proc", "/sys", "/boot", "/dev", "/var/run/docker.sock", "/run/docker.sock", "/run/containerd/containerd.sock", "/var/lib/kubelet", "/var/lib/docker":
		return mounted
	}
	return false
}

// stops looks at programs that stop the machine or all that runs on it.
func (c *command) stops(name string) {
	h := hit{rule: stopsMachine, severity: High, confidence: Certain}
	switch name {
	case "shutdown":
		if c.hasWord("-c") || len(c.words) < 2 {
			return
		}
	case "init", "telinit":
		if t := c.text(1); t != "0" && t != "6" || len(c.words) != 2 {
			return
		}
	case "kill":
		if len(c.words) < 3 || c.text(len(c.words)-1) != "-1" {
			return
		}
	case "systemctl":
		switch c.text(1) {
		case "poweroff", "reboot", "halt", "kexec":
		case "stop", "disable", "mask":
			guard := strings.TrimSuffix(c.text(len(c.words)-1), ".service")
			switch guard {
			case "firewalld", "ufw", "auditd", "apparmor", "fail2ban", "rsyslog", "falcon-sensor", "clamav-daemon", "nftables", "iptables", "crowdsec", "ossec", "wazuh-agent":
				h.rule = guardOff
			default:
				return
			}
		default:
			return
		}
	}
	c.report(h)
}

// unguards looks at programs that switch guards and records off.
func (c *command) unguards(name string) {
	off := false
	switch name {
	case "iptables", "ip6tables":
		off = c.hasWord("-F") && len(c.words) <= 3 || c.hasWord("--flush") && len(c.words) <= 3 || c.hasPair("-P", "INPUT") && c.hasWord("ACCEPT")
	case "ufw", "csrutil":
		off = c.hasWord("disable")
	case "spctl":
		off = c.hasWord("--master-disable") || c.hasWord("--global-disable")
	case "setenforce":
		off = c.text(1) == "0" || strings.EqualFold(c.text(1), "permissive")
	case "auditctl":
		off = c.hasPair("-e", "0") || c.hasWord("-D")
	case "history":
		off = c.hasWord("-c")
	case "fail2ban-client":
		off = c.hasWord("stop")
	}
	if off {
		h := hit{rule: guardOff, severity: High, confidence: Certain}
		if name == "history" {
			h.severity = Medium
		}
		c.report(h)
	}
}

// loses looks at commands of git that lose history, or changes that were not committed.
func (c *command) loses() {
	all := c.spaced()
	lost := strings.Contains(all, " push ") && (strings.Contains(all, " --force ") || strings.Contains(all, " -f ") || strings.Contains(all, " --mirror ")) ||
		strings.Contains(all, " clean ") && c.hasFlag('f', "--force") && c.hasFlag('d', "") ||
		strings.Contains(all, " reset --hard ") || strings.Contains(all, " filter-branch ") || strings.Contains(all, " reflog expire ") && strings.Contains(all, "--all")
	if lost {
		c.report(hit{rule: historyLoss, severity: Medium, confidence: Certain})
	}
}

// cloud looks at the clients of services, when they are told to delete.
func (c *command) cloud(name string) {
	phrases, h := deletions(name), hit{rule: cloudDelete, severity: High, confidence: Certain}
	if phrases == "" {
		return
	}
	all := c.spaced()
	for phrase := range strings.SplitSeq(phrases, "|") {
		phrase, mild := strings.CutPrefix(phrase, "~")
		if containsAll(all, phrase) {
			if mild {
				h.severity = Medium
			}
			c.report(h)
			return
		}
	}
}

// containsAll reports whether every part of a phrase, parted by &, stands in a text behind a blank.
func containsAll(text, phrase string) bool {
	for part := range strings.SplitSeq(phrase, "&") {
		if !strings.Contains(text, " "+part) {
			return false
		}
	}
	return true
}

// deletions returns the phrases with which a client deletes, parted by |; those behind a ~ delete less.
func deletions(client string) string {
	switch client {
	case "kubectl", "oc":
		return "delete &--all|delete &ns |delete &namespace |delete &namespaces |delete &pv |delete &crd "
	case "terraform", "tofu", "pulumi", "terragrunt":
		return "destroy |apply &-destroy"
	case "aws":
		return "s3 rm &--recursive|s3 rb &--force|terminate-instances |delete-db-instance |delete-stack |delete-table |delete-bucket |schedule-key-deletion |~s3 sync &--delete"
	case "gcloud", "az", "gsutil", "doctl", "heroku", "fly", "flyctl":
		return "projects delete |instances delete |group delete |rm -r |rb |pg:reset |apps:destroy |clusters delete |vm delete |apps destroy "
	case "redis-cli":
		return "flushall |flushdb "
	case "dropdb":
		return "dropdb "
	case "mongosh", "mongo":
		return "db.dropdatabase("
	case "helm":
		return "~uninstall |~delete "
	case "gh":
		return "repo delete "
	case "zpool", "zfs":
		return "destroy "
	case "lvremove", "vgremove", "pvremove":
		return client + " "
	case "userdel", "deluser":
		return "~" + client + " "
	case "crontab":
		return "~-r "
	case "vssadmin", "wbadmin":
		return "delete "
	}
	return ""
}
