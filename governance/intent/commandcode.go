package intent

import "strings"

// code judges programs that run code, and reports whether it knows the program.
func (c *command) code() bool {
	switch name := c.name; {
	case shellName(name):
		c.shell()
	case name == "eval", name == "source", name == ".":
		c.evaluates()
	case strings.HasPrefix(name, "python"), name == "node", name == "deno", name == "bun", name == "ruby", name == "perl", name == "php", name == "lua", name == "rscript", name == "osascript", name == "tclsh":
		c.interprets()
	case name == "awk" || name == "gawk":
		return c.awk()
	case name == "go" && c.operand(0) == "run", name == "java", name == "jshell", name == "cargo" && c.operand(0) == "run":
		c.says(CodeExecution, 0.5, "runs_program")
	case strings.HasPrefix(c.words[0].text, "./") || strings.HasPrefix(c.words[0].text, "/tmp/"):
		c.says(CodeExecution, 0.6, "runs_file")
	case name == "make" && c.operand(0) == "install":
		c.says(SystemModification, 0.7, "installs")
	case name == "gdb", name == "ptrace":
		c.says(CodeExecution, 0.7, "runs_program")
	default:
		return false
	}
	return true
}

// shell judges a shell that is given a text, a file, or what another command prints.
func (c *command) shell() {
	from := c.source()
	switch {
	case from != nil && len(from.words) > 0:
		c.pipesIntoShell(from)
	case c.flag('c', ""):
		for i := 1; i+1 < len(c.words); i++ {
			if w := c.words[i].text; len(w) > 1 && w[0] == '-' && strings.HasSuffix(w, "c") {
				if c.words[i+1].output {
					c.says(CodeExecution, 0.93, "runs_output")
				}
				c.nested(c.words[i+1].text, c.words[i+1].start)
				return
			}
		}
	case c.carriesOutput():
		c.says(CodeExecution, 0.9, "runs_output")
	case c.operand(0) != "":
		c.says(CodeExecution, 0.6, "runs_script")
	default:
		c.says(CodeExecution, 0.45, "opens_shell")
	}
}

// pipesIntoShell judges what is run unseen.
func (c *command) pipesIntoShell(from *simple) {
	c.script.odd = true
	switch program(from.words[0].text) {
	case "cat", "echo", "printf":
		c.says(CodeExecution, 0.84, "pipes_to_shell")
	default:
		c.says(CodeExecution, 0.96, "pipes_to_shell")
	}
}

// evaluates judges what runs a text as a command.
func (c *command) evaluates() {
	if c.name != "eval" && c.carriesOutput() {
		c.says(CodeExecution, 0.9, "runs_output")
		return
	}
	if c.name != "eval" {
		c.says(CodeExecution, 0.4, "reads_script")
		return
	}
	c.says(CodeExecution, 0.84, "evaluates")
	if len(c.words) > 1 {
		c.nested(strings.Join(texts(c.words[1:]), " "), c.words[1].start)
	}
}

// interprets judges an interpreter: of code in its words, of a file, of what another command prints.
func (c *command) interprets() {
	for i := 1; i+1 < len(c.words); i++ {
		switch c.words[i].text {
		case "-c", "-e", "-r", "--eval", "-p", "-le", "-ne", "-pe":
			c.says(CodeExecution, 0.8, "runs_code")
			c.script.odd = true
			return
		case "-m":
			c.module(c.words[i+1].text)
			return
		}
	}
	switch {
	case c.source() != nil:
		c.says(CodeExecution, 0.93, "pipes_to_interpreter")
	case c.operand(0) == "":
		c.says(CodeExecution, 0.5, "opens_interpreter")
	default:
		c.says(CodeExecution, 0.62, "runs_script")
	}
}

// module judges python -m.
func (c *command) module(name string) {
	switch name {
	case "pytest", "unittest", "black", "mypy", "ruff", "flake8", "venv", "build", "json.tool", "doctest", "isort", "timeit":
		c.says(DataWrite, 0.6, "runs_project")
	case "pip":
		c.says(SystemModification, 0.5, "changes_dependencies")
	case "http.server", "smtpd":
		c.says(NetworkAccess, 0.7, "serves")
	default:
		c.says(CodeExecution, 0.62, "runs_module")
	}
}

func (c *command) awk() bool {
	for i := 1; i < len(c.words); i++ {
		if strings.Contains(c.words[i].text, "system(") || strings.Contains(c.words[i].text, "| \"sh\"") {
			c.says(CodeExecution, 0.86, "runs_code")
			return true
		}
	}
	return false
}

// nested judges a text within the text as commands.
func (c *command) nested(text string, at int) {
	if c.depth++; c.depth <= maxNested {
		s := readShell(text)
		for i := range s.commands {
			for k := range s.commands[i].words {
				s.commands[i].words[k].start += at
				s.commands[i].words[k].end = s.commands[i].words[k].start
			}
		}
		c.commands(s)
		c.script.odd = c.script.odd || s.odd
	}
	c.depth--
}

// databases judges clients of databases, and reports whether it knows the program.
func (c *command) databases() bool {
	switch c.name {
	case "psql", "mysql", "mariadb", "sqlite3", "sqlcmd", "clickhouse-client", "duckdb", "snowsql", "bq", "cockroach", "mysqladmin":
		c.client()
	case "dropdb", "dropuser":
		c.says(DestructiveData, 0.97, "drops_database")
	case "mongo", "mongosh":
		c.says(DataRead, 0.4, "opens_database")
		for i := range c.words {
			c.documents(c.words[i].text, c.words[i].start)
		}
	case "redis-cli":
		c.redis(strings.ToLower(strings.Join(texts(c.words[1:]), " ")))
	case "pg_dump", "pg_dumpall", "mysqldump", "mongodump", "mongoexport":
		c.says(DataRead, 0.62, "dumps_database")
	case "pg_restore", "mongorestore", "createdb", "mongoimport":
		c.says(DataWrite, 0.7, "command_data_write")
	default:
		return false
	}
	return true
}

// client judges the statements that a client is given.
func (c *command) client() {
	if c.name == "mysqladmin" && c.has("drop") {
		c.says(DestructiveData, 0.96, "drops_database")
		return
	}
	known := len(c.found)
	for i := 1; i < len(c.words); i++ {
		if w := &c.words[i]; strings.IndexByte(w.text, ' ') > 0 || strings.HasPrefix(w.text, ".") {
			c.sql(w.text, w.start, 1)
		}
	}
	if len(c.found) == known {
		c.says(DataRead, 0.4, "opens_database")
	}
}

// redis judges a command of Redis.
func (a *analysis) redis(text string) {
	text = " " + strings.TrimSpace(text) + " "
	switch {
	case strings.Contains(text, " flushall ") || strings.Contains(text, " flushdb "):
		a.add(DestructiveData, 0.97, "flushes_store", 0, len(text))
	case strings.Contains(text, " config set "), strings.Contains(text, " shutdown "), strings.Contains(text, " debug "), strings.Contains(text, " slaveof "), strings.Contains(text, " replicaof "):
		a.add(SystemModification, 0.86, "sets_store", 0, len(text))
	case strings.Contains(text, " eval "):
		a.add(CodeExecution, 0.7, "runs_code", 0, len(text))
	case strings.Contains(text, " acl setuser "), strings.Contains(text, " acl load "):
		a.add(PrivilegeEscalation, 0.88, "grants_in_store", 0, len(text))
	case hasPart(text, " get | keys | scan | hgetall | lrange | info | ttl | smembers | dbsize | exists | hget | zrange | type | mget | llen "):
		a.add(DataRead, 0.86, "reads_store", 0, len(text))
	case hasPart(text, " set | del | hset | lpush | rpush | expire | incr | sadd | zadd | mset | hdel | decr | persist | unlink | setex "):
		a.add(DataWrite, 0.84, "writes_store", 0, len(text))
	}
}
