package match

import "unicode/utf8"

// neighbour adds a text to those of the container it stands in. A long one ends the neighbourhood of those before it and
// begins that of those after it.
func (w *Walker) neighbour(text []byte, wide bool) error {
	f := &w.frames[len(w.frames)-1]
	f.wide = f.wide || wide
	if len(w.parts) > f.parts {
		w.joined = append(w.joined, ' ')
	}
	if len(text) <= 2*Window {
		w.part(f, text)
		return nil
	}
	head, tail := ends(text)
	w.part(f, head)
	if err := w.together(); err != nil {
		return err
	}
	f.wide = wide
	w.joined, w.spliced, w.parts = w.joined[:f.joined], w.spliced[:f.splice], w.parts[:f.parts]
	w.part(f, tail)
	return nil
}

// part adds the text that has just been visited to the neighbours of a container.
func (w *Walker) part(f *frame, text []byte) {
	w.joined = append(w.joined, text...)
	w.spliced = append(w.spliced, text...)
	w.parts = append(w.parts, part{len(w.joined) - f.joined, len(w.spliced) - f.splice, w.leaf.note})
}

// ends returns the first and the last Window bytes of a text, or a little more, so that no character is cut.
func ends(text []byte) (head, tail []byte) {
	head, tail = text[:Window], text[len(text)-Window:]
	for n := Window; n < len(text) && !utf8.RuneStart(text[n]); n++ {
		head = text[:n+1]
	}
	for n := len(text) - Window; n > 0 && !utf8.RuneStart(text[n]); n-- {
		tail = text[n-1:]
	}
	return head, tail
}

// together visits the neighbours of the innermost container, if there are any.
func (w *Walker) together() error {
	depth := len(w.frames) - 1
	f := &w.frames[depth]
	if len(w.parts)-f.parts < 2 {
		return nil
	}
	note := w.leaf.note
	w.leaf.parts = w.parts[f.parts:]
	joined, spliced := w.joined[f.joined:], w.spliced[f.splice:]
	if err := w.show(Joined, joined, f.outer, f.wide, depth); err != nil {
		return err
	}
	err := w.show(Spliced, spliced, f.outer, f.wide, depth)
	w.leaf.note = note
	return err
}
