package match

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"unicode/utf8"
)

// A Redactor takes what was found out of documents. In its place stands what it was and which of them, as in "[email:1]":
// the same value is the same one in all documents that a Redactor has seen, so that what is left can still be reasoned about.
// The zero value is ready; a Redactor is not safe for concurrent use. It keeps the values that it has taken out.
type Redactor struct {
	numbers map[taken]int
	counts  map[string]int // by class, how many there are

	all  map[site]*spots
	doc  []byte
	out  []byte
	done int // how much of the document is in out
}

// taken is a value of a class.
type taken struct{ class, text string }

// site is one value of a document, or the name of a member.
type site struct {
	pointer string
	key     bool
}

// spots is what is to be taken out of one value.
type spots struct {
	spots []spot
	whole string // the class, where the texts in the container at the place are to be taken out whole
}

type spot struct {
	Span
	class string
}

// Redact returns a document without what the findings say is in it, which are of this document. A number of which something
// is taken out becomes a string. What was found in neighbours takes out all that stand together there. Spans that overlap are
// one, of the class of the one that begins first; a span in the middle of a character takes all of it. The document is not
// changed, and what is returned is another one; it is malformed when the error is not nil, which is a *DocumentError.
func (r *Redactor) Redact(doc []byte, findings []Finding) ([]byte, error) {
	if r.numbers == nil {
		r.numbers, r.counts = make(map[taken]int), make(map[string]int)
	}
	r.doc, r.out, r.done = doc, make([]byte, 0, len(doc)), 0
	if err := r.sort(findings); err != nil {
		return nil, err
	}
	var w Walker
	if err := w.Walk(doc, r.leaf); err != nil {
		return nil, err
	}
	return append(r.out, doc[r.done:]...), nil
}

// Redact is Redactor.Redact of a new Redactor.
func Redact(doc []byte, findings []Finding) ([]byte, error) {
	return new(Redactor).Redact(doc, findings)
}

// sort puts the findings where they belong.
func (r *Redactor) sort(findings []Finding) error {
	r.all = make(map[site]*spots, len(findings))
	for i := range findings {
		f := &findings[i]
		if f.Span.Start < 0 || f.Span.End < f.Span.Start {
			return fmt.Errorf("finding %d has no span", i)
		}
		at := site{f.Pointer, f.Key}
		if r.all[at] == nil {
			r.all[at] = new(spots)
		}
		s := r.all[at]
		s.spots = append(s.spots, spot{f.Span, f.Class})
		s.whole = cmp.Or(s.whole, f.Class)
	}
	for _, s := range r.all {
		slices.SortStableFunc(s.spots, func(a, b spot) int {
			return cmp.Or(cmp.Compare(a.Start, b.Start), cmp.Compare(b.End, a.End))
		})
	}
	return nil
}

// leaf writes a text that something is to be taken out of.
func (r *Redactor) leaf(l *Leaf) error {
	at := site{l.Pointer(), l.Kind == Key}
	s := r.all[at]
	switch {
	case s != nil:
		r.write(l, s.spots)
	case !at.key:
		if within := r.all[site{l.container(), false}]; within != nil && l.depth > 0 {
			r.write(l, []spot{{Span{0, len(l.Text)}, within.whole}})
		}
	}
	return nil
}

// container returns the pointer of what the leaf stands in.
func (l *Leaf) container() string {
	return pointer(l.walker.doc, l.walker.frames[:max(l.depth-1, 0)])
}

// write writes a text without the spots.
func (r *Redactor) write(l *Leaf, spots []spot) {
	r.out = append(r.out, r.doc[r.done:l.from]...)
	r.done = l.to
	r.out = append(r.out, '"')
	text, at := l.Text, 0
	for i := 0; i < len(spots); {
		s := spots[i]
		for i++; i < len(spots) && spots[i].Start < s.End; i++ {
			s.End = max(s.End, spots[i].End)
		}
		start, end := whole(text, s.Span)
		if start = max(start, at); start >= end {
			continue
		}
		r.out = appendJSON(r.out, text[at:start])
		r.out = appendJSON(r.out, r.placeholder(s.class, string(text[start:end])))
		at = end
	}
	r.out = append(appendJSON(r.out, text[at:]), '"')
}

// whole returns the span, within the text, with the whole of the characters at its ends.
func whole(text []byte, s Span) (start, end int) {
	start, end = min(s.Start, len(text)), min(s.End, len(text))
	for start > 0 && start < len(text) && !utf8.RuneStart(text[start]) {
		start--
	}
	for end < len(text) && !utf8.RuneStart(text[end]) {
		end++
	}
	return start, end
}

// placeholder returns what stands for a value.
func (r *Redactor) placeholder(class, text string) []byte {
	key := taken{class, text}
	n, known := r.numbers[key]
	if !known {
		r.counts[class]++
		n = r.counts[class]
		r.numbers[key] = n
	}
	return []byte("[" + class + ":" + strconv.Itoa(n) + "]")
}

// appendJSON appends a text as it is written within the quotes of a JSON string.
func appendJSON(to, text []byte) []byte {
	const digits = "0123456789abcdef"
	for _, c := range text {
		switch {
		case c == '"' || c == '\\':
			to = append(to, '\\', c)
		case c == '\n':
			to = append(to, '\\', 'n')
		case c == '\t':
			to = append(to, '\\', 't')
		case c < ' ':
			to = append(to, '\\', 'u', '0', '0', digits[c>>4], digits[c&15])
		default:
			to = append(to, c)
		}
	}
	return to
}
