package sqlitestate

import (
	"context"
	"iter"
	"sync"
	"time"

	"github.com/mcp-kernel/mcp-kernel/state"
)

// pollEvery is how long a follower may not see what another process appends.
const pollEvery = 20 * time.Millisecond

// A herald tells followers that there may be something new: at once when this process appends, and soon when another
// one does, for which it asks SQLite every pollEvery whether anybody has changed the file. It asks only while there are
// followers, once for all of them.
type herald struct {
	database *database
	closing  <-chan struct{}

	mu        sync.Mutex
	followers int
	quit      context.CancelFunc // ends the polling of the present followers
	next      chan struct{}      // closed by the next announcement; nil while nobody waits
}

// join counts a follower in and out. The first one starts the polling, the last one ends it.
func (h *herald) join() (leave func()) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.followers++; h.followers == 1 {
		var ctx context.Context
		ctx, h.quit = context.WithCancel(context.Background())
		h.database.running.Go(func() { h.poll(ctx) })
	}
	return func() {
		h.mu.Lock()
		defer h.mu.Unlock()
		if h.followers--; h.followers == 0 {
			h.quit()
		}
	}
}

// announce wakes all followers.
func (h *herald) announce() {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.next != nil {
		close(h.next)
		h.next = nil
	}
}

// news returns what the next announcement closes. Who asks for it before reading misses nothing.
func (h *herald) news() <-chan struct{} {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.next == nil {
		h.next = make(chan struct{})
	}
	return h.next
}

// poll announces every change of the file, until the context or the store ends. When it cannot ask, followers look for
// themselves and find the fault.
func (h *herald) poll(ctx context.Context) {
	ticker := time.NewTicker(pollEvery)
	defer ticker.Stop()
	conn, err := h.database.sql.Conn(ctx)
	if err != nil {
		h.announce()
		return
	}
	defer func() { _ = conn.Close() }() // it has only read
	for seen := int64(-1); ; {
		select {
		case <-ticker.C:
		case <-ctx.Done():
			return
		case <-h.closing:
			return
		}
		var version int64
		err := conn.QueryRowContext(context.Background(), "PRAGMA data_version").Scan(&version)
		if err != nil || version != seen {
			h.announce()
		}
		seen = version
	}
}

// Follow yields the records from a number on and waits for more.
func (s *Store) Follow(ctx context.Context, name string, from state.Seq) iter.Seq2[state.Record, error] {
	return func(yield func(state.Record, error) bool) {
		last, err := s.Last(ctx, name)
		if err != nil {
			yield(state.Record{}, err)
			return
		}
		if from == state.Tail {
			from = last + 1
		}
		if err := s.follow(ctx, name, from, yield); err != nil {
			yield(state.Record{}, err)
		}
	}
}

// follow returns an error that was not yielded yet.
func (s *Store) follow(ctx context.Context, name string, from state.Seq, yield func(state.Record, error) bool) error {
	herald, leave, err := s.listen()
	if err != nil {
		return err
	}
	defer leave()
	for {
		news := herald.news()
		next, more := s.pages(ctx, name, from, state.Tail, yield)
		if !more {
			return nil
		}
		from = next
		select {
		case <-news:
		case <-ctx.Done():
			return ctx.Err()
		case <-s.closing:
			return state.ErrClosed
		}
	}
}

// listen joins the herald unless the store is closed, which waits for what the herald starts.
func (s *Store) listen() (h *herald, leave func(), err error) {
	s.opening.Lock()
	defer s.opening.Unlock()
	if s.closed {
		return nil, nil, state.ErrClosed
	}
	h = s.opened.Load().herald
	return h, h.join(), nil
}
