package keys_test

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/mcp-kernel/mcp-kernel/modules/primitives"
	"github.com/mcp-kernel/mcp-kernel/server/keys"
)

// FuzzAuthenticate holds that nothing but a key's own token opens anything, whatever a stranger sends.
func FuzzAuthenticate(f *testing.F) {
	c := newClock()
	s := open(f.TempDir(), c)
	token, k := create(f, s, "user:ada", time.Time{})
	for _, seed := range []string{"", "mk_", token[:40], token[:82] + "=", strings.Repeat("_", 83), "Bearer " + token, "mk_019aab4e-7d3c-7000-8f10-6c1d2e3f4a5b_" + token[40:]} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if text == token {
			accepted(t, s, text, k)
			return
		}
		got, err := s.Authenticate(text)
		if !errors.Is(err, keys.ErrRefused) || got != (keys.Key{}) {
			t.Fatalf("%q: %+v, %v", text, got, err)
		}
		if strings.ContainsFunc(err.Error(), func(r rune) bool { return r < ' ' || r > '~' }) {
			t.Fatalf("%q comes into the log: %q", text, err)
		}
	})
}

// A life is what has been done to one key.
type life struct {
	token   string
	id      string
	expires time.Time
	revoked bool
}

// want is the reason for which the key is refused by now, or nil.
func (l *life) want(now time.Time) error {
	switch {
	case l.revoked:
		return keys.ErrRevoked
	case !l.expires.IsZero() && !now.Before(l.expires):
		return keys.ErrExpired
	default:
		return nil
	}
}

// TestLives makes, revokes and uses keys in any order, in two processes, while time passes, and compares with a model.
func TestLives(t *testing.T) {
	t.Parallel()
	base := t.TempDir()
	rapid.Check(t, func(rt *rapid.T) {
		dir := filepath.Join(base, primitives.NewIDs(nil, nil).New())
		c := newClock()
		stores := []*keys.Store{open(dir, c), open(dir, c)}
		var lives []*life
		any := func() *life { return lives[rapid.IntRange(0, len(lives)-1).Draw(rt, "key")] }
		store := func() *keys.Store { return stores[rapid.IntRange(0, 1).Draw(rt, "store")] }
		rt.Repeat(map[string]func(*rapid.T){
			"create": func(rt *rapid.T) {
				if len(lives) == 5 {
					rt.Skip()
				}
				var expires time.Time
				if hours := rapid.IntRange(0, 3).Draw(rt, "hours"); hours > 0 {
					expires = c.now().Add(time.Duration(hours) * time.Hour)
				}
				token, k, err := store().Create("user:ada", expires, "")
				if err != nil {
					rt.Fatal(err)
				}
				lives = append(lives, &life{token: token, id: k.ID, expires: expires})
			},
			"revoke": func(rt *rapid.T) {
				if len(lives) == 0 {
					rt.Skip()
				}
				l := any()
				if _, err := store().Revoke(l.id); err != nil {
					rt.Fatal(err)
				}
				l.revoked = true
			},
			"pass": func(*rapid.T) { c.pass(30 * time.Minute) },
			"": func(rt *rapid.T) {
				c.pass(time.Second)
				for _, s := range stores {
					for _, l := range lives {
						if _, err := s.Authenticate(l.token); !errors.Is(err, l.want(c.now())) || (err == nil) != (l.want(c.now()) == nil) {
							rt.Fatalf("key %s: got %v, want %v", l.id, err, l.want(c.now()))
						}
					}
					if s.Configured() != (len(lives) > 0) {
						rt.Fatalf("configured: %v with %d keys", s.Configured(), len(lives))
					}
				}
			},
		})
	})
}

// fill writes a file of as many keys as there may be, all with one expiry.
func fill(t *testing.T, dir string, n int, expires time.Time) {
	t.Helper()
	type line struct {
		keys.Key
		SHA256 string `json:"sha256"`
	}
	ids := primitives.NewIDs(noon, nil)
	sum := sha256.Sum256(nil)
	list := make([]line, n)
	for i := range list {
		list[i] = line{keys.Key{ID: ids.New(), Principal: "user:ada", Created: noon(), Expires: expires}, hex.EncodeToString(sum[:])}
	}
	raw, err := json.Marshal(map[string]any{"version": 1, "keys": list})
	if err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(dir, "keys.json"), string(raw))
}

// TestFull sees what becomes of one key more than there may be.
func TestFull(t *testing.T) {
	t.Parallel()
	dir, c := t.TempDir(), newClock()
	fill(t, dir, 10_000, noon().Add(time.Hour))
	s := open(dir, c)
	if _, _, err := s.Create("user:bob", time.Time{}, ""); !errors.Is(err, keys.ErrFull) {
		t.Fatalf("got %v", err)
	}
	c.pass(time.Hour)
	token, k := create(t, s, "user:bob", time.Time{})
	accepted(t, s, token, k)
	if list, err := s.List(); err != nil || len(list) != 10_000 {
		t.Errorf("%d keys, %v", len(list), err)
	}
	fill(t, dir, 10_001, time.Time{})
	c.pass(time.Second)
	refused(t, s, token, keys.ErrUnusable)
}

func BenchmarkAuthenticate(b *testing.B) {
	s := keys.Open(b.TempDir(), keys.Options{})
	token, _ := create(b, s, "user:ada", time.Time{})
	b.ReportAllocs()
	for b.Loop() {
		if _, err := s.Authenticate(token); err != nil {
			b.Fatal(err)
		}
	}
}

// TestAuthenticateAllocatesNothing, because it is asked for every request.
func TestAuthenticateAllocatesNothing(t *testing.T) {
	s := open(t.TempDir(), newClock())
	token, _ := create(t, s, "user:ada", time.Time{})
	if n := testing.AllocsPerRun(100, func() { _, _ = s.Authenticate(token) }); n > 0 {
		t.Errorf("%v allocations", n)
	}
}
