package match

import (
	"bytes"
	"encoding/json"
	"strconv"
	"strings"
)

// pointerTo returns the RFC 6901 pointer to what starts at offset in doc: a value, or the member whose key starts
// there. It reads the document a second time, which only a hit costs; doc has been found well formed.
func pointerTo(doc []byte, offset int) string {
	dec := json.NewDecoder(bytes.NewReader(doc))
	dec.UseNumber()
	var path trail
	for {
		token, err := dec.Token()
		if err != nil {
			return path.pointer()
		}
		path.enter(token)
		if dec.InputOffset() > int64(offset) {
			return path.pointer()
		}
		path.leave(token)
	}
}

// trail is the way from the root of a document to a token.
type trail []step

// step is one open container.
type step struct {
	array bool
	index int    // of the current element
	key   string // of the current member
	named bool   // the key has been read, its value is next
}

// enter moves to a token: the next element, or the key or value of a member.
func (t trail) enter(token json.Token) {
	if len(t) == 0 || token == json.Delim('}') || token == json.Delim(']') {
		return
	}
	top := &t[len(t)-1]
	switch {
	case top.array:
		top.index++
	case !top.named:
		top.key, _ = token.(string)
		top.named = true
	default:
		top.named = false
	}
}

// leave goes behind a token: into a container that it opens or out of one that it closes.
func (t *trail) leave(token json.Token) {
	switch token {
	case json.Delim('['):
		*t = append(*t, step{array: true, index: -1})
	case json.Delim('{'):
		*t = append(*t, step{})
	case json.Delim(']'), json.Delim('}'):
		*t = (*t)[:len(*t)-1]
	}
}

// pointer writes the trail down.
func (t trail) pointer() string {
	escape := strings.NewReplacer("~", "~0", "/", "~1")
	var b strings.Builder
	for _, s := range t {
		b.WriteByte('/')
		if s.array {
			b.WriteString(strconv.Itoa(s.index))
		} else {
			b.WriteString(escape.Replace(s.key))
		}
	}
	return b.String()
}
