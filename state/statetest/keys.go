package statetest

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/mcp-kernel/mcp-kernel/state"
)

func keyLaws() []law {
	return []law{
		{"odd keys are kept apart", oddKeys},
		{"bad keys are invalid", badKeys},
		{"long keys", longKeys},
		{"large values", largeValues},
		{"large batches", largeBatches},
		{"impossible ttls", badTTLs},
	}
}

// odd are parts of keys that backends tend to fold, split, escape or sort in ways of their own.
func odd() []string {
	return []string{
		"a", "A", "a b", " a", "a ", "a/b", "a//b", "/", "a/", "..", "a:b", "a*", "a?", "a[b]", "a{b}", "%", "%2F", "a%00", "_", "a_b",
		"a'b", `a"b`, `a\b`, "a;--", "\t", "a\nb", "\x01", "\x7f", "é", "e\u0301", "É", "ß", "日本語", "\u202e", "😀", "0", "00", "1", "10", "2", "~",
	}
}

func oddKeys(t *testing.T, s *Subject) {
	ctx := t.Context()
	var want []string
	for _, rest := range odd() {
		must(t, s.Backend.Set(ctx, "odd/"+rest, []byte(rest), 0))
		want = append(want, "odd/"+rest)
	}
	slices.Sort(want)
	page, err := s.Backend.List(ctx, "odd", "", state.MaxPage)
	must(t, err)
	if got := keysOf(page); !slices.Equal(got, want) {
		t.Errorf("listed\n%q, want\n%q", got, want)
	}
	for _, collection := range odd() {
		if strings.Contains(collection, "/") {
			continue
		}
		must(t, s.Backend.Set(ctx, collection+"/x", []byte(collection), 0))
	}
	for _, name := range odd() {
		wantValue(t, s.Backend, "odd/"+name, name)
		if !strings.Contains(name, "/") {
			wantValue(t, s.Backend, name+"/x", name)
		}
	}
}

func badKeys(t *testing.T, s *Subject) {
	ctx := t.Context()
	for _, key := range []string{"", "a", "/", "/a", "a/", "a/\x00", "\x00/a", "a/\xff", "\xc3\x28/a"} {
		_, err := s.Backend.Get(ctx, key)
		wantErr(t, fmt.Sprintf("Get %q", key), err, state.ErrInvalid)
		_, err = s.Backend.CompareAndSwap(ctx, key, 0, nil, 0)
		wantErr(t, fmt.Sprintf("CompareAndSwap %q", key), err, state.ErrInvalid)
		wantErr(t, fmt.Sprintf("Set %q", key), s.Backend.Set(ctx, key, nil, 0), state.ErrInvalid)
		wantErr(t, fmt.Sprintf("Delete %q", key), s.Backend.Delete(ctx, key), state.ErrInvalid)
		wantErr(t, fmt.Sprintf("Write %q", key), s.Backend.Write(ctx, state.Put{Key: key}), state.ErrInvalid)
	}
}

// longKeys leaves room for the prefixes that the suite runs under.
func longKeys(t *testing.T, s *Subject) {
	ctx := t.Context()
	long := "long/" + strings.Repeat("x", state.MaxKey-64)
	must(t, s.Backend.Set(ctx, long, []byte("1"), 0))
	must(t, s.Backend.Set(ctx, long+"y", []byte("2"), 0))
	wantValue(t, s.Backend, long, "1")
	wantValue(t, s.Backend, long+"y", "2")

	for key := range map[string]bool{long + strings.Repeat("x", 64): true, strings.Repeat("c", 1<<20) + "/x": true} {
		err := s.Backend.Set(ctx, key, nil, 0)
		wantErr(t, "Set", err, state.ErrInvalid)
		if err != nil && len(err.Error()) > 300 {
			t.Errorf("the error repeats the key: %d bytes", len(err.Error()))
		}
		_, err = s.Backend.Get(ctx, key)
		wantErr(t, "Get", err, state.ErrInvalid)
	}
}

func largeValues(t *testing.T, s *Subject) {
	ctx := t.Context()
	large := strings.Repeat("0123456789abcdef", state.MaxValue/16)
	must(t, s.Backend.Set(ctx, "large/a", []byte(large), 0))
	wantValue(t, s.Backend, "large/a", large)
	wantErr(t, "Set", s.Backend.Set(ctx, "large/a", []byte(large+"x"), 0), state.ErrInvalid)
	_, err := s.Backend.CompareAndSwap(ctx, "large/a", versionOf(t, s.Backend, "large/a"), []byte(large+"x"), 0)
	wantErr(t, "CompareAndSwap", err, state.ErrInvalid)
	wantValue(t, s.Backend, "large/a", large)
}

func largeBatches(t *testing.T, s *Subject) {
	ctx := t.Context()
	var puts []state.Put
	for i := range state.MaxBatch {
		puts = append(puts, state.Put{Key: fmt.Sprintf("batch/%03d", i), Value: []byte("v")})
	}
	must(t, s.Backend.Write(ctx, puts...))
	page, err := s.Backend.List(ctx, "batch", "", state.MaxPage)
	must(t, err)
	if len(page) != state.MaxBatch {
		t.Errorf("%d items are listed, want %d", len(page), state.MaxBatch)
	}
	wantErr(t, "too many", s.Backend.Write(ctx, append(puts, state.Put{Key: "batch/more"})...), state.ErrInvalid)
	third := make([]byte, state.MaxBatchBytes/3+1)
	err = s.Backend.Write(ctx, state.Put{Key: "batch/a", Value: third}, state.Put{Key: "batch/b", Value: third},
		state.Put{Key: "batch/c", Value: third})
	wantErr(t, "too large", err, state.ErrInvalid)
	wantValue(t, s.Backend, "batch/a", absent)
	wantValue(t, s.Backend, "batch/more", absent)
}

func badTTLs(t *testing.T, s *Subject) {
	ctx := t.Context()
	for _, ttl := range []time.Duration{-1, -time.Hour, state.MaxTTL + 1} {
		wantErr(t, ttl.String(), s.Backend.Set(ctx, "things/a", nil, ttl), state.ErrInvalid)
		wantErr(t, ttl.String(), s.Backend.Write(ctx, state.Put{Key: "things/a", TTL: ttl}), state.ErrInvalid)
		_, err := s.Backend.CompareAndSwap(ctx, "things/a", 0, []byte{}, ttl)
		wantErr(t, ttl.String(), err, state.ErrInvalid)
	}
	wantValue(t, s.Backend, "things/a", absent)
	must(t, s.Backend.Set(ctx, "things/a", nil, state.MaxTTL))
	wantValue(t, s.Backend, "things/a", "")
}

func keysOf(page []state.Entry) []string {
	keys := make([]string, len(page))
	for i, e := range page {
		keys[i] = e.Key
	}
	return keys
}
