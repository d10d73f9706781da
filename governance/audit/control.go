package audit

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"github.com/mcp-kernel/mcp-kernel/governance"
)

// note queues a control entry for the next group. The caller holds j.mu.
func (j *Journal) note(c Control) {
	j.notes = append(j.notes, &Entry{Kind: KindControl, Control: &c})
}

// writeNotes writes the queued control entries. The caller holds both locks.
func (j *Journal) writeNotes() error {
	if err := j.attempt(nil); err != nil {
		return fmt.Errorf("%w: %w", ErrUnwritable, err)
	}
	return nil
}

// bury looks for processes that died, and notes which of their calls have no outcome. The caller holds both locks.
func (j *Journal) bury() error {
	dead, err := deadProcesses(j.dir, j.process)
	if err != nil {
		return err
	}
	for _, process := range dead {
		j.abandon(process)
	}
	return nil
}

// abandon notes the calls of a process that will have no outcome, if there are any.
func (j *Journal) abandon(process string) {
	calls := slices.Sorted(maps.Keys(j.running[process]))
	if len(calls) == 0 {
		return
	}
	j.note(Control{
		Action: ActionAbandoned, Subject: process, Count: int64(len(calls)), Calls: calls[:min(len(calls), maxCalls)],
	})
}

// obey applies a control entry, whoever wrote it. The caller holds j.mu.
func (j *Journal) obey(e *Entry) {
	switch c := e.Control; c.Action {
	case ActionFreeze:
		j.setFrozen(&FrozenError{By: c.By, Reason: c.Reason, Since: e.At})
	case ActionResume:
		j.setFrozen(nil)
	case ActionAbandoned:
		delete(j.running, c.Subject)
	case ActionClose:
		delete(j.running, e.Process)
	default: // the others are for readers
	}
}

// setFrozen makes a freeze, or none, known to this process.
func (j *Journal) setFrozen(f *FrozenError) {
	if was := j.frozen.Swap(f); (was == nil) != (f == nil) {
		select {
		case j.signal <- struct{}{}:
		default: // the last signal has not been looked at yet, and will find this
		}
	}
}

// Freeze stops all calls of every process on the data directory: from here on no decision to run one is recorded, and
// each process tells its running calls within Options.Poll. by and reason are recorded and shown to callers.
func (j *Journal) Freeze(ctx context.Context, by, reason string) error {
	c := Control{Action: ActionFreeze, By: by, Reason: reason}
	return j.append(ctx, true, &Entry{Kind: KindControl, Control: &c})
}

// Resume ends a freeze.
func (j *Journal) Resume(ctx context.Context, by string) error {
	c := Control{Action: ActionResume, By: by}
	return j.append(ctx, true, &Entry{Kind: KindControl, Control: &c})
}

// Frozen returns the freeze that holds, or nil.
func (j *Journal) Frozen() *FrozenError { return j.frozen.Load() }

// Of implements governance.Standing: it tells whether calls are frozen. It never fails, and looks at no file.
func (j *Journal) Of(context.Context, governance.Caller) (governance.Facts, error) {
	if f := j.frozen.Load(); f != nil {
		return governance.Facts{Frozen: true, Reason: f.Reason}, nil //nolint:nilerr // a freeze is a fact here, not a fault
	}
	return governance.Facts{}, nil
}
