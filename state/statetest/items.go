package statetest

import (
	"bytes"
	"context"
	"testing"

	"github.com/mcp-kernel/mcp-kernel/state"
)

func itemLaws() []law {
	return []law{
		{"a missing key is not found", missing},
		{"a value comes back", comesBack},
		{"values are copied in", copiedIn},
		{"values are copied out", copiedOut},
		{"nil is stored as empty", nilIsEmpty},
		{"delete", deletes},
		{"write writes all", writesAll},
		{"the last put of a key counts", lastPutCounts},
		{"every write has a version of its own", ownVersions},
	}
}

func missing(t *testing.T, s *Subject) {
	_, err := s.Backend.Get(t.Context(), "things/none")
	wantErr(t, "Get", err, state.ErrNotFound)
}

func comesBack(t *testing.T, s *Subject) {
	value := make([]byte, 256)
	for i := range value {
		value[i] = byte(i)
	}
	must(t, s.Backend.Set(t.Context(), "things/bytes", value, 0))
	item, err := s.Backend.Get(t.Context(), "things/bytes")
	must(t, err)
	if !bytes.Equal(item.Value, value) || item.Version == 0 || !item.Expires.IsZero() {
		t.Errorf("got %+v, want all bytes, some version and no expiry", item)
	}
}

func copiedIn(t *testing.T, s *Subject) {
	ctx := t.Context()
	value := []byte("mine")
	must(t, s.Backend.Set(ctx, "things/set", value, 0))
	must(t, s.Backend.Write(ctx, state.Put{Key: "things/write", Value: value}))
	_, err := s.Backend.CompareAndSwap(ctx, "things/swap", 0, value, 0)
	must(t, err)
	copy(value, "XXXX")
	for _, key := range []string{"things/set", "things/write", "things/swap"} {
		wantValue(t, s.Backend, key, "mine")
	}
}

func copiedOut(t *testing.T, s *Subject) {
	ctx := t.Context()
	must(t, s.Backend.Set(ctx, "things/a", []byte("kept"), 0))
	item, err := s.Backend.Get(ctx, "things/a")
	must(t, err)
	page, err := s.Backend.List(ctx, "things", "", 1)
	must(t, err)
	copy(item.Value, "XXXX")
	copy(page[0].Value, "YYYY")
	_ = append(item.Value[:1], "ZZZ"...)
	wantValue(t, s.Backend, "things/a", "kept")
}

func nilIsEmpty(t *testing.T, s *Subject) {
	ctx := t.Context()
	must(t, s.Backend.Set(ctx, "things/nil", nil, 0))
	must(t, s.Backend.Set(ctx, "things/empty", []byte{}, 0))
	must(t, s.Backend.Write(ctx, state.Put{Key: "things/put"}))
	_, err := s.Backend.CompareAndSwap(ctx, "things/swapped", 0, []byte{}, 0)
	must(t, err)
	page, err := s.Backend.List(ctx, "things", "", 10)
	must(t, err)
	if len(page) != 4 {
		t.Errorf("%d items are listed, want 4", len(page))
	}
	for _, e := range page {
		item, err := s.Backend.Get(ctx, e.Key)
		must(t, err)
		if item.Value == nil || e.Value == nil || len(item.Value)+len(e.Value) > 0 {
			t.Errorf("%s: Get %#v, List %#v, want empty and not nil", e.Key, item.Value, e.Value)
		}
	}
}

func deletes(t *testing.T, s *Subject) {
	ctx := t.Context()
	must(t, s.Backend.Delete(ctx, "things/never"))
	must(t, s.Backend.Set(ctx, "things/a", []byte("1"), 0))
	must(t, s.Backend.Set(ctx, "things/b", []byte("2"), 0))
	for range 2 {
		must(t, s.Backend.Delete(ctx, "things/a"))
		wantValue(t, s.Backend, "things/a", absent)
	}
	wantValue(t, s.Backend, "things/b", "2")
}

func writesAll(t *testing.T, s *Subject) {
	ctx := t.Context()
	must(t, s.Backend.Write(ctx))
	must(t, s.Backend.Set(ctx, "one/a", []byte("old"), 0))
	must(t, s.Backend.Write(ctx, state.Put{Key: "one/a", Value: []byte("1")}, state.Put{Key: "two/a", Value: []byte("2")},
		state.Put{Key: "one/b", Value: []byte("3")}))
	wantValue(t, s.Backend, "one/a", "1")
	wantValue(t, s.Backend, "one/b", "3")
	wantValue(t, s.Backend, "two/a", "2")

	err := s.Backend.Write(ctx, state.Put{Key: "one/a", Value: []byte("no")}, state.Put{Key: "one", Value: []byte("no")})
	wantErr(t, "Write with a bad key", err, state.ErrInvalid)
	wantValue(t, s.Backend, "one/a", "1")
}

func lastPutCounts(t *testing.T, s *Subject) {
	var puts []state.Put
	for _, value := range []string{"first", "second", "third"} {
		puts = append(puts, state.Put{Key: "things/a", Value: []byte(value)})
	}
	must(t, s.Backend.Write(t.Context(), puts...))
	wantValue(t, s.Backend, "things/a", "third")
}

// ownVersions writes one key in every way, over and over, with the same value.
func ownVersions(t *testing.T, s *Subject) {
	const key = "things/a"
	ctx := context.Background()
	value := []byte("same")
	ways := map[string]func() error{
		"Set":   func() error { return s.Backend.Set(ctx, key, value, 0) },
		"Write": func() error { return s.Backend.Write(ctx, state.Put{Key: key, Value: value}) },
		"CompareAndSwap": func() error {
			_, err := s.Backend.CompareAndSwap(ctx, key, versionOf(t, s.Backend, key), value, 0)
			return err
		},
		"Delete and Set": func() error {
			must(t, s.Backend.Delete(ctx, key))
			return s.Backend.Set(ctx, key, value, 0)
		},
		"CompareAndSwap away and Set": func() error {
			_, err := s.Backend.CompareAndSwap(ctx, key, versionOf(t, s.Backend, key), nil, 0)
			must(t, err)
			return s.Backend.Set(ctx, key, value, 0)
		},
	}
	seen := map[state.Version]string{0: "nothing"}
	for range 3 {
		for name, write := range ways {
			must(t, write())
			version := versionOf(t, s.Backend, key)
			if by := seen[version]; by != "" {
				t.Fatalf("version %d of %s was that of %s before", version, name, by)
			}
			seen[version] = name
		}
	}
}
