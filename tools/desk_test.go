package tools_test

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/mcp-kernel/mcp-kernel/governance"
	"github.com/mcp-kernel/mcp-kernel/governance/audit"
	"github.com/mcp-kernel/mcp-kernel/state"
	"github.com/mcp-kernel/mcp-kernel/tools"
)

// A desk is a dispatcher with a journal in memory and a real gate whose one policy allows everything.
type desk struct {
	*tools.Dispatcher
	journal *journal
	gate    *gate
	faults  *faults
	next    atomic.Int64
}

func newDesk(tb testing.TB, s tools.Surface, change ...func(*tools.DispatcherOptions)) *desk {
	tb.Helper()
	catalog, err := tools.NewCatalog(module{"m", s})
	if err != nil {
		tb.Fatal(err)
	}
	d := &desk{journal: &journal{}, gate: newGate(tb), faults: &faults{}}
	o := tools.DispatcherOptions{Catalog: catalog, Gate: d.gate, Journal: d.journal, OnFault: d.faults.add}
	for _, c := range change {
		c(&o)
	}
	if d.Dispatcher, err = tools.NewDispatcher(o); err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		if err := d.Close(context.Background()); err != nil {
			tb.Errorf("close: %v", err)
		}
		if open := d.journal.open.Load(); open != 0 {
			tb.Errorf("%d slots were not given back", open)
		}
	})
	return d
}

// call is a call of a tool by an agent.
func (d *desk) call(name, args string) governance.Call {
	return governance.Call{
		ID: "call-" + strconv.FormatInt(d.next.Add(1), 10), Kind: governance.KindTool, Name: name,
		Caller: governance.Caller{Principal: "alice"}, Args: []byte(args), At: time.Unix(0, 0),
	}
}

func (d *desk) of(kind governance.Kind, name, args string) governance.Call {
	c := d.call(name, args)
	c.Kind = kind
	return c
}

func refusal(tb testing.TB, err error) *tools.Error {
	tb.Helper()
	var refused *tools.Error
	if !errors.As(err, &refused) {
		tb.Fatalf("error is a %T, not an *Error: %v", err, err)
	}
	return refused
}

// A gate is the real one, with the means to break it.
type gate struct {
	*governance.Gate
	limiter *counters
	broken  atomic.Pointer[governance.Decision] // what Decide says instead
	review  atomic.Pointer[governance.Decision] // what Review says instead
}

func newGate(tb testing.TB, policies ...governance.Policy) *gate {
	tb.Helper()
	if len(policies) == 0 {
		all := []string{"*"}
		policies = []governance.Policy{{Name: "open", AllowedTools: all, AllowedResources: all, AllowedPrompts: all}}
	}
	snapshot, err := governance.Compile(governance.Ceiling{}, policies...)
	if err != nil {
		tb.Fatal(err)
	}
	g := &gate{limiter: &counters{used: map[string]int64{}}}
	g.Gate, err = governance.New(governance.Options{
		Select:  func(*governance.Call) (*governance.Snapshot, error) { return snapshot, nil },
		Limiter: g.limiter, Peek: g.limiter.peek,
	})
	if err != nil {
		tb.Fatal(err)
	}
	return g
}

// pass makes the gate let everything pass, even what it could not judge.
func (g *gate) pass() {
	g.broken.Store(&governance.Decision{Effect: governance.Allow, Event: governance.PolicyCheck, Timeout: time.Minute})
}

func (g *gate) Decide(ctx context.Context, c *governance.Call) governance.Decision {
	if d := g.broken.Load(); d != nil {
		return *d
	}
	return g.Gate.Decide(ctx, c)
}

func (g *gate) Review(ctx context.Context, c *governance.Call, o *governance.Outcome, d governance.Decision) governance.Decision {
	if r := g.review.Load(); r != nil {
		return *r
	}
	return g.Gate.Review(ctx, c, o, d)
}

// counters are a limiter in memory.
type counters struct {
	mu   sync.Mutex
	used map[string]int64
	err  error

	unlimited bool
}

func (l *counters) Take(_ context.Context, shard string, claims ...state.Claim) ([]state.Taken, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.count(shard, claims, true)
}

func (l *counters) peek(_ context.Context, shard string, claims ...state.Claim) ([]state.Taken, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.count(shard, claims, false)
}

func (l *counters) count(shard string, claims []state.Claim, take bool) ([]state.Taken, error) {
	if l.err != nil {
		return nil, l.err
	}
	taken := make([]state.Taken, len(claims))
	for i, c := range claims {
		key := shard + "/" + c.Name
		taken[i] = state.Taken{Name: c.Name, OK: l.unlimited || l.used[key]+c.N <= c.Limit, Used: l.used[key], Limit: c.Limit}
		if take && taken[i].OK {
			l.used[key] += c.N
			taken[i].Used = l.used[key]
		}
	}
	return taken, nil
}

func (l *counters) of(name string) int64 {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.used["alice/"+name]
}

// A journal keeps entries in memory, and can fail at each step.
type journal struct {
	beginning, deciding, ending error // what the step fails with
	once                        bool  // deciding fails the first time only

	open     atomic.Int64
	mu       sync.Mutex
	entries  []audit.Entry
	released []governance.Charge
}

func (j *journal) Begin(ctx context.Context) (tools.Slot, error) {
	if err := errors.Join(j.beginning, ctx.Err()); err != nil {
		return nil, err
	}
	j.open.Add(1)
	return &slot{j: j}, nil
}

func (*journal) Payload(_ string, raw []byte) (audit.Payload, error) {
	return audit.Payload{Bytes: int64(len(raw))}, nil
}

func (j *journal) Release(charges ...governance.Charge) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.released = append(j.released, charges...)
}

func (j *journal) add(kind audit.Kind, e *audit.Entry) {
	j.mu.Lock()
	defer j.mu.Unlock()
	e.Kind, e.Seq = kind, uint64(len(j.entries)+1)
	j.entries = append(j.entries, *e)
}

// lines are the entries, one line each: what a reader of the journal cares for.
func (j *journal) lines() []string {
	j.mu.Lock()
	defer j.mu.Unlock()
	var lines []string
	for _, e := range j.entries {
		if e.Kind == audit.KindDecision {
			lines = append(lines, fmt.Sprintf("%s %s %s %s/%s", e.Call, e.Decision.Effect, e.Event, e.Decision.Stage, e.Decision.Check))
		} else {
			lines = append(lines, fmt.Sprintf("%s %s %s %s", e.Call, e.Status, e.Event, e.Failure))
		}
	}
	return lines
}

type slot struct {
	j     *journal
	ended bool
}

func (s *slot) Decision(_ context.Context, e *audit.Entry) error {
	if err := s.j.deciding; err != nil {
		if s.j.once {
			s.j.deciding = nil
		}
		return err
	}
	s.j.add(audit.KindDecision, e)
	return nil
}

func (s *slot) Outcome(_ context.Context, e *audit.Entry) error {
	if s.j.ending != nil {
		return s.j.ending
	}
	s.j.add(audit.KindOutcome, e)
	return nil
}

func (s *slot) End() {
	if !s.ended {
		s.ended = true
		s.j.open.Add(-1)
	}
}

// faults are what went to the log.
type faults struct {
	mu   sync.Mutex
	list []string
}

func (f *faults) add(call string, err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.list = append(f.list, call+": "+err.Error())
}

func (f *faults) all() []string {
	f.mu.Lock()
	defer f.mu.Unlock()
	return append([]string(nil), f.list...)
}
