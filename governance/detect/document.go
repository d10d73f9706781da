package detect

import (
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/mcp-kernel/mcp-kernel/governance/match"
)

// Document appends to dst what is found in the texts of a JSON document: strings and numbers, which are judged by the name
// of the member that they stand in, names, and for instructions the texts of each array and object together, because what
// is cut in pieces reaches a model as one. It returns the longer slice. Key of the context is the name that the whole
// document stands under, if it has one; Number and Encoded are not looked at. A document that is malformed is a
// *match.DocumentError, and one under which too much lies encoded match.ErrLayers; what was found before has been appended
// then. Whoever gets an error denies. The document is neither kept nor changed.
func (e *Engine) Document(dst []match.Finding, doc []byte, in Context) ([]match.Finding, error) {
	s := e.begin()
	defer e.end(s)
	s.dst, s.outer = dst, in
	s.walker.Neighbours = s.engine.detectors&(Injection|Definition) != 0
	s.define(in)
	err := s.walker.Walk(doc, s.leaf)
	s.defined(doc, len(dst))
	dst = s.dst
	s.dst = nil
	return dst, err
}

// define makes ready for the texts of a definition, if that is what is looked through and poison in it is looked for.
func (s *scan) define(in Context) {
	s.defines = in.Source == Definitions && s.engine.detectors&Definition != 0
	if s.defines {
		s.definition.begin(&s.engine.grammar)
	}
}

// defined reads the definition as a whole.
func (s *scan) defined(doc []byte, base int) {
	if s.defines {
		s.dst = s.definition.conclude(doc, s.dst, base)
		s.definition.forget()
	}
	s.defines = false
}

// visitLeaf reads one text of a document.
func (s *scan) visitLeaf(l *match.Leaf) error {
	in := Context{Source: s.outer.Source, Key: s.outer.Key, Number: l.Kind == match.Number}
	if l.Key != nil {
		in.Key = view(l.Key)
	}
	from := len(s.dst)
	if s.defines {
		s.definition.take(l)
	}
	var err error
	switch l.Kind {
	case match.String:
		err = s.all(l.Text, in)
	case match.Number:
		if len(l.Text) >= shortestNumber {
			s.dst = s.read(s.dst, view(l.Text), in)
		}
	case match.Key:
		in.Key = ""
		err = s.all(l.Text, in)
	case match.Joined:
		s.together(l, in)
	default: // what is spliced is cut within words; nothing here is found by that
	}
	if len(s.dst) > from {
		pointer := l.Pointer()
		for i := range s.dst[from:] {
			f := &s.dst[from+i]
			f.Pointer, f.Key = pointer, l.Kind == match.Key
		}
	}
	return err
}

// shortestNumber is the length below which a number of a document is nobody's.
const shortestNumber = 9

// together looks for instructions in the texts of an array or object that none of them holds alone.
func (s *scan) together(l *match.Leaf, in Context) {
	in.Key = ""
	s.only = Injection | Definition
	from := len(s.dst)
	s.dst = s.read(s.dst, view(l.Text), in)
	s.only = All
	if len(s.dst) == from {
		return
	}
	pointer := l.Pointer()
	for i := range s.dst[from:] {
		s.dst[from+i].Form = "joined"
	}
	for _, f := range s.dst[:from] {
		if f.Check == s.dst[from].Check && f.Confidence >= s.dst[from].Confidence && strings.HasPrefix(f.Pointer, pointer) {
			s.dst = s.dst[:from]
			return
		}
	}
}

// all reads a text, and every form of it that may hold something else.
func (s *scan) all(text []byte, in Context) error {
	s.inner, s.base = in, len(s.dst)
	s.dst = s.read(s.dst, view(text), in)
	forms := s.worth()
	if s.worn != 0 && in.Source != Definitions {
		s.unmask(view(text), s.worn)
	}
	if forms == 0 {
		return nil
	}
	s.normalizer.Skip = match.AllForms &^ forms
	return s.normalizer.Each(wellFormed(text), s.form)
}

// wellFormed returns a text with a question mark in the place of every byte that is not UTF-8, so that places stay the
// same.
func wellFormed(text []byte) []byte {
	if utf8.Valid(text) {
		return text
	}
	text = slices.Clone(text)
	for i := 0; i < len(text); {
		r, size := utf8.DecodeRune(text[i:])
		if r == utf8.RuneError && size == 1 {
			text[i] = '?'
		}
		i += size
	}
	return text
}

// visitForm reads one form of a text. Findings that the text itself has already are dropped.
func (s *scan) visitForm(v match.View) bool {
	if v.Original() {
		return true
	}
	in, from := s.inner, len(s.dst)
	s.only, s.derived = All&^Terminal, true
	if v.Layer > 0 {
		form := v.Form(0, len(v.Text))
		in.Encoded = strings.Contains(form, "base64") || strings.Contains(form, "hex") || strings.Contains(form, "tags")
	}
	s.dst = s.read(s.dst, view(v.Text), in)
	s.only, s.derived = All, false
	if s.defines {
		s.definition.hiding(&v)
	}
	kept := from
	for i := from; i < len(s.dst); i++ {
		f := s.dst[i]
		f.Form = v.Form(f.Span.Start, f.Span.End)
		f.Span = v.Span(f.Span.Start, f.Span.End)
		if !s.known(f, kept) {
			s.dst[kept] = f
			kept++
		}
	}
	s.dst = s.dst[:kept]
	return true
}

// known reports whether a finding of the same check among those of the current text covers the same bytes in part. One
// that is less sure gives way.
func (s *scan) known(f match.Finding, end int) bool {
	for i := s.base; i < end; i++ {
		old := &s.dst[i]
		if old.Check != f.Check || old.Span.Start >= f.Span.End || f.Span.Start >= old.Span.End {
			continue
		}
		if f.Confidence > old.Confidence {
			*old = f
		}
		return true
	}
	return false
}
