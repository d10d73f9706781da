package replay

import (
	"context"
	"math"
	"strings"

	"github.com/mcp-kernel/mcp-kernel/governance"
	"github.com/mcp-kernel/mcp-kernel/governance/audit"
	"github.com/mcp-kernel/mcp-kernel/state"
)

// A meter counts what calls are charged. Where an entry says what a call's tokens were bounded by, it takes that, because
// of the arguments there may be only the length of another form.
type meter struct {
	store  state.Backend
	open   bool  // lets everything pass
	tokens int64 // what the entry was charged; 0 is not known
	bytes  int64 // of the arguments in their canonical form
}

// charged takes over what an entry says of its call's size.
func (m *meter) charged(e *audit.Entry) {
	m.tokens, m.bytes = 0, e.Args.Bytes
	for _, c := range e.Charges {
		if c.N > 0 && isTokens(c.Name) {
			m.tokens = c.N
		}
	}
}

func isTokens(counter string) bool { return strings.HasPrefix(counter, governance.CounterTokens) }

// Take implements governance.Limiter. It corrects the claims themselves, so that what is settled later is what was taken; a
// claim without a limit is such a settlement.
func (m *meter) Take(ctx context.Context, shard string, claims ...state.Claim) ([]state.Taken, error) {
	for i := range claims {
		if claims[i].N > 0 && claims[i].Limit < math.MaxInt64 && (isTokens(claims[i].Name) || strings.HasPrefix(claims[i].Name, governance.MetricBytesIn.String())) {
			claims[i].N = max(m.tokens, m.bytes)
		}
		if m.open {
			claims[i].Limit = math.MaxInt64
		}
	}
	return m.store.Take(ctx, shard, claims...)
}

// back gives back a charge. What cannot be given back leaves a counter too high for a window.
func (m *meter) back(ctx context.Context, c governance.Charge) {
	claim := c.Claim
	claim.Limit = math.MaxInt64
	_, _ = m.store.Take(ctx, c.Shard, claim) // it only fails when there is no such counter any more
}
