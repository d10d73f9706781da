package standard

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"filippo.io/age"

	"github.com/mcp-kernel/mcp-kernel/governance"
	"github.com/mcp-kernel/mcp-kernel/governance/approval"
	"github.com/mcp-kernel/mcp-kernel/governance/audit"
	"github.com/mcp-kernel/mcp-kernel/governance/audit/siem"
	"github.com/mcp-kernel/mcp-kernel/governance/tokens"
	"github.com/mcp-kernel/mcp-kernel/internal/config"
	"github.com/mcp-kernel/mcp-kernel/modules/atr"
	"github.com/mcp-kernel/mcp-kernel/modules/cmvk"
	"github.com/mcp-kernel/mcp-kernel/modules/controlplane"
	"github.com/mcp-kernel/mcp-kernel/modules/observability"
	"github.com/mcp-kernel/mcp-kernel/modules/primitives"
	"github.com/mcp-kernel/mcp-kernel/server/fleet"
	"github.com/mcp-kernel/mcp-kernel/server/tasks"
	"github.com/mcp-kernel/mcp-kernel/state/guarded"
	"github.com/mcp-kernel/mcp-kernel/tools"
)

// Origin is the name of every journal: the first line of its signed heads, and the name of the key that signs them.
const Origin = "mcp-kernel"

// The names of what lies in the data directory, beside the journal's own directory.
const (
	keyName   = "signing.key"
	stateName = "state.db"
)

// TokensKey is the name of the file in the data directory that has the key of other servers' tokens.
const TokensKey = "tokens.key"

// Options configure a Kernel. Config is required.
type Options struct {
	Config  config.Config                                       // as config.Load returns it
	Now     func() time.Time                                    // the clock; nil is the system's
	OnFault func(call string, err error)                        // told of faults that no caller sees; call is empty when it is no call's. May be nil
	Extra   []tools.Module                                      // further modules, for tests and embedders
	Store   Store                                               // state that other kernels share, which the caller closes; nil opens what state.url says
	Around  func(*governance.Call, tools.Handler) tools.Handler // wraps each handler, as in tools.DispatcherOptions. May be nil

	// Learning opens the kernel although rules of policies name what is not there; until it is, what has rules is refused.
	// It is for finding out what other servers offer.
	Learning  bool
	Servers   bool                      // other servers are learned and started as they are configured, not only when they are called
	OnCatalog func()                    // told that there is something else to be called than before. May be nil
	OnLine    func(server, line string) // takes what other servers write for people. May be nil
	Version   string                    // of the program, as other servers are told
	Self      string                    // the principal that runs the kernel, who reads the lists of other servers

	begin func(*Kernel) // called when there is state, before anything is made of it
}

// A Kernel is a whole kernel over one data directory. Its fields are the parts that a server or a command needs; they
// are shared and end with Close.
type Kernel struct {
	Dispatcher *tools.Dispatcher  // runs calls, every one of them governed
	Catalog    *tools.Catalog     // what could be called at first; Dispatcher.Catalog is what can be now
	Gate       *governance.Gate   // decides about calls
	Journal    *audit.Journal     // has every decision and every outcome, and the counters that limits go by
	Policies   *Policies          // the loaded ones, and which of them are active
	Events     *governance.Stream // announces decisions to subscribers
	State      Store              // what modules keep
	Shared     bool               // whether kernels on other machines have that state too; then it counts what limits bound
	Signer     *primitives.Signer // signs the journal's heads
	Fleet      *fleet.Member      // the kernels that share the state; nil where nobody does
	Approvals  *approval.Desk     // what people are asked about calls
	Tasks      *tasks.Manager     // runs the calls that go on without their client
	IDs        func() string      // makes the ids of calls
	Now        func() time.Time   // the clock of everything above

	exports []*siem.Shipper // of entries
	commons *commons        // what all that share the state are told; nil where nobody does
	ailing  *guarded.Store  // the state, where it lies on another machine; nil where it does not
	unread  trouble         // with the policies: those that hold are older than those that are written

	rests     *rests                // what did not fit into answers; nil when the module is left out
	telemetry *telemetry            // sends to a collector; nil where there is none
	meter     *observability.Module // counts; nil when the module is left out
	seen      *observing            // shows entries to who observes; nil where nobody does
	owed      owed
	config    config.Config
	opts      Options
	others    []atr.Server // other servers, as they are configured
	atr       *atr.Module  // governs them; nil where there are none
	static    []tools.Module
	made      []tools.Module // all modules, as they were made
	fault     func(call string, err error)
	live      atomic.Pointer[tools.Dispatcher] // what a freeze ends the calls of; the journal learns of one before there is a dispatcher
	parts     []io.Closer                      // in the order of their making

	reloading sync.Mutex // held while policies are read again
}

// Open puts a kernel together. What it made is unmade again when a later step fails.
func Open(ctx context.Context, o Options) (*Kernel, error) {
	k := &Kernel{config: o.Config, opts: o, Now: o.Now, fault: o.OnFault, Events: &governance.Stream{}, Policies: &Policies{roles: RolesOf(o.Config)}}
	if k.Now == nil {
		k.Now = time.Now
	}
	if k.fault == nil {
		k.fault = func(string, error) {}
	}
	k.IDs = primitives.NewIDs(k.Now, nil).New
	for _, step := range []func(context.Context, Options) error{
		k.fetchPolicies, k.loadPolicies, k.loadServers, k.openDirectory, k.openMeter, k.openJournal, k.openState, k.joinFleet, k.openApprovals, k.openTelemetry,
		k.assemble, k.startExports, k.startCommons,
	} {
		if err := step(ctx, o); err != nil {
			return nil, errors.Join(err, k.unmake())
		}
	}
	return k, nil
}

func (k *Kernel) loadPolicies(ctx context.Context, o Options) error {
	set, err := LoadPolicies(ctx, o.Config)
	k.Policies.set.Store(set)
	return err
}

// Close ends the kernel: calls that are running may finish until ctx ends or server.drain has passed, then everything
// that was made is closed in the reverse order. A handler that never comes back keeps nobody waiting.
func (k *Kernel) Close(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, k.config.Server.Drain)
	defer cancel()
	var err error
	if k.Tasks != nil {
		err = k.Tasks.Close(ctx)
	}
	if k.Dispatcher != nil {
		err = errors.Join(err, k.Dispatcher.Close(ctx))
	}
	return errors.Join(err, k.unmake())
}

func (k *Kernel) unmake() error {
	var faults []error
	for _, part := range slices.Backward(k.parts) {
		faults = append(faults, part.Close())
	}
	k.parts = nil
	return errors.Join(faults...)
}

func (k *Kernel) own(part any) {
	if closer, ok := part.(io.Closer); ok {
		k.parts = append(k.parts, closer)
	}
}

func (k *Kernel) openDirectory(context.Context, Options) error {
	dir := k.config.DataDir
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return fmt.Errorf("data directory: %w: make it writable, or name another with --data-dir", err)
	}
	signer, err := primitives.OpenSigner(filepath.Join(dir, keyName), Origin, nil)
	if err != nil {
		return fmt.Errorf("signing key: %w", err)
	}
	k.Signer = signer
	return nil
}

// nesting is how many calls one request runs at once at most: kernel_execute and its action. Each needs room of its own,
// or as many outer calls as there is room for would wait for inner ones that cannot begin.
const nesting = 2

func (k *Kernel) openJournal(context.Context, Options) error {
	a := k.config.Audit
	o := audit.Options{
		Dir: k.config.DataDir, Origin: Origin, Signer: k.Signer,
		CheckpointEvery: a.CheckpointEvery, CheckpointInterval: a.CheckpointInterval,
		SegmentBytes: a.SegmentBytes, RetainSegments: a.RetainSegments, RetainAge: a.RetainAge,
		MaxRunning: nesting * (max(k.config.Server.MaxConcurrent, k.config.Server.HTTP.MaxRunning) + tasks.DefaultMaxRunning), Now: k.Now, IDs: k.IDs,
		OnError: func(err error) { k.fault("", err) },
		OnFreeze: func(frozen bool) {
			if d := k.live.Load(); frozen && d != nil {
				d.Freeze()
			}
		},
	}
	if k.meter != nil {
		o.OnAppend, o.OnCommit = k.meter.Appended, k.meter.Committed
	}
	if a.Durability == "disk" {
		o.Durability = audit.Disk
	}
	switch a.Capture {
	case "digest":
		o.Capture = audit.CaptureDigest
	case "sealed":
		recipient, err := age.ParseX25519Recipient(a.Recipient)
		if err != nil {
			return fmt.Errorf("audit.recipient: %w", err)
		}
		o.Capture, o.Recipient = audit.CaptureSealed, recipient
	}
	journal, err := audit.Open(o)
	if err != nil {
		return err
	}
	k.Journal = journal
	k.own(journal)
	return nil
}

// assemble makes the gate, the modules, the catalog and the dispatcher, and starts what wants to be started.
func (k *Kernel) assemble(ctx context.Context, o Options) error {
	if o.begin != nil {
		o.begin(k)
	}
	executions := controlplane.NewExecutions(k.State, k.Now, k.forgetExecution)
	counter := tokens.New(tokens.Options{Sink: k.counted, Now: k.Now})
	k.own(counter)
	if err := k.makeGate(executions, counter); err != nil {
		return err
	}
	modules, err := k.modules(executions)
	if err != nil {
		return err
	}
	modules = append(modules, o.Extra...)
	for _, module := range modules {
		k.own(module)
	}
	if k.atr != nil {
		k.atr.Recall(ctx)
	}
	k.static = k.remembered(modules)
	if k.Catalog, err = tools.NewCatalog(k.static...); err != nil {
		return err
	}
	if err := k.bindRules(k.Policies.Set()); err != nil {
		if err = k.unlearned(ctx, err); !o.Learning {
			return err
		}
		k.fault("", err)
	}
	if err := k.makeDispatcher(o, counter); err != nil {
		return err
	}
	if k.atr != nil {
		k.atr.Count(k.Events)
	}
	k.observe(modules)
	for _, module := range modules {
		if starter, ok := module.(tools.Starter); ok {
			if err := starter.Start(ctx, k.Dispatcher); err != nil {
				return fmt.Errorf("module %s: %w", module.Name(), err)
			}
		}
	}
	return nil
}

func (k *Kernel) makeGate(executions governance.Executions, counter *tokens.Counter) error {
	baselines, err := governance.NewBaselines(governance.BaselineOptions{Compare: compare})
	if err != nil {
		return err
	}
	labels, err := governance.NewLabels(k.State, k.config.Governance.Window, k.Now)
	if err != nil {
		return err
	}
	counts := k.counts()
	k.Gate, err = governance.New(governance.Options{
		Select: k.Policies.Select, Limiter: patient{counts, counter}, Peek: counts.Peek, Standing: k.Journal, Executions: executions,
		Window: k.config.Governance.Window, MaxDepth: k.config.Governance.MaxDepth, Baselines: baselines, Labels: labels,
		Approvals: k.Approvals, Allow: k.pins(), Now: k.Now,
	})
	return err
}

// compare is how far two answers differ, by cmvk's metric. The metric is a library: leaving out the module cmvk leaves
// out its tools, not the kernel's sense of drift.
func compare(before, after []byte) (float64, error) {
	drift, err := cmvk.JSON(before, after, cmvk.Options{})
	return drift.Score, err
}

func (k *Kernel) makeDispatcher(o Options, counter *tokens.Counter) error {
	options := tools.DispatcherOptions{
		Catalog: k.Catalog, Gate: k.timed(), Journal: tools.Recording(k.Journal), Events: k.Events, Around: o.Around,
		Tracer: k.tracer(),
		Count: func(call string, charges []governance.Charge, input, answer []byte, bound int64) {
			k.owed.note(call, charges)
			if !counter.Submit(tokens.Item{Call: call, Shard: charges[0].Shard, Text: input, Tail: answer, Bound: bound}) {
				k.owed.take(call)
			}
		},
		Measure: func(text []byte) int64 {
			n, err := counter.CountNow(text)
			if err != nil {
				return int64(len(text))
			}
			return n
		},
		Approvals: k.Approvals, ApproveWith: k.agreeing(), OnFault: k.fault, Now: k.Now, IDs: k.IDs,
	}
	if k.rests != nil {
		options.Keep = k.rests.keep
	}
	dispatcher, err := tools.NewDispatcher(options)
	if err != nil {
		return err
	}
	k.Dispatcher = dispatcher
	k.live.Store(dispatcher)
	k.Tasks, err = tasks.New(tasks.Options{
		Door: dispatcher, Store: k.State, Process: k.Journal.ProcessID(), Lives: k.lives(), IDs: k.IDs, Now: k.Now,
		OnFault: k.fault, AskTimeout: k.config.Server.AskTimeout,
	})
	return err
}
