package governance

import (
	"context"
	"fmt"
	"strings"
	"sync"
)

// A Hold is the places that a call has taken of limits on concurrency. Release gives them back. The nil Hold has none.
type Hold struct {
	places *places
	keys   []string
	once   sync.Once
}

// Release gives the places back; a second time does nothing. Whoever was given a decision with a Hold calls it when
// nothing of the call runs any more: not when its client was answered, if its handler still goes on.
func (h *Hold) Release() {
	if h != nil {
		h.once.Do(func() { h.places.free(h.keys) })
	}
}

// places count what runs at this moment in this process. The zero value is ready.
type places struct {
	mu   sync.Mutex
	used map[string]int64
}

// bounded takes a place of every limit on concurrency that applies, all of them or none.
func (g *Gate) bounded(_ context.Context, w *walk) *Decision {
	var applying []*rate
	var keys []string
	for i := range w.snapshot.bounds {
		if r := &w.snapshot.bounds[i]; r.applies(w.call) {
			applying, keys = append(applying, r), append(keys, r.shard(w.call)+"\x00"+r.counter(w.call))
		}
	}
	if len(applying) == 0 {
		return nil
	}
	at, used := g.places.take(keys, applying, w.audits())
	if at < 0 || w.audits() {
		w.hold = &Hold{places: &g.places, keys: keys}
	}
	if at < 0 {
		return nil
	}
	r := applying[at]
	return &Decision{
		Check: CheckRates, Rule: r.Name, Policy: r.policy, Used: used, Limit: r.Max,
		Reason: fmt.Sprintf("%d of %d calls at once per %s are running: try again when one has ended", used, r.Max, strings.ReplaceAll(r.Per.String(), "+", " and ")),
	}
}

// take takes a place under each key, or says which limit has none left, and takes none unless it must.
func (p *places) take(keys []string, limits []*rate, must bool) (full int, used int64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	full = -1
	for i, key := range keys {
		if p.used[key] >= limits[i].Max {
			full, used = i, p.used[key]
			break
		}
	}
	if full >= 0 && !must {
		return full, used
	}
	if p.used == nil {
		p.used = make(map[string]int64)
	}
	for _, key := range keys {
		p.used[key]++
	}
	return full, used
}

// free gives places back. A key that nobody uses is forgotten.
func (p *places) free(keys []string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, key := range keys {
		if p.used[key]--; p.used[key] <= 0 {
			delete(p.used, key)
		}
	}
}

// running returns how many calls hold a place under a key.
func (p *places) running(key string) int64 {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.used[key]
}

// peekBounds reads how many calls run under each limit on concurrency that applies.
func (g *Gate) peekBounds(w *walk) []StageTrace {
	if w.snapshot == nil {
		return nil
	}
	var traces []StageTrace
	for i := range w.snapshot.bounds {
		r := &w.snapshot.bounds[i]
		if !r.applies(w.call) {
			continue
		}
		used := g.places.running(r.shard(w.call) + "\x00" + r.counter(w.call))
		t := StageTrace{Stage: StageLimits, Check: CheckRates, Outcome: TracePass, Rule: r.Name, Policy: r.policy, Used: used, Limit: r.Max}
		if used >= r.Max {
			t.Outcome, t.Reason = TraceFail, fmt.Sprintf("%d of %d calls at once are running", used, r.Max)
		}
		traces = append(traces, t)
	}
	return traces
}
