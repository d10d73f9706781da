package match

// MaxDepth is how many arrays and objects may be nested in a document.
const MaxDepth = 512

// keptBytes is how large a buffer may be to go back to the pool.
const keptBytes = 64 << 10

// reader reads the bytes of a document.
type reader struct {
	doc     []byte
	pos     int
	decoded []byte // the current string, where it has escapes
}

// walker is the part of a matcher that reads a document, strictly by RFC 8259.
type walker struct {
	reader
	depth  int
	frames [MaxDepth]frame
	joined []byte // the elements of all open arrays, innermost last
}

// frame is one open array or object.
type frame struct {
	array bool
	index int // of the current element, in an array
	key   int // where the current key starts, in an object
	from  int // where the texts of an array start in joined
	texts int // how many of them there are
}

func (w *walker) reset() {
	w.doc, w.pos, w.depth = nil, 0, 0
	w.decoded, w.joined = w.decoded[:0], w.joined[:0]
}

func (w *walker) shrink() {
	w.doc = nil
	if cap(w.decoded) > keptBytes {
		w.decoded = nil
	}
	if cap(w.joined) > keptBytes {
		w.joined = nil
	}
}

// document matches every value of a document.
func (m *matcher) document(doc []byte) error {
	m.doc = doc
	for {
		opened, err := m.element()
		if err != nil {
			return err
		}
		if opened {
			continue
		}
		done, err := m.behind()
		if done || err != nil {
			return err
		}
	}
}

// element reads one value. It reports true when that was the start of a container whose first element comes next.
func (m *matcher) element() (opened bool, err error) {
	switch c := m.peek(); c {
	case '{', '[':
		return m.open(c == '[')
	case '"':
		text, err := m.text(inValue)
		m.join(text)
		return false, err
	case 't':
		return false, m.word("true")
	case 'f':
		return false, m.word("false")
	case 'n':
		return false, m.word("null")
	default:
		return false, m.number()
	}
}

// behind reads what follows a value: the ends of containers, and the comma (with the key, in an object) before the next
// value. It reports true at the end of the document.
func (m *matcher) behind() (done bool, err error) {
	for m.depth > 0 {
		top := &m.frames[m.depth-1]
		switch c := m.peek(); {
		case c == ',':
			m.pos++
			if top.array {
				top.index++
				return false, nil
			}
			return false, m.member()
		case c == ']' && top.array, c == '}' && !top.array:
			m.close()
		default:
			return false, m.unexpected()
		}
	}
	if m.peek(); m.pos < len(m.doc) {
		return false, m.fault("there is more after the end of the document")
	}
	return true, nil
}

// open enters a container.
func (m *matcher) open(array bool) (opened bool, err error) {
	if m.depth == MaxDepth {
		return false, m.fault("arrays and objects are nested too deeply")
	}
	m.frames[m.depth] = frame{array: array, from: len(m.joined)}
	m.depth++
	m.pos++
	switch c := m.peek(); {
	case c == ']' && array, c == '}' && !array:
		m.close()
		return false, nil
	case array:
		return true, nil
	default:
		return true, m.member()
	}
}

// close leaves the innermost container, whose end is next. The elements of an array are matched joined as well; with a
// single one that would be the same again.
func (m *matcher) close() {
	m.depth--
	m.pos++
	f := m.frames[m.depth]
	if f.texts > 1 {
		m.begin(inJoined)
		m.whole(m.joined[f.from:], 0)
	}
	m.joined = m.joined[:f.from]
}

// member reads a key and its colon.
func (m *matcher) member() error {
	if m.peek() != '"' {
		return m.unexpected()
	}
	m.frames[m.depth-1].key = m.pos
	if _, err := m.text(inKey); err != nil {
		return err
	}
	if m.peek() != ':' {
		return m.unexpected()
	}
	m.pos++
	return nil
}

// join adds a text to those of the array it stands in, if it does.
func (m *matcher) join(text []byte) {
	if m.depth == 0 || !m.frames[m.depth-1].array || len(text) == 0 {
		return
	}
	f := &m.frames[m.depth-1]
	if f.texts++; f.texts > 1 {
		m.joined = append(m.joined, ' ')
	}
	m.joined = append(m.joined, text...)
}

// word reads a literal.
func (r *reader) word(w string) error {
	if end := r.pos + len(w); end <= len(r.doc) && string(r.doc[r.pos:end]) == w {
		r.pos = end
		return nil
	}
	return r.unexpected()
}

// number reads a number and matches it as it is written.
func (m *matcher) number() error {
	start := m.pos
	m.accept('-')
	if !m.accept('0') && !m.digits() {
		return m.unexpected()
	}
	if m.accept('.') && !m.digits() {
		return m.unexpected()
	}
	if m.accept('e') || m.accept('E') {
		if !m.accept('+') {
			m.accept('-')
		}
		if !m.digits() {
			return m.unexpected()
		}
	}
	text := m.doc[start:m.pos]
	m.begin(inValue)
	m.whole(text, 0)
	m.join(text)
	return nil
}

// accept reads c if it is next.
func (r *reader) accept(c byte) bool {
	if r.pos < len(r.doc) && r.doc[r.pos] == c {
		r.pos++
		return true
	}
	return false
}

// digits reads as many digits as there are and reports whether there was one.
func (r *reader) digits() bool {
	start := r.pos
	for r.pos < len(r.doc) && '0' <= r.doc[r.pos] && r.doc[r.pos] <= '9' {
		r.pos++
	}
	return r.pos > start
}

// peek skips white space and returns the byte that follows, 0 at the end.
func (r *reader) peek() byte {
	for ; r.pos < len(r.doc); r.pos++ {
		switch c := r.doc[r.pos]; c {
		case ' ', '\t', '\n', '\r':
		default:
			return c
		}
	}
	return 0
}

func (r *reader) fault(problem string) error { return &DocumentError{Offset: r.pos, Problem: problem} }

func (r *reader) unexpected() error {
	if r.pos >= len(r.doc) {
		return r.fault("the document ends too early")
	}
	return r.fault("a character that does not belong here")
}
