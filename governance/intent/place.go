package intent

import "strings"

// A place says what lies where a path leads. The zero value is nothing that is known.
type place uint8

const (
	somewhere place = iota
	scratch         // made to be thrown away
	vital           // the system's own, or all that a user has
	boot            // what runs by itself: start-up files, schedules, services
	login           // who may log in, and as whom
	logs            // what records what happened
	database        // where data is kept
	device          // a disk
)

// placeOf returns what lies at a path, by its name alone. Steps up are resolved first.
func placeOf(p string) place {
	p = tidy(p)
	switch {
	case strings.HasPrefix(p, "/dev/sd"), strings.HasPrefix(p, "/dev/nvme"), strings.HasPrefix(p, "/dev/hd"), strings.HasPrefix(p, "/dev/vd"), strings.HasPrefix(p, "/dev/disk"), strings.HasPrefix(p, "/dev/mapper"):
		return device
	case p == "/etc/passwd", p == "/etc/shadow", p == "/etc/group", p == "/etc/gshadow", strings.HasPrefix(p, "/etc/sudoers"), strings.HasSuffix(p, ".ssh/authorized_keys"),
		strings.HasPrefix(p, "/etc/pam.d"), strings.HasPrefix(p, "/etc/ssh"), strings.HasSuffix(p, "/config/sam"), strings.HasPrefix(p, "/etc/ld.so.preload"):
		return login
	case starts(p):
		return boot
	case strings.HasPrefix(p, "/var/log"), strings.HasSuffix(p, ".bash_history"), strings.HasSuffix(p, ".zsh_history"), strings.HasSuffix(p, ".evtx"), strings.HasPrefix(p, "/var/run/utmp"):
		return logs
	case strings.HasPrefix(p, "/tmp/"), strings.HasPrefix(p, "/var/tmp/"), strings.HasPrefix(p, "/var/cache/"), strings.HasPrefix(p, "~/.cache/"), strings.HasPrefix(p, "/dev/shm/"), strings.Contains(p, "/appdata/local/temp/"):
		return scratch
	case systemTree(p):
		return vital
	case strings.HasPrefix(p, "/var/lib/"), strings.HasPrefix(p, "/srv/"), strings.HasPrefix(p, "/data"), strings.HasPrefix(p, "/backup"), strings.HasPrefix(p, "/mnt/"),
		strings.HasSuffix(p, ".sqlite"), strings.HasSuffix(p, ".sqlite3"), strings.HasSuffix(p, ".db"), strings.HasSuffix(p, ".mdb"):
		return database
	}
	return somewhere
}

// starts reports whether what a path names is run by itself.
func starts(p string) bool {
	for _, prefix := range [...]string{"/etc/cron", "/var/spool/cron", "/etc/systemd", "/lib/systemd", "/usr/lib/systemd", "/etc/init", "/etc/rc", "/etc/profile", "/etc/xdg/autostart", "/library/launch", "/boot", "/etc/modprobe", "/etc/ld.so"} {
		if strings.HasPrefix(p, prefix) {
			return true
		}
	}
	for _, suffix := range [...]string{"/.bashrc", "/.zshrc", "/.profile", "/.bash_profile", "/.zprofile", "/.gitconfig", ".git/hooks/pre-commit", ".git/hooks/post-checkout", ".config/fish/config.fish"} {
		if strings.HasSuffix(p, suffix) {
			return true
		}
	}
	return strings.Contains(p, "/launchagents/") || strings.Contains(p, "/launchdaemons/") || strings.Contains(p, ".config/autostart/") ||
		strings.Contains(p, ".config/systemd/") || strings.Contains(p, "/startup/") && strings.Contains(p, "start menu")
}

// systemTree reports whether a path is of the system, or a whole home.
func systemTree(p string) bool {
	switch p {
	case "/", "/*", "~", "~/*", "$home", "/home", "/var", "/opt", "/root", "/users", "/var/lib", "c:", "c:/", "c:/users", "/home/*", "..", ".":
		return p != "."
	}
	if strings.HasPrefix(p, "/home/") && strings.Count(p, "/") == 2 || strings.HasPrefix(p, "/users/") && strings.Count(p, "/") == 2 {
		return true
	}
	for _, prefix := range [...]string{"/etc", "/usr", "/bin", "/sbin", "/lib", "/sys", "/proc", "c:/windows", "c:/program files", "/system", "/opt/", "/root/", "/library"} {
		if rest, ok := strings.CutPrefix(p, prefix); ok && (rest == "" || rest[0] == '/' || prefix[len(prefix)-1] == '/') && !strings.HasPrefix(p, "/usr/local/share") && !strings.HasPrefix(p, "/usr/src") {
			return true
		}
	}
	return false
}

// tidy returns a path in small letters, with slashes, and with its steps up resolved: what still leads up is taken to
// lead to the root.
func tidy(p string) string {
	p = p[:min(len(p), 512)]
	p = strings.TrimPrefix(p, "file://")
	if strings.IndexByte(p, '\\') >= 0 {
		p = strings.ReplaceAll(p, `\`, "/")
	}
	p = strings.ToLower(p)
	if strings.Contains(p, "//") {
		p = strings.ReplaceAll(p, "//", "/")
	}
	if !strings.Contains(p, "..") && !strings.Contains(p, "/./") {
		return trimSlash(p)
	}
	var kept []string
	up := strings.HasPrefix(p, "/")
	for part := range strings.SplitSeq(p, "/") {
		switch {
		case part == "" || part == ".":
		case part != "..":
			kept = append(kept, part)
		case len(kept) > 0:
			kept = kept[:len(kept)-1]
		default:
			up = true
		}
	}
	if len(kept) == 0 && up {
		return ".."
	}
	if up {
		return "/" + strings.Join(kept, "/")
	}
	return strings.Join(kept, "/")
}

func trimSlash(p string) string {
	if len(p) > 1 {
		return strings.TrimSuffix(p, "/")
	}
	return p
}

func baseName(p string) string {
	p = strings.TrimRight(p, "/")
	return p[strings.LastIndexByte(p, '/')+1:]
}

// made reports whether a path names what tools make and can make again.
func made(p string) bool {
	p = strings.TrimSuffix(strings.TrimSuffix(strings.ToLower(p), "/*"), "/")
	if first, _, ok := strings.Cut(strings.TrimPrefix(p, "./"), "/"); ok && (first == "tmp" || first == "temp" || first == ".cache" || first == "build" || first == "dist") {
		return !strings.Contains(p, "..")
	}
	switch baseName(p) {
	case "build", "dist", "out", "target", "node_modules", "__pycache__", ".cache", "cache", "tmp", "temp", ".next", ".nuxt", "coverage", ".pytest_cache", ".mypy_cache",
		".ruff_cache", ".venv", "venv", "obj", "bin", ".gradle", ".tox", ".turbo", "htmlcov", ".parcel-cache", "deriveddata", "cmake-build-debug", ".eggs", "site", "_build", ".terraform", "pkg", "*.egg-info":
		return !strings.HasPrefix(p, "/") || strings.Count(p, "/") > 2
	}
	if strings.Contains(p, "node_modules/") || strings.Contains(p, "__pycache__/") {
		return true
	}
	for _, suffix := range [...]string{".pyc", ".o", ".tmp", ".log", ".swp", ".bak", ".class", ".cache", ".orig", ".ds_store", ".lock", ".coverage", "~", ".pid", ".egg-info", ".tsbuildinfo"} {
		if strings.HasSuffix(p, suffix) && len(p) > 1 {
			return true
		}
	}
	return false
}

// writing judges that a path is written.
func writing(p string) (Category, float64, string) {
	switch placeOf(p) {
	case device:
		return DestructiveData, 0.97, "overwrites_disk"
	case login:
		return PrivilegeEscalation, 0.94, "writes_login"
	case boot:
		return SystemModification, 0.9, "writes_startup"
	case logs:
		return SystemModification, 0.84, "writes_logs"
	case vital:
		return SystemModification, 0.9, "writes_system_file"
	default:
		return DataWrite, 0.84, "writes_file"
	}
}

// secretPath returns how likely a path leads to a secret, 0 when it does not.
func (*analysis) secretPath(p string) float64 {
	if len(p) < 4 || len(p) > 512 {
		return 0
	}
	p = strings.TrimPrefix(tidy(p), "@")
	base := baseName(p)
	switch base {
	case "id_rsa", "id_ed25519", "id_ecdsa", "id_dsa", "shadow", "gshadow", "sam", "ntds.dit", ".pgpass", "secring.gpg", "login data", "logins.json", "key4.db", "krb5.keytab", "wallet.dat", ".vault-token", "kubeconfig", "master.key":
		return 0.86
	case ".netrc", "_netrc", ".npmrc", ".pypirc", ".git-credentials", ".htpasswd", "credentials.json", "service-account.json", "secrets.yaml", "secrets.yml", "secrets.json", "terraform.tfstate", "wp-config.php", ".bash_history", ".dockerconfigjson":
		return 0.76
	case "environ":
		if strings.HasPrefix(p, "/proc/") {
			return 0.84
		}
	case ".env", ".env.local", ".env.production", ".env.prod", ".envrc":
		return 0.72
	}
	switch {
	case strings.Contains(p, ".ssh/") && !strings.HasSuffix(p, ".pub") && !strings.HasSuffix(p, "/config") && !strings.HasSuffix(p, "known_hosts") && !strings.HasSuffix(p, "authorized_keys"),
		strings.HasSuffix(p, ".aws/credentials"), strings.HasSuffix(p, ".kube/config"), strings.HasSuffix(p, ".docker/config.json"), strings.Contains(p, ".gnupg/"), strings.Contains(p, "serviceaccount/token"),
		strings.HasPrefix(p, "/run/secrets/"), strings.Contains(p, "gcloud/application_default"):
		return 0.86
	case strings.HasSuffix(p, ".pem"), strings.HasSuffix(p, ".key"), strings.HasSuffix(p, ".p12"), strings.HasSuffix(p, ".pfx"), strings.HasSuffix(p, ".kdbx"), strings.HasSuffix(p, ".jks"):
		return 0.7
	}
	return 0
}
