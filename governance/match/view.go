package match

import (
	"slices"
	"strings"
)

// A View is one form of a text. It and its Text are valid only during the visit. The zero value is an empty text.
type View struct {
	Text  []byte // not to be changed
	Layer int    // how many decodings lie around it: 0 is the text itself, or what is seen in it

	normalizer *Normalizer
	level      int
}

// An edit is one place where a view differs from the text it was made of, or several alike in a row: there are count of
// them, and each takes n bytes of the view and stands for width bytes of the text.
type edit struct {
	at, from int32 // where the first begins, in the view and in the text
	n, width int32
	count    int32
	form     Forms
}

// level is a view and what it was made of, the level below.
type level struct {
	text  []byte
	edits []edit
	forms Forms
}

// Original reports whether the view is the text as it was given.
func (v View) Original() bool { return v.level == 0 }

// Span returns the part of the original text that a part of the view was made from.
func (v View) Span(start, end int) Span {
	for i := v.level; i > 0; i-- {
		start, end = v.normalizer.levels[i].below(start, end)
	}
	return Span{start, end}
}

// Form names what was undone to make the part of the view, the outermost first, as in "base64/nfkc"; of the original it is
// empty.
func (v View) Form(start, end int) string {
	var names []string
	for i := v.level; i > 0; i-- {
		l := &v.normalizer.levels[i]
		if forms := l.within(start, end); forms != 0 {
			names = append(names, forms.String())
		}
		start, end = l.below(start, end)
	}
	if len(names) == 0 && v.level > 0 {
		names = append(names, v.normalizer.levels[v.level].forms.String())
	}
	slices.Reverse(names)
	return strings.Join(names, "/")
}

// forms returns all forms that were undone to make the view.
func (v View) forms() (forms Forms) {
	for i := v.level; i > 0; i-- {
		forms |= v.normalizer.levels[i].forms
	}
	return forms
}

// reset empties the level.
func (l *level) reset() {
	l.text, l.edits, l.forms = l.text[:0], l.edits[:0], 0
}

// keep takes over text as it is.
func (l *level) keep(text []byte) { l.text = append(l.text, text...) }

// edit notes that the last n bytes of the view stand for from to to of the text below.
func (l *level) edit(n, from, to int, form Forms) {
	l.forms |= form
	e := edit{at: int32(len(l.text) - n), from: int32(from), n: int32(n), width: int32(to - from), count: 1, form: form}
	if last := len(l.edits) - 1; last >= 0 {
		before := &l.edits[last]
		switch {
		case len(l.edits) >= maxEdits: // from here on the places run together
			before.n, before.width, before.count = int32(len(l.text))-before.at, int32(to)-before.from, 1
			before.form |= form
			return
		case before.n == e.n && before.width == e.width && before.form == form && before.end() == e.at && before.from+before.width*before.count == e.from:
			before.count++
			return
		}
	}
	l.edits = append(l.edits, e)
}

// end is where the edits end in the view.
func (e *edit) end() int32 { return e.at + e.n*e.count }

// before returns the number of edits that begin at or before a place of the view.
func (l *level) before(at int) int {
	n, found := slices.BinarySearchFunc(l.edits, int32(at), func(e edit, at int32) int { return int(e.at - at) })
	for found && n < len(l.edits) && l.edits[n].at == int32(at) {
		n++
	}
	return n
}

// below returns what a part of the view was made from.
func (l *level) below(start, end int) (from, to int) {
	from, _ = l.place(start)
	if end <= start {
		return from, from
	}
	_, to = l.place(end - 1)
	return from, max(from, to)
}

// place returns where the byte at i of the view comes from. A place behind the end is the end.
func (l *level) place(i int) (from, to int) {
	n := l.before(i)
	if n == 0 {
		return i, i + 1
	}
	e, at := &l.edits[n-1], int32(i)
	if e.n > 0 && at < e.end() {
		at = e.from + (at-e.at)/e.n*e.width
		return int(at), int(at + e.width)
	}
	at = e.from + e.width*e.count + at - e.end()
	return int(at), int(at + 1)
}

// within returns the forms of the edits in a part of the view.
func (l *level) within(start, end int) (forms Forms) {
	for n := l.before(end - 1); n > 0; n-- {
		e := &l.edits[n-1]
		if behind := int(e.end()); behind < start || e.n > 0 && behind == start {
			break
		}
		if e.n > 0 || int(e.at) > start {
			forms |= e.form
		}
	}
	return forms
}
