package standard

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/mcp-kernel/mcp-kernel/governance"
	"github.com/mcp-kernel/mcp-kernel/governance/audit"
	"github.com/mcp-kernel/mcp-kernel/governance/tokens"
	"github.com/mcp-kernel/mcp-kernel/modules/primitives"
	"github.com/mcp-kernel/mcp-kernel/state"
)

// counted records what texts really came to in tokens, and gives back what was charged too much: to the window that it
// was charged to, which the call's id tells, and only to the implicit execution's counter (an explicit one keeps the
// bound, because its handle is not part of the count). It runs on the counter's own goroutine.
func (k *Kernel) counted(counts []tokens.Count) {
	for len(counts) > 0 {
		n := min(len(counts), audit.MaxUsage)
		if err := k.recordUsage(counts[:n]); err != nil {
			k.fault("", fmt.Errorf("recording token counts: %w", err))
		}
		counts = counts[n:]
	}
}

func (k *Kernel) recordUsage(counts []tokens.Count) error {
	e := audit.Entry{Kind: audit.KindUsage}
	var back []audit.Charge
	now := k.Now()
	for _, c := range counts {
		e.Usage = append(e.Usage, audit.Usage{Call: c.Call, Shard: c.Shard, Bound: c.Bound, Tokens: c.Tokens})
		own := audit.Charge{Shard: c.Shard, Name: governance.CounterTokens, Window: k.config.Governance.Window, Start: k.windowOf(c.Call)}
		for _, to := range append(k.owed.take(c.Call), own) {
			if to.N = c.Tokens - c.Bound; to.N < 0 && current(to, now) {
				back = gather(back, to)
			}
		}
	}
	if err := k.returned(context.Background(), back); err != nil {
		k.fault("", err) // too much stays charged, until the window ends
	}
	for {
		n := min(len(back), audit.MaxCharges)
		e.Charges, back = back[:n], back[n:]
		if err := k.Journal.Append(context.Background(), &e); err != nil || len(back) == 0 {
			return err
		}
		e = audit.Entry{Kind: audit.KindUsage}
	}
}

// gather adds a charge to the one of the same counter among others, if there is one.
func gather(charges []audit.Charge, c audit.Charge) []audit.Charge {
	for i := range charges {
		have := charges[i]
		if have.N = c.N; have == c {
			charges[i].N += c.N
			return charges
		}
	}
	return append(charges, c)
}

// windowOf is the beginning of the window in which a call was made.
func (k *Kernel) windowOf(call string) time.Time {
	at, err := primitives.ParseID(call)
	if err != nil {
		at = k.Now()
	}
	window := k.config.Governance.Window.Milliseconds()
	return time.UnixMilli(at.UnixMilli() - at.UnixMilli()%window).UTC()
}

// patience is how long a call that would be refused for want of tokens waits for what was used to be counted.
const patience = 200 * time.Millisecond

// patient is the ledger for a gate that does not refuse on a guess: what is charged for a text is its length in bytes
// until it is counted, so before a call is refused for want of tokens, what is still to be counted is.
type patient struct {
	governance.Limiter
	counter *tokens.Counter
}

// Take implements governance.Limiter.
func (p patient) Take(ctx context.Context, shard string, claims ...state.Claim) ([]state.Taken, error) {
	taken, err := p.Limiter.Take(ctx, shard, claims...)
	if err != nil || !slices.ContainsFunc(taken, wantsTokens) {
		return taken, err
	}
	wait, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	if p.counter.Drain(wait) != nil {
		return taken, nil // it stays refused
	}
	return p.Limiter.Take(ctx, shard, claims...)
}

// wantsTokens reports whether a claim was refused that counting could make room for.
func wantsTokens(t state.Taken) bool {
	return !t.OK && strings.HasPrefix(t.Name, governance.CounterTokens)
}
