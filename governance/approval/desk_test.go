package approval_test

import (
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/mcp-kernel/mcp-kernel/governance"
	"github.com/mcp-kernel/mcp-kernel/governance/approval"
	"github.com/mcp-kernel/mcp-kernel/state/sqlitestate"
)

const later = `{"path":"later"}`

// TestAgreement follows one call from the question to its end.
func TestAgreement(t *testing.T) {
	t.Parallel()
	o, ctx := open(t, nil), t.Context()
	want := needs(1, operators(), governance.ChannelCLI)
	if g, err := o.Redeem(ctx, deletes("c1", "user:ada", later), want); g != nil || err != nil {
		t.Fatalf("before anybody was asked: %v, %v", g, err)
	}
	r := must(o.Open(ctx, deletes("c1", "user:ada", later), want))
	if r.Status != approval.Waiting || r.Call != "c1" || r.Arguments != later || !r.Expires.Equal(o.clock().Add(10*time.Minute)) {
		t.Errorf("got %+v", r)
	}
	again := must(o.Open(ctx, deletes("c2", "user:ada", "{ \"path\" : \"later\" }"), want))
	if again.ID != r.ID {
		t.Errorf("the same call, written in another way, opened %s", again.ID)
	}
	o.wait(9 * time.Minute)
	if r = must(o.Answer(ctx, r, cli("user:root", true))); r.Status != approval.Granted || !r.Expires.Equal(o.clock().Add(10*time.Minute)) {
		t.Errorf("agreed to: %+v", r)
	}
	g, err := o.Redeem(ctx, deletes("c3", "user:ada", later), want)
	if err != nil || g == nil || g.ID != r.ID || !slices.Equal(g.By, []string{"user:root"}) {
		t.Fatalf("got %+v, %v", g, err)
	}
	if g, err := o.Redeem(ctx, deletes("c4", "user:ada", later), want); g != nil || err != nil {
		t.Errorf("a second time: %+v, %v", g, err)
	}
	if _, err := o.Answer(ctx, r, cli("user:root", true)); !errors.Is(err, approval.ErrUsed) {
		t.Errorf("an answer to what was used: %v", err)
	}
	if next := must(o.Open(ctx, deletes("c5", "user:ada", later), want)); next.ID == r.ID || next.Status != approval.Waiting {
		t.Errorf("the next one is %+v", next)
	}
	if got, want := o.recorded(), []string{"approval_given approval-1 c1 user:root over cli"}; !slices.Equal(got, want) {
		t.Errorf("recorded %q", got)
	}
}

// TestAnotherCall finds every difference between two calls.
func TestAnotherCall(t *testing.T) {
	t.Parallel()
	want := needs(1, operators(), governance.ChannelCLI)
	for name, change := range map[string]func(*governance.Call){
		"another argument":       func(c *governance.Call) { c.Args = []byte(`{"path":"sooner"}`) },
		"an argument that begs":  func(c *governance.Call) { c.Args = []byte(`{"path":"later","approved":true}`) },
		"another type":           func(c *governance.Call) { c.Args = []byte(`{"path":["later"]}`) },
		"another principal":      func(c *governance.Call) { c.Caller.Principal = "user:eve" },
		"another agent":          func(c *governance.Call) { c.Caller.Agent = "did:key:z6Mk" },
		"a principal that joins": func(c *governance.Call) { c.Caller.Principal = "user:ada#did:key:z6Mk" },
		"another tool":           func(c *governance.Call) { c.Name = "file_write" },
		"another kind":           func(c *governance.Call) { c.Kind = governance.KindPrompt },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o, ctx := open(t, nil), t.Context()
			r := must(o.Open(ctx, deletes("c1", "user:ada", later), want))
			must(o.Answer(ctx, r, cli("user:root", true)))
			c := deletes("c2", "user:ada", later)
			change(c)
			if must(approval.Digest(c)) == r.Digest {
				t.Error("the digests are the same")
			}
			if g, err := o.Redeem(ctx, c, want); g != nil || err != nil {
				t.Errorf("got %+v, %v", g, err)
			}
			if g, err := o.Redeem(ctx, deletes("c3", "user:ada", later), want); g == nil || err != nil {
				t.Errorf("the call itself: %+v, %v", g, err)
			}
		})
	}
}

// TestWhoCounts holds who may answer over which channel to a table.
func TestWhoCounts(t *testing.T) {
	t.Parallel()
	both := []governance.Channel{governance.ChannelClient, governance.ChannelCLI}
	anyone := []string{governance.ApproverOperators, governance.ApproverCaller}
	for _, c := range []struct {
		name  string
		needs []governance.Requirement
		vote  approval.Vote
		want  string
	}{
		{"an operator on the command line", needs(1, operators(), both...), cli("user:root", true), "granted"},
		{"somebody else on the command line", needs(1, operators(), both...), approval.Vote{By: "user:bob", Channel: governance.ChannelCLI, Approve: true}, "not asked"},
		{"a channel that does not count", needs(1, anyone, governance.ChannelConsole), cli("user:root", true), "not asked"},
		{"the caller's client", needs(1, anyone, both...), client("user:ada", true), "granted"},
		{"the caller's client says no", needs(1, anyone, both...), client("user:ada", false), "refused"},
		{"a client that does not count", needs(1, anyone, governance.ChannelCLI), client("user:ada", true), "not asked"},
		{"somebody else's client", needs(1, anyone, both...), client("user:eve", true), "not asked"},
		{"a client that says it is an operator's", needs(1, operators(), both...), approval.Vote{By: "user:ada", Operator: true, Channel: governance.ChannelClient, Approve: true}, "not asked"},
		{"a named person elsewhere", needs(1, []string{"user:bob"}, both...), approval.Vote{By: "user:bob", Channel: governance.ChannelCLI, Approve: true}, "granted"},
		{"a named person's client, of another caller", needs(1, []string{"user:bob"}, both...), client("user:bob", true), "not asked"},
		{"nobody", needs(1, anyone, both...), cli("", true), "not asked"},
		{"one of two", needs(2, anyone, both...), cli("user:root", true), "waiting"},
		{"one of two says no", needs(2, anyone, both...), cli("user:root", false), "refused"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			o, ctx := open(t, nil), t.Context()
			r := must(o.Open(ctx, deletes("c1", "user:ada", later), c.needs))
			r, err := o.Answer(ctx, r, c.vote)
			got := r.Status.String()
			if errors.Is(err, approval.ErrNotApprover) {
				got = "not asked"
			} else if err != nil {
				t.Fatal(err)
			}
			if got != c.want {
				t.Errorf("got %s, want %s", got, c.want)
			}
			if g := must(o.Redeem(ctx, deletes("c2", "user:ada", later), c.needs)); (g != nil) != (c.want == "granted") {
				t.Errorf("redeemed %+v", g)
			}
		})
	}
}

// TestSeveralRules wants each rule to be met by its own people.
func TestSeveralRules(t *testing.T) {
	t.Parallel()
	o, ctx := open(t, nil), t.Context()
	both := slices.Concat(needs(2, operators(), governance.ChannelCLI), needs(1, []string{"caller"}, governance.ChannelClient))
	r := must(o.Open(ctx, deletes("c1", "user:ada", later), both))
	for i, v := range []approval.Vote{cli("user:root", true), cli("user:root", true), client("user:ada", true), cli("user:bob", true)} {
		if r = must(o.Answer(ctx, r, v)); (r.Status == approval.Granted) != (i == 3) {
			t.Errorf("after answer %d: %s", i, r.Status)
		}
	}
	stricter := slices.Concat(both, needs(1, []string{"user:eve"}, governance.ChannelCLI))
	if g := must(o.Redeem(ctx, deletes("c2", "user:ada", later), stricter)); g != nil {
		t.Error("an agreement holds under a policy that has become stricter")
	}
	if r := must(o.Open(ctx, deletes("c2", "user:ada", later), stricter)); r.Status != approval.Waiting || len(r.Votes) != 3 {
		t.Errorf("under the stricter policy: %+v", r)
	}
}

// TestAnsweringAnew lets people change their minds, and clients not.
func TestAnsweringAnew(t *testing.T) {
	t.Parallel()
	o, ctx := open(t, nil), t.Context()
	want := needs(1, []string{"operators", "caller"}, governance.ChannelClient, governance.ChannelCLI)
	r := must(o.Open(ctx, deletes("c1", "user:ada", later), want))
	if r = must(o.Answer(ctx, r, cli("user:ada", false))); r.Status != approval.Refused {
		t.Fatalf("refused: %s", r.Status)
	}
	if r.Wants(client("user:ada", true)) {
		t.Error("the client of who has answered is to be asked")
	}
	if _, err := o.Answer(ctx, r, client("user:ada", true)); !errors.Is(err, approval.ErrAnswered) || !approval.Late(err) {
		t.Errorf("a client that takes back what was refused: %v", err)
	}
	if again := must(o.Open(ctx, deletes("c2", "user:ada", later), want)); again.ID != r.ID || again.Status != approval.Refused {
		t.Errorf("asked again after a no: %+v", again)
	}
	if r = must(o.Answer(ctx, r, cli("user:ada", true))); r.Status != approval.Granted {
		t.Errorf("a person may think again: %s", r.Status)
	}
	if r = must(o.Answer(ctx, r, cli("user:root", false))); r.Status != approval.Refused {
		t.Errorf("and an agreement be taken back: %s", r.Status)
	}
}

// TestBounds fills a caller's book, and sees that neither those that were used nor other callers count.
func TestBounds(t *testing.T) {
	t.Parallel()
	o, ctx := open(t, nil), t.Context()
	want := needs(1, operators(), governance.ChannelCLI)
	nth := func(i int) *governance.Call {
		return deletes(fmt.Sprint("c", i), "user:ada", fmt.Sprintf(`{"n":%d}`, i))
	}
	for i := range 100 {
		r := must(o.Open(ctx, nth(i), want))
		must(o.Answer(ctx, r, cli("user:root", true)))
		if must(o.Redeem(ctx, nth(i), want)) == nil {
			t.Fatal(i)
		}
	}
	if all := must(o.List(ctx)); len(all) > 8 {
		t.Errorf("%d requests are kept", len(all))
	}
	for i := range 4 {
		must(o.Open(ctx, nth(100+i), want))
	}
	if _, err := o.Open(ctx, nth(200), want); !errors.Is(err, approval.ErrTooMany) {
		t.Errorf("got %v", err)
	}
	must(o.Open(ctx, deletes("x", "user:bob", later), want))
	o.wait(10 * time.Minute)
	must(o.Open(ctx, nth(201), want))
	if got := len(o.recorded()); got != 104 {
		t.Errorf("%d were recorded: %q", got, o.recorded()[100:])
	}
}

// TestExpiry lets questions and agreements grow old.
func TestExpiry(t *testing.T) {
	t.Parallel()
	o, ctx := open(t, nil), t.Context()
	want := needs(2, operators(), governance.ChannelCLI)
	silent := must(o.Open(ctx, deletes("c1", "user:ada", `{"n":1}`), want))
	few := must(o.Open(ctx, deletes("c2", "user:bob", `{"n":2}`), want))
	must(o.Answer(ctx, few, cli("user:root", true)))
	one := needs(1, operators(), governance.ChannelCLI)
	unused := must(o.Open(ctx, deletes("c3", "user:eve", `{"n":3}`), one))
	must(o.Answer(ctx, unused, cli("user:root", true)))
	o.wait(10*time.Minute - time.Nanosecond)
	if err := o.Sweep(ctx); err != nil || len(must(o.List(ctx))) != 3 {
		t.Fatalf("struck too early: %v", err)
	}
	o.wait(time.Nanosecond)
	if g := must(o.Redeem(ctx, deletes("c4", "user:eve", `{"n":3}`), one)); g != nil {
		t.Error("an agreement that has expired was used")
	}
	if _, err := o.Answer(ctx, silent, cli("user:root", true)); !errors.Is(err, approval.ErrUnknown) {
		t.Errorf("an answer that came too late: %v", err)
	}
	for range 2 {
		if err := o.Sweep(ctx); err != nil {
			t.Fatal(err)
		}
	}
	got := o.recorded()[2:]
	slices.Sort(got)
	if wanted := []string{
		"approval_expired approval-1 c1  nobody answered in time",
		"approval_expired approval-2 c2  too few agreed in time",
		"approval_expired approval-3 c3  the agreement was not used in time",
	}; !slices.Equal(got, wanted) || len(must(o.List(ctx))) != 0 {
		t.Errorf("got %q", got)
	}
}

// TestUnrecorded sees that an answer which cannot be recorded does not count.
func TestUnrecorded(t *testing.T) {
	t.Parallel()
	o, ctx := open(t, nil), t.Context()
	want := needs(1, operators(), governance.ChannelCLI)
	r := must(o.Open(ctx, deletes("c1", "user:ada", later), want))
	o.mute = errFull
	if _, err := o.Answer(ctx, r, cli("user:root", true)); !errors.Is(err, errFull) {
		t.Errorf("got %v", err)
	}
	if g := must(o.Redeem(ctx, deletes("c2", "user:ada", later), want)); g != nil {
		t.Error("it counts")
	}
}

// TestReturn gives an agreement back for a call that goes on, and to no other.
func TestReturn(t *testing.T) {
	t.Parallel()
	o, ctx := open(t, nil), t.Context()
	want := needs(1, operators(), governance.ChannelCLI)
	r := must(o.Open(ctx, deletes("c1", "user:ada", later), want))
	must(o.Answer(ctx, r, cli("user:root", true)))
	times := 0
	for ; times < 100; times++ {
		c := deletes(fmt.Sprint("c", times), "user:ada", later)
		if must(o.Redeem(ctx, c, want)) == nil {
			break
		}
		if must(o.Return(ctx, deletes("other", "user:ada", later), r.ID)) {
			t.Fatal("returned by a call that did not use it")
		}
		must(o.Return(ctx, c, r.ID))
		if must(o.Return(ctx, c, r.ID)) {
			t.Fatal("returned twice")
		}
	}
	if times != 17 {
		t.Errorf("used %d times", times)
	}
}

// TestOnce has 64 callers use one agreement at the same time, over a store that two processes share.
func TestOnce(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "state.db")
	var desks [2]*office
	for i := range desks {
		store := must(sqlitestate.Open(path, sqlitestate.Options{}))
		t.Cleanup(func() { _ = store.Close() })
		desks[i] = open(t, store, func(opts *approval.Options) { opts.IDs = nil })
	}
	ctx := t.Context()
	want := needs(2, operators(), governance.ChannelCLI)
	for round := range 3 {
		args := fmt.Sprintf(`{"round":%d}`, round)
		var opened sync.Map
		var used atomic.Int32
		var all sync.WaitGroup
		for i := range 64 {
			all.Go(func() {
				r, err := desks[i%2].Open(ctx, deletes(fmt.Sprint("o", i), "user:ada", args), want)
				if err != nil {
					t.Error(err)
				}
				opened.Store(r.ID+r.Call, r)
				if _, err := desks[i%2].Answer(ctx, r, cli(fmt.Sprint("user:", i%2), true)); err != nil && !approval.Late(err) {
					t.Error(err)
				}
				g, err := desks[i%2].Redeem(ctx, deletes(fmt.Sprint("c", i), "user:ada", args), want)
				if err != nil {
					t.Error(err)
				}
				if g != nil {
					used.Add(1)
				}
			})
		}
		all.Wait()
		ids := 0
		opened.Range(func(any, any) bool { ids++; return true })
		if used.Load() == 0 || int(used.Load()) > ids {
			t.Errorf("%d agreements were used %d times", ids, used.Load())
		}
	}
}

// TestRestart finds after a restart what was there before.
func TestRestart(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "state.db")
	ctx := t.Context()
	want := needs(1, operators(), governance.ChannelCLI)
	var id string
	for step := range 4 {
		store := must(sqlitestate.Open(path, sqlitestate.Options{}))
		o := open(t, store)
		switch step {
		case 0:
			id = must(o.Open(ctx, deletes("c1", "user:ada", later), want)).ID
		case 1:
			r := must(o.Find(ctx, id))
			must(o.Answer(ctx, r, cli("user:root", true)))
		case 2, 3:
			if g := must(o.Redeem(ctx, deletes(fmt.Sprint("c", step), "user:ada", later), want)); (g != nil) != (step == 2) {
				t.Errorf("step %d: %+v", step, g)
			}
		}
		if err := errors.Join(o.Close(), store.Close()); err != nil {
			t.Fatal(err)
		}
	}
}

func TestOptions(t *testing.T) {
	t.Parallel()
	_, err := approval.New(approval.Options{MaxOpen: -1})
	if err == nil || err.Error() != "approvals: no Store: say where they are kept\napprovals: MaxOpen is negative" {
		t.Errorf("got %v", err)
	}
}

// TestUnreadable takes arguments that have no canonical form for what nobody can agree to.
func TestUnreadable(t *testing.T) {
	t.Parallel()
	o, ctx := open(t, nil), t.Context()
	for _, args := range []string{`{`, `{"a":1,"a":2}`, `{"a":9007199254740993}`, "{\"a\":\"\xff\"}"} {
		if _, err := o.Open(ctx, deletes("c", "user:ada", args), nil); err == nil {
			t.Errorf("%s was opened", args)
		}
		if _, err := o.Redeem(ctx, deletes("c", "user:ada", args), nil); err == nil {
			t.Errorf("%s was redeemed", args)
		}
	}
}
