package memstate

import (
	"context"
	"math/bits"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/mcp-kernel/mcp-kernel/state"
)

// itemCost is the bookkeeping of an item, in bytes: its record, its places in the map, the keys and the queue.
const itemCost = 192

// items is one shard of the key-value store. A collection lies in one shard whole.
type items struct {
	mu          sync.RWMutex
	collections map[string]*collection
	expiring    queue[*item]
}

type collection struct {
	items map[string]*item // by the whole key
	keys  keys
}

// An item's value is never written to once it is stored, so it may be copied after the lock is gone.
type item struct {
	mark

	key     string
	value   []byte
	version state.Version
}

func (it *item) marked() *mark { return &it.mark }

func (it *item) live(now int64) bool { return it.at == 0 || it.at > now }

func (it *item) cost() int64 { return cost(it.key, it.value) }

func cost(key string, value []byte) int64 { return int64(2*len(key)+len(value)) + itemCost }

// own returns the item as its reader's own.
func (it *item) own() state.Item {
	out := state.Item{Value: append([]byte{}, it.value...), Version: it.version}
	if it.at != 0 {
		out.Expires = time.UnixMilli(it.at).UTC()
	}
	return out
}

func collectionOf(key string) string {
	name, _, _ := strings.Cut(key, "/")
	return name
}

// Get returns an item, or state.ErrNotFound.
func (s *Store) Get(ctx context.Context, key string) (state.Item, error) {
	if err := s.ready(ctx); err != nil {
		return state.Item{}, err
	}
	if err := state.CheckKey(key); err != nil {
		return state.Item{}, err
	}
	name := collectionOf(key)
	shard := &s.items[s.shard(name)]
	shard.mu.RLock()
	found := shard.find(name, key, s.now().UnixMilli())
	if found == nil {
		shard.mu.RUnlock()
		return state.Item{}, state.ErrNotFound
	}
	it := *found
	shard.mu.RUnlock()
	return it.own(), nil
}

// Set writes a value.
func (s *Store) Set(ctx context.Context, key string, value []byte, ttl time.Duration) error {
	return s.Write(ctx, state.Put{Key: key, Value: value, TTL: ttl})
}

// Write writes several values, all in one moment.
func (s *Store) Write(ctx context.Context, puts ...state.Put) error {
	if err := s.ready(ctx); err != nil {
		return err
	}
	if err := state.CheckWrite(puts); err != nil {
		return err
	}
	var all uint64
	var bytes int64
	for _, p := range puts {
		all |= 1 << s.shard(collectionOf(p.Key))
		bytes += cost(p.Key, p.Value)
	}
	if err := s.reserve(bytes); err != nil {
		return err
	}
	s.locked(all, func() {
		now := s.now()
		for _, p := range puts {
			s.put(now, p)
		}
	})
	return nil
}

// locked runs f with the given shards locked, always in the same order.
func (s *Store) locked(set uint64, f func()) {
	for rest := set; rest != 0; rest &= rest - 1 {
		s.items[bits.TrailingZeros64(rest)].mu.Lock()
	}
	f()
	for rest := set; rest != 0; rest &= rest - 1 {
		s.items[bits.TrailingZeros64(rest)].mu.Unlock()
	}
}

// put stores a value for which room is reserved; the shard is locked.
func (s *Store) put(now time.Time, p state.Put) state.Version {
	name := collectionOf(p.Key)
	shard := &s.items[s.shard(name)]
	it, replaced := shard.place(name, p.Key)
	s.release(replaced)
	it.value = slices.Clone(p.Value)
	it.version = state.Version(s.versions.Add(1))
	var at int64
	if p.TTL > 0 {
		at = state.Expiry(now, p.TTL).UnixMilli()
	}
	shard.expiring.set(it, at)
	s.release(shard.trim(now.UnixMilli(), sweepEach))
	return it.version
}

// Delete removes a key.
func (s *Store) Delete(ctx context.Context, key string) error {
	if err := s.ready(ctx); err != nil {
		return err
	}
	if err := state.CheckKey(key); err != nil {
		return err
	}
	name := collectionOf(key)
	shard := &s.items[s.shard(name)]
	shard.mu.Lock()
	defer shard.mu.Unlock()
	s.release(shard.remove(name, key))
	return nil
}

// CompareAndSwap writes or deletes a value when the key's version is old, and otherwise returns state.ErrConflict.
func (s *Store) CompareAndSwap(ctx context.Context, key string, old state.Version, value []byte, ttl time.Duration) (state.Version, error) {
	if err := s.ready(ctx); err != nil {
		return 0, err
	}
	p := state.Put{Key: key, Value: value, TTL: ttl}
	if err := state.CheckPut(p); err != nil {
		return 0, err
	}
	if value != nil {
		if err := s.reserve(cost(key, value)); err != nil {
			return 0, err
		}
	}
	return s.swap(p, old)
}

func (s *Store) swap(p state.Put, old state.Version) (state.Version, error) {
	name := collectionOf(p.Key)
	shard := &s.items[s.shard(name)]
	shard.mu.Lock()
	defer shard.mu.Unlock()
	now := s.now()
	var version state.Version
	if it := shard.find(name, p.Key, now.UnixMilli()); it != nil {
		version = it.version
	}
	switch {
	case version != old && p.Value != nil:
		s.release(cost(p.Key, p.Value))
		return 0, state.ErrConflict
	case version != old:
		return 0, state.ErrConflict
	case p.Value == nil:
		s.release(shard.remove(name, p.Key))
		return 0, nil
	}
	return s.put(now, p), nil
}

// List returns a page of a collection.
func (s *Store) List(ctx context.Context, name, after string, limit int) ([]state.Entry, error) {
	if err := s.ready(ctx); err != nil {
		return nil, err
	}
	if err := state.CheckList(name, after, limit); err != nil {
		return nil, err
	}
	found := s.items[s.shard(name)].page(name, after, limit, s.now().UnixMilli())
	page := make([]state.Entry, len(found))
	for i := range found {
		page[i] = state.Entry{Key: found[i].key, Item: found[i].own()}
	}
	return page, nil
}

// page returns live items of a collection in order, by value: their records change when the lock is gone.
func (sh *items) page(name, after string, limit int, now int64) []item {
	sh.mu.RLock()
	defer sh.mu.RUnlock()
	c := sh.collections[name]
	if c == nil {
		return nil
	}
	page := make([]item, 0, min(limit, len(c.items)))
	for key := range c.keys.after(name + "/" + after) {
		if it := c.items[key]; it.live(now) {
			page = append(page, *it)
		}
		if len(page) == limit {
			break
		}
	}
	return page
}

// find returns a live item, or nil.
func (sh *items) find(name, key string, now int64) *item {
	if c := sh.collections[name]; c != nil {
		if it := c.items[key]; it != nil && it.live(now) {
			return it
		}
	}
	return nil
}

// place returns the item of a key, made when there is none, and what the room of its present value is.
func (sh *items) place(name, key string) (*item, int64) {
	c := sh.collections[name]
	if c == nil {
		if sh.collections == nil {
			sh.collections = make(map[string]*collection)
		}
		c = &collection{items: make(map[string]*item)}
		sh.collections[strings.Clone(name)] = c
	}
	if it := c.items[key]; it != nil {
		return it, it.cost()
	}
	it := &item{key: strings.Clone(key)}
	c.items[it.key] = it
	c.keys.add(it.key)
	return it, 0
}

// remove takes out a key and returns the room that it leaves.
func (sh *items) remove(name, key string) int64 {
	c := sh.collections[name]
	if c == nil || c.items[key] == nil {
		return 0
	}
	it := c.items[key]
	sh.expiring.set(it, 0)
	delete(c.items, key)
	c.keys.remove(key)
	if len(c.items) == 0 {
		delete(sh.collections, name)
	}
	return it.cost()
}

// trim removes at most so many expired items and returns the room that they leave. The shard is locked.
func (sh *items) trim(now int64, most int) (bytes int64) {
	for range most {
		it, ok := sh.expiring.due(now)
		if !ok {
			break
		}
		bytes += sh.remove(collectionOf(it.key), it.key)
	}
	return bytes
}

func (sh *items) sweep(now int64) int64 {
	sh.mu.Lock()
	defer sh.mu.Unlock()
	return sh.trim(now, len(sh.expiring))
}
