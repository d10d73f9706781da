package redisstate

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"strconv"
	"strings"

	"github.com/redis/go-redis/v9"

	"github.com/mcp-kernel/mcp-kernel/state"
)

const (
	// firstRecords and mostRecords are how many records a reader fetches at once: as many as had about pageBytes the time
	// before.
	firstRecords = 8
	mostRecords  = 512
	// cutMost is how many numbers one step of a Trim goes on, so that others are served between two.
	cutMost = 1 << 16
)

// Append adds records to the end of a stream.
func (s *Store) Append(ctx context.Context, stream string, after state.Seq, records ...[]byte) (state.Seq, error) {
	if err := s.ready(ctx); err != nil {
		return 0, err
	}
	if err := state.CheckAppend(stream, records); err != nil {
		return 0, err
	}
	c := &call{
		script: s.scripts.append, keys: []string{s.names.records(stream), s.names.last(stream)},
		args: append(make([]any, 0, 3+len(records)), place(after), s.names.news(), stream),
	}
	for _, r := range records {
		c.args = append(c.args, string(r)) // copied, as in writing
		c.bytes += len(r)
	}
	reply, err := s.tell(ctx, "Append", c)
	if errors.Is(err, redis.Nil) {
		return 0, state.ErrConflict
	}
	if err != nil {
		return 0, err
	}
	n, err := number(reply)
	return state.Seq(n), err
}

// place is a number to append behind, as the script knows it.
func place(after state.Seq) string {
	if after == state.Tail {
		return "tail"
	}
	return decimal(after)
}

func decimal(seq state.Seq) string { return strconv.FormatUint(uint64(seq), 10) }

// Last returns the number of the last record.
func (s *Store) Last(ctx context.Context, stream string) (state.Seq, error) {
	if err := s.ready(ctx); err != nil {
		return 0, err
	}
	if err := state.CheckStream(stream); err != nil {
		return 0, err
	}
	reply, err := s.ask(ctx, "Last", command("get", s.names.last(stream)))
	if errors.Is(err, redis.Nil) {
		return 0, nil
	}
	if err != nil {
		return 0, err
	}
	n, err := number(reply)
	return state.Seq(n), err
}

// Trim removes the records before a number, step by step.
func (s *Store) Trim(ctx context.Context, stream string, before state.Seq) error {
	last, err := s.Last(ctx, stream)
	if err != nil || last == 0 {
		return err
	}
	page, err := s.page(ctx, stream, 0, last, 1)
	if err != nil || len(page) == 0 {
		return err
	}
	before = min(before, last+1)
	for from := page[0].Seq; from < before; {
		from = min(before, from+cutMost)
		name := s.names.records(stream)
		c := command("xtrim", name, "minid", decimal(from))()
		if _, err := s.tell(ctx, "Trim", c); err != nil {
			return err
		}
	}
	return nil
}

// Read yields the records from a number on until the end.
func (s *Store) Read(ctx context.Context, stream string, from state.Seq) iter.Seq2[state.Record, error] {
	return func(yield func(state.Record, error) bool) {
		last, err := s.Last(ctx, stream)
		if err != nil {
			yield(state.Record{}, err)
			return
		}
		s.pages(ctx, stream, from, last, yield)
	}
}

// pages yields what there is from one number to another, and returns the number after the last that it yielded and
// whether to go on: the consumer has not stopped and nothing failed.
func (s *Store) pages(ctx context.Context, stream string, from, to state.Seq, yield func(state.Record, error) bool) (state.Seq, bool) {
	for count := firstRecords; from <= to; {
		page, err := s.page(ctx, stream, from, to, count)
		if err != nil {
			yield(state.Record{}, err)
			return from, false
		}
		bytes := 0
		for _, record := range page {
			if err := s.ready(ctx); err != nil {
				yield(state.Record{}, err)
				return from, false
			}
			bytes += len(record.Value)
			if from = record.Seq + 1; !yield(record, nil) {
				return from, false
			}
		}
		if len(page) < count {
			break
		}
		count = max(1, min(mostRecords, pageBytes/max(1, bytes/len(page))))
	}
	return from, true
}

// page fetches at most so many records.
func (s *Store) page(ctx context.Context, stream string, from, to state.Seq, count int) ([]state.Record, error) {
	if err := s.ready(ctx); err != nil {
		return nil, err
	}
	reply, err := s.ask(ctx, "Read", command("xrange", s.names.records(stream), decimal(from), decimal(to), "count", count))
	if err != nil {
		return nil, err
	}
	list, ok := reply.([]any)
	if !ok {
		return nil, fmt.Errorf("redis: Read: %w", errAnswer)
	}
	page := make([]state.Record, len(list))
	for i, entry := range list {
		if page[i], err = recordOf(entry); err != nil {
			return nil, fmt.Errorf("redis: Read: %w", err)
		}
	}
	return page, nil
}

// recordOf reads an entry of a stream: its id, "number-time", and its one field.
func recordOf(entry any) (state.Record, error) {
	parts, _ := entry.([]any)
	if len(parts) != 2 {
		return state.Record{}, errAnswer
	}
	id, _ := parts[0].(string)
	fields, _ := parts[1].([]any)
	if len(fields) != 2 {
		return state.Record{}, errAnswer
	}
	value, ok := fields[1].(string)
	seq, millis, _ := strings.Cut(id, "-")
	n, err := strconv.ParseUint(seq, 10, 64)
	at, err2 := strconv.ParseInt(millis, 10, 64)
	if !ok || err != nil || err2 != nil {
		return state.Record{}, errAnswer
	}
	return state.Record{Seq: state.Seq(n), Value: []byte(value), At: moment(at)}, nil
}
