package standard_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/mcp-kernel/mcp-kernel/modules/standard"
	"github.com/mcp-kernel/mcp-kernel/state/guarded"
	"github.com/mcp-kernel/mcp-kernel/state/memstate"
	"github.com/mcp-kernel/mcp-kernel/tools"
)

// statuses are how the components of a kernel are.
func statuses(t *testing.T, k *standard.Kernel) map[string]standard.Status {
	t.Helper()
	got := map[string]standard.Status{}
	for _, c := range k.Health(t.Context()) {
		if (c.Status == standard.Up) != (c.Reason == "") {
			t.Errorf("%+v: what is not well says why, and nothing else does", c)
		}
		got[c.Name] = c.Status
	}
	return got
}

// but is a healthy kernel, but for one component.
func but(name string, status standard.Status) map[string]standard.Status {
	all := map[string]standard.Status{
		"journal": standard.Up, "state": standard.Up, "calls": standard.Up, "clock": standard.Up, "policies": standard.Up, "servers": standard.Up, "exports": standard.Up,
	}
	all[name] = status
	return all
}

func wantStatuses(t *testing.T, k *standard.Kernel, want map[string]standard.Status) {
	t.Helper()
	if diff := cmp.Diff(want, statuses(t, k)); diff != "" {
		t.Error(diff)
	}
}

// State that does not answer: nothing runs, callers learn when to come back, nothing is asked of it meanwhile, and it is
// noticed when it is back though nobody calls.
func TestUnavailableState(t *testing.T) {
	t.Parallel()
	var cut atomic.Bool
	var later atomic.Int64
	now := func() time.Time { return time.Now().Add(time.Duration(later.Load())) }
	store := guarded.New(severed{memstate.New(memstate.Options{}), &cut}, guarded.Options{
		Failures: 1, Pause: time.Minute, MaxPause: time.Minute, Now: now, Random: func() float64 { return 0 },
	})
	k := replica(t, store, racePolicy)
	wantStatuses(t, k, but("state", standard.Up))
	cut.Store(true)
	for range 2 {
		_, err := call(t, k, "web_fetch", `{"url":"x"}`)
		var refused *tools.Error
		if !errors.As(err, &refused) || refused.Reason != "the limits cannot be counted" {
			t.Fatalf("without state: %v", err)
		}
		if want := `"retry_after":30`; !strings.Contains(string(refused.Details), want) {
			t.Errorf("details %s, want %s", refused.Details, want)
		}
	}
	wantStatuses(t, k, but("state", standard.Down))
	cut.Store(false)
	wantStatuses(t, k, but("state", standard.Down)) // it is left in peace
	later.Store(int64(time.Minute))
	wantStatuses(t, k, but("state", standard.Up))
	if _, err := call(t, k, "web_fetch", `{"url":"x"}`); err != nil {
		t.Errorf("with state again: %v", err)
	}
}

// What stops no call is told all the same: policies that cannot be read, and a clock that was set back.
func TestDegradedHealth(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	var back atomic.Int64
	c := governed(t, filepath.Join(dir, "data"), governedPolicy)
	k, err := standard.Open(t.Context(), standard.Options{
		Config: c, Extra: []tools.Module{web{}}, Now: func() time.Time { return time.Now().Add(-time.Duration(back.Load())) },
	})
	if err != nil {
		t.Fatal(err)
	}
	defer shut(t, func() error { return k.Close(context.Background()) })
	works := func() {
		t.Helper()
		if _, err := call(t, k, "web_fetch", `{"url":"x"}`); err != nil {
			t.Error(err)
		}
	}
	works()
	wantStatuses(t, k, but("journal", standard.Up))

	file := c.Governance.PolicyFiles[0]
	good, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, []byte("- {name: governed, tools_allowed: [x]}"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := k.Reload(t.Context()); err == nil {
		t.Error("faulty policies were read")
	}
	wantStatuses(t, k, but("policies", standard.Degraded))
	works()
	if err := os.WriteFile(file, good, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := k.Reload(t.Context()); err != nil {
		t.Error(err)
	}
	if err := k.Journal.Freeze(t.Context(), "user:test", "an exercise"); err != nil {
		t.Fatal(err)
	}
	wantStatuses(t, k, but("calls", standard.Degraded))
	if err := k.Journal.Resume(t.Context(), "user:test"); err != nil {
		t.Fatal(err)
	}
	back.Store(int64(time.Hour))
	wantStatuses(t, k, but("clock", standard.Degraded))
	works()
}

// A server that cannot be started is told of, and the tools of others are called all the same.
func TestServerThatIsDown(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	c := governed(t, filepath.Join(dir, "data"), governedPolicy)
	c.Upstreams.File = filepath.Join(dir, "upstreams.yaml")
	if err := os.WriteFile(c.Upstreams.File, []byte("servers: {gone: {command: /no/such/program}}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	k, err := standard.Open(t.Context(), standard.Options{Config: c, Extra: []tools.Module{web{}}, Self: "user:test"})
	if err != nil {
		t.Fatal(err)
	}
	defer shut(t, func() error { return k.Close(context.Background()) })
	wantStatuses(t, k, but("servers", standard.Up)) // nobody has needed it
	if _, err := k.Servers().Learn(t.Context(), "gone"); err == nil {
		t.Fatal("it was started")
	}
	wantStatuses(t, k, but("servers", standard.Degraded))
	if _, err := call(t, k, "web_fetch", `{"url":"x"}`); err != nil {
		t.Error(err)
	}
}
