package controlplane

import (
	"context"
	"time"

	"github.com/mcp-kernel/mcp-kernel/state"
)

// quotas bound how often an identity may ask what costs the kernel much, or what helps to feel one's way along a
// policy. They count in the state backend, so that reconnecting does not help.
type quotas struct{ store state.Backend }

// take counts one use of what, of which limit are admitted in each window.
func (q *quotas) take(ctx context.Context, identity, what string, limit int64, window time.Duration) error {
	taken, err := q.store.Take(ctx, "quota-"+treeOf(identity), state.Claim{Name: what, N: 1, Limit: limit, Window: window})
	if err != nil {
		return err
	}
	for _, t := range taken {
		if !t.OK {
			return faultf(Busy, "%s is limited to %d in %s: try again after %s", what, limit, window, t.Ends.UTC().Format(time.RFC3339))
		}
	}
	return nil
}
