package tasks

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/mcp-kernel/mcp-kernel/governance"
	"github.com/mcp-kernel/mcp-kernel/state"
	"github.com/mcp-kernel/mcp-kernel/tools"
)

// A Door is where calls are made. *tools.Dispatcher is one.
type Door interface {
	Dispatch(ctx context.Context, call governance.Call, peer tools.Peer) (tools.Result, error)
	Manage(ctx context.Context, call governance.Call, run tools.Handler) (tools.Result, error)
}

// Options configure a Manager. Door, Store, Process, Lives, IDs and Now are required; the rest has a default.
type Options struct {
	Door    Door
	Store   state.Backend              // where records and answers are kept; it belongs to the caller
	Process string                     // by which other processes know this one
	Lives   func(process string) bool  // reports whether a process that shares the store is still there
	IDs     func() string              // makes ids of tasks, UUIDv7
	Now     func() time.Time           // the kernel's clock
	OnFault func(call string, e error) // told of what no caller is; nil drops it

	TTL        time.Duration // how long a task is kept when its client does not say; default 1 hour
	MaxTTL     time.Duration // how long it is kept at most; default 24 hours
	AskTimeout time.Duration // how long a client may take to answer a question; default 10 minutes
	Watch      time.Duration // how often is looked for what other processes have done to a task; default 500 ms

	MaxRunning int // tasks that run in this process; default DefaultMaxRunning
	MaxOwn     int // of those, how many of one caller; default 16
	MaxKept    int // tasks of one caller that are kept, running or over, at most state.MaxPage; default 256
}

// DefaultMaxRunning is how many tasks run in a process where Options say nothing.
const DefaultMaxRunning = 64

func (o *Options) fill() error {
	var faults []error
	if o.Door == nil || o.Store == nil || o.Lives == nil || o.IDs == nil || o.Now == nil || o.Process == "" {
		faults = append(faults, errors.New("tasks: options need Door, Store, Process, Lives, IDs and Now"))
	}
	if o.OnFault == nil {
		o.OnFault = func(string, error) {}
	}
	for _, d := range []struct {
		field *time.Duration
		value time.Duration
	}{{&o.TTL, time.Hour}, {&o.MaxTTL, 24 * time.Hour}, {&o.AskTimeout, 10 * time.Minute}, {&o.Watch, 500 * time.Millisecond}} {
		setDefault(d.field, d.value)
		if *d.field < 0 {
			faults = append(faults, fmt.Errorf("tasks: a time of %v is negative", *d.field))
		}
	}
	for _, n := range []struct {
		field *int
		value int
	}{{&o.MaxRunning, DefaultMaxRunning}, {&o.MaxOwn, 16}, {&o.MaxKept, 256}} {
		setDefault(n.field, n.value)
		if *n.field < 0 || *n.field > state.MaxPage {
			faults = append(faults, fmt.Errorf("tasks: a bound of %d is not between 1 and %d", *n.field, state.MaxPage))
		}
	}
	return errors.Join(faults...)
}

func setDefault[T comparable](field *T, value T) {
	var zero T
	if *field == zero {
		*field = value
	}
}

// A Manager runs tasks and knows those that this process runs; all others it finds in the store. It is safe for
// concurrent use. Close ends it.
type Manager struct {
	opts    Options
	closing chan struct{} // closed when no task may begin
	ended   chan struct{} // closed when the keeper has ended
	wake    chan struct{} // tells the keeper that there is something to watch
	group   sync.WaitGroup

	mu     sync.Mutex
	closed bool
	calls  map[*running]struct{} // not over: tasks, and calls that may become one
	tasks  map[string]*running   // that this process runs, by id
	own    map[string]int        // how many of them belong to an identity
}

// New returns a Manager.
func New(o Options) (*Manager, error) {
	if err := o.fill(); err != nil {
		return nil, err
	}
	m := &Manager{
		opts: o, closing: make(chan struct{}), ended: make(chan struct{}), wake: make(chan struct{}, 1),
		calls: map[*running]struct{}{}, tasks: map[string]*running{}, own: map[string]int{},
	}
	go m.keep()
	return m, nil
}

// Close lets no more tasks begin and waits for those that run. What they ask nobody can answer any more. When ctx ends
// first they are cancelled, and their records say that the kernel ended; Close then waits a moment for handlers that heed
// it. It may be called more than once.
func (m *Manager) Close(ctx context.Context) error {
	m.mu.Lock()
	first := !m.closed
	m.closed = true
	m.mu.Unlock()
	if first {
		close(m.closing)
	}
	<-m.ended
	idle := make(chan struct{})
	go func() {
		m.group.Wait()
		close(idle)
	}()
	select {
	case <-idle:
		return nil
	case <-ctx.Done():
	}
	m.mu.Lock()
	for r := range m.calls {
		r.cancel(errEnding)
	}
	m.mu.Unlock()
	const last = 2 * time.Second
	timer := time.NewTimer(last)
	defer timer.Stop()
	select {
	case <-idle:
		return nil
	case <-timer.C:
		return fmt.Errorf("close tasks: some do not end: %w", ctx.Err())
	}
}

// ending is the refusal of what comes when the kernel ends.
func ending(call string) *tools.Error {
	return &tools.Error{Code: tools.CodeUnavailable, Reason: "the kernel is shutting down", CallID: call}
}

// keep looks, as long as tasks run, for what other processes have done to them, until Close.
func (m *Manager) keep() {
	defer close(m.ended)
	ticker := time.NewTicker(m.opts.Watch)
	ticker.Stop()
	defer ticker.Stop()
	for {
		select {
		case <-m.closing:
			return
		case <-m.wake:
			ticker.Reset(m.opts.Watch)
		case <-ticker.C:
			if !m.look() {
				ticker.Stop()
			}
		}
	}
}

// look looks at the record of every task that runs here, and reports whether there are any.
func (m *Manager) look() bool {
	m.mu.Lock()
	all := make([]*running, 0, len(m.tasks))
	for _, r := range m.tasks {
		all = append(all, r)
	}
	m.mu.Unlock()
	for _, r := range all {
		r.look()
	}
	return len(all) > 0
}
