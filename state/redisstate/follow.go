package redisstate

import (
	"context"
	"iter"
	"sync"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/mcp-kernel/mcp-kernel/state"
)

// lookEvery is how long a follower waits for news at most before it looks itself: news that are sent while the connection
// is being made anew are lost.
const lookEvery = time.Second

// A herald tells followers that there may be something new. While there are followers it has one connection, on which the
// server tells of every Append.
type herald struct {
	client  client
	channel string
	running sync.WaitGroup

	mu        sync.Mutex
	stopped   bool
	conn      *redis.PubSub // nil while nobody follows
	followers int
	next      map[string]chan struct{} // by stream: closed by the next news; of those who wait
}

// join counts a follower in and out. The first one connects, the last one disconnects.
func (h *herald) join() (leave func(), err error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.stopped {
		return nil, state.ErrClosed
	}
	if h.followers++; h.followers == 1 {
		conn := h.client.Subscribe(context.Background()) // connects with the first channel
		h.conn = conn
		h.running.Go(func() { h.listen(conn) })
	}
	return h.leave, nil
}

func (h *herald) leave() {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.followers--; h.followers == 0 && h.conn != nil {
		_ = h.conn.Close() // ends listen; it was only read from
		h.conn, h.next = nil, nil
	}
}

// stop disconnects. Followers have been told by closing.
func (h *herald) stop() {
	h.mu.Lock()
	h.stopped = true
	if h.conn != nil {
		_ = h.conn.Close()
		h.conn = nil
	}
	h.mu.Unlock()
	h.running.Wait()
}

// listen passes the news on. After each time that the connection was made there may be news of anything.
func (h *herald) listen(conn *redis.PubSub) {
	_ = conn.Subscribe(context.Background(), h.channel) // it goes on trying
	for item := range conn.ChannelWithSubscriptions() {
		if message, ok := item.(*redis.Message); ok {
			h.announce(message.Payload)
			continue
		}
		h.announceAll()
	}
}

// announce wakes the followers of a stream.
func (h *herald) announce(stream string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if next := h.next[stream]; next != nil {
		close(next)
		delete(h.next, stream)
	}
}

func (h *herald) announceAll() {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, next := range h.next {
		close(next)
	}
	h.next = nil
}

// news returns what the next announcement closes. Who asks for it before reading misses nothing that is told.
func (h *herald) news(stream string) <-chan struct{} {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.next == nil {
		h.next = make(map[string]chan struct{})
	}
	if h.next[stream] == nil {
		h.next[stream] = make(chan struct{})
	}
	return h.next[stream]
}

// Follow yields the records from a number on and waits for more.
func (s *Store) Follow(ctx context.Context, stream string, from state.Seq) iter.Seq2[state.Record, error] {
	return func(yield func(state.Record, error) bool) {
		last, err := s.Last(ctx, stream)
		if err != nil {
			yield(state.Record{}, err)
			return
		}
		if from == state.Tail {
			from = last + 1
		}
		if err := s.follow(ctx, stream, from, yield); err != nil {
			yield(state.Record{}, err)
		}
	}
}

// follow returns an error that was not yielded yet.
func (s *Store) follow(ctx context.Context, stream string, from state.Seq, yield func(state.Record, error) bool) error {
	leave, err := s.herald.join()
	if err != nil {
		return err
	}
	defer leave()
	look := time.NewTicker(lookEvery)
	defer look.Stop()
	for {
		news := s.herald.news(stream)
		next, more := s.pages(ctx, stream, from, state.Tail, yield)
		if !more {
			return nil
		}
		from = next
		select {
		case <-news:
		case <-look.C:
		case <-ctx.Done():
			return ctx.Err()
		case <-s.closing:
			return state.ErrClosed
		}
	}
}
