package governance

import (
	"context"
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/mcp-kernel/mcp-kernel/state"
)

// Settle turns what Decide reserved into what was used, and returns the difference as it was charged: negative where
// more was reserved than used, positive where the answer needed more than the arguments let expect. It is called once
// for every decision, allowed or not; a call that did not run used nothing and gets all of it back. What was used beyond
// a limit is charged without a bound, so that the next call is refused. What was reserved in a window that has ended is
// not given back, because the next window never had it. The charges are returned also with an error, which means that
// the reservation stands: a counter is then too high, never too low.
func (g *Gate) Settle(ctx context.Context, _ *Call, d Decision, used Used) ([]Charge, error) {
	w := g.begin(nil, nil)
	defer g.end(w)
	var room [maxCounters]Charge
	settled := room[:0]
	for _, c := range d.Charges {
		if len(settled) < maxCounters && g.difference(&c, used) {
			w.claims[len(settled)] = c.Claim
			settled = append(settled, c)
		}
	}
	if len(settled) == 0 {
		return nil, nil
	}
	charges := slices.Clone(settled)
	if ctx.Done() != nil {
		ctx = context.WithoutCancel(ctx)
	}
	taken, err := g.options.Limiter.Take(ctx, charges[0].Shard, w.claims[:len(charges)]...)
	if err == nil && slices.ContainsFunc(taken, func(t state.Taken) bool { return !t.OK }) {
		err = errUncounted
	}
	if err != nil {
		return charges, fmt.Errorf("settle %s: %w", charges[0].Shard, err)
	}
	return charges, nil
}

// difference makes of a reservation the charge that settles it, and reports whether there is one.
func (g *Gate) difference(c *Charge, used Used) bool {
	name, _, _ := strings.Cut(c.Claim.Name, "@")
	amount := max(used.Calls, 0)
	if name == CounterTokens {
		amount = max(used.Tokens, 0)
	}
	c.Claim.N = amount - c.Claim.N
	c.Claim.Limit = math.MaxInt64
	if c.Claim.N < 0 && !c.Until.IsZero() && !g.options.Now().Before(c.Until) {
		return false
	}
	return c.Claim.N != 0
}
