package audit_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/mcp-kernel/mcp-kernel/governance/audit"
	"github.com/mcp-kernel/mcp-kernel/modules/primitives"
)

// recorded is a journal of some calls, with its lines and its signed head.
type recorded struct {
	j     *audit.Journal
	lines [][]byte
	head  []byte
	key   *primitives.Verifier
}

func write300(t *testing.T) recorded {
	t.Helper()
	dir := t.TempDir()
	w := recorded{j: open(t, dir), key: signer(t, dir).Verifier()}
	call(t, w.j, 0, 300)
	head, err := w.j.Sign(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	w.head = head.Note
	for line, err := range w.j.Lines(t.Context(), 1) {
		if err != nil {
			t.Fatal(err)
		}
		if int(line.Seq) != len(w.lines)+1 {
			t.Fatalf("line %d is said to be %d", len(w.lines)+1, line.Seq)
		}
		w.lines = append(w.lines, bytes.Clone(line.Raw))
	}
	return w
}

func openCopy(t *testing.T, dir string) *audit.Copy {
	t.Helper()
	c, err := audit.OpenCopy(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func closeCopy(t *testing.T, c *audit.Copy) {
	t.Helper()
	if err := c.Close(); err != nil {
		t.Fatal(err)
	}
}

// A copy that was received in pieces, by processes of which one was killed, verifies like the journal and proves the same.
func TestCopy(t *testing.T) {
	t.Parallel()
	w, dir := write300(t), t.TempDir()
	for _, piece := range [][2]int{{0, 1}, {1, 257}, {257, 258}, {258, len(w.lines)}} {
		c := openCopy(t, dir)
		if int(c.Last()) != piece[0] {
			t.Fatalf("the copy ends at %d, want %d", c.Last(), piece[0])
		}
		if err := c.Append(w.lines[piece[0]:piece[1]]...); err != nil {
			t.Fatal(err)
		}
		closeCopy(t, c)
		if piece[1] == 257 { // as kill -9 leaves it: without tiles, and with a torn line
			if err := os.RemoveAll(filepath.Join(dir, "journal", "tile")); err != nil {
				t.Fatal(err)
			}
			tear(t, dir, w.lines[257])
		}
	}
	c := openCopy(t, dir)
	if _, err := c.Head(w.head, w.key); err != nil {
		t.Fatal(err)
	}
	closeCopy(t, c)
	report, err := audit.Verify(t.Context(), dir, audit.VerifyOptions{Keys: audit.Keys{w.key}, Head: w.head})
	if err != nil || report.Bad != nil || int(report.SignedUpTo) != len(w.lines) || !report.HeadGiven {
		t.Errorf("%v, %v", report, err)
	}
	for _, seq := range []uint64{1, 256, 257, uint64(len(w.lines))} {
		r, err := audit.ReceiptOf(t.Context(), dir, seq, w.key)
		if err != nil {
			t.Fatal(err)
		}
		raw, err := json.Marshal(r)
		if err != nil {
			t.Fatal(err)
		}
		if e, _, err := audit.VerifyReceipt(raw, w.key); err != nil || e.Seq != seq || len(r.Salt) > 0 {
			t.Errorf("receipt of %d: %v, %v", seq, e.Seq, err)
		}
	}
}

// tear writes the first half of a line at the end of a copy.
func tear(t *testing.T, dir string, line []byte) {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(dir, "journal", "*.jsonl"))
	if err != nil || len(files) != 1 {
		t.Fatalf("%v, %v", files, err)
	}
	f, err := os.OpenFile(files[0], os.O_WRONLY|os.O_APPEND, 0)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.Write(line[:len(line)/2]); err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
}

// What is not as it was written, or not what comes next, never becomes part of a copy; what came before it does.
func TestCopyRefuses(t *testing.T) {
	t.Parallel()
	w := write300(t)
	edited := func(i int, old, now string) [][]byte {
		lines := slices.Clone(w.lines)
		lines[i] = bytes.Replace(lines[i], []byte(old), []byte(now), 1)
		if bytes.Equal(lines[i], w.lines[i]) {
			t.Fatalf("line %d has no %s: %s", i, old, lines[i])
		}
		return lines
	}
	for _, c := range []struct {
		name  string
		lines [][]byte
		kept  uint64
		want  string
	}{
		{"an edited entry", edited(20, `"file_read"`, `"file_grab"`), 20, "entry 21"},
		{"a missing entry", slices.Concat(w.lines[:7], w.lines[8:]), 7, "its number is 9, not 8"},
		{"an entry twice", slices.Concat(w.lines[:7], w.lines[6:]), 7, "its number is 7, not 8"},
		{"two entries swapped", slices.Concat(w.lines[:7], w.lines[8:9], w.lines[7:8]), 7, "its number is 9, not 8"},
		{"no beginning", w.lines[1:], 0, "its number is 2, not 1"},
		{"no entry", [][]byte{[]byte("hello\n")}, 0, "entry 1"},
		{"half a line", [][]byte{w.lines[0][:40]}, 0, "entry 1"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			copied := openCopy(t, t.TempDir())
			defer closeCopy(t, copied)
			err := copied.Append(c.lines...)
			if !errors.Is(err, audit.ErrDamaged) || !strings.Contains(err.Error(), c.want) || copied.Last() != c.kept {
				t.Errorf("%v, %d kept; want %s, %d kept", err, copied.Last(), c.want, c.kept)
			}
		})
	}
}

// A chain that holds and was not signed is found by its head; a head of somebody else is none.
func TestCopyChecksHeads(t *testing.T) {
	t.Parallel()
	one, other := write300(t), write300(t)
	copied := openCopy(t, t.TempDir())
	defer closeCopy(t, copied)
	if err := copied.Append(one.lines[:250]...); err != nil {
		t.Fatal(err)
	}
	if _, err := copied.Head(one.head, one.key); !errors.Is(err, audit.ErrNotFound) {
		t.Errorf("a head that reaches further: %v", err)
	}
	if err := copied.Append(one.lines[250:]...); err != nil {
		t.Fatal(err)
	}
	if _, err := copied.Head(one.head, other.key); err == nil {
		t.Error("a head under another key was taken")
	}
	if _, err := copied.Head(other.head, other.key); !errors.Is(err, audit.ErrDamaged) {
		t.Errorf("a head of another journal: %v", err)
	}
	if head, err := copied.Head(one.head, one.key); err != nil || int(head.Size) != len(one.lines) {
		t.Errorf("%d, %v", head.Size, err)
	}
}

// A journal that is written here is no copy, whoever asks.
func TestCopyOfOneself(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	open(t, dir)
	if _, err := audit.OpenCopy(t.Context(), dir); err == nil || !strings.Contains(err.Error(), "written here") {
		t.Error(err)
	}
}
