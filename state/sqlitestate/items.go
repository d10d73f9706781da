package sqlitestate

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"github.com/mcp-kernel/mcp-kernel/state"
)

// Get returns an item, or state.ErrNotFound.
func (s *Store) Get(ctx context.Context, key string) (state.Item, error) {
	db, err := s.ready(ctx)
	if err != nil {
		return state.Item{}, err
	}
	if err := state.CheckKey(key); err != nil {
		return state.Item{}, err
	}
	var row item
	err = db.get.QueryRowContext(context.Background(), key, s.nowMillis()).Scan(&row.version, &row.value, &row.expires)
	if errors.Is(err, sql.ErrNoRows) {
		return state.Item{}, state.ErrNotFound
	}
	return row.own(), s.during(err)
}

// item is a row of the table.
type item struct {
	version int64
	value   []byte
	expires int64
}

func (row *item) own() state.Item {
	return state.Item{Value: filled(row.value), Version: state.Version(row.version), Expires: moment(row.expires)}
}

// filled returns a value that is not nil: the driver knows no empty blobs.
func filled(value []byte) []byte {
	if value == nil {
		return []byte{}
	}
	return value
}

// moment is the time of a column; 0 is never.
func moment(ms int64) time.Time {
	if ms == 0 {
		return time.Time{}
	}
	return time.UnixMilli(ms).UTC()
}

// Set writes a value.
func (s *Store) Set(ctx context.Context, key string, value []byte, ttl time.Duration) error {
	return s.Write(ctx, state.Put{Key: key, Value: value, TTL: ttl})
}

// Write writes several values in one transaction.
func (s *Store) Write(ctx context.Context, puts ...state.Put) error {
	if _, err := s.ready(ctx); err != nil {
		return err
	}
	if err := state.CheckWrite(puts); err != nil {
		return err
	}
	if len(puts) == 0 {
		return nil
	}
	return s.write(ctx, func(w *writer) error {
		now := w.now()
		for _, p := range puts {
			if _, err := w.store(now, p); err != nil {
				return err
			}
		}
		return nil
	})
}

// store writes one value and returns its version.
func (w *writer) store(now time.Time, p state.Put) (state.Version, error) {
	var expires int64
	if p.TTL > 0 {
		expires = state.Expiry(now, p.TTL).UnixMilli()
	}
	result, err := w.put.ExecContext(context.Background(), p.Key, filled(p.Value), expires)
	if err != nil {
		return 0, err
	}
	version, err := result.LastInsertId()
	return state.Version(version), err
}

// Delete removes a key.
func (s *Store) Delete(ctx context.Context, key string) error {
	if _, err := s.ready(ctx); err != nil {
		return err
	}
	if err := state.CheckKey(key); err != nil {
		return err
	}
	return s.write(ctx, func(w *writer) error { return exec(w.remove, key) })
}

// CompareAndSwap writes or deletes a value when the key's version is old, and otherwise returns state.ErrConflict.
func (s *Store) CompareAndSwap(ctx context.Context, key string, old state.Version, value []byte, ttl time.Duration) (state.Version, error) {
	if _, err := s.ready(ctx); err != nil {
		return 0, err
	}
	p := state.Put{Key: key, Value: value, TTL: ttl}
	if err := state.CheckPut(p); err != nil {
		return 0, err
	}
	var version state.Version
	err := s.write(ctx, func(w *writer) (err error) {
		version, err = w.swap(p, old)
		return err
	})
	if err != nil {
		return 0, err
	}
	return version, nil
}

func (w *writer) swap(p state.Put, old state.Version) (state.Version, error) {
	var present int64
	now := w.now()
	err := w.version.QueryRowContext(context.Background(), p.Key, now.UnixMilli()).Scan(&present)
	switch {
	case err != nil && !errors.Is(err, sql.ErrNoRows):
		return 0, err
	case state.Version(present) != old:
		return 0, state.ErrConflict
	case p.Value == nil:
		return 0, exec(w.remove, p.Key)
	}
	return w.store(now, p)
}

// List returns a page of a collection.
func (s *Store) List(ctx context.Context, collection, after string, limit int) ([]state.Entry, error) {
	db, err := s.ready(ctx)
	if err != nil {
		return nil, err
	}
	if err := state.CheckList(collection, after, limit); err != nil {
		return nil, err
	}
	// All keys of the collection lie below its name and the byte after the slash.
	rows, err := db.list.QueryContext(context.Background(), collection+"/"+after, collection+"0", s.nowMillis(), limit)
	if err != nil {
		return nil, s.during(err)
	}
	defer rows.Close()
	page := []state.Entry{}
	for rows.Next() {
		var key string
		var row item
		if err := rows.Scan(&key, &row.version, &row.value, &row.expires); err != nil {
			return nil, s.during(err)
		}
		page = append(page, state.Entry{Key: key, Item: row.own()})
	}
	return page, s.during(rows.Err())
}
