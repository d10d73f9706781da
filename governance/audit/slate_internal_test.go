package audit

import (
	"encoding/binary"
	"errors"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/mcp-kernel/mcp-kernel/modules/primitives"
)

// killed returns the directory as a process leaves it that is killed while it keeps the lock, with a few entries on the
// slate, and how many entries it acknowledged.
func killed(tb testing.TB, jotted int) (dir string, acknowledged uint64) {
	tb.Helper()
	live := tb.TempDir()
	j := alone(tb, live)
	write(tb, j, keepAfter+jotted)
	if n := j.slate.read(); (len(n.lines) > 0) != (jotted > 0) {
		tb.Fatalf("%d bytes on the slate", len(n.lines))
	}
	return copied(tb, live), j.Head().Size
}

// copied returns a copy of a data directory.
func copied(tb testing.TB, dir string) string {
	tb.Helper()
	fresh := tb.TempDir()
	if err := os.CopyFS(fresh, os.DirFS(dir)); err != nil {
		tb.Fatal(err)
	}
	if err := os.Chmod(filepath.Join(fresh, "key"), 0o600); err != nil {
		tb.Fatal(err)
	}
	return fresh
}

// whole checks that a directory verifies and holds the entries from the first to the n-th.
func whole(tb testing.TB, dir string, n uint64) {
	tb.Helper()
	report, err := Verify(tb.Context(), dir, VerifyOptions{Keys: KeysOf(keyOf(tb, dir))})
	if err != nil || report.Bad != nil || report.Last != n || report.Torn != 0 {
		tb.Fatalf("last entry %d of %d, torn %d, bad %+v, %v", report.Last, n, report.Torn, report.Bad, err)
	}
}

func keyOf(tb testing.TB, dir string) *primitives.Signer {
	tb.Helper()
	s, err := primitives.OpenSigner(filepath.Join(dir, "key"), "example.org/turn", nil)
	if err != nil {
		tb.Fatal(err)
	}
	return s
}

// again opens the directory of a process that was killed.
func again(tb testing.TB, dir string) (*Journal, error) {
	tb.Helper()
	now := time.Unix(1_700_000_000, 0)
	return Open(Options{Dir: dir, Origin: "example.org/turn", Signer: keyOf(tb, dir), Now: func() time.Time { return now }})
}

func TestWhatAKilledProcessLeftOnTheSlateIsThere(t *testing.T) {
	t.Parallel()
	dir, n := killed(t, 20)
	whole(t, dir, n) // a reader finds it before anybody writes
	r, err := OpenReader(dir)
	if err != nil {
		t.Fatal(err)
	}
	if e, err := r.Entry(t.Context(), n); err != nil || e.Seq != n {
		t.Errorf("entry %d: %v", e.Seq, err)
	}
	page, err := r.Query(t.Context(), Filter{}, "", 3)
	if err != nil || len(page.Entries) != 3 || page.Entries[0].Seq != n {
		t.Errorf("%+v, %v", page, err)
	}
	j, err := again(t, dir)
	if err != nil {
		t.Fatal(err)
	}
	if err := j.Close(); err != nil {
		t.Fatal(err)
	}
	whole(t, dir, n+2) // and the entries of opening and closing follow it
}

func TestKilledInTheMiddleOfBringing(t *testing.T) {
	t.Parallel()
	for name, part := range map[string]int{"nothing": 0, "half a line": 100, "all of it": 1 << 20} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir, n := killed(t, 5)
			b, err := os.ReadFile(filepath.Join(dir, journalDir, slateName))
			if err != nil {
				t.Fatal(err)
			}
			left := readSlate(b)
			f, err := os.OpenFile(filepath.Join(dir, journalDir, segmentName(1)), os.O_RDWR, 0)
			if err != nil {
				t.Fatal(err)
			}
			defer f.Close()
			if _, err := f.WriteAt(left.lines[:min(part, len(left.lines))], left.base); err != nil {
				t.Fatal(err)
			}
			whole(t, dir, n)
			j, err := again(t, dir)
			if err != nil {
				t.Fatal(err)
			}
			if err := j.Close(); err != nil {
				t.Fatal(err)
			}
			whole(t, dir, n+2)
		})
	}
}

// TestSlateAfterAPowerCut has slates that no process left behind. What of them is no entry is left out, with a note.
func TestSlateAfterAPowerCut(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name   string
		change func(b []byte, left jottings)
		lost   uint64 // entries
		noted  uint64
	}{
		{"the last line is torn", func(_ []byte, left jottings) { clear(left.lines[len(left.lines)-50:]) }, 1, 1},
		{"more counts than was written", func(b []byte, left jottings) {
			binary.LittleEndian.PutUint64(b[slateUsed:], uint64(len(left.lines)+700))
		}, 0, 1},
		{"more counts than there is room for", func(b []byte, _ jottings) {
			binary.LittleEndian.PutUint64(b[slateUsed:], 1<<40)
		}, 5, 0},
		{"lines of a segment that is gone", func(b []byte, _ jottings) {
			binary.LittleEndian.PutUint64(b[slateSegment:], 7)
		}, 5, 1},
		{"lines far behind the segment's end", func(b []byte, left jottings) {
			binary.LittleEndian.PutUint64(b[slateBase:], uint64(left.base+1))
		}, 5, 1},
		{"no slate at all", func(b []byte, _ jottings) { clear(b) }, 5, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			dir, n := killed(t, 5)
			name := filepath.Join(dir, journalDir, slateName)
			b, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			c.change(b, readSlate(b))
			if err := os.WriteFile(name, b, 0o600); err != nil {
				t.Fatal(err)
			}
			whole(t, dir, n-c.lost)
			j, err := again(t, dir)
			if err != nil {
				t.Fatal(err)
			}
			if err := j.Close(); err != nil {
				t.Fatal(err)
			}
			whole(t, dir, n-c.lost+2+c.noted)
		})
	}
}

// TestSlateOnAFullDisk brings the slate to the segment with the room that was kept for outcomes.
func TestSlateOnAFullDisk(t *testing.T) {
	t.Parallel()
	j := keeping(t, t.TempDir())
	before := j.room.have
	j.o.Files.WriteAt = func(f *os.File, b []byte, at int64) (int, error) {
		if j.room.have == before {
			return 0, syscall.ENOSPC
		}
		return f.WriteAt(b, at)
	}
	write(t, j, 3)
	j.rest()
	if n := j.slate.read(); len(n.lines) > 0 || j.room.have >= before {
		t.Errorf("%d bytes on the slate, %d of %d bytes of room", len(n.lines), j.room.have, before)
	}
	j.o.Files.WriteAt = (*os.File).WriteAt
}

func TestSlateIsBroughtWhenItIsFull(t *testing.T) {
	t.Parallel()
	j := keeping(t, t.TempDir())
	for range 2000 {
		write(t, j, 1)
		if n := j.slate.read(); n.end() != j.seg.end && len(n.lines) > 0 || !j.turn.held {
			t.Fatalf("bytes %d to %d on the slate, the segment ends at %d", n.base, n.end(), j.seg.end)
		}
	}
	if size := fileSize(j.seg.file); size < j.seg.end-slateRoom {
		t.Errorf("%d bytes in the segment of %d", size, j.seg.end)
	}
	if err := j.flush(); err != nil || fileSize(j.seg.file) != j.seg.end {
		t.Errorf("%d bytes in the segment of %d, %v", fileSize(j.seg.file), j.seg.end, err)
	}
}

// TestNoSlateNoHarm takes the slate from a journal that uses it.
func TestNoSlateNoHarm(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	j := keeping(t, dir)
	write(t, j, 3)
	if err := errors.Join(j.flush(), j.slate.close()); err != nil {
		t.Fatal(err)
	}
	write(t, j, 3)
	j.rest()
	whole(t, dir, 1+keepAfter+6)
}

// FuzzSlate opens a journal beside whose entries lies a slate of a stranger's making: what was in the segment stays, and
// what follows it is an entry or left out.
func FuzzSlate(f *testing.F) {
	dir, n := killed(f, 3)
	b, err := os.ReadFile(filepath.Join(dir, journalDir, slateName))
	if err != nil {
		f.Fatal(err)
	}
	used := slateHead + len(readSlate(b).lines)
	f.Add(b[:used])
	f.Add(b[:used-10])
	f.Add(b[:slateHead])
	f.Add([]byte(slateMagic))
	f.Fuzz(func(t *testing.T, content []byte) {
		fresh := copied(t, dir)
		if err := os.WriteFile(filepath.Join(fresh, journalDir, slateName), content, 0o600); err != nil {
			t.Fatal(err)
		}
		report, err := Verify(t.Context(), fresh, VerifyOptions{})
		if err != nil || report.Last < n-3 {
			t.Fatalf("last entry %d, %v", report.Last, err)
		}
		if j, err := again(t, fresh); err == nil {
			if err := j.Close(); err != nil {
				t.Fatal(err)
			}
		} else if !errors.Is(err, ErrDamaged) {
			t.Fatal(err)
		}
	})
}
