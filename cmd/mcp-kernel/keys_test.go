package main

import (
	"net/http"
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

// TestKeysOverHTTP makes and revokes a key while a server runs: first everybody on the machine is served, then nobody
// without the key, then nobody at all. What the key did is its principal's in the journal.
func TestKeysOverHTTP(t *testing.T) {
	t.Parallel()
	_, config := home(t)
	c := launch(t, built(t), "serve", "--http", "127.0.0.1:0", "--config", config)
	url := address(t, c)
	if got := checkPolicy(t, url, ""); got != http.StatusOK {
		t.Errorf("without any keys: status %d", got)
	}
	key := decoded[keyLine](t, ok(t, "keys", "create", "--principal", "user:ada", "--config", config, "-o", "json"))
	turns(t, url, "", http.StatusUnauthorized)
	turns(t, url, key.Token, http.StatusOK)
	if got := checkPolicy(t, url, key.Token[:len(key.Token)-1]+"_"); got != http.StatusUnauthorized {
		t.Errorf("with a key that is not quite one: status %d", got)
	}
	ok(t, "keys", "revoke", key.ID, "--config", config)
	turns(t, url, key.Token, http.StatusUnauthorized)
	page := decoded[answerPage](t, ok(t, "audit", "query", "--principal", "user:ada", "--kind", "outcome", "--config", config, "-o", "json"))
	if len(page.Entries) == 0 || page.Entries[0].Name != "policy_check" || page.Entries[0].Status != "ok" {
		t.Errorf("the journal says %+v", page)
	}
	if strings.Contains(c.log.String(), key.Token[40:]) {
		t.Error("the key is in the log")
	}
}

// turns waits for what a request is answered to change.
func turns(t *testing.T, url, key string, want int) {
	t.Helper()
	got := 0
	for deadline := time.Now().Add(patience); time.Now().Before(deadline); time.Sleep(20 * time.Millisecond) {
		if got = checkPolicy(t, url, key); got == want {
			return
		}
	}
	t.Fatalf("status %d, want %d", got, want)
}

// checkPolicy calls a tool, in the 2026 era, and returns the status.
func checkPolicy(t *testing.T, url, key string) int {
	t.Helper()
	const body = `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"policy_check","arguments":{"name":"file_read"},` +
		`"_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientCapabilities":{}}}}`
	request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	for name, value := range map[string]string{
		"Content-Type": "application/json", "Accept": "application/json, text/event-stream",
		"Mcp-Protocol-Version": "2026-07-28", "Mcp-Method": "tools/call", "Mcp-Name": "policy_check",
	} {
		request.Header.Set(name, value)
	}
	if key != "" {
		request.Header.Set("Authorization", "Bearer "+key)
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	if err := response.Body.Close(); err != nil {
		t.Error(err)
	}
	return response.StatusCode
}
