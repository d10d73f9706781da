package standard

import (
	"context"
	"slices"
	"time"

	"github.com/mcp-kernel/mcp-kernel/governance"
	"github.com/mcp-kernel/mcp-kernel/governance/approval"
	"github.com/mcp-kernel/mcp-kernel/modules/controlplane"
	"github.com/mcp-kernel/mcp-kernel/modules/observability"
	"github.com/mcp-kernel/mcp-kernel/tools"
)

// openMeter makes what counts, first of all, so that the journal and the state can be counted in it.
func (k *Kernel) openMeter(context.Context, Options) (err error) {
	if slices.Contains(k.config.Modules.Disabled, observability.Name) {
		return nil
	}
	k.meter, err = observability.New(observability.Options{
		Version: k.opts.Version, Now: k.Now, Known: k.publishes, Sync: k.Observed,
		Trace:   func(call string) string { return k.telemetry.traceOf(call) },
		Process: func() string { return k.Journal.ProcessID() },
		Sources: observability.Sources{
			Journal: k.journalStands, Running: k.running, Approvals: k.unanswered, Upstreams: k.upstreamsStand,
			StateOpen: k.stateOpen,
		},
	})
	return err
}

// metrics is the module that counts, as it was made.
func (k *Kernel) metrics(*controlplane.Executions) (tools.Module, error) { return k.meter, nil }

// Metrics is the module that counts, nil where it is left out. Its methods can be called all the same.
func (k *Kernel) Metrics() *observability.Module { return k.meter }

// publishes reports whether there is something to be called.
func (k *Kernel) publishes(kind, name string) bool {
	var of governance.Kind
	d := k.live.Load()
	return d != nil && of.UnmarshalText([]byte(kind)) == nil && d.Has(of, name)
}

// stateOpen reports whether the state is left in peace because it does not answer.
func (k *Kernel) stateOpen() bool { return k.ailing != nil && !k.ailing.Health().OK() }

func (k *Kernel) running() int {
	if d := k.live.Load(); d != nil {
		return d.Running()
	}
	return 0
}

func (k *Kernel) journalStands() observability.Journal {
	p := k.Journal.Progress()
	j := observability.Journal{Last: p.Entries, Signed: p.Signed, Waiting: p.Waiting, Slots: p.Running, Frozen: k.Journal.Frozen() != nil}
	if k.seen != nil {
		j.Missed = k.seen.feed.Missed()
	}
	return j
}

// unanswered counts what people are asked and have not answered, of all processes that share the state.
func (k *Kernel) unanswered(ctx context.Context) (int, error) {
	all, err := k.Approvals.List(ctx)
	open := 0
	for i := range all {
		if all[i].Status == approval.Waiting {
			open++
		}
	}
	return open, err
}

func (k *Kernel) upstreamsStand() []observability.Upstream {
	if k.atr == nil {
		return nil
	}
	var all []observability.Upstream
	for _, h := range k.atr.Health("") {
		all = append(all, observability.Upstream{
			Name: h.Server, Up: h.State == "up", Open: h.State == "down", Starts: h.Starts, Running: h.Calls,
		})
	}
	return all
}

// timed is the gate as the dispatcher asks it: what deciding takes is counted.
func (k *Kernel) timed() tools.Gate {
	if k.meter == nil {
		return k.Gate
	}
	return timedGate{k.Gate, k.meter, k.Now}
}

type timedGate struct {
	*governance.Gate
	meter *observability.Module
	now   func() time.Time
}

// Decide implements tools.Gate.
func (g timedGate) Decide(ctx context.Context, c *governance.Call) governance.Decision {
	began := g.now()
	d := g.Gate.Decide(ctx, c)
	now := g.now()
	g.meter.Decided(d.Effect.String(), c.ID, now.Sub(began), now)
	return d
}
