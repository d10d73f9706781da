package state

import (
	"context"
	"time"
)

// Version identifies one write of one key. The zero Version means that there is no item. A version is never used
// again for the same key, not even after a delete. Versions are compared with == only: a greater one is not newer.
type Version uint64

// An Item is a value as it was read. Value is the reader's own and never nil.
type Item struct {
	Value   []byte
	Version Version
	Expires time.Time // zero when it is kept; from this moment on the item is gone
}

// An Entry is an Item with its key, as List returns it.
type Entry struct {
	Key string
	Item
}

// A Put is one Set among several.
type Put struct {
	Key   string
	Value []byte
	TTL   time.Duration // 0 keeps it
}

// A Claim asks for N units (N < 0 gives back) of Name, at most Limit in each Window by the backend's clock. A Window of
// 0 never ends; others are whole milliseconds and aligned to the Unix epoch. Name and Window together are the counter:
// the same name over another window is counted apart. A Limit of 0 or less admits nothing, and one above MaxUnits
// counts without limiting. N = 0 asks how the counter stands.
type Claim struct {
	Name     string
	N, Limit int64
	Window   time.Duration
}

// Taken is what became of one Claim.
type Taken struct {
	Name  string
	OK    bool      // false: this claim had no room, and nothing of the whole Take was charged
	Used  int64     // in the window: with the claim when it was charged, without it otherwise; never negative
	Limit int64     // as claimed
	Ends  time.Time // when the window ends; zero when it never does
}

// Backend is a key-value store with expiry. A key is "collection/rest"; both parts are non-empty, valid UTF-8 and
// without NUL, and the collection ends at the first slash. It is safe for concurrent use, by several processes where
// the driver says so. What is over the bounds of this package is ErrInvalid and leaves everything as it was.
type Backend interface {
	// Get returns an item, or ErrNotFound when there is none or it has expired.
	Get(ctx context.Context, key string) (Item, error)
	// Set writes a value whatever is there, a nil value like an empty one. Its ttl replaces the one that the key had;
	// ttl 0 keeps it for ever.
	Set(ctx context.Context, key string, value []byte, ttl time.Duration) error
	// Delete removes a key. An absent key is no error.
	Delete(ctx context.Context, key string) error
	// Write does many Sets in one round trip. Those of one collection are written all or not at all; for several
	// collections at once drivers need not promise that, nor that a reader between them sees all. Of two puts to one
	// key the last counts.
	Write(ctx context.Context, puts ...Put) error
	// CompareAndSwap writes a value if the key's version is old, the zero Version meaning that there is none, and
	// returns the new version; otherwise ErrConflict. A nil value deletes, and returns the zero Version; an empty one
	// is a value. An expired item is none.
	CompareAndSwap(ctx context.Context, key string, old Version, value []byte, ttl time.Duration) (Version, error)
	// Take charges all claims of one shard or none, in one atomic step, and never over a limit. A refusal is data; an
	// error is a fault of the backend, and nothing was charged. What is given back stops at zero, and is always
	// accepted. A clock that steps back does not reopen a window that has ended. Claims are charged in their order;
	// there is one Taken for each, in the same order.
	Take(ctx context.Context, shard string, claims ...Claim) ([]Taken, error)
	// List returns at most limit live items of a collection whose rest is greater than after, sorted by the bytes of
	// their keys. Entry.Key is the whole key. Only the end of the collection makes a page shorter than limit, which is
	// between 1 and MaxPage. after need not exist. What is written meanwhile may or may not be seen, but a page never
	// has a key twice.
	List(ctx context.Context, collection, after string, limit int) ([]Entry, error)
	// Close releases the backend; what comes afterwards is ErrClosed. A second Close does nothing.
	Close() error
}
