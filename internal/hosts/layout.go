package hosts

import (
	"bytes"
	"encoding/json"
	"strings"
)

// A layout is how a new item is written between its neighbours.
type layout struct {
	before, after string // between what stands before it and it, and behind it
	colon         string
	lines         bool   // values may have several lines
	indent        string // of the line it is on
	unit          string // of one more level
	end           string // of a line
}

// format writes a text of strict JSON as values are written here.
func (l layout) format(text []byte) string {
	var b bytes.Buffer
	if !l.lines {
		_ = json.Compact(&b, text) // it was encoded a moment ago
		return b.String()
	}
	_ = json.Indent(&b, bytes.TrimSpace(text), l.indent, l.unit)
	return strings.ReplaceAll(b.String(), "\n", l.end)
}

// around is the layout of a value that stands there already.
func (d *Document) around(v *value) layout {
	l := d.habits()
	l.indent = d.indentAt(v.from)
	return l
}

// habits are how the whole text is written.
func (d *Document) habits() layout {
	l := layout{colon: ": ", lines: true, unit: "  ", end: "\n"}
	if i := bytes.IndexByte(d.text, '\n'); i > 0 && d.text[i-1] == '\r' {
		l.end = "\r\n"
	}
	if len(d.root.items) == 0 {
		return l
	}
	first := &d.root.items[0]
	l.lines = bytes.IndexByte(d.text[d.root.from:d.root.to], '\n') >= 0
	if indent := d.indentAt(first.from); indent != "" && d.newLine(first) {
		l.unit = indent
	}
	if d.root.kind == '{' && !l.lines && d.text[first.value.from-1] == ':' {
		l.colon = ":"
	}
	return l
}

// newLine reports whether an item is on another line than what stands before it.
func (d *Document) newLine(it *item) bool {
	return bytes.IndexByte(d.text[it.after:it.from], '\n') >= 0
}

// indentAt is how the line of a place is indented.
func (d *Document) indentAt(at int) string {
	line := d.text[bytes.LastIndexByte(d.text[:at], '\n')+1 : at]
	return string(line[:len(line)-len(bytes.TrimLeft(line, " \t"))])
}

// layoutOf is how an item is added to an object or an array.
func (d *Document) layoutOf(v *value) layout {
	l := d.habits()
	end := d.trimmed(v.to - 1)
	if len(v.items) == 0 {
		return d.layoutEmpty(l, v, end)
	}
	last := &v.items[len(v.items)-1]
	l.indent = d.indentAt(last.from)
	switch {
	case d.newLine(last), d.endsComment(end):
		l.lines, l.before = true, l.end+l.indent
	case len(v.items) > 1:
		l.lines, l.before = false, string(d.text[d.trimmed(last.from):last.from])
	default:
		l.lines, l.before = false, strings.TrimPrefix(l.colon, ":")
	}
	return l
}

// layoutEmpty is how the first item is written; end is where comments have ended that may be there.
func (d *Document) layoutEmpty(l layout, v *value, end int) layout {
	outer := d.indentAt(v.from)
	l.indent = outer + l.unit
	broken := bytes.IndexByte(d.text[end:v.to], '\n') >= 0
	switch {
	case broken:
		l.lines, l.before = true, l.end+l.indent
	case end > v.from+1: // behind a comment, which is on the line of the bracket
		l.lines, l.before = false, " "
	case l.lines:
		l.before, l.after = l.end+l.indent, l.end+outer
	}
	return l
}
