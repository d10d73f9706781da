package audit_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/mcp-kernel/mcp-kernel/governance/audit"
)

func receipt(t *testing.T, j *audit.Journal, seq uint64, disclose bool) []byte {
	t.Helper()
	r, err := j.Receipt(t.Context(), seq, audit.ReceiptOptions{Disclose: disclose})
	if err != nil {
		t.Fatal(err)
	}
	raw, err := json.Marshal(r)
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

func TestReceipt(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	j := open(t, dir)
	key := signer(t, dir).Verifier()
	args := []byte(`{"path": "notes/today.md", "password": "hunter2"}`)
	e := decision("c1")
	var err error
	if e.Args, err = j.Payload("c1", args); err != nil {
		t.Fatal(err)
	}
	if err := j.Append(t.Context(), e); err != nil {
		t.Fatal(err)
	}
	call(t, j, 0, 300)
	raw := receipt(t, j, e.Seq, true)
	got, r, err := audit.VerifyReceipt(raw, key)
	if err != nil || got.Call != "c1" || got.Hash != e.Hash || got.Args.Preview != `{"password":"<secret>","path":"notes/today.md"}` {
		t.Fatalf("%+v %v", got, err)
	}
	for text, want := range map[string]bool{
		`{"password":"hunter2","path":"notes/today.md"}`: true, // the same value, written otherwise
		`{"password":"hunter3","path":"notes/today.md"}`: false,
	} {
		if same, err := got.Args.Matches(r.Salt, []byte(text)); err != nil || same != want {
			t.Errorf("%s: %v %v", text, same, err)
		}
	}
	var pretty bytes.Buffer
	if err := json.Indent(&pretty, raw, "", "\t"); err != nil {
		t.Fatal(err)
	}
	if _, _, err := audit.VerifyReceipt(pretty.Bytes(), key); err != nil {
		t.Errorf("formatted anew: %v", err)
	}
	if _, r, _ := audit.VerifyReceipt(receipt(t, j, e.Seq, false), key); r.Salt != nil {
		t.Error("the salt is disclosed without being asked for")
	}
	if _, err := j.Receipt(t.Context(), 10_000, audit.ReceiptOptions{}); !errors.Is(err, audit.ErrNotFound) {
		t.Errorf("of no entry: %v", err)
	}
}

func TestReceiptOfEveryEntry(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	j := open(t, dir, func(o *audit.Options) { o.SegmentBytes = 16 << 10 })
	key := signer(t, dir).Verifier()
	call(t, j, 0, 150)
	for seq := uint64(1); seq <= 301; seq++ {
		if e, _, err := audit.VerifyReceipt(receipt(t, j, seq, false), key); err != nil || e.Seq != seq {
			t.Fatalf("entry %d: %v", seq, err)
		}
	}
}

// before returns what stands before a text.
func before(s, text string) string {
	start, _, _ := strings.Cut(s, text)
	return start
}

func TestForgedReceipts(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	j := open(t, dir)
	key := signer(t, dir).Verifier()
	call(t, j, 0, 20)
	good := string(receipt(t, j, 7, false))
	other := string(receipt(t, j, 8, false))
	for name, forged := range map[string]string{
		"another tool":    strings.Replace(good, "file_read", "file_list", 1),
		"another index":   strings.Replace(good, `"index":6`, `"index":7`, 1),
		"another proof":   before(good, `"proof"`) + strings.TrimPrefix(other, before(other, `"proof"`)),
		"another root":    strings.Replace(good, `\n41\n`, `\n40\n`, 1),
		"another version": strings.Replace(good, `"version":1`, `"version":2`, 1),
		"no JSON":         "receipt",
		"nothing":         "{}",
	} {
		if forged == good {
			t.Fatalf("%s: not forged: %s", name, good)
		}
		if _, _, err := audit.VerifyReceipt([]byte(forged), key); err == nil {
			t.Errorf("%s: passes", name)
		}
	}
	if _, _, err := audit.VerifyReceipt([]byte(good), signer(t, t.TempDir()).Verifier()); err == nil {
		t.Error("passes with another key")
	}
}

func TestConsistencyOfHeads(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	j := open(t, dir)
	call(t, j, 0, 150)
	old, err := j.Sign(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	call(t, j, 150, 400)
	now, err := j.Sign(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	proof, err := j.ConsistencyProof(old.Size, now.Size)
	if err != nil {
		t.Fatal(err)
	}
	if err := audit.VerifyConsistency(proof, old, now); err != nil {
		t.Error(err)
	}
	old.Root[0] ^= 1
	if audit.VerifyConsistency(proof, old, now) == nil {
		t.Error("another root passes")
	}
}

// TestRetentionKeepsProofs removes old segments and still verifies, and proves what is left.
func TestRetentionKeepsProofs(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	small := func(o *audit.Options) { o.SegmentBytes, o.RetainSegments, o.CheckpointEvery = 32<<10, 2, 50 }
	j := open(t, dir, small)
	call(t, j, 0, 600)
	r := verify(t, dir)
	if r.Bad != nil || r.Removed == 0 || r.Segments != 3 || r.First != r.Removed+1 {
		t.Fatalf("%+v: %v", r, r.Bad)
	}
	if _, _, err := audit.VerifyReceipt(receipt(t, j, r.First+3, false), signer(t, dir).Verifier()); err != nil {
		t.Error(err)
	}
	if _, err := j.Entry(t.Context(), 1); !errors.Is(err, audit.ErrNotFound) {
		t.Errorf("a removed entry: %v", err)
	}
	if err := j.Close(); err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(filepath.Join(dir, "journal", "tail")); err != nil {
		t.Fatal(err)
	}
	again := open(t, dir, small) // from the state cached at the segment's beginning
	call(t, again, 600, 700)
	if r := verify(t, dir); r.Bad != nil {
		t.Error(r.Bad)
	}
	// What retention did not do is told apart.
	names, err := filepath.Glob(filepath.Join(dir, "journal", "*.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(names[0]); err != nil {
		t.Fatal(err)
	}
	if r := verify(t, dir); r.Bad == nil || !strings.Contains(r.Bad.Why, "no entry says that retention did it") {
		t.Errorf("%v", r.Bad)
	}
}

// TestOthersFollowRotation has a second journal come back after the first has closed, and removed, several segments.
func TestOthersFollowRotation(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	small := func(o *audit.Options) { o.SegmentBytes, o.RetainSegments = 8<<10, 1 }
	a, b := open(t, dir, small), open(t, dir, small)
	for i := range 5 {
		j := a
		if i%2 == 1 {
			j = b
		}
		call(t, j, 0, 20*(i+1))
	}
	if r := verify(t, dir); r.Bad != nil || r.Last != a.Head().Size {
		t.Errorf("%+v: %v", r, r.Bad)
	}
}

func FuzzVerifyReceipt(f *testing.F) {
	dir := f.TempDir()
	o := audit.Options{Dir: dir, Origin: origin, Signer: signer(f, dir)}
	j, err := audit.Open(o)
	if err != nil {
		f.Fatal(err)
	}
	if err := j.Append(f.Context(), decision("a"), outcome("a")); err != nil {
		f.Fatal(err)
	}
	r, err := j.Receipt(f.Context(), 2, audit.ReceiptOptions{Disclose: true})
	if err != nil {
		f.Fatal(err)
	}
	raw, err := json.Marshal(r)
	if err != nil || j.Close() != nil {
		f.Fatal(err)
	}
	key := o.Signer.Verifier()
	f.Add(raw)
	f.Add([]byte(`{"version":1}`))
	f.Fuzz(func(t *testing.T, raw []byte) {
		if e, _, err := audit.VerifyReceipt(raw, key); err == nil && (e.Seq != 2 || e.Call != "a") {
			t.Errorf("a forged receipt passes: %s", raw)
		}
	})
}
