package rpc

import (
	"errors"
	"io"
)

// An Event is one event of a stream, or one that is too large.
type Event struct {
	Name, Data, ID string
	TooLarge       bool
}

// ReadEvents returns the events of a stream.
func ReadEvents(stream io.Reader, most int) (all []Event) {
	e := newEvents(stream, most)
	for {
		found, err := e.next()
		switch {
		case errors.Is(err, ErrTooLarge):
			all = append(all, Event{TooLarge: true})
		case err != nil:
			return all
		default:
			all = append(all, Event{Name: found.name, Data: string(found.data), ID: e.id})
		}
	}
}
