package standard

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"sync"
	"time"

	"github.com/mcp-kernel/mcp-kernel/governance/audit"
	"github.com/mcp-kernel/mcp-kernel/state"
)

// Where the projection lies in the state backend.
const (
	countersCollection = "counters"        // counters/SHARD\x1fNAME: a Checkpoint
	projectedKey       = "projection/seq"  // the entry up to which counters were brought over
	projectorKey       = "projection/busy" // who is bringing them over, while it is
)

// How counters are brought over.
const (
	projectEvery  = time.Second
	projectorHold = 10 * time.Second
	maxProjected  = 10_000 // counters remembered as brought over; beyond that all are written again
)

// A Checkpoint is what the state backend knows of one counter.
type Checkpoint struct {
	Shard string    `json:"shard"` // the identity whose counter it is
	Name  string    `json:"name"`
	Used  int64     `json:"used"`
	Ends  time.Time `json:"ends,omitzero"` // when its window ends; zero when it never does
	Seq   uint64    `json:"seq"`           // the newest entry when it was read
}

// A ledger holds the counters that the journal carries. *audit.Journal is one.
type ledger interface {
	Counters(shard string) []audit.Counter
	Head() audit.Checkpoint
}

// A projector brings the counters that the journal carries to the state backend, in batches, so that no call waits for a
// database. The journal stays the truth: its ledger is folded from the entries again whenever it is opened, and what the
// backend holds lags behind it by a second. Of several processes one does it at a time; each knows the counters of all.
type projector struct {
	journal ledger
	store   state.Backend
	self    string
	now     func() time.Time
	fault   func(error)

	stop context.CancelFunc
	done sync.WaitGroup

	// What was brought over; only the goroutine, and Close after it, look at it.
	last  uint64
	known map[string]Checkpoint
}

func startProjector(journal ledger, store state.Backend, self string, now func() time.Time, fault func(error)) *projector {
	ctx, stop := context.WithCancel(context.Background())
	p := &projector{journal: journal, store: store, self: self, now: now, fault: fault, stop: stop, known: map[string]Checkpoint{}}
	p.last = journal.Head().Size // what was there before was brought over by those who wrote it
	p.done.Go(func() { p.run(ctx) })
	return p
}

// Close brings over what there is and ends.
func (p *projector) Close() error {
	p.stop()
	p.done.Wait()
	return p.project(context.Background())
}

func (p *projector) run(ctx context.Context) {
	ticker := time.NewTicker(projectEvery)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
		if err := p.project(ctx); err != nil && ctx.Err() == nil {
			p.fault(fmt.Errorf("bringing counters to the state backend: %w", err))
		}
	}
}

// project brings over what has changed, unless nothing has or another process is at it.
func (p *projector) project(ctx context.Context) error {
	at := p.journal.Head().Size
	if at == p.last {
		return nil
	}
	changed := p.changed(at)
	if len(changed) == 0 {
		p.last = at
		return nil
	}
	held, err := p.store.CompareAndSwap(ctx, projectorKey, 0, []byte(p.self), projectorHold)
	if errors.Is(err, state.ErrConflict) {
		return nil
	}
	if err != nil {
		return err
	}
	if err = p.write(ctx, changed, at); err == nil {
		p.last = at
		maps.Copy(p.known, changed)
	}
	_, free := p.store.CompareAndSwap(context.WithoutCancel(ctx), projectorKey, held, nil, 0)
	if errors.Is(free, state.ErrConflict) { // held for too long, and taken over
		free = nil
	}
	return errors.Join(err, free)
}

// changed are the counters that stand otherwise than they were brought over, by key.
func (p *projector) changed(at uint64) map[string]Checkpoint {
	if len(p.known) > maxProjected {
		clear(p.known)
	}
	changed := map[string]Checkpoint{}
	for _, c := range p.journal.Counters("") {
		point := Checkpoint{Shard: c.Shard, Name: c.Name, Used: c.Used, Seq: at}
		if c.Window > 0 {
			point.Ends = c.Start.Add(c.Window)
		}
		key := c.Shard + "\x1f" + c.Name
		if before, ok := p.known[key]; !ok || before.Used != point.Used || !before.Ends.Equal(point.Ends) {
			changed[key] = point
		}
	}
	return changed
}

// write stores the counters, and up to where they reach, a round trip for each of the backend's largest batches.
func (p *projector) write(ctx context.Context, changed map[string]Checkpoint, at uint64) error {
	puts := make([]state.Put, 0, len(changed)+1)
	for _, key := range slices.SortedFunc(maps.Keys(changed), cmp.Compare[string]) {
		point := changed[key]
		value, err := json.Marshal(point)
		if err != nil {
			return err
		}
		ttl := time.Duration(0)
		if !point.Ends.IsZero() {
			ttl = max(time.Second, point.Ends.Sub(p.now()))
		}
		puts = append(puts, state.Put{Key: countersCollection + "/" + key, Value: value, TTL: ttl})
	}
	puts = append(puts, state.Put{Key: projectedKey, Value: strconv.AppendUint(nil, at, 10)})
	for batch := range slices.Chunk(puts, state.MaxBatch) {
		if err := p.store.Write(ctx, batch...); err != nil {
			return err
		}
	}
	return nil
}
