package observability

import (
	"context"
	"errors"
	"io"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/mcp-kernel/mcp-kernel/modules/observability/metric"
)

// Name is the module's name in the configuration.
const Name = "observability"

// Options configure a Module. Every field has a default.
type Options struct {
	// Known reports whether there is something of a kind ("tool", "prompt", "resource") and a name to be called. Nil knows
	// nothing, so that all names are counted together.
	Known func(kind, name string) bool
	// Process returns the id under which this process writes the journal: entries of others are not counted. Nil counts all.
	Process func() string
	// Sync has every entry that is written counted before the metrics are read. Nil takes them as they stand.
	Sync func(ctx context.Context) error
	// Trace returns the id of a call's trace, or empty where it has none. Nil knows none.
	Trace func(call string) string
	// Sources are asked when metrics are read.
	Sources Sources

	Version string           // of the program; default "devel"
	Now     func() time.Time // the clock; nil is time.Now
}

// A Module counts. It is safe for concurrent use. Its methods do nothing on a nil Module, so that it can be left out.
type Module struct {
	o     Options
	set   *metric.Set
	ours  map[string]*metric.Family // the kernel's own, without Namespace
	began time.Time
	web   atomic.Pointer[func() HTTP]

	checking              map[string]*metric.Series // by effect; not changed any more
	appending, committing *metric.Series

	reading sync.Mutex // held while gauges are read and everything is written

	counting sync.Mutex // held while an entry is counted; guards what follows
	ledger   ledger
}

// New returns a module that has counted nothing yet.
func New(o Options) (*Module, error) {
	if o.Known == nil {
		o.Known = func(string, string) bool { return false }
	}
	if o.Sync == nil {
		o.Sync = func(context.Context) error { return nil }
	}
	if o.Trace == nil {
		o.Trace = func(string) string { return "" }
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Version == "" {
		o.Version = "devel"
	}
	set, err := metric.New(Table())
	if err != nil {
		return nil, err
	}
	m := &Module{o: o, set: set, ours: make(map[string]*metric.Family), began: o.Now()}
	for _, f := range set.Families() {
		if name, own := strings.CutPrefix(f.Desc().Name, Namespace); own {
			m.ours[name] = f
		}
	}
	m.ledger = newLedger(m)
	m.checking = map[string]*metric.Series{}
	for _, effect := range []string{"allow", "deny", "ask"} {
		m.checking[effect] = m.own(checking).With(effect)
	}
	m.appending, m.committing = m.own(appending).With(), m.own(committing).With()
	m.own(info).With(o.Version, runtime.Version()).Set(1)
	return m, nil
}

// own returns one of the kernel's own metrics.
func (m *Module) own(name string) *metric.Family { return m.ours[name] }

// Write brings everything up to date and writes it. An error is w's, or the context's before anything was written.
func (m *Module) Write(ctx context.Context, w io.Writer, as metric.Format) error {
	m.reading.Lock()
	defer m.reading.Unlock()
	if err := m.refresh(ctx); err != nil {
		return err
	}
	return m.set.Write(w, as)
}

// Read brings everything up to date and shows each metric as it stands. An error is the context's, and then none was shown.
func (m *Module) Read(ctx context.Context, see func(*metric.Desc, []metric.Sample)) error {
	m.reading.Lock()
	defer m.reading.Unlock()
	if err := m.refresh(ctx); err != nil {
		return err
	}
	for _, f := range m.set.Families() {
		see(f.Desc(), f.Samples())
	}
	return nil
}

// refresh counts what was recorded and reads the sources. A source that fails leaves its metrics out and is counted.
func (m *Module) refresh(ctx context.Context) error {
	err := errors.Join(m.o.Sync(ctx), ctx.Err())
	if err != nil {
		return err
	}
	m.read(ctx)
	m.readProcess()
	return nil
}

// Decided counts how long the gate took to decide about a call, until now.
func (m *Module) Decided(effect, call string, took time.Duration, now time.Time) {
	if m != nil {
		m.checking[effect].Seconds(took, metric.Exemplar{Call: call, Trace: m.o.Trace(call), At: now})
	}
}

// Appended counts how long it took until entries were written.
func (m *Module) Appended(took time.Duration) {
	if m != nil {
		m.appending.Seconds(took, metric.Exemplar{})
	}
}

// Committed counts how long it took to write a group of entries.
func (m *Module) Committed(took time.Duration) {
	if m != nil {
		m.committing.Seconds(took, metric.Exemplar{})
	}
}

// Operated counts an operation of the state backend: its name, what came of it (ok, not_found, conflict, error) and how
// long it took.
func (m *Module) Operated(operation, outcome string, took time.Duration) {
	if m != nil {
		m.own(operations).With(operation, outcome).Add(1, metric.Exemplar{})
		m.own(operating).With(operation).Seconds(took, metric.Exemplar{})
	}
}

// ServesHTTP says where to ask how many clients there are over HTTP. Until it is called there are no metrics of them.
func (m *Module) ServesHTTP(ask func() HTTP) {
	if m != nil {
		m.web.Store(&ask)
	}
}

// name is what a call of something is counted as: its name if the catalog has it, of a resource the scheme of its URI.
func (m *Module) name(kind, name string) string {
	switch kind {
	case "tool", "prompt":
	case "resource":
		scheme, _, _ := strings.Cut(name, ":")
		if m.o.Known(kind, name) {
			return scheme + ":"
		}
		return metric.Other
	default:
		return metric.Other
	}
	if !m.o.Known(kind, name) {
		return metric.Other
	}
	return name
}
