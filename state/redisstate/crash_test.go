package redisstate_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"

	"github.com/mcp-kernel/mcp-kernel/internal/redistest"
	"github.com/mcp-kernel/mcp-kernel/state"
	"github.com/mcp-kernel/mcp-kernel/state/redisstate"
)

// acknowledged is what the server has said it had done.
type acknowledged struct {
	mu      sync.Mutex
	sets    map[string]state.Version
	takes   int64
	open    int64 // takes that ended in an error, and may have been charged
	appends map[state.Seq]string
	count   int
	enough  func(count int) // is told of each
}

func (a *acknowledged) note(do func()) {
	a.mu.Lock()
	defer a.mu.Unlock()
	do()
	a.count++
	a.enough(a.count)
}

// load writes from several goroutines until each meets an error.
func (a *acknowledged) load(store *redisstate.Store, round int) *sync.WaitGroup {
	var group sync.WaitGroup
	ctx := context.Background()
	for worker := range 4 {
		id := fmt.Sprintf("%d.%d", round, worker)
		group.Go(func() { forever(func(i int) error { return a.set(ctx, store, fmt.Sprintf("things/%s.%d", id, i)) }) })
		group.Go(func() { forever(func(int) error { return a.take(ctx, store) }) })
		group.Go(func() { forever(func(i int) error { return a.append(ctx, store, fmt.Sprintf("%s.%d", id, i)) }) })
	}
	return &group
}

func forever(do func(i int) error) {
	for i := 0; do(i) == nil; i++ {
	}
}

func (a *acknowledged) set(ctx context.Context, store *redisstate.Store, key string) error {
	version, err := store.CompareAndSwap(ctx, key, 0, []byte("value of "+key), 0)
	if err == nil {
		a.note(func() { a.sets[key] = version })
	}
	return err
}

func (a *acknowledged) take(ctx context.Context, store *redisstate.Store) error {
	_, err := store.Take(ctx, "alice", state.Claim{Name: "n", N: 1, Limit: endless}, state.Claim{Name: "twin", N: 2, Limit: endless})
	a.note(func() {
		if err != nil {
			a.open++
			return
		}
		a.takes++
	})
	return err
}

func (a *acknowledged) append(ctx context.Context, store *redisstate.Store, value string) error {
	last, err := store.Append(ctx, "s", state.Tail, []byte(value), []byte(value))
	if err == nil {
		a.note(func() { a.appends[last] = value })
	}
	return err
}

// TestKill kills a server that writes everything to disk, at moments of no one's choosing, while one store writes to it, and
// looks for everything that was acknowledged. The store goes on with the server that comes after.
func TestKill(t *testing.T) {
	t.Parallel()
	rounds := 3
	if *prove {
		rounds = 30
	}
	server := redistest.Start(t, "--appendonly", "yes", "--appendfsync", "always")
	store := open(t, of(server))
	said := &acknowledged{sets: map[string]state.Version{}, appends: map[state.Seq]string{}}
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	random := rand.New(rand.NewPCG(seed, 0))
	for round := range rounds {
		killed := make(chan struct{})
		goal := said.count + 50 + random.IntN(1000)
		said.enough = func(count int) {
			if count == goal {
				close(killed)
			}
		}
		group := said.load(store, round)
		<-killed
		server.Kill()
		group.Wait()
		server.Restart()
		said.verify(t, store)
	}
	if len(said.sets) == 0 || said.takes == 0 || len(said.appends) == 0 {
		t.Errorf("%d sets, %d takes, %d appends: want some of each", len(said.sets), said.takes, len(said.appends))
	}
}

func (a *acknowledged) verify(t *testing.T, store *redisstate.Store) {
	t.Helper()
	for key, version := range a.sets {
		item, err := store.Get(t.Context(), key)
		if err != nil || string(item.Value) != "value of "+key || item.Version != version {
			t.Errorf("%s is lost: %q, error %v", key, item.Value, err)
		}
	}
	n, twin := used(t, store, "n"), used(t, store, "twin")
	if n < a.takes || n > a.takes+a.open || twin != 2*n {
		t.Errorf("counters are %d and %d after %d acknowledged takes and %d that failed", n, twin, a.takes, a.open)
	}
	next, first := state.Seq(1), ""
	for record, err := range store.Read(t.Context(), "s", 1) {
		check(t, err)
		value := string(record.Value)
		if record.Seq != next || record.Seq%2 == 0 && value != first {
			t.Fatalf("record %d %q where %d was wanted, behind %q", record.Seq, value, next, first)
		}
		if said, ok := a.appends[record.Seq]; ok && said != value {
			t.Errorf("record %d is %q, acknowledged was %q", record.Seq, value, said)
		}
		next, first = next+1, value
	}
	for seq := range a.appends {
		if seq >= next {
			t.Errorf("record %d is lost, the last is %d", seq, next-1)
		}
	}
	if next%2 != 1 {
		t.Errorf("half an Append is there: %d records", next-1)
	}
}
