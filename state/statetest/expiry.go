package statetest

import (
	"slices"
	"testing"
	"time"

	"github.com/mcp-kernel/mcp-kernel/state"
)

// Items live for so long in these tests, and are gone for certain after so much more. Stores that run by the real clock
// have to wait for it.
const (
	life = 400 * time.Millisecond
	past = life + 5*time.Millisecond
)

func expiryLaws() []law {
	return []law{
		{"ttl 0 keeps", zeroKeeps},
		{"the moment of expiry is told", tellsExpiry},
		{"expiry is seen by Get", expiresForGet},
		{"expiry is seen by List", expiresForList},
		{"expiry is seen by CompareAndSwap", expiresForSwap},
		{"a write replaces the ttl", replacesTTL},
		{"an expired key can be deleted and written", afterExpiry},
	}
}

func zeroKeeps(t *testing.T, s *Subject) {
	must(t, s.Backend.Set(t.Context(), "things/a", []byte("kept"), 0))
	s.advance(past)
	wantValue(t, s.Backend, "things/a", "kept")
}

func tellsExpiry(t *testing.T, s *Subject) {
	ctx := t.Context()
	const ttl = time.Hour + 123456789*time.Nanosecond
	before := s.now().Add(ttl).Truncate(time.Millisecond)
	must(t, s.Backend.Set(ctx, "things/a", nil, ttl))
	after := s.now().Add(ttl + 2*time.Millisecond)
	item, err := s.Backend.Get(ctx, "things/a")
	must(t, err)
	if item.Expires.Before(before) || item.Expires.After(after) {
		t.Errorf("expires at %v, want it between %v and %v", item.Expires, before, after)
	}
	if item.Expires.Location() != time.UTC || item.Expires.Truncate(time.Millisecond) != item.Expires {
		t.Errorf("expires at %v, want UTC and whole milliseconds", item.Expires)
	}
}

func expiresForGet(t *testing.T, s *Subject) {
	ctx := t.Context()
	must(t, s.Backend.Set(ctx, "things/set", []byte("1"), life))
	must(t, s.Backend.Write(ctx, state.Put{Key: "things/written", Value: []byte("2"), TTL: life}))
	_, err := s.Backend.CompareAndSwap(ctx, "things/swapped", 0, []byte("3"), life)
	must(t, err)
	wantValue(t, s.Backend, "things/set", "1")
	wantValue(t, s.Backend, "things/written", "2")
	wantValue(t, s.Backend, "things/swapped", "3")
	s.advance(past)
	for _, key := range []string{"things/set", "things/written", "things/swapped"} {
		wantValue(t, s.Backend, key, absent)
	}
}

func expiresForList(t *testing.T, s *Subject) {
	ctx := t.Context()
	for _, key := range []string{"things/b", "things/d", "things/f"} {
		must(t, s.Backend.Set(ctx, key, nil, 0))
	}
	for _, key := range []string{"things/a", "things/c", "things/e", "things/g"} {
		must(t, s.Backend.Set(ctx, key, nil, life))
	}
	s.advance(past)
	page, err := s.Backend.List(ctx, "things", "", 2)
	must(t, err)
	if got, want := keysOf(page), []string{"things/b", "things/d"}; !slices.Equal(got, want) {
		t.Errorf("first page is %q, want %q: what has expired takes no place", got, want)
	}
	page, err = s.Backend.List(ctx, "things", "d", 2)
	must(t, err)
	if got, want := keysOf(page), []string{"things/f"}; !slices.Equal(got, want) {
		t.Errorf("second page is %q, want %q", got, want)
	}
}

func expiresForSwap(t *testing.T, s *Subject) {
	ctx := t.Context()
	old, err := s.Backend.CompareAndSwap(ctx, "things/a", 0, []byte("1"), life)
	must(t, err)
	s.advance(past)
	_, err = s.Backend.CompareAndSwap(ctx, "things/a", old, []byte("2"), 0)
	wantErr(t, "over what has expired", err, state.ErrConflict)
	_, err = s.Backend.CompareAndSwap(ctx, "things/a", old, nil, 0)
	wantErr(t, "deleting what has expired", err, state.ErrConflict)
	fresh, err := s.Backend.CompareAndSwap(ctx, "things/a", 0, []byte("3"), 0)
	must(t, err)
	if fresh == old {
		t.Errorf("version %d is used again", old)
	}
	wantValue(t, s.Backend, "things/a", "3")
}

func replacesTTL(t *testing.T, s *Subject) {
	ctx := t.Context()
	for _, key := range []string{"things/set", "things/swapped", "things/written", "things/shortened"} {
		ttl := life
		if key == "things/shortened" {
			ttl = 0
		}
		must(t, s.Backend.Set(ctx, key, []byte("1"), ttl))
	}
	must(t, s.Backend.Set(ctx, "things/set", []byte("2"), 0))
	_, err := s.Backend.CompareAndSwap(ctx, "things/swapped", versionOf(t, s.Backend, "things/swapped"), []byte("2"), time.Hour)
	must(t, err)
	must(t, s.Backend.Write(ctx, state.Put{Key: "things/written", Value: []byte("2")}))
	must(t, s.Backend.Set(ctx, "things/shortened", []byte("2"), life))
	s.advance(past)
	wantValue(t, s.Backend, "things/set", "2")
	wantValue(t, s.Backend, "things/swapped", "2")
	wantValue(t, s.Backend, "things/written", "2")
	wantValue(t, s.Backend, "things/shortened", absent)
}

func afterExpiry(t *testing.T, s *Subject) {
	ctx := t.Context()
	must(t, s.Backend.Set(ctx, "things/a", []byte("1"), life))
	must(t, s.Backend.Set(ctx, "things/b", []byte("1"), life))
	s.advance(past)
	must(t, s.Backend.Delete(ctx, "things/a"))
	_, err := s.Backend.CompareAndSwap(ctx, "things/a", 0, nil, 0)
	must(t, err)
	must(t, s.Backend.Set(ctx, "things/b", []byte("2"), 0))
	wantValue(t, s.Backend, "things/a", absent)
	wantValue(t, s.Backend, "things/b", "2")
}
