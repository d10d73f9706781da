package inspect

import (
	"context"
	"sync"
)

// A budget bounds what is on its way. One goroutine takes and one gives back.
type budget struct {
	total int64
	back  chan struct{} // has room for one word: that something was given back

	mu   sync.Mutex
	free int64
}

func newBudget(total int64) *budget {
	return &budget{total: total, free: total, back: make(chan struct{}, 1)}
}

// take waits until there is room for n, or for n alone when it is more than there ever is, and reports whether it got it
// before the context ended.
func (b *budget) take(ctx context.Context, n int64) bool {
	for {
		b.mu.Lock()
		if b.free >= n || b.free == b.total {
			b.free -= n
			b.mu.Unlock()
			return true
		}
		b.mu.Unlock()
		select {
		case <-b.back:
		case <-ctx.Done():
			return false
		}
	}
}

// give gives back what was taken.
func (b *budget) give(n int64) {
	b.mu.Lock()
	b.free += n
	b.mu.Unlock()
	select {
	case b.back <- struct{}{}:
	default:
	}
}
