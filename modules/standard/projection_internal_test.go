package standard

import (
	"context"
	"encoding/json"
	"iter"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/mcp-kernel/mcp-kernel/governance/audit"
	"github.com/mcp-kernel/mcp-kernel/state/memstate"
)

// pages is a journal that a test writes.
type pages []audit.Entry

func (p *pages) Entries(_ context.Context, from uint64) iter.Seq2[audit.Entry, error] {
	return func(yield func(audit.Entry, error) bool) {
		for _, e := range *p {
			if e.Seq >= from && !yield(e, nil) {
				return
			}
		}
	}
}

func (p *pages) Head() audit.Checkpoint { return audit.Checkpoint{Size: uint64(len(*p))} }

func (p *pages) add(shard string, used int64) {
	*p = append(*p, audit.Entry{Seq: uint64(len(*p) + 1), Counters: []audit.Counter{{Shard: shard, Name: "calls", Used: used}}})
}

func stored(t *testing.T, store *memstate.Store) []Checkpoint {
	t.Helper()
	items, err := store.List(t.Context(), countersCollection, "", 100)
	if err != nil {
		t.Fatal(err)
	}
	points := make([]Checkpoint, len(items))
	for i, item := range items {
		if err := json.Unmarshal(item.Value, &points[i]); err != nil {
			t.Fatal(err)
		}
	}
	return points
}

func TestCountersAreBroughtOver(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		store := memstate.New(memstate.Options{})
		defer store.Close()
		journal := &pages{}
		for used := range int64(10_000) {
			journal.add("user:a", used)
		}
		journal.add("user:b", 7)
		fault := func(err error) { t.Error(err) }
		first := startProjector(journal, store, "one", fault)
		second := startProjector(journal, store, "two", fault) // another process
		time.Sleep(2 * projectEvery)
		synctest.Wait()
		want := []Checkpoint{{Shard: "user:a", Name: "calls", Used: 9_999, Seq: 10_000}, {Shard: "user:b", Name: "calls", Used: 7, Seq: 10_001}}
		if diff := cmp.Diff(want, stored(t, store)); diff != "" {
			t.Errorf("brought over (-want +got):\n%s", diff)
		}
		journal.add("user:b", 8)
		if err := first.Close(); err != nil {
			t.Error(err)
		}
		want[1].Used, want[1].Seq = 8, 10_002
		if diff := cmp.Diff(want, stored(t, store)); diff != "" {
			t.Errorf("at the end (-want +got):\n%s", diff)
		}
		if err := second.Close(); err != nil {
			t.Error(err)
		}
	})
}

// A process that dies while it brings counters over leaves its claim; the next one takes over when that has expired.
func TestCountersAreBroughtOverAfterACrash(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		store := memstate.New(memstate.Options{})
		defer store.Close()
		if _, err := store.CompareAndSwap(t.Context(), projectorKey, 0, []byte("dead"), projectorHold); err != nil {
			t.Fatal(err)
		}
		journal := &pages{}
		journal.add("user:a", 1)
		p := startProjector(journal, store, "alive", func(err error) { t.Error(err) })
		time.Sleep(projectorHold + 2*projectEvery)
		synctest.Wait()
		if got := stored(t, store); len(got) != 1 {
			t.Errorf("brought over %+v", got)
		}
		if err := p.Close(); err != nil {
			t.Error(err)
		}
	})
}
