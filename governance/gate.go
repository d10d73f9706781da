package governance

import (
	"context"

	"github.com/mcp-kernel/mcp-kernel/state"
)

// A Check is one question asked of a call. An error denies.
type Check interface {
	// Name names the check in decisions, traces and the journal.
	Name() string
	// Check judges the call under the snapshot. Effect Allow means that this check has no objection.
	Check(ctx context.Context, c *Call, s *Snapshot) (Decision, error)
}

// A Limiter charges counters atomically: all claims of one shard or none. state.Backend is one, and so is the journal's
// ledger. A refusal is data in Taken; an error is a fault of the backend, and denies.
type Limiter interface {
	Take(ctx context.Context, shard string, claims ...state.Claim) ([]state.Taken, error)
}

// Facts are what the rest of the kernel knows about a caller at this moment.
type Facts struct {
	Frozen bool   // no call may run
	Reason string // why, safe to show
}

// Standing tells the facts about a caller: freezes now, trust, rings, budgets and incidents as the modules that know
// them are added. An error denies.
type Standing interface {
	Of(ctx context.Context, c Caller) (Facts, error)
}
