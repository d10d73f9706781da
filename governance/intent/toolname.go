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

// verbal are the traits that say what is done.
const verbal = deletes | reads | writes | sends | fetches | executes | grants | operates | analyses

// A tool is the name of a tool, in words.
type tool struct {
	traits   traits
	concepts concepts
	words    [16]string
	n        int
}

// readTool reads a name.
func readTool(name string) (t tool) {
	t.read(name)
	t.settle()
	return t
}

// read splits a name where words end: at what is no letter, and before a capital.
func (t *tool) read(name string) {
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
}

func (t *tool) add(word string) {
	if t.n < len(t.words) {
		t.words[t.n] = word
		t.n++
		t.traits |= traitsOf(word)
		t.concepts |= conceptsOf(word)
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

// operations has the tool's name go on with what its arguments say that it is to do: many tools are one door to a whole
// API, and what they are asked for stands in an argument of its own.
func (a *analysis) operations() {
	a.requests()
	for i := range a.fields {
		f := &a.fields[i]
		if f.kind != text || len(f.text) > 48 || a.tool.n >= 12 || !asksFor(f.key) || strings.ContainsAny(f.text, " /:\n$({") {
			continue
		}
		switch f.text {
		case "GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS": // of HTTP, which is about addresses
			continue
		}
		a.tool.read(f.text)
		a.tool.settle()
	}
}

// requests does the same for a request that is passed on, by its method and its path.
func (a *analysis) requests() {
	m, at := a.first(method), -1
	for i := range a.fields {
		f := &a.fields[i]
		switch {
		case f.kind != text:
		case (f.role == path || f.role == url || f.key == "route" || f.key == "resource") && strings.HasPrefix(f.text, "/") && len(f.text) < 128:
			at = i
		case f.role == queryText && strings.HasPrefix(f.text, "mutation"):
			_, body, _ := strings.Cut(f.text, "{")
			name, _, _ := strings.Cut(strings.TrimLeft(body, " \n\t"), "(")
			name, _, _ = strings.Cut(name, " ")
			a.tool.read(name[:min(len(name), 48)])
		}
	}
	if m < 0 || at < 0 {
		return
	}
	switch strings.ToUpper(a.fields[m].text) {
	case "GET", "HEAD":
		a.tool.add("get")
	case "DELETE":
		a.tool.add("delete")
	case "PUT", "PATCH":
		a.tool.add("update")
	case "POST":
		a.tool.add("create")
	}
	to, _, _ := strings.Cut(a.fields[at].text, "?")
	a.tool.read(to)
}

// asksFor reports whether a member names what is to be done.
func asksFor(key string) bool {
	switch key {
	case "action", "operation", "op", "verb", "method", "subcommand", "subCommand", "sub_command", "operationName", "operation_name", "api", "service", "event_type", "mutation", "rpc", "intent", "actionType", "action_type", "tool", "tool_name", "function_name", "resourceType", "resource_type", "kind", "task", "do":
		return true
	}
	return false
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
	case "purge", "wipe", "truncate", "nuke", "flush", "empty", "prune", "shred", "format", "flushdb", "flushall", "expunge", "obliterate":
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
	case "chmod", "chown", "setfacl":
		return grants | onFiles
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

// isWord reports whether a text is one word, or a number.
func isWord(text string) bool {
	if text == "" || len(text) > 20 {
		return false
	}
	for i := range len(text) {
		if !isAlnum(text[i]) && text[i] != '-' {
			return false
		}
	}
	return true
}
