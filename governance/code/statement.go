package code

import "strings"

// A StatementKind says what a statement of SQL is for. The zero value is unknown, which may be anything.
type StatementKind uint8

// The kinds of statements.
const (
	UnknownStatement StatementKind = iota // none of the others, or not understood
	ReadStatement                         // SELECT, SHOW, EXPLAIN, DESCRIBE, VALUES, PRAGMA of a name alone
	WriteStatement                        // INSERT, UPDATE, DELETE, MERGE, REPLACE, COPY … FROM, LOAD DATA
	DefineStatement                       // CREATE, ALTER, DROP, TRUNCATE, RENAME, COMMENT
	RightsStatement                       // GRANT, REVOKE, DENY
	SessionStatement                      // BEGIN, COMMIT, SET, USE
	CallStatement                         // CALL, EXEC, DO: runs what is not seen
)

const statementKinds = "unknown read write define rights session call"

// String returns "unknown", "read", "write", "define", "rights", "session" or "call".
func (k StatementKind) String() string { return nameAt(statementKinds, int(k)) }

// Rows says which rows a DELETE or UPDATE reaches.
type Rows uint8

// Which rows. The zero value is of statements that are neither, and of those whose rows cannot be told.
const (
	RowsUntold Rows = iota
	RowsSome        // a WHERE selects them, or a JOIN, a LIMIT
	RowsAll         // there is no WHERE, or one that is true for every row
)

// A Statement is one statement of SQL, as far as its words tell. Verb and Object are in small letters; Verb is that of the
// main statement behind a WITH, and Kind the most consequential of any part, so that a SELECT whose WITH deletes is a write
// and so is SELECT … INTO. Targets are the names of what is changed, or read by a ReadStatement, without quotes and in the
// order of the text; at most MaxTargets of them. Start and End are bytes of the text.
type Statement struct {
	Kind       StatementKind
	Verb       string
	Object     string // of CREATE, ALTER and DROP: table, view, …
	Targets    []string
	Rows       Rows
	Start, End int
}

// MaxStatements is how many statements Statements returns, and MaxTargets how many names one has.
const (
	MaxStatements = 4096
	MaxTargets    = 64
)

// Statements reads SQL of the common dialects (PostgreSQL, MySQL, SQLite, T-SQL, Oracle) into its statements. Comments are
// skipped, but what stands in MySQL's executable ones is read. Nothing is an error: what is not understood is a statement
// of unknown kind. The work is linear in the length of the text; a text above MaxBytes is one unknown statement.
func Statements(sql string) []Statement {
	if len(sql) > MaxBytes {
		return []Statement{{End: len(sql)}}
	}
	t, _ := lex(passage{text: sql}, lexisOf(SQL), func() error { return nil })
	r := statementReader{statement: statement{tokens: &t, sqlContext: sqlContext{whole: true}, small: small(sql)}}
	for i := r.skip(0); i < len(t.list) && len(r.all) < MaxStatements; {
		if r.is(i, ";") {
			i = r.skip(i + 1)
			continue
		}
		end := r.stop(i)
		r.read(i, end)
		i = r.skip(end)
	}
	return r.all
}

// A statementReader reads the statements of a text.
type statementReader struct {
	statement
	all []Statement
}

// stop returns the index behind the statement that starts at i: a semicolon outside brackets and outside $$ … $$.
func (r *statementReader) stop(i int) int {
	depth, dollar := 0, ""
	for ; i < len(r.list); i++ {
		tok := r.list[i]
		switch {
		case tok.kind == kindWord && r.text[tok.start] == '$' && r.text[tok.end-1] == '$' && tok.end-tok.start > 1:
			tag := r.text[tok.start:tok.end]
			switch dollar {
			case "":
				dollar = tag
			case tag:
				dollar = ""
			}
		case dollar != "" || tok.kind != kindPunct:
		case r.text[tok.start] == '(':
			depth++
		case r.text[tok.start] == ')':
			depth--
		case r.text[tok.start] == ';' && depth <= 0:
			return i
		}
	}
	return i
}

// read reads the statement between two indexes.
func (r *statementReader) read(from, end int) {
	s := Statement{Start: int(r.at(from).start), End: int(r.at(end - 1).end)}
	verb := from
	for r.is(verb, "(") {
		verb = r.skip(verb + 1)
	}
	if r.key(verb) == "explain" || r.key(verb) == "describe" || r.key(verb) == "desc" {
		verb = r.explained(&s, verb, end)
	}
	if r.key(verb) == "with" {
		verb = r.main(verb, end)
	}
	if s.Verb == "" {
		s.Verb = r.key(verb)
		s.Kind = kindOfVerb(s.Verb)
	}
	if s.Verb != "explain" {
		r.parts(&s, from, verb, end)
	}
	r.all = append(r.all, s)
}

// explained returns the index of the statement that is explained: only EXPLAIN ANALYZE runs it.
func (r *statementReader) explained(s *Statement, i, end int) int {
	next := r.skip(i + 1)
	for n := next; n < end && n < next+8; n++ {
		if r.key(n) == "analyze" || r.key(n) == "analyse" {
			for n++; n < end && kindOfVerb(r.key(n)) == UnknownStatement && r.key(n) != "with"; n++ {
			}
			return n
		}
	}
	s.Verb, s.Kind = "explain", ReadStatement
	return end
}

// main returns the index of the main verb behind the queries of a WITH.
func (r *statementReader) main(i, end int) int {
	depth := 0
	for n := i + 1; n < end; n++ {
		switch {
		case r.is(n, "("):
			depth++
		case r.is(n, ")"):
			depth--
		case depth == 0 && (kindOfVerb(r.key(n)) == ReadStatement || kindOfVerb(r.key(n)) == WriteStatement):
			return n
		}
	}
	return i
}

// parts reads what the statement changes, in its main part and in the queries within it.
func (r *statementReader) parts(s *Statement, from, verb, end int) {
	for n := from; n < end; n++ {
		switch key := r.key(n); {
		case n < verb && s.Kind != ReadStatement && s.Kind != WriteStatement:
		case n == verb && s.Kind == DefineStatement:
			r.object(s, n, end)
			return
		case (key == "from" || key == "join" || key == "using") && s.Kind == ReadStatement:
			r.target(s, n+1)
		case key == "into" && s.Verb != "fetch":
			s.Kind = max(s.Kind, WriteStatement)
			r.target(s, n+1)
		case (key == "delete" || key == "update") && r.acts(n):
			s.Kind = max(s.Kind, WriteStatement)
			r.changed(s, n, end)
		}
	}
}

// acts reports whether the DELETE or UPDATE at i changes rows, and is no part of ON DELETE, FOR UPDATE and the like.
func (r *statementReader) acts(i int) bool {
	switch r.key(r.before(i)) {
	case "on", "for", "after", "before", "or", "of", "instead", "grant", "revoke", "then", "do":
		return false
	}
	return !r.is(r.before(i), ",")
}

// changed reads the table and the rows of the DELETE or UPDATE at i.
func (r *statementReader) changed(s *Statement, i, end int) {
	n := r.skip(i + 1)
	for k := r.key(n); k == "from" || k == "only" || k == "low_priority" || k == "ignore" || k == "quick"; k = r.key(n) {
		n = r.skip(n + 1)
	}
	r.target(s, n)
	where := r.find(n, end, "where")
	switch {
	case where >= 0 && r.alwaysTrue(where+1, end), where < 0 && r.find(n, end, "limit") < 0 && r.find(n, end, "join") < 0 && r.find(n, end, "using") < 0:
		s.Rows = RowsAll
	case s.Rows == RowsUntold:
		s.Rows = RowsSome
	}
}

// object reads what a CREATE, ALTER, DROP or TRUNCATE is about.
func (r *statementReader) object(s *Statement, i, end int) {
	n := r.skip(i + 1)
	for ; n < end; n = r.skip(n + 1) {
		switch k := r.key(n); k {
		case "or", "replace", "temporary", "temp", "unique", "global", "local", "materialized", "external", "if", "not", "exists", "recursive", "concurrently", "unlogged", "virtual", "algorithm", "definer", "only":
			continue
		case "table", "view", "index", "database", "schema", "user", "role", "function", "procedure", "trigger", "sequence", "type", "extension", "event", "server", "tablespace", "login", "domain", "policy":
			if s.Object == "" {
				s.Object = k
				continue
			}
		}
		break
	}
	r.target(s, n)
}

// target notes the name at i.
func (r *statementReader) target(s *Statement, i int) {
	i = r.skip(i)
	tok := r.at(i)
	if tok.kind != kindWord && !r.is(i, "[") || len(s.Targets) >= MaxTargets {
		return
	}
	end := r.nameEnd(i)
	name := r.text[tok.start:r.at(end-1).end]
	if strings.ContainsAny(name, "\"`[]") {
		name = strings.NewReplacer(`"`, "", "`", "", "[", "", "]", "").Replace(name)
	}
	s.Targets = append(s.Targets, name)
}

// nameEnd returns the index behind the name at i: words with dots between them, each maybe in [].
func (r *statementReader) nameEnd(i int) int {
	for {
		if r.is(i, "[") {
			for i < len(r.list) && !r.is(i, "]") && !r.is(i, ";") {
				i++
			}
		}
		i++
		if !r.is(i, ".") || r.at(i+1).kind != kindWord && !r.is(i+1, "[") {
			return min(i, len(r.list))
		}
		i++
	}
}

// kindOfVerb returns the kind of a statement that begins with a word.
func kindOfVerb(verb string) StatementKind {
	switch verb {
	case "select", "show", "values", "table", "fetch", "pragma", "help":
		return ReadStatement
	case "insert", "update", "delete", "merge", "replace", "copy", "load", "upsert", "import":
		return WriteStatement
	case "create", "alter", "drop", "truncate", "rename", "comment", "attach", "detach", "vacuum", "reindex", "cluster", "refresh", "optimize", "flashback", "purge":
		return DefineStatement
	case "grant", "revoke", "deny", "reassign":
		return RightsStatement
	case "begin", "commit", "rollback", "savepoint", "release", "set", "reset", "use", "start", "end", "abort", "lock", "unlock", "declare", "go", "prepare", "deallocate", "listen", "notify", "unlisten", "analyze", "close":
		return SessionStatement
	case "call", "exec", "execute", "do", "shutdown", "kill":
		return CallStatement
	}
	return UnknownStatement
}
