package match

import (
	"bytes"
	"unicode/utf8"
	"unsafe"
)

// Scan looks for the patterns in name, a tool's or prompt's name or a resource's URI, and in every value of doc, a JSON
// text: strings and keys with their escapes resolved, numbers as they are written, and the strings and numbers of each
// array once more joined by single spaces, as a command line is, without its empty ones. The literals true, false and
// null carry no text of anyone's choice and are no values. An empty doc holds nothing.
//
// Of all hits Scan returns the one of the pattern that was defined first, and of that pattern the first, the name before
// the document, so that the answer does not depend on the order of members more than it must. A document that is
// malformed, not UTF-8, nested deeper than MaxDepth or has an unpaired surrogate is a *DocumentError, whatever was found
// in it. Neither argument is kept or changed.
func (s *Set) Scan(name string, doc []byte) (Hit, bool, error) {
	m := s.matcher()
	defer s.release(m)
	if name != "" && !m.literal(name) {
		return Hit{}, false, &DocumentError{Problem: "the name is not valid UTF-8"}
	}
	if len(doc) > 0 {
		if err := m.walker.Walk(doc, m.visit); err != nil {
			return Hit{}, false, err
		}
	}
	hit, ok := m.result(doc)
	return hit, ok, nil
}

// ScanString looks for the patterns in one string, as Scan does in a name. A string that is not UTF-8 is searched with
// U+FFFD in the place of every byte that is not.
func (s *Set) ScanString(text string) (Hit, bool) {
	m := s.matcher()
	defer s.release(m)
	if !m.literal(text) {
		m.reset(s)
		m.literal(string(bytes.ToValidUTF8([]byte(text), []byte("\uFFFD"))))
	}
	return m.result(nil)
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

	best  int32   // lowest rule hit so far, number of rules when none
	place place   // of the best hit
	trail []frame // that leads to it
	start int     // of the best hit within its value
	end   int

	state  uint32   // of the automaton within the current value
	now    place    // of the current value
	marked []int32  // rules to check at the end of the current value
	seen   []uint32 // by rule: the last value it was marked in
	value  uint32   // number of the current value

	name   []byte // a text outside a document
	walker Walker
	leaf   *Leaf             // the current value, nil outside a document
	visit  func(*Leaf) error // the method see
}

// matcher returns a matcher from the pool, ready for a new scan.
func (s *Set) matcher() *matcher {
	m, ok := s.pool.Get().(*matcher)
	if !ok {
		m = &matcher{set: s, auto: s.auto, seen: make([]uint32, len(s.rules))}
		if m.auto == nil {
			m.auto = newAutomaton(nil, tableBytes)
		}
		m.walker.Neighbours = true
		m.visit = m.see
	}
	m.reset(s)
	return m
}

func (m *matcher) reset(s *Set) {
	m.best, m.leaf = int32(len(s.rules)), nil
}

// release gives a matcher back.
func (s *Set) release(m *matcher) {
	m.leaf = nil
	if cap(m.name) > keptBytes {
		m.name = nil
	}
	s.pool.Put(m)
}

// see matches one text of a document.
func (m *matcher) see(l *Leaf) error {
	m.leaf = l
	m.begin(placeOf(l.Kind))
	m.whole(l.Text)
	return nil
}

// begin starts a value.
func (m *matcher) begin(p place) {
	m.state, m.now = 0, p
	m.marked = m.marked[:0]
	if m.value++; m.value == 0 { // wrapped round: old marks would count again
		clear(m.seen)
		m.value = 1
	}
}

// literal matches a text that stands outside any document; it reports whether it is valid UTF-8.
func (m *matcher) literal(text string) bool {
	m.name = append(m.name[:0], text...)
	m.begin(inName)
	return m.whole(m.name)
}

// whole feeds a text and ends the value. It reports whether the text is valid UTF-8.
func (m *matcher) whole(text []byte) bool {
	for i := 0; ; {
		i = m.feed(text, i)
		if i == len(text) {
			m.finish(text)
			return true
		}
		size := m.wide(text, i)
		if size == 0 {
			return false
		}
		i += size
	}
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
				m.found(e, text[:i+1])
				e &^= markOut
			}
		}
		state = e
	}
	m.state = state
	return i
}

// wide feeds the folded form of the character at i, which is not ASCII, and returns its size, 0 when it is malformed.
func (m *matcher) wide(text []byte, i int) int {
	r, size := utf8.DecodeRune(text[i:])
	if r == utf8.RuneError && size < 2 {
		return 0
	}
	if r = foldRune(r); r >= utf8.RuneSelf && !m.auto.wide {
		m.state = 0
		return size
	}
	var folded [utf8.UTFMax]byte
	n := utf8.EncodeRune(folded[:], r)
	for _, b := range folded[:n] {
		e := m.auto.deep(m.state, m.auto.class[b])
		if e >= markOut {
			m.found(e, text[:i+size])
			e &^= markOut
		}
		m.state = e
	}
	return size
}

// found looks at the keys that end where value, the text so far, ends.
func (m *matcher) found(e uint32, value []byte) {
	a := m.auto
	id := a.out[a.number(e)]
	if hit := a.ends[id].hit; hit < m.best {
		m.hit(hit, back(value, m.set.rules[hit].runes), len(value))
	}
	for ; id != 0; id = a.ends[id].next {
		for _, rule := range a.ends[id].checks {
			if rule >= m.best {
				break
			}
			m.check(rule, value)
		}
	}
}

// check verifies a case-sensitive substring at once and marks any other rule for the end of the value.
func (m *matcher) check(rule int32, value []byte) {
	if text := m.set.rules[rule].text; text != "" {
		if from := len(value) - len(text); from >= 0 && string(value[from:]) == text {
			m.hit(rule, from, len(value))
		}
		return
	}
	if m.seen[rule] != m.value {
		m.seen[rule] = m.value
		m.marked = append(m.marked, rule)
	}
}

// back returns the index in value of the character that is n characters before its end.
func back(value []byte, n int) int {
	i := len(value)
	for ; n > 0; n-- {
		_, size := utf8.DecodeLastRune(value[:i])
		i -= size
	}
	return i
}

// finish ends a value: it runs the rules whose factor was found and those that have none.
func (m *matcher) finish(value []byte) {
	s := m.set
	for _, rule := range m.marked {
		m.run(rule, value)
	}
	for _, rule := range s.globs {
		m.run(rule, value)
	}
	if len(s.exprs) == 0 || s.exprs[0] >= m.best || !s.any.mayMatch(value, &s.spent) {
		return
	}
	for _, rule := range s.exprs {
		m.run(rule, value)
	}
}

// run searches value for a regex or a glob, unless a hit of a lower rule is known already.
func (m *matcher) run(rule int32, value []byte) {
	if rule >= m.best {
		return
	}
	r := &m.set.rules[rule]
	if r.glob != nil {
		if r.glob.Match(unsafe.String(unsafe.SliceData(value), len(value))) { //nolint:gosec // Match reads it and keeps nothing
			m.hit(rule, 0, len(value))
		}
		return
	}
	if !r.guard.mayMatch(value, &m.set.spent) {
		return
	}
	if at := r.expr.FindIndex(value); at != nil {
		m.hit(rule, at[0], at[1])
	}
}

// hit records the best hit so far.
func (m *matcher) hit(rule int32, start, end int) {
	m.best, m.place = rule, m.now
	m.start, m.end = start, end
	m.trail = m.trail[:0]
	if m.leaf != nil {
		m.trail = append(m.trail, m.walker.frames[:m.leaf.depth]...)
	}
}

// result makes a Hit of the best one.
func (m *matcher) result(doc []byte) (Hit, bool) {
	if int(m.best) >= len(m.set.rules) {
		return Hit{}, false
	}
	h := Hit{Pattern: int(m.best), Name: m.set.names[m.best], Start: m.start, End: m.end}
	h.InName, h.InKey, h.Joined = m.place == inName, m.place == inKey, m.place == inJoined
	h.Pointer = pointer(doc, m.trail)
	return h, true
}
