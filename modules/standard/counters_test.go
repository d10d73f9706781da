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
