package code

import "strings"

// dynamic looks at the literal at i: a statement that others are joined to, and then run, is whatever they say.
func (st *statement) dynamic(i int) {
	if !st.whole || !readsLikeSQL(st.body(i)) && !st.behindExecute(i) {
		return
	}
	joined := st.is(i+1, "|") && st.is(i+2, "|") || st.is(i+1, "||") || st.is(i+1, "+")
	next := i + 2
	if st.is(i+2, "|") {
		next = i + 3
	}
	within := false
	if !joined && st.is(i+1, ",") && st.inConcat(i) {
		joined, next, within = true, i+2, true
	}
	if !joined || st.at(next).kind != kindWord && !st.is(next, "@") {
		return
	}
	switch st.key(next) {
	case "quote_ident", "quote_literal", "quotename", "quote_nullable", "dbms_assert", "chr", "char", "cast", "convert", "str", "to_char":
		return
	}
	if within || st.executed(i) {
		st.report(i, next+1, hit{rule: sqlInjection, severity: Medium})
	}
}

// behindExecute reports whether the literal at i is what EXECUTE is given.
func (st *statement) behindExecute(i int) bool {
	for n := i - 1; n > i-4 && n >= 0; n-- {
		switch st.key(n) {
		case "execute", "exec", "immediate":
			return true
		}
	}
	return false
}

// inConcat reports whether the literal at i is the first that CONCAT is given.
func (st *statement) inConcat(i int) bool {
	return st.is(i-1, "(") && st.key(i-2) == "concat"
}

// executed reports whether a text that is made at i is run: the text has what runs texts somewhere near.
func (st *statement) executed(i int) bool {
	for n := max(i-sqlAhead, 0); n < min(i+4*sqlAhead, len(st.list)); n++ {
		switch st.key(n) {
		case "execute", "exec", "immediate", "sp_executesql", "prepare":
			return st.affords(sqlAhead)
		}
	}
	return false
}

// inserts looks at an INSERT that writes a password as it is.
func (st *statement) inserts(i int) {
	column, n := -1, i+1
	for ; n < i+sqlAhead && !st.is(n, "("); n++ {
		if st.is(n, ";") || st.at(n).kind == kindEnd {
			return
		}
	}
	count := 0
	for ; n < i+2*sqlAhead && !st.is(n, ")") && st.at(n).kind != kindEnd; n++ {
		if st.is(n, ",") {
			count++
		} else if k := strings.Trim(lower(st.word(n)), "\"`"); k == "password" || k == "passwd" || k == "pwd" || k == "user_password" {
			column = count
		}
	}
	for ; column >= 0 && n < i+3*sqlAhead && !st.is(n, "("); n++ {
		if st.at(n).kind == kindEnd || st.is(n, ";") {
			return
		}
	}
	for depth := 0; column >= 0 && n < i+4*sqlAhead && st.at(n).kind != kindEnd; n++ {
		switch {
		case st.is(n, "("):
			depth++
		case st.is(n, ")"):
			if depth--; depth == 0 {
				return
			}
		case st.is(n, ",") && depth == 1:
			column--
		case column == 0 && depth == 1 && st.at(n).kind == kindString && !st.is(n+1, "|"):
			if text := st.literal(n); couldBePassword("password", text.text) && !isHash(text.text) {
				st.scan.found(&text, 0, len(text.text), hit{rule: password, severity: Medium, confidence: Likely, secret: true})
			}
			return
		}
	}
}

// isHash reports whether a text is the hash of a password.
func isHash(text string) bool {
	if strings.HasPrefix(text, "$") || strings.HasPrefix(text, "*") || strings.HasPrefix(text, "{") || strings.HasPrefix(text, "pbkdf2") || strings.HasPrefix(text, "scrypt") || strings.HasPrefix(text, "argon2") || strings.HasPrefix(text, "0x") {
		return true
	}
	if len(text) < 32 {
		return false
	}
	for i := range len(text) {
		if hexDigit(text[i]) < 0 {
			return false
		}
	}
	return true
}
