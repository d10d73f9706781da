package code

import "strings"

// delete looks at a DELETE: of what, and of which rows.
func (st *statement) delete(i int) {
	next := st.skip(i + 1)
	if st.explained(i) {
		return
	}
	switch st.key(st.before(i)) {
	case "on", "for", "after", "before", "or", "grant", "revoke", "of", "instead":
		return
	}
	if st.is(st.before(i), ",") {
		return
	}
	if st.key(next) != "from" && (!st.starts(i) || !st.whole || st.at(next).kind != kindWord) {
		return
	}
	if st.key(next) == "from" {
		next = st.skip(next + 1)
	}
	if st.key(next) == "when" || st.key(next) == "where" || st.key(next) == "top" && st.is(next+1, "(") { // of MERGE; of some rows
		return
	}
	if tok := st.at(next); tok.kind == kindEnd && !st.whole || tok.kind == kindPunct && strings.IndexByte("=,)", st.text[tok.start]) >= 0 {
		return
	}
	st.rows(i, next, hit{rule: deleteAll, severity: Critical})
}

// update looks at an UPDATE … SET: of which rows.
func (st *statement) update(i int) {
	if !st.starts(i) || st.explained(i) || st.key(st.before(i)) == "then" {
		return
	}
	next := st.skip(i + 1)
	if k := st.at(next).kind; k != kindWord && k != kindPunct {
		return
	}
	limit := min(next+16, len(st.list))
	set := st.find(next, limit, "set")
	if set <= next || st.at(st.skip(set+1)).kind != kindWord && !st.whole {
		return
	}
	if !st.assigns(set) {
		return
	}
	st.rows(i, set, hit{rule: updateAll, severity: High})
}

// explained reports whether the statement at i is only explained: EXPLAIN ANALYZE runs it too.
func (st *statement) explained(i int) bool {
	for n := st.before(i); n >= 0 && n > i-8; n = st.before(n) {
		switch st.key(n) {
		case "explain":
			return true
		case "analyze", "analyse":
			return false
		}
		if st.is(n, ";") {
			return false
		}
	}
	return false
}

// assigns reports whether a = follows soon: "update set of rules" is prose.
func (st *statement) assigns(set int) bool {
	for n := set + 1; n < set+10; n++ {
		if st.is(n, "=") || st.is(n, "{") || st.is(n, "%") {
			return true
		}
	}
	return false
}

// before returns the index of the token before i that is no end of a line.
func (st *statement) before(i int) int {
	for i--; st.at(i).kind == kindNewline && i >= 0; i-- {
	}
	return i
}

// rows reports a statement that starts at i when no WHERE from the token at from on selects its rows.
func (st *statement) rows(i, from int, h hit) {
	end := st.lastOnce(from)
	where := st.find(from, end, "where")
	switch {
	case where >= 0:
		switch {
		case st.alwaysTrue(where+1, end):
			h.note = "has a WHERE that is true for every row"
		case st.nearlyTrue(where+1, end):
			h.severity, h.note = Medium, "has a WHERE that is true for nearly every row"
		default:
			return
		}
	case st.find(from, end, "join") >= 0 || st.find(from, end, "using") >= 0 || st.find(from, end, "limit") >= 0:
		h.severity = Medium
	case end == len(st.list) && (st.open || st.endsOpen()):
		h.severity, h.note = Medium, "ends in what cannot be seen, and may well reach every row"
	}
	st.report(i, end, h)
	if h.severity == Medium {
		st.scan.hits[len(st.scan.hits)-1].confidence = Unsure
	}
}

// lastOnce is last, but does not walk the same statement again and again.
func (st *statement) lastOnce(from int) int {
	if st.end <= from {
		st.end = st.last(from)
	}
	return st.end
}

// endsOpen reports whether the text ends in a hole, which may hold the rest of the statement.
func (st *statement) endsOpen() bool {
	n := len(st.list) - 1
	for st.at(n).kind == kindNewline {
		n--
	}
	return !st.whole && (st.is(n, "}") || st.is(n-1, "%")) && !st.opener(n-3)
}

// alwaysTrue reports whether the condition between two tokens holds for every row, as far as constants tell.
func (st *statement) alwaysTrue(from, end int) bool {
	if !st.affords(end - from) {
		return true
	}
	c := condition{statement: st, pos: from, end: end}
	return c.or() == yes
}

// nearlyTrue reports whether the condition is one comparison that ids and names hardly ever fail: a > 0, a IS NOT NULL,
// a <> ”.
func (st *statement) nearlyTrue(from, end int) bool {
	i := st.skip(from)
	if st.at(i).kind != kindWord {
		return false
	}
	for i++; st.is(i, ".") && i < end; i += 2 {
	}
	last := end
	for last > i && st.at(last-1).kind == kindNewline {
		last--
	}
	switch {
	case st.key(i) == "is" && st.key(i+1) == "not" && st.key(i+2) == "null":
		return last == i+3
	case st.is(i, ">") || st.is(i, ">="):
		n := st.word(i + 1)
		return last == i+2 && (n == "0" || n == "1" && st.is(i, ">=")) || last == i+3 && st.is(i+1, "-")
	case st.is(i, "<>") || st.is(i, "!="):
		return last == i+2 && (st.body(i+1) == "" && st.at(i+1).kind == kindString || st.word(i+1) == "0")
	}
	return false
}

// truth is what is known about a condition.
type truth uint8

const (
	unknown truth = iota
	yes
	no
)

// A condition is read by recursive descent: or, and, not, comparison.
type condition struct {
	*statement
	pos, end, depth int
}

func (c *condition) next() token {
	c.pos = c.skip(c.pos)
	if c.pos >= c.end {
		return token{}
	}
	return c.at(c.pos)
}

func (c *condition) word() string {
	if c.next().kind == kindEnd {
		return ""
	}
	return c.key(c.pos)
}

func (c *condition) or() truth {
	result := c.and()
	for c.word() == "or" || c.next().kind == kindPunct && c.is(c.pos, "||") {
		c.pos++
		switch right := c.and(); {
		case result == yes || right == yes:
			result = yes
		case result != no || right != no:
			result = unknown
		}
	}
	return result
}

func (c *condition) and() truth {
	result := c.not()
	for c.word() == "and" || c.next().kind == kindPunct && c.is(c.pos, "&&") {
		c.pos++
		switch right := c.not(); {
		case result == no || right == no:
			result = no
		case result != yes || right != yes:
			result = unknown
		}
	}
	return result
}

func (c *condition) not() truth {
	negate := false
	for c.word() == "not" || c.next().kind == kindPunct && c.is(c.pos, "!") {
		c.pos++
		negate = !negate
	}
	result := c.comparison()
	if negate && result != unknown {
		return yes + no - result
	}
	return result
}

// operand reads one side of a comparison and returns it as text; constants are told by their first byte.
func (c *condition) operand() (text string, constant bool) {
	tok := c.next()
	start := c.pos
	switch tok.kind {
	case kindNumber:
		c.pos++
		return c.text[tok.start:tok.end], true
	case kindString:
		c.pos++
		return c.text[tok.start:tok.end], true
	case kindWord:
		for c.pos < c.end && (c.at(c.pos).kind == kindWord && c.pos == start || c.is(c.pos, ".") || c.is(c.pos-1, ".")) {
			c.pos++
		}
		last := c.at(c.pos - 1)
		return lower(c.text[tok.start:last.end]), false
	default:
	}
	return "", false
}
