package server

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"
)

// A crowd enters an admission and notes who gets in, in which order.
type crowd struct {
	a       *admission
	mu      sync.Mutex
	served  []string
	refused []string
	leaving []func()
}

// come lets a call of a principal enter, and returns when it runs, waits or was refused.
func (c *crowd) come(ctx context.Context, principal string) {
	go func() {
		leave, err := c.a.enter(ctx, principal, time.Minute)
		c.mu.Lock()
		defer c.mu.Unlock()
		if err != nil {
			c.refused = append(c.refused, principal+": "+err.Error())
			return
		}
		c.served = append(c.served, principal)
		c.leaving = append(c.leaving, leave)
	}()
	synctest.Wait()
}

// leave ends the call that has run for longest.
func (c *crowd) leave() {
	leave := c.leaving[0]
	c.leaving = c.leaving[1:]
	leave()
	synctest.Wait()
}

func (c *crowd) finish() {
	for len(c.leaving) > 0 {
		c.leave()
	}
}

// TestTurns: one who asks five times and one who asks once are served in turn.
func TestTurns(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := crowd{a: newAdmission(1, 100)}
		for who := range strings.FieldsSeq("greedy greedy greedy greedy greedy greedy modest other other") {
			c.come(t.Context(), who)
		}
		c.finish()
		if got, want := strings.Join(c.served, " "), "greedy modest other greedy other greedy greedy greedy greedy"; got != want {
			t.Errorf("served %s\nwant   %s", got, want)
		}
		if len(c.a.lines) != 0 || c.a.turns.Len() != 0 {
			t.Errorf("%d lines and %d turns are left", len(c.a.lines), c.a.turns.Len())
		}
	})
}

// TestGreedyPrincipal: of a thousand calls that take for ever, as many run as one principal may have; another's run at once, and
// when the line is full the greedy one pays for those who come.
func TestGreedyPrincipal(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := crowd{a: newAdmission(16, 50)}
		for range 1000 {
			c.come(t.Context(), "greedy")
		}
		stands := Admission{Running: 14, Waiting: 50, Refused: Refusals{Greedy: 936}}
		if got := c.a.stands(); got != stands {
			t.Errorf("%+v, want %+v", got, stands)
		}
		for _, who := range []string{"ann", "bob", "cid"} {
			c.come(t.Context(), who)
		}
		stands = Admission{Running: 16, Waiting: 50, Refused: Refusals{Greedy: 937}}
		if got := c.a.stands(); got != stands {
			t.Errorf("%+v, want %+v", got, stands)
		}
		if got := c.served[14:]; !slices.Equal(got, []string{"ann", "bob"}) {
			t.Errorf("served at once: %v", got)
		}
		c.leave() // a greedy one
		if got := c.served[16:]; !slices.Equal(got, []string{"greedy"}) && !slices.Equal(got, []string{"cid"}) {
			t.Errorf("served next: %v", got)
		}
		c.leave()
		if !slices.Contains(c.served, "cid") {
			t.Errorf("after two turns: %v", c.served[16:])
		}
		c.finish()
	})
}

// TestManyModest: where nobody has more than others, those who come too late are refused, and nobody else.
func TestManyModest(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := crowd{a: newAdmission(2, 3)}
		for i := range 7 {
			c.come(t.Context(), fmt.Sprint("p", i))
		}
		if got := strings.Join(c.refused, "; "); got != "p5: "+errFull.Error()+"; p6: "+errFull.Error() {
			t.Error(got)
		}
		c.finish()
		if got := strings.Join(c.served, " "); got != "p0 p1 p2 p3 p4" {
			t.Error(got)
		}
	})
}

// TestImpatience: who has waited for too long is refused, and who hangs up is forgotten.
func TestImpatience(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := crowd{a: newAdmission(1, 10)}
		gone, hangUp := context.WithCancel(t.Context())
		c.come(t.Context(), "ann")
		c.come(t.Context(), "bob")
		c.come(gone, "cid")
		hangUp()
		synctest.Wait()
		time.Sleep(time.Minute)
		synctest.Wait()
		if got := strings.Join(c.refused, "; "); got != "cid: context canceled; bob: "+errLate.Error() {
			t.Error(got)
		}
		if got := c.a.stands(); got != (Admission{Running: 1, Refused: Refusals{Late: 1}}) {
			t.Errorf("%+v", got)
		}
		c.finish()
	})
}

// TestAdmissionWalk takes random walks and looks whether all that must always hold does.
func TestAdmissionWalk(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		a := newAdmission(rapid.IntRange(1, 9).Draw(t, "most"), rapid.IntRange(1, 6).Draw(t, "queue"))
		var running []*line
		var waiting []*waiter
		told := func() {
			waiting = slices.DeleteFunc(waiting, func(w *waiter) bool {
				select {
				case err := <-w.told:
					if err == nil {
						running = append(running, w.line)
					}
					return true
				default:
					return false
				}
			})
		}
		t.Repeat(map[string]func(*rapid.T){
			"come": func(t *rapid.T) {
				l, w, err := a.queued(rapid.SampledFrom([]string{"a", "b", "c", "d"}).Draw(t, "who"))
				switch {
				case w != nil:
					waiting = append(waiting, w)
				case err == nil:
					running = append(running, l)
				case !errors.Is(err, errFull) && !errors.Is(err, errGreedy):
					t.Fatal(err)
				}
			},
			"leave": func(t *rapid.T) {
				if len(running) == 0 {
					t.Skip("nothing runs")
				}
				i := rapid.IntRange(0, len(running)-1).Draw(t, "which")
				a.leave(running[i])
				running = slices.Delete(running, i, i+1)
			},
			"give up": func(t *rapid.T) {
				if len(waiting) == 0 {
					t.Skip("nobody waits")
				}
				i := rapid.IntRange(0, len(waiting)-1).Draw(t, "which")
				ctx, cancel := context.WithCancel(context.Background())
				cancel()
				if err := a.await(ctx, waiting[i], time.Hour); err == nil {
					t.Fatal("it was let in")
				}
				waiting = slices.Delete(waiting, i, i+1)
			},
			"": func(t *rapid.T) {
				told()
				a.hold(t, len(running), len(waiting))
			},
		})
	})
}

// hold looks whether an admission is in order.
func (a *admission) hold(t *rapid.T, running, waiting int) {
	if a.running != running || a.waiting != waiting || a.running > a.most || a.waiting > a.queue {
		t.Fatalf("%d run of %d, %d wait of %d; want %d and %d", a.running, a.most, a.waiting, a.queue, running, waiting)
	}
	if a.running < a.most && a.turns.Len() > 0 {
		t.Fatalf("%d lines wait for their turn though there is room", a.turns.Len())
	}
	for _, l := range a.lines {
		may := l.waiting.Len() > 0 && l.running < a.share
		if l.running > a.share || may != (l.turn != nil) || l.running+l.waiting.Len() == 0 {
			t.Fatalf("line %s: %d run of %d, %d wait, turn %v", l.principal, l.running, a.share, l.waiting.Len(), l.turn != nil)
		}
	}
}

// BenchmarkRefused is what it costs to turn a call away when a thousand wait, each another's.
func BenchmarkRefused(b *testing.B) {
	a := newAdmission(1, 1024)
	for i := range 1025 {
		if _, _, err := a.queued(fmt.Sprint("p", i)); err != nil {
			b.Fatal(err)
		}
	}
	for b.Loop() {
		if _, _, err := a.queued("late"); err == nil {
			b.Fatal("it was let in")
		}
	}
}
