package siem

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"iter"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/mcp-kernel/mcp-kernel/governance/audit"
	"github.com/mcp-kernel/mcp-kernel/state"
)

// How records are shipped.
const (
	pace        = 250 * time.Millisecond // between two looks at the journal
	settled     = 2 * time.Second        // after which what was written on a connection that still stands counts as received
	firstPause  = time.Second            // after a failure, doubling
	mostPause   = 30 * time.Second       // as far as this
	leaseFor    = 15 * time.Second       // by which one of several processes ships
	lastWithin  = 5 * time.Second        // for what is left, at the end
	streamBytes = 64 << 10               // of one write to a stream
)

// A Journal is what is shipped. *audit.Journal is one.
type Journal interface {
	Entries(ctx context.Context, from uint64) iter.Seq2[audit.Entry, error]
	Head() audit.Checkpoint
}

// Options say what is shipped, and where to. All but Fault and Now are required.
type Options struct {
	Journal     Journal
	Origin      Origin
	Destination Destination
	Dir         string        // where the position is kept
	Lease       state.Backend // by which processes of one data directory agree who ships
	Process     string        // id of this one
	Fault       func(error)   // told that shipping fails, once until it works again; may be nil
	Now         func() time.Time
}

// A Shipper brings entries to one destination, in their order, each once or, after a failure, more than once: from the position on
// that was reached two seconds before. It never keeps a call waiting. Close it before the journal.
type Shipper struct {
	o    Options
	stop context.CancelFunc
	done sync.WaitGroup

	next     atomic.Uint64 // entry to be shipped
	faulty   atomic.Bool
	sent     []mark // that are not settled yet
	position uint64 // up to which entries have been received, as it is kept
	sink     *sink
	lease    state.Version
	held     time.Time // until when the lease is ours
}

// A mark says that everything up to an entry was written by a time.
type mark struct {
	seq uint64
	at  time.Time
}

// Start begins to ship: where it ended before, and for the first time with what is written from now on.
func Start(o Options) (*Shipper, error) {
	if err := o.Destination.Validate(); err != nil {
		return nil, fmt.Errorf("export %s: %w", o.Destination.Name, err)
	}
	if o.Destination.Format == "" {
		o.Destination.Format = CEF
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Fault == nil {
		o.Fault = func(error) {}
	}
	s := &Shipper{o: o}
	if err := s.recall(); err != nil {
		return nil, fmt.Errorf("export %s: %w", o.Destination.Name, err)
	}
	ctx, stop := context.WithCancel(context.Background())
	s.stop = stop
	s.done.Go(func() { s.run(ctx) })
	return s, nil
}

// Behind returns how many entries were written and not shipped, and whether shipping fails.
func (s *Shipper) Behind() (entries uint64, failing bool) {
	if newest, next := s.o.Journal.Head().Size, s.next.Load(); newest >= next {
		entries = newest - next + 1
	}
	return entries, s.faulty.Load()
}

// Close ships what is left, for five seconds at most, and ends. What was not shipped is shipped when it is started again.
func (s *Shipper) Close() error {
	s.stop()
	s.done.Wait()
	return nil
}

func (s *Shipper) run(ctx context.Context) {
	ticks := time.NewTicker(pace)
	defer ticks.Stop()
	pause, again := firstPause, time.Time{}
	for ctx.Err() == nil {
		if now := s.o.Now(); !now.Before(again) {
			err := s.work(ctx)
			s.tell(ctx, err)
			if pause = min(2*pause, mostPause); err == nil {
				pause = firstPause
			} else {
				again = now.Add(pause)
			}
		}
		select {
		case <-ctx.Done():
		case <-ticks.C:
		}
	}
	last, cancel := context.WithTimeout(context.WithoutCancel(ctx), lastWithin)
	defer cancel()
	if err := s.work(last); err == nil && s.sink != nil && !s.sink.lost() {
		s.settle(time.Time{})
	}
	s.hangUp()
	s.release(last)
}

func (s *Shipper) tell(ctx context.Context, err error) {
	if err != nil && !s.faulty.Load() && ctx.Err() == nil {
		s.o.Fault(fmt.Errorf("export %s: %w", s.o.Destination.Name, err))
	}
	s.faulty.Store(err != nil)
}

// work ships what there is, if it is this process that does.
func (s *Shipper) work(ctx context.Context) error {
	mine, err := s.claim(ctx)
	if err != nil || !mine {
		return err
	}
	if s.sink != nil && s.sink.lost() {
		s.back()
	}
	s.settle(s.o.Now().Add(-settled))
	if s.o.Journal.Head().Size < s.next.Load() {
		return nil
	}
	if s.sink == nil {
		if s.sink, err = s.o.Destination.open(ctx); err != nil {
			s.sink = nil
			return err
		}
	}
	if err := s.ship(ctx); err != nil {
		s.back()
		return err
	}
	return nil
}

// ship writes the entries that are new.
func (s *Shipper) ship(ctx context.Context) error {
	var room []byte
	next := s.next.Load()
	flush := func() error {
		if len(room) == 0 {
			return nil
		}
		_, err := s.sink.Write(room)
		room = room[:0]
		if err == nil {
			s.next.Store(next)
			s.sent = append(s.sent, mark{next - 1, s.o.Now()})
		}
		return err
	}
	for e, err := range s.o.Journal.Entries(ctx, next) {
		if err != nil {
			return errors.Join(flush(), err)
		}
		record, err := s.message(&e)
		if err != nil {
			return err
		}
		room = append(room, record...)
		next = e.Seq + 1
		if !s.sink.stream || len(room) >= streamBytes {
			if err := flush(); err != nil {
				return err
			}
		}
	}
	return flush()
}

// message is the record of an entry as the destination takes it.
func (s *Shipper) message(e *audit.Entry) ([]byte, error) {
	record, err := s.o.Origin.Record(s.o.Destination.Format, e)
	switch {
	case err != nil:
		return nil, err
	case s.sink.lines:
		return append(record, '\n'), nil
	}
	message := s.o.Origin.syslog(e, record)
	if s.sink.stream {
		return counted(nil, message), nil
	}
	return message, nil
}

// back goes back to what has surely been received, after a connection broke.
func (s *Shipper) back() {
	s.hangUp()
	s.sent = s.sent[:0]
	s.next.Store(s.position + 1)
}

func (s *Shipper) hangUp() {
	if s.sink != nil {
		_ = s.sink.end() // what was not received is sent again
		s.sink = nil
	}
}

// settle takes what was written before a time as received, and keeps the position; the zero time is everything.
func (s *Shipper) settle(before time.Time) {
	reached := s.position
	for len(s.sent) > 0 && (before.IsZero() || s.sent[0].at.Before(before)) {
		reached, s.sent = s.sent[0].seq, s.sent[1:]
	}
	if reached == s.position {
		return
	}
	if err := s.keep(reached); err != nil {
		s.tell(context.Background(), err)
		return
	}
	s.position = reached
}

func (s *Shipper) file() string { return filepath.Join(s.o.Dir, s.o.Destination.Name+".position") }

// recall finds out where to go on.
func (s *Shipper) recall() error {
	if err := os.MkdirAll(s.o.Dir, 0o700); err != nil {
		return err
	}
	text, err := os.ReadFile(s.file())
	switch {
	case errors.Is(err, fs.ErrNotExist):
		s.position = s.o.Journal.Head().Size
		err = s.keep(s.position)
	case err == nil:
		s.position, err = strconv.ParseUint(strings.TrimSpace(string(text)), 10, 64)
	}
	s.next.Store(s.position + 1)
	return err
}

// keep writes the position down, whole or not at all.
func (s *Shipper) keep(position uint64) error {
	next := s.file() + ".new"
	if err := os.WriteFile(next, []byte(strconv.FormatUint(position, 10)+"\n"), 0o600); err != nil {
		return err
	}
	return os.Rename(next, s.file())
}

func (s *Shipper) key() string { return "exports/" + s.o.Origin.ID + "-" + s.o.Destination.Name }

// claim takes or renews the lease, and reports whether it is ours. Who gets it anew goes on from the position that is kept.
func (s *Shipper) claim(ctx context.Context) (bool, error) {
	now := s.o.Now()
	if now.Before(s.held.Add(-leaseFor / 2)) {
		return true, nil
	}
	version, err := s.o.Lease.CompareAndSwap(ctx, s.key(), s.lease, []byte(s.o.Process), leaseFor)
	if errors.Is(err, state.ErrConflict) && s.lease != 0 {
		s.lease, s.held = 0, time.Time{} // somebody else was faster while this process stood still
		s.hangUp()
		version, err = s.o.Lease.CompareAndSwap(ctx, s.key(), 0, []byte(s.o.Process), leaseFor)
	}
	switch {
	case errors.Is(err, state.ErrConflict):
		return false, nil
	case err != nil:
		return false, err
	}
	if s.lease == 0 {
		s.sent = s.sent[:0]
		if err := s.recall(); err != nil {
			return false, err
		}
	}
	s.lease, s.held = version, now.Add(leaseFor)
	return true, nil
}

// release lets another process ship at once.
func (s *Shipper) release(ctx context.Context) {
	if s.lease != 0 {
		_, _ = s.o.Lease.CompareAndSwap(ctx, s.key(), s.lease, nil, 0) // it ends by itself otherwise
	}
}
