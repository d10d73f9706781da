package tools

import (
	"context"
	"errors"
	"time"

	"github.com/mcp-kernel/mcp-kernel/governance"
	"github.com/mcp-kernel/mcp-kernel/governance/approval"
	"github.com/mcp-kernel/mcp-kernel/governance/audit"
	"github.com/mcp-kernel/mcp-kernel/modules/primitives"
)

// A Gate decides. *governance.Gate is one.
type Gate interface {
	Decide(ctx context.Context, c *governance.Call) governance.Decision
	Review(ctx context.Context, c *governance.Call, o *governance.Outcome, d governance.Decision) governance.Decision
	Settle(ctx context.Context, c *governance.Call, d governance.Decision, used governance.Used) ([]governance.Charge, error)
	Shows(ctx context.Context, c *governance.Call) bool
	Screen(ctx context.Context, c *governance.Call, d governance.Decision) governance.Decision
}

// A Journal records. Recording makes one of an *audit.Journal.
type Journal interface {
	// Begin reserves the room for one call's entries; an error means that the call must not run.
	Begin(ctx context.Context) (Slot, error)
	// Payload returns JSON as entries hold it.
	Payload(call string, raw []byte) (audit.Payload, error)
	// Release drops charges that no entry will carry.
	Release(charges ...governance.Charge)
}

// A Slot is the right to record one call: its decision, then its outcome. *audit.Slot is one. An entry is the caller's
// again when its method returns.
type Slot interface {
	Decision(ctx context.Context, e *audit.Entry) error
	Outcome(ctx context.Context, e *audit.Entry) error
	End()
}

// What holds where DispatcherOptions say nothing.
const (
	DefaultMaxArgs       = 8 << 20
	DefaultMaxResult     = 16 << 20
	DefaultMaxStragglers = 64
	DefaultMaxWatches    = 1024
	DefaultTimeout       = time.Minute
)

// DispatcherOptions are what a Dispatcher is made of. Catalog, Gate and Journal are required.
type DispatcherOptions struct {
	Catalog *Catalog
	Gate    Gate
	Journal Journal

	// Events is where notices are published; nil publishes none.
	Events *governance.Stream
	// Around wraps each handler once the decision to run it was recorded; nil wraps none.
	Around func(*governance.Call, Handler) Handler
	// Tracer follows calls; nil follows none.
	Tracer Tracer
	// Count takes what went into a call and its answer, which were charged bound tokens, to count the real ones later. It
	// must not wait, and must not keep the slices. charges are those of the decision, at least one, the first of the
	// caller's own shard. Nil leaves the bound as it is.
	Count func(call string, charges []governance.Charge, input, answer []byte, bound int64)
	// Measure counts the tokens of a text, at most as many as it has bytes, for answers that policies bound. It must not
	// keep the text. Nil counts bytes.
	Measure func(text []byte) int64
	// Keep keeps the rest of an answer that was cut, for the caller to read as a resource. Nil keeps none.
	Keep func(ctx context.Context, rest Rest) (Kept, error)
	// Approvals keeps what people are asked about calls, and what they have agreed to; the gate asks the same desk. Nil asks
	// nobody, so that what people would be asked about is denied.
	Approvals *approval.Desk
	// ApproveWith is the command by which an operator agrees, without the id behind it; callers are told. Empty is none.
	ApproveWith string
	// OnFault is told of every fault that the caller is not: the error, with a stack for a panic. It must not wait.
	OnFault func(call string, err error)

	Now func() time.Time // the kernel's clock; nil is time.Now
	IDs func() string    // makes the ids of inner calls; nil makes UUIDv7

	MaxArgs       int           // bytes of arguments; 0 is DefaultMaxArgs
	MaxResult     int           // bytes of an answer; 0 is DefaultMaxResult
	MaxStragglers int           // handlers that ignore the end of their context; 0 is DefaultMaxStragglers
	MaxWatches    int           // subscriptions; 0 is DefaultMaxWatches
	Timeout       time.Duration // of a handler for which neither policy nor tool says one; 0 is DefaultTimeout
}

// withDefaults returns the options with every default filled in, and all that is wrong with them.
func (o DispatcherOptions) withDefaults() (DispatcherOptions, error) {
	var faults []error
	for _, required := range []struct {
		missing bool
		name    string
	}{{o.Catalog == nil, "Catalog"}, {o.Gate == nil, "Gate"}, {o.Journal == nil, "Journal"}} {
		if required.missing {
			faults = append(faults, errors.New("dispatcher options: "+required.name+" is nil"))
		}
	}
	if min(o.MaxArgs, o.MaxResult, o.MaxStragglers, o.MaxWatches) < 0 || o.Timeout < 0 {
		faults = append(faults, errors.New("dispatcher options: a bound is negative"))
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.IDs == nil {
		o.IDs = primitives.NewIDs(o.Now, nil).New
	}
	if o.OnFault == nil {
		o.OnFault = func(string, error) {}
	}
	if o.Count == nil {
		o.Count = func(string, []governance.Charge, []byte, []byte, int64) {}
	}
	if o.Measure == nil {
		o.Measure = func(text []byte) int64 { return int64(len(text)) }
	}
	if o.Events == nil {
		o.Events = new(governance.Stream)
	}
	fill(&o.MaxArgs, DefaultMaxArgs)
	fill(&o.MaxResult, DefaultMaxResult)
	fill(&o.MaxStragglers, DefaultMaxStragglers)
	fill(&o.MaxWatches, DefaultMaxWatches)
	fill(&o.Timeout, DefaultTimeout)
	return o, errors.Join(faults...)
}

func fill[T int | time.Duration](field *T, value T) {
	if *field == 0 {
		*field = value
	}
}
