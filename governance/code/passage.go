package code

import "sort"

// A passage is a text to examine, with the way back: where each of its bytes stands in the source. A string literal
// with escapes, joined literals and a shell word without its quotes are passages.
type passage struct {
	text  string
	base  int    // where text starts in the source, when there are no spans
	spans []span // ascending by at; the first is at 0
	end   int    // the place behind the last byte, when there are spans
}

// A span is a run of bytes that stand side by side in the source too.
type span struct{ at, from int32 }

// where returns the place in the source of the byte at i, or behind the text for its length.
func (p *passage) where(i int) int {
	if len(p.spans) == 0 {
		return p.base + i
	}
	if i >= len(p.text) {
		return p.end
	}
	n := sort.Search(len(p.spans), func(n int) bool { return int(p.spans[n].at) > i }) - 1
	return int(p.spans[n].from) + i - int(p.spans[n].at)
}

// part returns a piece of a passage, without copying.
func (p *passage) part(from, to int) passage {
	piece := passage{text: p.text[from:to], base: p.where(from)}
	if len(p.spans) == 0 {
		return piece
	}
	for n := sort.Search(len(p.spans), func(n int) bool { return int(p.spans[n].at) > from }) - 1; n < len(p.spans); n++ {
		s := p.spans[n]
		if int(s.at) >= to && to > from {
			break
		}
		piece.spans = append(piece.spans, span{at: max(s.at-int32(from), 0), from: s.from + max(int32(from)-s.at, 0)})
		if to == from {
			break
		}
	}
	piece.end = p.where(to)
	return piece
}

// A weaver makes a passage out of pieces of others.
type weaver struct {
	text  []byte
	spans []span
	next  int // the place in the source that would continue the last span
}

// put adds one byte that stands for what is at a place in the source and takes up to next there.
func (w *weaver) put(c byte, at, next int) {
	if len(w.spans) == 0 || at != w.next {
		w.spans = append(w.spans, span{at: int32(len(w.text)), from: int32(at)})
	}
	w.text = append(w.text, c)
	w.next = at + 1
	if next != at+1 {
		w.next = -1
	}
}

// write adds characters that all stand for what is at one place.
func (w *weaver) write(s string, at int) {
	for i := range len(s) {
		w.put(s[i], at, -1)
	}
}

// copy adds a piece of a passage.
func (w *weaver) copy(p *passage, from, to int) {
	if len(p.spans) == 0 {
		w.run(p.text[from:to], p.base+from)
		return
	}
	piece := p.part(from, to)
	for n, s := range piece.spans {
		end := len(piece.text)
		if n+1 < len(piece.spans) {
			end = int(piece.spans[n+1].at)
		}
		w.run(piece.text[s.at:end], int(s.from))
	}
}

// run adds text that stands at a place in the source as it is.
func (w *weaver) run(text string, at int) {
	if text == "" {
		return
	}
	if len(w.spans) == 0 || at != w.next {
		w.spans = append(w.spans, span{at: int32(len(w.text)), from: int32(at)})
	}
	w.text = append(w.text, text...)
	w.next = at + len(text)
}

// passage returns what was woven, which ends at a place in the source.
func (w *weaver) passage(end int) passage {
	if len(w.spans) == 0 {
		return passage{base: end}
	}
	return passage{text: string(w.text), spans: w.spans, end: end}
}
