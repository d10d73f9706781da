package standard

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"strconv"
	"sync"
	"time"

	"github.com/mcp-kernel/mcp-kernel/governance/audit"
	"github.com/mcp-kernel/mcp-kernel/state"
)

// Where the projection lies in the state backend.
const (
	countersCollection = "counters"        // counters/SHARD\x1fNAME: a Checkpoint
	projectedKey       = "projection/seq"  // the last entry that was brought over
	projectorKey       = "projection/busy" // who is bringing them over, while it is
)

// How entries are brought over.
const (
	projectEvery  = time.Second
	projectBatch  = 4096 // entries between two writes
	projectorHold = 10 * time.Second
)

// A Checkpoint is what the state backend knows of one counter: as it stood after an entry of the journal.
type Checkpoint struct {
	Shard string    `json:"shard"` // the identity whose counter it is
	Name  string    `json:"name"`
	Used  int64     `json:"used"`
	Ends  time.Time `json:"ends,omitzero"` // when its window ends; zero when it never does
	Seq   uint64    `json:"seq"`           // the entry that it was carried by
}

// entries is the part of the journal that is read. *audit.Journal is one.
type entries interface {
	Entries(ctx context.Context, from uint64) iter.Seq2[audit.Entry, error]
	Head() audit.Checkpoint
}

// A projector brings the counters that the journal carries to the state backend, in batches, so that no call waits for a
// database. The journal stays the truth: what the backend holds lags by a second and is made again from the journal, from
// the last entry that was brought over, whatever happens to the process. Of several processes one does it at a time.
type projector struct {
	journal entries
	store   state.Backend
	self    string
	fault   func(error)

	stop context.CancelFunc
	done sync.WaitGroup
	last uint64 // that this process has brought over; only the goroutine, and Close after it, look at it
}

func startProjector(journal entries, store state.Backend, self string, fault func(error)) *projector {
	ctx, stop := context.WithCancel(context.Background())
	p := &projector{journal: journal, store: store, self: self, fault: fault, stop: stop}
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

// project brings over everything that is new, unless there is nothing or another process is at it.
func (p *projector) project(ctx context.Context) error {
	if p.journal.Head().Size == p.last {
		return nil
	}
	held, err := p.store.CompareAndSwap(ctx, projectorKey, 0, []byte(p.self), projectorHold)
	if errors.Is(err, state.ErrConflict) {
		return nil
	}
	if err != nil {
		return err
	}
	err = p.batches(ctx)
	_, free := p.store.CompareAndSwap(context.WithoutCancel(ctx), projectorKey, held, nil, 0)
	if errors.Is(free, state.ErrConflict) { // held for too long, and taken over
		free = nil
	}
	return errors.Join(err, free)
}

func (p *projector) batches(ctx context.Context) error {
	last, err := p.projected(ctx)
	if err != nil {
		return err
	}
	latest := map[string]Checkpoint{}
	seen := 0
	for e, err := range p.journal.Entries(ctx, last+1) {
		if err != nil {
			return err
		}
		last = e.Seq
		for _, c := range e.Counters {
			latest[c.Shard+"\x1f"+c.Name] = checkpointOf(c, e.Seq)
		}
		if seen++; seen%projectBatch == 0 {
			if err := p.write(ctx, latest, last); err != nil {
				return err
			}
			clear(latest)
		}
	}
	if seen%projectBatch != 0 {
		if err := p.write(ctx, latest, last); err != nil {
			return err
		}
	}
	p.last = last
	return nil
}

func checkpointOf(c audit.Counter, seq uint64) Checkpoint {
	point := Checkpoint{Shard: c.Shard, Name: c.Name, Used: c.Used, Seq: seq}
	if c.Window > 0 {
		point.Ends = c.Start.Add(c.Window)
	}
	return point
}

func (p *projector) projected(ctx context.Context) (uint64, error) {
	item, err := p.store.Get(ctx, projectedKey)
	if errors.Is(err, state.ErrNotFound) {
		return 0, nil
	}
	if err != nil {
		return 0, err
	}
	return strconv.ParseUint(string(item.Value), 10, 64)
}

// write stores the batch and how far it reaches in one round trip.
func (p *projector) write(ctx context.Context, latest map[string]Checkpoint, last uint64) error {
	puts := make([]state.Put, 0, len(latest)+1)
	for key, point := range latest {
		value, err := json.Marshal(point)
		if err != nil {
			return err
		}
		ttl := time.Duration(0)
		if !point.Ends.IsZero() {
			ttl = max(time.Second, time.Until(point.Ends))
		}
		puts = append(puts, state.Put{Key: countersCollection + "/" + key, Value: value, TTL: ttl})
	}
	puts = append(puts, state.Put{Key: projectedKey, Value: strconv.AppendUint(nil, last, 10)})
	return p.store.Write(ctx, puts...)
}
