package code

import (
	"slices"
	"strings"
)

// sqlAhead is how many tokens behind a word of SQL are looked at for what belongs to it.
const sqlAhead = 64

// guard looks at the word at i, which may give rights away, switch off what guards the data, or come from an attack.
func (st *statement) guard(i int) {
	switch st.key(i) {
	case "grant":
		st.grants(i)
	case "superuser", "bypassrls":
		if st.behind(i, "create", "alter") {
			st.report(i, i+1, hit{rule: grantAll, severity: High, note: "lets a role do everything"})
		}
	case "disable":
		st.disables(i)
	case "trustworthy":
		if st.key(i+1) == "on" {
			st.report(i, i+2, hit{rule: guardOff, severity: High})
		}
	case "foreign_key_checks", "sql_log_bin", "general_log", "unique_checks", "log_statement", "log_connections", "logging_collector", "slow_query_log", "audit_trail", "session_replication_role":
		st.switchedOff(i)
	case "identified", "password":
		st.passwordSet(i)
	case "security":
		if st.key(i+1) == "definer" && st.behind(i, "create") && !st.ahead(i, "search_path") && st.hasBody(i) {
			st.report(i, i+2, hit{rule: guardOff, severity: Medium, note: "runs with its owner's rights whatever is found first by a name"})
		}
	case "sp_configure":
		st.configures(i)
	case "sysadmin", "securityadmin", "db_owner":
		if st.ahead(i, "member") || st.behind(i, "sp_addsrvrolemember", "sp_addrolemember") {
			st.report(i, i+1, hit{rule: grantAll, severity: High})
		}
	case "xp_regwrite", "xp_dirtree", "xp_fileexist", "xp_regread", "utl_http", "utl_file", "utl_tcp", "utl_smtp", "openrowset", "opendatasource", "dblink", "dblink_connect", "dblink_exec", "http_get", "http_post", "writefile":
		st.reachesOut(i)
	case "plpythonu", "plpython3u", "plperlu", "pltclu":
		st.report(i, i+1, hit{rule: dynamicCode, severity: Medium, note: "runs code of a language that may do everything on the database's machine"})
	case "insert":
		st.inserts(i)
	case "soname":
		st.report(i, i+2, hit{rule: dynamicCode, severity: High, note: "loads a library into the database"})
	case "pg_terminate_backend":
		if st.ahead(i, "pg_stat_activity") && !st.ahead(i, "state", "usename", "datname") {
			st.report(i, i+1, hit{rule: stopsMachine, severity: Medium})
		}
	}
	st.attack(i)
	st.empties(i)
}

// attack looks at what stands in statements that somebody has slipped something into.
func (st *statement) attack(i int) {
	switch st.key(i) {
	case "sleep", "pg_sleep", "benchmark", "extractvalue", "updatexml":
		if st.is(i+1, "(") && (st.behind(i, "select", "where", "and", "or") || st.key(i) != "sleep") && st.key(i-1) != "perform" {
			st.report(i, i+2, hit{rule: sqlInjection, severity: Medium, note: "waits or fails so that the answer's time or error tells what is asked"})
		}
	case "waitfor":
		if st.key(i+1) == "delay" && st.behind(i, "if", "select") {
			st.report(i, i+2, hit{rule: sqlInjection, severity: Medium})
		}
	case "union":
		st.unites(i)
	case "where":
		st.equalLiterals(i)
	case "pg_shadow", "pg_authid", "sql_logins", "authentication_string":
		if st.behind(i, "select", "from", "update") {
			st.report(i, i+1, hit{rule: exfiltration, severity: Medium, note: "reads the database's own passwords"})
		}
	}
}

// empties looks at statements beside DELETE that lose everything.
func (st *statement) empties(i int) {
	switch st.key(i) {
	case "purge":
		if k := st.key(i + 1); k == "binary" || k == "master" || k == "recyclebin" {
			st.report(i, i+2, hit{rule: guardOff, severity: High, note: "loses the log that data could be recovered from"})
		}
	case "reset":
		if st.key(i+1) == "master" || st.key(i+1) == "slave" {
			st.report(i, i+2, hit{rule: guardOff, severity: High, note: "loses the log that data could be recovered from"})
		}
	case "partition":
		if st.key(i-1) == "drop" || st.key(i-1) == "truncate" {
			st.report(i-1, i+2, hit{rule: dropTable, severity: High})
		}
	case "noaudit":
		st.report(i, i+2, hit{rule: guardOff, severity: High})
	case "attach":
		if st.key(i+1) == "database" && st.at(i+2).kind == kindString && strings.Contains(st.body(i+2), ".php") {
			st.report(i, i+3, hit{rule: sqlFile, severity: High})
		}
	case "backup":
		for n := i; n < i+10; n++ {
			if strings.HasPrefix(st.body(n), `\\`) {
				st.report(i, n+1, hit{rule: exfiltration, severity: High, note: "writes a copy of the database to another machine"})
			}
		}
	case "copy":
		st.copies(i)
	}
}

// ahead reports whether one of some words stands behind i in the statement.
func (st *statement) ahead(i int, words ...string) bool {
	for n := i + 1; n < i+sqlAhead && n < len(st.list) && !st.is(n, ";"); n++ {
		if k := st.key(n); k != "" && slices.Contains(words, k) {
			return true
		}
	}
	return false
}

// behind reports whether one of some words stands before i in the statement.
func (st *statement) behind(i int, words ...string) bool {
	for n := i - 1; n >= 0 && n > i-sqlAhead && !st.is(n, ";"); n-- {
		if k := st.key(n); k != "" && slices.Contains(words, k) {
			return true
		}
	}
	return false
}

// grants looks at who is granted what.
func (st *statement) grants(i int) {
	if !st.starts(i) {
		return
	}
	h := hit{rule: grantAll, severity: Medium, note: "grants rights to everybody, or the right to grant them"}
	for n := i + 1; n < i+sqlAhead && n < len(st.list) && !st.is(n, ";"); n++ {
		switch word := st.key(n); word {
		case "public":
			if st.key(n-1) == "to" && !st.ahead(i, "usage", "connect") {
				st.report(i, n+1, h)
				return
			}
		case "option":
			st.report(i, n+1, h)
			return
		case "dba", "sysadmin", "pg_execute_server_program", "pg_read_server_files", "pg_write_server_files", "rds_superuser", "super", "file", "cloudsqlsuperuser", "accountadmin", "impersonate":
			if st.key(n-1) != "to" {
				h.severity = High
				st.report(i, n+1, h)
				return
			}
		}
	}
}

// disables looks at what an ALTER disables.
func (st *statement) disables(i int) {
	switch st.key(i + 1) {
	case "row", "trigger", "constraint", "all":
	default:
		if !st.behind(i, "audit") && !st.ahead(i, "audit") {
			return
		}
	}
	if st.behind(i, "alter") || st.starts(i) {
		st.report(i, i+3, hit{rule: guardOff, severity: Medium})
	}
}

// switchedOff looks at a setting of a server or session.
func (st *statement) switchedOff(i int) {
	if !st.behind(i, "set") {
		return
	}
	n := i + 1
	if st.is(n, "=") || st.key(n) == "to" || st.is(n, ":") {
		n++
	}
	value := lower(st.word(n))
	if st.at(n).kind == kindString {
		value = lower(st.body(n))
	}
	switch value {
	case "0", "off", "false", "none", "replica":
		st.report(i, n+1, hit{rule: guardOff, severity: Medium})
	}
}

// passwordSet looks at the password that a user is given.
func (st *statement) passwordSet(i int) {
	n := i + 1
	if st.key(i) == "identified" {
		for n < i+6 && st.key(n) != "by" && st.at(n).kind == kindWord || st.at(n).kind == kindString && st.key(n+1) == "by" {
			n++
		}
		n++
	} else if st.is(n, "=") {
		n++
	}
	if st.at(n).kind != kindString || !st.behind(i, "user", "role", "login", "identified") && st.key(i) == "password" {
		return
	}
	if text := st.literal(n); couldBePassword("password", text.text) && st.behind(i, "create", "alter", "set", "grant") {
		st.scan.found(&text, 0, len(text.text), hit{rule: password, severity: Critical, confidence: Certain, secret: true})
	}
}

// hasBody reports whether a function's text is written behind or before i.
func (st *statement) hasBody(i int) bool { return st.behind(i, "function", "procedure") }

// configures looks at a setting of a server of Microsoft's.
func (st *statement) configures(i int) {
	for n := i + 1; n < i+6; n++ {
		switch lower(st.body(n)) {
		case "xp_cmdshell", "ole automation procedures", "clr enabled", "ad hoc distributed queries":
			if st.is(n+1, ",") && st.word(n+2) == "1" {
				st.report(i, n+3, hit{rule: guardOff, severity: High, note: "lets statements reach the machine"})
			}
			return
		}
	}
}

// reachesOut looks at a function that talks to other machines or files.
func (st *statement) reachesOut(i int) {
	if !st.is(i+1, "(") && !st.is(i+1, ".") && st.at(i+1).kind != kindString || st.behind(i, "extension") {
		return
	}
	h := hit{rule: exfiltration, severity: High, note: "reaches another machine or its files"}
	if strings.HasPrefix(st.key(i), "dblink") || strings.HasPrefix(st.key(i), "open") {
		h.severity = Medium
	}
	st.report(i, i+2, h)
}

// unites looks at what is joined to a question: the database's own tables, or columns of nothing, as attacks count them.
func (st *statement) unites(i int) {
	n := i + 1
	if st.key(n) == "all" {
		n++
	}
	if st.key(n) != "select" {
		return
	}
	nulls := 0
	for m := n + 1; m < n+sqlAhead && m < len(st.list) && !st.is(m, ";"); m++ {
		switch st.key(m) {
		case "null":
			nulls++
		case "information_schema", "pg_shadow", "sqlite_master", "pg_user", "sysobjects", "password", "passwd", "password_hash", "pwd", "all_tables":
			st.report(i, m+1, hit{rule: sqlInjection, severity: High, note: "asks for what the question is not about"})
			return
		case "mysql":
			if st.is(m+1, ".") && st.key(m+2) == "user" {
				st.report(i, m+3, hit{rule: sqlInjection, severity: High})
				return
			}
		}
	}
	if nulls >= 3 && !st.ahead(n, "from") {
		st.report(i, n+2, hit{rule: sqlInjection, severity: Medium})
	}
}

// equalLiterals looks at a condition of a question that compares two equal literals behind OR.
func (st *statement) equalLiterals(i int) {
	for n := i + 1; n < i+sqlAhead && n < len(st.list) && !st.is(n, ";"); n++ {
		if st.key(n) != "or" || !st.is(n+2, "=") {
			continue
		}
		a, b := st.at(n+1), st.at(n+3)
		if a.kind == b.kind && (a.kind == kindString && st.body(n+1) == st.body(n+3) || a.kind == kindNumber && st.word(n+1) == st.word(n+3)) {
			st.report(n, n+4, hit{rule: sqlInjection, severity: Medium, note: "is true of every row"})
			return
		}
	}
}

// copies looks at COPY to a file of the database's machine.
func (st *statement) copies(i int) {
	if !st.starts(i) || !st.whole {
		return
	}
	for n := i + 1; n < i+sqlAhead && n < len(st.list) && !st.is(n, ";"); n++ {
		if st.key(n) == "to" && st.at(n+1).kind == kindString && strings.HasPrefix(st.body(n+1), "/") {
			st.report(i, n+2, hit{rule: sqlFile, severity: Medium})
			return
		}
	}
}
