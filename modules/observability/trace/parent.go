package trace

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"strings"
)

// The bounds of what strangers say, as W3C Trace Context (section 3.3.1.5) and Baggage (section 3.3.2) advise. What is over
// them is as if it had not been said.
const (
	maxState   = 512
	maxMembers = 32
	maxBaggage = 8192
)

// An ID is that of a trace. The zero value is none.
type ID [16]byte

// String returns the id in hexadecimal digits.
func (id ID) String() string { return hex.EncodeToString(id[:]) }

// A SpanID is that of a span. The zero value is none.
type SpanID [8]byte

// String returns the id in hexadecimal digits.
func (id SpanID) String() string { return hex.EncodeToString(id[:]) }

// A Parent is the span that a call comes from, on another machine or in another process, and what goes with it. It was said
// by a stranger.
type Parent struct {
	Trace   ID
	Span    SpanID
	Sampled bool   // the caller says that it follows its trace
	State   string // tracestate; empty is none
	Baggage string // empty is none
}

// ReadParent reads the texts of traceparent, tracestate and baggage. It reports false where traceparent is not one, and then
// the others count for nothing.
func ReadParent(traceparent, state, baggage string) (Parent, bool) {
	var p Parent
	if !p.read(traceparent) {
		return Parent{}, false
	}
	if len(state) <= maxState && strings.Count(state, ",") < maxMembers && printable(state) {
		p.State = state
	}
	if len(baggage) <= maxBaggage && printable(baggage) {
		p.Baggage = baggage
	}
	return p, true
}

// read reads a traceparent of version 00, or the part of a later version that is like it.
func (p *Parent) read(text string) bool {
	const length = 55 // of 00-<32>-<16>-<2>
	if len(text) < length || len(text) > 4*length || text[2] != '-' || text[35] != '-' || text[52] != '-' {
		return false
	}
	version, ok := digits(text[:2])
	switch {
	case !ok, version[0] == 0xFF, version[0] == 0 && len(text) != length, len(text) > length && text[length] != '-':
		return false
	}
	trace, isTrace := digits(text[3:35])
	span, isSpan := digits(text[36:52])
	flags, isFlags := digits(text[53:55])
	if !isTrace || !isSpan || !isFlags {
		return false
	}
	copy(p.Trace[:], trace)
	copy(p.Span[:], span)
	p.Sampled = flags[0]&1 == 1
	return p.Trace != ID{} && p.Span != SpanID{}
}

// digits reads hexadecimal digits, which must be small.
func digits(text string) ([]byte, bool) {
	b, err := hex.DecodeString(text)
	return b, err == nil && strings.ToLower(text) == text
}

func printable(text string) bool {
	for i := range len(text) {
		if text[i] < ' ' || text[i] > '~' {
			return false
		}
	}
	return true
}

// Traceparent returns the text of version 00 by which others are told of the span.
func (p Parent) Traceparent() string {
	flags := "-00"
	if p.Sampled {
		flags = "-01"
	}
	return "00-" + p.Trace.String() + "-" + p.Span.String() + flags
}

// Read reads what the _meta of a request says of its trace, under the keys of the W3C's headers. It reports false where it
// says nothing, or nothing that holds.
func Read(meta json.RawMessage) (Parent, bool) {
	if !bytes.Contains(meta, []byte(`"traceparent"`)) { // as in nearly all requests
		return Parent{}, false
	}
	var said struct {
		Parent  string `json:"traceparent"`
		State   any    `json:"tracestate"` // what has the wrong shape must not take the parent with it
		Baggage any    `json:"baggage"`
	}
	if json.Unmarshal(meta, &said) != nil {
		return Parent{}, false
	}
	state, _ := said.State.(string)
	baggage, _ := said.Baggage.(string)
	return ReadParent(said.Parent, state, baggage)
}

// meta returns the members of _meta with those that tell others of the span; a member that is there already is replaced.
func (p Parent) meta(members json.RawMessage) (json.RawMessage, error) {
	all := map[string]json.RawMessage{}
	if len(members) > 0 {
		if err := json.Unmarshal(members, &all); err != nil {
			return nil, err
		}
	}
	for key, text := range map[string]string{"traceparent": p.Traceparent(), "tracestate": p.State, "baggage": p.Baggage} {
		delete(all, key)
		if text == "" {
			continue
		}
		quoted, err := json.Marshal(text)
		if err != nil {
			return nil, err
		}
		all[key] = quoted
	}
	return json.Marshal(all)
}
