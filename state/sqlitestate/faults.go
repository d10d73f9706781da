package sqlitestate

import (
	"context"
	"errors"
	"fmt"

	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"

	"github.com/mcp-kernel/mcp-kernel/state"
)

var (
	// ErrDamaged means that the file is no SQLite database, or a broken one.
	ErrDamaged = errors.New("the file is damaged or no database: move it away, or restore it from a backup")
	// ErrForeign means that the file is a database of another program.
	ErrForeign = errors.New("the file is another program's database")
	// ErrNewer means that a newer program has migrated the file.
	ErrNewer = errors.New("the file was written by a newer program: update this one")
	// ErrBusy means that other processes kept the file locked for longer than Options.Patience.
	ErrBusy = errors.New("other processes keep the file locked")
)

// explain turns an error of the database into one of package state where there is one, and says which file it is about.
func (s *Store) explain(err error) error {
	switch {
	case err == nil, errors.Is(err, state.ErrConflict), errors.Is(err, state.ErrNotFound), errors.Is(err, state.ErrClosed),
		errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		return err
	}
	if kind := kindOf(err); kind != nil {
		return fmt.Errorf("state database %s: %w: %w", s.path, kind, err)
	}
	return fmt.Errorf("state database %s: %w", s.path, err)
}

// during explains the error of an operation that Close may have cut off.
func (s *Store) during(err error) error {
	if err != nil && !errors.Is(err, state.ErrConflict) {
		select {
		case <-s.closing:
			return state.ErrClosed
		default:
		}
	}
	return s.explain(err)
}

// code returns SQLite's primary result code, 0 for other errors.
func code(err error) int {
	if fault, ok := errors.AsType[*sqlite.Error](err); ok {
		return fault.Code() & 0xff
	}
	return 0
}

// kindOf returns the sentinel of a result code, nil when there is none.
func kindOf(err error) error {
	switch code(err) {
	case sqlite3.SQLITE_FULL:
		return state.ErrFull
	case sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB:
		return ErrDamaged
	case sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED:
		return ErrBusy
	}
	return nil
}
