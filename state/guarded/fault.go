package guarded

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"syscall"
	"time"

	"github.com/mcp-kernel/mcp-kernel/state"
)

// What an operation says about the backend.
const (
	answered  kind = iota // it works
	abandoned             // nothing: it may not even have been asked
	failed                // it does not
)

type kind uint8

// The classes of faults, as Health and Operation have them. They say nothing about addresses, and there are few of them.
const (
	faultTimeout = "timeout" // no answer in time
	faultRefused = "refused" // nobody listens
	faultNetwork = "network" // the connection was lost, or could not be made
	faultFull    = "full"    // it answers, and has no room
	faultOther   = "other"   // it answers with an error that is none of state's
	faultOpen    = "open"    // it was not asked
)

// A fault is what came of one attempt.
type fault struct {
	kind  kind
	class string // of what went wrong; empty when nothing did
}

func (f fault) failure() bool { return f.kind == failed }

// faultOf sorts the error of an attempt that had all the time it may have.
func faultOf(err error) fault {
	switch {
	case errors.Is(err, state.ErrNotFound), errors.Is(err, state.ErrConflict):
		return fault{kind: answered}
	case errors.Is(err, state.ErrFull):
		return fault{answered, faultFull}
	case errors.Is(err, state.ErrInvalid), errors.Is(err, state.ErrClosed):
		return fault{kind: abandoned}
	default:
		return fault{failed, classOf(err)}
	}
}

func classOf(err error) string {
	var network net.Error
	known := errors.As(err, &network)
	switch {
	case errors.Is(err, context.DeadlineExceeded), errors.Is(err, os.ErrDeadlineExceeded), known && network.Timeout():
		return faultTimeout
	case errors.Is(err, syscall.ECONNREFUSED):
		return faultRefused
	case known, errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, net.ErrClosed),
		errors.Is(err, syscall.ECONNRESET), errors.Is(err, syscall.EPIPE):
		return faultNetwork
	default:
		return faultOther
	}
}

// A timeoutError is an operation that was given up. It is not context.DeadlineExceeded, which would be the caller's.
type timeoutError struct{ after time.Duration }

func (e *timeoutError) Error() string { return fmt.Sprintf("no answer within %v", e.after) }

// Timeout says what it is to those who ask a net.Error.
func (*timeoutError) Timeout() bool { return true }

// Temporary belongs to net.Error.
func (*timeoutError) Temporary() bool { return true }
