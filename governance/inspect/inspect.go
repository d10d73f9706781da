package inspect

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"runtime"
	"time"

	"github.com/mcp-kernel/mcp-kernel/governance"
	"github.com/mcp-kernel/mcp-kernel/governance/code"
	"github.com/mcp-kernel/mcp-kernel/governance/intent"
	"github.com/mcp-kernel/mcp-kernel/governance/rules"
	"github.com/mcp-kernel/mcp-kernel/state"
)

// DefaultMaxLine is the longest line that is read unless Options say otherwise, in bytes.
const DefaultMaxLine = 16 << 20

// DefaultPrincipal is who calls unless Options say otherwise.
const DefaultPrincipal = "inspect"

// Options say how records are judged. The zero value judges by Default.
type Options struct {
	Policies []governance.Policy // nil is Default alone; not kept
	Active   []string            // names of those that hold; nil is all
	Surface  rules.Surface       // tools whose hints are known, and that rules speak of; any other tool has no hints
	Caller   governance.Caller   // who calls; without a principal it is DefaultPrincipal
	Workers  int                 // records that are judged at once; 0 is one for each processor
	MaxLine  int                 // bytes of one line; 0 is DefaultMaxLine
	Now      func() time.Time    // nil: time.Now
}

// Default is the policy that holds where none is given: everything may be called, and detectors do what is recommended.
func Default() governance.Policy {
	every := []string{"*"}
	return governance.Policy{
		Name: DefaultPrincipal, Description: "Everything may be called; detectors do what is recommended.",
		AllowedTools: every, AllowedResources: every, AllowedPrompts: every,
		Detect: []governance.DetectRule{{What: governance.DetectAll, Recommended: true}},
	}
}

// An Inspector judges records. It is safe for concurrent use and remembers none of them.
type Inspector struct {
	options Options
	enforce side // decides
	observe side // finds what a decision that ended early has not
	tools   surface
	intents intent.Classifier
	codes   code.Engine
	audits  bool // the policies only record
}

// A side is a gate and its policies.
type side struct {
	set  *governance.Set
	gate *governance.Gate
}

// New returns an Inspector, or every fault of the policies, joined.
func New(o Options) (*Inspector, error) {
	if o.Workers < 0 || o.MaxLine < 0 {
		return nil, errors.New("inspect: Workers and MaxLine must not be negative")
	}
	o.Workers = cmp.Or(o.Workers, runtime.GOMAXPROCS(0))
	o.MaxLine = cmp.Or(o.MaxLine, DefaultMaxLine)
	o.Caller.Principal = cmp.Or(o.Caller.Principal, DefaultPrincipal)
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Policies == nil {
		o.Policies = []governance.Policy{Default()}
	}
	if o.Active == nil {
		for i := range o.Policies {
			o.Active = append(o.Active, o.Policies[i].Name)
		}
	}
	i := &Inspector{options: o}
	var err error
	if i.enforce, err = newSide(&o, timeless); err != nil {
		return nil, err
	}
	if i.observe, err = newSide(&o, observing); err != nil {
		return nil, err
	}
	i.options.Policies = nil
	if snapshot, err := i.enforce.set.Select(&governance.Call{}); err == nil {
		i.audits = snapshot.Effective().Mode.Value == governance.AuditOnly
	}
	return i, i.tools.open(o.Surface, i.enforce.set)
}

// newSide makes a gate of the policies, each changed by with.
func newSide(o *Options, with func(governance.Policy) governance.Policy) (s side, err error) {
	changed := make([]governance.Policy, len(o.Policies))
	for i := range o.Policies {
		changed[i] = with(o.Policies[i])
	}
	if s.set, err = governance.NewSet(governance.Ceiling{}, changed, o.Active); err != nil {
		return s, err
	}
	s.gate, err = governance.New(governance.Options{Select: s.set.Select, Limiter: boundless{}, Labels: forgetful{}, Now: o.Now})
	if err != nil {
		return s, fmt.Errorf("inspect: %w", err)
	}
	return s, nil
}

// boundless is a governance.Limiter that has room for everything: one record says nothing of how often.
type boundless struct{}

// Take implements governance.Limiter.
func (boundless) Take(_ context.Context, _ string, claims ...state.Claim) ([]state.Taken, error) {
	taken := make([]state.Taken, len(claims))
	for i, c := range claims {
		taken[i] = state.Taken{Name: c.Name, OK: true, Limit: c.Limit}
	}
	return taken, nil
}

// forgetful is a governance.LabelStore that hands back what it is given, so that every record is the first.
type forgetful struct{}

// Of implements governance.LabelStore.
func (forgetful) Of(context.Context, governance.Caller, string) ([]string, error) { return nil, nil }

// Add implements governance.LabelStore.
func (forgetful) Add(_ context.Context, _ governance.Caller, _ governance.Execution, labels ...string) ([]string, error) {
	return labels, nil
}
