package match

import (
	"encoding/hex"
	"unicode/utf16"
	"unicode/utf8"
)

// text reads and matches a JSON string, whose opening quote is next, and returns its decoded form, valid until the next
// one is read. A string without escapes is matched where it stands.
func (m *matcher) text(p place) ([]byte, error) {
	m.begin(p, m.pos)
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
func (m *matcher) decode() error {
	for m.pos < len(m.doc) {
		from := m.pos
		for m.pos < len(m.doc) && m.doc[m.pos] >= 0x20 && m.doc[m.pos] != '"' && m.doc[m.pos] != '\\' {
			m.pos++
		}
		m.decoded = append(m.decoded, m.doc[from:m.pos]...)
		if m.pos == len(m.doc) {
			break
		}
		switch m.doc[m.pos] {
		case '"':
			m.pos++
			return nil
		case '\\':
			if err := m.escape(); err != nil {
				return err
			}
		default:
			return m.fault("a control character within a string")
		}
	}
	return m.unexpected()
}

// escape decodes one escape sequence.
func (m *matcher) escape() error {
	const names, values = `"\/bfnrt`, "\"\\/\b\f\n\r\t"
	if m.pos+1 == len(m.doc) {
		return m.fault("the document ends too early")
	}
	c := m.doc[m.pos+1]
	if c == 'u' {
		return m.unicode()
	}
	for i := range len(names) {
		if names[i] == c {
			m.decoded = append(m.decoded, values[i])
			m.pos += 2
			return nil
		}
	}
	return m.fault("an escape that JSON does not know")
}

// unicode decodes \uXXXX, or the two of a surrogate pair. Half a pair stands for no character: what a handler would make
// of it depends on its language, so it is a fault.
func (m *matcher) unicode() error {
	r, ok := m.unit(m.pos)
	if !ok {
		return m.fault(`a \u escape without four hexadecimal digits`)
	}
	if utf16.IsSurrogate(r) {
		low, _ := m.unit(m.pos + 6)
		if r = utf16.DecodeRune(r, low); r == utf8.RuneError {
			return m.fault("half of a surrogate pair")
		}
		m.pos += 6
	}
	m.pos += 6
	m.decoded = utf8.AppendRune(m.decoded, r)
	return nil
}

// unit returns the UTF-16 unit of the \u escape at i.
func (m *matcher) unit(i int) (rune, bool) {
	if i+6 > len(m.doc) || m.doc[i] != '\\' || m.doc[i+1] != 'u' {
		return 0, false
	}
	var b [2]byte
	if _, err := hex.Decode(b[:], m.doc[i+2:i+6]); err != nil {
		return 0, false
	}
	return rune(b[0])<<8 | rune(b[1]), true
}
