package audit_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/mcp-kernel/mcp-kernel/governance/audit"
)

// written makes a closed journal with so many calls.
func written(t *testing.T, calls int, change ...func(*audit.Options)) string {
	t.Helper()
	dir := t.TempDir()
	j := open(t, dir, change...)
	call(t, j, 0, calls)
	if err := j.Close(); err != nil {
		t.Fatal(err)
	}
	return dir
}

// call records calls, decision and outcome each on its own.
func call(t *testing.T, j *audit.Journal, from, to int) {
	t.Helper()
	for i := from; i < to; i++ {
		id := fmt.Sprintf("call-%d", i)
		for _, e := range []*audit.Entry{decision(id), outcome(id)} {
			if err := j.Append(context.Background(), e); err != nil {
				t.Fatal(err)
			}
		}
	}
}

func verify(t *testing.T, dir string, head ...byte) audit.Report {
	t.Helper()
	r, err := audit.Verify(t.Context(), dir, audit.VerifyOptions{Keys: audit.KeysOf(signer(t, dir)), Head: head})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func firstSegment(dir string) string {
	return filepath.Join(dir, "journal", "00000000000000000001.jsonl")
}

func lines(t *testing.T, dir string) [][]byte {
	t.Helper()
	raw, err := os.ReadFile(firstSegment(dir))
	if err != nil {
		t.Fatal(err)
	}
	return slices.Collect(bytes.Lines(raw))
}

func store(t *testing.T, dir string, lines [][]byte) {
	t.Helper()
	if err := os.WriteFile(firstSegment(dir), bytes.Join(lines, nil), 0o600); err != nil {
		t.Fatal(err)
	}
}

func TestVerifyGood(t *testing.T) {
	t.Parallel()
	dir := written(t, 400, func(o *audit.Options) { o.CheckpointEvery = 100 })
	r := verify(t, dir)
	if r.Bad != nil || r.Entries != 802 || r.SignedUpTo != 802 || r.ChainedFrom != 0 || r.Heads < 8 {
		t.Errorf("%+v: %v", r, r.Bad)
	}
	want := "802 entries checked, 1 to 802, in 1 segments, with 10 signed heads.\nSigned up to 802.\n" +
		"No head kept elsewhere was given: that the newest entries were cut off cannot be excluded.\n"
	if r.String() != want {
		t.Errorf("got  %s\nwant %s", r, want)
	}
}

func TestVerifyTellsWhatIsOnlyChained(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	j := open(t, dir)
	call(t, j, 0, 10)
	head, err := j.Sign(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	call(t, j, 10, 15)
	r := verify(t, dir, head.Note...)
	if r.Bad != nil || r.SignedUpTo < 21 || r.SignedUpTo == 21 && r.ChainedFrom != 22 || r.Last != 31 || !r.HeadGiven {
		t.Errorf("%+v: %v", r, r.Bad)
	}
}

// TestFlipEveryByte changes every byte of every entry, one at a time.
func TestFlipEveryByte(t *testing.T) {
	t.Parallel()
	dir := written(t, 1)
	whole := lines(t, dir)
	for n, line := range whole {
		for i := range line {
			if testing.Short() && i%7 != 0 {
				continue
			}
			line[i] ^= 1 << (i % 7)
			store(t, dir, whole)
			r := verify(t, dir)
			line[i] ^= 1 << (i % 7)
			if r.Bad == nil || r.Bad.Seq != uint64(n)+1 {
				t.Fatalf("byte %d of entry %d: %v", i, n+1, r.Bad)
			}
		}
	}
	store(t, dir, whole)
	if r := verify(t, dir); r.Bad != nil {
		t.Error(r.Bad)
	}
}

// rehash writes an entry's line anew with its true hash, as a forger would.
func rehash(line []byte, prev string) ([]byte, string) {
	body := bytes.TrimPrefix(line[:bytes.LastIndex(line, []byte(`,"hash":`))], []byte(`{"entry":`))
	if prev != "" {
		at := bytes.Index(body, []byte(`"prev":"`)) + len(`"prev":"`)
		body = slices.Concat(body[:at], []byte(prev), body[at+64:])
	}
	hash := fmt.Sprintf("%x", sha256.Sum256(body))
	return fmt.Appendf(nil, `{"entry":%s,"hash":"%s"}`+"\n", body, hash), hash
}

func TestVerifyNamesTheFirstBadEntry(t *testing.T) {
	t.Parallel()
	forge := func(l [][]byte, from int) [][]byte {
		l[from] = bytes.Replace(l[from], []byte("file_read"), []byte("file_list"), 1)
		prev := ""
		for i := from; i < len(l); i++ {
			l[i], prev = rehash(l[i], prev)
		}
		return l
	}
	for name, c := range map[string]struct {
		tamper func([][]byte) [][]byte
		seq    uint64
		why    string
	}{
		"dropped":    {func(l [][]byte) [][]byte { return slices.Delete(l, 6, 7) }, 7, "its number is 8, not 7"},
		"first gone": {func(l [][]byte) [][]byte { return l[1:] }, 1, "its number is 2, not 1"},
		"last gone":  {func(l [][]byte) [][]byte { return l[:len(l)-1] }, 42, "missing"},
		"all gone":   {func([][]byte) [][]byte { return nil }, 1, "missing"},
		"swapped":    {func(l [][]byte) [][]byte { l[8], l[9] = l[9], l[8]; return l }, 9, "its number is 10, not 9"},
		"duplicated": {func(l [][]byte) [][]byte { return slices.Insert(l, 5, l[4]) }, 6, "its number is 5, not 6"},
		"inserted":   {func(l [][]byte) [][]byte { return slices.Insert(l, 5, []byte("{}\n")) }, 6, "not a journal entry"},
		"blank line": {func(l [][]byte) [][]byte { return slices.Insert(l, 5, []byte("\n")) }, 6, "not a journal entry"},
		"re-hashed": {func(l [][]byte) [][]byte {
			l[7], _ = rehash(bytes.Replace(l[7], []byte("file_read"), []byte("file_list"), 1), "")
			return l
		}, 9, "does not name the hash"},
		"chain forged": {func(l [][]byte) [][]byte { return forge(l, 19) }, 20, "not the one whose head was signed"},
		"torn": {func(l [][]byte) [][]byte {
			l[41] = l[41][:len(l[41])-20]
			return l
		}, 42, "missing"},
		"no newline": {func(l [][]byte) [][]byte {
			l[41] = append(l[41][:len(l[41])-1], 'x')
			return l
		}, 42, "its line does not end"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := written(t, 20)
			store(t, dir, c.tamper(lines(t, dir)))
			r := verify(t, dir)
			if r.Bad == nil || r.Bad.Seq != c.seq || !strings.Contains(r.Bad.Why, c.why) {
				t.Errorf("%v, want entry %d: %s", r.Bad, c.seq, c.why)
			}
		})
	}
}

func TestForgedTilesNameTheRange(t *testing.T) {
	t.Parallel()
	dir := written(t, 20)
	l := lines(t, dir)
	l[19] = bytes.Replace(l[19], []byte("file_read"), []byte("file_list"), 1)
	prev := ""
	for i := 19; i < len(l); i++ {
		l[i], prev = rehash(l[i], prev)
	}
	store(t, dir, l)
	if err := os.RemoveAll(filepath.Join(dir, "journal", "tile")); err != nil {
		t.Fatal(err)
	}
	r := verify(t, dir)
	if r.Bad == nil || r.Bad.Seq != 1 || r.Bad.To != 42 {
		t.Errorf("%v", r.Bad)
	}
}

// TestTruncationNeedsAHead cuts entries and everything that was signed over them: only a head kept elsewhere shows it.
func TestTruncationNeedsAHead(t *testing.T) {
	t.Parallel()
	dir := written(t, 20)
	head, err := os.ReadFile(filepath.Join(dir, "journal", "checkpoint"))
	if err != nil {
		t.Fatal(err)
	}
	store(t, dir, lines(t, dir)[:30])
	for _, name := range []string{"checkpoint", "heads", "tail"} {
		if err := os.Remove(filepath.Join(dir, "journal", name)); err != nil {
			t.Fatal(err)
		}
	}
	if r := verify(t, dir); r.Bad != nil || r.SignedUpTo != 0 || r.ChainedFrom != 1 ||
		!strings.Contains(r.String(), "cannot be excluded") {
		t.Errorf("without a head: %v\n%s", r.Bad, r)
	}
	r := verify(t, dir, head...)
	if r.Bad == nil || r.Bad.Seq != 31 || r.Bad.To != 42 {
		t.Errorf("with a head: %v", r.Bad)
	}
}

func TestVerifyFollowsRotatedKeys(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	j := open(t, dir)
	trusted := signer(t, dir).Verifier()
	call(t, j, 0, 5)
	if err := j.RotateKey(t.Context()); err != nil {
		t.Fatal(err)
	}
	call(t, j, 5, 10)
	if err := j.Close(); err != nil {
		t.Fatal(err)
	}
	r, err := audit.Verify(t.Context(), dir, audit.VerifyOptions{Keys: audit.Keys{trusted}})
	if err != nil || r.Bad != nil || r.SignedUpTo != 23 {
		t.Errorf("%v, %v\n%s", err, r.Bad, r)
	}
	other := signer(t, t.TempDir()).Verifier()
	r, err = audit.Verify(t.Context(), dir, audit.VerifyOptions{Keys: audit.Keys{other}})
	if err != nil || r.Bad == nil {
		t.Errorf("another key: %v, %v", err, r.Bad)
	}
}

// TestVerifyWhileOthersWrite verifies again and again under load: nothing that is half-written is seen.
func TestVerifyWhileOthersWrite(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	j := open(t, dir, func(o *audit.Options) { o.SegmentBytes, o.CheckpointEvery = 256<<10, 100 })
	stop, writers := make(chan struct{}), sync.WaitGroup{}
	for range 4 {
		writers.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
				}
				if err := j.Append(context.Background(), decision("a"), outcome("a")); err != nil {
					t.Error(err)
					return
				}
			}
		})
	}
	last := uint64(0)
	for range 5 {
		r := verify(t, dir)
		if r.Bad != nil || r.Torn != 0 || r.Last < last {
			t.Errorf("%+v: %v", r, r.Bad)
		}
		last = r.Last
	}
	close(stop)
	writers.Wait()
}
