package audit_test

import (
	"bytes"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"testing"

	"filippo.io/age"

	"github.com/mcp-kernel/mcp-kernel/governance/audit"
)

func TestSealedPayload(t *testing.T) {
	t.Parallel()
	operator, err := age.GenerateX25519Identity()
	if err != nil {
		t.Fatal(err)
	}
	j := open(t, t.TempDir(), func(o *audit.Options) { o.Capture, o.Recipient = audit.CaptureSealed, operator.Recipient() })
	args := []byte(`{"text":"` + string(bytes.Repeat([]byte("x"), 300_000)) + `"}`)
	e := decision("c")
	if e.Args, err = j.Payload("c", args); err != nil {
		t.Fatal(err)
	}
	if err := j.Append(t.Context(), e, outcome("c")); err != nil {
		t.Fatal(err)
	}
	call(t, j, 0, 30) // so that looking entries up must step over the long line
	got, err := j.Entry(t.Context(), e.Seq)
	if err != nil {
		t.Fatal(err)
	}
	plain, err := age.Decrypt(bytes.NewReader(got.Args.Sealed), operator)
	if err != nil {
		t.Fatal(err)
	}
	if text, err := io.ReadAll(plain); err != nil || !bytes.Equal(text, args) {
		t.Errorf("%d bytes, %v", len(text), err)
	}
	if after, err := j.Entry(t.Context(), e.Seq+1); err != nil || after.Seq != e.Seq+1 {
		t.Errorf("the entry behind it: %d %v", after.Seq, err)
	}
	if got := all(t, j, audit.Filter{Call: "c"}, 1); len(got) != 2 {
		t.Errorf("%v", got)
	}
}

func TestCaptureDigest(t *testing.T) {
	t.Parallel()
	j := open(t, t.TempDir(), func(o *audit.Options) { o.Capture = audit.CaptureDigest })
	p, err := j.Payload("c", []byte(`{"a": 1}`))
	if err != nil || p.Preview != "" || p.Sealed != nil || p.Bytes != 7 || p.Digest == (audit.Hash{}) {
		t.Errorf("%+v %v", p, err)
	}
	again, err := j.Payload("another call", []byte(`{"a":1}`))
	if err != nil || again.Digest == p.Digest {
		t.Error("two calls with the same arguments have the same digest")
	}
	if none, err := j.Payload("c", nil); err != nil || none.Digest != (audit.Hash{}) {
		t.Errorf("%+v %v", none, err)
	}
	if _, err := j.Payload("c", []byte(`{"a":`)); err == nil {
		t.Error("malformed JSON has a digest")
	}
}

// TestRealFullDisk fills a file system of 2 MiB, where the test may mount one.
func TestRealFullDisk(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if runtime.GOOS != "linux" || os.Geteuid() != 0 {
		t.Skip("SKIPPED: only root on Linux can mount a small file system; the full disk of TestFullDiskKeepsOutcomes is simulated")
	}
	if out, err := exec.CommandContext(t.Context(), "mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", dir).CombinedOutput(); err != nil {
		t.Skipf("SKIPPED: mounting a small file system was refused: %s", out)
	}
	t.Cleanup(func() {
		if out, err := exec.Command("umount", dir).CombinedOutput(); err != nil { //nolint:noctx // the test's context is over
			t.Errorf("umount: %s", out)
		}
	})
	const running = 16
	j := open(t, dir, func(o *audit.Options) { o.MaxRunning = running })
	slots := make([]*audit.Slot, running)
	for i := range slots {
		slot, err := j.Begin(t.Context())
		if err == nil {
			err = slot.Decision(t.Context(), decision("running"))
		}
		if err != nil {
			t.Fatal(err)
		}
		slots[i] = slot
	}
	ballast, err := os.Create(filepath.Join(dir, "ballast"))
	if err != nil {
		t.Fatal(err)
	}
	for err == nil {
		_, err = ballast.Write(make([]byte, 4096))
	}
	refused := 0
	for _, slot := range slots {
		for range 20 { // what a page of the segment has left
			if j.Append(t.Context(), decision("late")) != nil {
				refused++
			}
		}
		if err := slot.Outcome(t.Context(), outcome("running")); err != nil {
			t.Fatalf("an outcome on a full disk: %v", err)
		}
		slot.End()
		_, _ = ballast.Write(make([]byte, 64<<10)) // others take what the journal gave back
	}
	if refused == 0 {
		t.Error("the disk was not full")
	}
	if err := ballast.Truncate(0); err != nil {
		t.Fatal(err)
	}
	if err := ballast.Close(); err != nil {
		t.Fatal(err)
	}
	slot, err := j.Begin(t.Context())
	if err != nil {
		t.Fatalf("with room again: %v", err)
	}
	slot.End()
	if r := verify(t, dir); r.Bad != nil {
		t.Error(r.Bad)
	}
}
