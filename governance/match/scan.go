package match

import (
	"errors"
	"strings"
	"unicode/utf8"
	"unsafe"
)

// Scan looks for the patterns in name, a tool's or prompt's name or a resource's URI, and in every text of doc, a JSON
// document: strings and names with their escapes resolved, numbers as they are written, and neighbours put together, as a
// Walker shows them; and in each form of these that a Normalizer shows. An empty doc holds nothing.
//
// A space in a substring stands for any white space, as letters stand for those of the other case, unless the substring has
// tabs or line breaks; regexes and globs see each text as it is and then with its white space collapsed, unless the regex
// has a dot that is told not to take line breaks.
//
// Of all hits Scan returns the one of the pattern that was defined first, and of that pattern the first, the name before
// the document, so that the answer does not depend on the order of members more than it must. A document that is
// malformed, not UTF-8, nested deeper than MaxDepth or has an unpaired surrogate is a *DocumentError, whatever was found
// in it; a text with more beneath it than a Normalizer looks through is ErrLayers. Neither argument is kept or changed.
func (s *Set) Scan(name string, doc []byte) (Hit, bool, error) {
	m := s.matcher()
	defer s.release(m)
	if err := m.scan(name, doc); err != nil {
		return Hit{}, false, err
	}
	return m.best, m.found(), nil
}

// MaxHits is how many hits All returns at most.
const MaxHits = 10_000

// ErrHits says that there are more than MaxHits hits, so that a list of them would be none of all.
var ErrHits = errors.New("too many hits")

// All returns every hit of every pattern in a name and a document, in the order of texts, of their forms, and of where a hit
// ends; one that is found in several forms of a text at the same place is there once. Errors are those of Scan, and ErrHits.
// It is meant for what Scan found something in: where there is nothing, Scan is enough.
func (s *Set) All(name string, doc []byte) ([]Hit, error) {
	m := s.matcher()
	defer s.release(m)
	m.all, m.once = []Hit{}, make(map[Hit]struct{})
	if err := m.scan(name, doc); err != nil {
		return nil, err
	}
	if len(m.all) > MaxHits {
		return nil, ErrHits
	}
	return m.all, nil
}

// ScanString looks for the patterns in one string, as Scan does in a name. A string that is not UTF-8 is searched with
// U+FFFD in the place of every byte that is not. The error is ErrLayers.
func (s *Set) ScanString(text string) (Hit, bool, error) {
	m := s.matcher()
	defer s.release(m)
	if !utf8.ValidString(text) {
		text = strings.ToValidUTF8(text, "\uFFFD")
	}
	if err := m.scan(text, nil); err != nil {
		return Hit{}, false, err
	}
	return m.best, m.found(), nil
}

// place says what a value is.
type place uint8

const (
	inName place = iota
	inKey
	inValue
	inJoined
)

// placeOf returns the place of a leaf.
func placeOf(kind Kind) place {
	switch kind {
	case Key:
		return inKey
	case Joined, Spliced:
		return inJoined
	default:
		return inValue
	}
}

// A matcher holds the state of one scan. It belongs to a Set's pool.
type matcher struct {
	set  *Set
	auto *automaton

	first int32            // the lowest rule hit so far, the number of rules when there is none
	best  Hit              // of it
	all   []Hit            // every hit, when it is not nil; then first stays as it is
	once  map[Hit]struct{} // what is in all

	leaf   *Leaf    // the current text, nil for a name
	now    place    // what it is
	view   View     // the form of it that is looked at
	spaces *level   // what the view was collapsed to, where that is looked at
	state  uint32   // of the automaton within the view
	marked []int32  // rules to check at the end of the view
	seen   []uint32 // by rule: the last view it was marked in
	number uint32   // of the view

	name       []byte // a text outside a document
	collapsed  level
	normalizer Normalizer
	walker     Walker
	visitLeaf  func(*Leaf) error // the methods see and look
	visitView  func(View) bool
	glance     glance
}

// matcher returns a matcher from the pool, ready for a new scan.
func (s *Set) matcher() *matcher {
	m, ok := s.pool.Get().(*matcher)
	if !ok {
		m = &matcher{set: s, auto: s.auto, seen: make([]uint32, len(s.rules))}
		if m.auto == nil {
			m.auto = newAutomaton(nil, tableBytes)
		}
		m.normalizer.Skip = Space // the automaton takes a run of white space for one, and run collapses what it must
		m.walker.Neighbours = true
		m.visitLeaf, m.visitView = m.see, m.look
		m.glance.auto, m.glance.pieces = m.auto, &m.normalizer.pieces
	}
	m.first = int32(len(s.rules))
	return m
}

// release gives a matcher back.
func (s *Set) release(m *matcher) {
	m.best, m.all, m.once, m.leaf, m.view = Hit{}, nil, nil, nil, View{}
	m.glance.forget()
	if cap(m.name) > keptBytes {
		m.name = nil
	}
	if cap(m.collapsed.text) > keptBytes {
		m.collapsed = level{}
	}
	s.pool.Put(m)
}

// found reports whether there was a hit.
func (m *matcher) found() bool { return int(m.first) < len(m.set.rules) }

// scan looks at a name and a document.
func (m *matcher) scan(name string, doc []byte) error {
	m.name = append(m.name[:0], name...)
	if m.glance.nothing(m.name, doc) {
		return nil
	}
	if name != "" {
		if !utf8.ValidString(name) {
			return &DocumentError{Problem: "the name is not valid UTF-8"}
		}
		m.now = inName
		if err := m.normalizer.Each(m.name, m.visitView); err != nil {
			return err
		}
	}
	if len(doc) == 0 {
		return nil
	}
	return m.walker.Walk(doc, m.visitLeaf)
}

// see looks at one text of a document. A number has no other form, nor have neighbours of which none has any.
func (m *matcher) see(l *Leaf) error {
	m.leaf, m.now = l, placeOf(l.Kind)
	if l.Kind == Number || m.now == inJoined && l.plain() {
		m.look(View{Text: l.Text})
		l.note.plain = true
		return nil
	}
	err := m.normalizer.Each(l.Text, m.visitView)
	l.note.plain = m.normalizer.plain
	return err
}

// look looks at one form of a text. It wants no more of them when there is nothing more to be found.
func (m *matcher) look(v View) bool {
	m.view, m.state, m.marked = v, 0, m.marked[:0]
	if m.now == inJoined && v.Original() && !m.crossed(m.leaf) {
		m.finish(v.Text)
		return m.first > 0
	}
	if m.number++; m.number == 0 { // wrapped round: old marks would count again
		clear(m.seen)
		m.number = 1
	}
	for i := 0; ; {
		if i = m.feed(v.Text, i); i == len(v.Text) {
			break
		}
		i += m.wide(v.Text, i)
	}
	if v.Original() && m.leaf != nil {
		m.leaf.note.state, m.leaf.note.marked = m.state, len(m.marked) > 0
	}
	m.finish(v.Text)
	return m.first > 0 && len(m.all) <= MaxHits
}

// feed runs the automaton over text from i to the first byte beyond ASCII, and returns its index.
func (m *matcher) feed(text []byte, i int) int {
	class, next, state := &m.auto.text, m.auto.next, m.state
	for ; i < len(text); i++ {
		c := class[text[i]]
		var e uint32
		if state < markSparse {
			e = next[state+uint32(c)]
		} else {
			e = m.auto.deep(state, c)
		}
		if e >= markSparse {
			if e == entryStop {
				break
			}
			if e >= markOut {
				m.ended(e, text[:i+1])
				e &^= markOut
			}
		}
		state = e
	}
	m.state = state
	return i
}

// wide feeds the folded form of the character at i, which is not ASCII, and returns its size.
func (m *matcher) wide(text []byte, i int) int {
	r, size := utf8.DecodeRune(text[i:])
	if r = foldRune(r); r >= utf8.RuneSelf && !m.auto.wide {
		m.state = 0
		return size
	}
	var folded [utf8.UTFMax]byte
	n := utf8.EncodeRune(folded[:], r)
	for _, b := range folded[:n] {
		e := m.auto.deep(m.state, m.auto.class[b])
		if e >= markOut {
			m.ended(e, text[:i+size])
			e &^= markOut
		}
		m.state = e
	}
	return size
}

// ended looks at the keys that end where text, the view so far, ends.
func (m *matcher) ended(e uint32, text []byte) {
	a := m.auto
	for id := a.out[a.number(e)]; id != 0; id = a.ends[id].next {
		end := &a.ends[id]
		switch {
		case m.all != nil:
			for _, rule := range end.hits {
				m.substring(rule, text)
			}
		case end.hit < m.first:
			m.substring(end.hit, text)
		}
		for _, rule := range end.checks {
			if rule >= m.first {
				break
			}
			m.check(rule, text)
		}
	}
}

// substring records the hit of a substring that ends where text ends.
func (m *matcher) substring(rule int32, text []byte) {
	r := &m.set.rules[rule]
	start, _ := r.begins(text, r.text)
	m.hit(rule, start, len(text))
}

// check verifies a substring at once and marks any other rule for the end of the view.
func (m *matcher) check(rule int32, text []byte) {
	if r := &m.set.rules[rule]; r.text != "" {
		start, ok := r.begins(text, r.text)
		if !ok && m.view.forms()&Confusable != 0 && r.looks != "" {
			start, ok = r.begins(text, r.looks)
		}
		if ok {
			m.hit(rule, start, len(text))
		}
		return
	}
	if m.seen[rule] != m.number {
		m.seen[rule] = m.number
		m.marked = append(m.marked, rule)
	}
}

// finish ends a view: it runs the rules whose factor was found and those that have none.
func (m *matcher) finish(text []byte) {
	s := m.set
	if len(m.marked) == 0 && len(s.globs) == 0 && len(s.exprs) == 0 {
		return
	}
	m.run(text)
	m.collapsed.reset()
	if collapse(&m.collapsed, text); len(m.collapsed.edits) > 0 {
		m.spaces = &m.collapsed
		m.run(m.collapsed.text)
		m.spaces = nil
	}
}

// run runs all that is to be run on a text.
func (m *matcher) run(text []byte) {
	s := m.set
	for _, rule := range m.marked {
		m.rule(rule, text)
	}
	for _, rule := range s.globs {
		m.rule(rule, text)
	}
	if len(s.exprs) == 0 || s.exprs[0] >= m.first || !s.any.mayMatch(text, &s.spent) {
		return
	}
	for _, rule := range s.exprs {
		m.rule(rule, text)
	}
}

// rule searches a text for a regex or a glob, unless a hit of a lower rule is known already.
func (m *matcher) rule(rule int32, text []byte) {
	if rule >= m.first {
		return
	}
	r := &m.set.rules[rule]
	if r.glob != nil {
		if r.glob.Match(unsafe.String(unsafe.SliceData(text), len(text))) { //nolint:gosec // Match reads it and keeps nothing
			m.hit(rule, 0, len(text))
		}
		return
	}
	if r.lines && m.spaces != nil || !r.guard.mayMatch(text, &m.set.spent) {
		return
	}
	if m.all != nil {
		for _, at := range r.expr.FindAllIndex(text, MaxHits) {
			m.hit(rule, at[0], at[1])
		}
		return
	}
	if at := r.expr.FindIndex(text); at != nil {
		m.hit(rule, at[0], at[1])
	}
}

// hit records a hit in the view.
func (m *matcher) hit(rule int32, start, end int) {
	h := Hit{Pattern: int(rule), Name: m.set.names[rule], InName: m.now == inName, InKey: m.now == inKey, Joined: m.now == inJoined}
	within := start < end
	if m.spaces != nil {
		start, end = m.spaces.below(start, end)
	}
	h.Form = m.view.Form(start, end)
	if m.spaces != nil && within {
		h.Form = strings.TrimPrefix(h.Form+"/"+Space.String(), "/")
	}
	span := m.view.Span(start, end)
	h.Start, h.End = span.Start, span.End
	if m.now != inName {
		h.Pointer = m.leaf.Pointer()
	}
	if m.all == nil {
		m.first, m.best = rule, h
		return
	}
	place := h
	place.Form = ""
	if _, twice := m.once[place]; !twice {
		m.once[place] = struct{}{}
		m.all = append(m.all, h)
	}
}
