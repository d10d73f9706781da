package code

import "strings"

// query looks at a call that may give a text to a database: one that is put together from what is not known lets whoever
// gave that write the statement.
func (p *program) query(path string, first, i int) {
	if !isQuery(lower(lastName(path))) && (!isCondition(lastName(path)) || p.language != Go) {
		return
	}
	s := p.site(path, first, i)
	for n := range s.args {
		if n < 2 && (s.args[n].injects() || n == 0 && isCondition(lastName(path)) && s.args[n].kind == opMixed && strings.ContainsAny(s.args[n].text.text, "=<>")) {
			s.report(hit{rule: sqlInjection, severity: Medium, confidence: Likely})
			return
		}
	}
}

// isCondition reports whether a method of a builder of statements is given a condition of SQL.
func isCondition(name string) bool { return name == "Where" || name == "Having" || name == "Or" }

// isQuery reports whether a function of that name is given a statement of SQL.
func isQuery(name string) bool {
	switch name {
	case "execute", "executemany", "executescript", "query", "exec", "raw", "prepare", "querycontext", "execcontext", "queryrow", "queryrowcontext",
		"read_sql", "executeupdate", "executequery", "mysqli_query", "pg_query", "find_by_sql", "select_all", "execute_sql", "run_sql", "createquery",
		"createnativequery", "queryforobject", "fetchval", "fetchrow", "$queryrawunsafe", "$executerawunsafe":
		return true
	}
	return false
}

// injects reports whether a value is a statement of SQL with something unknown in it.
func (o *operand) injects() bool {
	switch {
	case o.kind == opMixed:
		return readsLikeSQL(o.text.text)
	case o.name == "fmt.Sprintf()" && len(o.items) > 1 && o.items[0].isText():
		return readsLikeSQL(o.items[0].text.text)
	}
	return false
}
