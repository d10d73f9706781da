package sqlitestate

import (
	"errors"
	"path/filepath"
	"testing"
	"time"

	"github.com/mcp-kernel/mcp-kernel/state"
)

// TestBatch gives a writer several jobs at once: one that spoils the common transaction, one that only loses, one that
// was given up. Each gets its own result, and the others are written.
func TestBatch(t *testing.T) {
	t.Parallel()
	s, err := Open(filepath.Join(t.TempDir(), "state.db"), Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { closed(t, s.Close()) })
	w := secondWriter(t, s)
	spoiled := errors.New("spoiled")
	results := map[string]error{"first": nil, "spoils": spoiled, "loses": state.ErrConflict, "last": nil, "given up": nil}
	jobs := map[string]*job{}
	for _, name := range []string{"first", "spoils", "loses", "given up", "last"} {
		result := results[name]
		jobs[name] = &job{done: make(chan error, 1), do: func(w *writer) error {
			if errors.Is(result, state.ErrConflict) {
				return result
			}
			_, err := w.store(time.Now(), state.Put{Key: "things/" + name})
			return errors.Join(err, result)
		}}
		if name != "first" {
			w.jobs <- jobs[name]
		}
	}
	jobs["given up"].begun.Store(true)
	w.serve(jobs["first"])
	for name, want := range results {
		if name == "given up" {
			continue
		}
		if err := <-jobs[name].done; !errors.Is(err, want) || (err == nil) != (want == nil) {
			t.Errorf("%s: error %v, want %v", name, err, want)
		}
	}
	page, err := s.List(t.Context(), "things", "", 10)
	if err != nil || len(page) != 2 || page[0].Key != "things/first" || page[1].Key != "things/last" {
		t.Errorf("written: %v, error %v, want first and last", page, err)
	}
}

func closed(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Error(err)
	}
}

// secondWriter returns a writer on a connection of its own, whose jobs can be queued before it begins.
func secondWriter(t *testing.T, s *Store) *writer {
	t.Helper()
	db, err := s.ready(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	conn, err := db.sql.Conn(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	w, err := newWriter(t.Context(), conn, time.Now, nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { closed(t, w.close()) })
	w.jobs = make(chan *job, batch)
	return w
}

// TestSweep wants expired rows gone from the file, not only from answers.
func TestSweep(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	now := time.Unix(1_800_000_000, 0)
	s, err := Open(filepath.Join(t.TempDir(), "state.db"), Options{Now: func() time.Time { return now }})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { closed(t, s.Close()) }()
	for _, key := range []string{"things/a", "things/b"} {
		if err := s.Set(ctx, key, nil, time.Second); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := s.Take(ctx, "alice", state.Claim{Name: "n", N: 1, Limit: 1, Window: time.Second}); err != nil {
		t.Fatal(err)
	}
	now = now.Add(2 * time.Second)
	if err := s.Set(ctx, "things/kept", nil, 0); err != nil {
		t.Fatal(err)
	}
	wantRows(t, s, 1, 1)
	now = now.Add(2 * linger)
	if err := s.Delete(ctx, "things/kept"); err != nil {
		t.Fatal(err)
	}
	wantRows(t, s, 0, 0)
}

func wantRows(t *testing.T, s *Store, wantItems, wantCounters int) {
	t.Helper()
	var items, counters int
	err := s.opened.Load().sql.QueryRowContext(t.Context(),
		"SELECT (SELECT count(*) FROM items), (SELECT count(*) FROM counters)").Scan(&items, &counters)
	if err != nil || items != wantItems || counters != wantCounters {
		t.Errorf("%d items and %d counters in the file, error %v, want %d and %d", items, counters, err, wantItems, wantCounters)
	}
}
