package secret

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strconv"
)

// A place is where a text is in a document.
type place struct {
	pointer []string // RFC 6901, a segment each; the reader's own until the next text
	name    bool     // it is the name of a member, which the pointer ends with
}

// texts returns a document in which a function has changed texts, names included. All other bytes are as they were, and a
// document in which nothing was changed is the one that was given.
func texts(document []byte, change func(at place, text string) (string, bool, error)) ([]byte, error) {
	d := json.NewDecoder(bytes.NewReader(document))
	d.UseNumber()
	w := walk{document: document}
	for {
		token, err := d.Token()
		if errors.Is(err, io.EOF) && len(w.open) == 0 {
			break
		}
		if err != nil {
			return nil, fmt.Errorf("the document cannot be read: %w", err)
		}
		end := int(d.InputOffset())
		text, is := token.(string)
		if !is {
			w.step(token)
			w.seen = end
			continue
		}
		at := w.place(text)
		next, changed, err := change(at, text)
		if err != nil {
			return nil, err
		}
		if changed {
			if err := w.replace(end, next); err != nil {
				return nil, err
			}
		}
		w.step(token)
		w.seen = end
	}
	if w.out == nil {
		return document, nil
	}
	return append(w.out, document[w.copied:]...), nil
}

// A walk is where the reading of a document is.
type walk struct {
	document []byte
	out      []byte // what is changed so far; nil while nothing is
	copied   int    // up to where the document is in out
	seen     int    // up to where it was read
	open     []level
}

// A level is an object or array that is open.
type level struct {
	array bool
	n     int    // elements before this one
	name  string // of the member that is read
	value bool   // the name was read
}

// place is where the text is that comes now.
func (w *walk) place(text string) place {
	at := place{pointer: make([]string, 0, len(w.open))}
	for i := range w.open {
		switch l := &w.open[i]; {
		case l.array:
			at.pointer = append(at.pointer, strconv.Itoa(l.n))
		case l.value:
			at.pointer = append(at.pointer, l.name)
		default:
			at.pointer, at.name = append(at.pointer, text), true
		}
	}
	return at
}

// step notes what was read.
func (w *walk) step(token json.Token) {
	delim, is := token.(json.Delim)
	if is && (delim == '{' || delim == '[') {
		w.open = append(w.open, level{array: delim == '['})
		return
	}
	if is {
		w.open = w.open[:len(w.open)-1]
	}
	if len(w.open) == 0 {
		return
	}
	switch l := &w.open[len(w.open)-1]; {
	case l.array:
		l.n++
	case !is && !l.value:
		l.name, _ = token.(string)
		l.value = true
	default:
		l.value = false
	}
}

// replace puts a text in the place of the one that was read last.
func (w *walk) replace(end int, next string) error {
	begin := w.seen + bytes.IndexByte(w.document[w.seen:end], '"')
	encoded, err := encode(next)
	if err != nil {
		return err
	}
	w.out = append(append(w.out, w.document[w.copied:begin]...), encoded...)
	w.copied = end
	return nil
}

// encode writes a text as JSON, and nothing of it otherwise than it must.
func encode(text string) ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(text); err != nil {
		return nil, err
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n")), nil
}
