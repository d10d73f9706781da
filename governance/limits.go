package governance

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math"
	"time"

	"github.com/mcp-kernel/mcp-kernel/state"
)

// maxCounters is how many counters one call is charged to: calls and tokens, of the implicit and an explicit execution.
const maxCounters = 4

// The names of the counters of the implicit execution. Those of an explicit one have "@" and its handle behind them.
const (
	CounterCalls  = "calls"
	CounterTokens = "tokens"
)

// A counter says for whom and by whose word one claim is made.
type counter struct {
	check  string // CheckCalls or CheckTokens
	policy string // that gave the limit
	handle bool   // of the explicit execution
}

// execution looks up the execution that the call names.
func (g *Gate) execution(ctx context.Context, w *walk) *Decision {
	handle := w.call.Execution
	if handle == "" {
		return nil
	}
	if g.options.Executions == nil {
		return denied("there are no executions to name here")
	}
	e, err := g.options.Executions.Lookup(ctx, w.call.Caller, handle)
	switch {
	case err != nil:
		return &Decision{Reason: "the execution is unknown, closed or somebody else's: open one with execution_open", Fault: err}
	case !e.Expires.IsZero() && !g.options.Now().Before(e.Expires):
		return denied("the execution has expired: open one with execution_open")
	}
	w.execution = e
	return nil
}

// charges reports whether a kind is a tool call in the sense of max_tool_calls_per_request. Completion, subscription and
// the polling of a task that was charged when it began are not; all kinds are charged the tokens of their arguments.
func (k Kind) charges() bool {
	return k == KindTool || k == KindResource || k == KindPrompt
}

// claim prepares what the call is to be charged: one call, and its arguments' bytes as the upper bound of their tokens.
func (g *Gate) claim(w *walk) {
	calls, tokens := From[int64]{}, From[int64]{}
	if w.snapshot != nil {
		calls, tokens = w.snapshot.effective.MaxToolCallsPerRequest, w.snapshot.effective.MaxTokensPerRequest
	}
	size := w.call.size()
	window := g.options.Window
	w.counters = 0
	if w.call.Kind.charges() {
		w.add(counter{check: CheckCalls, policy: calls.Policy}, CounterCalls, 1, calls.Value, window)
	}
	w.add(counter{check: CheckTokens, policy: tokens.Policy}, CounterTokens, size, tokens.Value, window)
	if w.call.Execution == "" {
		return
	}
	if w.call.Kind.charges() {
		calls = narrowed(calls, w.execution.MaxCalls)
		w.add(counter{CheckCalls, calls.Policy, true}, CounterCalls+"@"+w.call.Execution, 1, calls.Value, 0)
	}
	tokens = narrowed(tokens, w.execution.MaxTokens)
	w.add(counter{CheckTokens, tokens.Policy, true}, CounterTokens+"@"+w.call.Execution, size, tokens.Value, 0)
}

func (w *walk) add(c counter, name string, n, limit int64, window time.Duration) {
	w.kinds[w.counters] = c
	w.claims[w.counters] = state.Claim{Name: name, N: n, Limit: limit, Window: window}
	w.counters++
}

// narrowed returns the stricter of a policy's limit and an execution's own.
func narrowed(limit From[int64], own *int64) From[int64] {
	if own != nil && *own < limit.Value {
		return From[int64]{Value: *own}
	}
	return limit
}

// counted reserves what the call is charged, all of it or nothing. Under mode audit what is over the limit is charged
// all the same.
func (g *Gate) counted(ctx context.Context, w *walk) *Decision {
	g.claim(w)
	if len(w.snapshot.rates) > 0 {
		return g.rated(ctx, w)
	}
	shard := w.call.Caller.Identity()
	taken, err := g.take(ctx, w, shard)
	if err != nil {
		return countFault(err)
	}
	over := w.over(taken)
	if over == nil {
		w.reserved(shard, taken)
		return nil
	}
	if !w.audits() {
		return over
	}
	for i := range w.counters {
		w.claims[i].Limit = math.MaxInt64
	}
	if taken, err = g.take(ctx, w, shard); err != nil || w.over(taken) != nil {
		return countFault(cmp.Or(err, errUncounted))
	}
	w.reserved(shard, taken)
	return over
}

// errUncounted says that a counter refused what has no bound.
var errUncounted = errors.New("limiter refused a charge without a bound")

func countFault(err error) *Decision {
	return &Decision{Check: CheckCalls, Reason: "the limits cannot be counted", Fault: err}
}

// take asks the limiter. An answer that does not speak of every claim is a fault.
func (g *Gate) take(ctx context.Context, w *walk, shard string) ([]state.Taken, error) {
	taken, err := g.options.Limiter.Take(ctx, shard, w.claims[:w.counters]...)
	if err == nil && len(taken) != w.counters {
		err = fmt.Errorf("limiter answered %d of %d claims", len(taken), w.counters)
	}
	return taken, err
}

// over returns the objection of the first counter that refused.
func (w *walk) over(taken []state.Taken) *Decision {
	for i := range taken {
		if !taken[i].OK {
			return w.exceeded(i, taken[i])
		}
	}
	return nil
}

// exceeded says which limit was reached, by how much, and when it is worth trying again.
func (w *walk) exceeded(i int, t state.Taken) *Decision {
	c, claim := &w.kinds[i], &w.claims[i]
	d := &Decision{Check: c.check, Policy: c.policy, Used: t.Used, Limit: claim.Limit}
	where := ""
	if c.handle {
		where = " of this execution"
	}
	d.Reason = fmt.Sprintf("%d of %d calls%s are used", t.Used, claim.Limit, where)
	if c.check == CheckTokens {
		d.Reason = fmt.Sprintf("%d more tokens are needed and %d of %d%s are used", claim.N, t.Used, claim.Limit, where)
	}
	if !t.Ends.IsZero() {
		d.Retry = t.Ends
		d.Reason += "; the window ends at " + t.Ends.UTC().Format(time.RFC3339)
	}
	return d
}

// reserved notes what was taken.
func (w *walk) reserved(shard string, taken []state.Taken) {
	w.charges = make([]Charge, len(taken))
	for i := range taken {
		w.charges[i] = Charge{Shard: shard, Claim: w.claims[i], Until: taken[i].Ends}
	}
}
