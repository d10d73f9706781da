package standard_test

import (
	"context"
	"encoding/json"
	"errors"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/mcp-kernel/mcp-kernel/governance"
	"github.com/mcp-kernel/mcp-kernel/modules/standard"
	"github.com/mcp-kernel/mcp-kernel/state"
	"github.com/mcp-kernel/mcp-kernel/state/memstate"
	"github.com/mcp-kernel/mcp-kernel/tools"
)

const racePolicy = `
- name: governed
  allowed_tools: [web_fetch, execution_open, execution_usage]
  max_tool_calls_per_request: 25
  limits:
    - {name: pages, per: tool, tools: [web_fetch], calls: 20, window: 24h}
`

// replica opens a kernel with a data directory of its own over state that others have too.
func replica(t *testing.T, store standard.Store, text string) *standard.Kernel {
	t.Helper()
	c := governed(t, filepath.Join(t.TempDir(), "data"), text)
	k, err := standard.Open(t.Context(), standard.Options{Config: c, Extra: []tools.Module{web{}}, Store: store})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := k.Close(context.Background()); err != nil {
			t.Error(err)
		}
	})
	return k
}

// Kernels that share state admit together exactly what one would, however many callers race.
func TestReplicasShareLimits(t *testing.T) {
	t.Parallel()
	store := memstate.New(memstate.Options{})
	replicas := []*standard.Kernel{replica(t, store, racePolicy), replica(t, store, racePolicy), replica(t, store, racePolicy)}
	var admitted atomic.Int64
	var racing sync.WaitGroup
	for i := range 48 {
		racing.Go(func() {
			if _, err := call(t, replicas[i%len(replicas)], "web_fetch", `{"url":"x"}`); err == nil {
				admitted.Add(1)
			}
		})
	}
	racing.Wait()
	if got := admitted.Load(); got != 20 {
		t.Errorf("%d calls were admitted, want 20", got)
	}
	for i, k := range replicas {
		_, err := call(t, k, "web_fetch", `{"url":"x"}`)
		var refused *tools.Error
		if !errors.As(err, &refused) || !strings.Contains(refused.Reason, "are used") {
			t.Errorf("replica %d: one more: %v", i, err)
		}
	}
}

// An execution that one kernel opened is a budget at each of them.
func TestReplicasShareExecutions(t *testing.T) {
	t.Parallel()
	store := memstate.New(memstate.Options{})
	first, second := replica(t, store, racePolicy), replica(t, store, racePolicy)
	answer, err := call(t, first, "execution_open", `{"max_calls":2}`)
	if err != nil {
		t.Fatal(err)
	}
	var opened struct{ Execution string }
	if err := json.Unmarshal([]byte(answer.Content[0].Text), &opened); err != nil || opened.Execution == "" {
		t.Fatalf("%s: %v", answer.Content[0].Text, err)
	}
	handle := opened.Execution
	fetch := func(k *standard.Kernel) error {
		_, err := k.Dispatcher.Dispatch(t.Context(), governance.Call{
			Kind: governance.KindTool, Name: "web_fetch", Caller: governance.Caller{Principal: "user:test"}, Args: []byte(`{"url":"x"}`), Execution: handle,
		}, nil)
		return err
	}
	for i, k := range []*standard.Kernel{first, second} {
		if err := fetch(k); err != nil {
			t.Fatalf("call %d: %v", i, err)
		}
	}
	var refused *tools.Error
	if err := fetch(first); !errors.As(err, &refused) || !strings.Contains(refused.Reason, "2 of 2 calls of this execution are used") {
		t.Errorf("the third call: %v", err)
	}
	used, err := call(t, second, "execution_usage", `{"execution":"`+handle+`"}`)
	if err != nil {
		t.Fatal(err)
	}
	if text := used.Content[0].Text; !strings.Contains(text, `"calls":2`) {
		t.Errorf("the usage seen from the other replica: %s", text)
	}
}

// What is counted beside the call is given back where it was charged.
func TestReplicasCountTokens(t *testing.T) {
	t.Parallel()
	store := memstate.New(memstate.Options{})
	k := replica(t, store, governedPolicy)
	for i := range 12 { // 200 bytes a call would be over 1000 tokens after five
		if _, err := call(t, k, "web_fetch", `{"url":"`+strings.Repeat("https://example.org/", 10)+`"}`); err != nil {
			t.Fatalf("call %d: %v", i, err)
		}
	}
}

// severed is state that nobody reaches any more, once it is cut.
type severed struct {
	standard.Store
	cut *atomic.Bool
}

var errSevered = errors.New("the wire to 10.1.2.3 was cut")

func (s severed) Take(ctx context.Context, shard string, claims ...state.Claim) ([]state.Taken, error) {
	if s.cut.Load() {
		return nil, errSevered
	}
	return s.Store.Take(ctx, shard, claims...)
}

// Without the state that counts, nothing runs, nothing of the fault is told, and all goes on when it is back.
func TestReplicaWithoutStateDenies(t *testing.T) {
	t.Parallel()
	var cut atomic.Bool
	k := replica(t, severed{memstate.New(memstate.Options{}), &cut}, racePolicy)
	if _, err := call(t, k, "web_fetch", `{"url":"x"}`); err != nil {
		t.Fatal(err)
	}
	cut.Store(true)
	_, err := call(t, k, "web_fetch", `{"url":"x"}`)
	var refused *tools.Error
	if !errors.As(err, &refused) || refused.Code != tools.CodeDenied || refused.Reason != "the limits cannot be counted" {
		t.Errorf("without state: %v", err)
	}
	cut.Store(false)
	if _, err := call(t, k, "web_fetch", `{"url":"x"}`); err != nil {
		t.Errorf("with state again: %v", err)
	}
}

// What executions leave behind is cleared away once nothing of them can run any more, in the state and in the journal.
func TestExecutionsLeaveNothing(t *testing.T) {
	t.Parallel()
	var later atomic.Int64
	now := func() time.Time { return time.Now().Add(time.Duration(later.Load())) }
	store := memstate.New(memstate.Options{Now: now})
	c := governed(t, filepath.Join(t.TempDir(), "data"), strings.Replace(racePolicy, "execution_usage", "execution_close", 1))
	k, err := standard.Open(t.Context(), standard.Options{Config: c, Extra: []tools.Module{web{}}, Store: store, Now: now})
	if err != nil {
		t.Fatal(err)
	}
	defer shut(t, func() error { return k.Close(context.Background()) })
	begin := func() string {
		t.Helper()
		answer, err := call(t, k, "execution_open", `{"max_calls":2}`)
		if err != nil {
			t.Fatal(err)
		}
		var opened struct{ Execution string }
		if err := json.Unmarshal([]byte(answer.Content[0].Text), &opened); err != nil {
			t.Fatal(err)
		}
		if _, err = k.Dispatcher.Dispatch(t.Context(), governance.Call{
			Kind: governance.KindTool, Name: "web_fetch", Caller: governance.Caller{Principal: "user:test"}, Args: []byte(`{"url":"x"}`), Execution: opened.Execution,
		}, nil); err != nil {
			t.Fatal(err)
		}
		return opened.Execution
	}
	left := func(handle string) (here, there int64) {
		t.Helper()
		name := "calls@" + handle
		for _, counter := range k.Journal.Counters("user:test") {
			if counter.Name == name {
				here = counter.Used
			}
		}
		taken, err := store.Take(t.Context(), "user:test", state.Claim{Name: name})
		if err != nil {
			t.Fatal(err)
		}
		return here, taken[0].Used
	}
	expires, closes := begin(), begin()
	if _, err := call(t, k, "execution_close", `{"execution":"`+closes+`"}`); err != nil {
		t.Fatal(err)
	}
	later.Store(int64(10 * time.Minute)) // something of the closed one may still run
	begin()
	for handle, what := range map[string]string{expires: "one that is open", closes: "one that was just closed"} {
		if here, there := left(handle); here != 1 || there != 1 {
			t.Errorf("%s: %d in the journal, %d in the state", what, here, there)
		}
	}
	later.Store(int64(2 * time.Hour))
	kept := begin()
	for _, handle := range []string{expires, closes} {
		if here, there := left(handle); here != 0 || there != 0 {
			t.Errorf("of one that is over: %d in the journal, %d in the state", here, there)
		}
	}
	if here, there := left(kept); here != 1 || there != 1 {
		t.Errorf("of the newest: %d in the journal, %d in the state", here, there)
	}
}

// One of two kernels does what both are asked under one idempotency key at once, and both answer with what came of it. A kept
// answer is given only while its caller may still do what was done.
func TestReplicasDoItOnce(t *testing.T) {
	t.Parallel()
	const text = `
- name: governed
  allowed_tools: [kernel_execute, vfs_write]
`
	store := memstate.New(memstate.Options{})
	replicas := []*standard.Kernel{replica(t, store, text), replica(t, store, text), replica(t, store, strings.Replace(text, ", vfs_write", "", 1))}
	const order = `{"action":"vfs_write","params":{"path":"/mem/notes/n","content":"1"},"idempotency_key":"k"}`
	var asking sync.WaitGroup
	var replayed, failed atomic.Int64
	for i := range 16 {
		asking.Go(func() {
			answer, err := call(t, replicas[i%2], "kernel_execute", order)
			switch {
			case err != nil || !strings.Contains(answer.Content[0].Text, `"success":true`):
				failed.Add(1)
			case strings.Contains(answer.Content[0].Text, `"replayed":true`):
				replayed.Add(1)
			}
		})
	}
	asking.Wait()
	if replayed.Load() != 15 || failed.Load() != 0 {
		t.Errorf("%d of 16 were answers of another, want 15; %d failed", replayed.Load(), failed.Load())
	}
	answer, err := call(t, replicas[2], "kernel_execute", order)
	if err != nil || !strings.Contains(answer.Content[0].Text, `"SIGKILL"`) || strings.Contains(answer.Content[0].Text, "replayed") {
		t.Errorf("where it is not allowed any more: %+v, %v", answer, err)
	}
}
