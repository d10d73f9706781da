package code

import (
	"cmp"
	"slices"
	"sort"
	"strings"
)

// arrive finds where what strangers send arrives.
func (t *trace) arrive() {
	archives := strings.Contains(t.text, "zip") || strings.Contains(t.text, "tar.") || strings.Contains(t.text, "entry")
	for i := range t.list {
		if k := t.list[i].kind; k != kindWord && (k != kindString || !t.leaking) {
			continue
		}
		if t.leaking {
			if last := t.keeps(i); last >= i && len(t.arrivals) < 1<<16 {
				t.arrivals = append(t.arrivals, arrival{int32(i), int32(last)})
			}
			continue
		}
		if last := t.arrivesAt(i, archives); last >= i && len(t.arrivals) < 1<<16 {
			t.arrivals = append(t.arrivals, arrival{int32(i), int32(t.extended(last))})
		}
	}
	slices.SortStableFunc(t.arrivals, func(a, b arrival) int { return cmp.Compare(a.first, b.first) })
}

// arrivesAt returns the index of the last word of the expression at i that gives what a stranger sent, less than i when none does.
func (t *trace) arrivesAt(i int, archives bool) int {
	word := t.spelled(i)
	member := ""
	if t.separator(i+1) || t.is(i+1, "!") && t.separator(i+2) {
		member = t.word(i + 2)
	}
	if archives && member != "" && isEntryName(word, member) && !t.separator(i-1) {
		return i + 2
	}
	var known bool
	switch t.language {
	case Go:
		known = t.goArrival(i, word, member)
	case Python:
		known = t.pythonArrival(i, word, member)
	default:
		known = t.scriptArrival(i, word, member)
	}
	switch {
	case !known:
		return i - 1
	case member != "":
		return i + 2
	default:
		return i
	}
}

// isEntryName reports whether a member is the name of a file in an archive, which says where it is to be unpacked.
func isEntryName(word, member string) bool {
	switch member {
	case "Name", "entryName", "fileName", "path", "filename", "name":
	default:
		return false
	}
	switch word {
	case "f", "hdr", "header", "th", "zf", "zipFile":
		return member == "Name"
	case "entry", "member", "info":
		return true
	}
	return false
}

func (t *trace) goArrival(i int, word, member string) bool {
	if t.separator(i - 1) {
		return false
	}
	switch word {
	case "r", "req", "request":
		switch member {
		case "FormValue", "PostFormValue", "PathValue", "Body", "Form", "PostForm", "FormFile", "Referer", "RequestURI", "MultipartForm", "Cookie":
			return true
		case "URL":
			return t.separator(i+3) && (t.word(i+4) == "Query" || t.word(i+4) == "Path" || t.word(i+4) == "RawQuery" || t.word(i+4) == "RawPath")
		case "Header":
			return t.separator(i+3) && t.word(i+4) == "Get"
		}
	case "c", "ctx", "gc", "e":
		switch member {
		case "Query", "Param", "PostForm", "QueryParam", "FormValue", "DefaultQuery", "GetHeader", "Params", "GetQuery", "DefaultPostForm", "FormFile", "Body", "Cookie", "BodyParser":
			return t.is(i+3, "(")
		case "Bind", "BindJSON", "ShouldBindJSON", "ShouldBind", "ShouldBindQuery", "ShouldBindUri":
			t.bound(i + 3)
		}
	case "json", "d", "decoder", "dec":
		if t.readsRequest(i) {
			t.bound(t.decodes(i))
		}
	case "os":
		return member == "Args"
	case "mux":
		return member == "Vars"
	case "chi":
		return member == "URLParam"
	}
	return false
}

// readsRequest reports whether the decoder that is made at i reads the body of a request.
func (t *trace) readsRequest(i int) bool {
	for n := i; n < i+16; n++ {
		if t.separator(n) && t.is(n+1, "Body") {
			return true
		}
	}
	return false
}

// decodes returns the index of the bracket behind the Decode that follows i.
func (t *trace) decodes(i int) int {
	for n := i; n < i+24; n++ {
		if t.is(n, "Decode") || t.is(n, "Unmarshal") {
			return n + 1
		}
	}
	return i
}

// bound notes the variable that a request is read into, as in Decode(&v): from there on it arrives by that name.
func (t *trace) bound(open int) {
	if t.is(open, "(") && t.is(open+1, "&") && t.at(open+2).kind == kindWord {
		t.arrivals = append(t.arrivals, arrival{int32(open + 2), int32(open + 2)})
	}
}

func (t *trace) pythonArrival(i int, word, member string) bool {
	switch word {
	case "request", "flask_request":
		switch member {
		case "args", "form", "json", "values", "data", "files", "headers", "cookies", "GET", "POST", "FILES", "META", "COOKIES", "query_params",
			"get_json", "body", "path_params", "query_string", "match_info", "rel_url", "query", "get_data", "REQUEST", "params", "stream", "get_parameter":
			return true
		}
	case "input":
		return t.is(i+1, "(") && !t.separator(i-1)
	case "sys":
		return member == "argv"
	case "self":
		return member == "get_argument" || member == "get_query_argument" || member == "get_body_argument"
	case "event":
		return !t.separator(i-1) && (t.is(i+1, "[") || member == "get") && strings.Contains(t.text, "(event, context)")
	}
	return false
}

func (t *trace) scriptArrival(i int, word, member string) bool {
	switch word {
	case "req", "request":
		switch member {
		case "query", "params", "body", "headers", "cookies", "url", "files", "file", "param", "header", "get", "originalUrl", "json", "text", "formData", "nextUrl", "rawBody", "hostname":
			return !t.is(i+3, "=")
		}
	case "ctx":
		switch member {
		case "query", "params", "request", "req":
			return true
		}
	case "event":
		switch member {
		case "queryStringParameters", "body", "pathParameters", "data", "headers":
			return true
		}
	case "e", "msg", "evt":
		return member == "data" && !t.separator(i-1) && strings.Contains(t.text, "message")
	case "location":
		switch member {
		case "search", "hash", "href", "pathname":
			return !t.isSet(i + 3)
		}
	case "document":
		return member == "referrer" || member == "URL" || member == "documentURI"
	case "process":
		return member == "argv"
	case "searchParams", "queryParams", "queryParamMap", "URLSearchParams", "useSearchParams":
		return true
	case "Query", "Body", "Param", "Headers":
		t.decorated(i)
	}
	return false
}

// isSet reports whether the token at i is an assignment.
func (t *trace) isSet(i int) bool { return t.is(i, "=") }

// decorated notes the parameter that a decorator fills with what was sent: @Query('url') url: string.
func (t *trace) decorated(i int) {
	if !t.is(i-1, "@") || !t.is(i+1, "(") {
		return
	}
	end := t.closing(i + 1)
	if end < 0 || t.at(end+1).kind != kindWord || t.is(end+2, ":") && (t.is(end+3, "number") || t.is(end+3, "boolean")) {
		return
	}
	for n := i + 1; n < end; n++ {
		if strings.HasPrefix(t.word(n), "Parse") {
			return
		}
	}
	t.arrivals = append(t.arrivals, arrival{int32(end + 1), int32(end + 1)})
}

// extended returns the index of the last token of the expression whose last known word is at i: members and fixed keys too, so
// that the same value is known again by its text.
func (t *trace) extended(i int) int {
	for range 6 {
		switch {
		case t.separator(i+1) && t.at(i+2).kind == kindWord:
			i += 2
		case (t.is(i+1, "[") || t.is(i+1, "(")) && t.at(i+2).kind == kindString && (t.is(i+3, "]") || t.is(i+3, ")")):
			i += 3
		case t.is(i+1, "(") && t.is(i+2, ")"):
			i += 2
		default:
			return i
		}
	}
	return i
}

// arrivalAt returns the arrival that starts at i.
func (t *trace) arrivalAt(i int) (arrival, bool) {
	n := t.firstArrival(i)
	if n < len(t.arrivals) && int(t.arrivals[n].first) == i {
		return t.arrivals[n], true
	}
	return arrival{}, false
}

// arrives reports whether something arrives between two tokens.
func (t *trace) arrives(first, end int) bool {
	n := t.firstArrival(first)
	return n < len(t.arrivals) && int(t.arrivals[n].first) < end
}

func (t *trace) firstArrival(from int) int {
	return sort.Search(len(t.arrivals), func(n int) bool { return int(t.arrivals[n].first) >= from })
}

// invited reports whether the program has functions whose parameters strangers fill, or that sound like it.
func (t *trace) invited() bool {
	for i := range t.list {
		if t.list[i].kind == kindWord && (soundsForeign(t.spelled(i)) || t.is(i-1, "@") && t.language == Python) {
			return true
		}
	}
	return false
}

// soundsForeign reports whether a parameter's name says that somebody else chose its value.
func soundsForeign(name string) bool {
	switch name {
	case "filename", "fileName", "file_name", "userPath", "user_path", "user_file", "userFile", "requested_path", "requestedPath", "requested", "untrusted",
		"user_input", "userInput", "user_supplied", "userFilename", "user_filename", "user_url", "userUrl", "userURL", "untrusted_input", "relPath", "rel_path":
		return true
	}
	return false
}

// handler looks at the parameters of the function at i: those of a function that a route leads to hold what strangers send.
func (t *trace) handler(i int) {
	open := i + 1
	for open < i+3 && !t.is(open, "(") {
		open++
	}
	if t.language == Go && t.is(i+1, "(") { // behind the receiver
		if end := t.closing(i + 1); end > 0 && t.is(end+2, "(") {
			open = end + 2
		}
	}
	end := t.closing(open)
	if end < 0 {
		return
	}
	route := t.route(i)
	for n := open + 1; n < end; n++ {
		if t.at(n).kind != kindWord || !t.is(n-1, "(") && !t.is(n-1, ",") && t.at(n-1).kind != kindNewline {
			continue
		}
		name := t.spelled(n)
		switch {
		case soundsForeign(name):
			t.hold(name, t.group(name, true))
		case route != "" && t.filled(n, route):
			t.hold(name, t.group("@"+name, false))
		}
	}
}

// route returns the text of the decorators of the function of Python at i when one of them is a route of a web framework.
func (t *trace) route(i int) string {
	if t.language != Python {
		return ""
	}
	at := int(t.at(i).start)
	text := t.text[max(at-400, 0):at]
	if n := strings.LastIndex(text, "\n\n"); n >= 0 {
		text = text[n:]
	}
	for _, mark := range [...]string{".route(", ".get(", ".post(", ".put(", ".patch(", ".delete(", ".api_route(", ".websocket("} {
		if n := strings.Index(text, mark); n > 0 && strings.LastIndexByte(text[:n], '@') > strings.LastIndexByte(text[:n], '\n') {
			return text
		}
	}
	return ""
}

// filled reports whether the parameter at n of a route's function is a text that the request fills.
func (t *trace) filled(n int, route string) bool {
	name := t.spelled(n)
	switch name {
	case "self", "cls", "request", "req", "response", "db", "session", "background_tasks", "user", "current_user":
		return false
	}
	if strings.Contains(route, "int:"+name) || strings.Contains(route, "uuid:"+name) || strings.Contains(route, "float:"+name) {
		return false
	}
	for m := n + 1; m < n+6 && !t.is(m, ",") && !t.is(m, ")"); m++ {
		switch t.word(m) {
		case "int", "float", "bool", "UUID", "Depends", "Session", "date", "datetime", "Request", "Literal", "Enum":
			return false
		}
	}
	return true
}
