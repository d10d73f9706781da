package governance

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/mcp-kernel/mcp-kernel/state"
)

// shardClaims are the claims of one shard, which are taken in one step.
type shardClaims struct {
	shard  string
	own    int // how many of the claims are not of rates
	claims []state.Claim
	rates  []*rate // by whose word each of the others is made
}

// groups returns what a call is charged, by shard: first, of the caller's identity, what its executions' limits charge,
// which is prepared already, and then what the rates do.
func (w *walk) groups(identity string, own []state.Claim) []shardClaims {
	room := len(w.snapshot.rates)
	groups := make([]shardClaims, 1, 3)
	groups[0] = shardClaims{shard: identity, own: len(own), claims: append(make([]state.Claim, 0, len(own)+room), own...), rates: make([]*rate, 0, room)}
	for i := range w.snapshot.rates {
		r := &w.snapshot.rates[i]
		if !r.applies(w.call) {
			continue
		}
		shard := r.shard(w.call)
		at := 0
		for at < len(groups) && groups[at].shard != shard {
			at++
		}
		if at == len(groups) {
			groups = append(groups, shardClaims{shard: shard})
		}
		to := &groups[at]
		to.claims = append(to.claims, state.Claim{Name: r.counter(w.call), N: r.amount(w.call), Limit: r.Max, Window: r.Window})
		to.rates = append(to.rates, r)
	}
	return groups
}

// rated reserves what the executions' limits and the rates charge a call: a step for each shard, and no further shard
// once one has refused. What was taken until then stays the decision's, to be given back like all that is reserved.
func (g *Gate) rated(ctx context.Context, w *walk) *Decision {
	groups := w.groups(w.call.Caller.Identity(), w.claims[:w.counters])
	var over *Decision
	for i := range groups {
		d, err := g.takeGroup(ctx, w, &groups[i])
		if err != nil {
			return countFault(err)
		}
		if d != nil && over == nil {
			over = d
		}
		if over != nil && !w.audits() {
			break
		}
	}
	return over
}

// takeGroup takes the claims of one shard and notes what was taken, or says which of them was refused. Under mode audit
// what is over the limit is charged all the same.
func (g *Gate) takeGroup(ctx context.Context, w *walk, gr *shardClaims) (*Decision, error) {
	taken, err := g.takeAll(ctx, gr)
	if err != nil {
		return nil, err
	}
	over := w.overGroup(gr, taken)
	if over != nil && w.audits() {
		for i := range gr.claims {
			gr.claims[i].Limit = math.MaxInt64
		}
		if taken, err = g.takeAll(ctx, gr); err == nil && slices.ContainsFunc(taken, func(t state.Taken) bool { return !t.OK }) {
			err = errUncounted
		}
		if err != nil {
			return nil, err
		}
	}
	if over == nil || w.audits() {
		w.charge(gr, taken)
	}
	return over, nil
}

// takeAll asks the limiter. An answer that does not speak of every claim is a fault.
func (g *Gate) takeAll(ctx context.Context, gr *shardClaims) ([]state.Taken, error) {
	taken, err := g.options.Limiter.Take(ctx, gr.shard, gr.claims...)
	if err == nil && len(taken) != len(gr.claims) {
		err = fmt.Errorf("limiter answered %d of %d claims", len(taken), len(gr.claims))
	}
	return taken, err
}

// charge notes what was taken.
func (w *walk) charge(gr *shardClaims, taken []state.Taken) {
	if w.charges == nil {
		w.charges = make([]Charge, 0, len(taken)+len(w.snapshot.rates))
	}
	for i := range taken {
		w.charges = append(w.charges, Charge{Shard: gr.shard, Claim: gr.claims[i], Until: taken[i].Ends})
	}
}

// overGroup returns the objection of the first counter of a shard that refused.
func (w *walk) overGroup(gr *shardClaims, taken []state.Taken) *Decision {
	for i := range taken {
		switch {
		case taken[i].OK:
		case i < gr.own:
			return w.exceeded(i, taken[i])
		default:
			return gr.rates[i-gr.own].exceeded(taken[i])
		}
	}
	return nil
}

// exceeded says which rate was reached, and when it is worth trying again.
func (r *rate) exceeded(t state.Taken) *Decision {
	d := &Decision{Check: CheckRates, Rule: r.Name, Policy: r.policy, Used: t.Used, Limit: r.Max}
	d.Reason = fmt.Sprintf("%d of %d %s per %s in %s are used", t.Used, r.Max, strings.ReplaceAll(r.Metric.String(), "_", " "),
		strings.ReplaceAll(r.Per.String(), "+", " and "), r.Window)
	if !t.Ends.IsZero() {
		d.Retry = t.Ends
		d.Reason += "; the window ends at " + t.Ends.UTC().Format(time.RFC3339)
	}
	return d
}

// attempted counts a call that is refused as an attempt, which every rate of calls does, whatever refused it. Those that
// have counted it already and those that are full do not count it again. What cannot be counted is left out: the call is
// refused in any case.
func (g *Gate) attempted(ctx context.Context, w *walk) {
	for _, gr := range w.groups(w.call.Caller.Identity(), nil) {
		for i, r := range gr.rates {
			if r.Metric != MetricCalls || w.charged(gr.shard, gr.claims[i].Name, r.Window) {
				continue
			}
			one := shardClaims{shard: gr.shard, claims: gr.claims[i : i+1]}
			if taken, err := g.takeAll(context.WithoutCancel(ctx), &one); err == nil && taken[0].OK {
				w.charge(&one, taken)
			}
		}
	}
}

// charged reports whether a counter was charged already.
func (w *walk) charged(shard, name string, window time.Duration) bool {
	return slices.ContainsFunc(w.charges, func(c Charge) bool {
		return c.Shard == shard && c.Claim.Name == name && c.Claim.Window == window
	})
}

// errUnread says that there is nothing to read counters with.
var errUnread = errors.New("the counters cannot be read here")

// peekRates reads the counters of the rates that the call would be charged to.
func (g *Gate) peekRates(ctx context.Context, w *walk) []StageTrace {
	if w.snapshot == nil || len(w.snapshot.rates) == 0 {
		return nil
	}
	var traces []StageTrace
	for _, gr := range w.groups(w.call.Caller.Identity(), nil) {
		if len(gr.claims) == 0 {
			continue
		}
		var taken []state.Taken
		err := errUnread
		if g.options.Peek != nil {
			taken, err = g.options.Peek(ctx, gr.shard, gr.claims...)
		}
		for i, r := range gr.rates {
			t := StageTrace{Stage: StageLimits, Check: CheckRates, Rule: r.Name, Policy: r.policy, Limit: r.Max, Outcome: TraceSkipped, Reason: errUnread.Error()}
			if err == nil && i < len(taken) {
				t.Outcome, t.Reason, t.Used = TracePass, "", taken[i].Used
				if taken[i].Used+gr.claims[i].N > r.Max {
					t.Outcome, t.Reason = TraceFail, r.exceeded(taken[i]).Reason
				}
			}
			traces = append(traces, t)
		}
	}
	return traces
}
