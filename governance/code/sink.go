package code

import "strings"

// sinkKind says what a call does with what it is given, when a stranger chose that.
type sinkKind uint8

const (
	noSink       sinkKind = iota
	sinkPath              // opens, reads, writes or removes the file of that name
	sinkURL               // asks that address
	sinkPage              // writes it into a page
	sinkMarkup            // takes it for markup, whatever it is
	sinkRedirect          // sends the browser there
	sinkProgram           // runs the program of that name
	sinkQuery             // gives it to a database as a statement or a condition
	sinkTemplate          // takes it for a template
	sinkPattern           // takes it for a regular expression of an engine that backtracks
	sinkMerge             // copies its members into another object
	sinkCode              // runs it
)

// called looks at the call whose bracket is at i: does what a stranger sent reach what does harm?
func (t *trace) called(i int) {
	if t.at(i-1).kind != kindWord || len(t.names) == 0 && len(t.arrivals) == 0 {
		return
	}
	name := t.word(i - 1)
	if checks(name) {
		if end := t.closing(i); end > 0 {
			t.checkedBy(i, end)
		}
		return
	}
	kind, argument := t.sink(i, name)
	if kind == noSink || t.is(i-2, "def") || t.is(i-2, "func") || t.is(i-2, "function") {
		return
	}
	end := t.closing(i)
	if end < 0 {
		end = t.statementEnd(i + 1)
	}
	t.reaches(kind, i, argument, end)
}

// everyArgument and theReceiver say which argument of a sink counts, when it is not one of them by its number.
const (
	everyArgument = -1
	theReceiver   = -2
)

// reaches reports the call at i when an argument of it is what a stranger sent.
func (t *trace) reaches(kind sinkKind, i, argument, end int) {
	first, last := i+1, end
	switch {
	case argument == theReceiver:
		if first = t.receiverStart(i); first < 0 {
			return
		}
		last = i - 1
	case argument >= 0:
		if first, last = t.argument(i, end, argument); first == last {
			return
		}
	}
	group, at := t.sent(first, last)
	if group == 0 {
		return
	}
	switch kind {
	case sinkURL, sinkRedirect:
		if t.placed(first, at) || t.checkedWithin(first, last) {
			return
		}
	case sinkPage:
		if !t.writesMarkup(first, last) && (t.word(i-1) != "send" || !t.joinsText(first, last)) {
			return
		}
	case sinkProgram:
		if t.behindProgram(first, at) {
			return
		}
	case sinkQuery:
		if !t.unguarded(first, last, at) {
			return
		}
	default:
	}
	t.harm(kind, i, at, group)
}

// checkedWithin reports whether an argument asks what it is before it is used, as in a ? b : c.
func (t *trace) checkedWithin(first, last int) bool {
	for n := first; n < last; n++ {
		if t.is(n, "(") && t.at(n-1).kind == kindWord && checks(t.word(n-1)) {
			return true
		}
	}
	return false
}

// harm reports what a stranger sent and where it goes.
func (t *trace) harm(kind sinkKind, i, at int, group int32) {
	h := kind.hit()
	if t.soft[group] {
		h.severity, h.confidence = Medium, Likely
	}
	first := i
	if t.at(i-1).kind == kindWord {
		_, first = t.callee(i - 1)
	}
	t.mark(min(first, at), max(i, at), h)
}

// hit returns the finding of a sink.
func (k sinkKind) hit() hit {
	h := hit{severity: High, confidence: Likely}
	switch k {
	case sinkPath:
		h.rule = pathTraversal
	case sinkURL:
		h.rule = forgedRequest
	case sinkPage, sinkMarkup:
		h.rule = crossSite
	case sinkRedirect:
		h.rule, h.severity = openRedirect, Medium
	case sinkProgram:
		h.rule, h.note = osCommand, "runs a program that a stranger names"
	case sinkQuery:
		h.rule = sqlInjection
	case sinkTemplate:
		h.rule, h.note = eval, "takes what a stranger sent for a template, which can run code"
	case sinkPattern:
		h.rule, h.severity = heavyWork, Medium
	case sinkMerge:
		h.rule, h.severity = prototype, Medium
	default:
		h.rule = eval
	}
	return h
}

// argument returns where the argument of a number stands in the brackets that are at open and end.
func (t *trace) argument(open, end, number int) (first, last int) {
	first = open + 1
	depth := 0
	for n := open + 1; n < end; n++ {
		switch {
		case t.is(n, "(") || t.is(n, "[") || t.is(n, "{"):
			depth++
		case t.is(n, ")") || t.is(n, "]") || t.is(n, "}"):
			depth--
		case t.is(n, ",") && depth == 0:
			if number == 0 {
				return first, n
			}
			number--
			first = n + 1
		}
	}
	if number > 0 {
		return end, end
	}
	return first, end
}

// receiverStart returns where the expression starts that the call at i is made on, -1 when there is none.
func (t *trace) receiverStart(i int) int {
	if !t.separator(i - 2) {
		return -1
	}
	n := i - 3
	for n > i-24 && n >= 0 {
		switch {
		case t.is(n, ")") || t.is(n, "]"):
			if n = t.opening(n); n < 0 {
				return -1
			}
			if t.at(n-1).kind != kindWord {
				return n
			}
			n--
		case t.at(n).kind == kindWord && t.separator(n-1):
			n -= 2
		default:
			return n
		}
	}
	return -1
}

// placed reports whether an address begins with what is fixed, up to a path of its own, before what stands at a place.
func (t *trace) placed(first, at int) bool {
	if word := t.word(at); at == first && t.fixed[word] {
		return true
	}
	for n := first; n <= at; n++ {
		switch t.at(n).kind {
		case kindString:
			return fixesPlace(t.body(n))
		case kindWord:
			if n+1 < at && isFixed(t.spelled(n)) && (t.is(n+1, "+") || t.is(n+1, ",")) {
				return true
			}
		default:
		}
	}
	return false
}

// fixesPlace reports whether a literal fixes the host of an address, or is a path of this host.
func fixesPlace(text string) bool {
	if _, host, found := strings.Cut(text, "://"); found {
		slash := strings.IndexAny(host, "/?#")
		return slash > 0 && !strings.ContainsAny(host[:slash], "{$%")
	}
	return len(text) > 1 && text[0] == '/' && text[1] != '/' && text[1] != '\\' && text[1] != '$' && text[1] != '{'
}

// writesMarkup reports whether what is written between two tokens is a page: it has a tag in it.
func (t *trace) writesMarkup(first, last int) bool {
	for n := first; n < last; n++ {
		if t.at(n).kind == kindString && hasTag(t.body(n)) || t.at(n).kind == kindWord && t.pages[t.spelled(n)] {
			return true
		}
	}
	return false
}

// joinsText reports whether what is given is a text that is joined of others, which a browser takes for a page.
func (t *trace) joinsText(first, last int) bool {
	for n := first; n < last; n++ {
		if t.at(n).kind == kindString && (t.at(n).holes || t.is(n+1, "+")) {
			return true
		}
	}
	return false
}

// hasTag reports whether a text has a tag of HTML in it.
func hasTag(text string) bool {
	for n := 0; n+1 < len(text); n++ {
		if text[n] == '<' && (isLetter(text[n+1]) || text[n+1] == '/') {
			return true
		}
	}
	return false
}

// behindProgram reports whether what stands at a place is only an argument of a program that is fixed.
func (t *trace) behindProgram(first, at int) bool {
	for n := first; n < at; n++ {
		if t.is(n, ",") {
			return true
		}
	}
	return false
}

// unguarded reports whether a condition or a statement takes what a stranger sent as it is: a whole statement, or an
// object whose members may be operators.
func (t *trace) unguarded(first, last, at int) bool {
	if t.is(first, "{") {
		return !t.is(at-1, "(") && t.members(first, last)
	}
	return at == first
}

// members reports whether an object has a member that is what a JSON body has, which may be an object with operators in it.
func (t *trace) members(first, last int) bool {
	for n := first; n < last; n++ {
		if a, ok := t.arrivalAt(n); ok {
			return t.word(n+2) == "body" && int(a.last) < last && (t.is(n-1, ":") || t.is(n-1, "."))
		}
		if t.is(n, "$where") {
			return true
		}
	}
	return false
}

// returned looks at what a handler of Python returns: a page, or an answer with a type of its own.
func (t *trace) returned(i int) {
	end := t.statementEnd(i + 1)
	if len(t.names) == 0 && !t.arrives(i+1, end) || !t.writesMarkup(i+1, end) {
		return
	}
	if t.at(i+1).kind == kindWord && !t.pages[t.spelled(i+1)] && !t.is(i+1, "HttpResponse") && !t.is(i+1, "make_response") && !t.is(i+1, "Response") && !t.is(i+1, "HTMLResponse") {
		return
	}
	if group, at := t.sent(i+1, end); group > 0 {
		t.harm(sinkPage, i, at, group)
	}
}

// sinkSet looks at a member that is set: a page's markup, the place a browser goes to.
func (t *trace) sinkSet(i, end int) {
	if t.language != JavaScript && t.language != TypeScript {
		return
	}
	last := i - 1
	if t.is(last, "+") {
		last--
	}
	kind := noSink
	switch t.word(last) {
	case "innerHTML", "outerHTML", "srcdoc":
		kind = sinkMarkup
	case "href", "location":
		if t.is(last, "location") || t.separator(last-1) && t.word(last-2) == "location" {
			kind = sinkRedirect
		}
	}
	if kind == noSink {
		return
	}
	if group, at := t.sent(i+1, end); group > 0 && (kind != sinkRedirect || !t.placed(i+1, at)) {
		t.harm(kind, i, at, group)
	}
}
