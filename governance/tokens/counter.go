package tokens

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"
)

// ErrClosed is returned by Drain when the Counter was closed before everything was counted.
var ErrClosed = errors.New("token counter is closed")

// Options configure a Counter. The zero value is useful except for its Sink.
type Options struct {
	MaxQueueBytes int64         // of texts waiting; 0 or less means 4 MiB
	MaxQueueItems int           // texts waiting; 0 or less means 4096
	Share         float64       // of one core that the worker may take, 0.001 to 1; anything else means 0.05
	Gather        time.Duration // how long few texts wait for more, so that not each call wakes the worker; 0 means 250 ms, less none
	CloseLimit    time.Duration // how long Close starts new batches; 0 or less means 2 s
	Sink          func([]Count) // takes what was counted, on the worker; must neither call the Counter nor keep the slice; nil discards it

	Now func() time.Time // clock by which a batch is measured; nil means time.Now
}

func (o Options) withDefaults() Options {
	if o.MaxQueueBytes <= 0 {
		o.MaxQueueBytes = 4 << 20
	}
	if o.MaxQueueItems <= 0 {
		o.MaxQueueItems = 4096
	}
	if !(o.Share >= 0.001 && o.Share <= 1) { // also not a number
		o.Share = 0.05
	}
	if o.Gather == 0 {
		o.Gather = 250 * time.Millisecond
	}
	if o.CloseLimit <= 0 {
		o.CloseLimit = 2 * time.Second
	}
	if o.Sink == nil {
		o.Sink = func([]Count) {}
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	return o
}

// An Item is a text to count.
type Item struct {
	Call  string // id of the call
	Shard string // of the budget that was charged
	Text  []byte // copied by Submit
	Tail  []byte // counted as if it were appended to Text, so that nobody has to join the two; copied too; nil for none
	Bound int64  // what was charged
}

// A Count is what an Item came to.
type Count struct {
	Call, Shard string
	Tokens      int64 // Bound, if the text could not be counted
	Bound       int64
}

// A Counter counts tokens in a goroutine of its own. All methods are safe for concurrent use.
type Counter struct {
	opts  Options
	bpe   bpe
	wake  chan struct{} // something was queued, or the Counter closes
	hurry chan struct{} // someone waits: no rest
	done  chan struct{} // closed when the worker has ended

	mu        sync.Mutex
	queue     []*batch // the last one takes what is submitted
	free      []*batch // at most maxFree, to be used again
	bytes     int64    // of texts that are queued or being counted
	items     int      // likewise
	submitted uint64
	counted   uint64
	progress  chan struct{} // closed and replaced when counted grows
	waiting   int           // calls of Drain and Close under way
	closing   bool          // nothing more is taken; the worker ends when the queue is empty
	stopped   bool          // the worker ends at once
}

// New starts a Counter; Close ends it.
func New(opts Options) *Counter {
	c := &Counter{
		opts:     opts.withDefaults(),
		wake:     make(chan struct{}, 1),
		hurry:    make(chan struct{}, 1),
		done:     make(chan struct{}),
		progress: make(chan struct{}),
	}
	go c.work()
	return c
}

// CountNow counts the tokens of text on the caller's goroutine. It is exact, except for a few tokens in every 256
// bytes of nothing but letters, nothing but signs, or nothing but white space. It allocates nothing and keeps nothing of
// the text.
func (c *Counter) CountNow(text []byte) (int64, error) { return c.bpe.count(text) }

// Submit queues a text and reports whether it was taken. It never waits: when the queue is full or the Counter closed it
// returns false, and what was charged stands.
func (c *Counter) Submit(item Item) bool {
	size := int64(len(item.Text)) + int64(len(item.Tail))
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closing || c.items >= c.opts.MaxQueueItems || c.bytes+size > c.opts.MaxQueueBytes {
		return false
	}
	c.room(int(size)).add(item)
	c.items++
	c.bytes += size
	c.submitted++
	signal(c.wake)
	return true
}

// Drain has everything counted that is queued now, at full speed, and returns when the Sink has it. An error means that
// the context ended first, or the Counter did (ErrClosed).
func (c *Counter) Drain(ctx context.Context) error {
	c.mu.Lock()
	goal := c.submitted
	c.waiting++
	c.mu.Unlock()
	defer func() {
		c.mu.Lock()
		c.waiting--
		c.mu.Unlock()
	}()
	signal(c.hurry)
	for {
		c.mu.Lock()
		reached, progress := c.counted >= goal, c.progress
		c.mu.Unlock()
		if reached {
			return nil
		}
		select {
		case <-progress:
		case <-c.done:
			return c.closedBefore(goal)
		case <-ctx.Done():
			return fmt.Errorf("drain token counter: %w", context.Cause(ctx))
		}
	}
}

func (c *Counter) closedBefore(goal uint64) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.counted >= goal {
		return nil
	}
	return ErrClosed
}

// Close takes nothing more, counts what is queued for at most the CloseLimit, ends the worker and waits for it. An error
// says how many texts were left uncounted; their bounds stand. Closing again does nothing but wait.
func (c *Counter) Close() error {
	c.mu.Lock()
	c.closing = true
	c.waiting++
	c.mu.Unlock()
	signal(c.hurry)
	signal(c.wake)
	limit := time.NewTimer(c.opts.CloseLimit)
	defer limit.Stop()
	select {
	case <-c.done:
	case <-limit.C:
		c.mu.Lock()
		c.stopped = true
		c.mu.Unlock()
		<-c.done
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if left := c.submitted - c.counted; left > 0 {
		return fmt.Errorf("token counter closed with %d texts uncounted", left)
	}
	return nil
}

// signal wakes the reader of a channel of capacity one, at once or when it next looks.
func signal(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}
