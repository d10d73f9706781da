package compare

import (
	"cmp"
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
	made     string // what its tool is when that is made up
	operator bool
	depth    int
	at       time.Time // zero is noon on a Monday

	calls, tokens int64 // that were used in the window before
	times         int   // how often it was made before, at most; the first time that tells the sides apart counts
	running       bool  // and those have not ended
	out           int64 // bytes, and tokens, that each of those answered

	principal string          // who calls; empty is the witness
	before    []probe         // other calls that were made before, with their answers
	answer    json.RawMessage // that is judged, when the call may run; nil judges the call
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
	return governance.Caller{Principal: cmp.Or(p.principal, "user:witness"), Operator: p.operator}
}

// decide decides the probe once. A call that has not ended keeps its place.
func (b *bench) decide(ctx context.Context, p *probe, n int) (governance.Call, governance.Decision) {
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
	return call, d
}

// judge judges the probe once: its call and, where there is one and the call may run, its answer.
func (b *bench) judge(ctx context.Context, p *probe, n int) judgement {
	call, d := b.decide(ctx, p, n)
	if p.out > 0 && d.Allowed() {
		used := governance.Used{Calls: 1, Tokens: p.out, Out: p.out}
		if _, err := b.gate.Settle(ctx, &call, d, used); err != nil {
			return judgement{Decision: d, effect: governance.Deny.String(), rank: rankDeny}
		}
	}
	if p.answer == nil || !d.Allowed() {
		return judged(d)
	}
	call.Labels = d.Labels
	o := governance.Outcome{Status: governance.StatusOK, Result: p.answer, Confidence: 1}
	return reviewed(b.gate.Review(ctx, &call, &o, d))
}

// try judges a probe by both sides and returns a witness when they differ. A check that is given must be the one that
// lets less pass.
func (c *comparison) try(ctx context.Context, p probe, check string) *Witness {
	var sides [2]*bench
	for i := range sides {
		b, err := c.bench(i)
		if err != nil || b.prime(ctx, &p, c.o.Window) != nil {
			return nil
		}
		for n := range p.before {
			b.judge(ctx, &p.before[n], -1-n)
		}
		sides[i] = b
	}
	for n := range min(p.times, maxBefore) + 1 {
		if ctx.Err() != nil {
			return nil
		}
		first, second := sides[0].judge(ctx, &p, n), sides[1].judge(ctx, &p, n)
		if first.rank == second.rank {
			continue
		}
		less, relation := &second, Stricter
		if first.rank > second.rank {
			less, relation = &first, Looser
		}
		if check != "" && less.Check != check {
			return nil
		}
		return &Witness{
			Relation: relation, Kind: p.kind.String(), Name: p.name, Args: p.args, Answer: p.answer, After: p.history(n),
			First: first.verdict(), Second: second.verdict(),
		}
	}
	return nil
}

// judge has one side judge a probe, with nothing before it.
func (c *comparison) judge(ctx context.Context, side int, p *probe) judgement {
	b, err := c.bench(side)
	if err != nil {
		return judgement{effect: governance.Deny.String(), rank: rankDeny}
	}
	j := b.judge(ctx, p, 0)
	j.Hold.Release()
	return j
}

// history says what came before the n-th time that the call was made, and how it is made.
func (p *probe) history(n int) string {
	var words []string
	add := func(when bool, format string, args ...any) {
		if when {
			words = append(words, fmt.Sprintf(format, args...))
		}
	}
	add(p.made != "", "%s", p.made)
	add(p.calls > 0, "%d calls of the window are used", p.calls)
	add(p.tokens > 0, "%d tokens of the window are used", p.tokens)
	add(n > 0 && p.running, "%d such calls are running", n)
	add(n > 0 && !p.running, "%d such calls were made", n)
	add(n > 0 && p.out > 0, "each answered %d bytes", p.out)
	for i := range p.before {
		add(true, "%s", p.before[i].came())
	}
	add(p.depth > 0, "within %d calls", p.depth)
	add(len(p.labels) > 0, "the execution has touched %s", strings.Join(p.labels, ", "))
	add(p.principal != "", "by %s", p.principal)
	add(p.operator, "by an operator")
	add(!p.at.IsZero(), "at %s", p.at.Format("Monday 15:04 MST"))
	return strings.Join(words, "; ")
}

// came says that a call came before, and what it answered.
func (p *probe) came() string {
	text := p.kind.String() + " " + p.name + " came before"
	if p.answer != nil {
		text += " and answered " + clipped(string(p.answer))
	}
	return text
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
		if j := c.judge(ctx, i, p); j.rank != rankPass {
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
