package hosts

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
)

// ErrSyntax says that a text is no JSON, not even with comments and commas behind the last member.
var ErrSyntax = errors.New("it is no JSON")

// maxDepth bounds how deep values are nested; encoding/json has a bound of the same kind.
const maxDepth = 1000

// bom is the mark with which some editors begin a file of UTF-8.
const bom = "\xef\xbb\xbf"

// A span is a part of a text: from its first byte to behind its last one.
type span struct{ from, to int }

// A value is where a value stands in a text, and what stands in it if it is an object or an array.
type value struct {
	span

	kind  byte // the first byte: { and [ have items
	items []item
}

// holds reports whether the value is an object or an array.
func (v *value) holds() bool { return v.kind == '{' || v.kind == '[' }

// An item is a member of an object or an element of an array. An element's name is its index.
type item struct {
	name  string
	after int // behind the bracket or comma before it
	from  int // the first byte of the name, or of the element
	value value
	comma int // where the comma behind it is, -1 if there is none
}

// A scanner reads a text of JSON with comments and commas behind the last item.
type scanner struct {
	text  []byte
	at    int
	depth int
	loose []span // comments, and commas that strict JSON does not allow
}

// scan reads a whole text. One with nothing but comments in it has a value of kind 0.
func scan(text []byte) (value, []span, error) {
	s := &scanner{text: text}
	if bytes.HasPrefix(text, []byte(bom)) {
		s.at = len(bom)
	}
	if err := s.skip(); err != nil {
		return value{}, nil, err
	}
	if s.at == len(text) {
		return value{}, s.loose, nil
	}
	v, err := s.value()
	if err == nil {
		err = s.skip()
	}
	if err == nil && s.at < len(text) {
		err = s.fault("there is more behind the end")
	}
	return v, s.loose, err
}

// fault is an error at the place that the scanner has come to.
func (s *scanner) fault(what string) error {
	before := s.text[:min(s.at, len(s.text))]
	line := bytes.Count(before, []byte("\n"))
	column := len(before) - (bytes.LastIndexByte(before, '\n') + 1)
	return fmt.Errorf("%w: line %d, column %d: %s", ErrSyntax, line+1, column+1, what)
}

// next is the byte that the scanner has come to, 0 at the end.
func (s *scanner) next() byte {
	if s.at < len(s.text) {
		return s.text[s.at]
	}
	return 0
}

func isSpace(b byte) bool { return b == ' ' || b == '\t' || b == '\n' || b == '\r' }

// skip goes on to what is neither space nor comment.
func (s *scanner) skip() error {
	for s.at < len(s.text) {
		switch b := s.text[s.at]; {
		case isSpace(b):
			s.at++
		case b == '/':
			if err := s.comment(); err != nil {
				return err
			}
		default:
			return nil
		}
	}
	return nil
}

// comment goes behind a comment. The end of its line does not belong to one that begins with two strokes.
func (s *scanner) comment() error {
	rest, from := s.text[s.at:], s.at
	switch {
	case bytes.HasPrefix(rest, []byte("//")):
		n := bytes.IndexAny(rest, "\r\n")
		if n < 0 {
			n = len(rest)
		}
		s.at += n
	case bytes.HasPrefix(rest, []byte("/*")):
		n := bytes.Index(rest[2:], []byte("*/"))
		if n < 0 {
			return s.fault("the comment has no end")
		}
		s.at += n + 4
	default:
		return s.fault("a single stroke is no comment")
	}
	s.loose = append(s.loose, span{from, s.at})
	return nil
}

func (s *scanner) value() (value, error) {
	v := value{span: span{from: s.at}, kind: s.next()}
	var err error
	switch v.kind {
	case '{', '[':
		v.items, err = s.items(v.kind + 2) // } and ] are two behind { and [
	case '"':
		_, err = s.name()
	default:
		err = s.word()
	}
	v.to = s.at
	return v, err
}

// items reads an object or an array, whose end is the bracket named.
func (s *scanner) items(end byte) ([]item, error) {
	if s.depth++; s.depth > maxDepth {
		return nil, s.fault("it is nested too deep")
	}
	defer func() { s.depth-- }()
	var all []item
	for {
		s.at++ // the bracket, or a comma
		it := item{after: s.at, comma: -1}
		if err := s.skip(); err != nil {
			return nil, err
		}
		if s.next() == end {
			if n := len(all); n > 0 { // so there was a comma
				s.loose = append(s.loose, span{all[n-1].comma, all[n-1].comma + 1})
			}
			s.at++
			return all, nil
		}
		if err := s.item(&it, end, len(all)); err != nil {
			return nil, err
		}
		all = append(all, it)
		if s.next() == end {
			s.at++
			return all, nil
		}
		if s.next() != ',' {
			return nil, s.fault("want a comma or " + strconv.QuoteRune(rune(end)))
		}
		all[len(all)-1].comma = s.at
	}
}

// item reads a member or an element, and goes on to what follows it.
func (s *scanner) item(it *item, end byte, index int) (err error) {
	it.from, it.name = s.at, strconv.Itoa(index)
	if end == '}' {
		if it.name, err = s.name(); err != nil {
			return err
		}
		if err := s.skip(); err != nil {
			return err
		}
		if s.next() != ':' {
			return s.fault("want a colon")
		}
		s.at++
		if err := s.skip(); err != nil {
			return err
		}
	}
	if it.value, err = s.value(); err != nil {
		return err
	}
	return s.skip()
}

// name reads a string.
func (s *scanner) name() (string, error) {
	if s.next() != '"' {
		return "", s.fault("want a name in quotation marks")
	}
	for i := s.at + 1; i < len(s.text); i++ {
		switch s.text[i] {
		case '\\':
			i++
		case '"':
			var text string
			if err := json.Unmarshal(s.text[s.at:i+1], &text); err != nil {
				return "", s.fault(err.Error())
			}
			s.at = i + 1
			return text, nil
		}
	}
	return "", s.fault("the string has no end")
}

// word reads a number, true, false or null.
func (s *scanner) word() error {
	n := bytes.IndexFunc(s.text[s.at:], func(r rune) bool {
		return r != '+' && r != '-' && r != '.' && (r < '0' || r > '9') && (r|0x20 < 'a' || r|0x20 > 'z')
	})
	if n < 0 {
		n = len(s.text) - s.at
	}
	if !json.Valid(s.text[s.at : s.at+n]) {
		return s.fault("want a value")
	}
	s.at += n
	return nil
}
