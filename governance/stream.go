package governance

import (
	"context"
	"iter"
	"sync"
	"sync/atomic"
	"time"
)

// A Notice announces one event of one call. It is safe to show to an operator; it holds no argument and no result.
type Notice struct {
	Event      Event     `json:"event"`
	Call       string    `json:"call"` // the call's id
	At         time.Time `json:"at"`
	Caller     Caller    `json:"caller"`
	Kind       Kind      `json:"kind"`
	Name       string    `json:"name"`
	Stage      string    `json:"stage,omitempty"`
	Check      string    `json:"check,omitempty"`
	Rule       string    `json:"rule,omitempty"`
	Policy     string    `json:"policy,omitempty"`
	Reason     string    `json:"reason,omitempty"`
	Confidence float64   `json:"confidence,omitempty"`
	Seq        uint64    `json:"seq"` // of the journal entry that says the same
}

// A Stream hands every notice to every subscription. The zero value is ready, and a Stream must not be copied.
type Stream struct {
	mu     sync.Mutex // guards changes
	subs   atomic.Pointer[[]*Subscription]
	closed bool
}

// Publish hands the notice to all subscriptions. It never waits: one that is full misses it and counts that. Without a
// subscription it costs nothing.
func (s *Stream) Publish(n Notice) {
	subs := s.subs.Load()
	if subs == nil {
		return
	}
	for _, sub := range *subs {
		sub.offer(n)
	}
}

// Subscribe returns a subscription that holds at most buffer notices for its reader, at least one. After Close of the
// stream it is closed from the start. Whoever subscribes closes the subscription.
func (s *Stream) Subscribe(buffer int) *Subscription {
	sub := &Subscription{stream: s, notices: make(chan Notice, max(buffer, 1)), done: make(chan struct{})}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		sub.end()
		return sub
	}
	s.replace(func(subs []*Subscription) []*Subscription { return append(subs, sub) })
	return sub
}

// Close closes all subscriptions; what they hold can still be read. It may be called more than once.
func (s *Stream) Close() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.closed = true
	if subs := s.subs.Swap(nil); subs != nil {
		for _, sub := range *subs {
			sub.end()
		}
	}
}

// replace changes the list of subscriptions. The lock is held; readers keep the list they have.
func (s *Stream) replace(change func([]*Subscription) []*Subscription) {
	var next []*Subscription
	if subs := s.subs.Load(); subs != nil {
		next = append(next, *subs...)
	}
	if next = change(next); len(next) == 0 {
		s.subs.Store(nil)
		return
	}
	s.subs.Store(&next)
}

func (s *Stream) remove(sub *Subscription) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.replace(func(subs []*Subscription) []*Subscription {
		kept := subs[:0]
		for _, other := range subs {
			if other != sub {
				kept = append(kept, other)
			}
		}
		return kept
	})
}

// A Subscription is one reader's view of a Stream.
type Subscription struct {
	stream  *Stream
	notices chan Notice
	done    chan struct{}
	once    sync.Once
	missed  atomic.Uint64
}

func (s *Subscription) offer(n Notice) {
	select {
	case s.notices <- n:
	default:
		s.missed.Add(1)
	}
}

func (s *Subscription) end() { s.once.Do(func() { close(s.done) }) }

// Missed returns how many notices found no room since the subscription began. A reader that sees it grow reads the
// journal from the sequence after the last notice that it has.
func (s *Subscription) Missed() uint64 { return s.missed.Load() }

// Close ends the subscription; what it holds can still be read. It may be called more than once.
func (s *Subscription) Close() {
	s.stream.remove(s)
	s.end()
}

// All yields the notices as they come, until ctx ends or the subscription is closed and empty.
func (s *Subscription) All(ctx context.Context) iter.Seq[Notice] {
	return func(yield func(Notice) bool) {
		for {
			n, ok := s.next(ctx)
			if !ok || !yield(n) {
				return
			}
		}
	}
}

// next waits for a notice. One that is already held comes before the end.
func (s *Subscription) next(ctx context.Context) (Notice, bool) {
	if ctx.Err() != nil {
		return Notice{}, false
	}
	select {
	case n := <-s.notices:
		return n, true
	default:
	}
	select {
	case n := <-s.notices:
		return n, true
	case <-ctx.Done():
		return Notice{}, false
	case <-s.done:
	}
	select {
	case n := <-s.notices:
		return n, true
	default:
		return Notice{}, false
	}
}
