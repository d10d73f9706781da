package fleet_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/mcp-kernel/mcp-kernel/server/fleet"
	"github.com/mcp-kernel/mcp-kernel/state"
	"github.com/mcp-kernel/mcp-kernel/state/memstate"
)

// A member is one of those that a test joins, with what it was told.
type member struct {
	*fleet.Member
	mu   sync.Mutex
	told []string
}

func join(t *testing.T, store fleet.Store, id string) *member {
	t.Helper()
	return joinAt(t, store, id, time.Second)
}

func joinAt(t *testing.T, store fleet.Store, id string, beat time.Duration) *member {
	t.Helper()
	m, err := fleet.Join(fleet.Options{Store: store, ID: id, Beat: beat})
	if err != nil {
		t.Fatal(err)
	}
	self := &member{Member: m}
	m.Handle(func(n fleet.Note) {
		self.mu.Lock()
		defer self.mu.Unlock()
		self.told = append(self.told, fmt.Sprintf("%s %s %s", n.From, n.Kind, n.Body))
	})
	t.Cleanup(func() { _ = m.Close() })
	return self
}

func (m *member) heard() []string {
	m.mu.Lock()
	defer m.mu.Unlock()
	return slices.Clone(m.told)
}

func TestNotes(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		store := memstate.New(memstate.Options{})
		a, b, c := join(t, store, "a"), join(t, store, "b"), join(t, store, "c")
		for i := range 200 { // more than one Append takes
			if !a.Post(fleet.Note{Kind: "all", Body: fmt.Appendf(nil, "line\n%d", i)}) {
				t.Fatal("no room")
			}
		}
		if err := a.Tell(t.Context(), fleet.Note{Kind: "one", To: "b"}); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		want := []string{}
		for i := range 200 {
			want = append(want, fmt.Sprintf("a all line\n%d", i))
		}
		if got := c.heard(); !slices.Equal(got, want) {
			t.Errorf("c was told %q", got)
		}
		if got := b.heard(); !slices.Equal(got, append(want, "a one ")) {
			t.Errorf("b was told %q", got)
		}
		if got := a.heard(); !slices.Equal(got, want) {
			t.Errorf("a was told %q", got)
		}
		if err := a.Tell(t.Context(), fleet.Note{Kind: "huge", Body: make([]byte, state.MaxValue)}); !errors.Is(err, fleet.ErrTooLong) {
			t.Errorf("a note that is too long: %v", err)
		}
		if err := a.Tell(t.Context(), fleet.Note{Kind: "large", To: "nobody", Body: make([]byte, fleet.MaxBody)}); err != nil {
			t.Errorf("a note as long as can be: %v", err)
		}
		if err := a.Close(); err != nil {
			t.Error(err)
		}
		if err := a.Tell(t.Context(), fleet.Note{Kind: "late"}); !errors.Is(err, fleet.ErrClosed) {
			t.Errorf("after Close: %v", err)
		}
	})
}

func TestLives(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		store := memstate.New(memstate.Options{})
		a, b := join(t, store, "a"), join(t, store, "b")
		mortal := &cut{Store: store}
		c := join(t, mortal, "c")
		synctest.Wait()
		if !a.Current() || !slices.Equal(a.Members(), []string{"a", "b", "c"}) {
			t.Errorf("members %v, current %v", a.Members(), a.Current())
		}
		if !a.Lives("a") || !a.Lives("stranger") {
			t.Error("who was not heard of yet is taken for dead at once")
		}
		mortal.broken.Store(true) // as kill -9 does, seen from the others
		time.Sleep(4 * time.Second)
		if !a.Lives("c") || !a.Lives("b") {
			t.Error("dead too soon")
		}
		time.Sleep(3 * time.Second)
		if a.Lives("c") || a.Lives("stranger") || !a.Lives("b") || !slices.Equal(b.Members(), []string{"a", "b"}) {
			t.Errorf("7 seconds later: %v, %v", a.Members(), b.Members())
		}
		if c.Current() || !c.Lives("a") || !c.Lives("b") {
			t.Error("who sees nothing of the others says something about them")
		}
		_ = b.Close()
		synctest.Wait()
		if a.Lives("b") {
			t.Error("who said good-bye lives")
		}
		mortal.broken.Store(false)
		time.Sleep(2 * time.Second)
		if !a.Lives("c") || !c.Lives("a") || c.Lives("b") || !c.Current() {
			t.Errorf("when c is back: %v, %v", a.Members(), c.Members())
		}
		_ = a.Close()
		_ = c.Close()
	})
}

// A fault that all members have makes none of them take another one for dead.
func TestOutage(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		store := &cut{Store: memstate.New(memstate.Options{})}
		a, b := join(t, store, "a"), join(t, store, "b")
		time.Sleep(time.Minute)
		store.broken.Store(true)
		if err := a.Tell(t.Context(), fleet.Note{Kind: "lost"}); !errors.Is(err, errCut) {
			t.Errorf("telling: %v", err)
		}
		var wrong atomic.Int64
		done := make(chan struct{})
		go func() {
			defer close(done)
			for range 700 {
				if !a.Lives("b") || !b.Lives("a") {
					wrong.Add(1)
				}
				time.Sleep(100 * time.Millisecond)
			}
		}()
		time.Sleep(30 * time.Second)
		if a.Current() || b.Current() {
			t.Error("a member that sees nothing is current")
		}
		store.broken.Store(false)
		<-done
		if wrong.Load() > 0 || !a.Current() {
			t.Errorf("taken for dead %d times; current: %v", wrong.Load(), a.Current())
		}
		_ = a.Close()
		_ = b.Close()
	})
}

// The stream stays short, and who was away for longer than it reaches back knows that notes are missing.
func TestTrim(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		store := memstate.New(memstate.Options{})
		away := &cut{Store: store}
		a, b := join(t, store, "a"), join(t, away, "b")
		synctest.Wait()
		away.broken.Store(true)
		time.Sleep(time.Second) // b's follower notices
		for i := range 10_000 {
			for !a.Post(fleet.Note{Kind: "all", Body: fmt.Append(nil, i), Keep: true}) {
				time.Sleep(time.Millisecond)
			}
		}
		synctest.Wait()
		kept := 0
		for _, err := range store.Read(t.Context(), "fleet/notes", 1) {
			if err != nil {
				t.Fatal(err)
			}
			kept++
		}
		if kept > 4096+200 || kept < 4000 {
			t.Errorf("%d notes are kept", kept)
		}
		era := b.Era()
		away.broken.Store(false)
		time.Sleep(time.Second)
		if b.Era() == era || a.Era() != 0 {
			t.Errorf("era %d after notes were missed; of the other %d", b.Era(), a.Era())
		}
		if got := b.heard(); len(got) == 0 || got[len(got)-1] != "a all 9999" {
			t.Error("the newest was not told")
		}
		_ = a.Close()
		_ = b.Close()
	})
}

// Members that want a secret for the first time at the same time get the same one, and a new one is known before it is used.
func TestSecret(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		store := memstate.New(memstate.Options{})
		members := []*member{joinAt(t, store, "a", time.Hour), joinAt(t, store, "b", time.Hour), joinAt(t, store, "c", time.Hour)}
		keys := make([]func() [][]byte, len(members))
		var asking sync.WaitGroup
		for i, m := range members {
			asking.Go(func() {
				var err error
				if keys[i], err = m.Secret(t.Context(), "x"); err != nil {
					t.Error(err)
				}
			})
		}
		asking.Wait()
		first := keys[0]()
		if len(first) != 1 || len(first[0]) != 32 {
			t.Fatalf("got %x", first)
		}
		// agree reports whether each member opens what any of them seals.
		agree := func() bool {
			for _, sealing := range keys {
				for _, opening := range keys {
					if !slices.ContainsFunc(opening(), func(k []byte) bool { return bytes.Equal(k, sealing()[0]) }) {
						return false
					}
				}
			}
			return true
		}
		renewed := 0
		last := first[0]
		for range 33 * 24 * 6 { // 33 days
			time.Sleep(10*time.Minute + 7*time.Second)
			if !agree() {
				t.Fatal("one member seals what another one cannot open")
			}
			if now := keys[1]()[0]; !bytes.Equal(now, last) {
				renewed++
				if all := keys[1](); len(all) != 2 || !bytes.Equal(all[1], last) {
					t.Error("the one before does not open any more")
				}
				last = now
			}
		}
		if renewed != 1 || len(keys[2]()) != 1 {
			t.Errorf("renewed %d times, %d keys at the end", renewed, len(keys[2]()))
		}
		for _, m := range members {
			_ = m.Close()
		}
	})
}

func TestOptions(t *testing.T) {
	t.Parallel()
	_, err := fleet.Join(fleet.Options{Beat: time.Second, Dead: time.Second})
	for _, want := range []string{"Store", "ID", "dead after 1s"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v does not speak of %s", err, want)
		}
	}
	var alone *fleet.Member
	if alone.ID() != "" {
		t.Error("who is alone has an id")
	}
}

var errCut = errors.New("the wire is cut")

// cut is a store whose wire can be cut.
type cut struct {
	fleet.Store
	broken atomic.Bool
}

func (c *cut) Append(ctx context.Context, stream string, after state.Seq, records ...[]byte) (state.Seq, error) {
	if c.broken.Load() {
		return 0, errCut
	}
	return c.Store.Append(ctx, stream, after, records...)
}

func (c *cut) Last(ctx context.Context, stream string) (state.Seq, error) {
	if c.broken.Load() {
		return 0, errCut
	}
	return c.Store.Last(ctx, stream)
}

// Follow looks again and again, so that it notices.
func (c *cut) Follow(ctx context.Context, stream string, from state.Seq) iter.Seq2[state.Record, error] {
	return func(yield func(state.Record, error) bool) {
		for ctx.Err() == nil {
			if c.broken.Load() {
				yield(state.Record{}, errCut)
				return
			}
			for r, err := range c.Store.Read(ctx, stream, from) {
				if err != nil || !yield(r, err) {
					return
				}
				from = r.Seq + 1
			}
			time.Sleep(10 * time.Millisecond)
		}
	}
}
