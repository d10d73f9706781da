package main

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
)

// A notary is an issuer of tokens that publishes its key and nothing else.
type notary struct {
	*httptest.Server
	t   *testing.T
	key *ecdsa.PrivateKey
}

func newNotary(t *testing.T, more ...func(*notary, *http.ServeMux)) *notary {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	n := &notary{t: t, key: key}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /keys", func(w http.ResponseWriter, _ *http.Request) {
		_ = json.NewEncoder(w).Encode(jose.JSONWebKeySet{Keys: []jose.JSONWebKey{{Key: key.Public(), KeyID: "1", Algorithm: "ES256", Use: "sig"}}})
	})
	mux.HandleFunc("GET /.well-known/openid-configuration", func(w http.ResponseWriter, _ *http.Request) {
		fmt.Fprintf(w, `{"issuer":%q,"jwks_uri":%q}`, n.URL, n.URL+"/keys")
	})
	for _, add := range more {
		add(n, mux)
	}
	n.Server = httptest.NewServer(mux)
	t.Cleanup(n.Close)
	return n
}

const testResource = "http://localhost:1/mcp"

// token is a good one, with some claims changed.
func (n *notary) token(changes map[string]any) string {
	n.t.Helper()
	claims := map[string]any{"iss": n.URL, "sub": "ada", "aud": testResource, "exp": time.Now().Add(time.Hour).Unix(), "scope": "mcp"}
	maps.Copy(claims, changes)
	text, err := json.Marshal(claims)
	if err != nil {
		n.t.Fatal(err)
	}
	s, err := jose.NewSigner(jose.SigningKey{Algorithm: jose.ES256, Key: n.key}, (&jose.SignerOptions{}).WithHeader("kid", "1"))
	if err != nil {
		n.t.Fatal(err)
	}
	signed, err := s.Sign(text)
	if err != nil {
		n.t.Fatal(err)
	}
	token, err := signed.CompactSerialize()
	if err != nil {
		n.t.Fatal(err)
	}
	return token
}

// A reply is what a request came to.
type reply struct {
	status          int
	challenge, body string
}

// knock sends one message of the 2026 era with headers, "Name: value" each.
func knock(t *testing.T, client *http.Client, url, method, params string, heads ...string) reply {
	t.Helper()
	meta := `"_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientInfo":{"name":"test","version":"1"},"io.modelcontextprotocol/clientCapabilities":{}}`
	if params != "" {
		meta += ","
	}
	body := fmt.Sprintf(`{"jsonrpc":"2.0","id":1,"method":%q,"params":{%s%s}}`, method, meta, params)
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Accept", "application/json, text/event-stream")
	r.Header.Set("Mcp-Protocol-Version", "2026-07-28")
	r.Header.Set("Mcp-Method", method)
	var named struct{ Name, URI string }
	if json.Unmarshal([]byte("{"+params+"}"), &named) == nil && named.Name != "" {
		r.Header.Set("Mcp-Name", named.Name)
	}
	for _, head := range heads {
		name, value, _ := strings.Cut(head, ": ")
		r.Header.Add(name, value)
	}
	response, err := client.Do(r)
	if err != nil {
		return reply{body: err.Error()}
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return reply{response.StatusCode, response.Header.Get("WWW-Authenticate"), string(text)}
}

// toolsShown are the names of the tools in a listing.
func toolsShown(t *testing.T, body string) []string {
	t.Helper()
	var answer struct {
		Result struct{ Tools []struct{ Name string } }
	}
	if err := json.Unmarshal([]byte(body), &answer); err != nil {
		t.Fatalf("%s: %v", body, err)
	}
	var names []string
	for _, tool := range answer.Result.Tools {
		names = append(names, tool.Name)
	}
	return names
}

// guarded is a configuration that takes the tokens of an issuer, for two roles.
func guarded(t *testing.T, issuer string) (dir, config string) {
	t.Helper()
	dir, config = home(t)
	write(t, filepath.Join(dir, "work", "a.txt"), "hello")
	policies := filepath.Join(dir, "policies.yaml")
	write(t, policies, `[{name: default, allowed_tools: ["*"], allowed_resources: ["*"], allowed_prompts: ["*"]},
  {name: reader, allowed_tools: [file_read, file_list, "inner__*"]}, {name: writer, allowed_tools: [file_write]}]`)
	text := read(t, config) + fmt.Sprintf(`
governance: {policy_files: [%q]}
server:
  http:
    auth:
      resource: %q
      issuers: [{url: %q}]
      scopes: [mcp]
      roles:
        - {name: readers, scopes: [files:read], policies: [reader]}
        - {name: writers, scopes: [files:write], policies: [writer]}
        - {name: staff, groups: [staff], policies: [reader]}
        - {name: keys, principals: ["service:*"], policies: [writer]}
`, policies, testResource, issuer)
	write(t, config, text)
	return dir, config
}

// TestTokens has clients come in with tokens, and strangers with what is none.
func TestTokens(t *testing.T) {
	t.Parallel()
	n := newNotary(t)
	dir, config := guarded(t, n.URL)
	key := strings.TrimSpace(decoded[struct{ Token string }](t, ok(t, "keys", "create", "--principal", "service:ci", "--config", config, "-o", "json")).Token)
	c := launch(t, built(t), "serve", "--http", "127.0.0.1:0", "--config", config, "--profile", "files")
	at := address(t, c)
	const where = `resource_metadata="http://localhost:1/.well-known/oauth-protected-resource/mcp"`
	good := n.token(map[string]any{"scope": "mcp files:read"})
	for name, want := range map[string]struct {
		heads     []string
		query     string
		status    int
		challenge string
	}{
		"nothing":           {nil, "", 401, `Bearer scope="mcp", ` + where},
		"good":              {[]string{"Authorization: Bearer " + good}, "", 200, ""},
		"scheme by case":    {[]string{"Authorization: bEARER " + good}, "", 200, ""},
		"key":               {[]string{"Authorization: Bearer " + key}, "", 200, ""},
		"two headers":       {[]string{"Authorization: Bearer " + good, "Authorization: Bearer " + good}, "", 400, `Bearer error="invalid_request", ` + where},
		"two in one":        {[]string{"Authorization: Bearer " + good + ", Bearer " + good}, "", 400, `Bearer error="invalid_request", ` + where},
		"in the query":      {nil, "?access_token=" + good, 400, `Bearer error="invalid_request", ` + where},
		"query and header":  {[]string{"Authorization: Bearer " + good}, "?access_token=x", 400, `Bearer error="invalid_request", ` + where},
		"another scheme":    {[]string{"Authorization: Basic " + good}, "", 401, `Bearer error="invalid_token", scope="mcp", ` + where},
		"a key that is not": {[]string{"Authorization: Bearer mk_x"}, "", 401, `Bearer error="invalid_token", scope="mcp", ` + where},
		"wrong audience":    {[]string{"Authorization: Bearer " + n.token(map[string]any{"aud": "https://else.example"})}, "", 401, `Bearer error="invalid_token", scope="mcp", ` + where},
		"expired":           {[]string{"Authorization: Bearer " + n.token(map[string]any{"exp": 1})}, "", 401, `Bearer error="invalid_token", scope="mcp", ` + where},
		"no scope":          {[]string{"Authorization: Bearer " + n.token(map[string]any{"scope": ""})}, "", 403, `Bearer error="insufficient_scope", scope="mcp", ` + where},
		"no role":           {[]string{"Authorization: Bearer " + n.token(nil)}, "", 403, `Bearer error="insufficient_scope", scope="mcp files:read", ` + where},
	} {
		got := knock(t, http.DefaultClient, at+want.query, "tools/list", "", want.heads...)
		if got.status != want.status || got.challenge != want.challenge {
			t.Errorf("%s: %d %s %s", name, got.status, got.challenge, got.body)
		}
		if strings.Contains(got.body, n.URL) || want.status >= 400 && strings.Contains(got.body, "aud") {
			t.Errorf("%s: it says too much: %s", name, got.body)
		}
	}
	if got := read(t, filepath.Join(dir, "mcp-kernel.yaml")) + c.log.String(); strings.Contains(got, good) || strings.Contains(got, key) {
		t.Error("the log shows what was to be kept secret")
	}
	response, err := http.Get(strings.TrimSuffix(at, "/mcp") + "/.well-known/oauth-protected-resource/mcp") //nolint:noctx // as anybody does
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	card, err := io.ReadAll(response.Body)
	want := fmt.Sprintf(`{"resource":%q,"authorization_servers":[%q],"scopes_supported":["files:read","files:write","mcp"],"bearer_methods_supported":["header"],"resource_name":"mcp-kernel"}`, testResource, n.URL)
	if err != nil || string(card) != want {
		t.Errorf("%s, %v\nwant %s", card, err, want)
	}
	if err := c.cmd.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	c.end()
	page := decoded[answerPage](t, ok(t, "audit", "query", "--kind", "control", "--config", config, "-o", "json"))
	var refused int64
	for _, e := range page.Entries {
		if e.Control.Action == "refused" {
			refused += e.Control.Count
		}
	}
	if refused != 11 {
		t.Errorf("%d refused requests are in the journal", refused)
	}
}

// TestRoles has callers see and call what their roles allow, and be told what their tokens lack.
func TestRoles(t *testing.T) {
	t.Parallel()
	n := newNotary(t)
	_, config := guarded(t, n.URL)
	key := strings.TrimSpace(decoded[struct{ Token string }](t, ok(t, "keys", "create", "--principal", "service:ci", "--config", config, "-o", "json")).Token)
	at := address(t, launch(t, built(t), "serve", "--http", "127.0.0.1:0", "--config", config, "--profile", "files"))
	reads, writes := `"name":"file_read","arguments":{"path":"work:a.txt"}`, `"name":"file_write","arguments":{"path":"work:b.txt","content":"x","mode":"overwrite"}`
	scoped := func(scope string) string { return n.token(map[string]any{"scope": scope}) }
	for name, want := range map[string]struct {
		token         string
		shown         []string
		reads, writes int // status; 0 is a refusal for the model to read
	}{
		"reader": {scoped("mcp files:read"), []string{"file_list", "file_read"}, 200, 403},
		"writer": {scoped("mcp files:write"), []string{"file_write"}, 403, 200},
		"both":   {scoped("mcp files:write files:read"), []string{"file_list", "file_read", "file_write"}, 200, 200},
		"staff":  {n.token(map[string]any{"groups": []string{"staff"}}), []string{"file_list", "file_read"}, 200, 403},
		"key":    {key, []string{"file_write"}, 0, 200},
	} {
		head := "Authorization: Bearer " + want.token
		got := knock(t, http.DefaultClient, at, "tools/list", "", head)
		if shown := toolsShown(t, got.body); !slices.Equal(shown, want.shown) || !strings.Contains(got.body, `"cacheScope":"private"`) {
			t.Errorf("%s sees %v", name, shown)
		}
		for params, status := range map[string]int{reads: want.reads, writes: want.writes} {
			got := knock(t, http.DefaultClient, at, "tools/call", params, head)
			refused := strings.Contains(got.body, `"isError":true`)
			if status == 0 && (got.status != 200 || !refused) || status == 200 && (got.status != 200 || refused) || status == 403 && got.status != 403 {
				t.Errorf("%s, %s: %+v", name, params, got)
			}
			if status == 403 && !strings.HasPrefix(got.challenge, `Bearer error="insufficient_scope", scope="mcp files:`) {
				t.Errorf("%s, %s: %s", name, params, got.challenge)
			}
		}
	}
	page := decoded[answerPage](t, ok(t, "audit", "query", "--name", "file_read", "--kind", "outcome", "--config", config, "-o", "json"))
	if i := slices.IndexFunc(page.Entries, func(e entryLine) bool { return e.Principal == "oauth:ada@"+n.URL }); i < 0 || !slices.Equal(page.Entries[i].Policies, []string{"default", "reader"}) {
		t.Errorf("%+v", page.Entries)
	}
}

// TestTokensStayHere has a client call what another server offers, which must not see what the client came with.
func TestTokensStayHere(t *testing.T) {
	t.Parallel()
	n := newNotary(t)
	innerDir, innerConfig := home(t)
	write(t, filepath.Join(innerDir, "work", "a.txt"), "hello")
	inner, err := url.Parse(address(t, launch(t, built(t), "serve", "--http", "127.0.0.1:0", "--config", innerConfig, "--profile", "files")))
	if err != nil {
		t.Fatal(err)
	}
	var mu sync.Mutex
	var seen bytes.Buffer
	onward := httputil.NewSingleHostReverseProxy(&url.URL{Scheme: inner.Scheme, Host: inner.Host})
	proxy := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		text, err := httputil.DumpRequest(r, true) // it puts a copy of the body into its place
		mu.Lock()
		_, _ = seen.Write(append(text, fmt.Sprint(err)...))
		mu.Unlock()
		r.Host = inner.Host
		onward.ServeHTTP(w, r)
	})
	between := httptest.NewServer(proxy)
	t.Cleanup(between.Close)
	_, config := guarded(t, n.URL)
	ok(t, "upstream", "add", "inner", between.URL+"/mcp", "--allow-private", "--config", config)
	at := address(t, launch(t, built(t), "serve", "--http", "127.0.0.1:0", "--config", config, "--profile", "files"))
	token := n.token(map[string]any{"scope": "mcp files:read"})
	got := knock(t, http.DefaultClient, at, "tools/call", `"name":"inner__file_read","arguments":{"path":"work:a.txt"}`, "Authorization: Bearer "+token, "Cookie: c="+token, "X-Forwarded-Authorization: "+token)
	if !strings.Contains(got.body, "hello") {
		t.Fatalf("%+v", got)
	}
	mu.Lock()
	defer mu.Unlock()
	if text := seen.String(); !strings.Contains(text, "file_read") || strings.Contains(text, token) || strings.Contains(strings.ToLower(text), "authorization:") {
		t.Errorf("the other server saw\n%s", text)
	}
}
