package trace

import "time"

// A Kind is a span's, with the number that OTLP gives it.
type Kind uint8

// The kinds of spans.
const (
	Internal Kind = 1 // a step of a call
	Server   Kind = 2 // a call that came in
	Client   Kind = 3 // a call that goes out
)

// An Attr is an attribute. It has a text, or a number where the text is empty.
type Attr struct {
	Key    string
	Text   string
	Number int64
}

// Text returns an attribute that is a text; without one it counts as none.
func Text(key, text string) Attr { return Attr{Key: key, Text: text} }

// Number returns an attribute that is a number.
func Number(key string, n int64) Attr { return Attr{Key: key, Number: n} }

// A Data is a span that has ended. Its slices must not be changed.
type Data struct {
	Trace      ID
	ID         SpanID
	Parent     SpanID // zero is none
	Remote     bool   // the parent is another process's
	State      string // tracestate
	Name       string
	Kind       Kind
	Begin, End time.Time
	Attrs      []Attr
	Links      []Parent // spans that the call has to do with besides its parent
	Failed     bool
	Message    string // what failed, in words that hold no content
}
