// Package replay decides the calls of a journal again, under other policies, and says what would have been different. It
// takes from the journal what is there: names, callers, times, what was charged and what came of it, and the arguments only
// where they were sealed and the key is given. What cannot be decided by that is counted by reason and never guessed. It
// reads entries one after the other, in memory that does not grow with their number.
package replay

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"time"

	"github.com/mcp-kernel/mcp-kernel/governance"
	"github.com/mcp-kernel/mcp-kernel/governance/audit"
	"github.com/mcp-kernel/mcp-kernel/state/memstate"
)

// Bounds of what is remembered.
const (
	memory       = 64 << 20 // bytes of counters and labels
	maxRemember  = 50_000   // calls that have not ended or whose tokens are not counted yet; executions whose labels are known
	maxGroups    = 1000     // different changes
	defaultShown = 100      // of them in a report
)

// Options say under which policies calls are decided again. Set is required.
type Options struct {
	Set   *governance.Set                     // the policies; their rules are bound already
	Hints func(tool string) governance.Hints  // what tools say of themselves today; nil knows nothing good of any
	Open  func(sealed []byte) ([]byte, error) // decrypts arguments; nil has no key

	From, To      time.Time // calls from and before then are reported; zero is all. What came before From is only counted
	WithoutLimits bool      // counts nothing, so that limits decide nothing
	Known         []string  // policies that were active, so that an entry that names them does not mean that its call did
	MaxShown      int       // changes in the report: 100

	Window   time.Duration // of the implicit execution; 0 is governance.DefaultWindow
	MaxDepth int           // of calls within calls; 0 is governance.DefaultMaxDepth

	// Gate makes the gate that decides; nil is governance.New. Whoever adds checks to a running gate adds them here.
	Gate func(governance.Options) (*governance.Gate, error)
}

// The reasons for which a call cannot be decided again.
const (
	NoArguments = "arguments were not sealed, or there is no key"
	NoOpening   = "sealed arguments could not be opened"
	NoPolicy    = "the call named a policy that is not there"
	NoHistory   = "what came before could not be decided, and the counters or labels depend on it"
	NoPlaces    = "how many calls ran at that moment is not recorded exactly"
	NoName      = "the name was not recorded as it was"
	NoJudgement = "a check could not judge"
)

// A Report is what would have been different.
type Report struct {
	Policies  []string         `json:"policies"`  // under which calls were decided again
	Digest    string           `json:"digest"`    // of what they mean
	Entries   int64            `json:"entries"`   // that were read
	Calls     int64            `json:"calls"`     // that were reported
	Same      int64            `json:"same"`      // come to the same
	Stricter  int64            `json:"stricter"`  // passed then and would not now
	Looser    int64            `json:"looser"`    // did not then and would now
	Other     int64            `json:"other"`     // are different in another way
	Undecided map[string]int64 `json:"undecided"` // by reason
	Changes   []Change         `json:"changes"`   // the most frequent first
	More      int64            `json:"more"`      // changed calls that are in none of them
}

// A Change is calls that would come to the same other thing.
type Change struct {
	Kind  string  `json:"kind"`
	Name  string  `json:"name"`
	Was   Verdict `json:"was"`
	Now   Verdict `json:"now"`
	Count int64   `json:"count"`
	Seq   uint64  `json:"seq"`  // the first of them in the journal
	Call  string  `json:"call"` // its id
}

// A Verdict is what was, or would be, decided.
type Verdict struct {
	Effect string `json:"effect"`
	Would  bool   `json:"would,omitempty"` // mode audit let pass what enforcing would refuse
	Check  string `json:"check,omitempty"`
	Rule   string `json:"rule,omitempty"`
	Policy string `json:"policy,omitempty"`
}

// passes reports whether the call ran.
func (v *Verdict) passes() bool { return v.Effect == governance.Allow.String() }

// Run decides the calls of entries, which come in the order of the journal, again. The entries should begin a window of
// the longest limit before Options.From.
func Run(ctx context.Context, entries iter.Seq2[audit.Entry, error], o Options) (Report, error) {
	r, err := newRun(o)
	if err != nil {
		return Report{}, err
	}
	for e, err := range entries {
		if err != nil {
			return Report{}, fmt.Errorf("replay: %w", err)
		}
		if err := ctx.Err(); err != nil {
			return Report{}, err
		}
		if !o.To.IsZero() && !e.At.Before(o.To) {
			break
		}
		r.entry(ctx, &e)
	}
	return r.report(), nil
}

// A run is one replay.
type run struct {
	o        Options
	gate     *governance.Gate
	now      time.Time // of the entry
	meter    *meter
	base     *governance.Snapshot
	active   map[string]bool
	reads    map[string]bool // by digest: whether policies ask about arguments
	counts   Report
	groups   map[Change]*Change
	running  remembered[running]             // by call
	uncounts remembered[[]governance.Charge] // of calls whose tokens are bounds yet, by call
	touched  remembered[[]string]            // what executions had touched, by identity and handle
	doubts   doubts
}

// running is a call that would run now and has not ended.
type running struct {
	call     governance.Call
	decision governance.Decision
	bytes    int64 // of its arguments
}

func newRun(o Options) (*run, error) {
	if o.Set == nil {
		return nil, errors.New("replay: no policies")
	}
	if o.MaxShown <= 0 {
		o.MaxShown = defaultShown
	}
	base, err := o.Set.Select(&governance.Call{})
	if err != nil {
		return nil, fmt.Errorf("replay: %w", err)
	}
	r := &run{o: o, base: base, active: map[string]bool{}, reads: map[string]bool{}, groups: map[Change]*Change{}, doubts: newDoubts(base, o.Window)}
	for _, name := range append(o.Set.Active(), o.Known...) {
		r.active[name] = true
	}
	r.counts = Report{Policies: o.Set.Active(), Digest: base.Digest(), Undecided: map[string]int64{}, Changes: []Change{}}
	clock := func() time.Time { return r.now }
	store := memstate.New(memstate.Options{Now: clock, MaxBytes: memory})
	labels, err := governance.NewLabels(store, o.Window, clock)
	if err != nil {
		return nil, err
	}
	r.meter = &meter{store: store, open: o.WithoutLimits}
	build := o.Gate
	if build == nil {
		build = governance.New
	}
	r.gate, err = build(governance.Options{
		Select: o.Set.Select, Limiter: r.meter, Labels: labels, Executions: handles{}, Window: o.Window, MaxDepth: o.MaxDepth, Now: clock,
	})
	return r, err
}

// handles are the explicit executions: those that entries name. What they may use themselves is not recorded.
type handles struct{}

// Lookup implements governance.Executions.
func (handles) Lookup(_ context.Context, _ governance.Caller, handle string) (governance.Execution, error) {
	return governance.Execution{Handle: handle}, nil
}

// entry takes one entry of the journal.
func (r *run) entry(ctx context.Context, e *audit.Entry) {
	r.counts.Entries++
	r.now = e.At
	switch e.Kind {
	case audit.KindDecision:
		r.decision(ctx, e)
	case audit.KindOutcome:
		r.outcome(ctx, e)
	case audit.KindUsage:
		for _, u := range e.Usage {
			r.counted(ctx, u)
		}
	default:
	}
}

// outcome settles a call that would have run, if it did: what it came to is known only then.
func (r *run) outcome(ctx context.Context, e *audit.Entry) {
	p, ok := r.running.take(e.Call)
	if !ok {
		return
	}
	p.decision.Hold.Release()
	used := governance.Used{}
	if e.Status.Ran() {
		used = governance.Used{Calls: 1, Tokens: e.Tokens, In: p.bytes, Out: e.Result.Bytes}
	}
	if _, err := r.gate.Settle(ctx, &p.call, p.decision, used); err != nil {
		r.doubts.add(&p.call, doubtOver)
	}
	var tokens []governance.Charge
	for _, c := range p.decision.Charges {
		if isTokens(c.Claim.Name) {
			tokens = append(tokens, c)
		}
	}
	if used.Calls > 0 && len(tokens) > 0 && r.uncounts.put(e.Call, tokens, e.At, r.doubts.lasts) {
		r.doubts.everybody(e.At, doubtOver)
	}
}

// counted gives back what a call's tokens were charged too much.
func (r *run) counted(ctx context.Context, u audit.Usage) {
	charges, ok := r.uncounts.take(u.Call)
	if !ok || u.Tokens >= u.Bound {
		return
	}
	for _, c := range charges {
		if c.Until.IsZero() || r.now.Before(c.Until) {
			c.Claim.N = u.Tokens - u.Bound
			r.meter.back(ctx, c)
		}
	}
}
