package redisstate_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/mcp-kernel/mcp-kernel/internal/redistest"
	"github.com/mcp-kernel/mcp-kernel/state"
)

// TestNothingStays wants what has expired to leave nothing behind, though nobody lists or deletes it.
func TestNothingStays(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t)
	store := open(t, of(server))
	for i := range 50 {
		check(t, store.Set(t.Context(), fmt.Sprintf("gone/%d", i), nil, 10*time.Millisecond))
		check(t, store.Set(t.Context(), fmt.Sprintf("swept/%d", i), nil, 10*time.Millisecond))
	}
	check(t, store.Set(t.Context(), "swept/kept", nil, 0))
	time.Sleep(15 * time.Millisecond)
	for i := range 50 {
		check(t, store.Set(t.Context(), "swept/kept", []byte{byte(i)}, 0))
	}
	for key, want := range map[string]string{
		"ZCARD mcp-kernel:i:{gone}": "0", "ZCARD mcp-kernel:e:{gone}": "0",
		"ZCARD mcp-kernel:i:{swept}": "1", "ZCARD mcp-kernel:e:{swept}": "0",
		"EXISTS mcp-kernel:v:{gone}/1 mcp-kernel:v:{swept}/1": "0",
	} {
		if got := server.Do(strings.Fields(key)...); got != want {
			t.Errorf("%s is %s, want %s", key, got, want)
		}
	}
	for _, key := range []string{"mcp-kernel:n:{gone}", "mcp-kernel:n:{swept}"} {
		if ttl := server.Do("TTL", key); strings.HasPrefix(ttl, "-") {
			t.Errorf("%s stays for ever: TTL %s", key, ttl)
		}
	}
}

// TestCountersGo wants counters to go with their windows, and those that count nothing at once.
func TestCountersGo(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t)
	store := open(t, of(server))
	for n := range int64(3) {
		_, err := store.Take(t.Context(), "alice", state.Claim{Name: "fixed", N: 1 - n, Limit: 9},
			state.Claim{Name: "short", N: 1, Limit: 9, Window: time.Minute},
			state.Claim{Name: "long", N: 1, Limit: 9, Window: 24 * time.Hour}, state.Claim{Name: "asked", Window: time.Hour})
		check(t, err)
	}
	if got := server.Do("EXISTS", "mcp-kernel:f:{alice}"); got != "0" {
		t.Errorf("a counter of nothing is kept")
	}
	if got := server.Do("HLEN", "mcp-kernel:c:{alice}"); got != "2" {
		t.Errorf("%s counters, want 2", got)
	}
	ends, err := store.Take(t.Context(), "alice", state.Claim{Name: "long", Window: 24 * time.Hour})
	check(t, err)
	want := fmt.Sprint(ends[0].Ends.Add(time.Hour).UnixMilli())
	if got := server.Do("PEXPIRETIME", "mcp-kernel:c:{alice}"); got != want {
		t.Errorf("the counters go at %s, want %s: an hour after the last window", got, want)
	}
}
