package primitives_test

import (
	"bytes"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/mcp-kernel/mcp-kernel/modules/primitives"
)

// zeros is a source of randomness that shows where it went.
type zeros struct{}

func (zeros) Read(p []byte) (int, error) {
	clear(p)
	return len(p), nil
}

func TestIDsSortInTheOrderOfTheirMaking(t *testing.T) {
	t.Parallel()
	start := time.Date(2026, 11, 22, 10, 0, 0, 0, time.UTC)
	steps := []time.Duration{0, 0, time.Millisecond, -time.Hour, 0, 2 * time.Millisecond}
	at, i := start, 0
	ids := primitives.NewIDs(func() time.Time {
		at = start.Add(steps[i%len(steps)])
		i++
		return at
	}, nil)
	last := ""
	for range 20_000 { // more than fit into one millisecond
		id := ids.New()
		if id <= last {
			t.Fatalf("%s does not sort behind %s", id, last)
		}
		last = id
	}
}

func TestIDFormat(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 7, 28, 12, 30, 45, 678_000_000, time.UTC)
	id := primitives.NewIDs(func() time.Time { return at }, zeros{}).New()
	if want := "019fa8b4-bfae-7000-8000-000000000000"; id != want {
		t.Errorf("got %s, want %s", id, want)
	}
	if got, err := primitives.ParseID(id); err != nil || !got.Equal(at) {
		t.Errorf("made at %v, %v; want %v", got, err, at)
	}
}

func TestIDsOfManyGoroutinesDiffer(t *testing.T) {
	t.Parallel()
	ids := primitives.NewIDs(nil, nil)
	var mu sync.Mutex
	seen := map[string]bool{}
	var workers sync.WaitGroup
	for range 8 {
		workers.Go(func() {
			for range 2_000 {
				id := ids.New()
				mu.Lock()
				if seen[id] {
					t.Errorf("%s was made twice", id)
				}
				seen[id] = true
				mu.Unlock()
			}
		})
	}
	workers.Wait()
}

func TestParseIDRefuses(t *testing.T) {
	t.Parallel()
	good := primitives.NewIDs(nil, nil).New()
	for _, id := range []string{"", good[1:], good + "0", good[:14] + "4" + good[15:], strings.ReplaceAll(good, "-", "_"), good[:19] + "0" + good[20:], "g" + good[1:], strings.ToUpper(good), good[:8] + "0" + good[9:], strings.Repeat("-", 36)} {
		if _, err := primitives.ParseID(id); !errors.Is(err, primitives.ErrID) || primitives.ValidID(id) {
			t.Errorf("%q: %v", id, err)
		}
	}
}

func TestIDsPanicWithoutRandomness(t *testing.T) {
	t.Parallel()
	defer func() {
		if recover() == nil {
			t.Error("an id was made without randomness")
		}
	}()
	primitives.NewIDs(nil, bytes.NewReader(nil)).New()
}

func TestIDsTellTheTime(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		ms := rapid.Int64Range(1, 1<<48-1).Draw(t, "ms")
		id := primitives.NewIDs(func() time.Time { return time.UnixMilli(ms) }, nil).New()
		if at, err := primitives.ParseID(id); err != nil || at.UnixMilli() != ms {
			t.Fatalf("%s was made at %v, %v; want %d", id, at, err, ms)
		}
	})
}

func TestIDsAllocateOnce(t *testing.T) { // not parallel: AllocsPerRun counts those of the whole process
	ids := primitives.NewIDs(nil, nil)
	if n := testing.AllocsPerRun(200, func() { ids.New() }); n > 1 {
		t.Errorf("an id takes %v allocations", n)
	}
	id := ids.New()
	if n := testing.AllocsPerRun(200, func() { primitives.ValidID(id) }); n > 0 {
		t.Errorf("reading one takes %v", n)
	}
}

func FuzzParseID(f *testing.F) {
	f.Add("019fa8b4-bfae-7000-8000-000000000000")
	f.Add("019fa8b4-bfae-4000-8000-000000000000")
	f.Fuzz(func(t *testing.T, id string) {
		at, err := primitives.ParseID(id)
		if primitives.ValidID(id) != (err == nil) || err != nil && !at.IsZero() {
			t.Fatalf("%q: %v, %v", id, at, err)
		}
	})
}

func BenchmarkIDs(b *testing.B) {
	ids := primitives.NewIDs(nil, nil)
	b.ReportAllocs()
	for b.Loop() {
		ids.New()
	}
}
