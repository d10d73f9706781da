package code

import (
	"strconv"
	"strings"
)

// systemCommand looks at programs that change rights and settings, and reports whether it knows the name.
func (c *command) systemCommand(name string) bool {
	switch name {
	case "git", "npm", "yarn", "pip", "pip3":
		c.settings()
	case "setcap", "visudo":
		c.report(hit{rule: setuidRoot, severity: Medium, confidence: Likely, note: "gives a program more rights"})
	case "docker", "podman", "kubectl":
		c.container()
	case "useradd", "usermod", "gpasswd", "adduser", "chattr":
		c.promotes(name)
	case "awk", "gawk", "mawk", "nawk":
		for i := 1; i < len(c.words); i++ {
			if w := &c.words[i]; w.quoted && strings.Contains(w.text, "system(") {
				c.scan.language(w.passage, C, c.depth+1) // whose calls and texts look the same
			}
		}
		c.downloads = c.piped
	case "iex", "invoke-expression":
		c.invokes()
	default:
		return false
	}
	return true
}

// container reads the command that runs in a container or pod.
func (c *command) container() {
	for i := 1; i+1 < len(c.words); i++ {
		if l, ok := interpreted(programName(c.text(i))); ok && l == Shell && c.depth < maxDepth {
			inner := command{scan: c.scan, source: c.source, words: c.words[i:], depth: c.depth + 1}
			inner.interpreter(programName(c.text(i)))
			return
		}
	}
}

// settings looks at settings that switch the verification of certificates off.
func (c *command) settings() {
	all := lower(c.joined())
	for _, setting := range [...]string{"sslverify=false", "sslverify false", "strict-ssl false", "strict-ssl=false", "--trusted-host"} {
		if strings.Contains(all, setting) {
			c.report(hit{rule: tlsOff, severity: Medium, confidence: Certain})
			return
		}
	}
}

// chmod looks at the mode: everybody may write, or the program runs as its owner.
func (c *command) chmod() {
	for i := 1; i < len(c.words); i++ {
		mode := c.text(i)
		if strings.HasPrefix(mode, "--") || len(mode) > 1 && mode[0] == '-' && strings.Trim(mode[1:], "Rvfch") == "" {
			continue
		}
		if h, bad := badMode(mode); bad {
			c.report(h)
		}
		return
	}
}

// badMode judges a mode, octal or symbolic.
func badMode(mode string) (hit, bool) {
	h := hit{rule: chmod777, severity: High, confidence: Certain}
	if bits, err := strconv.ParseUint(strings.TrimLeft(mode, "0oO"), 8, 16); err == nil {
		switch {
		case bits&0o002 != 0 && bits&0o1000 != 0:
			h.severity = Medium // sticky: nobody deletes what is another's
		case bits&0o002 != 0:
		case bits&0o4000 != 0:
			h.rule, h.note = setuidRoot, "makes a program run as its owner"
		default:
			return hit{}, false
		}
		return h, true
	}
	for clause := range strings.SplitSeq(mode, ",") {
		n := strings.IndexAny(clause, "+=")
		if n < 0 {
			continue
		}
		who, what := clause[:n], clause[n+1:]
		switch {
		case strings.Contains(what, "s") && (who == "" || strings.ContainsAny(who, "ua")):
			h.rule, h.note = setuidRoot, "makes a program run as its owner"
			return h, true
		case strings.Contains(what, "w") && strings.ContainsAny(who, "oa"), who == "" && strings.Contains(what, "w") && strings.Contains(what, "r") && strings.Contains(what, "x"):
			return h, true
		}
	}
	return hit{}, false
}

// netCommand looks at programs that talk to the network and decode, and reports whether it knows the name.
func (c *command) netCommand(name string) bool {
	switch name {
	case "curl", "wget", "fetch", "aria2c", "http", "lynx":
		c.downloads = true
		c.download(name)
	case "base64", "base32", "xxd", "openssl", "gunzip", "uudecode", "rev", "gpg":
		c.downloads = c.hasFlag('d', "--decode") || c.hasFlag('D', "") || c.hasFlag('r', "") || name == "uudecode" || name == "rev" || name == "gunzip" || c.piped
	case "cat", "tee", "tr", "sed", "awk", "tac", "head", "tail", "grep", "zcat", "gzip", "xz", "bzip2", "tar", "cut":
		c.downloads = c.piped
	case "nc", "ncat", "netcat", "socat", "telnet":
		c.shellOut(name)
	case "bash", "sh", "zsh", "ksh", "dash":
		c.networkShell()
		return false
	case "echo", "printf":
		c.printed()
	default:
		return false
	}
	return true
}

// download looks at the options of a download.
func (c *command) download(name string) {
	off := name == "curl" && (c.hasFlag('k', "--insecure") || c.hasFlag(0, "--proxy-insecure")) || name == "wget" && c.hasFlag(0, "--no-check-certificate") ||
		name == "aria2c" && strings.Contains(c.joined(), "--check-certificate=false")
	if off {
		c.report(hit{rule: tlsOff, severity: Medium, confidence: Certain})
	}
}

// printed notes what echo prints as data of unknown meaning when it is not all there to see.
func (c *command) printed() {
	for i := range c.words {
		c.downloads = c.downloads || c.words[i].fetched
	}
}

// shellOut looks at programs that connect a shell to the network.
func (c *command) shellOut(name string) {
	bad := false
	for i := 1; i < len(c.words); i++ {
		t := lower(c.text(i))
		switch {
		case name == "socat":
			bad = bad || strings.HasPrefix(t, "exec:") || strings.HasPrefix(t, "system:")
		case t == "--exec" || t == "--sh-exec" || strings.HasPrefix(t, "--exec=") || strings.HasPrefix(t, "--sh-exec="):
			bad = true
		case strings.HasPrefix(t, "-") && !strings.HasPrefix(t, "--") && strings.ContainsAny(t, "ec"):
			bad = bad || i+1 < len(c.words) && strings.ContainsAny(t, "e") || strings.HasSuffix(t, "c") && i+1 < len(c.words)
		}
	}
	from, _ := interpreted(c.input.name)
	if bad = bad || from == Shell && name != "telnet" && !c.hasFlag('z', ""); bad {
		c.report(hit{rule: reverseShell, severity: Critical, confidence: Certain})
	}
	c.downloads = name != "socat" && !bad
}

// networkShell looks at a shell whose words name a connection.
func (c *command) networkShell() {
	for i := 1; i < len(c.words); i++ {
		if isNetworkPath(c.text(i)) {
			c.report(hit{rule: reverseShell, severity: Critical, confidence: Certain})
			return
		}
	}
}

// promotes looks at programs that make somebody an administrator, or let a protected file be changed.
func (c *command) promotes(name string) {
	all := c.spaced()
	h := hit{rule: setuidRoot, severity: High, confidence: Certain, note: "makes somebody an administrator"}
	switch name {
	case "chattr":
		h.note = "lets a protected file be changed"
		if !c.hasWord("-i") || !isAccountFile(c.text(len(c.words)-1)) {
			return
		}
	default:
		root := strings.Contains(all, " -u 0 ") || strings.Contains(all, " --uid 0 ")
		group := false
		for _, g := range [...]string{"sudo", "wheel", "root", "docker", "admin"} {
			group = group || strings.Contains(all, "g "+g+" ") || strings.Contains(all, ","+g) || name != "useradd" && strings.HasSuffix(all, " "+g+" ") && len(c.words) > 2
		}
		if !root && !group {
			return
		}
	}
	c.report(h)
}

// invokes looks at what PowerShell's Invoke-Expression is given.
func (c *command) invokes() {
	from := c.words[0].start
	text := lower(c.source.text[from:min(from+400, len(c.source.text))])
	h := hit{rule: eval, severity: High, confidence: Likely}
	for _, fetch := range [...]string{"downloadstring", "invoke-webrequest", "iwr", "irm", "invoke-restmethod", "frombase64string"} {
		if strings.Contains(text, fetch) {
			h = hit{rule: pipeToShell, severity: Critical, confidence: Certain}
		}
	}
	c.report(h)
}
