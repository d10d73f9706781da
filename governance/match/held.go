package match

import (
	"bytes"
	"compress/gzip"
	"compress/zlib"
	"encoding/binary"
	"io"
	"slices"
	"unicode/utf16"
	"unicode/utf8"
)

// take appends the text in what was decoded, and reports whether there is any. With whole it must be nothing but text.
func (p *pieces) take(l *level, form Forms, from, end int, whole bool) bool {
	at := len(l.text)
	if at > 0 {
		l.text = append(l.text, '\n')
	}
	start := len(l.text)
	raw := p.raw
	wide, sure := wideText(l, raw)
	switch {
	case sure:
	case readable(raw):
		if wide {
			l.text = append(l.text, '\n')
		}
		l.keep(raw)
	case wide:
	case p.skip&Gzip == 0 && p.compressed(l, raw):
		form |= Gzip
	case !whole:
		stretches(l, raw)
	}
	if len(l.text) == start {
		l.text = l.text[:at]
		return false
	}
	l.edit(len(l.text)-at, from, end, form)
	return true
}

// readable reports whether bytes are nothing but text.
func readable(raw []byte) bool {
	for i, c := range raw {
		if !texts(c) {
			return false
		}
		if c >= utf8.RuneSelf {
			return utf8.Valid(raw[i:]) && readableRest(raw[i:])
		}
	}
	return true
}

func readableRest(raw []byte) bool {
	for _, c := range raw {
		if !texts(c) {
			return false
		}
	}
	return true
}

// wideText appends bytes that are UTF-16, little-endian or big-endian, many of ASCII, as PowerShell takes its commands. It is sure
// when they cannot be a text with zeros in it as well.
func wideText(l *level, raw []byte) (wide, sure bool) {
	if bytes.IndexByte(raw, 0) < 0 {
		return false, false
	}
	var zeros [2]int
	for i, c := range raw {
		if c == 0 {
			zeros[i&1]++
		}
	}
	var order binary.ByteOrder = binary.LittleEndian
	if zeros[0] > zeros[1] {
		order = binary.BigEndian
	}
	if 4*min(zeros[0], zeros[1]) > max(zeros[0], zeros[1]) || max(zeros[0], zeros[1])*20 < 3*len(raw) { // three in ten characters are of ASCII
		return false, false
	}
	for i := 0; i+1 < len(raw); i += 2 {
		r := rune(order.Uint16(raw[i:]))
		if utf16.IsSurrogate(r) {
			r = utf8.RuneError
		}
		l.text = utf8.AppendRune(l.text, r)
	}
	return true, min(zeros[0], zeros[1]) == 0
}

// stretches appends what is text of ASCII within bytes that are not, line by line. A stretch holds every minText-th byte, so no
// others are looked at but those around one that could be of it.
func stretches(l *level, raw []byte) {
	for i := minText - 1; i < len(raw); {
		if !plainText(raw[i]) {
			i += minText
			continue
		}
		from, end := i, i+1
		for from > 0 && plainText(raw[from-1]) {
			from--
		}
		for end < len(raw) && plainText(raw[end]) {
			end++
		}
		if end-from >= minText {
			l.keep(raw[from:end])
			l.text = append(l.text, '\n')
		}
		i = end + minText
	}
}

// plainText reports whether a byte is texts, and of ASCII.
func plainText(c byte) bool { return c < utf8.RuneSelf && texts(c) }

// compressed appends what compressed data holds, and reports whether it is such. More than may be is no more than that,
// and over.
func (p *pieces) compressed(l *level, raw []byte) bool {
	from := p.opened(raw)
	if from == nil {
		return false
	}
	at := len(l.text)
	for {
		l.text = slices.Grow(l.text, 4096)
		n, err := from.Read(l.text[len(l.text):cap(l.text)])
		l.text = l.text[:len(l.text)+n]
		if len(l.text)-at > p.most {
			p.over = true
			return true
		}
		if err != nil { // the end, or data that is damaged: what came before it counts
			break
		}
	}
	if !utf8.Valid(l.text[at:]) {
		kept := append([]byte(nil), l.text[at:]...)
		l.text = l.text[:at]
		stretches(l, kept)
	}
	return true
}

// opened returns a reader of compressed data, nil when it is none.
func (p *pieces) opened(raw []byte) io.Reader {
	switch {
	case len(raw) > 10 && raw[0] == 0x1F && raw[1] == 0x8B && raw[2] == 8:
		if p.gzip == nil {
			p.gzip = new(gzip.Reader)
		}
		if p.gzip.Reset(bytes.NewReader(raw)) == nil {
			return p.gzip
		}
	case len(raw) > 6 && raw[0] == 0x78 && binary.BigEndian.Uint16(raw)%31 == 0:
		if opened, err := zlib.NewReader(bytes.NewReader(raw)); err == nil {
			return opened
		}
	}
	return nil
}
