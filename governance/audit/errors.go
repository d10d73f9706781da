package audit

import (
	"errors"
	"fmt"
	"strings"
	"time"
)

// The faults of a journal. All of them mean that the entry was not recorded, and that what it stood for must not run.
var (
	// ErrClosed is returned by a journal after Close.
	ErrClosed = errors.New("journal is closed")
	// ErrUnwritable wraps whatever keeps the journal from being written. Writing is tried again with every append.
	ErrUnwritable = errors.New("journal cannot be written")
	// ErrNoRoom says that the disk is too full to be sure of recording the outcome of another call.
	ErrNoRoom = errors.New("journal has no room for another call: free some disk space")
	// ErrDamaged says that what is in the directory is not what was written there: audit verify tells where.
	ErrDamaged = errors.New("journal is damaged: see audit verify")
	// ErrFrozen is what a FrozenError is.
	ErrFrozen = errors.New("calls are frozen")
	// ErrOverLimit is what an OverLimitError is.
	ErrOverLimit = errors.New("limit reached")
	// ErrTooLarge says that an entry does not fit the bounds of the format.
	ErrTooLarge = errors.New("entry is too large")
	// ErrTooManyCounters says that the ledger holds as many counters as it may.
	ErrTooManyCounters = errors.New("too many live counters")
	// ErrNotFound says that there is no such entry, or that retention removed it.
	ErrNotFound = errors.New("no such entry")
)

// A FrozenError refuses the decision to run a call while the journal is frozen.
type FrozenError struct {
	By     string    // who froze it
	Reason string    // why, safe to show
	Since  time.Time // when
}

// Error tells who froze calls and why.
func (e *FrozenError) Error() string {
	return fmt.Sprintf("calls are frozen since %s by %s: %s", e.Since.Format(time.RFC3339), e.By, e.Reason)
}

// Is reports whether the target is ErrFrozen.
func (*FrozenError) Is(target error) bool { return target == ErrFrozen }

// An OverLimitError refuses an entry whose charges another process left no units for since they were taken. The entry
// was not written, and none of its charges is pending any more.
type OverLimitError struct {
	Over []Counter // the counters without room, as they stand
}

// Error names the counters.
func (e *OverLimitError) Error() string {
	names := make([]string, len(e.Over))
	for i, c := range e.Over {
		names[i] = c.Name
	}
	return "limit reached: " + strings.Join(names, ", ")
}

// Is reports whether the target is ErrOverLimit.
func (*OverLimitError) Is(target error) bool { return target == ErrOverLimit }
