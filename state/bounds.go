package state

import (
	"fmt"
	"strings"
	"time"
	"unicode/utf8"
)

// The bounds of arguments, the same for every driver. Bytes of prefixes count.
const (
	MaxKey        = 1024                       // bytes of a key, a shard, a stream or the name of a claim
	MaxValue      = 4 << 20                    // bytes of a value or a record
	MaxBatch      = 64                         // puts of one Write, records of one Append
	MaxBatchBytes = 8 << 20                    // bytes of all values of one Write or records of one Append
	MaxClaims     = 32                         // claims of one Take
	MaxPage       = 1024                       // items of one List
	MaxUnits      = 1<<53 - 1                  // what a counter holds, exact in every number format (RFC 7493)
	MaxTTL        = 100 * 365 * 24 * time.Hour // of an item, and the longest window
)

// CheckKey reports as ErrInvalid what is wrong with a key.
func CheckKey(key string) error {
	if err := checkName("key", key); err != nil {
		return err
	}
	if slash := strings.IndexByte(key, '/'); slash <= 0 || slash == len(key)-1 {
		return fmt.Errorf("%w: key %.80q is not collection/rest", ErrInvalid, key)
	}
	return nil
}

// CheckPut reports as ErrInvalid what is wrong with a put.
func CheckPut(p Put) error {
	if err := CheckKey(p.Key); err != nil {
		return err
	}
	switch {
	case p.TTL < 0 || p.TTL > MaxTTL:
		return fmt.Errorf("%w: key %.80q: ttl %v is not between 0 and %v", ErrInvalid, p.Key, p.TTL, MaxTTL)
	case len(p.Value) > MaxValue:
		return fmt.Errorf("%w: key %.80q: value of %d bytes, more than %d", ErrInvalid, p.Key, len(p.Value), MaxValue)
	}
	return nil
}

// CheckWrite reports as ErrInvalid the first thing that is wrong with the puts of a Write.
func CheckWrite(puts []Put) error {
	bytes := 0
	for _, p := range puts {
		if err := CheckPut(p); err != nil {
			return err
		}
		bytes += len(p.Value)
	}
	return checkBatch("puts", len(puts), bytes)
}

// CheckTake reports as ErrInvalid the first thing that is wrong with the arguments of a Take.
func CheckTake(shard string, claims []Claim) error {
	if err := checkName("shard", shard); err != nil {
		return err
	}
	if len(claims) > MaxClaims {
		return fmt.Errorf("%w: %d claims at once, more than %d", ErrInvalid, len(claims), MaxClaims)
	}
	for _, c := range claims {
		if err := checkName("name of a claim", c.Name); err != nil {
			return err
		}
		switch {
		case c.Window < 0 || c.Window > MaxTTL || c.Window%time.Millisecond != 0:
			return fmt.Errorf("%w: claim %.80q: window %v is not whole milliseconds up to %v", ErrInvalid, c.Name, c.Window, MaxTTL)
		case c.N > MaxUnits || c.N < -MaxUnits:
			return fmt.Errorf("%w: claim %.80q: %d units are more than a counter holds", ErrInvalid, c.Name, c.N)
		}
	}
	return nil
}

// CheckList reports as ErrInvalid what is wrong with the arguments of a List.
func CheckList(collection, after string, limit int) error {
	if err := checkName("collection", collection); err != nil {
		return err
	}
	switch {
	case strings.Contains(collection, "/"):
		return fmt.Errorf("%w: collection %.80q has a slash", ErrInvalid, collection)
	case limit < 1 || limit > MaxPage:
		return fmt.Errorf("%w: a page of %d items, not between 1 and %d", ErrInvalid, limit, MaxPage)
	case after == "":
		return nil
	}
	return checkName("after", after)
}

// CheckStream reports as ErrInvalid what is wrong with the name of a stream.
func CheckStream(stream string) error { return checkName("stream", stream) }

// CheckAppend reports as ErrInvalid the first thing that is wrong with the arguments of an Append.
func CheckAppend(stream string, records [][]byte) error {
	if err := CheckStream(stream); err != nil {
		return err
	}
	bytes := 0
	for _, r := range records {
		if len(r) > MaxValue {
			return fmt.Errorf("%w: stream %.80q: record of %d bytes, more than %d", ErrInvalid, stream, len(r), MaxValue)
		}
		bytes += len(r)
	}
	return checkBatch("records", len(records), bytes)
}

func checkBatch(what string, n, bytes int) error {
	switch {
	case n > MaxBatch:
		return fmt.Errorf("%w: %d %s at once, more than %d", ErrInvalid, n, what, MaxBatch)
	case bytes > MaxBatchBytes:
		return fmt.Errorf("%w: %s of %d bytes at once, more than %d", ErrInvalid, what, bytes, MaxBatchBytes)
	}
	return nil
}

func checkName(what, name string) error {
	switch {
	case name == "":
		return fmt.Errorf("%w: empty %s", ErrInvalid, what)
	case len(name) > MaxKey:
		return fmt.Errorf("%w: %s %.80q… of %d bytes, more than %d", ErrInvalid, what, name, len(name), MaxKey)
	case !utf8.ValidString(name):
		return fmt.Errorf("%w: %s %.80q is not UTF-8", ErrInvalid, what, name)
	case strings.IndexByte(name, 0) >= 0:
		return fmt.Errorf("%w: %s %.80q has a NUL", ErrInvalid, what, name)
	}
	return nil
}
