package audit_test

import (
	"context"
	"fmt"
	"iter"
	"testing"

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
