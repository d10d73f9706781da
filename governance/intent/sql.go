package intent

import (
	"strings"

	"github.com/mcp-kernel/mcp-kernel/governance/code"
)

// sql judges the statements of a text that stands at a place of its argument. Share is how sure it is that they are run.
func (a *analysis) sql(text string, at int, share float64) {
	for _, s := range code.Statements(text) {
		category, confidence, rule := judgeStatement(&s, strings.ToLower(text[s.Start:min(s.End, len(text))]))
		if category != Unclassified {
			a.add(category, confidence*share, rule, at+s.Start, at+s.End)
		}
	}
}

// judgeStatement returns what a statement is for, Unclassified when it is not understood. Small is its text in small
// letters; strings in it count only where a statement names files and programs by them.
func judgeStatement(s *code.Statement, small string) (Category, float64, string) {
	bare := withoutStrings(small)
	switch s.Kind {
	case code.DefineStatement:
		return judgeDefinition(s, bare, small)
	case code.RightsStatement:
		return judgeRights(s, bare)
	case code.WriteStatement:
		return judgeWrite(s, bare, small)
	case code.ReadStatement:
		return judgeRead(s, bare)
	case code.SessionStatement:
		if strings.HasPrefix(bare, "set global") || strings.HasPrefix(bare, "set persist") {
			return SystemModification, 0.86, "sql_sets_server"
		}
		return Unclassified, 0, ""
	case code.CallStatement:
		return judgeCall(s, bare)
	default:
		return Unclassified, 0, ""
	}
}

// withoutStrings returns a text of SQL with what stands in single quotes, and comments, taken out.
func withoutStrings(text string) string {
	if strings.IndexByte(text, '\'') < 0 && !strings.Contains(text, "--") && !strings.Contains(text, "/*") {
		return text
	}
	out := make([]byte, 0, len(text))
	for i := 0; i < len(text); i++ {
		switch {
		case text[i] == '\'':
			for i++; i < len(text) && text[i] != '\''; i++ {
			}
			out = append(out, '\'', '\'')
		case strings.HasPrefix(text[i:], "--"):
			i += lineEnd(text[i:])
			out = append(out, ' ')
		case strings.HasPrefix(text[i:], "/*") && !strings.HasPrefix(text[i:], "/*!"):
			if n := strings.Index(text[i:], "*/"); n > 0 {
				i += n + 1
			} else {
				i = len(text)
			}
			out = append(out, ' ')
		default:
			out = append(out, text[i])
		}
	}
	return string(out)
}

func judgeDefinition(s *code.Statement, bare, small string) (Category, float64, string) {
	switch s.Verb {
	case "truncate":
		return DestructiveData, 0.97, "sql_truncate"
	case "purge", "flashback":
		return DestructiveData, 0.84, "sql_purge"
	case "drop":
		return judgeDrop(s, bare)
	case "alter":
		return judgeAlter(s, bare)
	case "create":
		return judgeCreate(s, bare, small)
	default:
		return DataWrite, 0.7, "sql_maintain"
	}
}

func judgeDrop(s *code.Statement, bare string) (Category, float64, string) {
	switch s.Object {
	case "user", "role", "login":
		return SystemModification, 0.76, "sql_drop_account"
	case "policy", "trigger", "event":
		return SystemModification, 0.66, "sql_drop_guard"
	case "index", "view", "function", "procedure", "type", "extension", "server", "domain":
		if strings.Contains(bare, "cascade") {
			return DestructiveData, 0.9, "sql_drop"
		}
		return DestructiveData, 0.82, "sql_drop"
	}
	if strings.Contains(bare, "drop temp") {
		return DataWrite, 0.7, "sql_drop_temporary"
	}
	return DestructiveData, 0.97, "sql_drop"
}

func judgeAlter(s *code.Statement, bare string) (Category, float64, string) {
	if strings.HasPrefix(bare, "alter share") {
		return DataExfiltration, 0.82, "sql_shares"
	}
	words := strings.Fields(bare)
	switch s.Object {
	case "user", "role", "login":
		if hasPart(bare, "superuser|createrole|createdb|bypassrls|add member|replication|sysadmin") && !strings.Contains(bare, " nosuperuser") {
			return PrivilegeEscalation, 0.96, "sql_make_superuser"
		}
		return PrivilegeEscalation, 0.84, "sql_alter_account"
	}
	switch {
	case len(words) > 1 && words[1] == "system":
		return SystemModification, 0.92, "sql_sets_server"
	case strings.Contains(bare, "default privileges") || strings.Contains(bare, "owner to"):
		return PrivilegeEscalation, 0.84, "sql_owner"
	case strings.Contains(bare, "disable row level security") || strings.Contains(bare, "disable trigger"):
		return SystemModification, 0.86, "sql_disables_guard"
	case hasPart(bare, " drop column| drop partition| drop constraint| drop primary| drop foreign| drop index"), strings.Contains(bare, " drop ") && s.Object == "table":
		if strings.Contains(bare, "drop not null") || strings.Contains(bare, "drop default") {
			return DataWrite, 0.76, "sql_alter"
		}
		return DestructiveData, 0.86, "sql_drop_column"
	}
	return DataWrite, 0.78, "sql_alter"
}

func judgeCreate(s *code.Statement, bare, small string) (Category, float64, string) {
	switch s.Object {
	case "user", "role", "login":
		if hasPart(bare, "superuser|createrole|admin") && !strings.Contains(bare, "nosuperuser") {
			return PrivilegeEscalation, 0.95, "sql_make_superuser"
		}
		return PrivilegeEscalation, 0.8, "sql_make_account"
	case "function", "procedure":
		if hasPart(bare, "language c|plpythonu|plperlu|plpython3u|plsh|language 'c'") || strings.Contains(small, ".so'") || strings.Contains(small, "soname") {
			return CodeExecution, 0.9, "sql_native_function"
		}
		return DataWrite, 0.66, "sql_create_function"
	case "extension", "server", "event":
		return SystemModification, 0.72, "sql_extends_server"
	}
	if s.Object == "share" || strings.HasPrefix(bare, "create share") {
		return DataExfiltration, 0.8, "sql_shares"
	}
	if strings.HasPrefix(bare, "create or replace table") && hasPart(bare, "where false|where 1=0|where 1 = 0|limit 0") {
		return DestructiveData, 0.86, "sql_empties_table"
	}
	return DataWrite, 0.84, "sql_create"
}

func judgeRights(s *code.Statement, bare string) (Category, float64, string) {
	switch {
	case s.Verb == "revoke" || s.Verb == "deny":
		return SystemModification, 0.7, "sql_revoke"
	case hasPart(bare, "grant all|option|superuser|rds_superuser|dba|to public|sysadmin|pg_execute_server|pg_write_server|db_owner"):
		return PrivilegeEscalation, 0.97, "sql_grant_all"
	}
	return PrivilegeEscalation, 0.88, "sql_grant"
}

func judgeWrite(s *code.Statement, bare, small string) (Category, float64, string) {
	switch {
	case strings.Contains(bare, "into outfile") || strings.Contains(bare, "into dumpfile"):
		return DataExfiltration, 0.95, "sql_into_file"
	case s.Verb == "copy":
		return judgeCopy(bare, small)
	case strings.HasPrefix(bare, "delete") || strings.Contains(bare, "delete from"):
		if s.Rows == code.RowsAll {
			return DestructiveData, 0.95, "sql_delete_all"
		}
		return DataWrite, 0.84, "sql_delete_some"
	case strings.Contains(bare, "update") && setsRights(bare, small):
		return PrivilegeEscalation, 0.9, "sql_sets_rights"
	case s.Verb == "insert" && insertsRights(s, small):
		return PrivilegeEscalation, 0.84, "sql_sets_rights"
	case s.Rows == code.RowsAll && strings.Contains(bare, "update"):
		return DestructiveData, 0.86, "sql_update_all"
	}
	return DataWrite, 0.93, "sql_write"
}

// judgeCopy judges COPY of PostgreSQL by where it copies to.
func judgeCopy(bare, small string) (Category, float64, string) {
	switch {
	case strings.Contains(bare, "from program"):
		return CodeExecution, 0.95, "sql_runs_program"
	case strings.Contains(bare, "to program"):
		return DataExfiltration, 0.95, "sql_copy_to_program"
	case hasPart(small, "into 's3:|into 'gcs:|into 'azure:|into @"):
		return DataExfiltration, 0.84, "sql_copy_to"
	case strings.Contains(bare, " from "):
		if strings.Contains(bare, "select") && strings.Contains(bare, ") to ") {
			return DataExfiltration, 0.86, "sql_copy_to"
		}
		return DataWrite, 0.8, "sql_copy_from"
	case strings.Contains(bare, "to stdout"):
		return DataExfiltration, 0.66, "sql_copy_to"
	case strings.Contains(small, "to '"):
		return DataExfiltration, 0.9, "sql_copy_to"
	}
	return DataExfiltration, 0.6, "sql_copy_to"
}

// setsRights reports whether an UPDATE sets what says who somebody is.
func setsRights(bare, small string) bool {
	n := strings.Index(bare, " set ")
	if n < 0 {
		return false
	}
	set := bare[n:]
	if w := strings.Index(set, " where "); w > 0 {
		set = set[:w]
	}
	if hasPart(set, "is_admin|isadmin|is_superuser|is_staff|superuser|admin =|admin=|is_root|privilege|permission|user_level|is_owner|account_locked|mfa_") {
		return true
	}
	return hasPart(set, " role|,role|role_id|access_level|user_type") && hasPart(small, "'admin|'root|'owner|'superuser|'administrator|'super|role_id = 1|role_id=1|level = 9")
}

// insertsRights reports whether an INSERT gives somebody a role that rules.
func insertsRights(s *code.Statement, small string) bool {
	if len(s.Targets) == 0 || !hasPart(small, "'admin|'root|'owner|'super|'administrator") {
		return false
	}
	return hasPart(strings.ToLower(s.Targets[0]), "role|permission|grant|admin|acl|member")
}

func judgeRead(s *code.Statement, bare string) (Category, float64, string) {
	switch {
	case strings.Contains(bare, "into outfile") || strings.Contains(bare, "into dumpfile"):
		return DataExfiltration, 0.95, "sql_into_file"
	case hasPart(bare, "load_file(|pg_read_file(|pg_read_binary_file(|pg_ls_dir(|lo_export(|lo_import(|utl_http|utl_file|http_get(|http_post(|dblink|openrowset(|utl_inaddr|xp_dirtree"):
		return DataExfiltration, 0.86, "sql_reaches_out"
	case hasPart(bare, "pg_terminate_backend(|pg_reload_conf(|pg_cancel_backend(|set_config("):
		return SystemModification, 0.82, "sql_sets_server"
	case hasPart(bare, "sys_exec(|sys_eval(|xp_cmdshell|dbms_java|dbms_scheduler|load_extension("):
		return CodeExecution, 0.92, "sql_runs_program"
	case hasPart(bare, "ssn|social_security|card_number|credit_card|creditcard|cvv|cvc|api_key|secret_key|private_key|mfa_secret|totp_secret") && !strings.Contains(bare, "count("):
		return DataExfiltration, 0.7, "sql_reads_persons"
	case hasPart(bare, "pg_shadow|pg_authid|mysql.user|sys.sql_logins|dba_users|password_hash|passwd_hash"), strings.Contains(bare, "union") && strings.Contains(bare, "password"):
		return DataExfiltration, 0.78, "sql_reads_secrets"
	case strings.Contains(bare, "sleep(") || strings.Contains(bare, "benchmark(") || strings.Contains(bare, "waitfor delay"):
		return SystemModification, 0.55, "sql_stalls"
	case s.Verb == "pragma" && strings.Contains(bare, "="):
		return DataWrite, 0.5, "sql_pragma"
	}
	return DataRead, 0.94, "sql_read"
}

func judgeCall(s *code.Statement, bare string) (Category, float64, string) {
	switch {
	case hasPart(bare, "xp_cmdshell|sp_oacreate|sp_execute_external|dbms_scheduler|master..xp_"):
		return CodeExecution, 0.96, "sql_runs_program"
	case hasPart(bare, "sp_configure|xp_reg|sp_addlinkedserver"), s.Verb == "shutdown", s.Verb == "kill":
		return SystemModification, 0.9, "sql_sets_server"
	case hasPart(bare, "sp_addsrvrolemember|sp_addrolemember|sp_addlogin"):
		return PrivilegeEscalation, 0.94, "sql_grant"
	}
	if hasPart(bare, "plpythonu|plpython3u|plperlu|plsh") {
		return CodeExecution, 0.9, "sql_runs_program"
	}
	return DataWrite, 0.5, "sql_call"
}

// injected judges a text that is to stand within a statement, and ends it or adds to it.
func (a *analysis) injected(text string, share float64) {
	if n := strings.IndexByte(text, ';'); n >= 0 && readsLikeSQL(text[n+1:]) {
		a.sql(text[n+1:], n+1, 0.92*share)
	}
	small := strings.ToLower(text)
	if n := strings.Index(small, "union "); n > 0 && strings.Contains(small[n:], "select ") && strings.Contains(small[n:], " from ") && strings.ContainsAny(small[:n], "'\")0123456789") {
		a.add(DataExfiltration, 0.86*share, "sql_injection", n, len(text))
	}
}

// readsLikeSQL reports whether a text that need not be SQL begins as a statement does: by a verb and what must follow it.
func readsLikeSQL(text string) bool {
	first, rest := nextWord(text)
	second, rest := nextWord(rest)
	switch first {
	case "select":
		return strings.Contains(strings.ToLower(text), " from ") || strings.ContainsAny(text, "*(@") && !strings.ContainsAny(text, "?!")
	case "with":
		return strings.Contains(strings.ToLower(text), "select") && strings.Contains(text, "(")
	case "drop", "create", "alter", "truncate":
		return first == "truncate" && second == "table" || objectWord(second) && rest != ""
	case "insert", "replace":
		return second == "into"
	case "delete":
		return second == "from"
	case "update":
		third, _ := nextWord(rest)
		return third == "set" || strings.Contains(strings.ToLower(rest), " set ")
	case "grant", "revoke":
		return strings.Contains(strings.ToLower(rest), " on ") || strings.Contains(strings.ToLower(rest), " to ")
	case "copy":
		return strings.Contains(strings.ToLower(rest), " to ") && strings.ContainsAny(rest, "'(") || strings.Contains(strings.ToLower(rest), "stdout")
	case "exec", "execute":
		return strings.HasPrefix(second, "xp_") || strings.HasPrefix(second, "sp_") || second == "master"
	case "merge":
		return second == "into"
	}
	return false
}

func objectWord(w string) bool {
	switch w {
	case "table", "database", "schema", "index", "view", "user", "role", "function", "procedure", "trigger", "or", "unique", "temporary", "temp", "materialized", "system", "extension", "sequence", "type", "tablespace", "login", "column":
		return true
	}
	return false
}

// nextWord returns the first word of a text in small letters and what follows it; comments before it are skipped.
func nextWord(text string) (first, rest string) {
	i := 0
	for i < len(text) {
		switch c := text[i]; {
		case c == ' ' || c == '\n' || c == '\t' || c == '\r' || c == '(' || c == ';' || c == '\'' || c == ')':
			i++
			continue
		case strings.HasPrefix(text[i:], "/*!"): // MySQL runs what is in it
			for i += 3; i < len(text) && isDigit(text[i]); i++ {
			}
			continue
		case strings.HasPrefix(text[i:], "/*"):
			if n := strings.Index(text[i:], "*/"); n > 0 {
				i += n + 2
				continue
			}
		case strings.HasPrefix(text[i:], "--"):
			i += lineEnd(text[i:])
			continue
		}
		break
	}
	n := i
	for n < len(text) && n < i+24 && (isAlnum(text[n]) || text[n] == '_') {
		n++
	}
	return strings.ToLower(text[i:n]), text[n:]
}
