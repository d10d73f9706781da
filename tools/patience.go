package tools

import (
	"context"
	"sync"
	"time"
)

// A patience is the time that a handler has. It stands still while the call waits for its client, and so does that of
// every call that this one is within.
type patience struct {
	above  *patience // of the call that this one is within; nil when there is none
	cancel context.CancelCauseFunc

	mu      sync.Mutex
	left    time.Duration
	since   time.Time // when the time last began to run
	timer   *time.Timer
	waiting int // questions that are open
}

type patienceKey struct{}

// patient returns a context that ends when a handler that can ask its client has used up its time.
func patient(ctx context.Context, limit time.Duration) (context.Context, context.CancelFunc) {
	above, _ := ctx.Value(patienceKey{}).(*patience)
	ctx, cancel := context.WithCancelCause(ctx)
	p := &patience{above: above, cancel: cancel, left: limit, since: time.Now()}
	p.timer = time.AfterFunc(limit, func() { cancel(errDeadline) })
	return context.WithValue(ctx, patienceKey{}, p), func() {
		p.mu.Lock()
		p.waiting++ // nothing starts the timer again
		p.timer.Stop()
		p.mu.Unlock()
		cancel(nil)
	}
}

// pause stops the time of the call that the context belongs to, until the function it returns is called.
func pause(ctx context.Context) (resume func()) {
	first, _ := ctx.Value(patienceKey{}).(*patience)
	for p := first; p != nil; p = p.above {
		p.stop()
	}
	return func() {
		for p := first; p != nil; p = p.above {
			p.start()
		}
	}
}

func (p *patience) stop() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.waiting++; p.waiting == 1 {
		p.timer.Stop()
		p.left -= time.Since(p.since)
	}
}

func (p *patience) start() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.waiting--; p.waiting == 0 {
		p.since = time.Now()
		p.timer.Reset(max(p.left, 0))
	}
}

// bound ends a handler's context when its time is over.
func (c *call) bound(ctx context.Context, limit time.Duration) (context.Context, context.CancelFunc) {
	if asker, ok := c.peer.(Asker); ok && asker.Waits() {
		return patient(ctx, limit)
	}
	return context.WithTimeoutCause(ctx, limit, errDeadline)
}
