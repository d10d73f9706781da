package audit

import (
	"bytes"
	"strconv"
	"unicode/utf8"

	"github.com/mcp-kernel/mcp-kernel/modules/primitives"
)

// Bounds of a preview, in bytes unless said otherwise.
const (
	maxPreview   = 256 // the whole
	previewText  = 32  // of one text that is shown
	previewJudge = 600 // of one text that is looked at for secrets; beyond what is shown, so that a cut hides none
	previewDepth = 8   // levels that are shown
	previewSpare = 12  // kept for the mark that something was left out
)

// ellipsis marks what was left out.
const ellipsis = "…"

// Preview shows the shape of a canonical JSON value in at most 256 bytes of JSON: keys, numbers and the beginnings of
// texts. What looks like a secret, by its key or by itself, is replaced by a placeholder in angle brackets that says
// what kind of thing stood there. It is for people who read the journal, and best effort: what must not be kept at all
// is not to be captured.
func Preview(canonical []byte) string {
	var p preview
	return string(p.of(canonical))
}

// Show is Preview for a person who must judge the value: it has at most so many bytes, and texts are shown up to their own
// bound. Control characters are escapes. whole reports that nothing was left out or replaced.
func Show(canonical []byte, most, text int) (shown string, whole bool) {
	p := preview{most: most, width: text, exact: true}
	shown = string(p.of(canonical))
	return shown, !p.full && !p.cut
}

// A preview is one being made, in buffers that the next one uses again. It stops reading as soon as there is no room.
type preview struct {
	in    []byte
	at    int
	out   []byte
	full  bool
	cut   bool   // something is missing
	most  int    // bytes of the whole; 0 is maxPreview
	exact bool   // control characters are shown as such
	width int    // bytes of one text that is shown; 0 is previewText
	bare  bool   // the text that was read last has no escapes, so that any part of it is written as it stands
	plain []byte // a text without its escapes
	small []byte // a key in small letters
	shown []byte // the beginning of a text
}

// of returns the preview of a canonical JSON value, valid until the next one is made.
func (p *preview) of(canonical []byte) []byte {
	if p.most == 0 {
		p.most, p.width = maxPreview, previewText
	}
	p.in, p.at, p.out, p.full, p.cut = canonical, 0, p.out[:0], false, false
	p.value(0, false)
	p.in = nil
	return p.out
}

// value shows one value. secret says that its key forbids to show it.
func (p *preview) value(depth int, secret bool) {
	if p.at >= len(p.in) {
		p.full = true
		return
	}
	switch c := p.in[p.at]; {
	case (c == '{' || c == '[') && (secret || depth == previewDepth):
		p.skip()
		p.cut = true
		p.word(hidden(secret))
	case c == '{' || c == '[':
		p.container(depth, c)
	case c == '"':
		p.text(p.string(), secret)
	default:
		p.scalar(secret)
	}
}

func hidden(secret bool) string {
	if secret {
		return "<secret>"
	}
	return ellipsis
}

// container shows an object or an array, as many of its members as there is room for.
func (p *preview) container(depth int, open byte) {
	p.out = append(p.out, open)
	p.at++
	for first := true; !p.full && p.at < len(p.in) && p.in[p.at] != open+2; first = false {
		if !first {
			p.at++ // the comma
			p.out = append(p.out, ',')
		}
		p.member(depth, open == '{')
	}
	p.at++
	p.out = append(p.out, open+2)
}

// member shows one member, or a mark when there is no room for it; whatever was written of it is taken back then.
func (p *preview) member(depth int, named bool) {
	mark := len(p.out)
	secret := false
	if named {
		key := p.string()
		p.small = lower(p.small[:0], key, true)
		secret = secretKey(p.small)
		p.key(key)
		p.at++ // the colon
		p.out = append(p.out, ':')
	}
	p.value(depth+1, secret)
	if len(p.out) <= p.most-previewSpare-depth {
		return
	}
	if !p.full || len(p.out) > p.most-depth {
		p.full = true
		p.out = append(p.out[:mark], `"…"`...)
		if named {
			p.out = append(p.out, `:"…"`...)
		}
	}
}

// word appends a text of ours.
func (p *preview) word(s string) { p.out = primitives.AppendString(p.out, s) }

// scalar shows a number, true, false or null.
func (p *preview) scalar(secret bool) {
	start := p.at
	for p.at < len(p.in) && p.in[p.at] != ',' && p.in[p.at] != ']' && p.in[p.at] != '}' {
		p.at++
	}
	token := p.in[start:p.at]
	digit := token[0] == '-' || '0' <= token[0] && token[0] <= '9'
	switch {
	case secret && digit:
		p.cut = true
		p.word("<secret>")
	case digit && len(token) >= longNumber:
		p.cut = true
		p.word("<number>")
	default:
		p.out = append(p.out, token...)
	}
}

// skip passes over a container without showing it.
func (p *preview) skip() {
	depth := 0
	for p.at < len(p.in) {
		switch p.in[p.at] {
		case '"':
			p.string()
			continue
		case '{', '[':
			depth++
		case '}', ']':
			depth--
		}
		p.at++
		if depth == 0 {
			return
		}
	}
}

// string passes over a text and returns the beginning of it, as far as it is judged, valid until the next one.
func (p *preview) string() []byte {
	p.at++
	start := p.at
	p.bare = true
	for p.at < len(p.in) {
		n := bytes.IndexByte(p.in[p.at:], '"')
		if n < 0 {
			p.at = len(p.in)
			break
		}
		n += p.at
		if i := bytes.IndexByte(p.in[p.at:n], '\\'); i >= 0 {
			p.bare = false
			p.at += i + 2 // the escaped character may be a quotation mark
			continue
		}
		p.at = n
		break
	}
	raw := p.in[start:min(p.at, len(p.in))]
	p.at++
	if p.bare {
		return raw[:min(len(raw), p.judged())]
	}
	p.plain = unescapeStart(p.plain[:0], raw, p.judged(), p.exact)
	return p.plain
}

// judged is how much of a text is looked at for secrets.
func (p *preview) judged() int { return p.width - previewText + previewJudge }

// unescapeStart appends a canonical text without its escapes, up to so many bytes of it. Control characters other
// than line ends and tabs become spaces.
func unescapeStart(dst, raw []byte, most int, exact bool) []byte {
	for i := 0; i < len(raw) && len(dst) < most; i++ {
		if raw[i] != '\\' || i+1 == len(raw) {
			dst = append(dst, raw[i])
			continue
		}
		i++
		switch c := raw[i]; c {
		case 'n':
			dst = append(dst, '\n')
		case 'r':
			dst = append(dst, '\r')
		case 't':
			dst = append(dst, '\t')
		case 'b', 'f', 'u':
			control := byte(' ')
			if exact {
				control = controlAt(raw[i:])
			}
			dst = append(dst, control)
			if c == 'u' {
				i += len("0000")
			}
		default:
			dst = append(dst, c)
		}
	}
	return dst
}

// controlAt is the control character whose escape, without its backslash, stands here. Canonical JSON escapes no other.
func controlAt(s []byte) byte {
	switch {
	case s[0] == 'b':
		return '\b'
	case s[0] == 'f':
		return '\f'
	case len(s) < len("u0000"):
		return ' '
	}
	n, err := strconv.ParseUint(string(s[3:5]), 16, 8)
	if err != nil {
		return ' '
	}
	return byte(n)
}

// text shows a text, or what kind of secret it is.
func (p *preview) text(s []byte, secret bool) {
	if len(s) == 0 {
		p.word("")
		return
	}
	if secret {
		p.cut = true
		p.word("<secret>")
		return
	}
	p.beginning(s, secretIn(s))
}

// key shows a key: unlike a text it may say "password" and still be shown.
func (p *preview) key(key []byte) { p.beginning(key, secretAmong(key)) }

// beginning shows the beginning of the text that was read last, unless it is some kind of secret.
func (p *preview) beginning(s []byte, secret string) {
	mark := ""
	switch {
	case secret != "":
		p.cut = true
		p.shown = append(append(append(p.shown[:0], '<'), secret...), '>')
		s = p.shown
	case len(s) > p.width:
		p.cut = true
		cut := p.width - len(ellipsis)
		for cut > 0 && !utf8.RuneStart(s[cut]) {
			cut--
		}
		s, mark = s[:cut], ellipsis
	}
	if !p.bare {
		p.shown = append(append(p.shown[:0], s...), mark...)
		p.out = primitives.AppendStringBytes(p.out, p.shown)
		return
	}
	p.out = append(append(append(append(p.out, '"'), s...), mark...), '"')
}
