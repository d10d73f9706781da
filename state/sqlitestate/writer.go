package sqlitestate

import (
	"context"
	"database/sql"
	"errors"
	"sync/atomic"
	"time"

	"github.com/mcp-kernel/mcp-kernel/state"
)

const (
	// batch is how many writes one transaction carries at most.
	batch = 128
	// sweepEvery is how often a write also removes what has expired, by the store's clock, and sweepMost how much of it.
	sweepEvery = time.Second
	sweepMost  = 512
	// linger is how long a counter outlives its window, so that a clock that is set back a little does not reopen it.
	linger = time.Minute
)

// A job is one write. It either changes the database and returns nil, or leaves it alone and returns state.ErrConflict;
// after any other error the transaction is rolled back. It may run twice.
type job struct {
	do    func(*writer) error
	begun atomic.Bool // by the writer, or given up by the caller: who sets it decides
	done  chan error
}

// A writer owns the one connection that writes. Its statements are used by its goroutine alone.
type writer struct {
	conn    *sql.Conn
	now     func() time.Time
	jobs    chan *job // unbuffered: who could not hand over a job yet can still go away
	closing <-chan struct{}
	swept   time.Time

	begin, commit, rollback        *sql.Stmt
	version, put, remove           *sql.Stmt
	counter, charge, drop          *sql.Stmt
	stream, open, extend, add, cut *sql.Stmt
	sweepItems, sweepCounters      *sql.Stmt

	compiled []*sql.Stmt // all of them
}

// newWriter takes over a connection, and closes it when it fails.
func newWriter(ctx context.Context, conn *sql.Conn, now func() time.Time, closing <-chan struct{}) (*writer, error) {
	w := &writer{conn: conn, now: now, jobs: make(chan *job), closing: closing}
	for _, p := range []struct {
		statement **sql.Stmt
		text      string
	}{
		{&w.begin, `BEGIN IMMEDIATE`},
		{&w.commit, `COMMIT`},
		{&w.rollback, `ROLLBACK`},
		{&w.version, `SELECT version FROM items WHERE key = ? AND (expires = 0 OR expires > ?)`},
		{&w.put, `INSERT OR REPLACE INTO items (key, value, expires) VALUES (?, ?, ?)`},
		{&w.remove, `DELETE FROM items WHERE key = ?`},
		{&w.counter, `SELECT used, ends FROM counters WHERE shard = ? AND name = ? AND length = ?`},
		{&w.charge, `INSERT INTO counters (shard, name, length, used, ends) VALUES (?, ?, ?, ?, ?)
			ON CONFLICT DO UPDATE SET used = excluded.used, ends = excluded.ends`},
		{&w.drop, `DELETE FROM counters WHERE shard = ? AND name = ? AND length = ?`},
		{&w.stream, `SELECT id, last FROM streams WHERE name = ?`},
		{&w.open, `INSERT INTO streams (name, last) VALUES (?, 0)`},
		{&w.extend, `UPDATE streams SET last = ? WHERE id = ?`},
		{&w.add, `INSERT INTO records (stream, seq, at, value) VALUES (?, ?, ?, ?)`},
		{&w.cut, `DELETE FROM records WHERE stream = ?1 AND seq < min(?2, (SELECT min(seq) FROM records WHERE stream = ?1) + ?3)`},
		{&w.sweepItems, `DELETE FROM items WHERE version IN (SELECT version FROM items WHERE expires > 0 AND expires <= ? LIMIT ?)`},
		{&w.sweepCounters, `DELETE FROM counters WHERE (shard, name, length) IN
			(SELECT shard, name, length FROM counters WHERE ends > 0 AND ends <= ? LIMIT ?)`},
	} {
		var err error
		if *p.statement, err = conn.PrepareContext(ctx, p.text); err != nil {
			return nil, errors.Join(err, w.close())
		}
		w.compiled = append(w.compiled, *p.statement)
	}
	return w, nil
}

// close releases the connection. database/sql leaves the statements of a single connection open, and with one of them
// open SQLite would not close the file.
func (w *writer) close() error {
	var faults []error
	for _, statement := range w.compiled {
		faults = append(faults, statement.Close())
	}
	return errors.Join(append(faults, w.conn.Close())...)
}

// write hands a job to the writer and waits for it. A context that ends before the job has begun ends the wait and takes
// the job back; one that has begun is waited for, so that the caller knows what became of it.
func (s *Store) write(ctx context.Context, do func(*writer) error) error {
	db, err := s.ready(ctx)
	if err != nil {
		return err
	}
	j := &job{do: do, done: make(chan error, 1)}
	select {
	case db.writer.jobs <- j:
	case <-ctx.Done():
		return ctx.Err()
	case <-s.closing:
		return state.ErrClosed
	}
	select {
	case err = <-j.done:
	case <-ctx.Done():
		if j.begun.CompareAndSwap(false, true) {
			return ctx.Err()
		}
		err = <-j.done
	}
	return s.explain(err)
}

// run does jobs until the store is closed.
func (w *writer) run() {
	for {
		select {
		case <-w.closing:
			return
		case first := <-w.jobs:
			w.serve(first)
		}
	}
}

// serve does one job, and in the same transaction those of everybody who is waiting when the file is ours.
func (w *writer) serve(first *job) {
	if err := exec(w.begin); err != nil {
		first.finish(err)
		return
	}
	jobs := w.gather(first)
	results := make([]error, len(jobs))
	err := w.attempt(jobs, results)
	if err == nil {
		err = exec(w.commit)
	}
	if err != nil {
		w.abandon()
		w.alone(jobs, results, err)
	}
	for i, j := range jobs {
		j.done <- results[i]
	}
}

// gather returns the jobs that are to be done now: what their callers gave up is left out.
func (w *writer) gather(next *job) []*job {
	var jobs []*job
	for {
		if next.begun.CompareAndSwap(false, true) {
			jobs = append(jobs, next)
		}
		if len(jobs) == batch {
			return jobs
		}
		select {
		case next = <-w.jobs:
		default:
			return jobs
		}
	}
}

// attempt does jobs inside a transaction, and then a little sweeping. It returns the first error that spoils it.
func (w *writer) attempt(jobs []*job, results []error) error {
	for i, j := range jobs {
		results[i] = j.do(w)
		if results[i] != nil && !errors.Is(results[i], state.ErrConflict) {
			return results[i]
		}
	}
	return w.sweep()
}

// alone does jobs one by one after their common transaction has failed, so that each gets its own result. A single one
// has it already.
func (w *writer) alone(jobs []*job, results []error, common error) {
	if len(jobs) == 1 {
		results[0] = common
		return
	}
	for i, j := range jobs {
		results[i] = w.transact(j)
	}
}

// transact does one job in a transaction of its own.
func (w *writer) transact(j *job) error {
	if err := exec(w.begin); err != nil {
		return err
	}
	err := j.do(w)
	if err == nil {
		err = exec(w.commit)
	}
	if err != nil {
		w.abandon()
	}
	return err
}

// abandon rolls back. SQLite may have done so itself, which is then an error of no interest.
func (w *writer) abandon() { _ = exec(w.rollback) }

func (j *job) finish(err error) {
	if j.begun.CompareAndSwap(false, true) {
		j.done <- err
	}
}

// exec runs a statement of the writer, without a context: a job that has begun is finished.
func exec(statement *sql.Stmt, args ...any) error {
	_, err := statement.ExecContext(context.Background(), args...)
	return err
}

// sweep removes some of what has expired, now and then, and soon again when there was much.
func (w *writer) sweep() error {
	now := w.now()
	if passed := now.Sub(w.swept); passed >= 0 && passed < sweepEvery {
		return nil
	}
	most := int64(0)
	for statement, before := range map[*sql.Stmt]time.Time{w.sweepItems: now, w.sweepCounters: now.Add(-linger)} {
		result, err := statement.ExecContext(context.Background(), before.UnixMilli(), sweepMost)
		if err != nil {
			return err
		}
		removed, err := result.RowsAffected()
		if err != nil {
			return err
		}
		most = max(most, removed)
	}
	if most < sweepMost {
		w.swept = now
	}
	return nil
}
