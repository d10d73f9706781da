package compare

import (
	"context"
	"encoding/json"
	"fmt"
	"math"
	"strings"
	"time"

	"github.com/mcp-kernel/mcp-kernel/governance"
	"github.com/mcp-kernel/mcp-kernel/state"
	"github.com/mcp-kernel/mcp-kernel/state/memstate"
)

// Bounds of looking for a witness.
const (
	maxBefore = 20_000   // calls that are made before one
	memory    = 16 << 20 // bytes of what one side counts
)

// A probe is a call that might be a witness.
type probe struct {
	kind     governance.Kind
	name     string
	args     json.RawMessage
	labels   []string
	operator bool
	depth    int
	at       time.Time // zero is noon on a Monday

	calls, tokens int64 // that were used in the window before
	times         int   // how often it was made before, at most; the first time that tells the sides apart counts
	running       bool  // and those have not ended
}

// noon is when calls are made for which the time does not matter.
func noon() time.Time { return time.Date(2026, time.January, 5, 12, 0, 0, 0, time.UTC) }

// A bench decides calls by one side, with counters of its own.
type bench struct {
	gate  *governance.Gate
	store *memstate.Store
	now   time.Time
	hints map[string]governance.Hints
	tree  governance.Tree
}

func (c *comparison) bench(i int) (*bench, error) {
	b := &bench{now: noon(), hints: map[string]governance.Hints{}}
	clock := func() time.Time { return b.now }
	b.store = memstate.New(memstate.Options{Now: clock, MaxBytes: memory})
	labels, err := governance.NewLabels(b.store, c.o.Window, clock)
	if err != nil {
		return nil, err
	}
	for _, t := range c.o.Surface.Tools {
		b.hints[t.Name] = governance.Hints{ReadOnly: t.ReadOnly, NonDestructive: !t.Destructive, Idempotent: t.Idempotent, ClosedWorld: !t.OpenWorld}
	}
	build := c.o.Gate
	if build == nil {
		build = governance.New
	}
	b.gate, err = build(governance.Options{
		Select: c.sides[i].set.Select, Limiter: b.store, Labels: labels, Window: c.o.Window, MaxDepth: c.o.MaxDepth, Now: clock,
	})
	return b, err
}

// prime uses up what the probe says was used before.
func (b *bench) prime(ctx context.Context, p *probe, window time.Duration) error {
	if window == 0 {
		window = governance.DefaultWindow
	}
	claims := []state.Claim{
		{Name: governance.CounterCalls, N: p.calls, Limit: math.MaxInt64, Window: window},
		{Name: governance.CounterTokens, N: p.tokens, Limit: math.MaxInt64, Window: window},
	}
	_, err := b.store.Take(ctx, caller(p).Identity(), claims...)
	return err
}

func caller(p *probe) governance.Caller {
	return governance.Caller{Principal: "user:witness", Operator: p.operator}
}

// decide decides the probe once. A call that has not ended keeps its place.
func (b *bench) decide(ctx context.Context, p *probe, n int) governance.Decision {
	b.now = noon()
	if !p.at.IsZero() {
		b.now = p.at
	}
	call := governance.Call{
		ID: fmt.Sprintf("witness-%d", n), Kind: p.kind, Name: p.name, Caller: caller(p), Depth: p.depth, Hints: b.hints[p.name],
		Labels: p.labels, Args: p.args, At: b.now, Tree: &b.tree,
	}
	d := b.gate.Decide(ctx, &call)
	if !p.running {
		d.Hold.Release()
	}
	return d
}

// objects reports whether a decision refuses the call, or would if it were enforced.
func objects(d *governance.Decision) bool { return d.Effect != governance.Allow || d.Would }

// try decides a probe by both sides and returns a witness when they differ. A check that is given must be the one that
// refuses.
func (c *comparison) try(ctx context.Context, p probe, check string) *Witness {
	var sides [2]*bench
	for i := range sides {
		b, err := c.bench(i)
		if err != nil || b.prime(ctx, &p, c.o.Window) != nil {
			return nil
		}
		sides[i] = b
	}
	for n := range min(p.times, maxBefore) + 1 {
		if ctx.Err() != nil {
			return nil
		}
		first, second := sides[0].decide(ctx, &p, n), sides[1].decide(ctx, &p, n)
		if objects(&first) == objects(&second) {
			continue
		}
		refusal, relation := &second, Stricter
		if objects(&first) {
			refusal, relation = &first, Looser
		}
		if check != "" && refusal.Check != check {
			return nil
		}
		return &Witness{
			Relation: relation, Kind: p.kind.String(), Name: p.name, Args: p.args, After: p.before(n),
			First: verdict(&first), Second: verdict(&second),
		}
	}
	return nil
}

func verdict(d *governance.Decision) Verdict {
	return Verdict{Effect: d.Effect.String(), Would: d.Would, Check: d.Check, Rule: d.Rule, Policy: d.Policy, Says: d.Reason}
}

// before says what came before the n-th time that the call was made, and how it is made.
func (p *probe) before(n int) string {
	var words []string
	add := func(when bool, format string, args ...any) {
		if when {
			words = append(words, fmt.Sprintf(format, args...))
		}
	}
	add(p.calls > 0, "%d calls of the window are used", p.calls)
	add(p.tokens > 0, "%d tokens of the window are used", p.tokens)
	add(n > 0 && p.running, "%d such calls are running", n)
	add(n > 0 && !p.running, "%d such calls were made", n)
	add(p.depth > 0, "within %d calls", p.depth)
	add(len(p.labels) > 0, "the execution has touched %s", strings.Join(p.labels, ", "))
	add(p.operator, "by an operator")
	add(!p.at.IsZero(), "at %s", p.at.Format("Monday 15:04 MST"))
	return strings.Join(words, "; ")
}

// ordinary looks for a call that both sides let pass, for probes that are about something else than names.
func (c *comparison) ordinary(ctx context.Context) {
	for _, kind := range []governance.Kind{governance.KindTool, governance.KindResource, governance.KindPrompt} {
		for _, name := range c.known(kind) {
			if p := (probe{kind: kind, name: name}); c.passes(ctx, &p) {
				c.call, c.calls = p, true
				return
			}
		}
	}
}

// passes reports whether both sides let a call pass.
func (c *comparison) passes(ctx context.Context, p *probe) bool {
	for i := range c.sides {
		b, err := c.bench(i)
		if err != nil {
			return false
		}
		d := b.decide(ctx, p, 0)
		d.Hold.Release()
		if objects(&d) {
			return false
		}
	}
	return true
}

// like returns the ordinary call, changed, and whether there is one.
func (c *comparison) like(change func(*probe)) (probe, bool) {
	p := c.call
	if c.calls {
		change(&p)
	}
	return p, c.calls
}

// witness adds the witness of a probe to a field, if it is one.
func (c *comparison) witness(ctx context.Context, f *Field, check string, change func(*probe)) {
	if p, ok := c.like(change); ok {
		if w := c.try(ctx, p, check); w != nil && w.Relation == f.Relation {
			f.Witnesses = append(f.Witnesses, *w)
		}
	}
}
