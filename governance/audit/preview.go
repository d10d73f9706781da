package audit

import (
	"bytes"
	"strings"
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
	p := preview{in: canonical}
	p.value(0, false)
	return string(p.out)
}

// A preview is one being made. It stops reading as soon as there is no room.
type preview struct {
	in   []byte
	at   int
	out  []byte
	full bool
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
		p.text(hidden(secret))
	case c == '{' || c == '[':
		p.container(depth, c)
	case c == '"':
		p.text(judge(p.string(), secret))
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
		secret = secretKey(key)
		p.text(judgeKey(key))
		p.at++ // the colon
		p.out = append(p.out, ':')
	}
	p.value(depth+1, secret)
	if len(p.out) <= maxPreview-previewSpare-depth {
		return
	}
	if !p.full || len(p.out) > maxPreview-depth {
		p.full = true
		p.out = append(p.out[:mark], `"…"`...)
		if named {
			p.out = append(p.out, `:"…"`...)
		}
	}
}

func (p *preview) text(s string) { p.out = primitives.AppendString(p.out, s) }

// scalar shows a number, true, false or null.
func (p *preview) scalar(secret bool) {
	start := p.at
	for p.at < len(p.in) && !bytes.ContainsRune([]byte(",]}"), rune(p.in[p.at])) {
		p.at++
	}
	token := p.in[start:p.at]
	digit := token[0] == '-' || '0' <= token[0] && token[0] <= '9'
	switch {
	case secret && digit:
		p.text("<secret>")
	case digit && len(token) >= longNumber:
		p.text("<number>")
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

// string passes over a text and returns the beginning of it, as far as it is judged.
func (p *preview) string() string {
	p.at++
	start := p.at
	for p.at < len(p.in) && p.in[p.at] != '"' {
		if p.in[p.at] == '\\' {
			p.at++
		}
		p.at++
	}
	raw := p.in[start:min(p.at, len(p.in))]
	p.at++
	return unescapeStart(raw)
}

// unescapeStart resolves the escapes of a canonical text, up to previewJudge bytes.
func unescapeStart(raw []byte) string {
	if len(raw) > 6*previewJudge {
		raw = raw[:6*previewJudge]
	}
	if bytes.IndexByte(raw, '\\') < 0 {
		return string(raw[:min(len(raw), previewJudge)])
	}
	replace := strings.NewReplacer(`\\`, `\`, `\"`, `"`, `\n`, "\n", `\r`, "\r", `\t`, "\t", `\b`, " ", `\f`, " ", `\u00`, " ")
	s := replace.Replace(string(raw))
	return s[:min(len(s), previewJudge)]
}

// judge returns what is shown of a text.
func judge(s string, secret bool) string {
	switch {
	case secret && s != "":
		return "<secret>"
	case s == "":
		return ""
	}
	if what := secretIn(s); what != "" {
		return "<" + what + ">"
	}
	return beginning(s)
}

// judgeKey returns what is shown of a key: unlike a text it may say "password" and still be shown.
func judgeKey(key string) string {
	if what := secretAmong(key); what != "" {
		return "<" + what + ">"
	}
	return beginning(key)
}

// beginning cuts a text.
func beginning(s string) string {
	s = strings.ToValidUTF8(s, "\uFFFD")
	if len(s) <= previewText {
		return s
	}
	cut := previewText - len(ellipsis)
	for !utf8.RuneStart(s[cut]) {
		cut--
	}
	return s[:cut] + ellipsis
}
