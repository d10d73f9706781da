package standard

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/mcp-kernel/mcp-kernel/governance/audit"
	"github.com/mcp-kernel/mcp-kernel/internal/config"
	"github.com/mcp-kernel/mcp-kernel/state"
)

// How a kernel looks at what concerns all that share its state.
const (
	commonEvery    = time.Second
	commonPatience = 5 * time.Second // for one look
	freezeKey      = "control/freeze"
)

// A Freeze is what the state says to all kernels that share it about whether calls may run.
type Freeze struct {
	Frozen bool      `json:"frozen"`
	By     string    `json:"by,omitempty"`
	Reason string    `json:"reason,omitempty"`
	At     time.Time `json:"at"`
}

// FreezeAll tells every kernel that shares the configured state to stop all calls, or to let them run again. It reports whether
// there is such state. Each kernel learns of it within two seconds, and one that is started later at once; none needs a policy
// that loads.
func FreezeAll(ctx context.Context, c config.Config, f Freeze) (told bool, err error) {
	store, shared, err := OpenStore(ctx, c, time.Now)
	if err != nil {
		return false, err
	}
	defer func() { err = errors.Join(err, store.Close()) }()
	if !shared {
		return false, nil
	}
	value, err := json.Marshal(f)
	if err == nil {
		err = store.Set(ctx, freezeKey, value, 0)
	}
	return err == nil, err
}

// commons look at what the state says to all kernels, once a second, from one goroutine.
type commons struct {
	k    *Kernel
	stop context.CancelFunc
	done sync.WaitGroup
	poke chan struct{}

	// The goroutine's own.
	seen   state.Version // of the freeze that was obeyed
	faulty bool
	told   string // fault of policies that was told last

	mu     sync.Mutex
	follow *FollowOptions // who is told of policies; nil while nobody follows
}

// startCommons looks once, so that what holds now holds for the first call already, and goes on looking until Close.
func (k *Kernel) startCommons(ctx context.Context, _ Options) error {
	if !k.Shared && !k.published() {
		return nil
	}
	c := &commons{k: k, poke: make(chan struct{}, 1)}
	if k.Shared {
		if err := c.obey(ctx); err != nil {
			k.fault("", err) // without the state nothing is counted, so nothing runs
		}
	}
	ctx, c.stop = context.WithCancel(context.WithoutCancel(ctx))
	c.done.Go(func() { c.run(ctx) })
	k.commons = c
	k.own(c)
	return nil
}

// Close ends looking.
func (c *commons) Close() error {
	c.stop()
	c.done.Wait()
	return nil
}

func (c *commons) run(ctx context.Context) {
	ticks := time.NewTicker(commonEvery)
	defer ticks.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticks.C:
		case <-c.poke:
		}
		err := c.look(ctx)
		if err != nil && !c.faulty && ctx.Err() == nil {
			c.k.fault("", err)
		}
		c.faulty = err != nil
	}
}

func (c *commons) look(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, commonPatience)
	defer cancel()
	var err error
	if c.k.Shared {
		err = c.obey(ctx)
	}
	c.mu.Lock()
	follow := c.follow
	c.mu.Unlock()
	if follow == nil || !c.k.published() {
		return err
	}
	return errors.Join(err, c.update(ctx, follow))
}

// obey does what the newest freeze says, or its end, once; each kernel's own journal has it then, and what is done to that
// journal alone stays as it is.
func (c *commons) obey(ctx context.Context) error {
	item, err := c.k.State.Get(ctx, freezeKey)
	if errors.Is(err, state.ErrNotFound) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("whether calls are stopped is not known: %w", err)
	}
	if item.Version == c.seen {
		return nil
	}
	var f Freeze
	if err := json.Unmarshal(item.Value, &f); err != nil {
		return fmt.Errorf("whether calls are stopped cannot be read: %w", err)
	}
	if err := f.apply(ctx, c.k.Journal); err != nil {
		return err
	}
	c.seen = item.Version
	return nil
}

// apply brings a journal to what is said, when it is not so already.
func (f Freeze) apply(ctx context.Context, j *audit.Journal) error {
	switch frozen := j.Frozen() != nil; {
	case f.Frozen && !frozen:
		return j.Freeze(ctx, f.By, f.Reason)
	case !f.Frozen && frozen:
		return j.Resume(ctx, f.By)
	default:
		return nil
	}
}

// tell says who is told of policies from now on, nil being nobody.
func (c *commons) tell(o *FollowOptions) {
	c.mu.Lock()
	c.follow = o
	c.mu.Unlock()
	c.hurry()
}

// hurry looks at once.
func (c *commons) hurry() {
	select {
	case c.poke <- struct{}{}:
	default: // it is about to
	}
}
