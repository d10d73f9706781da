package audit

import (
	"context"
	"maps"
	"slices"
	"sync"
	"sync/atomic"
)

// feedRoom is how many entries wait in memory for the reader of a feed: about half a megabyte of them.
const feedRoom = 512

// A Feed hands one reader every entry of the journal that was written since it was made, by whichever process, in their
// order: from memory as long as the reader keeps up, and from the files where it did not. Whoever writes entries never
// waits for it. It is made by Journal.Feed, is safe for concurrent use, and should be closed.
type Feed struct {
	j      *Journal
	ready  chan struct{} // of capacity 1: half of the room is taken
	missed atomic.Uint64

	reading sync.Mutex // held while entries are handed on; guards what follows
	batch   []Entry
	next    uint64

	mu      sync.Mutex // guards what follows, between the reader and who writes
	pending []Entry
	newest  uint64
}

// Feed returns a feed of what is written from now on.
func (j *Journal) Feed() *Feed {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.feed(j.at.seq + 1)
}

// FeedFromOpening returns a feed that begins with the first entry of this process: what opening the journal recorded, the
// calls of processes that died among it, comes first.
func (j *Journal) FeedFromOpening() *Feed {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.feed(j.opening)
}

func (j *Journal) feed(next uint64) *Feed {
	f := &Feed{j: j, ready: make(chan struct{}, 1), next: next, newest: j.at.seq}
	j.feeds = append(j.feeds, f)
	return f
}

// Close ends the feed: nothing is kept for it any more. It may be called more than once.
func (f *Feed) Close() {
	f.j.mu.Lock()
	defer f.j.mu.Unlock()
	f.j.feeds = slices.DeleteFunc(f.j.feeds, func(other *Feed) bool { return other == f })
}

// Ready is sent to when entries should be drained before the files must be read for them. A reader that needs entries
// sooner drains when it likes.
func (f *Feed) Ready() <-chan struct{} { return f.ready }

// Missed returns how many entries were never handed on because retention removed them first.
func (f *Feed) Missed() uint64 { return f.missed.Load() }

// Drain hands on every entry that was written before the call and has not been handed on yet. The entries, and the
// slices in them, are see's until it returns; sealed payloads are left out. After an error, which is one of reading files
// or the context's, the next Drain goes on where this one ended.
func (f *Feed) Drain(ctx context.Context, see func(*Entry)) error {
	f.reading.Lock()
	defer f.reading.Unlock()
	f.mu.Lock()
	f.batch, f.pending = f.pending, f.batch[:0]
	newest := f.newest
	f.mu.Unlock()
	for i := range f.batch {
		e := &f.batch[i]
		if err := f.catchUp(ctx, e.Seq, see); err != nil {
			return err
		}
		f.hand(e, see)
	}
	return f.catchUp(ctx, newest+1, see)
}

// catchUp hands on what stands in the files from the next entry on and before a number.
func (f *Feed) catchUp(ctx context.Context, before uint64, see func(*Entry)) error {
	if f.next >= before {
		return nil
	}
	for e, err := range f.j.Entries(ctx, f.next) {
		if err != nil {
			return err
		}
		if e.Seq >= before {
			break
		}
		e.Args.Sealed, e.Result.Sealed = nil, nil
		f.hand(&e, see)
	}
	f.skip(before)
	return nil
}

// hand hands on an entry unless it was before.
func (f *Feed) hand(e *Entry, see func(*Entry)) {
	if e.Seq < f.next {
		return
	}
	f.skip(e.Seq)
	see(e)
	f.next = e.Seq + 1
}

// skip gives up what cannot be had any more before a number.
func (f *Feed) skip(to uint64) {
	if to > f.next {
		f.missed.Add(to - f.next)
		f.next = to
	}
}

// put keeps an entry for the reader, if there is room; otherwise the reader finds that it is missing. The caller holds
// the journal's mutex.
func (f *Feed) put(e *Entry) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.newest = e.Seq
	n := len(f.pending)
	switch {
	case n == feedRoom:
		return
	case n < cap(f.pending):
		f.pending = f.pending[:n+1]
	default:
		f.pending = append(f.pending, Entry{})
	}
	f.pending[n].copyFrom(e)
	if n+1 == feedRoom/2 {
		select {
		case f.ready <- struct{}{}:
		default: // the reader has not looked yet
		}
	}
}

// copyFrom makes e what another entry is, sealed payloads left out, so that neither is changed with the other. The memory
// of its own slices is used again.
func (e *Entry) copyFrom(other *Entry) {
	own := *e
	*e = *other
	e.Policies, e.Labels = reuse(own.Policies, other.Policies), reuse(own.Labels, other.Labels)
	e.Charges, e.Counters = reuse(own.Charges, other.Charges), reuse(own.Counters, other.Counters)
	e.Usage = reuse(own.Usage, other.Usage)
	e.Args.Sealed, e.Result.Sealed = nil, nil
	e.Findings = maps.Clone(other.Findings)
	if other.Control != nil {
		control := *other.Control
		control.Calls = slices.Clone(control.Calls)
		e.Control = &control
	}
}

// reuse returns a copy of a slice in another one's memory.
func reuse[T any](memory, of []T) []T { return append(memory[:0], of...) }
