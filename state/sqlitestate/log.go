package sqlitestate

import (
	"context"
	"database/sql"
	"errors"
	"iter"
	"math"

	"github.com/mcp-kernel/mcp-kernel/state"
)

const (
	// pageRecords and pageBytes bound what a reader holds at once; the last record of a page may go over the second.
	pageRecords = 256
	pageBytes   = 1 << 20
	// cutMost is how many records one transaction of a Trim removes.
	cutMost = 4096
)

// Append adds records to the end of a stream.
func (s *Store) Append(ctx context.Context, name string, after state.Seq, records ...[]byte) (state.Seq, error) {
	if _, err := s.ready(ctx); err != nil {
		return 0, err
	}
	if err := state.CheckAppend(name, records); err != nil {
		return 0, err
	}
	var last state.Seq
	err := s.write(ctx, func(w *writer) (err error) {
		last, err = w.append(name, after, records)
		return err
	})
	if err != nil {
		return 0, err
	}
	if db := s.opened.Load(); len(records) > 0 {
		db.herald.announce()
	}
	return last, nil
}

func (w *writer) append(name string, after state.Seq, records [][]byte) (state.Seq, error) {
	id, last, err := w.end(name)
	switch {
	case err != nil:
		return 0, err
	case after != state.Tail && after != last:
		return 0, state.ErrConflict
	case len(records) == 0:
		return last, nil
	case id == 0:
		result, err := w.open.ExecContext(context.Background(), name)
		if err != nil {
			return 0, err
		}
		if id, err = result.LastInsertId(); err != nil {
			return 0, err
		}
	}
	at := w.now().UnixMilli()
	for _, r := range records {
		last++
		if err := exec(w.add, id, int64(last), at, filled(r)); err != nil {
			return 0, err
		}
	}
	return last, exec(w.extend, int64(last), id)
}

// end returns the row of a stream, 0 when there is none, and the number of its last record.
func (w *writer) end(name string) (id int64, last state.Seq, err error) {
	err = w.stream.QueryRowContext(context.Background(), name).Scan(&id, &last)
	if errors.Is(err, sql.ErrNoRows) {
		return 0, 0, nil
	}
	return id, last, err
}

// Last returns the number of the last record.
func (s *Store) Last(ctx context.Context, name string) (state.Seq, error) {
	db, err := s.ready(ctx)
	if err != nil {
		return 0, err
	}
	if err := state.CheckStream(name); err != nil {
		return 0, err
	}
	var last state.Seq
	err = db.last.QueryRowContext(context.Background(), name).Scan(&last)
	if errors.Is(err, sql.ErrNoRows) {
		return 0, nil
	}
	return last, s.during(err)
}

// Trim removes the records before a number, in transactions that are short enough for others to write between them.
func (s *Store) Trim(ctx context.Context, name string, before state.Seq) error {
	if _, err := s.ready(ctx); err != nil {
		return err
	}
	if err := state.CheckStream(name); err != nil {
		return err
	}
	for {
		var removed int64
		err := s.write(ctx, func(w *writer) (err error) {
			removed, err = w.trim(name, before)
			return err
		})
		if err != nil || removed < cutMost {
			return err
		}
	}
}

func (w *writer) trim(name string, before state.Seq) (int64, error) {
	id, _, err := w.end(name)
	if err != nil || id == 0 {
		return 0, err
	}
	result, err := w.cut.ExecContext(context.Background(), id, column(before), cutMost)
	if err != nil {
		return 0, err
	}
	return result.RowsAffected()
}

// column is a number as the database holds it: none is ever greater.
func column(seq state.Seq) int64 { return int64(min(seq, math.MaxInt64)) }

// Read yields the records from a number on until the end.
func (s *Store) Read(ctx context.Context, name string, from state.Seq) iter.Seq2[state.Record, error] {
	return func(yield func(state.Record, error) bool) {
		last, err := s.Last(ctx, name)
		if err != nil {
			yield(state.Record{}, err)
			return
		}
		s.pages(ctx, name, from, last, yield)
	}
}

// pages yields what there is from one number to another, and returns the number after the last that it yielded and
// whether to go on: the consumer has not stopped and nothing failed. No statement is open while the consumer works.
func (s *Store) pages(ctx context.Context, name string, from, to state.Seq, yield func(state.Record, error) bool) (state.Seq, bool) {
	for from <= to {
		page, err := s.page(ctx, name, from, to)
		if err != nil {
			yield(state.Record{}, err)
			return from, false
		}
		if len(page) == 0 {
			break
		}
		for _, record := range page {
			if err := ctx.Err(); err != nil {
				yield(state.Record{}, err)
				return from, false
			}
			if from = record.Seq + 1; !yield(record, nil) {
				return from, false
			}
		}
	}
	return from, true
}

func (s *Store) page(ctx context.Context, name string, from, to state.Seq) ([]state.Record, error) {
	db, err := s.ready(ctx)
	if err != nil {
		return nil, err
	}
	rows, err := db.read.QueryContext(context.Background(), name, column(from), column(to), pageRecords)
	if err != nil {
		return nil, s.during(err)
	}
	defer rows.Close()
	var page []state.Record
	for bytes := 0; bytes < pageBytes && rows.Next(); {
		var record state.Record
		var at int64
		if err := rows.Scan(&record.Seq, &at, &record.Value); err != nil {
			return nil, s.during(err)
		}
		record.Value, record.At = filled(record.Value), moment(at)
		bytes += len(record.Value)
		page = append(page, record)
	}
	return page, s.during(rows.Err())
}
