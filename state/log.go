package state

import (
	"context"
	"iter"
	"math"
	"time"
)

// Seq numbers the records of a stream from 1 on, without gaps.
type Seq uint64

// Tail, as the place to append after, means wherever the stream ends.
const Tail Seq = math.MaxUint64

// A Record is one record of a stream. Value is the reader's own.
type Record struct {
	Seq   Seq
	Value []byte
	At    time.Time // when it was appended, by the backend's clock
}

// Log is a set of append-only streams.
type Log interface {
	// Append adds records behind after, one behind the other, and returns the number of the last. If the stream ends
	// elsewhere than at after, it returns ErrConflict and adds none. Tail appends wherever the stream ends.
	Append(ctx context.Context, stream string, after Seq, records ...[]byte) (Seq, error)
	// Read yields the records from a number on until the end of the stream. If from was trimmed away, it begins with
	// the oldest that is kept.
	Read(ctx context.Context, stream string, from Seq) iter.Seq2[Record, error]
	// Follow is a Read that waits for more at the end, until ctx ends.
	Follow(ctx context.Context, stream string, from Seq) iter.Seq2[Record, error]
	// Last returns the number of the last record, 0 for an empty stream. Trim does not change it.
	Last(ctx context.Context, stream string) (Seq, error)
	// Trim removes the records before a number. Removing what is gone is no error.
	Trim(ctx context.Context, stream string, before Seq) error
}
