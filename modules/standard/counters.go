package standard

import (
	"context"
	"fmt"

	"github.com/mcp-kernel/mcp-kernel/governance"
	"github.com/mcp-kernel/mcp-kernel/governance/audit"
	"github.com/mcp-kernel/mcp-kernel/modules/controlplane"
	"github.com/mcp-kernel/mcp-kernel/state"
)

// counters are what limits are held against.
type counters interface {
	governance.Limiter
	// Peek answers as Take would, and takes nothing.
	Peek(ctx context.Context, shard string, claims ...state.Claim) ([]state.Taken, error)
}

var (
	_ counters = (*audit.Journal)(nil)
	_ counters = common{}
)

// counts returns what limits are held against: the journal, which all processes of one machine write; or, where kernels
// on several machines serve the same callers, the state that they share. Entries carry their charges either way.
func (k *Kernel) counts() counters {
	if k.Shared {
		return common{k.State}
	}
	return k.Journal
}

// common are counters that many kernels share. A charge and a give-back hold from the moment on at which they are made;
// what a kernel that is killed had reserved stays charged until its window ends, so a counter is then too high and never too
// low.
type common struct{ state.Backend }

// Peek implements counters.
func (c common) Peek(ctx context.Context, shard string, claims ...state.Claim) ([]state.Taken, error) {
	asked := make([]state.Claim, len(claims))
	for i, claim := range claims {
		claim.N = 0
		asked[i] = claim
	}
	taken, err := c.Take(ctx, shard, asked...)
	if err == nil && len(taken) != len(claims) {
		err = fmt.Errorf("the state answered for %d of %d counters", len(taken), len(claims))
	}
	if err != nil {
		return nil, err
	}
	for i, claim := range claims {
		taken[i].OK = claim.N <= 0 || claim.N <= claim.Limit && taken[i].Used <= claim.Limit-claim.N
	}
	return taken, nil
}

// returned gives back, in the counters that kernels share, what entries give back; the journal's own follow from the
// entries. Each shard is one step.
func (k *Kernel) returned(ctx context.Context, charges []audit.Charge) error {
	if !k.Shared {
		return nil
	}
	shards := make(map[string][]state.Claim)
	for _, c := range charges {
		shards[c.Shard] = append(shards[c.Shard], c.Claim())
	}
	for shard, claims := range shards {
		for len(claims) > 0 {
			n := min(len(claims), state.MaxClaims)
			if _, err := k.State.Take(ctx, shard, claims[:n]...); err != nil {
				return fmt.Errorf("giving back to %.80q: %w", shard, err)
			}
			claims = claims[n:]
		}
	}
	return nil
}

// forgetExecution empties the counters of an explicit execution that is over for good, which otherwise never end. It is recorded
// like anything that is given back.
func (k *Kernel) forgetExecution(ctx context.Context, identity, handle string) error {
	names := []string{governance.CounterCalls + "@" + handle, governance.CounterTokens + "@" + handle}
	claims := make([]state.Claim, len(names))
	for i, name := range names {
		claims[i].Name = name
	}
	known, err := k.Journal.Peek(ctx, identity, claims...)
	if err != nil {
		return err
	}
	var charges []audit.Charge
	for i, name := range names {
		claims[i].N = -state.MaxUnits
		if known[i].Used > 0 {
			charges = append(charges, audit.Charge{Shard: identity, Name: name, N: -known[i].Used})
		}
	}
	if k.Shared {
		if _, err := k.State.Take(ctx, identity, claims...); err != nil {
			return err
		}
	}
	if len(charges) == 0 {
		return nil
	}
	return k.Journal.Append(ctx, &audit.Entry{Kind: audit.KindUsage, Charges: charges})
}

// A record is the journal with the counters that limits are held against.
type record struct {
	*audit.Journal
	counters counters
}

var _ controlplane.Journal = record{}

// Peek answers as the counters do.
func (r record) Peek(ctx context.Context, shard string, claims ...state.Claim) ([]state.Taken, error) {
	return r.counters.Peek(ctx, shard, claims...)
}
