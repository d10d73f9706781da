package standard

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/mcp-kernel/mcp-kernel/governance/audit"
	"github.com/mcp-kernel/mcp-kernel/tools"
)

// observeEvery is how long an entry waits at most until those who observe see it. Nobody is kept waiting meanwhile:
// whoever must know what there is asks for it (Kernel.Observed).
const observeEvery = time.Second

// An observing shows every entry of the journal, in its order, to those who observe, off the path of calls: it begins with
// the first entry of this process, takes entries from memory, and reads the journal where it fell behind.
type observing struct {
	feed  *audit.Feed
	by    []tools.Observer
	fault func(error)
	stop  context.CancelFunc
	done  sync.WaitGroup
}

// observe shows entries to every module that observes.
func (k *Kernel) observe(modules []tools.Module) {
	var by []tools.Observer
	for _, module := range modules {
		if o, ok := module.(tools.Observer); ok {
			by = append(by, o)
		}
	}
	if k.telemetry != nil && k.telemetry.logs {
		by = append(by, k.telemetry)
	}
	if len(by) == 0 {
		return
	}
	ctx, stop := context.WithCancel(context.Background())
	o := &observing{feed: k.Journal.FeedFromOpening(), by: by, fault: func(err error) { k.fault("", err) }, stop: stop}
	o.done.Go(func() { o.run(ctx) })
	k.seen = o
	k.own(o)
}

func (o *observing) run(ctx context.Context) {
	ticker := time.NewTicker(observeEvery)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-o.feed.Ready():
		case <-ticker.C:
		}
		if err := o.drain(ctx); err != nil && ctx.Err() == nil {
			o.fault(fmt.Errorf("observing the journal: %w", err))
		}
	}
}

// drain shows what was written and not shown yet.
func (o *observing) drain(ctx context.Context) error {
	return o.feed.Drain(ctx, func(e *audit.Entry) {
		for _, observer := range o.by {
			observer.Observe(*e)
		}
	})
}

// Close shows what there is and ends.
func (o *observing) Close() error {
	o.stop()
	o.done.Wait()
	defer o.feed.Close()
	return o.drain(context.Background())
}

// Observed returns when every module that observes the journal has seen each entry that was written before.
func (k *Kernel) Observed(ctx context.Context) error {
	if k.seen == nil {
		return nil
	}
	return k.seen.drain(ctx)
}
