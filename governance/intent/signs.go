package intent

import "strings"

// signs judges what the shape of some arguments says, whatever tool they are for.
func (a *analysis) signs() {
	t := &a.tool
	if t.is(analyses) && !t.is(sends|writes|executes) {
		return
	}
	if a.set("reveal", "unmask", "unmasked", "with_decryption", "withDecryption", "decrypt", "show_secrets", "show_password", "include_secrets", "show_values") {
		a.add(DataExfiltration, 0.7, "reveals_secret", 0, 0)
	}
	if t.concepts&ofPrograms == 0 && a.set("privileged", "hostPID", "host_pid", "hostNetwork", "allow_privilege_escalation") {
		a.add(PrivilegeEscalation, 0.88, "container_with_host", 0, 0)
	}
	lookup := hasWord(t, "dns", "dig", "nslookup", "resolve", "resolver", "lookup")
	for i := range a.fields {
		f := &a.fields[i]
		if f.kind != text {
			continue
		}
		a.current = int32(i)
		switch {
		case containerEscape(f):
			a.add(PrivilegeEscalation, 0.88, "container_with_host", 0, len(f.text))
		case strings.Contains(f.text, "kind: ") && hasPart(f.text[:min(len(f.text), 4096)], "kind: ClusterRole|kind: RoleBinding|name: cluster-admin|privileged: true|hostPID: true"):
			a.add(PrivilegeEscalation, 0.88, "binds_role", 0, len(f.text))
		case lookup && f.role != prose && longLabel(f.text):
			a.add(DataExfiltration, 0.84, "data_in_name", 0, len(f.text))
		}
	}
	a.current = -1
	if t.is(writes) && t.is(onMongo) || t.is(writes) && a.set("multi", "updateMany", "all_rows") {
		if i := a.allThings(); i >= 0 {
			a.add(DestructiveData, 0.7, "changes_all", 0, 0)
		}
	}
	a.repository()
}

// containerEscape reports whether a field gives a container what is its host's: the root, the daemon's socket, the
// capabilities that amount to them.
func containerEscape(f *field) bool {
	switch strings.ToLower(f.key) {
	case "volumes", "volume", "binds", "mounts", "hostpath", "host_path", "mount":
		return strings.HasPrefix(f.text, "/:") || f.text == "/" || strings.Contains(f.text, "docker.sock") || strings.HasPrefix(f.text, "/etc:") || strings.HasPrefix(f.text, "/root:")
	case "cap_add", "capabilities", "capadd":
		return f.text == "ALL" || strings.HasSuffix(f.text, "SYS_ADMIN") || strings.HasSuffix(f.text, "SYS_PTRACE") || strings.HasSuffix(f.text, "SYS_MODULE")
	case "pid", "pid_mode", "ipc", "userns":
		return f.text == "host"
	}
	return false
}

// longLabel reports whether a name of the DNS has a label that nobody would choose.
func longLabel(name string) bool {
	if len(name) > 255 || strings.ContainsAny(name, " /:") {
		return false
	}
	for label := range strings.SplitSeq(name, ".") {
		if len(label) >= 30 && strings.IndexByte(label, '-') < 0 {
			return true
		}
	}
	return false
}

// repository judges tools that are called as subcommands of git are, and lose what is not kept elsewhere.
func (a *analysis) repository() {
	t := &a.tool
	if !hasWord(t, "git", "github", "gitlab", "repo", "branch", "commit", "push") {
		return
	}
	force := a.set("force", "f", "force_push", "hard", "mirror")
	for i := range a.fields {
		f := &a.fields[i]
		force = force || f.kind == text && (f.key == "mode" && f.text == "hard" || f.text == "--force" || f.text == "--hard" || f.text == "-f")
	}
	switch {
	case hasWord(t, "force") && hasWord(t, "push"), force && hasWord(t, "push"):
		a.add(DestructiveData, 0.82, "git_loses_history", 0, 0)
	case force && hasWord(t, "reset", "clean", "checkout"):
		a.add(DestructiveData, 0.72, "git_loses_changes", 0, 0)
	case hasWord(t, "filter") && hasWord(t, "history", "repo", "branch") && !t.is(reads):
		a.add(DestructiveData, 0.72, "git_loses_history", 0, 0)
	}
}

// arithmetic reports whether a text is nothing but a sum: numbers, signs, and the names of functions of mathematics.
func arithmetic(text string) bool {
	digits := false
	for i := 0; i < len(text); i++ {
		c := text[i]
		switch {
		case isDigit(c):
			digits = true
		case isAlnum(c) && c|0x20 >= 'a':
			start := i
			for i+1 < len(text) && isAlnum(text[i+1]) {
				i++
			}
			switch strings.ToLower(text[start : i+1]) {
			case "sqrt", "sin", "cos", "tan", "log", "log10", "log2", "ln", "exp", "abs", "round", "floor", "ceil", "min", "max", "pow", "pi", "e", "mod", "math", "sum", "asin", "acos", "atan", "x", "y":
			default:
				return false
			}
		case strings.IndexByte(" +-*/^%().,=!", c) < 0:
			return false
		}
	}
	return digits && len(text) < 256
}

// sneaks reports whether code that sends something takes it from where secrets are.
func sneaks(text string) bool {
	small := strings.ToLower(text[:min(len(text), 8192)])
	return strings.Contains(small, "://") &&
		hasPart(small, "fetch(|xmlhttprequest|sendbeacon|requests.post|requests.put|requests.get|urlopen(|http.post|axios.|net.connect|new image|smtplib|httpx.|invoke-webrequest|invoke-restmethod") &&
		hasPart(small, "document.cookie|localstorage|sessionstorage|process.env|os.environ|/etc/passwd|/etc/shadow|.ssh/|.aws/|id_rsa|.env'|.env\"|getenv(|readfilesync(|open(")
}
