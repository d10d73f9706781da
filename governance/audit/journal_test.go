package audit_test

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/mcp-kernel/mcp-kernel/governance/audit"
)

// read returns all entries of a sequence.
func read(t *testing.T, entries iter.Seq2[audit.Entry, error]) []audit.Entry {
	t.Helper()
	var all []audit.Entry
	for e, err := range entries {
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, e)
	}
	return all
}

func TestAppendAndReopen(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for range 3 {
		j := open(t, dir)
		for i := range 300 {
			call := fmt.Sprintf("call-%d", i)
			if err := j.Append(context.Background(), decision(call), outcome(call)); err != nil {
				t.Fatal(err)
			}
		}
		if err := j.Close(); err != nil {
			t.Fatal(err)
		}
	}
	r, err := audit.OpenReader(dir)
	if err != nil {
		t.Fatal(err)
	}
	all := read(t, r.Entries(t.Context(), 0))
	if len(all) != 3*602 {
		t.Fatalf("%d entries", len(all))
	}
	for i, e := range all {
		if e.Seq != uint64(i)+1 {
			t.Fatalf("entry %d has number %d", i, e.Seq)
		}
	}
	if some := read(t, r.Entries(t.Context(), 1000)); len(some) != 3*602-999 || some[0].Seq != 1000 {
		t.Errorf("from 1000: %d entries, the first %d", len(some), some[0].Seq)
	}
}

// TestHeadIsSignedAtIntervals waits for the journal's own goroutine to sign what a caller wrote.
func TestHeadIsSignedAtIntervals(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	j := open(t, dir, func(o *audit.Options) { o.CheckpointInterval = time.Millisecond })
	if err := j.Append(t.Context(), decision("a"), outcome("a")); err != nil {
		t.Fatal(err)
	}
	for {
		head, err := j.SignedHead(signer(t, dir).Verifier())
		if err == nil && head.Size == 3 {
			return
		}
		if err != nil && !errors.Is(err, audit.ErrNotFound) {
			t.Fatal(err)
		}
		runtime.Gosched()
	}
}

func TestOptionsTellEveryFault(t *testing.T) {
	t.Parallel()
	_, err := audit.Open(audit.Options{Origin: "two\nlines", Capture: audit.CaptureSealed, MaxRunning: -1})
	for _, fault := range []string{"Dir", "Origin", "Signer", "Recipient", "negative"} {
		if err == nil || !strings.Contains(err.Error(), fault) {
			t.Errorf("%q is not said of: %v", fault, err)
		}
	}
}

// TestNoSecretIsStored looks for an argument's secret in the journal.
func TestNoSecretIsStored(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	j := open(t, dir)
	e := decision("c")
	var err error
	if e.Args, err = j.Payload("c", []byte(`{"password":"hunter2","note":"Bearer hunter2"}`)); err != nil {
		t.Fatal(err)
	}
	if err := j.Append(t.Context(), e); err != nil {
		t.Fatal(err)
	}
	for _, line := range lines(t, dir) {
		if strings.Contains(string(line), "hunter2") {
			t.Errorf("%s", line)
		}
	}
}
