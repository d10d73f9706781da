package audit

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"
)

// reservePrefix begins the name of a process's reserve file; its id follows. The process holds the file's lock for as
// long as it lives, which is how others know that it does.
const reservePrefix = "reserve-"

// A room is the disk space that this process keeps for outcomes: a file as large as all of them could be, from which an
// outcome that finds the disk full takes what it needs.
type room struct {
	file     *os.File
	full     int64
	allocate func(*os.File, int64) error

	mu   sync.Mutex
	have int64 // bytes allocated now
}

// openRoom makes the reserve file of a process and locks it. The caller holds the journal's lock, so that nobody takes
// the file for a dead process's between the two steps.
func openRoom(dir, process string, size int64, files Files) (*room, error) {
	f, err := os.OpenFile(filepath.Join(dir, reservePrefix+process), os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o600) //nolint:gosec // a path within the data directory
	if err != nil {
		return nil, err
	}
	r := &room{file: f, full: size, allocate: files.Allocate}
	if got, err := tryLock(f, true); err != nil || !got {
		return nil, errors.Join(fmt.Errorf("lock %s: another process has the same id", f.Name()), err, r.close())
	}
	if err := r.fill(); err != nil {
		return nil, errors.Join(err, r.close())
	}
	return r, nil
}

// fill allocates what is missing. While that fails there is no room for another call.
func (r *room) fill() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.have == r.full {
		return nil
	}
	if err := r.allocate(r.file, r.full); err != nil {
		r.have = min(fileSize(r.file), r.full)
		return fmt.Errorf("%w: reserve %d bytes: %w", ErrNoRoom, r.full, err)
	}
	r.have = r.full
	return nil
}

// give returns at least n bytes to the file system, and reports whether there was anything left to give.
func (r *room) give(n int64) bool {
	const block = 4 << 10
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.have == 0 {
		return false
	}
	r.have = max(0, r.have-(n+block-1)/block*block)
	return r.file.Truncate(r.have) == nil
}

// close gives everything back.
func (r *room) close() error {
	return errors.Join(r.file.Truncate(0), removeOpen(r.file))
}

// removeOpen closes a file and removes it.
func removeOpen(f *os.File) error {
	return errors.Join(f.Close(), os.Remove(f.Name()))
}

// deadProcesses removes the reserves of processes that are gone and returns their ids. The caller holds the journal's
// lock.
func deadProcesses(dir, self string) ([]string, error) {
	names, err := filepath.Glob(filepath.Join(dir, reservePrefix+"*"))
	if err != nil {
		return nil, err
	}
	var dead []string
	for _, name := range names {
		process := strings.TrimPrefix(filepath.Base(name), reservePrefix)
		if process != self && buryProcess(name) {
			dead = append(dead, process)
		}
	}
	return dead, nil
}

// buryProcess removes a reserve whose lock is free and reports whether it was.
func buryProcess(name string) bool {
	f, err := os.OpenFile(name, os.O_RDWR, 0) //nolint:gosec // a path within the data directory
	if err != nil {
		return false
	}
	dead, err := tryLock(f, true)
	if closed := f.Close(); err != nil || closed != nil || !dead {
		return false
	}
	return os.Remove(name) == nil
}

func fileSize(f *os.File) int64 {
	size, _, err := stat(f)
	if err != nil {
		return 0
	}
	return size
}

// allocateZeros writes zeros up to the size, for file systems that cannot allocate otherwise.
func allocateZeros(f *os.File, size int64) error {
	zeros := make([]byte, 256<<10)
	for at := fileSize(f); at < size; at += int64(len(zeros)) {
		if _, err := f.WriteAt(zeros[:min(int64(len(zeros)), size-at)], at); err != nil {
			return err
		}
	}
	return nil
}

// A Slot is the right to run one call: its outcome has room on the disk. It belongs to one call and is not safe for
// concurrent use. The zero Slot is of no use; Begin makes them.
type Slot struct {
	j       *Journal
	ended   bool
	charges []Charge  // of the decision, with their windows
	few     [2]Charge // where charges lie, if they are no more
}

// Begin waits for a slot, of which there are Options.MaxRunning. It fails with ErrNoRoom while the disk is too full to
// be sure of the outcome, with ErrClosed, and with the context's error. The caller must call End.
func (j *Journal) Begin(ctx context.Context) (*Slot, error) {
	if j.closed.Load() {
		return nil, ErrClosed
	}
	select {
	case j.slots <- struct{}{}:
	default:
		select {
		case j.slots <- struct{}{}:
		case <-ctx.Done():
			return nil, fmt.Errorf("wait for one of %d running calls to end: %w", cap(j.slots), ctx.Err())
		}
	}
	if err := j.room.fill(); err != nil {
		<-j.slots
		return nil, err
	}
	return &Slot{j: j}, nil
}

// Decision records the decision about the slot's call. Unless it returns nil, the call must not run: ErrUnwritable,
// ErrNoRoom, a FrozenError for a decision that allows, an OverLimitError when another process took the last units.
func (s *Slot) Decision(ctx context.Context, e *Entry) error {
	e.Kind = KindDecision
	err := s.j.append(ctx, false, e)
	if err == nil {
		if s.charges == nil {
			s.charges = s.few[:0]
		}
		s.charges = append(s.charges, e.Charges...)
	}
	return err
}

// Outcome records how the slot's call ended. Charges that give back, and leave Start zero, go to the windows that the
// slot's decision took from. Room was reserved, so a full disk does not keep the outcome from being recorded.
func (s *Slot) Outcome(_ context.Context, e *Entry) error {
	e.Kind = KindOutcome
	for i := range e.Charges {
		if c := &e.Charges[i]; c.N < 0 && c.Start.IsZero() {
			c.Start = s.startOf(*c)
		}
	}
	return s.j.record(s.charges, true, e)
}

// startOf returns the window that the decision charged for the same counter.
func (s *Slot) startOf(c Charge) time.Time {
	for _, taken := range s.charges {
		if taken.N > 0 && taken.Shard == c.Shard && taken.Name == c.Name && taken.Window == c.Window {
			return taken.Start
		}
	}
	return c.Start
}

// Charges returns what the slot's decision took, with the windows it was taken from, for a later usage entry.
func (s *Slot) Charges() []Charge { return s.charges }

// End gives the slot back. More than once is no harm.
func (s *Slot) End() {
	if !s.ended {
		s.ended = true
		<-s.j.slots
	}
}
