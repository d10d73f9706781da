package audit

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/mcp-kernel/mcp-kernel/governance"
	"github.com/mcp-kernel/mcp-kernel/modules/primitives"
)

// alone opens a journal whose clock stands still and whose goroutines have ended, so that its lock is kept and given
// back by what the test does and by nothing else.
func alone(tb testing.TB, dir string) *Journal {
	tb.Helper()
	s, err := primitives.OpenSigner(filepath.Join(dir, "key"), "example.org/turn", nil)
	if err != nil {
		tb.Fatal(err)
	}
	now := time.Unix(1_700_000_000, 0)
	j, err := Open(Options{Dir: dir, Origin: "example.org/turn", Signer: s, Now: func() time.Time { return now }})
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		if err := j.Close(); err != nil {
			tb.Error(err)
		}
	})
	j.stop()
	j.owned.Wait()
	return j
}

// write appends entries, each as a group of its own.
func write(tb testing.TB, j *Journal, groups int) {
	tb.Helper()
	for range groups {
		e := &Entry{Kind: KindDecision, Call: "c", Decision: Decision{Effect: governance.Deny}}
		if err := j.Append(tb.Context(), e); err != nil {
			tb.Fatal(err)
		}
	}
}

// keeping writes until the lock is kept.
func keeping(tb testing.TB, dir string) *Journal {
	tb.Helper()
	j := alone(tb, dir)
	if write(tb, j, keepAfter-1); j.turn.held {
		tb.Fatal("kept too early")
	}
	if write(tb, j, 1); !j.turn.held {
		tb.Fatal("not kept")
	}
	return j
}

// ring rings as one does who waits.
func ring(t *testing.T, j *Journal) *os.File {
	t.Helper()
	bell, err := os.Open(filepath.Join(j.dir, bellName))
	if err != nil {
		t.Fatal(err)
	}
	if got, err := tryLock(bell, false); err != nil || !got {
		t.Fatal(got, err)
	}
	return bell
}

func TestLockIsKeptWhileItIsUsed(t *testing.T) {
	t.Parallel()
	j := keeping(t, t.TempDir())
	if write(t, j, 3*listenAfter); !j.turn.held {
		t.Fatal("given back though it was used and nobody waited")
	}
	if j.rest(); j.turn.held {
		t.Error("kept though it was not used")
	}
}

// TestIdleLockIsGivenBack leaves a journal alone that keeps the lock: its own timer gives it back.
func TestIdleLockIsGivenBack(t *testing.T) {
	t.Parallel()
	j := keeping(t, t.TempDir())
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		j.keep(ctx)
	}()
	lock, err := os.OpenFile(filepath.Join(j.dir, lockName), os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer lock.Close()
	if err := awaitLock(lock, true, func(d time.Duration) error {
		time.Sleep(d)
		return nil
	}); err != nil {
		t.Error(err)
	}
	cancel()
	<-ended
}

// TestRingingEndsTheKeeping has somebody ring who dies before the lock is taken: after one look it is given back, after
// each group from then on, and kept again after as many groups as at first.
func TestRingingEndsTheKeeping(t *testing.T) {
	t.Parallel()
	j := keeping(t, t.TempDir())
	bell := ring(t, j)
	if write(t, j, listenAfter); j.turn.row >= keepAfter {
		t.Fatal("kept though somebody rang")
	}
	if err := bell.Close(); err != nil {
		t.Fatal(err)
	}
	j.turn.disturbed()
	for range keepAfter - 1 {
		if write(t, j, 1); j.turn.held {
			t.Fatal("kept right after somebody rang")
		}
	}
	if write(t, j, 1); !j.turn.held {
		t.Error("not kept again")
	}
}

// TestWaiterGetsTheLock has a waiter and a keeper that appends without end: its next look at the bell lets the waiter in.
func TestWaiterGetsTheLock(t *testing.T) {
	t.Parallel()
	for name, exclusive := range map[string]bool{"writer": true, "reader": false} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			j := keeping(t, t.TempDir())
			lock, err := os.OpenFile(filepath.Join(j.dir, lockName), os.O_RDWR, 0)
			if err != nil {
				t.Fatal(err)
			}
			defer lock.Close()
			waiting, got := make(chan struct{}), make(chan error, 1)
			go func() {
				rests := 0
				got <- awaitLock(lock, exclusive, func(d time.Duration) error {
					if rests++; rests == 1 {
						close(waiting) // it rings
					}
					time.Sleep(d)
					return nil
				})
			}()
			<-waiting
			for j.turn.held {
				write(t, j, 1)
			}
			if err := <-got; err != nil {
				t.Error(err)
			}
			if j.turn.held {
				t.Error("two hold the lock")
			}
		})
	}
}

func TestLockIsNotKeptBesideOthers(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	j, other := alone(t, dir), alone(t, dir)
	for range 3 {
		write(t, j, keepAfter-1)
		write(t, other, 1)
	}
	if write(t, j, 1); j.turn.held {
		t.Error("kept while another process writes")
	}
}

// TestLockIsNotKeptAfterAFault has a kept lock whose slate cannot be brought to the segment: nothing that was
// acknowledged is lost, nothing more is taken until it can, and the lock is free meanwhile.
func TestLockIsNotKeptAfterAFault(t *testing.T) {
	t.Parallel()
	j := keeping(t, t.TempDir())
	errBroken := errors.New("broken")
	j.o.Files.WriteAt = func(*os.File, []byte, int64) (int, error) { return 0, errBroken }
	write(t, j, 3)
	if j.rest(); j.turn.held {
		t.Error("kept though nothing can be written")
	}
	if err := j.Append(t.Context(), &Entry{Kind: KindDecision, Call: "c"}); !errors.Is(err, errBroken) || j.turn.held {
		t.Errorf("%v, held %v", err, j.turn.held)
	}
	j.o.Files.WriteAt = (*os.File).WriteAt
	write(t, j, 1)
	if seq := j.Head().Size; seq != 1+keepAfter+3+1 {
		t.Errorf("%d entries", seq)
	}
}

// TestOwnReadsNeedNoLock reads, with the journal that keeps the lock, what it has just written.
func TestOwnReadsNeedNoLock(t *testing.T) {
	t.Parallel()
	j := keeping(t, t.TempDir())
	e, err := j.Entry(t.Context(), j.Head().Size)
	if err != nil || e.Hash != j.Head().Last || !j.turn.held {
		t.Errorf("entry %d of %d, %v", e.Seq, j.Head().Size, err)
	}
}

// TestWaitingEnds tells a waiter that nobody lets in why it gave up.
func TestWaitingEnds(t *testing.T) {
	t.Parallel()
	j := keeping(t, t.TempDir())
	r, err := OpenReader(filepath.Dir(j.dir))
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := r.view(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("%v", err)
	}
	o := j.o
	o.LockTimeout = time.Millisecond
	if _, err := Open(o); !errors.Is(err, ErrUnwritable) {
		t.Errorf("%v", err)
	}
}
