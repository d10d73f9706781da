package standard

import (
	"context"
	"errors"
	"time"

	"github.com/mcp-kernel/mcp-kernel/modules/observability"
	"github.com/mcp-kernel/mcp-kernel/state"
)

// metered is a store whose operations are counted. Streams that are read are not: how long they take is their reader's doing.
func (k *Kernel) metered(s Store) Store {
	if k.meter == nil {
		return s
	}
	return meteredStore{s, k.meter, k.Now}
}

type meteredStore struct {
	Store
	meter *observability.Module
	now   func() time.Time
}

// done counts an operation that began at a time.
func (m meteredStore) done(operation string, began time.Time, err error) {
	outcome := "ok"
	switch {
	case errors.Is(err, state.ErrNotFound):
		outcome = "not_found"
	case errors.Is(err, state.ErrConflict):
		outcome = "conflict"
	case err != nil:
		outcome = "error"
	}
	m.meter.Operated(operation, outcome, m.now().Sub(began))
}

// Get implements state.Backend.
func (m meteredStore) Get(ctx context.Context, key string) (item state.Item, err error) {
	defer func(began time.Time) { m.done("get", began, err) }(m.now())
	return m.Store.Get(ctx, key)
}

// Set implements state.Backend.
func (m meteredStore) Set(ctx context.Context, key string, value []byte, ttl time.Duration) (err error) {
	defer func(began time.Time) { m.done("set", began, err) }(m.now())
	return m.Store.Set(ctx, key, value, ttl)
}

// Delete implements state.Backend.
func (m meteredStore) Delete(ctx context.Context, key string) (err error) {
	defer func(began time.Time) { m.done("delete", began, err) }(m.now())
	return m.Store.Delete(ctx, key)
}

// Write implements state.Backend.
func (m meteredStore) Write(ctx context.Context, puts ...state.Put) (err error) {
	defer func(began time.Time) { m.done("write", began, err) }(m.now())
	return m.Store.Write(ctx, puts...)
}

// CompareAndSwap implements state.Backend.
func (m meteredStore) CompareAndSwap(
	ctx context.Context, key string, old state.Version, value []byte, ttl time.Duration,
) (v state.Version, err error) {
	defer func(began time.Time) { m.done("compare_and_swap", began, err) }(m.now())
	return m.Store.CompareAndSwap(ctx, key, old, value, ttl)
}

// Take implements state.Backend.
func (m meteredStore) Take(ctx context.Context, shard string, claims ...state.Claim) (taken []state.Taken, err error) {
	defer func(began time.Time) { m.done("take", began, err) }(m.now())
	return m.Store.Take(ctx, shard, claims...)
}

// List implements state.Backend.
func (m meteredStore) List(ctx context.Context, collection, after string, limit int) (page []state.Entry, err error) {
	defer func(began time.Time) { m.done("list", began, err) }(m.now())
	return m.Store.List(ctx, collection, after, limit)
}

// Append implements state.Log.
func (m meteredStore) Append(ctx context.Context, stream string, after state.Seq, records ...[]byte) (seq state.Seq, err error) {
	defer func(began time.Time) { m.done("append", began, err) }(m.now())
	return m.Store.Append(ctx, stream, after, records...)
}

// Last implements state.Log.
func (m meteredStore) Last(ctx context.Context, stream string) (seq state.Seq, err error) {
	defer func(began time.Time) { m.done("last", began, err) }(m.now())
	return m.Store.Last(ctx, stream)
}

// Trim implements state.Log.
func (m meteredStore) Trim(ctx context.Context, stream string, before state.Seq) (err error) {
	defer func(began time.Time) { m.done("trim", began, err) }(m.now())
	return m.Store.Trim(ctx, stream, before)
}
