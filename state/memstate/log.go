package memstate

import (
	"context"
	"iter"
	"strings"
	"sync"
	"time"

	"github.com/mcp-kernel/mcp-kernel/state"
)

const (
	// recordCost is the bookkeeping of a record, in bytes.
	recordCost = 64
	// readAhead is how many records a reader takes under one lock.
	readAhead = 128
)

// streams is one shard of all streams.
type streams struct {
	mu     sync.RWMutex
	byName map[string]*stream
	grown  chan struct{} // closed by the next Append; nil while nobody waits
}

// A stream holds its newest records. What is trimmed still counts.
type stream struct {
	records []record
	last    state.Seq // how many records there ever were, which is the number of the last
}

type record struct {
	value []byte
	at    int64 // Unix milliseconds
}

// oldest returns the number of the oldest record that is kept, or would be.
func (st *stream) oldest() state.Seq { return st.last - state.Seq(len(st.records)) + 1 }

// Append adds records to the end of a stream.
func (s *Store) Append(ctx context.Context, name string, after state.Seq, records ...[]byte) (state.Seq, error) {
	if err := s.ready(ctx); err != nil {
		return 0, err
	}
	if err := state.CheckAppend(name, records); err != nil {
		return 0, err
	}
	var bytes int64
	for _, r := range records {
		bytes += int64(len(r)) + recordCost
	}
	if err := s.reserve(bytes); err != nil {
		return 0, err
	}
	sh := &s.streams[s.shard(name)]
	sh.mu.Lock()
	defer sh.mu.Unlock()
	last := sh.last(name)
	if after != state.Tail && after != last {
		s.release(bytes)
		return 0, state.ErrConflict
	}
	if len(records) == 0 {
		return last, nil
	}
	return sh.add(name, s.now().UnixMilli(), records), nil
}

// add appends and wakes who waits.
func (sh *streams) add(name string, at int64, records [][]byte) state.Seq {
	st := sh.byName[name]
	if st == nil {
		if sh.byName == nil {
			sh.byName = make(map[string]*stream)
		}
		st = &stream{}
		sh.byName[strings.Clone(name)] = st
	}
	for _, r := range records {
		st.records = append(st.records, record{append([]byte{}, r...), at})
	}
	st.last += state.Seq(len(records))
	if sh.grown != nil {
		close(sh.grown)
		sh.grown = nil
	}
	return st.last
}

func (sh *streams) last(name string) state.Seq {
	if st := sh.byName[name]; st != nil {
		return st.last
	}
	return 0
}

// Last returns the number of the last record.
func (s *Store) Last(ctx context.Context, name string) (state.Seq, error) {
	if err := s.ready(ctx); err != nil {
		return 0, err
	}
	if err := state.CheckStream(name); err != nil {
		return 0, err
	}
	sh := &s.streams[s.shard(name)]
	sh.mu.RLock()
	defer sh.mu.RUnlock()
	return sh.last(name), nil
}

// Trim removes the records before a number.
func (s *Store) Trim(ctx context.Context, name string, before state.Seq) error {
	if err := s.ready(ctx); err != nil {
		return err
	}
	if err := state.CheckStream(name); err != nil {
		return err
	}
	sh := &s.streams[s.shard(name)]
	sh.mu.Lock()
	defer sh.mu.Unlock()
	st := sh.byName[name]
	if st == nil || before <= st.oldest() {
		return nil
	}
	gone := st.records[:min(before-st.oldest(), state.Seq(len(st.records)))]
	for _, r := range gone {
		s.release(int64(len(r.value)) + recordCost)
	}
	clear(gone)
	st.records = st.records[len(gone):]
	return nil
}

// Read yields the records from a number on until the end.
func (s *Store) Read(ctx context.Context, name string, from state.Seq) iter.Seq2[state.Record, error] {
	return func(yield func(state.Record, error) bool) {
		last, err := s.Last(ctx, name)
		if err != nil {
			yield(state.Record{}, err)
			return
		}
		s.run(ctx, name, from, last, yield)
	}
}

// Follow yields the records from a number on and waits for more.
func (s *Store) Follow(ctx context.Context, name string, from state.Seq) iter.Seq2[state.Record, error] {
	return func(yield func(state.Record, error) bool) {
		last, err := s.Last(ctx, name)
		if from == state.Tail {
			from = last + 1
		}
		for more := true; more && err == nil; {
			if from, more = s.run(ctx, name, from, state.Tail, yield); more {
				err = s.wait(ctx, name, from)
			}
		}
		if err != nil {
			yield(state.Record{}, err)
		}
	}
}

// run yields what there is from one number to another, and returns the number after the last that it yielded and whether
// to go on: the consumer has not stopped and nothing failed.
func (s *Store) run(ctx context.Context, name string, from, to state.Seq, yield func(state.Record, error) bool) (state.Seq, bool) {
	for {
		if err := s.ready(ctx); err != nil {
			yield(state.Record{}, err)
			return from, false
		}
		oldest, page := s.streams[s.shard(name)].page(name, from, to)
		if len(page) == 0 {
			return from, true
		}
		from = oldest
		for _, r := range page {
			if err := s.ready(ctx); err != nil {
				yield(state.Record{}, err)
				return from, false
			}
			own := state.Record{Seq: from, Value: append([]byte{}, r.value...), At: time.UnixMilli(r.at).UTC()}
			if from++; !yield(own, nil) {
				return from, false
			}
		}
	}
}

// page returns some records and the number of the first of them. Their values are never written to.
func (sh *streams) page(name string, from, to state.Seq) (state.Seq, []record) {
	sh.mu.RLock()
	defer sh.mu.RUnlock()
	st := sh.byName[name]
	if st == nil {
		return from, nil
	}
	from, to = max(from, st.oldest()), min(to, st.last)
	if from > to {
		return from, nil
	}
	first := int(from - st.oldest())
	page := st.records[first : first+int(min(to-from+1, readAhead))]
	return from, append([]record{}, page...)
}

// wait returns when a stream may have reached a number, or with why it never will.
func (s *Store) wait(ctx context.Context, name string, from state.Seq) error {
	sh := &s.streams[s.shard(name)]
	sh.mu.Lock()
	if sh.last(name) >= from {
		sh.mu.Unlock()
		return nil
	}
	if sh.grown == nil {
		sh.grown = make(chan struct{})
	}
	grown := sh.grown
	sh.mu.Unlock()
	select {
	case <-grown:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	case <-s.done:
		return state.ErrClosed
	}
}
