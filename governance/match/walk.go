package match

// MaxDepth is how many arrays and objects may be nested in a document.
const MaxDepth = 512

// A Kind says what a Leaf is. The zero value is invalid.
type Kind uint8

// The kinds of leaves.
const (
	KindInvalid Kind = iota
	Key              // the name of a member of an object
	String           // a string
	Number           // a number, as it is written
	Joined           // the strings and numbers of an array or object, neighbours joined by a space
	Spliced          // the same, neighbours joined by nothing
)

// A Leaf is one text of a document. It and all that its fields and methods refer to are valid only during the visit.
type Leaf struct {
	Kind Kind
	Text []byte // decoded; not to be changed
	// Key is the name of the innermost member that the text stands in, decoded; nil when there is none. The elements of an
	// array stand in the array's member, and a name (of Kind Key) stands in the member that its object is the value of.
	Key  []byte
	Wide bool // Text may have bytes beyond ASCII; where it is false there are none

	walker *Walker
	depth  int // how many of the walker's frames lead to it
	from   int // where it is written in the document, quotes and all; of neighbours it means nothing
	to     int
	parts  []part // of neighbours: what they are made of
	note   note   // of a string or number: what a matcher wants to know of it again when it sees it among its neighbours
}

// part is one text among its neighbours.
type part struct {
	joined, spliced int // where it ends
	note            note
}

// Pointer returns the RFC 6901 pointer of the leaf: of the value, of the member for a name, of the array or object for
// its neighbours. It is made when it is asked for.
func (l *Leaf) Pointer() string { return pointer(l.walker.doc, l.walker.frames[:l.depth]) }

// A Walker reads JSON documents, strictly by RFC 8259, and shows all that is text in them. The literals true, false and
// null carry no text of anyone's choice and are not shown. The zero value is ready; a Walker is not safe for concurrent
// use, and one that is used again allocates nothing for documents without escapes.
type Walker struct {
	// Neighbours has the strings and numbers that stand in one array or object shown once more together, joined and
	// spliced: what is split over several may be put together again by who receives it. Of a text that is longer than twice
	// Window its neighbours see only as much as Window at either end, so that nothing long is shown twice. Where there is
	// only one text that is not empty, it has no neighbours.
	Neighbours bool

	reader
	frames          []frame
	joined, spliced []byte // texts of all open containers, innermost last
	parts           []part // of all open containers, innermost last
	names           []byte // decoded names of all open objects that have escapes, innermost last
	leaf            Leaf
	visit           func(*Leaf) error
}

// Window is how many bytes of a long text its neighbours see, at least; a character is never cut.
const Window = 512

// keptBytes is how large a buffer may be to be kept for the next document.
const keptBytes = 64 << 10

// frame is one open array or object.
type frame struct {
	array  bool
	index  int    // of the current element, in an array
	key    int    // where the current name starts in the document, in an object
	outer  []byte // name of the member that the container stands in
	name   []byte // name of the current member; in an array, outer
	names  int    // where names of this object start in the walker's
	joined int    // where texts of this container start in the walker's joined
	splice int    // and in its spliced
	parts  int    // and in its parts
	wide   bool   // there may be bytes beyond ASCII among them
}

// Walk shows every text of a document, in its order: a name before its value, an element before the next, neighbours
// when their array or object ends. An error that visit returns ends the walk and is returned as it is. A document that is
// malformed, not UTF-8, nested deeper than MaxDepth or that has an unpaired surrogate is a *DocumentError; what stood before
// the fault has been shown then. The document is neither kept nor changed.
func (w *Walker) Walk(doc []byte, visit func(*Leaf) error) error {
	w.doc, w.pos, w.visit = doc, 0, visit
	w.leaf.walker = w
	defer w.forget()
	for {
		opened, err := w.element()
		if err != nil {
			return err
		}
		if opened {
			continue
		}
		done, err := w.behind()
		if done || err != nil {
			return err
		}
	}
}

// Walk is Walker.Walk of a new Walker that shows no neighbours.
func Walk(doc []byte, visit func(*Leaf) error) error { return new(Walker).Walk(doc, visit) }

// forget lets go of the document, and of buffers that a large one has grown.
func (w *Walker) forget() {
	w.doc, w.visit = nil, nil
	w.leaf = Leaf{}
	w.frames, w.parts = w.frames[:0], w.parts[:0]
	if cap(w.parts) > keptBytes/64 {
		w.parts = nil
	}
	for _, buffer := range []*[]byte{&w.decoded, &w.joined, &w.spliced, &w.names} {
		*buffer = (*buffer)[:0]
		if cap(*buffer) > keptBytes {
			*buffer = nil
		}
	}
}

// show visits a text that the first depth frames lead to.
func (w *Walker) show(kind Kind, text, key []byte, wide bool, depth int) error {
	l := &w.leaf
	l.Kind, l.Text, l.Key, l.Wide, l.depth, l.to = kind, text, key, wide, depth, w.pos
	return w.visit(l)
}

// value visits a string or a number and takes it among its neighbours.
func (w *Walker) value(kind Kind, text []byte, wide bool) error {
	var key []byte
	if n := len(w.frames); n > 0 {
		key = w.frames[n-1].name
	}
	if err := w.show(kind, text, key, wide, len(w.frames)); err != nil {
		return err
	}
	if !w.Neighbours || len(w.frames) == 0 || len(text) == 0 {
		return nil
	}
	return w.neighbour(text, wide)
}

// element reads one value. It reports true when that was the start of a container whose first element comes next.
func (w *Walker) element() (opened bool, err error) {
	switch c := w.peek(); c {
	case '{', '[':
		return w.open(c == '[')
	case '"':
		w.leaf.from = w.pos
		text, wide, err := w.text()
		if err != nil {
			return false, err
		}
		return false, w.value(String, text, wide)
	case 't':
		return false, w.word("true")
	case 'f':
		return false, w.word("false")
	case 'n':
		return false, w.word("null")
	default:
		w.leaf.from = w.pos
		text, err := w.number()
		if err != nil {
			return false, err
		}
		return false, w.value(Number, text, false)
	}
}

// behind reads what follows a value: the ends of containers, and the comma (with the name, in an object) before the next
// value. It reports true at the end of the document.
func (w *Walker) behind() (done bool, err error) {
	for len(w.frames) > 0 {
		top := &w.frames[len(w.frames)-1]
		switch c := w.peek(); {
		case c == ',':
			w.pos++
			if top.array {
				top.index++
				return false, nil
			}
			return false, w.member()
		case c == ']' && top.array, c == '}' && !top.array:
			if err := w.close(); err != nil {
				return false, err
			}
		default:
			return false, w.unexpected()
		}
	}
	if w.peek(); w.pos < len(w.doc) {
		return false, w.fault("there is more after the end of the document")
	}
	return true, nil
}

// open enters a container.
func (w *Walker) open(array bool) (opened bool, err error) {
	n := len(w.frames)
	if n == MaxDepth {
		return false, w.fault("arrays and objects are nested too deeply")
	}
	var outer []byte
	if n > 0 {
		outer = w.frames[n-1].name
	}
	w.frames = append(w.frames, frame{
		array: array, outer: outer, name: outer, names: len(w.names), joined: len(w.joined), splice: len(w.spliced), parts: len(w.parts),
	})
	w.pos++
	switch c := w.peek(); {
	case c == ']' && array, c == '}' && !array:
		return false, w.close()
	case array:
		return true, nil
	default:
		return true, w.member()
	}
}

// close leaves the innermost container, whose end is next.
func (w *Walker) close() error {
	w.pos++
	f := w.frames[len(w.frames)-1]
	err := w.together()
	w.frames = w.frames[:len(w.frames)-1]
	w.names, w.joined, w.spliced, w.parts = w.names[:f.names], w.joined[:f.joined], w.spliced[:f.splice], w.parts[:f.parts]
	return err
}

// member reads a name and its colon.
func (w *Walker) member() error {
	if w.peek() != '"' {
		return w.unexpected()
	}
	f := &w.frames[len(w.frames)-1]
	f.key, w.leaf.from = w.pos, w.pos
	name, wide, err := w.text()
	if err != nil {
		return err
	}
	f.name = name
	if len(w.decoded) > 0 && len(name) > 0 && &w.decoded[0] == &name[0] { // will be overwritten by the next text
		w.names = append(w.names[:f.names], name...)
		f.name = w.names[f.names:]
	}
	if err := w.show(Key, name, f.outer, wide, len(w.frames)); err != nil {
		return err
	}
	if w.peek() != ':' {
		return w.unexpected()
	}
	w.pos++
	return nil
}
