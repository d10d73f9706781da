package server

import (
	"sync"
	"time"
)

// A ticker is told that time passes.
type ticker interface{ tick(now time.Time) }

// A keeper tells everything that is open that time passes: one goroutine and one timer for all streams, however many.
type keeper struct {
	mu   sync.Mutex
	open map[ticker]struct{}
}

func newKeeper() *keeper { return &keeper{open: map[ticker]struct{}{}} }

func (k *keeper) add(t ticker) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.open[t] = struct{}{}
}

func (k *keeper) remove(t ticker) {
	k.mu.Lock()
	defer k.mu.Unlock()
	delete(k.open, t)
}

// tick tells all. It holds no lock meanwhile, so that one may leave; one that has just left may be told once more.
func (k *keeper) tick(now time.Time) {
	k.mu.Lock()
	all := make([]ticker, 0, len(k.open))
	for t := range k.open {
		all = append(all, t)
	}
	k.mu.Unlock()
	for _, t := range all {
		t.tick(now)
	}
}
