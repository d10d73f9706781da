package standard

import (
	"encoding/json"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/mcp-kernel/mcp-kernel/governance/audit"
	"github.com/mcp-kernel/mcp-kernel/state/memstate"
)

// book is a ledger that a test writes.
type book struct {
	mu       sync.Mutex
	size     uint64
	counters map[string]int64
}

func newBook() *book { return &book{counters: map[string]int64{}} }

func (b *book) Counters(string) []audit.Counter {
	b.mu.Lock()
	defer b.mu.Unlock()
	var all []audit.Counter
	for shard, used := range b.counters {
		all = append(all, audit.Counter{Shard: shard, Name: "calls", Used: used})
	}
	return all
}

func (b *book) Head() audit.Checkpoint {
	b.mu.Lock()
	defer b.mu.Unlock()
	return audit.Checkpoint{Size: b.size}
}

func (b *book) set(shard string, used int64) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.counters[shard] = used
	b.size++
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
		defer func() { _ = store.Close() }()
		journal := newBook()
		fault := func(err error) { t.Error(err) }
		first := startProjector(journal, store, "one", time.Now, fault)
		second := startProjector(journal, store, "two", time.Now, fault) // another process
		journal.set("user:a", 9_999)
		journal.set("user:b", 7)
		time.Sleep(2 * projectEvery)
		synctest.Wait()
		want := []Checkpoint{{Shard: "user:a", Name: "calls", Used: 9_999, Seq: 2}, {Shard: "user:b", Name: "calls", Used: 7, Seq: 2}}
		if diff := cmp.Diff(want, stored(t, store)); diff != "" {
			t.Errorf("brought over (-want +got):\n%s", diff)
		}
		journal.set("user:b", 8)
		if err := first.Close(); err != nil {
			t.Error(err)
		}
		want[1].Used, want[1].Seq = 8, 3
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
		defer func() { _ = store.Close() }()
		if _, err := store.CompareAndSwap(t.Context(), projectorKey, 0, []byte("dead"), projectorHold); err != nil {
			t.Fatal(err)
		}
		journal := newBook()
		p := startProjector(journal, store, "alive", time.Now, func(err error) { t.Error(err) })
		journal.set("user:a", 1)
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
