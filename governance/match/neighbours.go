package match

import "unicode/utf8"

// neighbour adds a text to those of the container it stands in. A long one ends the neighbourhood of those before it and
// begins that of those after it.
func (w *Walker) neighbour(text []byte, wide bool) error {
	f := &w.frames[len(w.frames)-1]
	f.wide = f.wide || wide
	if f.texts++; f.texts > 1 {
		w.joined = append(w.joined, ' ')
	}
	if len(text) <= 2*Window {
		w.joined = append(w.joined, text...)
		w.spliced = append(w.spliced, text...)
		return nil
	}
	head, tail := ends(text)
	w.joined = append(w.joined, head...)
	w.spliced = append(w.spliced, head...)
	if err := w.together(); err != nil {
		return err
	}
	f.texts, f.wide = 1, wide
	w.joined = append(w.joined[:f.joined], tail...)
	w.spliced = append(w.spliced[:f.splice], tail...)
	return nil
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
	if f.texts < 2 {
		return nil
	}
	joined, spliced := w.joined[f.joined:], w.spliced[f.splice:]
	if err := w.show(Joined, joined, f.outer, f.wide, depth); err != nil {
		return err
	}
	return w.show(Spliced, spliced, f.outer, f.wide, depth)
}
