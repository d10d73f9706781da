package match

import (
	"encoding/hex"
	"unicode/utf16"
	"unicode/utf8"
)

// text reads and matches a JSON string, whose opening quote is next, and returns its decoded form, valid until the next
// one is read. A string without escapes is matched where it stands.
func (m *matcher) text(p place) ([]byte, error) {
	m.begin(p)
	base := m.pos + 1
	m.pos = base
	for {
		m.pos = m.feed(&m.auto.raw, m.doc, base, m.pos)
		if m.pos == len(m.doc) {
			return nil, m.unexpected()
		}
		switch c := m.doc[m.pos]; {
		case c == '"':
			value := m.doc[base:m.pos]
			m.pos++
			m.finish(value)
			return value, nil
		case c == '\\':
			return m.escaped(base)
		case c >= utf8.RuneSelf:
			size := m.wide(m.doc, base, m.pos)
			if size == 0 {
				return nil, m.fault("not valid UTF-8")
			}
			m.pos += size
		default:
			return nil, m.fault("a control character within a string")
		}
	}
}

// escaped goes on with a string at its first escape: it decodes the rest and matches it from there.
func (m *matcher) escaped(base int) ([]byte, error) {
	m.decoded = append(m.decoded[:0], m.doc[base:m.pos]...)
	fed := len(m.decoded)
	if err := m.decode(); err != nil {
		return nil, err
	}
	if !m.whole(m.decoded, fed) {
		return nil, m.fault("not valid UTF-8 in the string that ends here")
	}
	return m.decoded, nil
}

// decode appends the rest of a string, up to and without its closing quote, to decoded.
func (r *reader) decode() error {
	for r.pos < len(r.doc) {
		from := r.pos
		for r.pos < len(r.doc) && r.doc[r.pos] >= 0x20 && r.doc[r.pos] != '"' && r.doc[r.pos] != '\\' {
			r.pos++
		}
		r.decoded = append(r.decoded, r.doc[from:r.pos]...)
		if r.pos == len(r.doc) {
			break
		}
		switch r.doc[r.pos] {
		case '"':
			r.pos++
			return nil
		case '\\':
			if err := r.escape(); err != nil {
				return err
			}
		default:
			return r.fault("a control character within a string")
		}
	}
	return r.unexpected()
}

// escape decodes one escape sequence.
func (r *reader) escape() error {
	const names, values = `"\/bfnrt`, "\"\\/\b\f\n\r\t"
	if r.pos+1 == len(r.doc) {
		return r.fault("the document ends too early")
	}
	c := r.doc[r.pos+1]
	if c == 'u' {
		return r.unicode()
	}
	for i := range len(names) {
		if names[i] == c {
			r.decoded = append(r.decoded, values[i])
			r.pos += 2
			return nil
		}
	}
	return r.fault("an escape that JSON does not know")
}

// unicode decodes \uXXXX, or the two of a surrogate pair. Half a pair stands for no character: what a handler would make
// of it depends on its language, so it is a fault.
func (r *reader) unicode() error {
	c, ok := r.unit(r.pos)
	if !ok {
		return r.fault(`a \u escape without four hexadecimal digits`)
	}
	if utf16.IsSurrogate(c) {
		low, _ := r.unit(r.pos + 6)
		if c = utf16.DecodeRune(c, low); c == utf8.RuneError {
			return r.fault("half of a surrogate pair")
		}
		r.pos += 6
	}
	r.pos += 6
	r.decoded = utf8.AppendRune(r.decoded, c)
	return nil
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
