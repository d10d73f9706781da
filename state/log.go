package state

import (
	"context"
	"iter"
	"math"
	"time"
)

// Seq numbers the records of a stream from 1 on, without gaps.
type Seq uint64

// Tail is the place to append after that means wherever the stream ends. Following from Tail yields new records only, and
// trimming before Tail removes all.
const Tail Seq = math.MaxUint64

// A Record is one record of a stream. Value is the reader's own and never nil.
type Record struct {
	Seq   Seq
	Value []byte
	At    time.Time // when it was appended, by the backend's clock
}

// Log is a set of append-only streams. A stream begins with its first record and is named by up to MaxKey bytes of UTF-8
// without NUL. A Log is safe for concurrent use, by several processes where the driver says so. Sequences that Read and
// Follow return yield at most one error, as their last element, with a zero Record.
type Log interface {
	// Append adds records behind after, one behind the other with nobody else's between them, and returns the number of
	// the last. If the stream ends elsewhere than at after, it returns ErrConflict and adds none; after 0 wants a stream
	// that never had a record. Tail appends wherever the stream ends. Without records it only compares, and returns the
	// number of the last there is.
	Append(ctx context.Context, stream string, after Seq, records ...[]byte) (Seq, error)
	// Read yields the records from a number on until what was the end of the stream when it began. If from was trimmed
	// away, it begins with the oldest that is kept: the first Seq tells. Beyond the end it yields nothing.
	Read(ctx context.Context, stream string, from Seq) iter.Seq2[Record, error]
	// Follow is a Read that waits for more at the end, until ctx ends, whose error it then yields, or the log is closed.
	// Whether another process or this one appends makes no difference to what is yielded.
	Follow(ctx context.Context, stream string, from Seq) iter.Seq2[Record, error]
	// Last returns the number of the last record, 0 for an empty stream. Trim does not change it.
	Last(ctx context.Context, stream string) (Seq, error)
	// Trim removes the records before a number. Removing what is gone is no error.
	Trim(ctx context.Context, stream string, before Seq) error
}
