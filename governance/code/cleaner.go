package code

import "strings"

// cleans reports whether a call gives what cannot do harm any more: a number, a name without a path, an escaped text.
func cleans(name, receiver string) bool {
	switch name {
	case "int", "float", "bool", "Number", "parseInt", "parseFloat", "Boolean", "BigInt", "Atoi", "ParseInt", "ParseUint", "ParseBool", "ParseFloat", "ParseAddr",
		"ParseIP", "ParsePrefix", "ParseAddress", "basename", "Base", "quote", "quote_plus", "urlencode", "QueryEscape", "PathEscape", "HTMLEscapeString",
		"encodeURIComponent", "url_for", "len", "ObjectId", "UUID", "format_html", "filterXSS", "xss", "SecureJoin", "safe_join", "hexdigest",
		"ip_address", "hash", "Sum256", "sanitizeHtml", "slug", "slugify", "strip_tags", "bleach", "mapToSafe", "isinstance", "type", "randomUUID", "MustCompile", "QuoteMeta", "Quote":
		return true
	case "Parse", "MustParse":
		return receiver == "uuid" || receiver == "time" || receiver == "netip" || receiver == "ulid"
	case "parse", "safeParse", "parseAsync", "model_validate":
		return strings.Contains(receiver, "chema") || receiver == "z"
	case "clean":
		return receiver == "bleach" || receiver == "nh3"
	case "encode":
		return receiver == "he"
	case "escape":
		return true
	}
	small := lower(name)
	for _, prefix := range [...]string{"sanit", "escape", "valid", "safe", "secure_", "purify", "allowed", "resolvesafe", "isvalid", "is_valid", "issafe", "is_safe", "resolvewithin", "resolve_within"} {
		if strings.HasPrefix(small, prefix) {
			return true
		}
	}
	return false
}

// looksUp reports whether a call gives what is kept under what it is given, or only says something about it.
func looksUp(name string) bool {
	small := lower(name)
	switch small {
	case "get", "has", "count", "is", "includes", "indexof", "contains", "exists", "login", "authenticate", "compare", "filter", "filter_by", "isdigit", "startswith", "endswith":
		return true
	}
	for _, prefix := range [...]string{"find", "lookup", "select", "query", "insert", "save", "update", "delete", "create_user", "get_", "getuser", "getby", "load_", "loaduser", "fetch_", "fetchuser", "hash"} {
		if strings.HasPrefix(small, prefix) {
			return true
		}
	}
	return false
}

// checks reports whether a call says whether a value is one of those that are allowed.
func checks(name string) bool {
	switch name {
	case "includes", "has", "contains", "Contains", "test", "match", "matches", "fullmatch", "MatchString", "Match", "startsWith", "startswith", "HasPrefix",
		"is_relative_to", "relative_to", "IsLocal", "commonpath", "commonprefix", "Rel", "url_has_allowed_host_and_scheme", "isURL", "isUUID", "isIP", "isAlphanumeric",
		"indexOf", "ContainsAny", "isalnum", "isdigit", "isidentifier", "hasOwnProperty", "hasOwn", "ValidPath", "FindStringSubmatch", "resolve4", "getaddrinfo", "LookupIP":
		return true
	}
	small := lower(name)
	for _, prefix := range [...]string{"validate", "check", "verify", "ensure", "assert", "isallowed", "is_allowed", "isvalid", "is_valid", "issafe", "is_safe", "allow", "ispublic", "is_public", "isprivate", "is_private", "isinternal", "is_internal", "reject", "valid", "ishost", "isblocked", "is_blocked", "must"} {
		if strings.HasPrefix(small, prefix) {
			return true
		}
	}
	return false
}

// checkedBy notes that the call named before the bracket at i has checked what it is given, or is made on.
func (t *trace) checkedBy(i, end int) {
	if t.onlyScheme(i) {
		return
	}
	t.clearAll(i+1, end)
	for n := i - 2; n > i-10 && n >= 0 && (t.separator(n) || t.at(n).kind == kindWord); n-- {
		if t.at(n).kind == kindWord && !t.separator(n-1) {
			t.clearAll(n, i-1)
			return
		}
	}
}

// onlyScheme reports whether the call before the bracket at i asks no more than whether an address begins with http, or a
// name with a letter: that says nothing about where it leads.
func (t *trace) onlyScheme(i int) bool {
	for n := i + 1; n < i+4; n++ {
		if t.at(n).kind == kindString {
			text := t.body(n)
			return strings.HasPrefix(text, "http") && strings.Count(text, "/") <= 2 && strings.IndexByte(text, '.') < 0
		}
		if t.is(n, ")") {
			break
		}
	}
	return false
}

// clearAll notes that all that strangers sent among some tokens has been checked.
func (t *trace) clearAll(first, end int) {
	for i := first; i < end; i++ {
		if t.at(i).kind != kindWord {
			continue
		}
		if a, ok := t.arrivalAt(i); ok {
			if g := t.group(t.text[t.at(i).start:t.at(int(a.last)).end], false); g > 0 {
				t.checked[g] = true
			}
			i = int(a.last)
			continue
		}
		if g := t.names[t.spelled(i)]; g > 0 && !t.separator(i-1) {
			t.checked[g] = true
		}
	}
}

// conditionEnd returns the index behind a condition that starts at i.
func (t *trace) conditionEnd(i int) int {
	depth, limit := 0, min(i+64, len(t.list))
	if t.exhausted() {
		limit = min(i+8, len(t.list))
	}
	for n := i; n < limit; n++ {
		tok := t.list[n]
		if tok.kind == kindNewline && depth == 0 {
			return n
		}
		if tok.kind != kindPunct {
			continue
		}
		switch t.text[tok.start] {
		case '(', '[':
			depth++
		case ')', ']':
			if depth--; depth < 0 {
				return n
			}
			if depth == 0 && t.language != Python && t.language != Go && t.is(i, "(") {
				return n
			}
		case '{':
			if depth == 0 {
				return n
			}
		case ':':
			if depth == 0 && t.language == Python {
				return n
			}
		}
	}
	return limit
}

// condition looks at comparisons with fixed texts and membership in what is no stranger's: they check a value.
func (t *trace) condition(i int) {
	if len(t.names) == 0 && len(t.arrivals) == 0 {
		return
	}
	end := t.conditionEnd(i + 1)
	t.spent += end - i
	if t.is(i, "switch") {
		t.clearAll(i+1, end)
		return
	}
	for n := i + 1; n < end; n++ {
		switch {
		case t.is(n, "==") || t.is(n, "!=") || t.is(n, "===") || t.is(n, "!=="):
			if k := t.at(n + 1); k.kind == kindString && t.body(n+1) != "" && !t.typeOf(n, i) {
				t.clearAll(t.comparedFrom(n, i), n)
			} else if t.at(n+1).kind == kindWord && isFixed(t.spelled(n+1)) {
				t.clearAll(t.comparedFrom(n, i), n)
			}
		case t.is(n, "in") && t.at(n-1).kind != kindString:
			t.clearAll(t.comparedFrom(n, i), n)
		}
	}
}

// isFixed reports whether a name is spelled like a constant.
func isFixed(name string) bool {
	return len(name) > 2 && name == strings.ToUpper(name)
}

// typeOf reports whether the comparison at n asks for a type.
func (t *trace) typeOf(n, first int) bool {
	for m := n - 1; m > first && m > n-6; m-- {
		if t.is(m, "typeof") {
			return true
		}
	}
	return false
}

// comparedFrom returns where the left side of the comparison at n starts.
func (t *trace) comparedFrom(n, first int) int {
	m := n - 1
	for ; m > first; m-- {
		if t.is(m, "and") || t.is(m, "or") || t.is(m, "||") || t.is(m, "&&") || t.is(m, "if") {
			break
		}
	}
	return m
}
