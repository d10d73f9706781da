package match

import (
	"bytes"
	"html"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// unescape undoes, once, every escape of a single character: those of URLs, of programming languages and of HTML.
func unescape(l *level, text []byte, skip Forms) {
	kept := 0
	for i := 0; i < len(text); {
		if traitTable[text[i]]&uint8(traitSign|traitSlash) == 0 {
			i++
			continue
		}
		l.keep(text[kept:i]) // also where nothing comes of it: copied once, it is not copied again
		kept = i
		at := len(l.text)
		width, form := l.character(text[i:], skip)
		if width == 0 {
			i++
			continue
		}
		l.edit(len(l.text)-at, i, i+width, form)
		i += width
		kept = i
	}
	if kept > 0 {
		l.keep(text[kept:])
	}
	if len(l.edits) > 0 && !utf8.Valid(l.text) { // bytes that are no characters: others are looked at all the same
		l.repair()
	}
}

// repair puts a question mark in the place of every byte that is not UTF-8, so that places stay.
func (l *level) repair() {
	for i := 0; i < len(l.text); {
		r, size := utf8.DecodeRune(l.text[i:])
		if r == utf8.RuneError && size < 2 {
			l.text[i] = '?'
			size = 1
		}
		i += size
	}
}

// character appends what the escape at the beginning of a text stands for and returns how long the escape is, 0 when it is
// none.
func (l *level) character(text []byte, skip Forms) (width int, form Forms) {
	switch text[0] {
	case '%':
		form = Percent
		if skip&form == 0 {
			width = l.percent(text)
		}
	case '&':
		form = Entity
		if skip&form == 0 {
			width = l.entity(text)
		}
	default:
		form = Escape
		if skip&form == 0 {
			width = l.slash(text)
		}
	}
	return width, form
}

// percent is character for %72 and %u0072.
func (l *level) percent(text []byte) int {
	if len(text) > 5 && text[1]|0x20 == 'u' {
		return l.unicodeEscape(text, text[:2])
	}
	if len(text) > 2 {
		if r, ok := hexRune(text[1:3]); ok {
			l.text = append(l.text, byte(r))
			return 3
		}
	}
	return 0
}

// slash is character for the escapes of C, Go, JavaScript, Python, JSON and the shell.
func (l *level) slash(text []byte) int {
	if len(text) < 2 {
		return 0
	}
	switch c := text[1]; c {
	case 'x':
		return l.hexEscape(text, 2, true)
	case 'u':
		return l.unicodeEscape(text, text[:2])
	case 'U':
		return l.hexEscape(text, 8, false)
	case '0', '1', '2', '3', '4', '5', '6', '7':
		return l.octalEscape(text)
	default:
		const names, values = `abtnvfre"'/\`, "\a\b\t\n\v\f\r\x1b\"'/\\"
		i := strings.IndexByte(names, c)
		if i < 0 {
			return 0
		}
		l.text = append(l.text, values[i])
		return 2
	}
}

// hexEscape is slash for so many hexadecimal digits, or any number of them in braces. One that stands for a byte can be part
// of a character.
func (l *level) hexEscape(text []byte, digits int, single bool) int {
	if len(text) > 3 && text[2] == '{' {
		end := bytes.IndexByte(text[:min(len(text), 12)], '}')
		if end < 0 {
			return 0
		}
		r, ok := hexRune(text[3:end])
		if !ok {
			return 0
		}
		l.text = utf8.AppendRune(l.text, r)
		return end + 1
	}
	if len(text) < 2+digits {
		return 0
	}
	r, ok := hexRune(text[2 : 2+digits])
	switch {
	case !ok:
		return 0
	case single:
		l.text = append(l.text, byte(r))
	default:
		l.text = utf8.AppendRune(l.text, r)
	}
	return 2 + digits
}

// unicodeEscape is slash for what begins with sign: a UTF-16 unit in four digits, or two that are one character, or a
// character in braces.
func (l *level) unicodeEscape(text, sign []byte) int {
	if len(text) < 12 || !bytes.HasPrefix(text[6:], sign) {
		return l.hexEscape(text, 4, false)
	}
	high, ok := hexRune(text[2:6])
	low, also := hexRune(text[8:12])
	r := utf16.DecodeRune(high, low)
	if !ok || !also || r == utf8.RuneError {
		return l.hexEscape(text, 4, false)
	}
	l.text = utf8.AppendRune(l.text, r)
	return 12
}

// octalEscape is slash for one to three octal digits.
func (l *level) octalEscape(text []byte) int {
	n, value := 1, 0
	for ; n < min(len(text), 4) && '0' <= text[n] && text[n] <= '7'; n++ {
		value = value<<3 | int(text[n]-'0')
	}
	if value > 0xFF {
		value >>= 3
		n--
	}
	l.text = append(l.text, byte(value))
	return n
}

// entity is character for HTML.
func (l *level) entity(text []byte) int {
	const longest = 34 // of the names that HTML knows
	if len(text) < 3 || text[1] == ' ' {
		return 0
	}
	if text[1] == '#' {
		return l.numericEntity(text)
	}
	end := bytes.IndexByte(text[:min(len(text), longest)], ';')
	if end < 3 || !letter(text[1]) {
		return 0
	}
	name := string(text[:end+1])
	plain := html.UnescapeString(name)
	if plain == name || strings.HasSuffix(plain, ";") { // a name that HTML knows without its semicolon is none
		return 0
	}
	l.text = append(l.text, plain...)
	return end + 1
}

// numericEntity is entity for &#114; and &#x72;, whose semicolon may be missing.
func (l *level) numericEntity(text []byte) int {
	i, base := 2, rune(10)
	if i < len(text) && text[i]|0x20 == 'x' {
		i, base = 3, 16
	}
	from, value := i, rune(0)
	for ; i < min(len(text), 16); i++ {
		d := digit(text[i])
		if d >= byte(base) {
			break
		}
		value = min(value*base+rune(d), utf8.MaxRune+1)
	}
	if i == from || !utf8.ValidRune(value) {
		return 0
	}
	l.text = utf8.AppendRune(l.text, value)
	if i < len(text) && text[i] == ';' {
		i++
	}
	return i
}

func letter(c byte) bool { return 'a' <= c|0x20 && c|0x20 <= 'z' }

// digit returns the value of a hexadecimal digit, 0xFF for anything else.
func digit(c byte) byte {
	switch {
	case '0' <= c && c <= '9':
		return c - '0'
	case 'a' <= c|0x20 && c|0x20 <= 'f':
		return c | 0x20 - 'a' + 10
	default:
		return 0xFF
	}
}

// hexRune returns the number that up to eight hexadecimal digits are.
func hexRune(digits []byte) (rune, bool) {
	var r uint32
	for _, c := range digits {
		d := digit(c)
		if d == 0xFF {
			return 0, false
		}
		r = r<<4 | uint32(d)
	}
	return rune(r), len(digits) > 0 && r <= utf8.MaxRune
}
