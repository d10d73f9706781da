package sqlitestate_test

import (
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/mcp-kernel/mcp-kernel/state"
	"github.com/mcp-kernel/mcp-kernel/state/sqlitestate"
)

func TestOpenIsLazy(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "state.db")
	store := open(t, path, sqlitestate.Options{})
	if _, err := os.Stat(path); !errors.Is(err, fs.ErrNotExist) {
		t.Fatalf("after Open: %v, want no file yet", err)
	}
	if err := store.Ping(t.Context()); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{path, path + "-wal", path + "-shm"} {
		info, err := os.Stat(name)
		if err != nil {
			t.Fatal(err)
		}
		if mode := info.Mode().Perm(); mode != 0o600 && runtime.GOOS != "windows" {
			t.Errorf("%s has mode %o, want 600", name, mode)
		}
	}
	if err := store.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(path + "-wal"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("after Close: %v, want no write-ahead log left", err)
	}
}

func TestCloseUnused(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "state.db")
	store := open(t, path, sqlitestate.Options{})
	if err := store.Close(); err != nil {
		t.Fatal(err)
	}
	if err := store.Ping(t.Context()); !errors.Is(err, state.ErrClosed) {
		t.Errorf("Ping: %v, want %v", err, state.ErrClosed)
	}
	if _, err := os.Stat(path); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a store that was never used has left a file: %v", err)
	}
}

func TestOpenFaults(t *testing.T) {
	t.Parallel()
	_, err := sqlitestate.Open("state.db", sqlitestate.Options{MaxBytes: 1, Patience: -time.Second})
	if err == nil || !strings.Contains(err.Error(), "at most 1 bytes") || !strings.Contains(err.Error(), "patience -1s") {
		t.Errorf("error %v, want both faults", err)
	}
	if _, err := sqlitestate.Open("", sqlitestate.Options{}); err == nil {
		t.Error("a store without a path")
	}
}

func TestReopen(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"state.db", "a b.db", "ä%20?x=1#y&z.db", ":memory:", "-o", "file:x"} {
		if runtime.GOOS == "windows" && strings.ContainsAny(name, "?:") {
			continue
		}
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			path := filepath.Join(t.TempDir(), name)
			for i := range 3 {
				store := open(t, path, sqlitestate.Options{})
				last, err := store.Append(t.Context(), "s", state.Seq(i), []byte("x"))
				if err != nil || last != state.Seq(i+1) {
					t.Errorf("opened the %d. time: record %d, error %v", i+1, last, err)
				}
				if err := store.Close(); err != nil {
					t.Error(err)
				}
			}
			if info, err := os.Stat(path); err != nil || info.Size() == 0 {
				t.Errorf("the file is not where it should be: %v", err)
			}
		})
	}
}

// TestUnusable opens what is no state database: the error says so, and the file stays as it is.
func TestUnusable(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		prepare func(t *testing.T, path string)
		want    error
		says    string
	}{
		"garbage":   {garbage, sqlitestate.ErrDamaged, "restore it from a backup"},
		"truncated": {truncated, sqlitestate.ErrDamaged, "damaged"},
		"foreign":   {statements("CREATE TABLE recipes (name TEXT)"), sqlitestate.ErrForeign, "another program's"},
		"other id":  {statements("PRAGMA application_id = 7"), sqlitestate.ErrForeign, "another program's"},
		"newer": {
			statements("PRAGMA application_id = 0x6d63706b; PRAGMA user_version = 999"),
			sqlitestate.ErrNewer, "number 999, the newest known is 1",
		},
		"folder":    {func(t *testing.T, path string) { t.Helper(); check(t, os.Mkdir(path, 0o700)) }, nil, "is a directory"},
		"no folder": {func(t *testing.T, path string) { t.Helper(); check(t, os.Remove(filepath.Dir(path))) }, fs.ErrNotExist, "no such file"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			path := filepath.Join(t.TempDir(), "folder", "state.db")
			check(t, os.Mkdir(filepath.Dir(path), 0o700))
			c.prepare(t, path)
			before, _ := os.ReadFile(path)
			store := open(t, path, sqlitestate.Options{})
			for range 2 {
				_, err := store.Get(t.Context(), "things/a")
				if err == nil || !strings.Contains(err.Error(), c.says) || !strings.Contains(err.Error(), path) {
					t.Errorf("error %v, want one about %s that says %q", err, path, c.says)
				}
				if c.want != nil && !errors.Is(err, c.want) {
					t.Errorf("error %v, want %v", err, c.want)
				}
			}
			if after, _ := os.ReadFile(path); string(before) != string(after) {
				t.Error("the file has changed")
			}
		})
	}
}

func check(tb testing.TB, err error) {
	tb.Helper()
	if err != nil {
		tb.Fatal(err)
	}
}

func garbage(t *testing.T, path string) {
	t.Helper()
	check(t, os.WriteFile(path, []byte(strings.Repeat("this is not a database. ", 1000)), 0o600))
}

// truncated makes a database whose second half is gone.
func truncated(t *testing.T, path string) {
	t.Helper()
	store := open(t, path, sqlitestate.Options{})
	for i := range 100 {
		check(t, store.Set(t.Context(), fmt.Sprintf("things/%03d", i), make([]byte, 2000), 0))
	}
	check(t, store.Close())
	check(t, os.Truncate(path, 8192))
}

func statements(text string) func(*testing.T, string) {
	return func(t *testing.T, path string) {
		t.Helper()
		db, err := sql.Open("sqlite", path)
		check(t, err)
		defer func() { check(t, db.Close()) }()
		_, err = db.ExecContext(t.Context(), text)
		check(t, err)
	}
}

// TestRecovers makes the missing folder after the first failure.
func TestRecovers(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "later", "state.db")
	store := open(t, path, sqlitestate.Options{})
	if err := store.Ping(t.Context()); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("Ping: %v, want %v", err, fs.ErrNotExist)
	}
	check(t, os.Mkdir(filepath.Dir(path), 0o700))
	check(t, store.Ping(t.Context()))
}

// TestDamagedLater breaks pages of a file whose beginning is sound.
func TestDamagedLater(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "state.db")
	store := open(t, path, sqlitestate.Options{})
	for i := range 200 {
		check(t, store.Set(t.Context(), fmt.Sprintf("things/%03d", i), []byte(strings.Repeat("x", 1000)), 0))
	}
	check(t, store.Close())
	content, err := os.ReadFile(path)
	check(t, err)
	for page := 4096 * 4; page+4096 <= len(content); page += 4096 {
		copy(content[page:page+100], strings.Repeat("\xff", 100))
	}
	check(t, os.WriteFile(path, content, 0o600))
	store = open(t, path, sqlitestate.Options{})
	_, err = store.List(t.Context(), "things", "", 1000)
	if !errors.Is(err, sqlitestate.ErrDamaged) {
		t.Errorf("List: %v, want %v", err, sqlitestate.ErrDamaged)
	}
}

func TestFull(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	store := open(t, filepath.Join(t.TempDir(), "state.db"), sqlitestate.Options{MaxBytes: 1 << 20})
	value := make([]byte, 64<<10)
	written := 0
	var err error
	for ; err == nil && written < 100; written++ {
		err = store.Set(ctx, fmt.Sprintf("things/%03d", written), value, 0)
	}
	if !errors.Is(err, state.ErrFull) || written < 8 {
		t.Fatalf("after %d writes: %v, want %v", written, err, state.ErrFull)
	}
	if _, err := store.Append(ctx, "s", state.Tail, value, value, value); !errors.Is(err, state.ErrFull) {
		t.Errorf("Append: %v, want %v", err, state.ErrFull)
	}
	if last, err := store.Last(ctx, "s"); last != 0 || err != nil {
		t.Errorf("a failed Append has left record %d, error %v", last, err)
	}
	page, err := store.List(ctx, "things", "", 100)
	if err != nil || len(page) != written-1 {
		t.Errorf("List has %d items, error %v, want the %d that were written", len(page), err, written-1)
	}
	check(t, store.Delete(ctx, "things/000"))
	check(t, store.Delete(ctx, "things/001"))
	check(t, store.Set(ctx, "things/again", value, 0))
}
