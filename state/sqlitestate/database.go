package sqlitestate

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"

	_ "modernc.org/sqlite" // registers the driver "sqlite"
)

// readers is how many reads run at the same time; more wait.
const readers = 4

// A database is an open file.
type database struct {
	sql    *sql.DB
	writer *writer
	herald *herald

	get, list, last, read *sql.Stmt

	running sync.WaitGroup // the writer's goroutine, and the herald's
}

// openDatabase opens and migrates the file. closing ends what it starts.
func openDatabase(ctx context.Context, path string, o Options, closing <-chan struct{}) (*database, error) {
	if err := create(path); err != nil {
		return nil, err
	}
	pool, err := sql.Open("sqlite", source(path, o))
	if err != nil {
		return nil, err
	}
	pool.SetMaxOpenConns(readers + 2) // one for the writer, one for the herald
	pool.SetMaxIdleConns(readers + 2)
	db := &database{sql: pool}
	if err := db.prepare(ctx, o, closing); err != nil {
		return nil, errors.Join(err, pool.Close())
	}
	db.herald = &herald{database: db, closing: closing}
	db.running.Go(db.writer.run)
	return db, nil
}

// create makes the file if there is none. SQLite would make it readable for everybody; its other files copy the mode.
func create(path string) error {
	file, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600) //nolint:gosec // the path is the operator's
	if err != nil {
		return err
	}
	return file.Close()
}

// source names the file and the settings of every connection for the driver.
func source(path string, o Options) string {
	path = filepath.ToSlash(path)
	if !strings.HasPrefix(path, "/") {
		path = "/" + path // C:/… on Windows
	}
	settings := url.Values{"_pragma": {
		fmt.Sprintf("busy_timeout(%d)", max(1, o.Patience.Milliseconds())),
		"synchronous(NORMAL)",
		fmt.Sprintf("max_page_count(%d)", o.MaxBytes/pageSize),
		"journal_size_limit(67108864)",
		"trusted_schema(OFF)",
	}}
	return (&url.URL{Scheme: "file", Path: path, RawQuery: settings.Encode()}).String()
}

// prepare migrates the schema and compiles what is asked over and over.
func (db *database) prepare(ctx context.Context, o Options, closing <-chan struct{}) error {
	conn, err := db.sql.Conn(ctx)
	if err != nil {
		return err
	}
	if err := migrate(ctx, conn, o.Patience); err != nil {
		return errors.Join(err, conn.Close())
	}
	if db.writer, err = newWriter(ctx, conn, o.Now, closing); err != nil {
		return err
	}
	for _, p := range []struct {
		statement **sql.Stmt
		text      string
	}{
		{&db.get, `SELECT version, value, expires FROM items WHERE key = ? AND (expires = 0 OR expires > ?)`},
		{&db.list, `SELECT key, version, value, expires FROM items
			WHERE key > ? AND key < ? AND (expires = 0 OR expires > ?) ORDER BY key LIMIT ?`},
		{&db.last, `SELECT last FROM streams WHERE name = ?`},
		{&db.read, `SELECT seq, at, value FROM records
			WHERE stream = (SELECT id FROM streams WHERE name = ?) AND seq BETWEEN ? AND ? ORDER BY seq LIMIT ?`},
	} {
		if *p.statement, err = db.sql.PrepareContext(ctx, p.text); err != nil {
			return errors.Join(err, db.writer.close())
		}
	}
	return nil
}

// close waits for the writer, which has been told, and closes all connections.
func (db *database) close() error {
	db.running.Wait()
	return errors.Join(db.writer.close(), db.sql.Close())
}
