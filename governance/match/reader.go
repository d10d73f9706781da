package match

import (
	"encoding/binary"
	"encoding/hex"
	"math/bits"
	"unicode/utf16"
	"unicode/utf8"
)

// reader reads the bytes of a document.
type reader struct {
	doc     []byte
	pos     int
	decoded []byte // the current string, where it has escapes
}

// text reads a string, whose opening quote is next, and returns its decoded form, which is valid until the next one is read,
// and whether it has bytes beyond ASCII. A string without escapes is returned where it stands.
func (r *reader) text() (text []byte, wide bool, err error) {
	base := r.pos + 1
	end, wide := plain(r.doc, base)
	r.pos = end
	switch {
	case end == len(r.doc):
		return nil, false, r.unexpected()
	case r.doc[end] == '"':
		text = r.doc[base:end]
		if wide && !utf8.Valid(text) {
			r.pos = base + malformed(text)
			return nil, false, r.fault("not valid UTF-8")
		}
		r.pos++
	case r.doc[end] == '\\':
		r.decoded = append(r.decoded[:0], r.doc[base:end]...)
		if wide, err = r.decode(wide); err != nil {
			return nil, false, err
		}
		text = r.decoded
		if wide && !utf8.Valid(text) {
			return nil, false, r.fault("not valid UTF-8 in the string that ends here")
		}
	default:
		return nil, false, r.fault("a control character within a string")
	}
	return text, wide, nil
}

// malformed returns the index of the first byte of a text that is not UTF-8.
func malformed(text []byte) int {
	for i := 0; i < len(text); {
		r, size := utf8.DecodeRune(text[i:])
		if r == utf8.RuneError && size < 2 {
			return i
		}
		i += size
	}
	return len(text)
}

// plain returns where what stands for itself within a string ends: the index from i on of the first quote, backslash or
// control character, and whether there is a byte beyond ASCII before it. It looks at eight bytes at a time; in a word that is
// a difference to the byte looked for, a byte of zero is found by the borrow that it causes (Mycroft, 1987).
func plain(doc []byte, i int) (end int, wide bool) {
	const each, high = 0x0101010101010101, 0x8080808080808080
	var beyond uint64
	for ; i+8 <= len(doc); i += 8 {
		w := binary.LittleEndian.Uint64(doc[i:])
		quote, slash := w^each*'"', w^each*'\\'
		stop := ((quote-each)&^quote | (slash-each)&^slash | (w-each*' ')&^w) & high
		if stop != 0 {
			n := bits.TrailingZeros64(stop) &^ 7
			return i + n/8, (beyond|w&(1<<n-1))&high != 0
		}
		beyond |= w
	}
	wide = beyond&high != 0
	for ; i < len(doc) && doc[i] >= ' ' && doc[i] != '"' && doc[i] != '\\'; i++ {
		wide = wide || doc[i] >= utf8.RuneSelf
	}
	return i, wide
}

// decode appends the rest of a string, up to and without its closing quote, to decoded. It reports whether there is a
// byte beyond ASCII, or was.
func (r *reader) decode(wide bool) (bool, error) {
	for {
		from := r.pos
		end, beyond := plain(r.doc, from)
		wide, r.pos = wide || beyond, end
		r.decoded = append(r.decoded, r.doc[from:end]...)
		if end == len(r.doc) {
			return wide, r.unexpected()
		}
		switch r.doc[end] {
		case '"':
			r.pos++
			return wide, nil
		case '\\':
			beyond, err := r.escape()
			if err != nil {
				return wide, err
			}
			wide = wide || beyond
		default:
			return wide, r.fault("a control character within a string")
		}
	}
}

// escape decodes one escape sequence and reports whether it stands for a character beyond ASCII.
func (r *reader) escape() (wide bool, err error) {
	const names, values = `"\/bfnrt`, "\"\\/\b\f\n\r\t"
	if r.pos+1 == len(r.doc) {
		return false, r.fault("the document ends too early")
	}
	c := r.doc[r.pos+1]
	if c == 'u' {
		return r.unicode()
	}
	for i := range len(names) {
		if names[i] == c {
			r.decoded = append(r.decoded, values[i])
			r.pos += 2
			return false, nil
		}
	}
	return false, r.fault("an escape that JSON does not know")
}

// unicode decodes \uXXXX, or the two of a surrogate pair. Half a pair stands for no character: what a handler would make
// of it depends on its language, so it is a fault.
func (r *reader) unicode() (wide bool, err error) {
	c, ok := r.unit(r.pos)
	if !ok {
		return false, r.fault(`a \u escape without four hexadecimal digits`)
	}
	if utf16.IsSurrogate(c) {
		low, _ := r.unit(r.pos + 6)
		if c = utf16.DecodeRune(c, low); c == utf8.RuneError {
			return false, r.fault("half of a surrogate pair")
		}
		r.pos += 6
	}
	r.pos += 6
	r.decoded = utf8.AppendRune(r.decoded, c)
	return c >= utf8.RuneSelf, nil
}

// unit returns the UTF-16 unit of the \u escape at i.
func (r *reader) unit(i int) (rune, bool) {
	if i+6 > len(r.doc) || r.doc[i] != '\\' || r.doc[i+1] != 'u' {
		return 0, false
	}
	var b [2]byte
	if _, err := hex.Decode(b[:], r.doc[i+2:i+6]); err != nil {
		return 0, false
	}
	return rune(b[0])<<8 | rune(b[1]), true
}

// word reads a literal.
func (r *reader) word(w string) error {
	if end := r.pos + len(w); end <= len(r.doc) && string(r.doc[r.pos:end]) == w {
		r.pos = end
		return nil
	}
	return r.unexpected()
}

// number reads a number and returns it as it is written.
func (r *reader) number() ([]byte, error) {
	start := r.pos
	r.accept('-')
	if !r.accept('0') && !r.digits() {
		return nil, r.unexpected()
	}
	if r.accept('.') && !r.digits() {
		return nil, r.unexpected()
	}
	if r.accept('e') || r.accept('E') {
		if !r.accept('+') {
			r.accept('-')
		}
		if !r.digits() {
			return nil, r.unexpected()
		}
	}
	return r.doc[start:r.pos], nil
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
