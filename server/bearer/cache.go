package bearer

import (
	"crypto/sha256"
	"sync"
	"time"
)

// A cache remembers tokens that were verified, by their hashes: the tokens themselves are nowhere.
type cache struct {
	mu      sync.RWMutex
	entries map[[sha256.Size]byte]entry
}

// An entry is what a token says, and the keys that it was verified with: with others in their place it is to be verified
// again, so that a key that its issuer has withdrawn opens nothing.
type entry struct {
	token *Token
	keys  *keySet
}

// maxEntries tokens take a few megabytes.
const maxEntries = 8192

func (c *cache) get(sum [sha256.Size]byte) (entry, bool) {
	c.mu.RLock()
	defer c.mu.RUnlock()
	e, ok := c.entries[sum]
	return e, ok
}

func (c *cache) drop(sum [sha256.Size]byte) {
	c.mu.RLock()
	_, ok := c.entries[sum]
	c.mu.RUnlock()
	if !ok {
		return // forged tokens take no lock that keeps others waiting
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.entries, sum)
}

// put remembers a token. When there is no room, a few go: those that have expired, or else any.
func (c *cache) put(sum [sha256.Size]byte, e entry, now time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.entries == nil {
		c.entries = make(map[[sha256.Size]byte]entry)
	}
	if len(c.entries) >= maxEntries {
		const looked = 64
		i, removed := 0, 0
		for key, old := range c.entries { // in random order
			last := i == looked-1
			if !now.Before(old.token.Expires) || last && removed == 0 {
				delete(c.entries, key)
				removed++
			}
			if i++; last {
				break
			}
		}
	}
	c.entries[sum] = e
}
