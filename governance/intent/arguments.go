package intent

import (
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// How much of the arguments is read.
const (
	maxText   = 16 << 10 // bytes of one text
	maxTotal  = 64 << 10 // bytes of all texts
	maxFields = 512      // texts, numbers and literals
	maxNodes  = 512      // arrays and objects
	wholeSize = 32 << 10 // arguments up to this are kept as one string, of which texts are parts
)

// kind says what a field is.
type kind uint8

const (
	text kind = iota
	number
	yes
	no
	null
	empty // an array or object with nothing in it
)

// A field is one value of the arguments that is not made of others.
type field struct {
	kind kind
	role role
	node int32  // the array or object it stands in
	at   int32  // which element it is, in an array; -1 in an object
	key  string // the name of the member that it stands in, as it is written; an element has that of its array
	text string
	cut  bool // there is more of the text

	reveals bool // there is a credential in the text; known after flows
}

// A node is an array or object.
type node struct {
	parent int32 // -1 for the outermost
	at     int32
	array  bool
	role   role
	key    string
	count  int32 // elements so far
}

// arguments are what a reader found in the arguments of a call.
type arguments struct {
	doc    []byte
	whole  string
	pos    int
	fields []field
	nodes  []node
	total  int  // bytes of texts
	cut    bool // something was not read
}

// read reads JSON that was found valid. It reads no further than the limits.
func (a *arguments) read(doc []byte) {
	a.doc, a.pos, a.total, a.cut, a.whole = doc, 0, 0, false, ""
	a.fields, a.nodes = a.fields[:0], a.nodes[:0]
	if len(doc) <= wholeSize {
		a.whole = string(doc)
	}
	in := int32(-1) // the open node
	key, ready := "", false
	for a.pos < len(doc) {
		switch c := doc[a.pos]; c {
		case ' ', '\t', '\n', '\r', ',', ':':
			a.pos++
		case '{', '[':
			if len(a.nodes) == maxNodes {
				a.cut = true
				return
			}
			in = a.open(in, key, c == '[')
			ready = false
		case '}', ']':
			a.pos++
			if in = a.close(in); in < 0 {
				return
			}
			ready = false
		default:
			if len(a.fields) == maxFields || a.total > maxTotal {
				a.cut = true
				return
			}
			if in >= 0 && !a.nodes[in].array && !ready {
				key, _ = a.string()
				ready = true
				continue
			}
			a.value(in, key)
			ready = false
		}
	}
}

// open notes the array or object that begins at pos.
func (a *arguments) open(in int32, key string, array bool) int32 {
	n := node{parent: in, at: -1, array: array, key: key}
	if in >= 0 {
		n.role = a.nodes[in].role
		if p := &a.nodes[in]; p.array {
			n.at, n.key = p.count, p.key
			p.count++
		} else {
			p.count++
			n.role = n.role.of(key)
		}
	}
	switch {
	case array:
	case n.role.runs(): // the members are no words of it
		n.role = unknown
	case n.role == prose:
		n.role = payload
	}
	a.pos++
	a.nodes = append(a.nodes, n)
	return int32(len(a.nodes) - 1)
}

// close ends a node and returns the one that it stands in.
func (a *arguments) close(in int32) int32 {
	if in < 0 {
		return -1
	}
	n := a.nodes[in]
	if n.count == 0 && len(a.fields) < maxFields {
		a.fields = append(a.fields, field{kind: empty, role: n.role, node: n.parent, at: n.at, key: n.key})
	}
	return n.parent
}

// value notes the string, number or literal at pos.
func (a *arguments) value(in int32, key string) {
	f := field{node: in, at: -1, key: key}
	if in >= 0 {
		n := &a.nodes[in]
		f.role = n.role
		if n.array {
			f.at, f.key = n.count, n.key
		} else {
			f.role = f.role.of(key)
		}
		n.count++
	}
	switch a.doc[a.pos] {
	case '"':
		f.text, f.cut = a.string()
		a.cut = a.cut || f.cut
		a.total += len(f.text)
		if f.role == codeText && isWord(f.text) { // of a voucher, of a country
			f.role = unknown
		}
	case 't':
		f.kind = yes
		a.pos += len("true")
	case 'f':
		f.kind = no
		a.pos += len("false")
	case 'n':
		f.kind = null
		a.pos += len("null")
	default:
		f.kind, f.text = number, a.number()
	}
	a.fields = append(a.fields, f)
}

// number reads the number at pos.
func (a *arguments) number() string {
	start := a.pos
	for a.pos < len(a.doc) && strings.IndexByte("0123456789+-.eE", a.doc[a.pos]) >= 0 {
		a.pos++
	}
	if a.pos == start { // nothing that is valid gets here
		a.pos++
	}
	return a.part(start, min(a.pos, start+32))
}

// part returns a piece of the document.
func (a *arguments) part(from, to int) string {
	if a.whole != "" {
		return a.whole[from:to]
	}
	return string(a.doc[from:to])
}

// string reads the string at pos, and says whether there is more of it than was kept.
func (a *arguments) string() (s string, cut bool) {
	a.pos++
	start := a.pos
	for a.pos < len(a.doc) && a.doc[a.pos] != '"' && a.doc[a.pos] != '\\' {
		a.pos++
	}
	if a.pos >= len(a.doc) || a.doc[a.pos] == '"' {
		s = a.part(start, whole(a.doc, start, min(a.pos, start+maxText)))
		cut = len(s) < a.pos-start
		a.pos++
		return s, cut
	}
	return a.escaped(start)
}

// whole returns the last place up to an end where no character is cut.
func whole(doc []byte, start, end int) int {
	for n := 0; n < utf8.UTFMax && end > start && end < len(doc) && !utf8.RuneStart(doc[end]); n++ {
		end--
	}
	return end
}

// escaped reads a string from its start, the first escape of which is at pos.
func (a *arguments) escaped(start int) (s string, cut bool) {
	head := min(a.pos, start+maxText)
	b := append(make([]byte, 0, head-start+64), a.doc[start:head]...)
	for a.pos < len(a.doc) && a.doc[a.pos] != '"' {
		c := a.doc[a.pos]
		if c != '\\' {
			if len(b) < maxText {
				b = append(b, c)
			} else {
				cut = true
			}
			a.pos++
			continue
		}
		r := a.escape()
		if len(b) >= maxText {
			cut = true
			continue
		}
		b = utf8.AppendRune(b, r)
	}
	a.pos++
	return string(b), cut
}

// escape reads the escape at pos.
func (a *arguments) escape() rune {
	if a.pos+1 >= len(a.doc) {
		a.pos = len(a.doc)
		return utf8.RuneError
	}
	c := a.doc[a.pos+1]
	if c == 'u' {
		r := a.unit()
		if utf16.IsSurrogate(r) && a.pos+1 < len(a.doc) && a.doc[a.pos] == '\\' && a.doc[a.pos+1] == 'u' {
			return utf16.DecodeRune(r, a.unit())
		}
		return r
	}
	a.pos += 2
	switch c {
	case 'n':
		return '\n'
	case 't':
		return '\t'
	case 'r':
		return '\r'
	case 'b':
		return '\b'
	case 'f':
		return '\f'
	default:
		return rune(c)
	}
}

// unit reads the \uXXXX at pos.
func (a *arguments) unit() rune {
	from := min(a.pos+2, len(a.doc))
	to := min(a.pos+6, len(a.doc))
	a.pos = to
	n, err := strconv.ParseUint(string(a.doc[from:to]), 16, 16)
	if err != nil {
		return utf8.RuneError
	}
	return rune(n)
}

// pointer returns the RFC 6901 pointer of a field.
func (a *arguments) pointer(f *field) string {
	p := step(f.at, f.key)
	if f.node < 0 {
		return ""
	}
	for n := a.nodes[f.node]; n.parent >= 0; n = a.nodes[n.parent] {
		p = step(n.at, n.key) + p
	}
	return p
}

// step returns one step of a pointer.
func step(at int32, key string) string {
	if at >= 0 {
		return "/" + strconv.Itoa(int(at))
	}
	if strings.ContainsAny(key, "~/") {
		key = strings.ReplaceAll(strings.ReplaceAll(key, "~", "~0"), "/", "~1")
	}
	return "/" + key
}

// forget lets go of the arguments, and of memory that large ones have grown.
func (a *arguments) forget() {
	clear(a.fields[:cap(a.fields)])
	clear(a.nodes[:cap(a.nodes)])
	a.doc, a.whole, a.fields, a.nodes = nil, "", a.fields[:0], a.nodes[:0]
}
