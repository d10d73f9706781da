package controlplane_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/mcp-kernel/mcp-kernel/governance"
	"github.com/mcp-kernel/mcp-kernel/modules/controlplane"
	"github.com/mcp-kernel/mcp-kernel/state/memstate"
)

func vfs(t *testing.T) (*controlplane.VFS, *memstate.Store) {
	t.Helper()
	store := memstate.New(memstate.Options{})
	t.Cleanup(func() { _ = store.Close() })
	return controlplane.NewVFS(store, time.Now), store
}

func TestVFSPaths(t *testing.T) {
	t.Parallel()
	v, _ := vfs(t)
	for _, c := range []struct{ name, path, fault string }{
		{"scratch", "/mem/working/a", ""},
		{"notes", "/mem/notes/b/c.md", ""},
		{"cleaned", "/mem//working/./d", ""},
		{"scheme", "vfs:/mem/working/e", ""},
		{"state is the kernel's", "/state/x.json", controlplane.ReadOnly},
		{"policy", "/policy/default", controlplane.ReadOnly},
		{"doubled slash does not lead to another tree", "//state/x", controlplane.ReadOnly},
		{"parent", "/mem/working/../../state/x", controlplane.Invalid},
		{"prefix without a boundary", "/mem/workingx", controlplane.ReadOnly},
		{"the tree itself", "/mem/working/", controlplane.ReadOnly},
		{"relative", "mem/working/a", controlplane.Invalid},
		{"control character", "/mem/working/a\nb", controlplane.Invalid},
		{"too long", "/mem/working/" + strings.Repeat("x", 600), controlplane.Invalid},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			if _, err := v.Write(t.Context(), "user:a", controlplane.Put{Path: c.path, Content: "x"}); kindOf(err) != c.fault {
				t.Errorf("got %v, want %q", err, c.fault)
			}
		})
	}
}

func TestVFSIsOnesOwn(t *testing.T) {
	t.Parallel()
	v, _ := vfs(t)
	if _, err := v.Write(t.Context(), "user:a", controlplane.Put{Path: "/mem/working/plan", Content: "secret"}); err != nil {
		t.Fatal(err)
	}
	if _, err := v.Read(t.Context(), "user:b", "/mem/working/plan"); kindOf(err) != controlplane.NotFound {
		t.Errorf("another identity reads it: %v", err)
	}
	if entries, _, err := v.List(t.Context(), "user:b", "/", "", 10); err != nil || len(entries) != 0 {
		t.Errorf("another identity lists %v, %v", entries, err)
	}
	if _, err := v.Delete(t.Context(), "user:b", "/mem/working/plan"); kindOf(err) != controlplane.NotFound {
		t.Errorf("another identity deletes it: %v", err)
	}
}

func TestVFSVersions(t *testing.T) {
	t.Parallel()
	v, _ := vfs(t)
	write := func(content, ifETag string) (controlplane.Entry, string) {
		e, err := v.Write(t.Context(), "user:a", controlplane.Put{Path: "/mem/working/a", Content: content, IfETag: ifETag})
		return e, kindOf(err)
	}
	first, fault := write("one", "none")
	if fault != "" {
		t.Fatal(fault)
	}
	if _, fault := write("two", "none"); fault != controlplane.Conflict {
		t.Errorf("created twice: %q", fault)
	}
	second, fault := write("two", first.ETag)
	if fault != "" || second.ETag == first.ETag {
		t.Errorf("over the version read: %q, etag %s", fault, second.ETag)
	}
	if _, fault := write("three", first.ETag); fault != controlplane.Conflict {
		t.Errorf("over a version that is gone: %q", fault)
	}
	got, err := v.Read(t.Context(), "user:a", "/mem/working/a")
	if err != nil || got.Content != "two" || got.ETag != second.ETag {
		t.Errorf("read %+v, %v", got, err)
	}
}

func TestVFSListsInPages(t *testing.T) {
	t.Parallel()
	v, _ := vfs(t)
	want := []string{}
	for i := range 25 {
		path := fmt.Sprintf("/mem/working/%02d", i)
		want = append(want, path)
		for _, p := range []string{path, fmt.Sprintf("/mem/notes/%02d", i)} {
			if _, err := v.Write(t.Context(), "user:a", controlplane.Put{Path: p, Content: "x"}); err != nil {
				t.Fatal(err)
			}
		}
	}
	got, after := []string{}, ""
	for more := true; more; {
		var page []controlplane.Entry
		var err error
		if page, more, err = v.List(t.Context(), "user:a", "/mem/working", after, 10); err != nil {
			t.Fatal(err)
		}
		for _, e := range page {
			got = append(got, e.Path)
			after = e.Path
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("pages (-want +got):\n%s", diff)
	}
}

func TestVFSIsBounded(t *testing.T) {
	t.Parallel()
	v, _ := vfs(t)
	if _, err := v.Write(t.Context(), "user:a", controlplane.Put{Path: "/mem/working/a", Content: strings.Repeat("x", 1<<20+1)}); kindOf(err) != controlplane.TooLarge {
		t.Errorf("a large entry: %v", err)
	}
	half, full := strings.Repeat("x", 1<<20), false
	for i := range 70 {
		_, err := v.Write(t.Context(), "user:a", controlplane.Put{Path: fmt.Sprintf("/mem/working/%d", i), Content: half})
		if kindOf(err) == controlplane.NoSpace {
			full = true
			break
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if !full {
		t.Error("a tree of 70 MiB was accepted")
	}
	if _, err := v.Delete(t.Context(), "user:a", "/mem/working/0"); err != nil {
		t.Fatal(err)
	}
	if _, err := v.Write(t.Context(), "user:a", controlplane.Put{Path: "/mem/working/again", Content: half}); err != nil {
		t.Errorf("what was deleted is not given back: %v", err)
	}
}

func TestVFSWatch(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		v, store := vfs(t)
		other := controlplane.NewVFS(store, time.Now) // another process
		var changes atomic.Int64
		var watcher sync.WaitGroup
		ctx, stop := contextWithCancel(t)
		run, err := v.Watch(ctx, "user:a", "/mem/working/a", func() { changes.Add(1) })
		if err != nil {
			t.Fatal(err)
		}
		watcher.Go(func() {
			if err := run(); err != nil {
				t.Error(err)
			}
		})
		write := func(by *controlplane.VFS, path string) {
			if _, err := by.Write(t.Context(), "user:a", controlplane.Put{Path: path, Content: "x"}); err != nil {
				t.Error(err)
			}
			synctest.Wait()
		}
		write(v, "/mem/working/a")
		if changes.Load() != 1 {
			t.Errorf("%d changes after a write here", changes.Load())
		}
		write(v, "/mem/working/b")
		write(other, "/mem/working/a")
		time.Sleep(2 * time.Second)
		synctest.Wait()
		if changes.Load() != 2 {
			t.Errorf("%d changes after a write by another process", changes.Load())
		}
		stop()
		watcher.Wait()
	})
}

func TestExecutions(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		store := memstate.New(memstate.Options{})
		defer func() { _ = store.Close() }()
		x := controlplane.NewExecutions(store, time.Now, nil)
		limit := int64(5)
		e, err := x.Open(t.Context(), "user:a", time.Minute, controlplane.Execution{MaxCalls: &limit})
		if err != nil {
			t.Fatal(err)
		}
		found, err := x.Lookup(t.Context(), governance.Caller{Principal: "user:a"}, e.Handle)
		if err != nil || *found.MaxCalls != 5 || !found.Expires.Equal(e.Expires) {
			t.Errorf("looked up %+v, %v", found, err)
		}
		if _, err := x.Lookup(t.Context(), governance.Caller{Principal: "user:b"}, e.Handle); kindOf(err) != controlplane.NotFound {
			t.Errorf("a foreign handle: %v", err)
		}
		if _, err := x.Lookup(t.Context(), governance.Caller{Principal: "user:a", Agent: "did:key:x"}, e.Handle); kindOf(err) != controlplane.NotFound {
			t.Errorf("a handle of the same principal without the agent: %v", err)
		}
		if _, err := x.Close(t.Context(), "user:a", e.Handle); err != nil {
			t.Fatal(err)
		}
		if _, err := x.Lookup(t.Context(), governance.Caller{Principal: "user:a"}, e.Handle); kindOf(err) != controlplane.Invalid {
			t.Errorf("a closed one: %v", err)
		}
		late, err := x.Open(t.Context(), "user:a", time.Minute, controlplane.Execution{})
		if err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Minute)
		if _, err := x.Lookup(t.Context(), governance.Caller{Principal: "user:a"}, late.Handle); err == nil {
			t.Error("an expired one takes calls")
		}
		for _, life := range []time.Duration{time.Millisecond, 25 * time.Hour, -time.Second} {
			if _, err := x.Open(t.Context(), "user:a", life, controlplane.Execution{}); kindOf(err) != controlplane.Invalid {
				t.Errorf("life %v: %v", life, err)
			}
		}
		for range 100 {
			_, err = x.Open(t.Context(), "user:c", time.Minute, controlplane.Execution{})
		}
		if err != nil {
			t.Fatal(err)
		}
		if _, err := x.Open(t.Context(), "user:c", time.Minute, controlplane.Execution{}); kindOf(err) != controlplane.NoSpace {
			t.Errorf("the 101st: %v", err)
		}
	})
}

func TestOnce(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		store := memstate.New(memstate.Options{})
		defer func() { _ = store.Close() }()
		once := controlplane.NewOnce(store, time.Hour, 10*time.Minute, time.Now)
		other := controlplane.NewOnce(store, time.Hour, 10*time.Minute, time.Now) // of another kernel
		claim := func(identity, key, asked string) (*controlplane.Claimed, string, string) {
			c, kept, err := other.Claim(t.Context(), identity, key, "call-2", []byte(asked))
			return c, string(kept), kindOf(err)
		}
		begin := func(key string) *controlplane.Claimed {
			t.Helper()
			c, kept, err := once.Claim(t.Context(), "user:a", key, "call-1", []byte("write x"))
			if c == nil || kept != nil || err != nil {
				t.Fatalf("claim of %s: %s, %v", key, kept, err)
			}
			return c
		}
		first := begin("k")
		if c, _, fault := claim("user:a", "k", "write x"); c != nil || fault != controlplane.Conflict {
			t.Errorf("while it runs, for longer than anybody waits: %q", fault)
		}
		go func() {
			time.Sleep(3 * time.Second)
			if err := first.Finish(t.Context(), true, json.RawMessage(`{"ok":1}`)); err != nil {
				t.Error(err)
			}
		}()
		for range 2 { // as it ends, and afterwards
			if c, kept, fault := claim("user:a", "k", "write x"); c != nil || kept != `{"ok":1}` || fault != "" {
				t.Errorf("again: %s, %q", kept, fault)
			}
		}
		if _, _, fault := claim("user:a", "k", "write y"); fault != controlplane.Conflict {
			t.Errorf("for something else: %q", fault)
		}
		if c, _, fault := claim("user:b", "k", "write y"); c == nil || fault != "" {
			t.Errorf("another identity: %q", fault)
		}
		failed := begin("f")
		go func() {
			time.Sleep(time.Second)
			if err := failed.Finish(t.Context(), false, nil); err != nil {
				t.Error(err)
			}
		}()
		if c, _, fault := claim("user:a", "f", "write x"); c == nil {
			t.Errorf("after it did nothing the key is not free: %q", fault)
		}
		if err := begin("l").Finish(t.Context(), true, make([]byte, 300<<10)); err != nil {
			t.Fatal(err)
		}
		if c, _, fault := claim("user:a", "l", "write x"); c != nil || fault != controlplane.Conflict {
			t.Errorf("an answer too large to keep was done again: %q", fault)
		}
		begin("dead") // and its process is killed
		time.Sleep(10 * time.Minute)
		c, _, err := other.Claim(t.Context(), "user:a", "dead", "call-2", []byte("write x"))
		if c != nil || kindOf(err) != controlplane.Conflict || !strings.Contains(err.Error(), "call-1 with this idempotency_key ended without an answer") {
			t.Errorf("of a process that was killed: %v", err)
		}
	})
}

func TestMemories(t *testing.T) {
	t.Parallel()
	v, store := vfs(t)
	m := controlplane.NewMemories(v, store)
	add := func(call, touched string) controlplane.Memory {
		memory, _, err := m.Add(t.Context(), "user:a", "plan", controlplane.Step{Action: "file_write", Call: call, Success: true}, map[string]string{"work:a": touched})
		if err != nil {
			t.Fatal(err)
		}
		return memory
	}
	add("1", "v1")
	if got := add("2", "v2"); len(got.Steps) != 2 || got.Touched["work:a"] != "v2" {
		t.Errorf("after two steps: %+v", got)
	}
	points, err := m.Checkpoints(t.Context(), "user:a", "plan")
	if err != nil || len(points) != 2 || points[0].Call != "2" || points[1].Number != 1 || points[1].Memory != nil {
		t.Fatalf("checkpoints %+v, %v", points, err)
	}
	if _, err := m.Restore(t.Context(), "user:a", "plan", 1, "3"); err != nil {
		t.Fatal(err)
	}
	got, _, err := m.Load(t.Context(), "user:a", "plan")
	if err != nil || len(got.Steps) != 1 || got.Touched["work:a"] != "v1" {
		t.Errorf("restored %+v, %v", got, err)
	}
	if _, err := m.Restore(t.Context(), "user:a", "plan", 99, "4"); kindOf(err) != controlplane.NotFound {
		t.Errorf("a checkpoint that is not there: %v", err)
	}
	for i := range 200 {
		add(fmt.Sprint(i), "v")
	}
	if got := add("last", "v"); len(got.Steps) != 50 {
		t.Errorf("%d steps are kept", len(got.Steps))
	}
	if points, err := m.Checkpoints(t.Context(), "user:a", "plan"); err != nil || len(points) > 101 {
		t.Errorf("%d checkpoints are kept, %v", len(points), err)
	}
	for _, ref := range []string{"", "a/b", "..", strings.Repeat("x", 200)} {
		if _, _, err := m.Load(t.Context(), "user:a", ref); kindOf(err) != controlplane.Invalid {
			t.Errorf("state_ref %q: %v", ref, err)
		}
	}
}

func TestMemoriesOfManyCallsAtOnce(t *testing.T) {
	t.Parallel()
	v, store := vfs(t)
	m := controlplane.NewMemories(v, store)
	var calls sync.WaitGroup
	for i := range 4 {
		calls.Go(func() {
			if _, _, err := m.Add(t.Context(), "user:a", "plan", controlplane.Step{Call: fmt.Sprint(i)}, nil); err != nil {
				t.Error(err)
			}
		})
	}
	calls.Wait()
	if got, _, err := m.Load(t.Context(), "user:a", "plan"); err != nil || len(got.Steps) != 4 {
		t.Errorf("%d steps, %v", len(got.Steps), err)
	}
}
