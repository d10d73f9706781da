package redisstate

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/mcp-kernel/mcp-kernel/state"
)

const (
	clusterQueues = 16
	maxWorkers    = 2 // as measured: with more the batches get smaller and throughput falls

	queued     = 256     // calls that wait in a queue; more wait before it
	batchCalls = 64      // calls that go to the server together
	batchBytes = 1 << 20 // after so many of arguments no further call is added
)

// A queue sends calls to the server, and together what is there at the same time: a worker takes what has come while it
// waited for the server. Nothing waits for more to come.
type queue struct {
	client   client
	lanes    []chan *call
	patience time.Duration

	quit    chan struct{} // closed by stop
	ended   chan struct{} // closed when all workers have ended
	running sync.WaitGroup
}

func startQueue(c client, queues, workers int, patience time.Duration) *queue {
	q := &queue{client: c, patience: patience, quit: make(chan struct{}), ended: make(chan struct{})}
	for range queues {
		lane := make(chan *call, queued)
		q.lanes = append(q.lanes, lane)
		for range workers {
			q.running.Go(func() { q.work(lane) })
		}
	}
	return q
}

// stop waits for what was sent; what was not is answered with state.ErrClosed.
func (q *queue) stop() {
	close(q.quit)
	q.running.Wait()
	close(q.ended)
}

// A call is one command on its way.
type call struct {
	script script // without a text: args are a whole command
	keys   []string
	args   []any
	bytes  int // of args

	phase atomic.Int32
	done  chan struct{} // closed when value and err are there
	value any
	err   error
}

// The phases of a call. Whoever moves it on from waiting decides whether it is sent.
const (
	waiting int32 = iota
	sent
	givenUp
)

// do sends a call and waits for the answer. When the context ends before the call was sent, or its turn has not come within
// the queue's patience, it never is.
func (q *queue) do(ctx context.Context, c *call) (any, error) {
	c.done = make(chan struct{})
	patience := time.NewTimer(q.patience)
	defer patience.Stop()
	select {
	case q.lane(c) <- c:
	case <-ctx.Done():
		return nil, ctx.Err()
	case <-patience.C:
		return nil, ErrTimeout
	case <-q.quit:
		return nil, state.ErrClosed
	}
	select {
	case <-c.done:
		return c.value, c.err
	case <-ctx.Done():
		c.phase.CompareAndSwap(waiting, givenUp)
		return nil, ctx.Err()
	case <-patience.C:
		c.phase.CompareAndSwap(waiting, givenUp)
		return nil, ErrTimeout
	case <-q.ended:
	}
	select {
	case <-c.done:
		return c.value, c.err
	default:
		return nil, state.ErrClosed
	}
}

func (q *queue) lane(c *call) chan *call {
	if len(q.lanes) == 1 {
		return q.lanes[0]
	}
	return q.lanes[slot(c.keys[0])*len(q.lanes)/slots]
}

func (q *queue) work(lane chan *call) {
	for {
		select {
		case <-q.quit:
			return
		case c := <-lane:
			q.send(gather(c, lane))
		}
	}
}

// gather adds to a call those that wait behind it.
func gather(c *call, lane chan *call) []*call {
	batch := []*call{c}
	for bytes := c.bytes; len(batch) < batchCalls && bytes < batchBytes; bytes += c.bytes {
		select {
		case c = <-lane:
			batch = append(batch, c)
		default:
			return batch
		}
	}
	return batch
}

// send sends calls that nobody has given up and hands out the answers. Scripts that the server does not know were not run,
// and are sent once more with their texts.
func (q *queue) send(batch []*call) {
	kept := batch[:0]
	for _, c := range batch {
		if c.phase.CompareAndSwap(waiting, sent) {
			kept = append(kept, c)
		}
	}
	var unknown []*call
	q.exchange(kept, false)
	for _, c := range kept {
		if redis.HasErrorPrefix(c.err, "NOSCRIPT") {
			unknown = append(unknown, c)
			continue
		}
		close(c.done)
	}
	q.exchange(unknown, true)
	for _, c := range unknown {
		close(c.done)
	}
}

// exchange sends calls in one go and notes the answers.
func (q *queue) exchange(calls []*call, texts bool) {
	if len(calls) == 0 {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), q.patience)
	defer cancel()
	pipe := q.client.Pipeline()
	commands := make([]once, len(calls))
	for i, c := range calls {
		commands[i] = once{redis.NewCmd(ctx, c.command(texts)...)}
		_ = pipe.Process(ctx, commands[i]) // only notes it
	}
	_, _ = pipe.Exec(ctx) // each command has its own error
	for i, c := range calls {
		c.value, c.err = commands[i].Result()
	}
}

// command is a call as the protocol has it.
func (c *call) command(text bool) []any {
	if c.script.text == "" {
		return c.args
	}
	command := make([]any, 0, 3+len(c.keys)+len(c.args))
	if text {
		command = append(command, "eval", c.script.text)
	} else {
		command = append(command, "evalsha", c.script.digest)
	}
	command = append(command, len(c.keys))
	for _, key := range c.keys {
		command = append(command, key)
	}
	return append(command, c.args...)
}

// once is a command that the library's client for clusters must not send again when a connection breaks.
type once struct{ *redis.Cmd }

// NoRetry overrides the library's.
func (once) NoRetry() bool { return true }
