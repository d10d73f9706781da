// Package cache keeps answers for a while, within bounds: the ones that were not asked for longest make room for new ones,
// and all of one group can be forgotten at once.
package cache

import (
	"bytes"
	"container/list"
	"crypto/sha256"
	"encoding/binary"
	"sync"
	"time"
)

// Bounds of a Cache.
const (
	MaxEntries = 4096     // answers
	MaxBytes   = 32 << 20 // of all answers
	MaxAnswer  = 1 << 20  // bytes of one; larger ones are not kept
)

// A Key names what was asked for.
type Key [sha256.Size]byte

// KeyOf returns the key of some parts: others for other parts, and for the same bytes parted elsewhere.
func KeyOf(parts ...[]byte) Key {
	h := sha256.New()
	var size [8]byte
	for _, part := range parts {
		binary.LittleEndian.PutUint64(size[:], uint64(len(part)))
		h.Write(size[:])
		h.Write(part)
	}
	return Key(h.Sum(nil))
}

// A Cache keeps answers. The zero value is empty and ready; it is safe for concurrent use.
type Cache struct {
	mu      sync.Mutex
	entries map[Key]*list.Element
	order   list.List // of *entry, those asked for last first
	bytes   int
	eras    map[string]uint64 // by group, how often it was forgotten
}

// An entry is one answer.
type entry struct {
	key   Key
	group string
	doc   []byte
	until time.Time
}

// Get returns a copy of the answer to what was asked for, if there is one at that time.
func (c *Cache) Get(key Key, now time.Time) ([]byte, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	e := c.entries[key]
	if e == nil {
		return nil, false
	}
	kept, _ := e.Value.(*entry)
	if !now.Before(kept.until) {
		c.remove(e)
		return nil, false
	}
	c.order.MoveToFront(e)
	return bytes.Clone(kept.doc), true
}

// Era is what Put wants to be given as it was when the answer was asked for: an answer that was on its way while its group was
// forgotten is not kept.
func (c *Cache) Era(group string) uint64 {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.eras[group]
}

// Put keeps a copy of an answer until a time.
func (c *Cache) Put(key Key, group string, era uint64, doc []byte, until time.Time) {
	if len(doc) > MaxAnswer {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.eras[group] != era {
		return
	}
	if e := c.entries[key]; e != nil {
		c.remove(e)
	}
	if c.entries == nil {
		c.entries = map[Key]*list.Element{}
	}
	c.entries[key] = c.order.PushFront(&entry{key, group, bytes.Clone(doc), until})
	c.bytes += len(doc)
	for len(c.entries) > MaxEntries || c.bytes > MaxBytes {
		c.remove(c.order.Back())
	}
}

// Forget drops all answers of a group, and those of it that are on their way.
func (c *Cache) Forget(group string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.eras == nil {
		c.eras = map[string]uint64{}
	}
	c.eras[group]++
	for e := c.order.Front(); e != nil; {
		next := e.Next()
		if kept, _ := e.Value.(*entry); kept.group == group {
			c.remove(e)
		}
		e = next
	}
}

// Len returns how many answers are kept, and of how many bytes.
func (c *Cache) Len() (entries, size int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return len(c.entries), c.bytes
}

func (c *Cache) remove(e *list.Element) {
	kept, _ := c.order.Remove(e).(*entry)
	delete(c.entries, kept.key)
	c.bytes -= len(kept.doc)
}
