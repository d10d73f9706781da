package state

import (
	"context"
	"fmt"
	"iter"
	"strings"
	"sync/atomic"
	"time"
)

// Prefixed returns a view of a backend in which every collection and shard has the prefix and a colon before its name:
// whoever has only the view reaches nothing else. Two views meet only if one prefix is the other with a colon and more
// behind it. An empty prefix returns the backend itself; what is done through a prefix that has a slash, a NUL or no
// valid UTF-8 is ErrInvalid. Close closes the view and not the backend, which belongs to whoever opened it.
func Prefixed(prefix string, backend Backend) Backend {
	if prefix == "" {
		return backend
	}
	return &view{prefix: prefix + ":", fault: checkPrefix(prefix), backend: backend}
}

// PrefixedLog is Prefixed for the names of streams.
func PrefixedLog(prefix string, log Log) Log {
	if prefix == "" {
		return log
	}
	return &logView{prefix: prefix + ":", fault: checkPrefix(prefix), log: log}
}

func checkPrefix(prefix string) error {
	if strings.Contains(prefix, "/") {
		return fmt.Errorf("%w: prefix %.80q has a slash", ErrInvalid, prefix)
	}
	return checkName("prefix", prefix)
}

type view struct {
	prefix  string
	fault   error
	backend Backend
	closed  atomic.Bool
}

var _ Backend = (*view)(nil)

// name puts the prefix before a key, a shard or a collection. check sees it as the caller wrote it, since an empty
// collection would pass as the prefix alone.
func (v *view) name(ctx context.Context, name string, check func(string) error) (string, error) {
	if err := ctx.Err(); err != nil {
		return "", err
	}
	if v.closed.Load() {
		return "", ErrClosed
	}
	if v.fault != nil {
		return "", v.fault
	}
	return v.prefix + name, check(name)
}

func (v *view) Get(ctx context.Context, key string) (Item, error) {
	key, err := v.name(ctx, key, CheckKey)
	if err != nil {
		return Item{}, err
	}
	return v.backend.Get(ctx, key)
}

func (v *view) Set(ctx context.Context, key string, value []byte, ttl time.Duration) error {
	key, err := v.name(ctx, key, CheckKey)
	if err != nil {
		return err
	}
	return v.backend.Set(ctx, key, value, ttl)
}

func (v *view) Delete(ctx context.Context, key string) error {
	key, err := v.name(ctx, key, CheckKey)
	if err != nil {
		return err
	}
	return v.backend.Delete(ctx, key)
}

func (v *view) Write(ctx context.Context, puts ...Put) error {
	prefixed := make([]Put, len(puts))
	for i, p := range puts {
		key, err := v.name(ctx, p.Key, CheckKey)
		if err != nil {
			return err
		}
		prefixed[i] = Put{Key: key, Value: p.Value, TTL: p.TTL}
	}
	if len(puts) == 0 && v.closed.Load() {
		return ErrClosed
	}
	return v.backend.Write(ctx, prefixed...)
}

func (v *view) CompareAndSwap(ctx context.Context, key string, old Version, value []byte, ttl time.Duration) (Version, error) {
	key, err := v.name(ctx, key, CheckKey)
	if err != nil {
		return 0, err
	}
	return v.backend.CompareAndSwap(ctx, key, old, value, ttl)
}

func (v *view) Take(ctx context.Context, shard string, claims ...Claim) ([]Taken, error) {
	shard, err := v.name(ctx, shard, func(shard string) error { return checkName("shard", shard) })
	if err != nil {
		return nil, err
	}
	return v.backend.Take(ctx, shard, claims...)
}

func (v *view) List(ctx context.Context, collection, after string, limit int) ([]Entry, error) {
	collection, err := v.name(ctx, collection, func(c string) error { return CheckList(c, after, limit) })
	if err != nil {
		return nil, err
	}
	page, err := v.backend.List(ctx, collection, after, limit)
	for i := range page {
		page[i].Key = strings.TrimPrefix(page[i].Key, v.prefix)
	}
	return page, err
}

func (v *view) Close() error {
	v.closed.Store(true)
	return nil
}

type logView struct {
	prefix string
	fault  error
	log    Log
}

var _ Log = (*logView)(nil)

// name puts the prefix before the name of a stream.
func (v *logView) name(stream string) (string, error) {
	if v.fault != nil {
		return "", v.fault
	}
	return v.prefix + stream, CheckStream(stream)
}

func (v *logView) Append(ctx context.Context, stream string, after Seq, records ...[]byte) (Seq, error) {
	stream, err := v.name(stream)
	if err != nil {
		return 0, err
	}
	return v.log.Append(ctx, stream, after, records...)
}

func (v *logView) Read(ctx context.Context, stream string, from Seq) iter.Seq2[Record, error] {
	stream, err := v.name(stream)
	if err != nil {
		return Fault(err)
	}
	return v.log.Read(ctx, stream, from)
}

func (v *logView) Follow(ctx context.Context, stream string, from Seq) iter.Seq2[Record, error] {
	stream, err := v.name(stream)
	if err != nil {
		return Fault(err)
	}
	return v.log.Follow(ctx, stream, from)
}

func (v *logView) Last(ctx context.Context, stream string) (Seq, error) {
	stream, err := v.name(stream)
	if err != nil {
		return 0, err
	}
	return v.log.Last(ctx, stream)
}

func (v *logView) Trim(ctx context.Context, stream string, before Seq) error {
	stream, err := v.name(stream)
	if err != nil {
		return err
	}
	return v.log.Trim(ctx, stream, before)
}

// Fault returns the sequence of a Read or Follow that cannot even begin: it yields the error alone.
func Fault(err error) iter.Seq2[Record, error] {
	return func(yield func(Record, error) bool) { yield(Record{}, err) }
}
