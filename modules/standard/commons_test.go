package standard_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/mcp-kernel/mcp-kernel/governance/policy/bundle"
	"github.com/mcp-kernel/mcp-kernel/internal/config"
	"github.com/mcp-kernel/mcp-kernel/modules/primitives"
	"github.com/mcp-kernel/mcp-kernel/modules/standard"
	"github.com/mcp-kernel/mcp-kernel/tools"
)

// shared are the settings of a kernel with a data directory of its own over a file of state that others have too.
func shared(t *testing.T, file string) config.Config {
	t.Helper()
	c := settings(t)
	c.State.URL = "sqlite:" + file + "?shared=true"
	return c
}

// eventually waits for what happens within two seconds, and for five at most.
func eventually(t *testing.T, what string, holds func() bool) {
	t.Helper()
	for deadline := time.Now().Add(5 * time.Second); !holds(); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal(what)
		}
	}
}

func codeOf(err error) tools.Code {
	if refused, ok := errors.AsType[*tools.Error](err); ok {
		return refused.Code
	}
	return ""
}

func shut(t *testing.T, closing func() error) {
	t.Helper()
	if err := closing(); err != nil {
		t.Error(err)
	}
}

// A freeze stops all kernels that share state, those too that are started later, until it is ended for all.
func TestFreezeAll(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "shared.db")
	replicas := []*standard.Kernel{open(t, shared(t, file)), open(t, shared(t, file))}
	frozen := func(k *standard.Kernel) bool {
		_, err := call(t, k, "drift_compare", `{"a":"a","b":"b"}`)
		return codeOf(err) == tools.CodeFrozen && strings.Contains(err.Error(), "it is deleting everything")
	}
	tell := func(f standard.Freeze) {
		if told, err := standard.FreezeAll(t.Context(), shared(t, file), f); err != nil || !told {
			t.Fatalf("%v, %v", told, err)
		}
	}
	if frozen(replicas[0]) || frozen(replicas[1]) {
		t.Fatal("stopped before anybody said so")
	}
	tell(standard.Freeze{Frozen: true, By: "user:ada", Reason: "it is deleting everything"})
	eventually(t, "not all kernels are stopped", func() bool { return frozen(replicas[0]) && frozen(replicas[1]) })
	late := open(t, shared(t, file))
	if !frozen(late) {
		t.Error("a kernel that was started later runs")
	}
	tell(standard.Freeze{By: "user:ada"})
	eventually(t, "not all kernels run again", func() bool { return !frozen(replicas[0]) && !frozen(replicas[1]) && !frozen(late) })
}

func TestFreezeAllNeedsSharedState(t *testing.T) {
	t.Parallel()
	if told, err := standard.FreezeAll(t.Context(), settings(t), standard.Freeze{Frozen: true}); told || err != nil {
		t.Errorf("%v, %v", told, err)
	}
}

// Published policies hold at all kernels, and only those that a publisher signed, that load, and that are the newest.
func TestPublishedPolicies(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "shared.db")
	store, _, err := standard.OpenStore(t.Context(), shared(t, file), time.Now)
	if err != nil {
		t.Fatal(err)
	}
	defer shut(t, store.Close)
	signer, other := newSigner(t), newSigner(t)
	start := func() (*standard.Kernel, config.Config, error) {
		c := shared(t, file)
		c.Governance.Publishers = []string{signer.VerifierKey()}
		k, err := standard.Open(t.Context(), standard.Options{Config: c})
		return k, c, err
	}
	if _, _, err := start(); err == nil || !strings.Contains(err.Error(), "no policies were published") {
		t.Fatalf("a kernel without policies: %v", err)
	}
	now := time.Now()
	publish := func(by *primitives.Signer, text string) {
		t.Helper()
		now = now.Add(time.Second)
		if _, err := bundle.Publish(t.Context(), store, by, now, bundle.File{Name: "p.yaml", Text: []byte(text)}); err != nil {
			t.Fatal(err)
		}
	}
	const allows, forbids = "- {name: default, allowed_tools: [drift_compare]}\n", "- {name: default, allowed_tools: [policy_check]}\n"
	publish(signer, allows)
	var kernels []*standard.Kernel
	var dirs []config.Config
	refused := make(chan error, 64)
	for range 2 {
		k, c, err := start()
		if err != nil {
			t.Fatal(err)
		}
		defer shut(t, func() error { return k.Close(context.WithoutCancel(t.Context())) })
		follower, err := k.Follow(standard.FollowOptions{Refused: func(err error) { refused <- err }})
		if err != nil {
			t.Fatal(err)
		}
		defer shut(t, follower.Close)
		kernels, dirs = append(kernels, k), append(dirs, c)
	}
	allowed := func(k *standard.Kernel) bool {
		_, err := call(t, k, "drift_compare", `{"a":"a","b":"b"}`)
		return err == nil
	}
	all := func(want bool) func() bool {
		return func() bool { return allowed(kernels[0]) == want && allowed(kernels[1]) == want }
	}
	eventually(t, "what was published does not hold", all(true))
	publish(signer, forbids)
	eventually(t, "what was published next does not hold", all(false))
	publish(signer, "- {name: default, allowed_toools: [drift_compare]}\n")
	for range kernels {
		if err := <-refused; !strings.Contains(err.Error(), "allowed_toools") {
			t.Errorf("a faulty policy: %v", err)
		}
	}
	publish(other, allows)
	for range kernels {
		if err := <-refused; !errors.Is(err, bundle.ErrForged) {
			t.Errorf("a policy that somebody else signed: %v", err)
		}
	}
	if !all(false)() {
		t.Error("what was refused holds")
	}
	// A kernel that is started while nothing authentic can be had goes on with what it had.
	if err := kernels[0].Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	again, err := standard.Open(t.Context(), standard.Options{Config: dirs[0]})
	if err != nil {
		t.Fatal(err)
	}
	defer shut(t, func() error { return again.Close(context.WithoutCancel(t.Context())) })
	if allowed(again) {
		t.Error("after a restart something else holds")
	}
	publish(signer, allows)
	eventually(t, "what was published at last does not hold", func() bool { return allowed(kernels[1]) })
	if _, err := os.Stat(filepath.Join(dirs[1].DataDir, "published", "current")); err != nil {
		t.Error(err)
	}
}

func newSigner(t *testing.T) *primitives.Signer {
	t.Helper()
	s, err := primitives.OpenSigner(filepath.Join(t.TempDir(), "key"), "mcp-kernel", nil)
	if err != nil {
		t.Fatal(err)
	}
	return s
}
