package approval

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/mcp-kernel/mcp-kernel/governance"
	"github.com/mcp-kernel/mcp-kernel/modules/primitives"
	"github.com/mcp-kernel/mcp-kernel/state"
)

// What goes wrong for reasons that can be told apart.
var (
	// ErrTooMany says that a principal has as many open requests as it can have.
	ErrTooMany = errors.New("too many approvals are waiting")
	// ErrUnknown says that there is no request of that id, or no longer.
	ErrUnknown = errors.New("no such approval, or no longer")
	// ErrNotApprover says that the answer of this person over this channel does not count.
	ErrNotApprover = errors.New("no policy wants this answer over this channel")
	// ErrAnswered says that a client cannot take back or replace what was answered before.
	ErrAnswered = errors.New("this person has answered before")
	// ErrUsed says that the call has run, so that it is too late for an answer.
	ErrUsed = errors.New("the approval was used")
)

// What holds where Options say nothing.
const (
	DefaultMaxOpen = 32
	DefaultSweep   = 30 * time.Second
	DefaultPoll    = 500 * time.Millisecond
)

// maxReturns bounds how often an agreement can come back: as often as a call can go on with its client's answers.
const maxReturns = 16

// What happens at a desk that no call's own entry in the journal tells.
const (
	ActionGiven   = "approval_given"   // somebody agreed
	ActionRefused = "approval_refused" // somebody said no
	ActionExpired = "approval_expired" // it was not answered, or the agreement not used, in time
)

// A Note is what is to be recorded.
type Note struct {
	Action   string // ActionGiven, ActionRefused or ActionExpired
	Approval string // id of the request
	Call     string // id of the call that asked first
	By       string // the principal who answered; empty for ActionExpired
	Reason   string // safe to show: over which channel and, where the person gave one, why
}

// Options configure a Desk. Store is required.
type Options struct {
	Store state.Backend // shared by all who take part
	// Show makes of canonical arguments what people are shown, without secrets, and says whether nothing is missing.
	// Nil shows nothing.
	Show func(canonical []byte) (text string, whole bool)
	// Record records what happened. An answer that cannot be recorded does not count. Nil records nothing.
	Record  func(ctx context.Context, n Note) error
	OnFault func(err error)  // told of faults that nobody waits for; nil drops them
	IDs     func() string    // nil makes UUIDv7
	Now     func() time.Time // nil is time.Now

	MaxOpen int           // requests of one principal that are not used; 0 is DefaultMaxOpen
	Poll    time.Duration // between two looks of Await; 0 is DefaultPoll
	Sweep   time.Duration // between two looks for what has expired; 0 is DefaultSweep, less looks only when it is asked
}

// A Desk keeps requests. It is safe for concurrent use, by several processes where the store is. Close ends it.
type Desk struct {
	opts Options
	stop chan struct{}
	once sync.Once
	done sync.WaitGroup
}

var _ governance.Approvals = (*Desk)(nil)

// New returns a Desk, or every fault of the options.
func New(o Options) (*Desk, error) {
	var faults []error
	if o.Store == nil {
		faults = append(faults, errors.New("approvals: no Store: say where they are kept"))
	}
	if o.MaxOpen < 0 {
		faults = append(faults, errors.New("approvals: MaxOpen is negative"))
	}
	if err := errors.Join(faults...); err != nil {
		return nil, err
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.IDs == nil {
		o.IDs = primitives.NewIDs(o.Now, nil).New
	}
	if o.Show == nil {
		o.Show = func([]byte) (string, bool) { return "", false }
	}
	if o.Record == nil {
		o.Record = func(context.Context, Note) error { return nil }
	}
	if o.OnFault == nil {
		o.OnFault = func(error) {}
	}
	if o.MaxOpen == 0 {
		o.MaxOpen = DefaultMaxOpen
	}
	if o.Poll <= 0 {
		o.Poll = DefaultPoll
	}
	if o.Sweep == 0 {
		o.Sweep = DefaultSweep
	}
	d := &Desk{opts: o, stop: make(chan struct{})}
	if o.Sweep > 0 {
		d.done.Go(d.sweeping)
	}
	return d, nil
}

// Close ends the sweeping. What is kept stays where it is. It may be called more than once.
func (d *Desk) Close() error {
	d.once.Do(func() { close(d.stop) })
	d.done.Wait()
	return nil
}

func (d *Desk) sweeping() {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	d.done.Go(func() { // so that Close does not wait for the store
		<-d.stop
		cancel()
	})
	tick := time.NewTicker(d.opts.Sweep)
	defer tick.Stop()
	for {
		select {
		case <-d.stop:
			return
		case <-tick.C:
		}
		if err := d.Sweep(ctx); err != nil && ctx.Err() == nil {
			d.opts.OnFault(err)
		}
	}
}

// Sweep strikes what has expired, of all callers, and records it.
func (d *Desk) Sweep(ctx context.Context) error {
	now := d.opts.Now()
	var faults []error
	err := d.books(ctx, func(key string, b *book) {
		if len(b.strike(now)) > 0 || len(b.Requests) == 0 {
			faults = append(faults, d.edit(ctx, key, func(*book) error { return errSame }))
		}
	})
	return errors.Join(append(faults, err)...)
}

// books shows every book. One that cannot be read is a fault, and the others are shown all the same.
func (d *Desk) books(ctx context.Context, show func(key string, b *book)) error {
	var faults []error
	for after := ""; ; {
		page, err := d.opts.Store.List(ctx, collection, after, state.MaxPage)
		if err != nil {
			return errors.Join(append(faults, fmt.Errorf("approvals: %w", err))...)
		}
		for _, entry := range page {
			b, err := readBook(entry.Value)
			if err != nil {
				faults = append(faults, err)
				continue
			}
			show(entry.Key, b)
		}
		if len(page) < state.MaxPage {
			return errors.Join(faults...)
		}
		after = page[len(page)-1].Key[len(collection)+1:]
	}
}

// expired records what was struck. It is over whether that succeeds or not.
func (d *Desk) expired(ctx context.Context, over []Request) {
	for i := range over {
		reason := "nobody answered in time"
		switch {
		case over[i].Status == Granted:
			reason = "the agreement was not used in time"
		case len(over[i].Votes) > 0:
			reason = "too few agreed in time"
		}
		n := Note{Action: ActionExpired, Approval: over[i].ID, Call: over[i].Call, Reason: reason}
		if err := d.opts.Record(context.WithoutCancel(ctx), n); err != nil {
			d.opts.OnFault(fmt.Errorf("approval %s has expired, which cannot be recorded: %w", n.Approval, err))
		}
	}
}
