package match

import (
	"bytes"
	"compress/gzip"
	"unicode/utf8"
)

// Bounds of what is taken for a piece of encoded text.
const (
	minPiece   = 8   // characters: six bytes in base64
	wholePiece = 24  // a shorter one must be text as a whole
	minText    = 6   // bytes of text in a row within a longer one
	maxShifted = 256 // a piece up to this long is also read from its second, third and fourth character on
	minLine    = 32  // characters of a line that goes on in the next
)

// pieces decodes stretches of a text that are base64 or hexadecimal. What it makes is no text in which they are decoded, but
// what they hold, line by line: a digest, a path or a name is a stretch like that, too, and then there is nothing.
type pieces struct {
	skip Forms
	most int  // bytes that compressed data may have
	over bool // it had more

	single int // before this index of the current text, lines are pieces by themselves

	raw   []byte // decoded
	joint []byte // a piece that is broken into lines, in one
	gzip  *gzip.Reader
}

// forget lets go of buffers that a large text has grown.
func (p *pieces) forget() {
	for _, buffer := range []*[]byte{&p.raw, &p.joint} {
		if cap(*buffer) > keptBytes {
			*buffer = nil
		}
	}
}

// codeTable has for every byte its value in base64, of either alphabet, and 0x40 for a byte of neither.
const codeTable = codeNone + "\x40\x40\x40\x40\x40\x40\x40\x40\x40\x40\x40\x3E\x40\x3E\x40\x3F\x34\x35\x36\x37\x38\x39\x3A\x3B\x3C\x3D\x40\x40\x40\x40\x40\x40" +
	"\x40\x00\x01\x02\x03\x04\x05\x06\x07\x08\x09\x0A\x0B\x0C\x0D\x0E\x0F\x10\x11\x12\x13\x14\x15\x16\x17\x18\x19\x40\x40\x40\x40\x3F" +
	"\x40\x1A\x1B\x1C\x1D\x1E\x1F\x20\x21\x22\x23\x24\x25\x26\x27\x28\x29\x2A\x2B\x2C\x2D\x2E\x2F\x30\x31\x32\x33\x40\x40\x40\x40\x40" +
	codeNone + codeNone + codeNone + codeNone

const codeNone = "\x40\x40\x40\x40\x40\x40\x40\x40\x40\x40\x40\x40\x40\x40\x40\x40\x40\x40\x40\x40\x40\x40\x40\x40\x40\x40\x40\x40\x40\x40\x40\x40"

// decode makes a view of what the pieces of a text hold.
func (p *pieces) decode(l *level, text []byte) {
	for from, end := p.next(text, 0); from < len(text); from, end = p.next(text, end) {
		p.piece(l, text, from, end)
	}
}

// next returns the bounds of the first run of characters from i on that may be a piece, the length of the text when there is
// none. A run holds every minPiece-th character, so no others are looked at but those around one that could be of it.
func (p *pieces) next(text []byte, i int) (from, end int) {
	if p.skip&(Base64|Hex) == Base64|Hex {
		return len(text), len(text)
	}
	if i == 0 {
		p.single = 0
	}
	for i += minPiece - 1; i < len(text); {
		if codeTable[text[i]] >= 64 {
			i += minPiece
			continue
		}
		from, end = i, i+1
		for from > 0 && codeTable[text[from-1]] < 64 {
			from--
		}
		for end < len(text) && end-from < wholePiece && codeTable[text[end]] < 64 {
			end++
		}
		if end-from == wholePiece {
			end = p.lines(text, from)
		}
		if p.likely(text[from:end]) {
			return from, end
		}
		i = end + minPiece
	}
	return len(text), len(text)
}

// lines returns the end of a run: that of its last line when it may be a piece as a whole, and of its first otherwise. That
// it may not is remembered, so that a run is not read once more for each of its lines.
func (p *pieces) lines(text []byte, from int) int {
	if from < p.single {
		return lineEnd(text, from)
	}
	line, end := runEnd(text, from)
	if end == line || p.likely(text[from:end]) {
		return end
	}
	p.single = end
	return line
}

// likely reports whether a run may be a piece.
func (p *pieces) likely(run []byte) bool {
	if len(run) < minPiece {
		return false
	}
	if digit(run[2]) < 16 && digit(run[3]) < 16 && digit(run[4]) < 16 {
		return true
	}
	if len(run) >= wholePiece {
		return capital(run)
	}
	for shift := range min(4, len(run)-minPiece+1) {
		if !promising(run[shift:]) {
			continue
		}
		if p.raw = decode64(p.raw[:0], run[shift:]); readable(p.raw) || p.raw[1] == 0x8B || bytes.IndexByte(p.raw, 0) >= 0 {
			return true
		}
	}
	return false
}

// capital reports whether there is a capital letter in a run. Base64 of a text this long has one; a path seldom does.
func capital(run []byte) bool {
	for _, c := range run {
		if 'A' <= c && c <= 'Z' {
			return true
		}
	}
	return false
}

// lineEnd returns the end of a run of characters of base64.
func lineEnd(text []byte, from int) int {
	for from < len(text) && codeTable[text[from]] < 64 {
		from++
	}
	return from
}

// runEnd returns the end of the line that a run of characters of base64 begins with, and that of the run, which goes on behind
// the end of a line that is long enough.
func runEnd(text []byte, from int) (first, end int) {
	for line := from; ; {
		end = lineEnd(text, line)
		if line == from {
			first = end
		}
		next := end
		if next < len(text) && text[next] == '\r' {
			next++
		}
		if end-line < minLine || next+4 > len(text) || text[next] != '\n' || codeTable[text[next+1]] >= 64 {
			return first, end
		}
		line = next + 1
	}
}

// piece decodes one run, if there is text in it; one that is broken into lines as a whole, and else line by line.
func (p *pieces) piece(l *level, text []byte, from, end int) {
	run := text[from:end]
	if bytes.IndexByte(run, '\n') < 0 {
		p.run(l, run, from, end)
		return
	}
	p.joint = p.joint[:0]
	for _, c := range run {
		if codeTable[c] < 64 {
			p.joint = append(p.joint, c)
		}
	}
	if p.run(l, p.joint, from, end); readable(p.raw) {
		return
	}
	for from < end {
		next := from
		for next < end && codeTable[text[next]] < 64 {
			next++
		}
		if p.likely(text[from:next]) {
			p.run(l, text[from:next], from, next)
		}
		from = next + 1
	}
}

// run decodes one run without line breaks.
func (p *pieces) run(l *level, run []byte, from, end int) {
	p.raw = p.raw[:0]
	if p.skip&Hex == 0 && p.hex(l, run, from, end) || p.skip&Base64 != 0 {
		return
	}
	whole := len(run) < wholePiece
	for shift := 0; shift < 4 && len(run)-shift >= minPiece && (shift == 0 || len(run) <= maxShifted); shift++ {
		if (whole || shift > 0) && !promising(run[shift:]) {
			continue
		}
		p.raw = decode64(p.raw[:0], run[shift:])
		if p.take(l, Base64, from, end, whole || shift > 0) {
			return
		}
	}
}

// promising reports whether what the first eight characters of a run hold may begin a text; names and words seldom do.
func promising(run []byte) bool {
	first := codeTable[run[0]]
	if first-32 < 16 { // a byte from 0x80 to 0xBF, which begins no character
		return false
	}
	x, y, z := triple(run)
	switch {
	case x == 0x1F && y == 0x8B, x == 0, y == 0 && texts(x):
		return true
	case x >= utf8.RuneSelf:
		return x >= 0xC2 && x <= 0xF4 && y&0xC0 == 0x80
	case !texts(x) || !texts(y) || !texts(z):
		return false
	case y|z >= utf8.RuneSelf:
		return y < utf8.RuneSelf && z >= 0xC2 || y >= 0xC2 && z&0xC0 == 0x80
	case len(run) < minPiece:
		return true
	}
	x, y, z = triple(run[4:])
	return texts(x) && texts(y) && texts(z) && (x < utf8.RuneSelf || x >= 0xC2)
}

// triple returns the bytes that the first four characters of a run hold.
func triple(run []byte) (x, y, z byte) {
	a, b, c, d := codeTable[run[0]], codeTable[run[1]], codeTable[run[2]], codeTable[run[3]]
	return a<<2 | b>>4, b<<4 | c>>2, c<<6 | d
}

// texts reports whether a byte occurs in text, or among text so that it is not seen.
func texts(c byte) bool {
	const controls = 1<<0 | 1<<'\b' | 1<<'\t' | 1<<'\n' | 1<<'\r' | 1<<0x1B
	return c >= ' ' && c != 0x7F || c < ' ' && controls>>c&1 != 0
}

// decode64 appends what a run holds. A last character that is no whole byte is left out.
func decode64(to, run []byte) []byte {
	for ; len(run) >= 4; run = run[4:] {
		v := uint32(codeTable[run[0]])<<18 | uint32(codeTable[run[1]])<<12 | uint32(codeTable[run[2]])<<6 | uint32(codeTable[run[3]])
		to = append(to, byte(v>>16), byte(v>>8), byte(v))
	}
	if len(run) > 1 {
		to = append(to, codeTable[run[0]]<<2|codeTable[run[1]]>>4)
	}
	if len(run) > 2 {
		to = append(to, codeTable[run[1]]<<4|codeTable[run[2]]>>2)
	}
	return to
}

// hex decodes a run of hexadecimal digits.
func (p *pieces) hex(l *level, run []byte, from, end int) bool {
	if run[0] == '0' && run[1]|0x20 == 'x' {
		run = run[2:]
	}
	n := 0
	for n < len(run) && digit(run[n]) < 16 {
		n++
	}
	if n < minPiece || n < len(run) || n%2 != 0 {
		return false
	}
	p.raw = p.raw[:0]
	for i := 0; i < n; i += 2 {
		p.raw = append(p.raw, digit(run[i])<<4|digit(run[i+1]))
	}
	return p.take(l, Hex, from, end, n < wholePiece)
}
