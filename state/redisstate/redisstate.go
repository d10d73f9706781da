// Package redisstate keeps a state.Backend and a state.Log in Redis 7 or newer: one server, one that Sentinel watches, or a
// Cluster. Kernels on many machines share it. Whatever changes more than one thing is one script, which the server runs as a
// whole or not at all; windows and expiry go by the server's clock.
//
// What many callers want at the same time goes to the server together. Nothing that was sent is sent again: after a
// connection that broke in the middle of a Take the units may have been charged, and are then charged once.
//
// All of a collection, a shard or a stream lies in one hash slot. The keys are, behind the prefix:
//
//	v:{collection}/rest  an item: version and expiry in eight bytes each, then the value
//	i:{collection}       the index: rests by their bytes
//	e:{collection}       when those that expire do
//	n:{collection}       the newest version; gone after a week without a write
//	c:{shard}            the counters whose windows end, as "window:name" to "used:ends"; gone with the last window
//	f:{shard}            the counters without a window
//	s:{stream}           the records, as a Redis stream with ids "number-time"
//	l:{stream}           the number of the last record
//	news                 a channel, on which the name of a stream is told that has got records
package redisstate

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"github.com/redis/go-redis/v9"

	"github.com/mcp-kernel/mcp-kernel/state"
)

// A Store is a state.Backend and a state.Log in Redis. It is made by Open and safe for concurrent use.
type Store struct {
	client  client
	names   names
	scripts scripts
	queue   *queue
	herald  *herald
	closing chan struct{} // closed by Close

	closed sync.Mutex // held while the store is being closed
	fault  error      // of Close; guarded by closed
}

var (
	_ state.Backend = (*Store)(nil)
	_ state.Log     = (*Store)(nil)
)

// A client is what the library's clients for one server and for a cluster have in common.
type client interface {
	Pipeline() redis.Pipeliner
	Subscribe(ctx context.Context, channels ...string) *redis.PubSub
	Close() error
}

// Open connects to Redis, and refuses a server that is too old or that would throw away counters when its memory is full.
// The same is asked of every server that is connected to later, after a failover for instance.
func Open(ctx context.Context, o Options) (*Store, error) {
	if err := o.validate(); err != nil {
		return nil, fmt.Errorf("redis: %w", err)
	}
	o = o.filled()
	redis.SetLogger(silent{})
	s := &Store{
		client: newClient(o), names: names{prefix: o.Prefix}, scripts: newScripts(), closing: make(chan struct{}),
	}
	queues, workers := o.lanes()
	s.queue = startQueue(s.client, queues, workers, o.patience())
	s.herald = &herald{client: s.client, channel: s.names.news()}
	if err := s.Ping(ctx); err != nil {
		return nil, errors.Join(fmt.Errorf("%s: %w", o.where(), err), s.Close())
	}
	return s, nil
}

// Ping asks the server for something, as every operation does.
func (s *Store) Ping(ctx context.Context) error {
	_, err := s.Last(ctx, "ping")
	return err
}

// Close waits for what is on its way and disconnects. A second Close does nothing and returns the same.
func (s *Store) Close() error {
	s.closed.Lock()
	defer s.closed.Unlock()
	select {
	case <-s.closing:
		return s.fault
	default:
	}
	close(s.closing)
	s.queue.stop()
	s.herald.stop()
	if err := s.client.Close(); err != nil && !errors.Is(err, redis.ErrClosed) {
		s.fault = fmt.Errorf("redis: closing: %w", err)
	}
	return s.fault
}

// ready returns why an operation may not begin.
func (s *Store) ready(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	select {
	case <-s.closing:
		return state.ErrClosed
	default:
		return nil
	}
}

// silent is what the library's own log becomes: it has a line for each attempt to connect. What matters comes as errors.
type silent struct{}

// Printf implements the library's interface.
func (silent) Printf(context.Context, string, ...any) {}
