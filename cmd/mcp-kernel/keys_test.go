package main

import (
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/mcp-kernel/mcp-kernel/server/keys"
)

// TestKeys makes, lists and revokes keys as an operator would.
func TestKeys(t *testing.T) {
	t.Parallel()
	dir, config := home(t)
	cfg := []string{"--config", config}
	if text := ok(t, append([]string{"keys", "list"}, cfg...)...); strings.Count(text, "\n") != 1 {
		t.Errorf("before there is a key: %q", text)
	}
	made := cli(t, append([]string{"keys", "create", "--principal", "user:ada", "--expires", "90d", "--note", "her laptop"}, cfg...)...)
	token := strings.TrimSuffix(made.out, "\n")
	store := keys.Open(filepath.Join(dir, "data"), keys.Options{})
	k, err := store.Authenticate(token)
	if err != nil || k.Principal != "user:ada" || k.Note != "her laptop" || k.Expires.Sub(k.Created) < 89*24*time.Hour {
		t.Fatalf("exit %d, out %q, err %q: %+v, %v", made.code, made.out, made.err, k, err)
	}
	if !strings.Contains(made.err, "mcp-kernel keys revoke "+k.ID) || strings.Contains(made.err, token) {
		t.Errorf("err %q", made.err)
	}
	ci := decoded[keyLine](t, ok(t, append([]string{"keys", "create", "--principal", "service:ci", "-o", "json"}, cfg...)...))
	if ci.Token == "" || ci.Status != keys.Active || !ci.Expires.IsZero() {
		t.Errorf("got %+v", ci)
	}

	gone := decoded[keyLine](t, ok(t, append([]string{"keys", "revoke", k.ID, "-o", "json"}, cfg...)...))
	if gone.ID != k.ID || gone.Status != keys.Revoked || gone.Revoked.IsZero() {
		t.Errorf("got %+v", gone)
	}
	listed := ok(t, append([]string{"keys", "list", "-o", "json"}, cfg...)...)
	list := decoded[[]keyLine](t, listed)
	if len(list) != 2 || list[0].ID != ci.ID || list[1].Status != keys.Revoked || strings.Contains(listed, ci.Token) {
		t.Errorf("got %s", listed)
	}
	text := ok(t, append([]string{"keys", "list"}, cfg...)...)
	for _, want := range []string{"never", "revoked", "her laptop", "service:ci"} {
		if !strings.Contains(text, want) {
			t.Errorf("the list does not say %q:\n%s", want, text)
		}
	}
	if text := ok(t, append([]string{"keys", "revoke", ci.ID}, cfg...)...); !strings.Contains(text, "service:ci is revoked") {
		t.Errorf("got %q", text)
	}
	if o := cli(t, append([]string{"keys", "revoke", "nope"}, cfg...)...); o.code != exitFault || !strings.Contains(o.err, `key "nope": unknown`) {
		t.Errorf("exit %d, err %q", o.code, o.err)
	}
	if o := cli(t, append([]string{"keys", "create", "--principal", "a b"}, cfg...)...); o.code != exitFault || !strings.Contains(o.err, "principal") || o.out != "" {
		t.Errorf("exit %d, out %q, err %q", o.code, o.out, o.err)
	}
	write(t, filepath.Join(dir, "data", "keys.json"), "{")
	if o := cli(t, append([]string{"keys", "list"}, cfg...)...); o.code != exitFault || !strings.Contains(o.err, "keys.json") {
		t.Errorf("exit %d, err %q", o.code, o.err)
	}
}

func TestLater(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
	for text, want := range map[string]time.Time{
		"": {}, "90d": now.AddDate(0, 0, 90), "12h": now.Add(12 * time.Hour), "2027-01-01T00:00:00Z": time.Date(2027, 1, 1, 0, 0, 0, 0, time.UTC),
	} {
		if got, err := later(text, now); err != nil || !got.Equal(want) {
			t.Errorf("%q: got %v, %v", text, got, err)
		}
	}
	for _, text := range []string{"soon", "d", "-3d", "1.5d", "99999d", "90 d"} {
		if got, err := later(text, now); err == nil {
			t.Errorf("%q is no time: got %v", text, got)
		}
	}
}
