package state

import (
	"errors"
	"fmt"
	"time"
)

// The errors of a backend. Every driver returns these, wrapped or bare, and no others for these situations. A context
// that has ended is reported as its own error, with nothing done.
var (
	// ErrNotFound means that there is no item, or that it has expired.
	ErrNotFound = errors.New("not found")
	// ErrConflict means that the version or the end of the stream is not the one that the caller had seen.
	ErrConflict = errors.New("changed by somebody else")
	// ErrClosed means that Close was called.
	ErrClosed = errors.New("backend is closed")
	// ErrInvalid means that no backend will ever accept the arguments: the message says what is wrong with them.
	ErrInvalid = errors.New("invalid argument")
	// ErrFull means that the backend has no room left. Nothing was written; reading still works.
	ErrFull = errors.New("no room left")
	// ErrUnavailable means that the backend does not answer now, or has not for so long that it is left in peace for a
	// while. An UnavailableError says when to come back, and whether anything may have been done. Package guarded reports
	// it, in place of whatever a driver's client says about networks; drivers need not.
	ErrUnavailable = errors.New("backend does not answer")
)

// An UnavailableError is an ErrUnavailable with what there is to know about it.
type UnavailableError struct {
	After time.Duration // until it is worth trying again; more than 0
	Tried bool          // the backend was asked: what was to be written may have been written. False: nothing was done
	Err   error         // what went wrong, or the last time when nothing was tried; may be nil. For logs: it may name hosts
}

// Error says how long to wait, and why.
func (e *UnavailableError) Error() string {
	text := fmt.Sprintf("%v: try again in %v", ErrUnavailable, e.After.Round(time.Millisecond))
	if e.Err != nil {
		text += ": " + e.Err.Error()
	}
	return text
}

// Unwrap returns ErrUnavailable and what went wrong.
func (e *UnavailableError) Unwrap() []error {
	if e.Err == nil {
		return []error{ErrUnavailable}
	}
	return []error{ErrUnavailable, e.Err}
}
