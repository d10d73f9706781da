package secret

import (
	"bytes"
	"encoding/base64"
	"net/url"
	"slices"
	"strings"
	"sync"
)

const (
	leastPart = 8  // bytes of a value that is looked for within texts; a shorter one must be the whole text
	maxValues = 64 // that are looked for: of more, those that were added last
)

// A Redactor takes values out of what comes back. The zero value takes out nothing. It is safe for concurrent use.
type Redactor struct {
	mu    sync.RWMutex
	marks []mark // the newest first
}

// A mark is a form of a value, and what is put in its place.
type mark struct{ form, name string }

// Add has a value taken out from now on, by the name that it was filled in with. So are its Base64 and its form in addresses.
func (r *Redactor) Add(name, value string) {
	if value == "" {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if slices.Contains(r.marks, mark{value, Mark(name)}) {
		return
	}
	forms := []string{value}
	if len(value) >= leastPart {
		forms = append(forms, base64.StdEncoding.EncodeToString([]byte(value)), base64.RawURLEncoding.EncodeToString([]byte(value)), url.QueryEscape(value), url.PathEscape(value))
	}
	slices.SortStableFunc(forms, func(a, b string) int { return len(b) - len(a) }) // one may begin with another
	var marks []mark
	for _, form := range slices.Compact(forms) {
		marks = append(marks, mark{form, Mark(name)})
	}
	r.marks = append(marks, r.marks...)
	r.marks = r.marks[:min(len(r.marks), 5*maxValues)]
}

// Text takes the values out of a text.
func (r *Redactor) Text(text string) string {
	r.mu.RLock()
	defer r.mu.RUnlock()
	redacted, _ := r.text(text)
	return redacted
}

// text takes the values out of a text, and reports whether there were any.
func (r *Redactor) text(text string) (string, bool) {
	before := text
	for _, m := range r.marks {
		switch {
		case len(m.form) >= leastPart:
			text = strings.ReplaceAll(text, m.form, m.name)
		case text == m.form:
			return m.name, true
		}
	}
	return text, text != before
}

// Document takes the values out of all texts of a JSON document, names included. Of what is no document they are taken out as
// they stand.
func (r *Redactor) Document(document []byte) []byte {
	r.mu.RLock()
	defer r.mu.RUnlock()
	if !r.near(document) {
		return document
	}
	redacted, err := texts(document, func(_ place, text string) (string, bool, error) {
		next, changed := r.text(text)
		return next, changed, nil
	})
	if err != nil {
		text, _ := r.text(string(document))
		return []byte(text)
	}
	return redacted
}

// near reports whether a value may be in a document: it stands there, or something is escaped.
func (r *Redactor) near(document []byte) bool {
	return len(r.marks) > 0 && (bytes.IndexByte(document, '\\') >= 0 ||
		slices.ContainsFunc(r.marks, func(m mark) bool { return bytes.Contains(document, []byte(m.form)) }))
}
