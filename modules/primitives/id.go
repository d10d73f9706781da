package primitives

import (
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"
	"time"
)

// A Clock tells the time. A nil Clock is the system's.
type Clock func() time.Time

// Now returns the time, by the system's clock when c is nil.
func (c Clock) Now() time.Time {
	if c == nil {
		return time.Now()
	}
	return c()
}

// IDs makes ids: UUIDs of version 7 (RFC 9562 section 5.7), whose text sorts by the time they were made. Those of one
// IDs also sort in the order in which they were made, within a millisecond and when the clock steps back: the 12 bits
// behind the timestamp count up (section 6.2, method 1). It is safe for concurrent use.
type IDs struct {
	now    Clock
	random io.Reader

	mu      sync.Mutex
	last    int64  // millisecond of the last id
	counter uint16 // of ids within it; 12 bits
	pool    [512]byte
	unread  int // bytes at the end of pool that were not used yet
}

// NewIDs returns a maker of ids. A nil clock is the system's, a nil random is crypto/rand.
func NewIDs(now Clock, random io.Reader) *IDs {
	if random == nil {
		random = rand.Reader
	}
	return &IDs{now: now, random: random}
}

// New returns a new id. It panics when there is no randomness, as crypto/rand does: an id that could be guessed or met
// twice would be worse.
func (g *IDs) New() string {
	var id [16]byte
	at := g.now.Now().UnixMilli()
	g.mu.Lock()
	g.fill(id[6:])
	if at > g.last {
		g.last, g.counter = at, uint16(id[6]&0x07)<<8|uint16(id[7]) // at most half of the range, to leave room
	} else if g.counter++; g.counter > 0x0FFF {
		g.last, g.counter = g.last+1, 0
	}
	at, counter := g.last, g.counter
	g.mu.Unlock()
	for i := range 6 {
		id[i] = byte(at >> (40 - 8*i))
	}
	id[6], id[7] = 0x70|byte(counter>>8), byte(counter)
	id[8] = id[8]&0x3F | 0x80
	return text(id)
}

// fill takes random bytes from the pool, so that the system is asked once for many ids.
func (g *IDs) fill(to []byte) {
	if g.unread < len(to) {
		if _, err := io.ReadFull(g.random, g.pool[:]); err != nil {
			panic(fmt.Errorf("no randomness for ids: %w", err))
		}
		g.unread = len(g.pool)
	}
	copy(to, g.pool[len(g.pool)-g.unread:])
	g.unread -= len(to)
}

func text(id [16]byte) string {
	var b [36]byte
	hex.Encode(b[:8], id[:4])
	hex.Encode(b[9:13], id[4:6])
	hex.Encode(b[14:18], id[6:8])
	hex.Encode(b[19:23], id[8:10])
	hex.Encode(b[24:], id[10:])
	b[8], b[13], b[18], b[23] = '-', '-', '-', '-'
	return string(b[:])
}

// ErrID is what every text that is no id of ours comes to.
var ErrID = errors.New("not a UUID of version 7")

// ParseID returns the time at which an id was made, to the millisecond, or ErrID. Only lower case is an id: one that had
// two spellings would be two keys.
func ParseID(id string) (time.Time, error) {
	if len(id) != 36 || id[14] != '7' || strings.IndexByte("89ab", id[19]) < 0 {
		return time.Time{}, ErrID
	}
	var ms int64
	for i := range len(id) {
		b := id[i]
		dash := i == 8 || i == 13 || i == 18 || i == 23
		digit := '0' <= b && b <= '9' || 'a' <= b && b <= 'f'
		if dash != (b == '-') || !dash && !digit {
			return time.Time{}, ErrID
		}
		if i < 13 && !dash {
			ms = ms<<4 | int64(b&0x0F+b>>6*9)
		}
	}
	return time.UnixMilli(ms).UTC(), nil
}

// ValidID reports whether a text is an id of ours.
func ValidID(id string) bool {
	_, err := ParseID(id)
	return err == nil
}
