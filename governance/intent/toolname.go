package intent

import "strings"

// traits are what a tool's name tells about it.
type traits uint32

const (
	deletes traits = 1 << iota
	reads
	writes
	sends      // to people or machines elsewhere
	fetches    // from elsewhere
	executes   // runs something
	grants     // gives rights
	operates   // starts, stops, installs
	searches   // takes words, not statements
	analyses   // looks at what it is given and does not run it
	onSQL      // is about a database
	onShell    // is about a shell
	onCode     // is about programs
	onFiles    // is about files
	onNetwork  // is about HTTP
	onAccess   // is about rights
	onMuch     // is about a thing that holds many others
	onLittle   // is about a thing that is one of many
	everything // says all, bulk, purge
	onMongo    // is about collections of documents
	onInfra    // is about machines
)

// A tool is the name of a tool, in words.
type tool struct {
	traits traits
	words  [16]string
	n      int
}

// readTool splits a name where words end: at what is no letter, and before a capital.
func readTool(name string) tool {
	var t tool
	small := strings.ToLower(name)
	if len(small) != len(name) {
		small = name
	}
	start := 0
	for i := 0; i <= len(name); i++ {
		if i < len(name) && isAlnum(name[i]) {
			if i == 0 || !isUpper(name[i]) || i == start || isUpper(name[i-1]) && (i+1 >= len(name) || !isLower(name[i+1])) {
				continue
			}
			t.add(small[start:i])
			start = i
			continue
		}
		if i > start {
			t.add(small[start:i])
		}
		start = i + 1
	}
	t.settle()
	return t
}

func (t *tool) add(word string) {
	if t.n < len(t.words) {
		t.words[t.n] = word
		t.n++
		t.traits |= traitsOf(word)
	}
}

func (t *tool) list() []string { return t.words[:t.n] }

func (t *tool) is(any traits) bool { return t.traits&any != 0 }

// settle resolves what the words say against each other: what checks code does not run it, and only what holds data is
// wiped by being formatted.
func (t *tool) settle() {
	if hasWord(t, "format") && !hasWord(t, "disk", "drive", "volume", "partition", "device", "usb", "storage") {
		t.traits = t.traits&^(deletes|everything) | analyses
	}
	verbs := deletes | reads | writes | sends | fetches | executes | grants | operates
	if !t.is(verbs) && t.n > 2 && hasWord(t, "to") && t.words[t.n-1] != "to" { // sql_to_text
		t.traits |= analyses
	}
	if t.is(analyses) && t.is(executes) && t.n > 0 && traitsOf(t.words[t.n-1])&executes != 0 {
		t.traits &^= analyses // lint_and_run
	}
	if t.is(analyses) {
		t.traits &^= executes
	}
}

func traitsOf(word string) traits {
	if verb := verbOf(word); verb != 0 {
		return verb
	}
	return nounOf(word)
}

func verbOf(word string) traits {
	switch word {
	case "delete", "remove", "drop", "destroy", "erase", "rm", "del", "unlink", "discard", "terminate", "deprovision", "clear":
		return deletes
	case "purge", "wipe", "truncate", "nuke", "flush", "empty", "prune", "shred", "format":
		return deletes | everything
	case "get", "list", "read", "show", "describe", "view", "head", "tail", "status", "inspect", "browse", "stat", "count", "cat", "peek", "select", "ls", "info", "open", "audit", "report":
		return reads
	case "search", "find", "lookup", "grep", "google", "ask", "recall", "retrieve":
		return reads | searches
	case "create", "add", "update", "insert", "write", "set", "put", "save", "edit", "append", "rename", "move", "copy", "merge",
		"commit", "assign", "close", "upsert", "store", "modify", "patch", "change", "replace", "schedule", "draft", "remember", "mkdir", "make":
		return writes
	case "send", "post", "publish", "upload", "email", "reply", "forward", "notify", "share", "push", "export", "transfer", "sync", "tweet", "submit":
		return sends
	case "fetch", "download", "crawl", "scrape", "navigate", "ping", "resolve", "pull", "clone", "goto", "visit":
		return fetches
	case "run", "exec", "execute", "eval", "invoke", "evaluate", "spawn":
		return executes
	case "grant", "promote", "elevate", "impersonate", "sudo":
		return grants
	case "restart", "stop", "shutdown", "reboot", "kill", "install", "uninstall", "configure", "enable", "disable", "mount", "unmount", "start", "deploy", "scale", "upgrade", "drain":
		return operates
	case "lint", "parse", "explain", "validate", "highlight", "beautify", "prettify", "translate", "check", "verify", "review", "scan", "analyze", "analyse", "classify", "summarize", "tokenize", "diff", "compare", "detect", "moderate":
		return analyses
	}
	return 0
}

func nounOf(word string) traits {
	switch word {
	case "sql", "postgres", "postgresql", "mysql", "sqlite", "mssql", "snowflake", "bigquery", "redshift", "duckdb", "clickhouse", "oracle", "pg", "mariadb", "supabase", "db", "psql":
		return onSQL
	case "database", "databases":
		return onSQL | onMuch
	case "mongo", "mongodb", "collection", "collections", "firestore", "documentdb":
		return onMongo | onMuch
	case "shell", "bash", "terminal", "command", "cmd", "powershell", "sh", "ssh", "zsh", "subprocess", "process", "console":
		return onShell
	case "python", "code", "javascript", "js", "node", "script", "repl", "ipython", "notebook", "jupyter", "interpreter", "lambda", "sandbox", "snippet", "cell":
		return onCode
	case "file", "files", "fs", "filesystem", "directory", "folder", "path", "dir":
		return onFiles
	case "http", "url", "web", "webpage", "request", "curl", "browser", "api", "page", "webhook", "rest", "internet":
		return onNetwork
	case "role", "roles", "permission", "permissions", "policy", "admin", "iam", "privilege", "privileges", "acl", "access", "rbac", "sudoers", "owner":
		return onAccess
	case "table", "tables", "bucket", "index", "schema", "volume", "disk", "repo", "repository", "project", "backup", "backups", "snapshot", "snapshots", "namespace", "cluster",
		"account", "tenant", "workspace", "dataset", "queue", "topic", "stream", "vault", "instance", "data", "history", "partition", "cache", "trash", "inbox", "storage", "site", "keyspace", "archive", "archives", "catalog":
		return onMuch
	case "message", "draft", "event", "comment", "row", "record", "reminder", "reaction", "label", "tag", "bookmark", "alarm", "note", "item", "task", "todo", "contact", "card", "line", "reply", "subscription", "entry", "memory", "block", "invite", "ticket", "cart", "range":
		return onLittle
	case "all", "bulk", "everything", "entire", "mass", "recursive", "many":
		return everything
	case "server", "service", "vm", "container", "pod", "deployment", "host", "firewall", "cron", "crontab", "registry", "kernel", "package", "system", "machine", "daemon", "network", "dns":
		return onInfra
	}
	return 0
}

func isUpper(c byte) bool { return 'A' <= c && c <= 'Z' }
func isLower(c byte) bool { return 'a' <= c && c <= 'z' }
func isDigit(c byte) bool { return '0' <= c && c <= '9' }
func isAlnum(c byte) bool { return isUpper(c) || isLower(c) || isDigit(c) }
