package tokens

import "time"

// batchBytes is how much text makes a batch; a single larger text is one by itself.
const batchBytes = 64 << 10

// work counts batches until the Counter closes.
func (c *Counter) work() {
	defer close(c.done)
	for {
		if c.few() {
			c.rest(c.opts.Gather)
		}
		batch, ok := c.next()
		if !ok {
			return
		}
		if len(batch) == 0 {
			<-c.wake
			continue
		}
		start := c.opts.Now()
		c.settle(batch, c.count(batch))
		c.rest(c.pause(c.opts.Now().Sub(start)))
	}
}

// next takes a batch off the queue; it is empty when there is nothing to do yet, and ok is false at the end.
func (c *Counter) next() (batch []queued, ok bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.stopped || c.closing && len(c.queue) == 0 {
		return nil, false
	}
	n, size := 0, 0
	for n < len(c.queue) && (n == 0 || size+len(c.queue[n].text) <= batchBytes) {
		size += len(c.queue[n].text)
		n++
	}
	batch, c.queue = c.queue[:n:n], c.queue[n:]
	if len(c.queue) == 0 {
		c.queue = nil // lets go of the texts
	}
	return batch, true
}

// count counts a batch. A text that cannot be counted keeps what was charged for it.
func (c *Counter) count(batch []queued) []Count {
	counts := make([]Count, len(batch))
	for i, q := range batch {
		n, err := c.bpe.count(q.text)
		if err != nil {
			n = q.bound
		}
		counts[i] = Count{Call: q.call, Shard: q.shard, Tokens: n, Bound: q.bound}
	}
	return counts
}

// settle hands the counts on, makes room in the queue and tells who waits.
func (c *Counter) settle(batch []queued, counts []Count) {
	c.opts.Sink(counts)
	c.mu.Lock()
	defer c.mu.Unlock()
	for i := range batch {
		c.bytes -= int64(len(batch[i].text))
		batch[i] = queued{}
	}
	c.items -= len(batch)
	c.counted += uint64(len(batch))
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
