package audit

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"
)

// watch looks at intervals for what others wrote, signs the head when there is something new, and looks for processes
// that died. It ends with the context.
func (j *Journal) watch(ctx context.Context) {
	const funerals = 5 * time.Second
	poll, head, bury := time.NewTicker(j.o.Poll), time.NewTicker(j.o.CheckpointInterval), time.NewTicker(funerals)
	defer poll.Stop()
	defer head.Stop()
	defer bury.Stop()
	for {
		var err error
		select {
		case <-ctx.Done():
			return
		case <-poll.C:
			err = j.look()
		case <-head.C:
			err = j.signIfNew()
		case <-bury.C:
			err = j.attend()
		}
		if err != nil && !errors.Is(err, ErrClosed) {
			j.o.OnError(err)
		}
	}
}

// look adopts what others wrote, if they did.
func (j *Journal) look() error {
	j.mu.Lock()
	quiet := j.turn.current // nobody else can have written
	if !quiet {
		size, sealed, err := stat(j.seg.file)
		quiet = err == nil && size == j.seg.end && !sealed
	}
	j.mu.Unlock()
	if quiet {
		return nil
	}
	return j.locked(func() error { return nil })
}

// signIfNew signs the head when this process knows of entries that are not signed.
func (j *Journal) signIfNew() error {
	j.mu.Lock()
	news, file := j.at.seq > j.signed, j.seg.file
	var err error
	if news && j.turn.held {
		err = j.flush()
	}
	j.mu.Unlock()
	if !news || err != nil {
		return err
	}
	// So that a power cut rarely leaves a head without its entries. It holds no lock, and where the segment was closed
	// meanwhile its entries were signed already.
	if err := file.Sync(); err != nil && !errors.Is(err, os.ErrClosed) {
		return fmt.Errorf("sync %s: %w", file.Name(), err)
	}
	return j.locked(func() error { return j.sign(false) })
}

// attend records the calls of processes that died, and forgets counters whose windows are over.
func (j *Journal) attend() error {
	j.ledger.tidy(j.now())
	return j.locked(func() error {
		if err := j.bury(); err != nil || len(j.notes) == 0 {
			return err
		}
		return j.writeNotes()
	})
}

// announce calls OnFreeze, one call after the other, whenever the journal was frozen or resumed.
func (j *Journal) announce(ctx context.Context) {
	told := false
	for {
		if frozen := j.frozen.Load() != nil; frozen != told && j.o.OnFreeze != nil {
			told = frozen
			j.o.OnFreeze(frozen)
		}
		select {
		case <-ctx.Done():
			return
		case <-j.signal:
		}
	}
}
