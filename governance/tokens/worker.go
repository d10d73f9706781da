package tokens

import (
	"slices"
	"time"
)

// work counts batches until the Counter closes.
func (c *Counter) work() {
	defer close(c.done)
	for {
		if c.few() {
			c.rest(c.opts.Gather)
		}
		b, ok := c.next()
		if !ok {
			return
		}
		if b == nil {
			<-c.wake
			continue
		}
		start := c.opts.Now()
		b.count(&c.bpe)
		c.settle(b)
		c.rest(c.pause(c.opts.Now().Sub(start)))
	}
}

// next takes a batch off the queue; it is nil when there is nothing to do yet, and ok is false at the end.
func (c *Counter) next() (b *batch, ok bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.stopped || c.closing && len(c.queue) == 0 {
		return nil, false
	}
	if len(c.queue) == 0 {
		return nil, true
	}
	b = c.queue[0]
	c.queue = slices.Delete(c.queue, 0, 1)
	return b, true
}

// settle hands the counts on, makes room in the queue and tells who waits.
func (c *Counter) settle(b *batch) {
	c.opts.Sink(b.counts)
	c.mu.Lock()
	defer c.mu.Unlock()
	c.bytes -= int64(len(b.text))
	c.items -= len(b.counts)
	c.counted += uint64(len(b.counts))
	c.release(b)
	close(c.progress)
	c.progress = make(chan struct{})
}

// few reports whether there is something to count, and less than a batch of it.
func (c *Counter) few() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return len(c.queue) > 0 && c.bytes < batchBytes && c.items < c.opts.MaxQueueItems/2
}

// pause is how long to rest so that a batch that took busy is no more than the worker's share of the time.
func (c *Counter) pause(busy time.Duration) time.Duration {
	return time.Duration(float64(busy) * (1 - c.opts.Share) / c.opts.Share)
}

// rest sleeps, unless someone waits.
func (c *Counter) rest(pause time.Duration) {
	if pause <= 0 {
		return
	}
	timer := time.NewTimer(pause)
	defer timer.Stop()
	for !c.hurried() {
		select {
		case <-timer.C:
			return
		case <-c.hurry:
		}
	}
}

func (c *Counter) hurried() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.waiting > 0
}
