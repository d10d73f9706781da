package intent

import "strings"

// services judges programs that run other programs' lives, and reports whether it knows the program.
func (c *command) services() bool {
	switch c.name {
	case "systemctl", "service", "rc-service", "initctl", "supervisorctl", "pm2", "brew-services":
		c.service()
	case "apt", "apt-get", "yum", "dnf", "apk", "pacman", "zypper", "snap", "brew", "choco", "winget", "dpkg", "rpm", "port", "flatpak":
		c.packages()
	case "pip", "pip3", "npm", "yarn", "pnpm", "gem", "poetry", "uv", "composer", "bundle", "pipenv", "conda":
		c.dependencies()
	case "crontab":
		if c.flag('l', "") {
			c.says(DataRead, 0.85, "command_data_read")
			return true
		}
		c.says(SystemModification, 0.92, "changes_schedule")
	case "docker", "podman", "nerdctl":
		c.docker()
	case "kubectl", "oc", "helm", "k3s":
		c.kubernetes()
	case "terraform", "tofu", "pulumi", "cdk", "ansible-playbook", "vagrant":
		c.infrastructure()
	case "aws", "gcloud", "az", "gsutil", "doctl", "heroku", "flyctl", "gh", "s3cmd", "mc", "vercel", "wrangler", "azcopy":
		c.cloud()
	case "sysctl", "mount", "iptables", "ufw", "nft", "setenforce", "date", "hostname", "swapoff", "ip", "ifconfig", "route":
		return c.setsSystem()
	case "history":
		if c.flag('c', "") || c.flag('d', "") || c.flag('w', "") {
			c.says(SystemModification, 0.88, "wipes_history")
			return true
		}
		return false
	case "journalctl":
		if strings.Contains(strings.Join(texts(c.words), " "), "--vacuum") || c.has("--rotate") {
			c.says(SystemModification, 0.86, "removes_logs")
			return true
		}
		return false
	case "unset", "export":
		return c.hidesHistory()
	case "init":
		c.says(SystemModification, 0.85, "stops_machine")
	default:
		return false
	}
	return true
}

func texts(words []word) []string {
	all := make([]string, len(words))
	for i := range words {
		all[i] = words[i].text
	}
	return all
}

// hidesHistory judges variables that say where a shell's history goes.
func (c *command) hidesHistory() bool {
	for i := 1; i < len(c.words); i++ {
		if strings.HasPrefix(c.words[i].text, "HISTFILE") || strings.HasPrefix(c.words[i].text, "HISTSIZE=0") {
			c.says(SystemModification, 0.88, "wipes_history")
			return true
		}
	}
	return false
}

func (c *command) service() {
	if c.has("status", "is-active", "is-enabled", "list-units", "show", "list", "list-unit-files", "cat", "list-timers", "logs", "jlist", "--status-all") {
		c.says(DataRead, 0.88, "command_data_read")
		return
	}
	c.says(SystemModification, 0.9, "changes_service")
}

// setsSystem judges programs that show or set how the machine is, and reports whether it is set.
func (c *command) setsSystem() bool {
	operands := 0
	for i := 1; i < len(c.words); i++ {
		if !strings.HasPrefix(c.words[i].text, "-") {
			operands++
		}
	}
	switch c.name {
	case "date":
		if c.flag('s', "--set") {
			c.says(SystemModification, 0.85, "sets_clock")
			return true
		}
		return false
	case "hostname":
		if operands == 0 {
			return false
		}
	case "ip", "ifconfig", "route":
		if !c.has("add", "del", "delete", "set", "up", "down", "flush", "replace") {
			return false
		}
	default:
		if len(c.words) == 1 || c.has("status", "-L", "-S", "list", "--list", "-l") || c.has("-a") && c.name == "sysctl" || c.name == "sysctl" && !c.flag('w', "--write") && !strings.Contains(strings.Join(texts(c.words), " "), "=") {
			c.says(DataRead, 0.84, "command_data_read")
			return true
		}
	}
	c.says(SystemModification, 0.9, "sets_system")
	return true
}

func (c *command) packages() {
	switch c.operand(0) {
	case "list", "search", "show", "info", "policy", "query", "outdated", "deps", "leaves", "config", "doctor":
		c.says(DataRead, 0.8, "command_data_read")
	case "":
		if c.flag('l', "--list") || c.flag('q', "--query") || c.flag('Q', "") || c.flag('L', "") {
			c.says(DataRead, 0.8, "command_data_read")
			return
		}
		c.says(SystemModification, 0.8, "changes_packages")
	default:
		c.says(SystemModification, 0.88, "changes_packages")
	}
}

// dependencies judges programs that fetch what a project is made of.
func (c *command) dependencies() {
	switch sub := c.operand(0); {
	case sub == "run" || sub == "test" || sub == "start" || sub == "build" || sub == "exec" || sub == "lint" || sub == "ci" || sub == "shell" || sub == "audit" || sub == "pack":
		c.says(DataWrite, 0.58, "runs_project")
	case sub == "publish":
		c.says(DataWrite, 0.62, "publishes")
	case sub == "list" || sub == "ls" || sub == "show" || sub == "freeze" || sub == "outdated" || sub == "view" || sub == "info" || sub == "why":
		c.says(DataRead, 0.84, "command_data_read")
	case c.flag('g', "--global") || c.flag(0, "--system") || c.flag(0, "--break-system-packages"):
		c.says(SystemModification, 0.84, "changes_packages")
	case strings.Contains(c.operand(1), "://"), strings.HasPrefix(c.operand(1), "git+"):
		c.says(CodeExecution, 0.7, "installs_fetched")
	case sub == "config" && c.has("set"):
		c.says(SystemModification, 0.8, "changes_settings")
	default:
		c.says(SystemModification, 0.55, "changes_dependencies")
	}
}

// docker judges containers.
func (c *command) docker() {
	all := " " + strings.Join(texts(c.words), " ") + " "
	sub := c.operand(0)
	if sub == "system" || sub == "volume" || sub == "container" || sub == "image" || sub == "network" || sub == "compose" || sub == "builder" {
		sub = c.operand(1)
	}
	switch {
	case strings.Contains(all, " --privileged") || strings.Contains(all, " -v /:") || strings.Contains(all, "docker.sock") || strings.Contains(all, "--pid=host") || strings.Contains(all, "--cap-add=SYS_ADMIN") || strings.Contains(all, "--cap-add SYS_ADMIN"):
		c.says(PrivilegeEscalation, 0.92, "container_with_host")
	case sub == "prune" && (strings.Contains(all, "volume") || strings.Contains(all, " -a")), strings.Contains(all, " volume rm"), sub == "down" && (strings.Contains(all, " -v ") || strings.Contains(all, "--volumes")):
		c.says(DestructiveData, 0.86, "removes_volumes")
	case sub == "ps", sub == "images", sub == "logs", sub == "inspect", sub == "ls", sub == "stats", sub == "version", sub == "info", sub == "top", sub == "history", sub == "port", sub == "df", sub == "diff":
		c.says(DataRead, 0.88, "command_data_read")
	case sub == "exec", sub == "run":
		c.inside(sub)
	case sub == "build", sub == "tag", sub == "commit", sub == "save", sub == "cp", sub == "create":
		c.says(DataWrite, 0.7, "makes_image")
	case sub == "pull", sub == "push", sub == "login", sub == "search":
		c.says(NetworkAccess, 0.75, "transfer")
	case c.operand(0) == "compose":
		c.says(SystemModification, 0.5, "changes_containers")
	default:
		c.says(SystemModification, 0.7, "changes_containers")
	}
}

// inside judges the command that runs in a container.
func (c *command) inside(sub string) {
	n := 0
	for i := 1; i < len(c.words); i++ {
		if c.words[i].text == sub {
			n = i + 1
		}
	}
	for n < len(c.words) && strings.HasPrefix(c.words[n].text, "-") {
		if w := c.words[n].text; len(w) == 2 && strings.IndexByte("vepuwl", w[1]) >= 0 || w == "--name" || w == "--network" || w == "--user" {
			n++
		}
		n++
	}
	if sub == "run" {
		c.says(CodeExecution, 0.56, "runs_container")
	}
	n++
	if n < len(c.words) && c.words[n].text == "--" {
		n++
	}
	c.rest(n)
}

// rest judges the words from the n-th on as a command of its own.
func (c *command) rest(n int) {
	if n >= len(c.words) {
		return
	}
	sub := command{analysis: c.analysis, script: c.script, simple: &simple{from: -1}, words: c.words[n:]}
	if sub.unwrap(); len(sub.words) > 0 {
		sub.judge()
	}
}

// kubernetes judges clusters.
func (c *command) kubernetes() {
	what := c.operand(1)
	if c.flag(0, "--as") || c.flag(0, "--as-group") {
		c.says(PrivilegeEscalation, 0.84, "acts_as_another")
	}
	switch sub := c.operand(0); sub {
	case "get", "describe", "logs", "top", "explain", "version", "list", "status", "api-resources", "diff", "template", "search", "cluster-info", "events", "lint", "history":
		if sub == "get" && strings.HasPrefix(what, "secret") && c.flag('o', "--output") {
			c.says(DataExfiltration, 0.76, "reads_secret")
			return
		}
		c.says(DataRead, 0.88, "command_data_read")
	case "delete", "uninstall":
		if c.flag(0, "--all") || c.flag('A', "--all-namespaces") || heldByCluster(what) || sub == "uninstall" {
			c.says(DestructiveData, 0.88, "deletes_cluster_data")
			return
		}
		if what == "pod" || what == "po" || what == "job" || strings.HasPrefix(what, "pod/") {
			c.says(SystemModification, 0.7, "changes_cluster")
			return
		}
		c.says(DestructiveData, 0.8, "deletes_cluster_object")
	case "label", "annotate":
		c.says(DataWrite, 0.76, "labels")
	case "create", "apply", "edit", "patch":
		all := strings.Join(texts(c.words), " ")
		if strings.Contains(all, "rolebinding") || strings.Contains(all, "cluster-admin") || sub == "create" && what == "token" {
			c.says(PrivilegeEscalation, 0.92, "binds_role")
			return
		}
		c.says(SystemModification, 0.78, "changes_cluster")
	case "exec", "run", "debug":
		for i := range c.words {
			if c.words[i].text == "--" {
				c.rest(i + 1)
				return
			}
		}
		c.says(CodeExecution, 0.6, "runs_in_cluster")
	case "auth":
		c.says(DataRead, 0.7, "command_data_read")
	case "cp", "port-forward", "proxy":
		c.says(NetworkAccess, 0.65, "transfer")
	default:
		c.says(SystemModification, 0.82, "changes_cluster")
	}
}

// heldByCluster reports whether a kind of thing holds data or many other things.
func heldByCluster(kind string) bool {
	for _, k := range [...]string{"ns", "namespace", "pvc", "pv", "persistentvolume", "statefulset", "sts", "all", "crd", "secret", "node", "deployments", "pods", "--all"} {
		if kind == k || strings.HasPrefix(kind, k+"/") || strings.HasPrefix(kind, k+"s") && k != "all" {
			return true
		}
	}
	return false
}

// infrastructure judges programs that make machines be as a text says.
func (c *command) infrastructure() {
	switch c.operand(0) {
	case "destroy":
		c.says(DestructiveData, 0.93, "destroys_infrastructure")
	case "plan", "show", "validate", "output", "fmt", "state", "preview", "diff", "status", "list", "ls", "synth", "version", "graph", "providers":
		if c.has("rm", "push") {
			c.says(SystemModification, 0.8, "changes_infrastructure")
			return
		}
		c.says(DataRead, 0.8, "command_data_read")
	case "init", "get":
		c.says(DataWrite, 0.6, "command_data_write")
	default:
		c.says(SystemModification, 0.84, "changes_infrastructure")
	}
}
