package code

import "strings"

// A sqlContext says how much a text is known to be SQL.
type sqlContext struct {
	whole bool // it is a file of SQL or given to a function that runs it
	open  bool // more is joined to its end, which cannot be seen
	said  bool // it is only printed

	nested int // texts within texts that are executed
}

// A statement is a run of tokens between two semicolons.
type statement struct {
	*tokens
	sqlContext
	scan  *scan
	small string // the text in small letters, so that words are compared without a copy of each
	end   int    // the index behind its last token
	work  int    // how many tokens were looked at ahead, which is bounded
}

// sql examines a passage as SQL.
func (s *scan) sql(p passage, c sqlContext) {
	t := s.tokens(p, lexisOf(SQL))
	st := statement{tokens: &t, sqlContext: c, scan: s, small: small(p.text)}
	for i := range t.list {
		if i&0xFFFF == 0 && s.stopped() {
			return
		}
		if t.list[i].kind == kindWord && t.list[i].open == 0 {
			st.verb(i)
			if st.whole {
				st.guard(i)
			}
		}
		if t.list[i].kind == kindString {
			st.dynamic(i)
		}
	}
}

// nestedSQL examines a text that a statement executes.
func (s *scan) nestedSQL(p passage, nested int) {
	s.sql(p, sqlContext{whole: true, nested: nested})
}

// readsLikeSQL reports whether a literal begins with a verb of SQL, behind blanks, brackets, quotes and comments.
func readsLikeSQL(text string) bool {
	i := 0
	for i < len(text) {
		switch rest := text[i:]; {
		case isSpace(rest[0]) || strings.IndexByte("\n'\";()-", rest[0]) >= 0:
			i++
			continue
		case strings.HasPrefix(rest, `\n`), strings.HasPrefix(rest, `\t`), strings.HasPrefix(rest, `\r`):
			i += 2
			continue
		case strings.HasPrefix(rest, "/*"):
			if n := strings.Index(rest, "*/"); n >= 0 {
				i += n + 2
				continue
			}
		}
		break
	}
	n := i
	for n < len(text) && isLetter(text[n]) && n < i+10 {
		n++
	}
	if n-i < 3 || n < len(text) && isWord(text[n]) {
		return false
	}
	switch lower(text[i:n]) {
	case "drop", "delete", "truncate", "update", "grant", "alter", "with", "begin", "explain", "select", "insert", "create",
		"set", "use", "exec", "execute", "copy", "start", "replace", "merge", "call", "declare", "union":
		return true
	}
	return false
}

// key returns the word at i in lower case, unless it is quoted.
func (st *statement) key(i int) string {
	if tok := st.at(i); tok.kind == kindWord && tok.open == 0 {
		return st.small[tok.start:tok.end]
	}
	return ""
}

// small returns a text with its ASCII letters in lower case, byte for byte.
func small(text string) string {
	first := 0
	for first < len(text) && (text[first] < 'A' || text[first] > 'Z') {
		first++
	}
	if first == len(text) {
		return text
	}
	var all strings.Builder
	all.Grow(len(text))
	all.WriteString(text[:first])
	for i := first; i < len(text); i++ {
		c := text[i]
		if c >= 'A' && c <= 'Z' {
			c |= 0x20
		}
		all.WriteByte(c)
	}
	return all.String()
}

// skip returns the index of the next token that is no end of a line.
func (st *statement) skip(i int) int {
	for st.at(i).kind == kindNewline {
		i++
	}
	return i
}

// verb looks at the word at i, which may begin something dangerous.
func (st *statement) verb(i int) {
	tok := st.list[i]
	if n := tok.end - tok.start; n < 4 || n > 24 {
		return
	}
	switch st.key(i) {
	case "drop":
		st.drop(i)
	case "delete":
		st.delete(i)
	case "truncate":
		st.truncate(i)
	case "update":
		st.update(i)
	case "grant":
		if next := st.skip(i + 1); st.key(next) == "all" && st.starts(i) && st.key(st.skip(next+1)) != "" {
			st.report(i, next+1, hit{rule: grantAll, severity: High})
		}
	case "xp_cmdshell":
		st.report(i, i+1, hit{rule: osCommand, severity: Critical})
	case "exec", "execute", "immediate":
		st.executes(i)
	case "outfile", "dumpfile":
		if st.key(st.before(i)) == "into" {
			st.report(i, i+2, hit{rule: sqlFile, severity: High})
		}
	case "load_file", "pg_read_file", "lo_import", "lo_export", "pg_ls_dir", "sys_exec", "sys_eval", "pg_read_binary_file", "sp_oacreate", "load_extension":
		st.function(i)
	case "infile":
		if st.key(st.before(i)) == "data" || st.key(st.before(i)) == "local" {
			st.report(i, i+2, hit{rule: sqlFile, severity: Medium})
		}
	case "shutdown":
		if next := st.at(st.skip(i + 1)); st.whole && st.starts(i) && (next.kind == kindEnd || st.is(st.skip(i+1), ";") || st.key(st.skip(i+1)) == "with" || st.key(st.skip(i+1)) == "immediate" || st.key(st.skip(i+1)) == "abort") {
			st.report(i, i+1, hit{rule: stopsMachine, severity: High})
		}
	case "program":
		if k := st.key(i - 1); (k == "from" || k == "to") && st.at(i+1).kind == kindString {
			st.report(i, i+2, hit{rule: osCommand, severity: High})
		}
	}
}

// starts reports whether a statement may start at i.
func (st *statement) starts(i int) bool {
	prev := i - 1
	for st.at(prev).kind == kindNewline {
		prev--
	}
	if prev < 0 || prev < i-1 && st.whole {
		return true
	}
	switch tok := st.at(prev); tok.kind {
	case kindPunct:
		return strings.IndexByte(";()'\"-", st.text[tok.start]) >= 0
	case kindString:
		return true
	case kindWord:
		switch st.key(prev) {
		case "begin", "then", "else", "as", "explain", "analyze", "do", "execute", "immediate", "go", "loop":
			return true
		}
	default:
	}
	return false
}

// prose reports whether a verb is written as the first word of a sentence in a text that need not be SQL.
func (st *statement) prose(i int) bool {
	word := st.word(i)
	return st.said || !st.whole && len(word) > 1 && word[0] < 'a' && word[1] >= 'a'
}

// report notes a finding over the tokens from i to end; prose counts less.
func (st *statement) report(i, end int, h hit) {
	h.confidence = Certain
	if st.prose(i) {
		h.severity, h.confidence = min(h.severity, Medium), Unsure
	}
	from, to := st.at(i).start, st.at(min(end, len(st.list))-1).end
	st.scan.found(&st.passage, int(from), int(to), h)
}

// executes reads the text that EXEC and EXECUTE IMMEDIATE are given as SQL.
func (st *statement) executes(i int) {
	next := st.skip(i + 1)
	for st.is(next, "(") || st.key(next) == "sp_executesql" || st.key(next) == "n" {
		next = st.skip(next + 1)
	}
	if st.at(next).kind == kindString && st.nested < maxDepth {
		st.scan.nestedSQL(st.tokens.literal(next), st.nested+1)
	}
}

// function looks at the name at i of a function that reaches beyond the database.
func (st *statement) function(i int) {
	if !st.is(i+1, "(") && st.key(i) != "sp_oacreate" {
		return
	}
	h := hit{rule: sqlFile, severity: High}
	switch st.key(i) {
	case "sys_exec", "sys_eval", "sp_oacreate":
		h.rule, h.severity = osCommand, Critical
	case "load_extension":
		h.rule, h.severity = dynamicCode, High
	}
	st.report(i, i+2, h)
}

func (st *statement) drop(i int) {
	if !st.starts(i) {
		if st.key(i-1) != "" && st.inAlter(i) && st.key(st.skip(i+1)) == "column" {
			st.report(i, i+3, hit{rule: dropTable, severity: Medium, note: "drops a column and everything in it"})
		}
		return
	}
	next := st.skip(i + 1)
	h := hit{rule: dropTable, severity: High}
	switch st.key(next) {
	case "table", "database", "schema", "tablespace", "keyspace":
		h.severity = Critical
		if st.is(st.skip(next+1), "#") { // a temporary one of T-SQL
			return
		}
	case "temporary", "temp":
		h.severity = Low
	case "index", "view", "user", "role", "function", "procedure", "trigger", "sequence", "type", "extension", "collection",
		"materialized", "foreign", "owned", "login", "event", "server":
	default:
		return
	}
	name := st.skip(next + 1)
	if st.at(name).kind == kindEnd && !st.open && !st.whole {
		return
	}
	st.report(i, min(name+1, len(st.list)), h)
}

// inAlter reports whether an ALTER stands a few words before i.
func (st *statement) inAlter(i int) bool {
	for n := i - 1; n >= 0 && n > i-12; n-- {
		if st.key(n) == "alter" {
			return true
		}
	}
	return false
}

func (st *statement) truncate(i int) {
	next := st.skip(i + 1)
	switch {
	case !st.starts(i):
	case st.key(next) == "table":
		st.report(i, next+2, hit{rule: truncateTable, severity: Critical})
	case st.at(next).kind == kindWord && (st.whole || st.word(i) == "TRUNCATE"):
		after := st.skip(st.name(next))
		if end := st.at(after); end.kind == kindEnd || st.is(after, ";") || st.is(after, ",") || isTruncateOption(st.key(after)) {
			st.report(i, after, hit{rule: truncateTable, severity: Critical})
		}
	}
}

func isTruncateOption(word string) bool {
	return word == "cascade" || word == "restrict" || word == "restart" || word == "continue"
}

// name returns the index behind a table's name that starts at i, which may have a schema, quotes and holes.
func (st *statement) name(i int) int {
	for limit := i + 32; ; i++ {
		tok := st.at(i)
		switch {
		case i < limit && tok.kind == kindPunct && strings.IndexByte(".{}[]%@#:?", st.text[tok.start]) >= 0:
		case i < limit && (tok.kind == kindWord || tok.kind == kindNumber || tok.kind == kindString) && !st.separate(i):
		default:
			return i
		}
	}
}

// separate reports whether the word at i stands apart from a name before it.
func (st *statement) separate(i int) bool {
	prev := st.at(i - 1)
	return prev.end < st.at(i).start && !st.is(i-1, ".") && !st.opener(i-1)
}

// opener reports whether the word at i is one behind which a name starts.
func (st *statement) opener(i int) bool {
	switch st.key(i) {
	case "from", "update", "delete", "truncate", "table", "only", "exists", "ignore", "low_priority", "quick":
		return true
	}
	return st.at(i).kind == kindNewline
}

// last returns the index behind the statement that i is in: a semicolon, an unbalanced bracket, a verb on a new line.
func (st *statement) last(i int) int {
	depth := 0
	for ; i < len(st.list); i++ {
		tok := st.list[i]
		switch {
		case tok.kind == kindNewline:
			if next := st.at(i + 1); st.whole && depth == 0 && next.kind == kindWord && startsStatement(st.key(i+1)) {
				return i
			}
		case tok.kind != kindPunct:
		case st.text[tok.start] == ';':
			return i
		case st.text[tok.start] == '(':
			depth++
		case st.text[tok.start] == ')':
			if depth--; depth < 0 {
				return i
			}
		}
	}
	return i
}

func startsStatement(word string) bool {
	switch word {
	case "delete", "drop", "truncate", "update", "insert", "go", "alter", "create", "grant", "commit", "begin":
		return true
	}
	return false
}

// find returns the index of a word from i up to end, outside brackets, or -1.
func (st *statement) find(i, end int, word string) int {
	depth := 0
	for ; i < end && st.affords(1); i++ {
		switch tok := st.list[i]; {
		case tok.kind == kindPunct && st.text[tok.start] == '(':
			depth++
		case tok.kind == kindPunct && st.text[tok.start] == ')':
			depth--
		case depth == 0 && tok.kind == kindWord && st.key(i) == word:
			return i
		}
	}
	return -1
}

// affords reports whether looking at more tokens ahead keeps the work in proportion to the text. Where it doesn't,
// nothing is found ahead, and a statement counts as one without a condition.
func (st *statement) affords(more int) bool {
	st.work += more
	return st.work < 64*len(st.list)+1024
}
