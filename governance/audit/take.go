package audit

import (
	"context"
	"time"

	"github.com/mcp-kernel/mcp-kernel/governance"
	"github.com/mcp-kernel/mcp-kernel/state"
)

// Take implements governance.Limiter over the journal. What it grants is pending in this process until an entry carries
// it (Entry.Charges) or Release drops it; when the entry is written it is held against the limit once more, under the
// lock, because another process may have taken the last units meanwhile. A refusal first looks at what others wrote. What is
// given back (N < 0), and what is charged without a bound (Limit math.MaxInt64), has its effect only when an entry
// carries it. A Window must be a whole number of milliseconds.
func (j *Journal) Take(ctx context.Context, shard string, claims ...state.Claim) ([]state.Taken, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if j.closed.Load() {
		return nil, ErrClosed
	}
	taken, ok, err := j.ledger.take(j.now(), shard, claims)
	if ok || err != nil {
		return taken, err
	}
	if err := j.locked(func() error { return nil }); err != nil {
		return nil, err
	}
	taken, _, err = j.ledger.take(j.now(), shard, claims)
	return taken, err
}

// Peek answers as Take would, and takes nothing.
func (j *Journal) Peek(ctx context.Context, shard string, claims ...state.Claim) ([]state.Taken, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	return j.ledger.peek(j.now(), shard, claims)
}

// Release drops pending charges that no entry will carry.
func (j *Journal) Release(charges ...governance.Charge) {
	j.ledger.release(j.now(), ChargesOf(charges))
}

// Counters returns the counters of a shard whose windows are not over, or of all shards when it is empty, with what this
// process has pending, sorted by shard and name.
func (j *Journal) Counters(shard string) []Counter { return j.ledger.list(j.now(), shard) }

// size returns the number of live counters.
func (l *ledger) size() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(l.accounts)
}

// tidy forgets windows that are over.
func (l *ledger) tidy(at time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.sweep(at)
}
