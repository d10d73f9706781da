package audit

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/mcp-kernel/mcp-kernel/governance"
)

// A Filter selects entries. A zero field selects all.
type Filter struct {
	Principal string
	Agent     string
	Call      string
	Execution string
	Name      string // of the tool, resource or prompt, exactly
	Target    governance.Kind
	Kinds     []Kind
	Effects   []governance.Effect // of decision entries; entries of other kinds are left out when any is given
	Statuses  []governance.Status
	Events    []governance.Event // the entry's own, or its decision's
	Since     time.Time          // at or after
	Until     time.Time          // before
	Oldest    bool               // oldest first; newest first otherwise
}

// A Page is one page of a query's answer.
type Page struct {
	Entries []Entry
	Next    string // the cursor of the next page, empty behind the last. A page may be short, even empty, and not be the last.
}

// Bounds of one page.
const (
	maxPage    = 1000
	maxScanned = 100_000 // entries looked at
)

// Query returns the entries that a filter selects, limit at most, from a cursor on; an empty one begins. Cursors stay
// valid while entries are appended and while retention removes some. The work for one page is bounded, so a filter that
// selects little may take several pages that are empty.
func (r *Reader) Query(ctx context.Context, f Filter, cursor string, limit int) (Page, error) {
	if limit <= 0 || limit > maxPage {
		return Page{}, fmt.Errorf("limit %d: want 1 to %d", limit, maxPage)
	}
	from, err := f.position(cursor)
	if err != nil {
		return Page{}, err
	}
	v, err := r.view(ctx)
	if err != nil {
		return Page{}, err
	}
	q := &query{r: r, v: v, f: f, limit: limit, next: from}
	if f.Oldest {
		err = q.forward(ctx)
	} else {
		err = q.backward(ctx)
	}
	if err != nil {
		return Page{}, err
	}
	page := Page{Entries: q.found}
	if !q.ended {
		page.Next = f.cursor(q.next)
	}
	return page, nil
}

// A query is one page being filled. next is the number of the entry that the next page begins with.
type query struct {
	r       *Reader
	v       view
	f       Filter
	limit   int
	next    uint64
	scanned int
	found   []Entry
	ended   bool
}

// look judges one entry and reports whether the page goes on.
func (q *query) look(e *Entry) bool {
	if q.f.Matches(e) {
		q.found = append(q.found, *e)
	}
	q.scanned++
	return len(q.found) < q.limit && q.scanned < maxScanned
}

func (q *query) forward(ctx context.Context) error {
	for e, err := range q.r.Entries(ctx, q.next) {
		if err != nil {
			return err
		}
		q.next = e.Seq + 1
		if !q.f.Until.IsZero() && !e.At.Before(q.f.Until) {
			break
		}
		if !q.look(&e) {
			return nil
		}
	}
	q.ended = true
	return nil
}

// backward reads the segments from their ends.
func (q *query) backward(ctx context.Context) error {
	for n, first := range slices.Backward(q.v.firsts) {
		if first > q.next {
			continue
		}
		more, err := q.segment(ctx, n)
		if err != nil || !more {
			return err
		}
	}
	q.ended = true
	return nil
}

// segment looks at one segment's entries, the newest first, and reports whether to go on with the one before.
func (q *query) segment(ctx context.Context, n int) (bool, error) {
	f, err := q.r.open(q.v, n)
	if os.IsNotExist(err) {
		return true, nil // retention was faster
	}
	if err != nil {
		return false, err
	}
	defer f.Close()
	size := f.size
	if q.next < noEntry {
		if size, err = endOf(f, size, q.next); err != nil {
			return false, err
		}
	}
	in := &reversed{f: f, at: size}
	for {
		line, err := in.next()
		if errors.Is(err, io.EOF) {
			return true, nil
		}
		if err == nil {
			err = ctx.Err()
		}
		if err != nil {
			return false, err
		}
		e, err := ParseLine(line)
		if err != nil {
			return false, fmt.Errorf("%w: %s: %w", ErrDamaged, f.Name(), err)
		}
		q.next = e.Seq - 1
		if q.next == 0 || !q.f.Since.IsZero() && e.At.Before(q.f.Since) {
			q.look(&e)
			q.ended = true
			return false, nil
		}
		if !q.look(&e) {
			return false, nil
		}
	}
}

// endOf returns the offset behind the line of an entry.
func endOf(f *source, size int64, seq uint64) (int64, error) {
	at, err := find(f, size, seq)
	if err != nil {
		return 0, err
	}
	in := newLines(io.NewSectionReader(f, at, size-at))
	for {
		line, err := in.next()
		if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
			return at, nil
		}
		if err != nil {
			return 0, err
		}
		if got, ok := lineSeq(line); ok && got > seq {
			return at, nil
		}
		at += int64(len(line))
	}
}

// Matches reports whether the filter selects an entry.
func (f *Filter) Matches(e *Entry) bool {
	return same(f.Principal, e.Caller.Principal) && same(f.Agent, e.Caller.Agent) && same(f.Call, e.Call) &&
		same(f.Execution, e.Execution) && same(f.Name, e.Name) &&
		(f.Target == governance.KindInvalid || f.Target == e.Target) &&
		among(f.Kinds, e.Kind) && among(f.Statuses, e.Status) &&
		(len(f.Effects) == 0 || e.Kind == KindDecision && among(f.Effects, e.Decision.Effect)) &&
		(among(f.Events, e.Event) || among(f.Events, e.Decision.Event)) &&
		!e.At.Before(f.Since) && (f.Until.IsZero() || e.At.Before(f.Until))
}

func same(want, got string) bool { return want == "" || want == got }

func among[T comparable](want []T, got T) bool { return len(want) == 0 || slices.Contains(want, got) }

// noEntry is the position of a query, newest first, that has not begun.
const noEntry = ^uint64(0)

// Directions of a query, as the first letter of its cursors.
const (
	oldestFirst = "o"
	newestFirst = "n"
)

func (f *Filter) direction() string {
	if f.Oldest {
		return oldestFirst
	}
	return newestFirst
}

func (f *Filter) cursor(next uint64) string { return f.direction() + strconv.FormatUint(next, 36) }

// position returns the entry that a cursor stands for.
func (f *Filter) position(cursor string) (uint64, error) {
	switch {
	case cursor == "" && f.Oldest:
		return 1, nil
	case cursor == "":
		return noEntry, nil
	}
	digits, ok := strings.CutPrefix(cursor, f.direction())
	seq, err := strconv.ParseUint(digits, 36, 64)
	if !ok || err != nil || seq == 0 || f.cursor(seq) != cursor {
		return 0, fmt.Errorf("cursor %.40q: it is not of this query", cursor)
	}
	return seq, nil
}
