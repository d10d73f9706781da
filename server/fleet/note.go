package fleet

import (
	"bytes"
	"encoding/json"
	"fmt"

	"github.com/mcp-kernel/mcp-kernel/state"
)

// A Note is what one member tells the others. Members see the same notes with the same numbers in the same order, their own
// among them.
type Note struct {
	Kind string    `json:"k"`           // what it says; the package's own kinds begin with a dot
	From string    `json:"f"`           // the member; set by Post and Tell
	To   string    `json:"t,omitempty"` // the one member that it is for; empty is for all
	Keep bool      `json:"r,omitempty"` // it is remembered for a while: see Member.Recent
	On   string    `json:"o,omitempty"` // what it is about
	Tag  string    `json:"g,omitempty"` // distinguishes what is about the same
	At   state.Seq `json:"a,omitempty"` // a place in the stream that it speaks of
	Body []byte    `json:"-"`           // is not kept by the sender, and not changed by who gets it

	Seq state.Seq `json:"-"` // its own place in the stream, for who gets it
}

// MaxBody is how long the body of a note can be.
const MaxBody = state.MaxValue - 4<<10

// encode writes a note as one record: a line of JSON, and the body.
func (n *Note) encode() ([]byte, error) {
	head, err := json.Marshal(n)
	if err != nil {
		return nil, fmt.Errorf("note %q: %w", n.Kind, err)
	}
	if len(head)+1+len(n.Body) > state.MaxValue {
		return nil, fmt.Errorf("note %q: %d bytes: %w", n.Kind, len(n.Body), ErrTooLong)
	}
	return append(append(head, '\n'), n.Body...), nil
}

// decode reads a record. The body is part of it.
func decode(r state.Record) (Note, error) {
	head, body, ok := bytes.Cut(r.Value, []byte{'\n'})
	var n Note
	if err := json.Unmarshal(head, &n); err != nil || !ok || n.Kind == "" || n.From == "" {
		return Note{}, fmt.Errorf("note %d: not one of ours", r.Seq)
	}
	n.Body, n.Seq = body, r.Seq
	return n, nil
}
