package intent

// concepts are what the words of a name, of a member or of a value are about: coarser than words, so that what was learned
// of some of them holds for others of the same meaning, and finer than traits. They are features for the model and no
// evidence by themselves.
type concepts uint32

const (
	losing      concepts = 1 << iota // verbs: what is there is gone
	looking                          // sees what there is
	changing                         // makes or changes one thing of many
	reaching                         // talks to machines elsewhere
	running                          // has something run
	ruling                           // gives rights
	steering                         // changes how machines and services work
	weakening                        // takes a guard or a limit away
	exposing                         // has others see, or takes elsewhere
	computing                        // works on what it is given
	speaking                         // thinks, plans, answers
	moving                           // moves on a screen, or waits
	ofRights                         // nouns: roles, groups, policies
	ofSecrets                        // keys, tokens, passwords
	ofGuards                         // what protects, and what records
	ofPeople                         // who people are, what they earn, what ails them
	ofStores                         // what holds many things
	ofItems                          // one thing of many
	ofMachines                       // hosts, services, networks
	ofSettings                       // how something works
	ofPrograms                       // code
	ofValues                         // numbers, texts, times
	ofScreens                        // windows, tabs, pages
	ofOutside                        // what is elsewhere: the public, partners, the web
	ofAll                            // all of them, for good, by force
	lastConcept = ofAll
)

// conceptsOf returns what a word in small letters is about, 0 where that is not known.
func conceptsOf(word string) concepts {
	if c := deed(word); c != 0 {
		return c
	}
	if c := thing(word); c != 0 {
		return c
	}
	if s := singular(word); len(s) < len(word) {
		return deed(s) | thing(s)
	}
	return 0
}

// deed returns what a verb is about.
func deed(word string) concepts {
	switch word {
	case "delete", "remove", "drop", "destroy", "erase", "wipe", "purge", "truncate", "nuke", "flush", "empty", "prune", "shred", "expunge", "obliterate", "rm", "rmdir", "unlink",
		"terminate", "teardown", "decommission", "deprovision", "overwrite", "zero", "zap", "scrub", "reimage", "eradicate", "annihilate", "deletion", "clear", "discard", "del", "destroyer", "flushdb", "flushall", "dropdb",
		"hard", "uninstall", "evict", "void", "revert", "rollback", "reset", "expire", "forget", "redact", "sanitize", "trash", "deregister":
		return losing
	case "get", "list", "read", "show", "describe", "view", "browse", "stat", "count", "find", "search", "lookup", "inspect", "info", "details", "history", "logs", "log", "status", "summary", "stats",
		"metrics", "usage", "overview", "recent", "latest", "current", "top", "ls", "cat", "head", "tail", "peek", "monitor", "report", "track", "observe", "watch", "query", "select", "retrieve", "recall",
		"audit", "activity", "analytics", "balance", "directory", "blame", "diff", "snapshot", "screenshot", "inventory", "events", "tree", "who", "is", "has", "references", "usages", "children", "page":
		return looking
	case "create", "add", "update", "insert", "write", "set", "put", "save", "edit", "append", "rename", "move", "copy", "merge", "commit", "assign", "close", "upsert", "store", "modify", "patch",
		"change", "replace", "schedule", "draft", "remember", "mkdir", "make", "book", "record", "register", "mark", "star", "pin", "reply", "comment", "complete", "reopen", "reorder", "duplicate",
		"tag", "label", "flag", "follow", "like", "rate", "vote", "fill", "type", "snooze", "mute", "pause", "resume", "cancel", "request", "refund", "charge", "capture", "reschedule", "respond",
		"archive", "unarchive", "attach", "link", "annotate", "categorize", "prioritize", "transition", "subscribe", "unsubscribe", "rsvp", "reserve", "order", "buy", "pay", "upload", "import", "checkout",
		"fork", "react", "post", "advance", "finalize", "clock", "give", "submit", "adjust", "sort", "organize", "bookmark", "enroll", "unfollow", "compose", "stage", "touch", "increment", "new":
		return changing
	case "fetch", "download", "crawl", "scrape", "navigate", "ping", "resolve", "pull", "clone", "goto", "visit", "connect", "probe", "dial", "traceroute", "tracert", "whois", "nslookup", "dig", "curl", "wget", "nmap",
		"geocode", "geolocate", "forecast", "weather", "mtr", "telnet", "handshake", "poll", "tunnel", "join", "google", "surf", "call", "connectivity", "reachability", "verify", "enrich", "rates", "quote", "directions":
		return reaching
	case "run", "exec", "execute", "eval", "invoke", "evaluate", "spawn", "interpret", "compile", "inject", "trigger", "launch", "debug", "load", "dispatch", "repl", "interact":
		return running
	case "grant", "promote", "elevate", "impersonate", "sudo", "escalate", "authorize", "delegate", "assume", "mint", "issue", "entitle", "bind", "empower", "approve", "invite", "privilege", "login", "own", "chown", "chmod", "setuid",
		"allow", "trust", "permit", "onboard", "consent", "usermod", "useradd", "adduser", "transfer", "become", "whitelist", "allowlist":
		return ruling
	case "restart", "stop", "shutdown", "reboot", "kill", "install", "configure", "enable", "mount", "unmount", "start", "deploy", "scale", "upgrade", "drain", "reconfigure", "tune", "migrate", "failover", "resize",
		"provision", "detach", "cordon", "toggle", "switch", "rotate", "apply", "bounce", "suspend", "hibernate", "power", "boot", "flash", "halt", "downgrade", "reload", "downscale", "autoscale", "unload", "calibrate", "arm", "poweroff", "off":
		return steering
	case "disable", "bypass", "override", "relax", "unlock", "skip", "exempt", "unprotect", "deactivate", "suppress", "weaken", "lower", "unrestrict", "ignore", "unblock", "disarm", "silence", "open", "unseal", "unrestricted", "jailbreak", "break":
		return weakening
	case "share", "publish", "leak", "expose", "mirror", "replicate", "export", "exfiltrate", "forward", "dump", "reveal", "extract", "send", "email", "ship", "push", "stream", "sync", "broadcast", "mail",
		"decrypt", "transmit", "deliver", "forwarding", "disclose", "fax", "sms", "tweet", "release", "backup", "presign", "presigned", "collaborate", "harvest", "redirect", "drip":
		return exposing
	case "calculate", "calculator", "compute", "convert", "converter", "format", "encode", "decode", "estimate", "parse", "validate", "validator", "lint", "hash", "round", "normalize", "normalise", "tokenize", "translate", "transform", "generate",
		"generator", "render", "preview", "compare", "prettify", "beautify", "minify", "highlight", "random", "score", "rank", "classify", "detect", "simulate", "slugify", "escape", "unescape", "sum", "multiply", "subtract", "divide",
		"average", "mean", "split", "concat", "reverse", "shuffle", "roll", "template", "mock", "anonymize", "solve", "check", "explain", "glossary", "guess", "suggest", "strip", "spell", "extraction", "formula", "prorate", "interpolate", "plot", "chart", "calc", "math":
		return computing
	case "think", "thinking", "thought", "plan", "ask", "answer", "reflect", "confirm", "clarify", "finish", "done", "echo", "hello", "help", "greet", "noop", "reason", "brainstorm", "completion", "followup",
		"summarize", "summarise", "rewrite", "rephrase", "paraphrase", "proofread", "chat", "say", "speak", "instructions", "todo", "joke", "conversation", "sampling", "sample", "sequentialthinking", "tone":
		return speaking
	case "scroll", "hover", "zoom", "wait", "back", "focus", "click", "press", "drag", "tap", "swipe", "maximize", "minimize", "sleep", "undo", "redo", "next", "previous", "collapse", "expand", "cursor", "key", "logout", "exit":
		return moving
	}
	return 0
}

// thing returns what a noun is about.
func thing(word string) concepts {
	switch word {
	case "role", "permission", "policy", "admin", "administrator", "iam", "privilege", "acl", "access", "rbac", "sudoers", "owner", "ownership", "group", "membership", "member", "collaborator", "superuser", "root", "scope", "entitlement", "superadmin", "delegation", "delegate",
		"impersonation", "clearance", "authority", "wheel", "right", "clusterrole", "rolebinding", "binding", "assignment", "assignee", "guest", "editor", "principal", "signatory", "limit", "approval", "approver", "sso", "mfa", "2fa", "totp", "factor", "trusted", "authorized", "privileged":
		return ofRights
	case "secret", "password", "token", "credential", "cookie", "passphrase", "apikey", "certificate", "pem", "env", "environ", "environment", "keychain", "keystore", "wallet", "seed", "mnemonic", "otp", "recovery", "pin", "vault", "ssh", "kubeconfig", "creds", "passwd", "shadow", "keyvault", "secretsmanager", "private", "session", "jwt", "saml":
		return ofSecrets
	case "firewall", "waf", "auditd", "antivirus", "defender", "edr", "protection", "guard", "guardrail", "selinux", "apparmor", "sandbox", "quarantine", "restriction", "restrictions", "rls", "security", "monitoring", "alarm", "alert", "logging", "cloudtrail", "trail", "scanning", "scanner", "ids", "ips",
		"moderation", "filter", "captcha", "throttle", "ratelimit", "verification", "signature", "tls", "ssl", "encryption", "enforcement", "lock", "safety", "interlock", "fraud", "automod", "detector", "guardduty", "watchdog", "validation", "compliance", "control":
		return ofGuards
	case "customer", "patient", "employee", "user", "contact", "people", "person", "payroll", "salary", "salaries", "payslip", "ssn", "card", "iban", "passport", "medical", "health", "kyc", "lead", "candidate", "student", "subscriber", "personnel", "applicant", "pii", "diagnosis",
		"tax", "taxes", "invoice", "transaction", "confidential", "financial", "finance", "board", "revenue", "compensation", "personal", "identity", "resident", "voter", "client", "account", "minutes", "contract", "legal", "hr":
		return ofPeople
	case "table", "bucket", "index", "schema", "volume", "disk", "repo", "repository", "project", "snapshot", "namespace", "cluster", "tenant", "workspace", "dataset", "queue", "topic", "partition", "cache", "inbox", "mailbox", "storage", "site",
		"keyspace", "catalog", "database", "collection", "archive", "drive", "folder", "calendar", "library", "ledger", "warehouse", "mart", "realm", "org", "organization", "zone", "stack", "backups", "team", "department", "timeline", "album", "gallery", "fleet", "graph", "measurement", "crd", "pvc", "db", "raid", "lake":
		return ofStores
	case "message", "event", "row", "reminder", "reaction", "note", "item", "task", "ticket", "issue", "line", "entry", "memory", "block", "cart", "range", "cell", "meeting", "appointment", "playlist", "song", "product", "deal", "profile", "picture",
		"description", "name", "title", "subject", "goal", "post", "thread", "case", "pr", "branch", "document", "doc", "file", "photo", "room", "favorite", "review", "survey", "poll", "recipe", "lesson", "priority", "timesheet", "leave", "holiday", "coupon", "price", "sheet", "slide", "form":
		return ofItems
	case "server", "service", "vm", "container", "pod", "deployment", "host", "cron", "crontab", "kernel", "package", "system", "machine", "daemon", "network", "dns", "instance", "node", "docker", "kubernetes", "k8s", "router", "interface", "port", "gateway", "proxy", "vpn", "lb",
		"device", "driver", "firmware", "process", "registry", "nameserver", "domain", "route", "ingress", "subnet", "vpc", "worker", "job", "scheduler", "extension", "plugin", "systemd", "systemctl", "unit", "iptables", "sysctl", "printer", "robot", "pump", "plc", "valve", "thermostat", "engine", "replica", "helm", "autoscaler", "nginx", "production", "prod":
		return ofMachines
	case "config", "configuration", "setting", "settings", "parameter", "option", "variable", "feature", "retention", "lifecycle", "timezone", "hostname", "version", "rule", "mode", "threshold", "transport", "relay", "integration", "mx", "spf", "ns":
		return ofSettings
	case "code", "script", "python", "javascript", "js", "shell", "bash", "command", "cmd", "terminal", "program", "snippet", "notebook", "powershell", "sql", "macro", "expression", "function", "lambda", "interpreter", "binary", "executable", "apex", "wasm", "payload", "console", "jupyter", "ipython", "ruby", "subprocess", "liquid", "buildspec":
		return ofPrograms
	case "number", "text", "string", "date", "time", "color", "colour", "currency", "json", "xml", "yaml", "markdown", "html", "regex", "uuid", "base64", "percent", "percentage", "amount", "total", "word", "words", "sentence", "slug", "hex", "bytes", "size", "duration", "weekday", "day", "days", "hours", "seconds",
		"units", "ratio", "bmi", "interest", "loan", "tip", "distance", "age", "semver", "cidr", "arn", "equation", "matrix", "prime", "syntax", "emoji", "language", "grammar", "tokens", "diagram", "skeleton", "mime":
		return ofValues
	case "tab", "window", "screen", "mouse", "menu", "button", "element", "theme", "layout", "panel", "sidebar", "desktop", "clipboard", "dialog", "toast", "viewport", "toolbar", "display", "ui", "canvas", "selection":
		return ofScreens
	case "external", "remote", "internet", "online", "web", "webpage", "http", "https", "url", "api", "public", "publicly", "anyone", "anonymous", "everyone", "world", "outside", "outsider", "partner", "webhook", "endpoint", "ftp", "sftp", "smtp", "pastebin", "gist", "telegram", "gmail", "dropbox", "destination", "recipient", "bcc", "attachment", "proton", "foreign", "attacker", "evil", "stranger", "competitor", "rival", "wikipedia", "website", "live", "link":
		return ofOutside
	case "all", "bulk", "everything", "entire", "mass", "recursive", "many", "force", "permanent", "permanently", "cascade", "any", "every", "unlimited", "never", "irreversible", "whole", "batch", "multi", "full", "forever":
		return ofAll
	}
	return 0
}
