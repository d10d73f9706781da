package keys_test

import (
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/mcp-kernel/mcp-kernel/server/keys"
)

// noon is when these tests begin.
func noon() time.Time { return time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC) }

// A clock is a time that only the test moves.
type clock struct {
	mu sync.Mutex
	at time.Time
}

func newClock() *clock { return &clock{at: noon()} }

func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.at
}

func (c *clock) pass(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.at = c.at.Add(d)
}

func open(dir string, c *clock) *keys.Store { return keys.Open(dir, keys.Options{Now: c.now}) }

func create(tb testing.TB, s *keys.Store, principal string, expires time.Time) (string, keys.Key) {
	tb.Helper()
	token, k, err := s.Create(principal, expires, "a note")
	if err != nil {
		tb.Fatal(err)
	}
	return token, k
}

// refused expects that a token is refused for a reason, with a text that holds nothing of its secret.
func refused(tb testing.TB, s *keys.Store, token string, reason error) {
	tb.Helper()
	k, err := s.Authenticate(token)
	if !errors.Is(err, keys.ErrRefused) || !errors.Is(err, reason) {
		tb.Errorf("got %v; want it refused: %v", err, reason)
	}
	if k != (keys.Key{}) {
		tb.Errorf("a refused token gave %+v", k)
	}
	if len(token) > 40 && err != nil && strings.Contains(err.Error(), token[40:]) {
		tb.Errorf("the secret is in the error: %v", err)
	}
}

func accepted(tb testing.TB, s *keys.Store, token string, want keys.Key) {
	tb.Helper()
	got, err := s.Authenticate(token)
	if err != nil {
		tb.Errorf("refused: %v", err)
	} else if diff := cmp.Diff(want, got); diff != "" {
		tb.Errorf("authenticated as (-want +got):\n%s", diff)
	}
}

func TestCreate(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "data")
	c := newClock()
	s := open(dir, c)
	if s.Configured() {
		t.Error("configured before there was a key")
	}
	token, k := create(t, s, "user:ada", noon().Add(90*24*time.Hour+time.Millisecond))
	want := keys.Key{ID: k.ID, Principal: "user:ada", Created: noon(), Expires: noon().Add(90 * 24 * time.Hour), Note: "a note"}
	if diff := cmp.Diff(want, k); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if len(token) != 83 || !strings.HasPrefix(token, "mk_"+k.ID+"_") {
		t.Errorf("token %q", token)
	}
	accepted(t, s, token, k)
	if !s.Configured() {
		t.Error("not configured with a key")
	}
	raw, err := os.ReadFile(filepath.Join(dir, "keys.json"))
	if err != nil || strings.Contains(string(raw), token[40:]) {
		t.Errorf("the file holds the secret, or nothing: %v\n%s", err, raw)
	}
	if info, err := os.Stat(filepath.Join(dir, "keys.json")); err != nil || runtime.GOOS != "windows" && info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v, %v", info.Mode(), err)
	}
	leftovers, _ := filepath.Glob(filepath.Join(dir, ".keys-*"))
	if len(leftovers) > 0 {
		t.Errorf("left lying: %v", leftovers)
	}
}

func TestCreateFaults(t *testing.T) {
	t.Parallel()
	c := newClock()
	for _, k := range []struct {
		name, principal, note string
		expires               time.Time
		says                  string
	}{
		{"nobody", "", "", time.Time{}, "principal"},
		{"spaces", "ada lovelace", "", time.Time{}, "principal"},
		{"control characters", "ada\x1b[0m", "", time.Time{}, "principal"},
		{"bad text", "ada\xff", "", time.Time{}, "principal"},
		{"a long principal", strings.Repeat("a", 201), "", time.Time{}, "principal"},
		{"two lines", "ada", "one\ntwo", time.Time{}, "note"},
		{"a long note", "ada", strings.Repeat("a", 501), time.Time{}, "note"},
		{"over already", "ada", "", noon(), "expires"},
	} {
		t.Run(k.name, func(t *testing.T) {
			t.Parallel()
			s := open(t.TempDir(), c)
			token, _, err := s.Create(k.principal, k.expires, k.note)
			if err == nil || !strings.Contains(err.Error(), k.says) || token != "" {
				t.Errorf("got %q, %v; want a word of the %s", token, err, k.says)
			}
			if s.Configured() {
				t.Error("it was made all the same")
			}
		})
	}
}

func TestRefused(t *testing.T) {
	t.Parallel()
	c := newClock()
	s := open(t.TempDir(), c)
	token, _ := create(t, s, "user:ada", noon().Add(time.Hour))
	other, _ := create(t, s, "user:bob", time.Time{})
	revoked, gone := create(t, s, "user:eve", noon().Add(time.Minute))
	if _, err := s.Revoke(gone.ID); err != nil {
		t.Fatal(err)
	}
	elsewhere, _ := create(t, open(t.TempDir(), c), "user:ada", time.Time{})
	for name, bad := range map[string]struct {
		token  string
		reason error
	}{
		"nothing":             {"", keys.ErrMalformed},
		"a word":              {"secret", keys.ErrMalformed},
		"cut short":           {token[:82], keys.ErrMalformed},
		"with more behind it": {token + "A", keys.ErrMalformed},
		"another prefix":      {"xk" + token[2:], keys.ErrMalformed},
		"a line end":          {token[:82] + "\n", keys.ErrMalformed},
		"capitals in the id":  {"mk_" + strings.ToUpper(token[3:39]) + token[39:], keys.ErrMalformed},
		"another secret":      {token[:40] + strings.Repeat("A", 43), keys.ErrUnknown},
		"another's secret":    {token[:40] + other[40:], keys.ErrUnknown},
		"another's id":        {other[:40] + token[40:], keys.ErrUnknown},
		"of another server":   {elsewhere, keys.ErrUnknown},
		"revoked":             {revoked, keys.ErrRevoked},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			refused(t, s, bad.token, bad.reason)
		})
	}
}

func TestExpiry(t *testing.T) {
	t.Parallel()
	c := newClock()
	s := open(t.TempDir(), c)
	token, k := create(t, s, "user:ada", noon().Add(time.Hour))
	c.pass(time.Hour - time.Nanosecond)
	accepted(t, s, token, k)
	c.pass(time.Nanosecond)
	refused(t, s, token, keys.ErrExpired)
	if !s.Configured() {
		t.Error("that the only key has expired does not open the door")
	}
}

// TestRevocationReachesOthers has one process revoke what another accepts.
func TestRevocationReachesOthers(t *testing.T) {
	t.Parallel()
	dir, c := t.TempDir(), newClock()
	server, operator := open(dir, c), open(dir, c)
	token, k := create(t, operator, "user:ada", time.Time{})
	if _, err := server.Authenticate(token); !errors.Is(err, keys.ErrUnknown) {
		t.Errorf("got %v before it looked", err)
	}
	c.pass(time.Second)
	accepted(t, server, token, k)
	gone, err := operator.Revoke(k.ID)
	if err != nil || !gone.Revoked.Equal(noon().Add(time.Second)) {
		t.Fatalf("got %+v, %v", gone, err)
	}
	accepted(t, server, token, k) // it looks once a second
	c.pass(time.Second)
	refused(t, server, token, keys.ErrRevoked)

	c.pass(time.Minute)
	again, err := operator.Revoke(k.ID)
	if diff := cmp.Diff(gone, again); err != nil || diff != "" {
		t.Errorf("revoked again: %v, %s", err, diff)
	}
	if _, err := operator.Revoke("019aab4e-7d3c-7000-8f10-6c1d2e3f4a5b"); !errors.Is(err, keys.ErrUnknown) {
		t.Errorf("revoked what is not there: %v", err)
	}
}

// TestClockSetBack sees that a clock that goes back does not keep a revocation from being seen.
func TestClockSetBack(t *testing.T) {
	t.Parallel()
	dir, c := t.TempDir(), newClock()
	server, operator := open(dir, c), open(dir, c)
	token, k := create(t, operator, "user:ada", time.Time{})
	c.pass(-time.Hour)
	accepted(t, server, token, k)
}

// TestUnusable holds a store to a file that cannot be used: nobody is let in, and nothing is changed.
func TestUnusable(t *testing.T) {
	t.Parallel()
	c := newClock()
	whole := t.TempDir()
	token, k := create(t, open(whole, c), "user:ada", time.Time{})
	raw, err := os.ReadFile(filepath.Join(whole, "keys.json"))
	if err != nil {
		t.Fatal(err)
	}
	good := string(raw)
	body := good[strings.Index(good, "[")+1 : strings.LastIndex(good, "]")]
	for name, bad := range map[string]struct{ text, says string }{
		"empty":              {"", "JSON"},
		"cut off":            {good[:len(good)/2], "JSON"},
		"two documents":      {good + good, "JSON"},
		"another version":    {strings.Replace(good, `"version": 1`, `"version": 2`, 1), "version 2"},
		"a strange member":   {strings.Replace(good, `"note"`, `"scope"`, 1), `unknown member "scope"`},
		"another case":       {strings.Replace(good, `"note"`, `"Note"`, 1), `unknown member "Note"`},
		"a strange part":     {strings.Replace(good, `"version"`, `"more": {}, "version"`, 1), `unknown member "more"`},
		"a member twice":     {strings.Replace(good, `"note"`, `"principal": "user:root", "note"`, 1), "JSON"},
		"no principal":       {strings.Replace(good, "user:ada", "", 1), "principal"},
		"an id that is none": {strings.Replace(good, k.ID, "7", 1), "id"},
		"a key twice":        {strings.Replace(good, body, body+","+body, 1), "twice"},
		"a short hash":       {strings.Replace(good, `"sha256": "`, `"sha256": "", "x": "`, 1), "sha256"},
		"no hash":            {strings.Replace(good, "sha256", "note", 1), "JSON"},
		"a key that is null": {`{"version": 1, "keys": [null]}`, "principal"},
		"a list":             {"[]", "JSON"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			path := filepath.Join(dir, "keys.json")
			write(t, path, bad.text)
			s := open(dir, c)
			refused(t, s, token, keys.ErrUnusable)
			if !s.Configured() {
				t.Error("a file that cannot be used counts as none")
			}
			if _, err := s.List(); !errors.Is(err, keys.ErrUnusable) || !strings.Contains(err.Error(), path) {
				t.Errorf("list: %v", err)
			}
			if _, _, err := s.Create("user:bob", time.Time{}, ""); !errors.Is(err, keys.ErrUnusable) {
				t.Errorf("create: %v", err)
			}
			if _, err := s.Revoke(k.ID); !errors.Is(err, keys.ErrUnusable) {
				t.Errorf("revoke: %v", err)
			}
			if got, err := os.ReadFile(path); err != nil || string(got) != bad.text {
				t.Errorf("it was changed: %q, %v", got, err)
			}
		})
	}
}

func write(tb testing.TB, path, text string) {
	tb.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		tb.Fatal(err)
	}
}

// TestFileComesAndGoes damages, mends and removes the file below a running server.
func TestFileComesAndGoes(t *testing.T) {
	t.Parallel()
	dir, c := t.TempDir(), newClock()
	path := filepath.Join(dir, "keys.json")
	s := open(dir, c)
	token, k := create(t, s, "user:ada", time.Time{})
	raw, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	write(t, path, "{")
	c.pass(time.Second)
	refused(t, s, token, keys.ErrUnusable)
	write(t, path, string(raw))
	c.pass(time.Second)
	accepted(t, s, token, k)
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	c.pass(time.Second)
	refused(t, s, token, keys.ErrUnknown)
	if !s.Configured() {
		t.Error("losing the file opens the door")
	}
}

func TestExposed(t *testing.T) {
	t.Parallel()
	if runtime.GOOS == "windows" {
		t.Skip("the rights of a file are inherited from its folder")
	}
	dir, c := t.TempDir(), newClock()
	s := open(dir, c)
	token, _ := create(t, s, "user:ada", time.Time{})
	if err := os.Chmod(filepath.Join(dir, "keys.json"), 0o620); err != nil {
		t.Fatal(err)
	}
	c.pass(time.Second)
	refused(t, s, token, keys.ErrUnusable)
}
