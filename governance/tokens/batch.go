package tokens

const (
	// batchBytes is how much text makes a batch; a single larger text is one by itself.
	batchBytes = 64 << 10
	// maxFree is how many counted batches are kept to be used again: 1 MiB of texts, at worst 2.
	maxFree = 16
	// maxFreeItems is the most texts of a batch that is kept; more are tiny.
	maxFreeItems = 1024
)

// A batch is texts that are counted and handed on together. It is used again, so that texts that come and go are no work
// for the garbage collector.
type batch struct {
	text   []byte  // of all, one behind the other
	ends   []int   // of each in text
	counts []Count // of each; Tokens is Bound until it is counted
}

// add appends an item.
func (b *batch) add(item Item) {
	b.text = append(append(b.text, item.Text...), item.Tail...)
	b.ends = append(b.ends, len(b.text))
	b.counts = append(b.counts, Count{Call: item.Call, Shard: item.Shard, Tokens: item.Bound, Bound: item.Bound})
}

// count counts the texts. One that cannot be counted keeps what was charged for it.
func (b *batch) count(by *bpe) {
	start := 0
	for i, end := range b.ends {
		if n, err := by.count(b.text[start:end]); err == nil {
			b.counts[i].Tokens = n
		}
		start = end
	}
}

// room returns the batch that takes a text of so many bytes, the last of the queue. The caller holds the lock.
func (c *Counter) room(size int) *batch {
	if n := len(c.queue); n > 0 && len(c.queue[n-1].text)+size <= batchBytes {
		return c.queue[n-1]
	}
	b := new(batch)
	if n := len(c.free); n > 0 {
		b, c.free = c.free[n-1], c.free[:n-1]
	}
	c.queue = append(c.queue, b)
	return b
}

// release keeps a batch that was counted, unless it grew large or there are enough. The caller holds the lock.
func (c *Counter) release(b *batch) {
	if len(c.free) == maxFree || cap(b.text) > 2*batchBytes || cap(b.counts) > maxFreeItems {
		return
	}
	clear(b.text)   // of secrets that it may hold
	clear(b.counts) // lets go of the ids
	*b = batch{b.text[:0], b.ends[:0], b.counts[:0]}
	c.free = append(c.free, b)
}
