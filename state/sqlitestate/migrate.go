package sqlitestate

import (
	"context"
	"database/sql"
	"embed"
	"fmt"
	"io/fs"
	"time"

	sqlite3 "modernc.org/sqlite/lib"
)

// applicationID marks the file as ours, "mcpk" in the header (https://sqlite.org/fileformat2.html#application_id).
const applicationID = 0x6d63706b

// The migrations are numbered from 1 without gaps and never changed once they were released. The number of the last one
// that was applied is the file's user_version.
//
//go:embed migrations/*.sql
var migrations embed.FS

// migrate brings the file to the newest schema, whatever other processes do at the same time. A file that is not ours,
// or newer than this program, stays as it is.
func migrate(ctx context.Context, conn *sql.Conn, patience time.Duration) error {
	scripts, err := fs.Glob(migrations, "migrations/*.sql")
	if err != nil {
		return err
	}
	version, err := identify(ctx, conn, len(scripts))
	if err != nil {
		return err
	}
	if err := useWAL(ctx, conn, patience); err != nil || version == len(scripts) {
		return err
	}
	if _, err := conn.ExecContext(ctx, "BEGIN EXCLUSIVE"); err != nil {
		return err
	}
	if err := apply(ctx, conn, scripts); err != nil {
		_, _ = conn.ExecContext(context.WithoutCancel(ctx), "ROLLBACK") // what went wrong is err
		return err
	}
	_, err = conn.ExecContext(ctx, "COMMIT")
	return err
}

// identify returns the version of the file's schema, 0 for a new file, or why the file cannot be used.
func identify(ctx context.Context, conn *sql.Conn, newest int) (int, error) {
	var version, application, tables int
	err := conn.QueryRowContext(ctx, `SELECT (SELECT user_version FROM pragma_user_version),
		(SELECT application_id FROM pragma_application_id), (SELECT count(*) FROM sqlite_schema)`).
		Scan(&version, &application, &tables)
	switch {
	case err != nil:
		return 0, err
	case application != applicationID && (application != 0 || version != 0 || tables != 0):
		return 0, ErrForeign
	case version > newest:
		return 0, fmt.Errorf("%w: its schema has number %d, the newest known is %d", ErrNewer, version, newest)
	}
	return version, nil
}

// useWAL turns on the write-ahead log, which stays on. SQLite does not wait for locks here, so this does.
func useWAL(ctx context.Context, conn *sql.Conn, patience time.Duration) error {
	for begun := time.Now(); ; pause(ctx, 5*time.Millisecond) {
		var mode string
		err := conn.QueryRowContext(ctx, "PRAGMA journal_mode = WAL").Scan(&mode)
		switch {
		case err == nil && mode != "wal":
			return fmt.Errorf("the file system has no shared memory for a write-ahead log: journal mode stays %s", mode)
		case code(err) != sqlite3.SQLITE_BUSY || time.Since(begun) > patience:
			return err
		}
	}
}

// pause waits for a moment, or until the context ends.
func pause(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
}

// apply runs the migrations that the file has not seen. It asks again, because another process may have been faster.
func apply(ctx context.Context, conn *sql.Conn, scripts []string) error {
	version, err := identify(ctx, conn, len(scripts))
	if err != nil {
		return err
	}
	for _, script := range scripts[version:] {
		text, err := migrations.ReadFile(script)
		if err != nil {
			return err
		}
		if _, err := conn.ExecContext(ctx, string(text)); err != nil {
			return fmt.Errorf("%s: %w", script, err)
		}
	}
	_, err = conn.ExecContext(ctx, fmt.Sprintf("PRAGMA application_id = %d; PRAGMA user_version = %d", applicationID, len(scripts)))
	return err
}
