package state

import "errors"

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
)
