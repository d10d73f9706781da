package redisstate

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/mcp-kernel/mcp-kernel/state"
)

const (
	// header is what an item begins with: version, and expiry in Unix milliseconds or 0.
	header = 16
	// pageBytes is about how much one step of a List brings; an item may go over it.
	pageBytes = 1 << 20
)

// Get returns an item.
func (s *Store) Get(ctx context.Context, key string) (state.Item, error) {
	if err := s.ready(ctx); err != nil {
		return state.Item{}, err
	}
	if err := state.CheckKey(key); err != nil {
		return state.Item{}, err
	}
	name := s.names.item(key)
	value, err := s.ask(ctx, "Get", command("get", name))
	if errors.Is(err, redis.Nil) {
		return state.Item{}, state.ErrNotFound
	}
	if err != nil {
		return state.Item{}, err
	}
	return itemOf(name, value)
}

// itemOf reads an item as it is stored.
func itemOf(name string, value any) (state.Item, error) {
	text, ok := value.(string)
	if !ok || len(text) < header {
		return state.Item{}, fmt.Errorf("redis: %.80q was not written by this program", name)
	}
	it := state.Item{
		Value:   []byte(text[header:]),
		Version: state.Version(binary.BigEndian.Uint64([]byte(text[:8]))),
	}
	if expires := binary.BigEndian.Uint64([]byte(text[8:header])); expires > 0 {
		it.Expires = moment(int64(expires))
	}
	return it, nil
}

// moment is a time in Unix milliseconds.
func moment(millis int64) time.Time { return time.UnixMilli(millis).UTC() }

// Set writes a value whatever is there.
func (s *Store) Set(ctx context.Context, key string, value []byte, ttl time.Duration) error {
	return s.Write(ctx, state.Put{Key: key, Value: value, TTL: ttl})
}

// Delete removes a key.
func (s *Store) Delete(ctx context.Context, key string) error {
	if err := s.ready(ctx); err != nil {
		return err
	}
	if err := state.CheckKey(key); err != nil {
		return err
	}
	collection, rest := split(key)
	index, due, _ := s.names.index(collection)
	_, err := s.tell(ctx, "Delete", &call{
		script: s.scripts.delete, keys: []string{index, due, s.names.item(key)}, args: []any{rest},
	})
	return err
}

// Write does many Sets: those of one collection are one step.
func (s *Store) Write(ctx context.Context, puts ...state.Put) error {
	if err := s.ready(ctx); err != nil {
		return err
	}
	if err := state.CheckWrite(puts); err != nil {
		return err
	}
	groups := grouped(puts)
	if len(groups) == 1 {
		_, err := s.tell(ctx, "Write", s.writing(s.scripts.write, groups[0]))
		return err
	}
	faults := make(chan error, len(groups))
	for _, group := range groups {
		go func() {
			_, err := s.tell(ctx, "Write", s.writing(s.scripts.write, group))
			faults <- err
		}()
	}
	var all []error
	for range groups {
		all = append(all, <-faults)
	}
	return errors.Join(all...)
}

// grouped puts together what is of one collection, in the order of the puts.
func grouped(puts []state.Put) (groups [][]state.Put) {
	places := make(map[string]int)
	for _, p := range puts {
		collection, _ := split(p.Key)
		place, ok := places[collection]
		if !ok {
			place = len(groups)
			places[collection], groups = place, append(groups, nil)
		}
		groups[place] = append(groups[place], p)
	}
	return groups
}

// writing is the call that writes puts of one collection. more are further arguments.
func (s *Store) writing(sc script, puts []state.Put, more ...any) *call {
	collection, _ := split(puts[0].Key)
	index, due, newest := s.names.index(collection)
	c := &call{script: sc, keys: make([]string, 0, 3+len(puts)), args: make([]any, 0, 3*len(puts)+len(more))}
	c.keys = append(c.keys, index, due, newest)
	for _, p := range puts {
		_, rest := split(p.Key)
		c.keys = append(c.keys, s.names.item(p.Key))
		// The call may still be on its way when the caller has its slice back, so it is copied.
		c.args = append(c.args, rest, micros(p.TTL), string(p.Value))
		c.bytes += len(p.Value)
	}
	c.args = append(c.args, more...)
	return c
}

// micros are whole microseconds, rounded up: nothing lives shorter than it should.
func micros(ttl time.Duration) int64 { return int64((ttl + time.Microsecond - 1) / time.Microsecond) }

// CompareAndSwap writes or deletes if the version is old.
func (s *Store) CompareAndSwap(ctx context.Context, key string, old state.Version, value []byte, ttl time.Duration) (state.Version, error) {
	if err := s.ready(ctx); err != nil {
		return 0, err
	}
	p := state.Put{Key: key, Value: value, TTL: ttl}
	if err := state.CheckPut(p); err != nil {
		return 0, err
	}
	wanted := string(binary.BigEndian.AppendUint64(nil, uint64(old)))
	c := s.writing(s.scripts.swap, []state.Put{p}, wanted)
	if value == nil {
		collection, rest := split(key)
		index, due, _ := s.names.index(collection)
		c = &call{script: s.scripts.swapOut, keys: []string{index, due, s.names.item(key)}, args: []any{rest, wanted}}
	}
	reply, err := s.tell(ctx, "CompareAndSwap", c)
	switch {
	case errors.Is(err, redis.Nil):
		return 0, state.ErrConflict
	case err != nil || value == nil:
		return 0, err
	}
	version, err := number(reply)
	return state.Version(version), err
}

// number reads a number that a script returns as a text, because Redis would cut others.
func number(reply any) (uint64, error) {
	text, _ := reply.(string)
	n, err := strconv.ParseUint(text, 10, 64)
	if err != nil {
		return 0, fmt.Errorf("redis: the answer %.40q is no number", fmt.Sprint(reply))
	}
	return n, nil
}

// List returns live items of a collection, sorted by their keys.
func (s *Store) List(ctx context.Context, collection, after string, limit int) ([]state.Entry, error) {
	if err := s.ready(ctx); err != nil {
		return nil, err
	}
	if err := state.CheckList(collection, after, limit); err != nil {
		return nil, err
	}
	page := []state.Entry{}
	for {
		step, next, err := s.list(ctx, collection, after, limit-len(page))
		if err != nil {
			return nil, err
		}
		if page = append(page, step...); next == "" || len(page) == limit {
			return page, nil
		}
		after = next
	}
}

// list is one step of a List, and where the next begins: nowhere at the end of the collection.
func (s *Store) list(ctx context.Context, collection, after string, limit int) ([]state.Entry, string, error) {
	index, due, _ := s.names.index(collection)
	items := s.names.items(collection)
	reply, err := s.ask(ctx, "List", func() *call {
		return &call{script: s.scripts.list, keys: []string{index, due}, args: []any{items, after, limit, pageBytes}}
	})
	if err != nil {
		return nil, "", err
	}
	parts, err := texts(reply)
	if err != nil || len(parts)%2 != 1 {
		return nil, "", fmt.Errorf("redis: List: %w", errors.Join(errAnswer, err))
	}
	next, parts := parts[0], parts[1:]
	page := make([]state.Entry, 0, len(parts)/2)
	for ; len(parts) > 0; parts = parts[2:] {
		it, err := itemOf(items+parts[0], parts[1])
		if err != nil {
			return nil, "", err
		}
		page = append(page, state.Entry{Key: collection + "/" + parts[0], Item: it})
	}
	return page, next, nil
}

// texts reads an answer that is a list of texts.
func texts(reply any) ([]string, error) {
	list, ok := reply.([]any)
	parts := make([]string, len(list))
	for i := range list {
		var isText bool
		parts[i], isText = list[i].(string)
		ok = ok && isText
	}
	if !ok {
		return nil, errAnswer
	}
	return parts, nil
}
