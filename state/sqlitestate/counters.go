package sqlitestate

import (
	"context"
	"database/sql"
	"errors"

	"github.com/mcp-kernel/mcp-kernel/state"
)

// Take charges all claims of one shard or none.
func (s *Store) Take(ctx context.Context, shard string, claims ...state.Claim) ([]state.Taken, error) {
	if _, err := s.ready(ctx); err != nil {
		return nil, err
	}
	if err := state.CheckTake(shard, claims); err != nil {
		return nil, err
	}
	var taken []state.Taken
	err := s.write(ctx, func(w *writer) (err error) {
		taken, err = w.take(shard, claims)
		return err
	})
	if err != nil {
		return nil, err
	}
	return taken, nil
}

func (w *writer) take(shard string, claims []state.Claim) ([]state.Taken, error) {
	cells := make([]state.Cell, len(claims))
	for i, c := range claims {
		row := w.counter.QueryRowContext(context.Background(), shard, c.Name, c.Window.Milliseconds())
		if err := row.Scan(&cells[i].Used, &cells[i].Ends); err != nil && !errors.Is(err, sql.ErrNoRows) {
			return nil, err
		}
	}
	taken, admitted := state.Charge(w.now(), cells, claims)
	for i, c := range claims {
		if !admitted || c.N == 0 {
			continue
		}
		if err := w.keep(shard, c, cells[i]); err != nil {
			return nil, err
		}
	}
	return taken, nil
}

// keep stores a counter, unless it says no more than its absence would.
func (w *writer) keep(shard string, c state.Claim, cell state.Cell) error {
	if cell == (state.Cell{}) {
		return exec(w.drop, shard, c.Name, 0)
	}
	return exec(w.charge, shard, c.Name, c.Window.Milliseconds(), cell.Used, cell.Ends)
}
