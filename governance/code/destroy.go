package code

import "strings"

// fileCommand looks at programs that delete or overwrite, and reports whether it knows the name.
func (c *command) fileCommand(name string) bool {
	switch name {
	case "rm", "grm", "unlink", "rmdir", "rimraf", "del", "erase", "rd", "remove-item":
		c.remove(name)
	case "find", "fd":
		c.find()
	case "shred", "srm", "wipe":
		c.report(hit{rule: shredFile, severity: High, confidence: Certain})
	case "mkfs", "wipefs", "mke2fs", "newfs", "blkdiscard", "sgdisk", "mkswap", "sfdisk", "fdisk", "parted":
		c.makes(name)
	case "dd":
		c.dd()
	case "format":
		c.format()
	case "chmod":
		c.chmod()
	case "tee", "cp", "mv":
		c.writesDisk()
	default:
		if strings.HasPrefix(name, "mkfs.") {
			c.makes("mkfs")
			return true
		}
		return false
	}
	return true
}

// remove looks at rm: how much, and of what.
func (c *command) remove(name string) {
	recursive := c.hasFlag('r', "--recursive") || c.hasFlag('R', "") || name == "rimraf" || c.hasFlag(0, "-recurse")
	switch name {
	case "rmdir", "rd", "del", "erase":
		recursive = c.hasWord("/s")
	case "remove-item":
		recursive = strings.Contains(lower(c.joined()), " -r")
	}
	worst, named := hit{rule: rmRF, severity: Low, confidence: Certain}, false
	for i, options := 1, true; i < len(c.words); i++ {
		w := &c.words[i]
		if options && w.text == "--" {
			options = false
			continue
		}
		if options && (strings.HasPrefix(w.text, "-") || strings.EqualFold(w.text, "/s") || strings.EqualFold(w.text, "/q") || strings.EqualFold(w.text, "/f")) {
			continue
		}
		named = true
		if h := c.removal(w, recursive); h.severity > worst.severity || h.severity == worst.severity && h.rule == rmRoot {
			worst = h
		}
	}
	if recursive && !named {
		worst.severity, worst.confidence = Medium, Likely // of what, another program says
	}
	if worst.severity > Low || recursive {
		c.report(worst)
	}
}

func (c *command) hasWord(word string) bool {
	for i := range c.words {
		if strings.EqualFold(c.text(i), word) {
			return true
		}
	}
	return false
}

// removal judges the removal of one path.
func (c *command) removal(w *argument, recursive bool) hit {
	h := hit{rule: rmRF, severity: Low, confidence: Certain}
	path := strings.TrimPrefix(w.text, "file://")
	switch {
	case isVital(path):
		h.rule, h.severity = rmRoot, Critical
		if !recursive && !isSystemFile(path) {
			h.rule, h.severity = rmRF, Medium
		}
	case !recursive && isSystemFile(path):
		h.rule, h.severity = rmRoot, High
		if strings.HasPrefix(path, "/etc/") && !isAccountFile(path) && path != "/etc/fstab" && path != "/etc/hosts" {
			h.rule, h.severity = rmRF, Medium
		}
	case !recursive:
	case isScratch(path), isMadeAnew(path), c.guarded(w, path):
	case strings.HasPrefix(path, "/"), strings.HasPrefix(path, "~"), strings.HasPrefix(path, "$HOME/"), len(path) > 1 && path[1] == ':':
		h.severity = Critical
	case strings.HasPrefix(path, "$") && strings.IndexByte(path, '/') > 0:
		h.severity, h.confidence = High, Likely
		h.note = "removes a tree below a variable, which is everything when it is empty"
	case path == "*", path == ".", path == "./", path == "./*", strings.HasPrefix(path, ".."), path == ".*":
		h.severity = High
	case w.variable:
		h.severity, h.confidence = Medium, Likely
	default:
		h.severity = Medium
	}
	return h
}

// guarded reports whether a path below a variable is harmless: the variable cannot be empty, or what it is called says that it
// holds what was made for a while.
func (c *command) guarded(w *argument, path string) bool {
	if !w.variable || !strings.HasPrefix(path, "$") || strings.Contains(path, "..") {
		return false
	}
	name, rest, below := strings.Cut(path[1:], "/")
	if name == "" || isDigit(name[0]) || name == "HOME" || name == "@" || name == "*" {
		return false
	}
	if w.guarded || c.scan.nounset && (!below || strings.Trim(rest, "*.") != "") {
		return true
	}
	small := lower(name)
	for _, word := range [...]string{"tmp", "temp", "scratch", "workdir", "work_dir", "builddir", "build_dir", "cache", "staging", "stage"} {
		if strings.Contains(small, word) {
			return !below || strings.Trim(rest, "*.") != ""
		}
	}
	return false
}

// isVital reports whether a path is the root, a home, or a folder that a machine or a person cannot do without.
func isVital(path string) bool {
	if path == "" || path == "*" || path == ".*" {
		return false
	}
	path = strings.TrimRight(strings.TrimSuffix(strings.TrimSuffix(strings.TrimSuffix(path, "/.*"), "*"), "/."), "/")
	for strings.Contains(path, "//") {
		path = strings.ReplaceAll(path, "//", "/")
	}
	switch path {
	case "", "/", "~", "$HOME", "/.", "/..", "/home", "/etc", "/usr", "/var", "/bin", "/sbin", "/lib", "/lib64", "/boot", "/opt", "/root",
		"/dev", "/sys", "/proc", "/srv", "/mnt", "/media", "/Users", "/System", "/Library", "/Applications", "/usr/bin", "/usr/lib",
		"/usr/local", "/var/lib", "/var/log", "$HOME/.ssh", "~/.ssh", "c:", "C:", `c:\`, `C:\`, `C:\Windows`:
		return true
	}
	return false
}

// isSystemFile reports whether a path lies where only the system writes.
func isSystemFile(path string) bool {
	for _, folder := range [...]string{"/etc/", "/bin/", "/sbin/", "/boot/", "/usr/bin/", "/usr/lib/", "/usr/sbin/", "/lib/", "/lib64/", "~/.ssh/", "$HOME/.ssh/"} {
		if strings.HasPrefix(path, folder) {
			return !strings.HasPrefix(path, "/etc/apt/") && !strings.HasPrefix(path, "/etc/nginx/") && !strings.Contains(path, ".d/")
		}
	}
	return false
}

// isScratch reports whether a path lies where nothing has to last.
func isScratch(path string) bool {
	for _, folder := range [...]string{"/tmp/", "/var/tmp/", "/var/cache/", "/var/lib/apt/lists", "/root/.cache", "/usr/share/doc/", "$TMPDIR/", "/dev/shm/", "/build/"} {
		if strings.HasPrefix(path, folder) && !strings.Contains(path, "..") {
			return true
		}
	}
	return false
}

// find looks at a search that deletes what it finds.
func (c *command) find() {
	deletes, filtered, narrow, aged := false, false, false, false
	for i := 1; i < len(c.words); i++ {
		switch c.text(i) {
		case "-delete":
			deletes = true
		case "-exec", "-execdir", "-ok":
			name := programName(c.text(i + 1))
			deletes = deletes || name == "rm" || name == "shred" || name == "unlink"
			if !deletes && i+1 < len(c.words) && c.depth < maxDepth {
				inner := command{scan: c.scan, source: c.source, words: c.words[i+1:], depth: c.depth + 1}
				inner.examine()
				return
			}
		case "-mtime", "-mmin", "-ctime", "-atime":
			filtered, aged = true, aged || strings.HasPrefix(c.text(i+1), "+")
		case "-name", "-iname", "-path", "-regex", "-newer", "-size":
			filtered = filtered || c.text(i+1) != "*"
			narrow = narrow || isDisposable(c.text(i+1))
		}
	}
	if !deletes {
		return
	}
	h := hit{rule: findDelete, severity: High, confidence: Certain}
	switch root := c.text(1); {
	case aged && !isHome(root) && (narrow || !isVital(root)), narrow && !isVital(root), aged && isScratch(root+"/"):
		h.severity = Low
	case isVital(root) && root != "":
		h.severity = Critical
	case filtered && !strings.HasPrefix(root, "-"):
		h.severity = Medium
	}
	c.report(h)
}

// isHome reports whether a folder holds what people own, or everything.
func isHome(path string) bool {
	switch strings.TrimRight(path, "/") {
	case "", "~", "$HOME", "/home", "/root", "/etc", "/usr", "/Users", "/boot":
		return true
	}
	return false
}

// isDisposable reports whether a pattern of names means files that nobody misses.
func isDisposable(pattern string) bool {
	switch strings.TrimPrefix(pattern, "*") {
	case ".pyc", ".pyo", ".o", ".tmp", ".log", ".bak", ".swp", "~", ".gz", ".log.gz", ".sql.gz", ".old", ".orig", ".rej", ".DS_Store", "__pycache__", ".class", ".cache", "node_modules", ".log.*", ".part", ".core":
		return true
	}
	return strings.HasSuffix(pattern, ".gz") || strings.HasSuffix(pattern, ".log") || strings.HasSuffix(pattern, ".tmp")
}

// makes looks at programs that make file systems and partitions.
func (c *command) makes(name string) {
	h := hit{rule: makeFS, severity: Critical, confidence: Certain}
	switch name {
	case "fdisk", "parted", "sfdisk", "sgdisk":
		if c.hasFlag('l', "--list") || len(c.words) < 2 {
			return
		}
		h.severity = High
	}
	if len(c.words) > 1 {
		c.report(h)
	}
}

// dd looks at where dd writes, in whatever order its operands stand.
func (c *command) dd() {
	for i := 1; i < len(c.words); i++ {
		if path, ok := strings.CutPrefix(c.text(i), "of="); ok && isDisk(path) {
			c.report(hit{rule: ddDisk, severity: Critical, confidence: Certain})
			return
		}
	}
}

// format looks at format, when it is given a drive.
func (c *command) format() {
	for i := 1; i < len(c.words); i++ {
		if t := c.text(i); len(t) >= 2 && isLetter(t[0]) && t[1] == ':' && strings.Trim(t[2:], `\/`) == "" {
			c.report(hit{rule: formatDrive, severity: Critical, confidence: Certain})
			return
		}
	}
}

// writesDisk looks at programs whose last words are files that they write.
func (c *command) writesDisk() {
	if n := len(c.words) - 1; n > 1 && c.text(n) == "/dev/null" && programName(c.text(0)) == "mv" {
		c.report(hit{rule: deviceWrite, severity: High, confidence: Certain, note: "moves files to where nothing is kept"})
		return
	}
	for i := 1; i < len(c.words); i++ {
		if isDisk(c.text(i)) && (i == len(c.words)-1 || programName(c.text(0)) == "tee") {
			c.report(hit{rule: deviceWrite, severity: Critical, confidence: Certain})
			return
		}
	}
}
