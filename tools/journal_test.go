package tools_test

import (
	"context"
	"path/filepath"
	"slices"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/mcp-kernel/mcp-kernel/governance"
	"github.com/mcp-kernel/mcp-kernel/governance/audit"
	"github.com/mcp-kernel/mcp-kernel/modules/primitives"
	"github.com/mcp-kernel/mcp-kernel/tools"
)

// openJournal opens a real journal in a directory of its own.
func openJournal(tb testing.TB, change ...func(*audit.Options)) *audit.Journal {
	tb.Helper()
	dir := tb.TempDir()
	signer, err := primitives.OpenSigner(filepath.Join(dir, "key"), "example.org/test", nil)
	if err != nil {
		tb.Fatal(err)
	}
	o := audit.Options{Dir: dir, Origin: "example.org/test", Signer: signer}
	for _, c := range change {
		c(&o)
	}
	j, err := audit.Open(o)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		if err := j.Close(); err != nil {
			tb.Error(err)
		}
	})
	return j
}

// journalGate is a gate that counts in the journal.
func journalGate(tb testing.TB, j *audit.Journal, limit int64) *governance.Gate {
	tb.Helper()
	all, tokens := []string{"*"}, int64(1)<<40
	snapshot, err := governance.Compile(governance.Ceiling{MaxTokens: tokens, MaxCalls: 1 << 40},
		governance.Policy{Name: "limited", AllowedTools: all, MaxToolCallsPerRequest: &limit})
	if err != nil {
		tb.Fatal(err)
	}
	g, err := governance.New(governance.Options{
		Select:  func(*governance.Call) (*governance.Snapshot, error) { return snapshot, nil },
		Limiter: j, Peek: j.Peek, Standing: j,
	})
	if err != nil {
		tb.Fatal(err)
	}
	return g
}

// TestLimitsAreExactWithTheJournal lets 40 callers at a limit of 10, of whom every second has bad arguments: exactly 10
// handlers run, because what did not run was given back.
func TestLimitsAreExactWithTheJournal(t *testing.T) {
	t.Parallel()
	j := openJournal(t)
	var ran atomic.Int64
	d := newDesk(t, echoing(&ran), func(o *tools.DispatcherOptions) {
		o.Journal, o.Gate = tools.Recording(j), journalGate(t, j, 10)
	})
	for range 5 { // bad arguments first: none of these may use up the limit
		if _, err := d.Dispatch(t.Context(), d.call("echo", `{"x":1}`), nil); refusal(t, err).Code != tools.CodeBadArguments {
			t.Fatal(err)
		}
	}
	var answered, denied atomic.Int64
	var all sync.WaitGroup
	for range 40 {
		all.Go(func() {
			_, err := d.Dispatch(t.Context(), d.call("echo", `{}`), nil)
			switch {
			case err == nil:
				answered.Add(1)
			case refusal(t, err).Code == tools.CodeDenied:
				denied.Add(1)
			default:
				t.Error(err)
			}
		})
	}
	all.Wait()
	if answered.Load() != 10 || denied.Load() != 30 || ran.Load() != 10 {
		t.Errorf("%d answered, %d denied, %d ran", answered.Load(), denied.Load(), ran.Load())
	}
	i := slices.IndexFunc(j.Counters("alice"), func(c audit.Counter) bool { return c.Name == governance.CounterCalls })
	if i < 0 || j.Counters("alice")[i].Used != 10 {
		t.Errorf("counters %+v", j.Counters("alice"))
	}
}

// TestFreezeOfTheJournal shows that a freeze denies calls with an entry, ends running ones, and that resuming lets calls
// pass again.
func TestFreezeOfTheJournal(t *testing.T) {
	t.Parallel()
	var d *desk
	frozen := make(chan struct{}, 1)
	j := openJournal(t, func(o *audit.Options) {
		o.OnFreeze = func(yes bool) {
			if yes {
				d.Freeze()
				frozen <- struct{}{}
			}
		}
	})
	var ran atomic.Int64
	d = newDesk(t, echoing(&ran), func(o *tools.DispatcherOptions) {
		o.Journal, o.Gate = tools.Recording(j), journalGate(t, j, 100)
	})
	running := make(chan error, 1)
	go func() {
		_, err := d.Dispatch(context.Background(), d.call("echo", `{"text":"wait"}`), nil)
		running <- err
	}()
	for ran.Load() == 0 {
		_ = d.Running()
	}
	if err := j.Freeze(t.Context(), "root", "drill"); err != nil {
		t.Fatal(err)
	}
	<-frozen
	if got := refusal(t, <-running); got.Code != tools.CodeFrozen {
		t.Errorf("running call: %v", got)
	}
	if _, err := d.Dispatch(t.Context(), d.call("echo", `{}`), nil); refusal(t, err).Code != tools.CodeFrozen {
		t.Errorf("call while frozen: %v", err)
	}
	if err := j.Resume(t.Context(), "root"); err != nil {
		t.Fatal(err)
	}
	if _, err := d.Dispatch(t.Context(), d.call("echo", `{}`), nil); err != nil {
		t.Errorf("after resuming: %v", err)
	}
}

func BenchmarkDispatchJournal(b *testing.B) {
	j := openJournal(b)
	benchmarkDispatch(b, fiveArgs, func(o *tools.DispatcherOptions) {
		o.Journal, o.Gate = tools.Recording(j), journalGate(b, j, 1<<40)
	})
}
