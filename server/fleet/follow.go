package fleet

import (
	"context"
	"errors"
	"iter"
	"slices"
	"time"

	"github.com/mcp-kernel/mcp-kernel/state"
)

// follow reads the stream, from as far back as it is kept, until ctx ends. What breaks is begun again.
func (m *Member) follow(ctx context.Context) {
	var first, next state.Seq // 0 until it is known where to begin
	for ctx.Err() == nil {
		if next == 0 {
			last, err := m.last(ctx)
			if err != nil {
				m.wait(ctx, err)
				continue
			}
			first = max(last, keepNotes) - keepNotes + 1
			next = first
			m.began(last)
		}
		var err error
		if next, err = m.run(m.opts.Store.Follow(ctx, stream, next), first, next); err != nil {
			m.wait(ctx, err)
		}
	}
}

func (m *Member) last(ctx context.Context) (state.Seq, error) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	return m.opts.Store.Last(ctx, stream)
}

// wait lets a while pass after a fault.
func (m *Member) wait(ctx context.Context, err error) {
	if ctx.Err() != nil || errors.Is(err, state.ErrClosed) {
		<-ctx.Done()
		return
	}
	m.fault(err, "hear")
	timer := time.NewTimer(again)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
}

// run takes the records that come, and returns which is to be the next. first is where this member began: what was trimmed
// away before it came it has not missed.
func (m *Member) run(records iter.Seq2[state.Record, error], first, next state.Seq) (state.Seq, error) {
	for r, err := range records {
		if err != nil {
			return next, err
		}
		if r.Seq > next && next > first {
			m.missed() // it was trimmed away before it was read
		}
		next = r.Seq + 1
		m.take(r)
	}
	return next, nil
}

// take takes one record.
func (m *Member) take(r state.Record) {
	keep := m.kept.add(len(r.Value))
	n, err := decode(r)
	if err != nil {
		m.fault(err, "hear")
		return
	}
	m.trim(&n, keep)
	m.heard(&n)
	if n.Keep {
		m.recent.add(n)
	}
	m.mu.Lock()
	f := m.handle
	m.mu.Unlock()
	if f != nil && n.Kind[0] != '.' && (n.To == "" || n.To == m.opts.ID) {
		f(n)
	}
}

// Recent returns the notes with Keep that stand before a place in the stream, the oldest first, as far as they are
// remembered. It is called by what Handle was given, and by nobody else.
func (m *Member) Recent(before state.Seq) iter.Seq[Note] {
	return func(yield func(Note) bool) {
		for _, n := range m.recent.notes {
			if n.Seq >= before || !yield(n) {
				return
			}
		}
	}
}

// recent are notes that are remembered: a bounded number of them, and of bytes.
type recent struct {
	notes []Note
	bytes int
}

func (r *recent) add(n Note) {
	n.Body = slices.Clone(n.Body) // the record may be larger
	r.notes = append(r.notes, n)
	r.bytes += len(n.Body)
	drop := 0
	for len(r.notes)-drop > keepNotes || r.bytes > keepOwn {
		r.bytes -= len(r.notes[drop].Body)
		drop++
	}
	r.notes = slices.Delete(r.notes, 0, drop)
}

// A window says how much of the stream is to be kept: the lengths of its newest records.
type window struct {
	sizes []int
	bytes int
}

// add counts a record, and returns how many records the stream should keep at most.
func (w *window) add(size int) int {
	w.sizes = append(w.sizes, size)
	w.bytes += size
	drop := 0
	for len(w.sizes)-drop > keepNotes || w.bytes > keepBytes {
		w.bytes -= w.sizes[drop]
		drop++
	}
	w.sizes = slices.Delete(w.sizes, 0, drop)
	return len(w.sizes)
}

// trim keeps the stream short: now and then one of the members, whoever told the note that was counted, throws away what is
// old.
func (m *Member) trim(n *Note, keep int) {
	const every = 64
	if n.Seq%every != 0 || n.From != m.opts.ID || n.Seq <= state.Seq(keep) {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	m.fault(m.opts.Store.Trim(ctx, stream, n.Seq-state.Seq(keep)+1), "hear")
}
