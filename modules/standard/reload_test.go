package standard_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/mcp-kernel/mcp-kernel/governance"
	"github.com/mcp-kernel/mcp-kernel/governance/audit"
	"github.com/mcp-kernel/mcp-kernel/governance/policy/watch"
	"github.com/mcp-kernel/mcp-kernel/modules/standard"
	"github.com/mcp-kernel/mcp-kernel/tools"
)

// Policies between which the tests change.
const (
	openPolicy   = `[{name: default, allowed_tools: ["*"], allowed_resources: ["*"], allowed_prompts: ["*"]}]`
	closedPolicy = `[{name: default, allowed_tools: ["execution_usage"], allowed_resources: ["*"], allowed_prompts: ["*"]}]`
)

// governedBy is settings with a policy file.
func governedBy(t *testing.T, text string) (file string, k *standard.Kernel) {
	t.Helper()
	file = filepath.Join(t.TempDir(), "policies.yaml")
	put(t, file, text)
	o := settings(t)
	o.Governance.PolicyFiles = []string{file}
	return file, open(t, o)
}

// put writes a file as editors do: beside, then over.
func put(t *testing.T, file, text string) {
	t.Helper()
	if err := os.WriteFile(file+"~", []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(file+"~", file); err != nil {
		t.Fatal(err)
	}
}

// activePolicies reads what an agent is told of the policies in force.
func activePolicies(t *testing.T, k *standard.Kernel) string {
	t.Helper()
	r, err := k.Dispatcher.Dispatch(t.Context(), governance.Call{
		ID: k.IDs(), Kind: governance.KindResource, Name: "policy://active", Caller: governance.Caller{Principal: "user:test"}, At: k.Now(),
	}, nil)
	if err != nil || len(r.Contents) != 1 {
		t.Fatalf("%+v, %v", r, err)
	}
	return r.Contents[0].Text
}

func TestReload(t *testing.T) {
	t.Parallel()
	file, k := governedBy(t, openPolicy)
	if _, err := call(t, k, "vfs_list", `{"path":"/"}`); err != nil {
		t.Fatal(err)
	}
	before, err := k.Policies.Select(&governance.Call{})
	if err != nil {
		t.Fatal(err)
	}
	r, err := k.Reload(t.Context())
	if err != nil || r.Any() {
		t.Fatalf("of the same file: %+v, %v", r, err)
	}
	if shown := activePolicies(t, k); !strings.Contains(shown, `"*"`) || strings.Contains(shown, "execution_usage") {
		t.Errorf("policy://active shows %s", shown)
	}
	put(t, file, closedPolicy+"\n")
	r, err = k.Reload(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if shown := activePolicies(t, k); !strings.Contains(shown, "execution_usage") {
		t.Errorf("policy://active shows %s after the reload", shown)
	}
	after, err := k.Policies.Select(&governance.Call{})
	if err != nil {
		t.Fatal(err)
	}
	want := standard.Reload{Old: before.Digest(), New: after.Digest(), Changed: []string{"default"}, Tools: true}
	if diff := cmp.Diff(want, r); diff != "" {
		t.Error(diff)
	}
	if _, err := call(t, k, "vfs_list", `{"path":"/"}`); err == nil {
		t.Error("what the new policy does not allow was called")
	}
	page, err := k.Journal.Query(t.Context(), audit.Filter{Kinds: []audit.Kind{audit.KindControl}}, "", 1)
	if err != nil || len(page.Entries) != 1 {
		t.Fatalf("%d control entries, %v", len(page.Entries), err)
	}
	note := &audit.Control{Action: audit.ActionPolicies, By: r.Old, Subject: r.New, Count: 1, Reason: "changed default"}
	if diff := cmp.Diff(note, page.Entries[0].Control); diff != "" {
		t.Error(diff)
	}
}

func TestWhatIsFaultyIsNotPutInForce(t *testing.T) {
	t.Parallel()
	file, k := governedBy(t, closedPolicy)
	for name, c := range map[string]struct{ text, want string }{
		"half written":       {openPolicy[:len(openPolicy)/2], file + ":1:"},
		"empty":              {"", "no policies"},
		"a misspelt key":     {"- name: default\n  allowed_tool: [\"*\"]\n", file + ":2:3: "},
		"the active one out": {`[{name: other, allowed_tools: ["*"]}]`, `"default": there are other`},
		"a rule of nothing":  {"- name: default\n  allowed_tools: [\"*\"]\n  rules: |\n    forbid (principal, action == Action::\"no_such_tool\", resource);\n", file + ":4:"},
	} {
		put(t, file, c.text)
		if _, err := k.Reload(t.Context()); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %q in it", name, err, c.want)
		}
		if _, err := call(t, k, "vfs_list", `{"path":"/"}`); err == nil {
			t.Errorf("%s: the last good policy does not hold any more", name)
		}
		if _, err := call(t, k, "execution_usage", `{}`); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestReloadUnderLoad calls while policies change. Every call is decided by one of the two, no other error occurs, and
// the journal has the decision and the outcome of each.
func TestReloadUnderLoad(t *testing.T) {
	t.Parallel()
	file, k := governedBy(t, openPolicy)
	var allowed, refused atomic.Int64
	ctx, cancel := context.WithCancel(t.Context())
	var calling sync.WaitGroup
	for range 4 {
		calling.Go(func() {
			for ctx.Err() == nil {
				_, err := k.Dispatcher.Dispatch(context.WithoutCancel(ctx), governance.Call{
					ID: k.IDs(), Kind: governance.KindTool, Name: "vfs_list", Caller: governance.Caller{Principal: "user:test"},
					Args: []byte(`{"path":"/"}`), At: k.Now(),
				}, nil)
				var denied *tools.Error
				switch {
				case err == nil:
					allowed.Add(1)
				case errors.As(err, &denied) && denied.Code == tools.CodeDenied:
					refused.Add(1)
				default:
					t.Errorf("%v", err)
				}
			}
		})
	}
	for i := range 20 {
		put(t, file, []string{closedPolicy, openPolicy}[i%2])
		was := allowed.Load() + refused.Load()
		if _, err := k.Reload(t.Context()); err != nil {
			t.Error(err)
		}
		for allowed.Load()+refused.Load() < was+20 && !t.Failed() {
			time.Sleep(time.Millisecond) // until calls were made under it
		}
	}
	cancel()
	calling.Wait()
	if allowed.Load() == 0 || refused.Load() == 0 {
		t.Errorf("%d allowed, %d refused: want some of each", allowed.Load(), refused.Load())
	}
	counted := map[string]int64{}
	for e, err := range k.Journal.Entries(t.Context(), 1) {
		if err != nil {
			t.Fatal(err)
		}
		switch {
		case e.Kind == audit.KindDecision:
			counted[e.Decision.Effect.String()]++
		case e.Kind == audit.KindOutcome:
			counted["outcome"]++
		case e.Control != nil && e.Control.Action == audit.ActionPolicies:
			counted["reload"]++
		}
	}
	want := map[string]int64{"allow": allowed.Load(), "deny": refused.Load(), "outcome": allowed.Load() + refused.Load(), "reload": 20}
	if diff := cmp.Diff(want, counted); diff != "" {
		t.Errorf("the journal (-want +got):\n%s", diff)
	}
}

func TestFollow(t *testing.T) {
	t.Parallel()
	file, k := governedBy(t, openPolicy)
	type event struct {
		reload standard.Reload
		err    error
	}
	events := make(chan event, 100)
	f, err := k.Follow(standard.FollowOptions{
		Reloaded: func(r standard.Reload) { events <- event{reload: r} },
		Refused:  func(err error) { events <- event{err: err} },
		Watch:    watch.Options{Quiet: 5 * time.Millisecond},
	})
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := f.Close(); err != nil {
			t.Error(err)
		}
	}()
	next := func() event {
		select {
		case e := <-events:
			return e
		case <-time.After(30 * time.Second):
			t.Fatal("nothing came of a change")
			return event{}
		}
	}
	put(t, file, closedPolicy)
	if e := next(); e.err != nil || !e.reload.Tools {
		t.Errorf("%+v", e)
	}
	put(t, file, closedPolicy[:20])
	if e := next(); e.err == nil {
		t.Errorf("%+v", e)
	}
	f.Poke() // says nothing new
	put(t, file, openPolicy)
	if e := next(); e.err != nil || !e.reload.Tools {
		t.Errorf("%+v", e)
	}
}

func TestBuiltinPoliciesHaveNoFiles(t *testing.T) {
	t.Parallel()
	f, err := open(t, settings(t)).Follow(standard.FollowOptions{})
	if err != nil || f != nil {
		t.Fatalf("%v, %v", f, err)
	}
	f.Poke()
	if err := f.Close(); err != nil {
		t.Error(err)
	}
}
