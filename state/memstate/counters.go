package memstate

import (
	"context"
	"strings"
	"sync"
	"time"

	"github.com/mcp-kernel/mcp-kernel/state"
)

const (
	// counterCost is the bookkeeping of a counter, in bytes.
	counterCost = 192
	// linger is how long a counter outlives its window, so that a clock that is set back a little does not reopen it.
	linger = time.Minute
)

// counters is one shard of all counters; those of one state shard lie in one of these whole.
type counters struct {
	mu     sync.Mutex
	cells  map[counter]*cell
	ending queue[*cell]
}

// A counter is what names a cell.
type counter struct {
	shard, name string
	window      time.Duration
}

func (c counter) cost() int64 { return int64(len(c.shard)+len(c.name)) + counterCost }

type cell struct {
	mark
	state.Cell

	counter counter
}

func (c *cell) marked() *mark { return &c.mark }

// Take charges all claims of one shard or none.
func (s *Store) Take(ctx context.Context, shard string, claims ...state.Claim) ([]state.Taken, error) {
	if err := s.ready(ctx); err != nil {
		return nil, err
	}
	if err := state.CheckTake(shard, claims); err != nil {
		return nil, err
	}
	var bytes int64
	for _, c := range claims {
		bytes += counter{shard, c.Name, c.Window}.cost()
	}
	if err := s.reserve(bytes); err != nil {
		return nil, err
	}
	sh := &s.counters[s.shard(shard)]
	sh.mu.Lock()
	defer sh.mu.Unlock()
	now := s.now()
	taken, used := sh.charge(now, shard, claims)
	s.release(bytes - used + sh.trim(now.UnixMilli(), sweepEach))
	return taken, nil
}

// charge decides and stores, and returns the room that new counters use, which is negative when some were emptied.
func (sh *counters) charge(now time.Time, shard string, claims []state.Claim) ([]state.Taken, int64) {
	cells := make([]state.Cell, len(claims))
	for i, c := range claims {
		if known := sh.cells[counter{shard, c.Name, c.Window}]; known != nil {
			cells[i] = known.Cell
		}
	}
	taken, admitted := state.Charge(now, cells, claims)
	if !admitted {
		return taken, 0
	}
	var used int64
	for i, c := range claims {
		used += sh.store(counter{shard, c.Name, c.Window}, cells[i])
	}
	return taken, used
}

// store keeps a cell, unless it says no more than its absence would, and returns the room that it adds.
func (sh *counters) store(name counter, value state.Cell) int64 {
	known := sh.cells[name]
	switch {
	case value.Used == 0 && known == nil:
		return 0
	case value.Used == 0 && value.Ends == 0:
		return -sh.remove(known)
	case known != nil:
		known.Cell = value
		sh.ending.set(known, known.removable())
		return 0
	}
	if sh.cells == nil {
		sh.cells = make(map[counter]*cell)
	}
	name.shard, name.name = strings.Clone(name.shard), strings.Clone(name.name)
	known = &cell{Cell: value, counter: name}
	sh.cells[name] = known
	sh.ending.set(known, known.removable())
	return name.cost()
}

// removable returns when the cell may be forgotten; 0 is never.
func (c *cell) removable() int64 {
	if c.Ends == 0 {
		return 0
	}
	return c.Ends + linger.Milliseconds()
}

func (sh *counters) remove(c *cell) int64 {
	sh.ending.set(c, 0)
	delete(sh.cells, c.counter)
	return c.counter.cost()
}

// trim forgets at most so many counters whose windows are over, and returns the room that they leave.
func (sh *counters) trim(now int64, most int) (bytes int64) {
	for range most {
		c, ok := sh.ending.due(now)
		if !ok {
			break
		}
		bytes += sh.remove(c)
	}
	return bytes
}

func (sh *counters) sweep(now int64) int64 {
	sh.mu.Lock()
	defer sh.mu.Unlock()
	return sh.trim(now, len(sh.ending))
}
