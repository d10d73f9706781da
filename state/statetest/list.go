package statetest

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/mcp-kernel/mcp-kernel/state"
)

func listLaws() []law {
	return []law{
		{"an empty collection has no items", listsNothing},
		{"items are whole", listsItems},
		{"pages", pages},
		{"after need not exist", afterAbsent},
		{"collections do not mix", collectionsApart},
		{"what is deleted meanwhile disturbs nobody", deletedMeanwhile},
		{"impossible pages", badPages},
	}
}

func listsNothing(t *testing.T, s *Subject) {
	page, err := s.Backend.List(t.Context(), "none", "", 10)
	must(t, err)
	if len(page) != 0 {
		t.Errorf("listed %v, want nothing", page)
	}
}

func listsItems(t *testing.T, s *Subject) {
	ctx := t.Context()
	must(t, s.Backend.Set(ctx, "things/b", []byte("2"), life*1000))
	must(t, s.Backend.Set(ctx, "things/a", []byte("1"), 0))
	page, err := s.Backend.List(ctx, "things", "", 10)
	must(t, err)
	if want := []string{"things/a", "things/b"}; !slices.Equal(keysOf(page), want) {
		t.Fatalf("listed %q, want %q", keysOf(page), want)
	}
	for _, e := range page {
		item, err := s.Backend.Get(ctx, e.Key)
		must(t, err)
		if !bytes.Equal(e.Value, item.Value) || e.Version != item.Version || !e.Expires.Equal(item.Expires) {
			t.Errorf("%s: List has %+v, Get has %+v", e.Key, e.Item, item)
		}
	}
}

func pages(t *testing.T, s *Subject) {
	const items = 24
	want := fill(t, s, "things", items)
	for _, limit := range []int{1, 5, 8, items - 1, items, items + 1, state.MaxPage} {
		var got []string
		after := ""
		for {
			page, err := s.Backend.List(t.Context(), "things", after, limit)
			must(t, err)
			got = append(got, keysOf(page)...)
			if len(page) < limit {
				break
			}
			after = strings.TrimPrefix(page[limit-1].Key, "things/")
		}
		if !slices.Equal(got, want) {
			t.Errorf("pages of %d list %q, want %q", limit, got, want)
		}
	}
}

// fill writes items in no particular order and returns their keys in order.
func fill(t *testing.T, s *Subject, collection string, n int) []string {
	t.Helper()
	var keys []string
	for i := range n {
		key := fmt.Sprintf("%s/%03d", collection, (i*7)%n)
		must(t, s.Backend.Set(t.Context(), key, []byte(key), 0))
		keys = append(keys, key)
	}
	slices.Sort(keys)
	return slices.Compact(keys)
}

func afterAbsent(t *testing.T, s *Subject) {
	for _, key := range []string{"things/dir", "things/dir/a", "things/dir/b", "things/dir0", "things/e"} {
		must(t, s.Backend.Set(t.Context(), key, nil, 0))
	}
	for after, want := range map[string][]string{
		"":       {"things/dir", "things/dir/a", "things/dir/b", "things/dir0", "things/e"},
		"dir":    {"things/dir/a", "things/dir/b", "things/dir0", "things/e"},
		"dir/":   {"things/dir/a", "things/dir/b", "things/dir0", "things/e"},
		"dir/aa": {"things/dir/b", "things/dir0", "things/e"},
		"e":      nil,
		"zzz":    nil,
	} {
		page, err := s.Backend.List(t.Context(), "things", after, 10)
		must(t, err)
		if got := keysOf(page); !slices.Equal(got, want) {
			t.Errorf("after %q: %q, want %q", after, got, want)
		}
	}
}

// collectionsApart has names that begin alike and others that sort around the slash.
func collectionsApart(t *testing.T, s *Subject) {
	names := []string{"a", "ab", "a.", "a0", "a!", "a%", "a_", "a:b", "A"}
	for _, name := range names {
		must(t, s.Backend.Set(t.Context(), name+"/x", []byte(name), 0))
	}
	for _, name := range names {
		page, err := s.Backend.List(t.Context(), name, "", 10)
		must(t, err)
		if want := []string{name + "/x"}; !slices.Equal(keysOf(page), want) {
			t.Errorf("collection %q has %q, want %q", name, keysOf(page), want)
		}
	}
	must(t, s.Backend.Delete(t.Context(), "a/x"))
	wantValue(t, s.Backend, "ab/x", "ab")
}

func deletedMeanwhile(t *testing.T, s *Subject) {
	ctx := t.Context()
	all := fill(t, s, "things", 9)
	page, err := s.Backend.List(ctx, "things", "", 3)
	must(t, err)
	must(t, s.Backend.Delete(ctx, page[2].Key))
	must(t, s.Backend.Delete(ctx, all[4]))
	rest, err := s.Backend.List(ctx, "things", strings.TrimPrefix(page[2].Key, "things/"), 10)
	must(t, err)
	if want := slices.Concat(all[3:4], all[5:]); !slices.Equal(keysOf(rest), want) {
		t.Errorf("listed %q, want %q", keysOf(rest), want)
	}
}

func badPages(t *testing.T, s *Subject) {
	for _, c := range []struct {
		collection, after string
		limit             int
	}{
		{"things", "", 0},
		{"things", "", -1},
		{"things", "", state.MaxPage + 1},
		{"", "", 1},
		{"a/b", "", 1},
		{"a\x00", "", 1},
		{"\xff", "", 1},
		{"things", "\xff", 1},
		{"things", "\x00", 1},
		{strings.Repeat("c", state.MaxKey+1), "", 1},
	} {
		_, err := s.Backend.List(t.Context(), c.collection, c.after, c.limit)
		wantErr(t, fmt.Sprintf("List %.20q after %q limit %d", c.collection, c.after, c.limit), err, state.ErrInvalid)
	}
}
