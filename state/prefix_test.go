package state_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/mcp-kernel/mcp-kernel/state"
	"github.com/mcp-kernel/mcp-kernel/state/memstate"
)

func TestPrefixedReachesNothingElse(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	store := memstate.New(memstate.Options{})
	views := map[string]state.Backend{"": store}
	for _, prefix := range []string{"a", "b", "ab"} {
		views[prefix] = state.Prefixed(prefix, store)
	}
	views["a:b"] = state.Prefixed("b", views["a"])
	for name, view := range views {
		check(t, view.Set(ctx, "things/x", []byte(name), 0))
		_, err := view.Take(ctx, "alice", state.Claim{Name: "n", N: int64(len(name)), Limit: 10})
		check(t, err)
	}
	for name, view := range views {
		page, err := view.List(ctx, "things", "", 10)
		check(t, err)
		if len(page) != 1 || page[0].Key != "things/x" || string(page[0].Value) != name {
			t.Errorf("prefix %q lists %v", name, page)
		}
		taken, err := view.Take(ctx, "alice", state.Claim{Name: "n"})
		check(t, err)
		if taken[0].Used != int64(len(name)) {
			t.Errorf("prefix %q has used %d", name, taken[0].Used)
		}
	}
	page, err := store.List(ctx, "a:b:things", "", 10)
	if err != nil || len(page) != 1 {
		t.Errorf("nested prefixes are not written one after the other: %v, error %v", page, err)
	}
}

func TestPrefixedLog(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	store := memstate.New(memstate.Options{})
	_, err := state.PrefixedLog("a", store).Append(ctx, "s", 0, []byte("1"))
	check(t, err)
	_, err = state.PrefixedLog("", store).Append(ctx, "s", 0, []byte("2"))
	check(t, err)
	for stream, want := range map[string]string{"s": "2", "a:s": "1"} {
		for record, err := range store.Read(ctx, stream, 1) {
			if check(t, err); string(record.Value) != want {
				t.Errorf("stream %s has %q, want %q", stream, record.Value, want)
			}
		}
	}
}

func TestClosingAView(t *testing.T) {
	t.Parallel()
	store := memstate.New(memstate.Options{})
	view := state.Prefixed("a", store)
	check(t, view.Close())
	if err := view.Set(t.Context(), "things/x", nil, 0); !errors.Is(err, state.ErrClosed) {
		t.Errorf("the view: %v, want %v", err, state.ErrClosed)
	}
	check(t, store.Set(t.Context(), "things/x", nil, 0))
}

func TestBadPrefixes(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	store := memstate.New(memstate.Options{})
	for _, prefix := range []string{"a/b", "/", "\x00", "\xff", strings.Repeat("x", state.MaxKey+1)} {
		view, log := state.Prefixed(prefix, store), state.PrefixedLog(prefix, store)
		_, get := view.Get(ctx, "things/x")
		_, take := view.Take(ctx, "alice")
		_, list := view.List(ctx, "things", "", 1)
		_, swap := view.CompareAndSwap(ctx, "things/x", 0, nil, 0)
		_, appended := log.Append(ctx, "s", 0)
		_, last := log.Last(ctx, "s")
		faults := []error{
			get, take, list, swap, view.Set(ctx, "things/x", nil, 0), view.Delete(ctx, "things/x"),
			view.Write(ctx, state.Put{Key: "things/x"}), appended, last, log.Trim(ctx, "s", 1),
		}
		for _, err := range log.Read(ctx, "s", 1) {
			faults = append(faults, err)
		}
		for _, err := range log.Follow(ctx, "s", 1) {
			faults = append(faults, err)
		}
		if len(faults) != 12 || slices.ContainsFunc(faults, func(err error) bool { return !errors.Is(err, state.ErrInvalid) }) {
			t.Errorf("prefix %.20q: errors %v, want all to be %v", prefix, faults, state.ErrInvalid)
		}
	}
}

func TestWholeKeyIsBounded(t *testing.T) {
	t.Parallel()
	view := state.Prefixed("prefix", memstate.New(memstate.Options{}))
	key := "things/" + strings.Repeat("x", state.MaxKey-len("things/"))
	if err := view.Set(t.Context(), key, nil, 0); !errors.Is(err, state.ErrInvalid) {
		t.Errorf("Set: %v, want %v", err, state.ErrInvalid)
	}
	check(t, view.Set(t.Context(), key[:len(key)-len("prefix:")], nil, 0))
}

// FuzzKey holds CheckKey and a store to one another: what is a key can be written, read and found in its collection, and
// nowhere else.
func FuzzKey(f *testing.F) {
	for _, seed := range []string{"", "a", "a/b", "a//", "/a", "a/\x00", "a/\xff", "é/日本", "a:b/c d", "a/" + strings.Repeat("x", 1100)} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, key string) {
		store := memstate.New(memstate.Options{})
		err := store.Set(t.Context(), key, []byte("v"), 0)
		if want := state.CheckKey(key); fmt.Sprint(err) != fmt.Sprint(want) {
			t.Fatalf("Set: %v, CheckKey: %v", err, want)
		}
		if err != nil {
			return
		}
		collection, rest, _ := strings.Cut(key, "/")
		page, err := store.List(t.Context(), collection, "", 2)
		check(t, err)
		if len(page) != 1 || page[0].Key != key || rest == "" {
			t.Errorf("collection %q lists %v", collection, page)
		}
		if page, err = store.List(t.Context(), collection, rest, 2); err != nil || len(page) != 0 {
			t.Errorf("behind %q: %v, error %v", rest, page, err)
		}
	})
}

func check(tb testing.TB, err error) {
	tb.Helper()
	if err != nil {
		tb.Fatal(err)
	}
}
