package code

import "strings"

// maxTraced is how many names a trace remembers, and how many texts it knows apart.
const maxTraced = 1024

// A trace follows what strangers send from where it arrives (a request, a message, a command line) to where it does
// harm: a query, a path, an address, a page. It goes by the order of the text, within a function: an assignment hands what it
// holds on, a call that cleans ends it, and a check of the value (of its form, or against a list) counts for all that
// follows. What was read from the same place shares a group, so that a check of one copy counts for the others.
type trace struct {
	*program
	leaking  bool             // it follows what should stay here to the network, and not what comes in
	arrivals []arrival        // by their index
	names    map[string]int32 // the group of what a name holds
	groups   map[string]int32 // by the text of where a value arrived
	checked  []bool           // groups whose value was checked
	soft     []bool           // groups of parameters that only sound like strangers'
	fixed    map[string]bool  // names of addresses whose host is fixed
	pages    map[string]bool  // names of texts that have tags in them
}

// An arrival is an expression that gives what a stranger sent.
type arrival struct{ first, last int32 }

// traces reports whether a language is one whose values are followed.
func traces(l Language) bool {
	return l == Go || l == JavaScript || l == TypeScript || l == Python
}

// trace follows what strangers send through the program, and what should stay on the machine.
func (p *program) trace() {
	t := trace{program: p}
	t.follow()
	p.runsDownload()
	if p.leaks() {
		t = trace{program: p, leaking: true}
		t.follow()
	}
}

// follow goes through the program once.
func (t *trace) follow() {
	t.arrive()
	if len(t.arrivals) == 0 && (t.leaking || !t.invited()) {
		return
	}
	t.names, t.groups = make(map[string]int32), make(map[string]int32)
	t.fixed, t.pages = make(map[string]bool), make(map[string]bool)
	t.checked, t.soft = make([]bool, 1, 16), make([]bool, 1, 16)
	for i := range t.list {
		if i&0xFFFF == 0 && t.scan.stopped() {
			return
		}
		switch tok := t.list[i]; tok.kind {
		case kindWord:
			t.begins(i, t.text[tok.start:tok.end])
		case kindPunct:
			t.operator(i, tok)
		default:
		}
	}
}

// begins looks at words that begin functions and conditions.
func (t *trace) begins(i int, word string) {
	if _, ok := t.arrivalAt(i); ok && t.is(i-1, "&") { // what a request is read into
		t.hold(word, t.group(word, false))
	}
	switch word {
	case "def", "func", "function":
		t.function(i)
		return
	case "in", "of", "range":
		t.loop(i)
		return
	}
	if t.leaking {
		return
	}
	switch word {
	case "if", "elif", "assert", "switch", "unless", "while":
		t.condition(i)
	case "return":
		if t.language == Python {
			t.returned(i)
		}
	case "app", "router", "export", "async":
		if t.startsLine(i) {
			clear(t.checked)
		}
	}
}

// operator looks at assignments and calls.
func (t *trace) operator(i int, tok token) {
	switch t.text[tok.start] {
	case '(':
		if t.leaking {
			t.leak(i)
			return
		}
		t.called(i)
	case '=', ':':
		if size := tok.end - tok.start; size == 1 && t.text[tok.start] == '=' || size == 2 && t.text[tok.start:tok.end] == ":=" {
			t.assigned(i)
		}
	}
}

// startsLine reports whether the token at i stands at the beginning of a line.
func (t *trace) startsLine(i int) bool {
	at := t.at(i).start
	return at == 0 || t.text[at-1] == '\n'
}

// function begins a function: what was known of names does not hold in it, save in a script, whose functions see the names around.
func (t *trace) function(i int) {
	if t.language == Python && t.at(i-1).kind == kindNewline || t.startsLine(i) {
		clear(t.names)
		clear(t.checked)
	}
	if !t.leaking {
		t.handler(i)
	}
}

// group returns the group of what arrives at a place in the text, as it is written there.
func (t *trace) group(text string, soft bool) int32 {
	if g, ok := t.groups[text]; ok {
		return g
	}
	if len(t.groups) >= maxTraced {
		return 0
	}
	g := int32(len(t.checked))
	t.groups[text] = g
	t.checked, t.soft = append(t.checked, false), append(t.soft, soft)
	return g
}

// hold notes that a name holds what a stranger sent, or no longer does.
func (t *trace) hold(name string, group int32) {
	if group == 0 {
		delete(t.names, name)
		return
	}
	if name != "" && name != "_" && len(t.names) < maxTraced {
		t.names[name] = group
	}
}

// sent returns the group of what a stranger sent among the tokens from first up to end, 0 when there is nothing, and the
// index where it stands.
func (t *trace) sent(first, end int) (group int32, at int) {
	for i := first; i < end; i++ {
		if k := t.at(i).kind; k != kindWord && (k != kindString || !t.leaking) {
			continue
		}
		if a, ok := t.arrivalAt(i); ok {
			if g := t.group(t.text[t.at(i).start:t.at(int(a.last)).end], false); g > 0 && !t.checked[g] {
				return g, i
			}
			i = int(a.last)
			continue
		}
		if t.at(i).kind == kindString {
			continue
		}
		word := t.spelled(i)
		if g := t.names[word]; g > 0 && !t.separator(i-1) && !t.isKey(i) {
			if !t.checked[g] && !t.harmlessMember(i) {
				return g, i
			}
			continue
		}
		if i = t.passOver(i, word); i < 0 {
			break
		}
	}
	return 0, first
}

// spelled returns the text of the word at i.
func (t *trace) spelled(i int) string { return t.text[t.list[i].start:t.list[i].end] }

// isKey reports whether the word at i is the name of an argument or a key, and not a value.
func (t *trace) isKey(i int) bool {
	return t.is(i+1, "=") && t.language == Python || t.is(i+1, ":") && t.language != Python && (t.is(i-1, "{") || t.is(i-1, ",") || t.at(i-1).kind == kindNewline)
}

// harmlessMember reports whether only a number or a yes or no is taken of the value at i.
func (t *trace) harmlessMember(i int) bool {
	if !t.separator(i + 1) {
		return false
	}
	switch t.word(i + 2) {
	case "length", "size", "Size", "Len", "userId", "hostname":
		return !t.is(i+3, "(") || t.word(i+2) != "hostname"
	}
	return false
}

// passOver returns the index of the last token that is to be passed over at the word at i: what a call that cleans is given,
// or the key that something is looked up by.
func (t *trace) passOver(i int, word string) int {
	if t.leaking {
		if t.is(i+1, "(") && fingerprints(word) {
			return max(i, t.closing(i+1))
		}
		return i
	}
	switch {
	case t.is(i+1, "(") && (cleans(word, t.receiverOf(i)) || looksUp(word) && !t.giving(i)):
		if end := t.closing(i + 1); end > 0 {
			return end
		}
	case t.is(i+1, "[") && t.language != Go || t.is(i+1, "[") && !t.is(i+2, "]"):
		if end := t.closing(i + 1); end > 0 {
			return end
		}
	case (word == "function" || word == "func") && t.language != Python:
		return -1
	}
	return i
}

// receiverOf returns the word that the call of the function named at i stands behind.
func (t *trace) receiverOf(i int) string {
	if t.separator(i - 1) {
		return t.word(i - 2)
	}
	return ""
}

// giving reports whether the call named at i is made on what a stranger sent.
func (t *trace) giving(i int) bool {
	return t.separator(i-1) && t.names[t.word(i-2)] > 0
}

// assigned looks at the = or := at i.
func (t *trace) assigned(i int) {
	end := t.statementEnd(i + 1)
	if t.leaking {
		t.leakSet(i, end)
	} else {
		t.sinkSet(i, end)
	}
	if len(t.names) == 0 && !t.arrives(i+1, end) {
		return
	}
	if t.is(i+1, "async") || t.isArrow(i+1, end) {
		return
	}
	group, at := t.sent(i+1, end)
	if name := t.word(i - 1); group > 0 && name != "" {
		t.fixed[name], t.pages[name] = t.placed(i+1, at), t.pages[name] || t.writesMarkup(i+1, end)
	}
	added := t.is(i-1, "+") || t.is(i-1, "|") || t.is(i, "+=")
	for n := i - 1; n >= 0 && n > i-32; n-- {
		switch tok := t.list[n]; {
		case tok.kind == kindNewline, t.is(n, ";"), t.is(n, "("), t.is(n, ")"):
			return
		case tok.kind == kindWord && !t.separator(n-1) && (!added || group != 0):
			t.hold(t.spelled(n), group)
		}
		if t.is(n, "=") || t.is(n, "{") && !t.is(n-1, "const") && !t.is(n-1, "let") && !t.is(n-1, "var") {
			return
		}
	}
}

// isArrow reports whether the value from i on is a function.
func (t *trace) isArrow(i, end int) bool {
	if t.is(i, "function") || t.is(i, "func") || t.is(i, "lambda") || t.is(i+1, "=>") {
		return true
	}
	if t.is(i, "(") {
		if n := t.closing(i); n > 0 && n < end && t.is(n+1, "=>") {
			return true
		}
	}
	return false
}

// statementEnd returns the index behind the expression that starts at i: the end of its line or argument.
func (t *trace) statementEnd(i int) int {
	depth, limit := 0, min(i+160, len(t.list))
	if t.exhausted() {
		limit = min(i+16, len(t.list))
	}
	n := i
	for ; n < limit; n++ {
		tok := t.list[n]
		switch tok.kind {
		case kindNewline:
			if depth == 0 && n > i && !t.goesOn(n) {
				t.spent += n - i
				return n
			}
		case kindPunct:
			switch t.text[tok.start] {
			case '(', '[', '{':
				depth++
			case ')', ']', '}':
				if depth--; depth < 0 {
					t.spent += n - i
					return n
				}
			case ';':
				if depth == 0 {
					t.spent += n - i
					return n
				}
			}
		default:
		}
	}
	t.spent += n - i
	return n
}

// goesOn reports whether an expression goes on behind the end of the line at n.
func (t *trace) goesOn(n int) bool {
	before := t.at(n - 1)
	if before.kind == kindPunct && strings.IndexByte("+|&,.?=", t.text[before.start]) >= 0 {
		return true
	}
	return t.language != Python && t.language != Go && (t.is(n+1, ".") || t.is(n+1, "+") || t.is(n+1, "?") || t.is(n+1, "?."))
}

// loop looks at what a loop takes from what a stranger sent.
func (t *trace) loop(i int) {
	if len(t.names) == 0 && len(t.arrivals) == 0 || !t.inLoop(i) {
		return
	}
	group, _ := t.sent(i+1, t.conditionEnd(i+1))
	if group == 0 {
		return
	}
	for n := i - 1; n > i-12 && n >= 0 && !t.is(n, "for") && !t.is(n, "("); n-- {
		if t.list[n].kind == kindWord && !t.separator(n-1) {
			t.hold(t.spelled(n), group)
		}
	}
}

// inLoop reports whether the word at i stands in the head of a loop.
func (t *trace) inLoop(i int) bool {
	for n := i - 1; n >= 0 && n > i-12 && t.list[n].kind != kindNewline; n-- {
		if t.is(n, "for") {
			return true
		}
	}
	return false
}
