package audit

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"
)

// How the lock is shared. Taking it and looking what others wrote costs as much as the write itself, so a process that
// writes without a pause, and finds nobody else, keeps it between its groups. Whoever then finds the lock taken rings:
// it holds a shared lock on a second file, the bell, for as long as it waits. Whoever keeps the lock looks at the bell
// after a group every listenEvery, and from then on gives the lock back after each group, until it has been alone for
// another keepAfter groups. A timer gives back the lock of a process that writes no more; it is not set anew by each group. A lock on a file ends with its
// process, so nothing is left behind by a waiter, or a keeper, that dies.
const (
	keepAfter   = 32                   // groups in a row, with nobody else about, after which the lock is kept
	keepPause   = 2 * time.Millisecond // between two groups ends the row
	keepIdle    = time.Millisecond     // without a group, after which the lock is given back
	listenEvery = time.Millisecond     // by the journal's clock, or
	listenAfter = 64                   // groups: then it is looked whether somebody waits
	wakeEvery   = keepIdle / 4         // by the journal's clock, or
	wakeAfter   = 32                   // groups: then the timer is set anew

	firstWait = 20 * time.Microsecond  // between two attempts to take the lock; it doubles
	longWait  = 200 * time.Microsecond // at most
	courtesy  = 8                      // times longWait, at most, that a keeper leaves the lock to whoever rang
)

// A turn is this process's hold on the journal's lock. The journal's mutex guards it.
type turn struct {
	lock    *os.File
	bell    *os.File
	held    bool        // the lock is this process's, in use or kept
	current bool        // held, and the state is what the directory says
	row     int         // groups written without a pause and without seeing anybody else
	idle    *time.Timer // runs while the lock is kept
	heard   time.Time   // when it was looked last whether somebody waits
	unheard int         // groups since then
	set     time.Time   // when the timer was set last
	unset   int         // groups since then
}

// openTurn opens the lock and the bell.
func openTurn(dir string) (turn, error) {
	t := turn{idle: time.NewTimer(keepIdle), unset: wakeAfter}
	t.idle.Stop()
	var err error
	if t.lock, err = os.OpenFile(filepath.Join(dir, lockName), os.O_RDWR|os.O_CREATE, 0o600); err != nil { //nolint:gosec // a path within the data directory
		return turn{}, err
	}
	if t.bell, err = os.OpenFile(filepath.Join(dir, bellName), os.O_RDWR|os.O_CREATE, 0o600); err != nil { //nolint:gosec // a path within the data directory
		_ = t.lock.Close()
		return turn{}, err
	}
	return t, nil
}

// awaitLock takes the lock of a journal, ringing while another process has it. rest waits, or says why not to.
func awaitLock(lock *os.File, exclusive bool, rest func(time.Duration) error) error {
	got, err := tryLock(lock, exclusive)
	if got || err != nil {
		return err
	}
	// A file of its own, so that closing it ends the ringing. A journal without one is not kept by anybody.
	bell, err := os.Open(filepath.Join(filepath.Dir(lock.Name()), bellName))
	if err == nil {
		defer bell.Close()
	}
	for wait, rung := firstWait, err != nil; ; wait = min(2*wait, longWait) {
		if !rung {
			if rung, err = tryLock(bell, false); err != nil {
				return fmt.Errorf("ring: %w", err)
			}
		}
		if err := rest(wait); err != nil {
			return err
		}
		if got, err := tryLock(lock, exclusive); got || err != nil {
			return err
		}
	}
}

// rung reports whether somebody waits for the lock.
func (t *turn) rung() (bool, error) {
	quiet, err := tryLock(t.bell, true)
	if err != nil || !quiet {
		return true, err
	}
	return false, unlock(t.bell)
}

// hold takes the journal's lock from the other processes, unless it was kept. The caller holds j.mu.
func (j *Journal) hold() error {
	t := &j.turn
	if t.held {
		return nil
	}
	waited := time.Duration(0)
	err := awaitLock(t.lock, true, func(d time.Duration) error {
		if waited >= j.o.LockTimeout {
			return fmt.Errorf("another process has held %s for %v", t.lock.Name(), waited)
		}
		waited += d
		time.Sleep(d)
		return nil
	})
	if err != nil {
		return fmt.Errorf("%w: lock: %w", ErrUnwritable, err)
	}
	t.held = true
	if err := j.inherit(); err != nil {
		j.unlock()
		return fmt.Errorf("%w: %w", ErrUnwritable, err)
	}
	return nil
}

// letGo gives the lock back, or keeps it while that is no harm to anybody. The caller holds j.mu.
func (j *Journal) letGo() {
	t := &j.turn
	if t.row < keepAfter || !t.current || j.heeded() {
		j.release()
		return
	}
	if t.unset++; t.unset >= wakeAfter || j.at.time.Sub(t.set) >= wakeEvery {
		t.unset, t.set = 0, j.at.time
		t.idle.Reset(keepIdle)
	}
}

// heeded looks, when it is time, whether somebody waits for a lock that is kept. If so it gives the lock back, leaves
// whoever rang the time to take it, and reports true.
func (j *Journal) heeded() bool {
	t := &j.turn
	if t.unheard++; t.unheard < listenAfter && j.at.time.Sub(t.heard) < listenEvery {
		return false
	}
	t.unheard, t.heard = 0, j.at.time
	rung, err := t.rung()
	if err != nil {
		j.o.OnError(fmt.Errorf("look who waits for the journal: %w", err))
	}
	if !rung {
		return false
	}
	t.disturbed()
	j.release()
	for n := 0; rung && err == nil && n < courtesy; n++ {
		time.Sleep(longWait)
		rung, err = t.rung()
	}
	return true
}

// release gives the lock back. What others write from here on must be adopted. The caller holds j.mu.
func (j *Journal) release() {
	if !j.turn.held {
		return
	}
	if err := j.flush(); err != nil {
		j.o.OnError(fmt.Errorf("bring the slate to the segment: %w", err)) // whoever takes the lock next tries again
	}
	j.unlock()
}

// unlock is release without a look at the slate.
func (j *Journal) unlock() {
	t := &j.turn
	t.held, t.current = false, false
	t.row = min(t.row, keepAfter-1)
	t.idle.Stop()
	t.unset = wakeAfter
	if err := unlock(t.lock); err != nil {
		j.o.OnError(fmt.Errorf("unlock journal: %w", err))
	}
}

// paced counts a group that was written, by how long after the one before it.
func (t *turn) paced(since time.Duration) {
	switch {
	case since > keepPause:
		t.row = 0
	case t.row < keepAfter:
		t.row++
	}
}

// disturbed notes that this process is not alone, or that its state is not to be relied on.
func (t *turn) disturbed() { t.row, t.current = 0, false }

// keep gives back the lock of a process that writes no more. It ends with the context.
func (j *Journal) keep(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-j.turn.idle.C:
			j.rest()
		}
	}
}

// rest gives back a lock that is kept.
func (j *Journal) rest() {
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.turn.held {
		j.turn.disturbed()
		j.release()
	}
}

// close closes the files, which gives the lock back.
func (t *turn) close() error {
	t.held, t.current = false, false
	t.idle.Stop()
	return errors.Join(t.bell.Close(), t.lock.Close())
}
