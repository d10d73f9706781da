package match

import "bytes"

// glanceDepth is how many arrays and objects may be nested in a document that is only glanced at.
const glanceDepth = 16

// A glance is a first look at a name and a document: where they are plain, which most are, it tells in one pass over their
// bytes that nothing is to be found in them. It knows only that; whatever it is not sure of is looked at properly.
//
// Plain is what has no other form: characters of ASCII that stand for themselves, nothing that may be encoded, no sign
// that a comment or a quotation has. Of that a text has but one view, and so have its neighbours. The automaton goes on
// from each text of an array or object into the next, as though they were spliced; so it finds what is in one text, in a
// text and the next, and perhaps more than there is, but not less.
type glance struct {
	reader

	auto    *automaton
	pieces  *pieces
	clear   [4]string // names in which there was nothing: most scans of a Set are of few names
	next    int       // where the next one goes
	depth   int
	spliced []byte // texts of all open containers, innermost last
}

// vicinity is what is known of the texts of one container that were read already.
type vicinity struct {
	first bool   // there was one
	seam  bool   // something encoded may begin in one and end in another
	state uint32 // of the automaton behind them, spliced
	alive bool   // joined is a state that knows of more than the last of them
	far   uint32 // of the automaton behind them, joined
	from  int    // where they begin in spliced
}

// nothing reports whether there is surely nothing to be found in a name and a document, and the document is well-formed.
func (g *glance) nothing(name, doc []byte) bool {
	if g.auto.vague || bytes.Contains(doc, []byte("--")) || !g.name(name) {
		return false
	}
	if len(doc) == 0 {
		return true
	}
	g.doc, g.pos, g.depth, g.spliced = doc, 0, 0, g.spliced[:0]
	var alone vicinity
	return g.value(&alone) && g.peek() == 0 && g.pos == len(doc)
}

// name reports whether there is nothing in a name.
func (g *glance) name(name []byte) bool {
	for i := range g.clear {
		if string(name) == g.clear[i] {
			return true
		}
	}
	if end, _ := g.auto.glide(name, 0, 0); end < len(name) || bytes.Contains(name, []byte("--")) || !g.whole(name) {
		return false
	}
	if len(name) <= Window {
		g.clear[g.next%len(g.clear)] = string(name)
		g.next++
	}
	return true
}

// forget lets go of the document, and of a buffer that a large one has grown.
func (g *glance) forget() {
	g.doc = nil
	if cap(g.spliced) > keptBytes {
		g.spliced = nil
	}
}

// whole reports whether nothing in a text may be encoded.
func (g *glance) whole(text []byte) bool {
	from, _ := g.pieces.next(text, 0)
	return from == len(text)
}

// value reads one value, which stands in the vicinity of others.
func (g *glance) value(v *vicinity) bool {
	switch c := g.peek(); c {
	case '"':
		return g.string(v)
	case '{':
		return g.object()
	case '[':
		return g.array()
	case 't':
		return g.word("true") == nil
	case 'f':
		return g.word("false") == nil
	case 'n':
		return g.word("null") == nil
	default:
		return g.digits(v)
	}
}

// string reads a string.
func (g *glance) string(v *vicinity) bool {
	from := g.pos + 1
	end, state := g.auto.glide(g.doc, from, v.state)
	if end == len(g.doc) || g.doc[end] != '"' {
		return false
	}
	g.pos = end + 1
	text := g.doc[from:end]
	return g.whole(text) && g.beside(v, text, state)
}

// digits reads a number.
func (g *glance) digits(v *vicinity) bool {
	text, err := g.number()
	if err != nil {
		return false
	}
	end, state := g.auto.glide(text, 0, v.state)
	return end == len(text) && g.beside(v, text, state)
}

// beside takes a text, behind which the automaton is in a state, among its neighbours.
func (g *glance) beside(v *vicinity, text []byte, state uint32) bool {
	if len(text) == 0 || g.depth == 0 {
		return true
	}
	if v.first {
		if !g.joined(v, text) {
			return false
		}
		last := g.spliced[len(g.spliced)-1]
		if last == '-' || text[0] == '-' {
			return false
		}
		v.seam = v.seam || codeTable[last] < 64 && codeTable[text[0]] < 64
	}
	v.first, v.state = true, state
	g.spliced = append(g.spliced, text...)
	return true
}

// joined reports whether nothing goes over from what was before a text, by a space, into it.
func (g *glance) joined(v *vicinity, text []byte) bool {
	a := g.auto
	state := v.state
	if v.alive {
		state = v.far
	}
	if state = a.deep(state, a.class[' ']); state >= markOut {
		return false
	}
	v.alive = false
	if state == 0 {
		return true
	}
	var hit bool
	v.far, v.alive, hit = a.cross(state, text)
	return !hit
}

// object reads an object.
func (g *glance) object() bool {
	v, ok := g.open()
	if !ok {
		return false
	}
	if g.peek() == '}' {
		return g.close(&v)
	}
	for {
		if g.peek() != '"' || !g.key() || g.peek() != ':' {
			return false
		}
		g.pos++
		if !g.value(&v) {
			return false
		}
		switch g.peek() {
		case ',':
			g.pos++
		case '}':
			return g.close(&v)
		default:
			return false
		}
	}
}

// key reads the name of a member, which has no neighbours.
func (g *glance) key() bool {
	from := g.pos + 1
	end, _ := g.auto.glide(g.doc, from, 0)
	if end == len(g.doc) || g.doc[end] != '"' {
		return false
	}
	g.pos = end + 1
	return g.whole(g.doc[from:end])
}

// array reads an array.
func (g *glance) array() bool {
	v, ok := g.open()
	if !ok {
		return false
	}
	if g.peek() == ']' {
		return g.close(&v)
	}
	for {
		if !g.value(&v) {
			return false
		}
		switch g.peek() {
		case ',':
			g.pos++
		case ']':
			return g.close(&v)
		default:
			return false
		}
	}
}

// open enters a container.
func (g *glance) open() (v vicinity, ok bool) {
	g.pos++
	g.depth++
	return vicinity{from: len(g.spliced)}, g.depth <= glanceDepth
}

// close leaves a container, and looks for what may be encoded in its texts together.
func (g *glance) close(v *vicinity) bool {
	g.pos++
	g.depth--
	whole := !v.seam || g.whole(g.spliced[v.from:])
	g.spliced = g.spliced[:v.from]
	return whole
}

// glide runs the automaton over text from i on, up to the first byte that is not plain or at which a key ends, and returns
// the index of that byte and the state before it.
func (a *automaton) glide(text []byte, i int, state uint32) (end int, after uint32) {
	class, next := &a.clean, a.next
	for ; i < len(text); i++ {
		c := class[text[i]]
		var e uint32
		if state < markSparse {
			e = next[state+uint32(c)]
		} else {
			e = a.deep(state, c)
		}
		if e >= markOut {
			break
		}
		state = e
	}
	return i, state
}
