package governance

import (
	"context"
	"errors"
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
		if g.difference(&c, used) {
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
	var faults error
	for rest := charges; len(rest) > 0; {
		n := 1
		for n < len(rest) && rest[n].Shard == rest[0].Shard {
			n++
		}
		if err := g.takeBack(ctx, w, rest[:n]); err != nil {
			faults = errors.Join(faults, fmt.Errorf("settle %s: %w", rest[0].Shard, err))
		}
		rest = rest[n:]
	}
	return charges, faults
}

// takeBack charges the differences of one shard in one step.
func (g *Gate) takeBack(ctx context.Context, w *walk, charges []Charge) error {
	claims := w.claims[:0]
	for i := range charges {
		claims = append(claims, charges[i].Claim)
	}
	taken, err := g.options.Limiter.Take(ctx, charges[0].Shard, claims...)
	if err == nil && slices.ContainsFunc(taken, func(t state.Taken) bool { return !t.OK }) {
		err = errUncounted
	}
	return err
}

// difference makes of a reservation the charge that settles it, and reports whether there is one. An attempt stays one.
func (g *Gate) difference(c *Charge, used Used) bool {
	var amount int64
	switch name := c.Claim.Name; {
	case strings.HasPrefix(name, "calls/"):
		return false
	case strings.HasPrefix(name, "bytes_in/"):
		amount = used.In
	case strings.HasPrefix(name, "bytes_out/"):
		amount = used.Out
	case strings.HasPrefix(name, CounterTokens):
		amount = used.Tokens
	default:
		amount = used.Calls
	}
	c.Claim.N = max(amount, 0) - c.Claim.N
	c.Claim.Limit = math.MaxInt64
	if c.Claim.N < 0 && !c.Until.IsZero() && !g.options.Now().Before(c.Until) {
		return false
	}
	return c.Claim.N != 0
}
