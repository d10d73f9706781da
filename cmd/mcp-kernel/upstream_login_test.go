package main

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"

	"github.com/mcp-kernel/mcp-kernel/modules/atr"
	"github.com/mcp-kernel/mcp-kernel/modules/atr/dial"
	"github.com/mcp-kernel/mcp-kernel/modules/atr/rpc"
)

// A tracker is a server of the 2025 era that wants to be logged in to, with its authorization server. A person who logs in
// is whoever the test says. It repeats the token in its answers, as a careless server may.
type tracker struct {
	*httptest.Server

	mu      sync.Mutex
	person  string
	codes   map[string]url.Values
	access  map[string]string // token to person
	refresh map[string]string
	secrets []string
}

func newTracker(t *testing.T) *tracker {
	t.Helper()
	w := &tracker{person: "me", codes: map[string]url.Values{}, access: map[string]string{}, refresh: map[string]string{}}
	w.Server = httptest.NewServer(w)
	t.Cleanup(w.Close)
	return w
}

func (w *tracker) secret() string {
	text := "hush-" + rand.Text()
	w.secrets = append(w.secrets, text)
	return text
}

func (w *tracker) ServeHTTP(rw http.ResponseWriter, r *http.Request) {
	w.mu.Lock()
	defer w.mu.Unlock()
	say := func(v any) {
		rw.Header().Set("Content-Type", "application/json")
		_ = json.NewEncoder(rw).Encode(v) // the client may have gone
	}
	switch r.URL.Path {
	case "/.well-known/oauth-protected-resource/mcp":
		say(map[string]any{"resource": w.URL + "/mcp", "authorization_servers": []string{w.URL}})
	case "/.well-known/oauth-authorization-server":
		say(map[string]any{
			"issuer": w.URL, "authorization_endpoint": w.URL + "/authorize", "token_endpoint": w.URL + "/token", "revocation_endpoint": w.URL + "/revoke",
			"registration_endpoint": w.URL + "/register", "code_challenge_methods_supported": []string{"S256"},
		})
	case "/register":
		rw.WriteHeader(http.StatusCreated)
		say(map[string]string{"client_id": "kernel"})
	case "/authorize":
		q, code := r.URL.Query(), w.secret()
		w.codes[code] = q
		http.Redirect(rw, r, q.Get("redirect_uri")+"?"+url.Values{"code": {code}, "state": {q.Get("state")}}.Encode(), http.StatusFound)
	case "/token":
		sum := sha256.Sum256([]byte(r.PostFormValue("code_verifier")))
		if w.codes[r.PostFormValue("code")].Get("code_challenge") != base64.RawURLEncoding.EncodeToString(sum[:]) {
			rw.WriteHeader(http.StatusBadRequest)
			say(map[string]string{"error": "invalid_grant"})
			return
		}
		access, refresh := w.secret(), w.secret()
		w.access[access], w.refresh[refresh] = w.person, w.person
		say(map[string]any{"access_token": access, "refresh_token": refresh, "token_type": "Bearer", "expires_in": 3600})
	case "/revoke":
		delete(w.access, r.PostFormValue("token"))
		delete(w.refresh, r.PostFormValue("token"))
	default:
		w.mcp(rw, r, say)
	}
}

// mcp is the server itself.
func (w *tracker) mcp(rw http.ResponseWriter, r *http.Request, say func(any)) {
	token, _ := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	person, known := w.access[token]
	if !known {
		rw.Header().Set("WWW-Authenticate", `Bearer scope="issues"`)
		rw.WriteHeader(http.StatusUnauthorized)
		return
	}
	var m struct {
		ID     json.RawMessage `json:"id"`
		Method string          `json:"method"`
	}
	_ = json.NewDecoder(r.Body).Decode(&m) // what is no message has no answer
	result := map[string]any{}
	switch m.Method {
	case "initialize":
		result = map[string]any{"protocolVersion": "2025-11-25", "capabilities": map[string]any{"tools": map[string]any{}}}
	case "tools/list":
		result["tools"] = []any{map[string]any{"name": "whoami", "description": "Says who calls.", "inputSchema": map[string]any{"type": "object"}}}
	case "tools/call":
		result["content"] = []any{map[string]string{"type": "text", "text": "you are " + person + " by " + token}}
	default:
		rw.WriteHeader(http.StatusAccepted)
		return
	}
	say(map[string]any{"jsonrpc": "2.0", "id": m.ID, "result": result})
}

// silent checks that nothing below a directory, and none of some texts, has a secret of the tracker's.
func (w *tracker) silent(t *testing.T, dir string, texts ...string) {
	t.Helper()
	w.mu.Lock()
	defer w.mu.Unlock()
	check := func(where, text string) {
		for _, secret := range w.secrets {
			if strings.Contains(text, secret) {
				t.Errorf("%s has a secret", where)
			}
		}
	}
	for _, text := range texts {
		check(text, text)
	}
	if err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		text, err := os.ReadFile(path)
		check(path, string(text))
		return err
	}); err != nil {
		t.Error(err)
	}
}

// A reader of standard error is a person who logs in when asked to.
type person struct {
	t    *testing.T
	mu   sync.Mutex
	text bytes.Buffer
	seen bool
}

func (p *person) Write(text []byte) (int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.text.Write(text)
	if at := regexp.MustCompile(`http://\S+/authorize\S+`).FindString(p.text.String()); at != "" && !p.seen {
		p.seen = true
		r, err := http.NewRequestWithContext(p.t.Context(), http.MethodGet, at, nil)
		if err != nil {
			return 0, err
		}
		answer, err := http.DefaultClient.Do(r)
		if err != nil {
			return 0, err
		}
		defer answer.Body.Close()
		if answer.StatusCode != http.StatusOK {
			p.t.Errorf("the browser ends with HTTP %d", answer.StatusCode)
		}
	}
	return len(text), nil
}

// login logs in by the command line.
func login(t *testing.T, args ...string) output {
	t.Helper()
	var out bytes.Buffer
	p := &person{t: t}
	code := run(context.WithoutCancel(t.Context()), append([]string{"upstream", "login"}, args...), strings.NewReader(""), &out, p)
	return output{code, out.String(), p.text.String()}
}

// TestUpstreamLogin logs in to a server, calls it, and logs out.
func TestUpstreamLogin(t *testing.T) {
	t.Parallel()
	w := newTracker(t)
	dir, config := home(t)
	cfg := []string{"--config", config}
	first := cli(t, append([]string{"upstream", "add", "issues", w.URL + "/mcp", "--allow-private"}, cfg...)...)
	if first.code != 1 || !strings.Contains(first.err, "the server issues needs a login of user:") || !strings.Contains(first.err, ": mcp-kernel upstream login issues") {
		t.Errorf("%+v", first)
	}
	reports := decoded[[]atr.Report](t, ok(t, "upstream", "list", "-o", "json", "--config", config))
	if len(reports) != 1 || reports[0].Login != atr.LoginNeeded {
		t.Errorf("%+v", reports)
	}
	if got := ok(t, "doctor", "--config", config); !strings.Contains(got, "it needs a login") || !strings.Contains(got, "→ mcp-kernel upstream login issues") {
		t.Errorf("%s", got)
	}
	logged := login(t, "issues", "-o", "json", "--config", config)
	if found := decoded[learned](t, logged.out); logged.code != 0 || found.Tools != 1 || found.Login != atr.LoginGood {
		t.Errorf("%+v", logged)
	}
	called := ok(t, "tools", "call", "issues__whoami", "{}", "--config", config)
	if !strings.Contains(called, "you are me by […]") {
		t.Errorf("%s", called)
	}
	listed := ok(t, "upstream", "list", "--config", config)
	if !strings.Contains(listed, "good") {
		t.Errorf("%s", listed)
	}
	w.silent(t, dir, first.out, first.err, logged.out, called, listed)
	out := decoded[loggedOut](t, ok(t, "upstream", "logout", "issues", "-o", "json", "--config", config))
	if out != (loggedOut{Server: "issues", Was: true}) || len(w.access)+len(w.refresh) != 0 {
		t.Errorf("%+v", out)
	}
	after := cli(t, "tools", "call", "issues__whoami", "{}", "--config", config)
	if after.code == 0 || !strings.Contains(after.out+after.err, "the server issues needs a login: mcp-kernel upstream login issues") {
		t.Errorf("%+v", after)
	}
	if out := decoded[loggedOut](t, ok(t, "upstream", "logout", "issues", "-o", "json", "--config", config)); out.Was {
		t.Errorf("%+v", out)
	}
	if err := os.WriteFile(filepath.Join(dir, "data", "tokens.key"), []byte("short"), 0o600); err != nil {
		t.Fatal(err)
	}
	if got := cli(t, append([]string{"doctor"}, cfg...)...); got.code != 1 || !strings.Contains(got.out, "tokens.key is no key file") {
		t.Errorf("%+v", got)
	}
	for _, wrong := range [][]string{{"upstream", "login", "other"}, {"upstream", "logout", "other"}} {
		if got := cli(t, append(wrong, cfg...)...); got.code != 1 || !strings.Contains(got.err, "there is no such server: other") {
			t.Errorf("%+v", got)
		}
	}
}

// TestLoginsOfSeveral serves two people, each of whom is somebody else at the server.
func TestLoginsOfSeveral(t *testing.T) {
	t.Parallel()
	w := newTracker(t)
	dir, config := home(t)
	_ = cli(t, "upstream", "add", "issues", w.URL+"/mcp", "--allow-private", "--config", config)
	if got := login(t, "issues", "--config", config); got.code != 0 {
		t.Fatalf("%+v", got)
	}
	w.person = "ada"
	if got := login(t, "issues", "--principal", "user:ada", "--config", config); got.code != 0 {
		t.Fatalf("%+v", got)
	}
	who := map[string]string{}
	for _, name := range []string{"ada", "bob"} {
		key := decoded[keyLine](t, ok(t, "keys", "create", "--principal", "user:"+name, "--config", config, "-o", "json"))
		who[name] = key.Token
	}
	server := launch(t, built(t), "serve", "--http", "127.0.0.1:0", "--config", config, "--log-level", "debug")
	at := address(t, server)
	for range 2 {
		for name, want := range map[string]string{
			"ada": "you are ada by […]", "bob": "the server issues needs a login: mcp-kernel upstream login issues --principal user:bob",
		} {
			transport, err := rpc.NewHTTP(rpc.HTTPOptions{
				URL: at, Client: dial.Client(dial.Options{Permit: dial.Private()}), Headers: map[string]string{"Authorization": "Bearer " + who[name]},
			})
			if err != nil {
				t.Fatal(err)
			}
			c, err := rpc.Connect(t.Context(), rpc.Options{Transport: transport})
			if err != nil {
				t.Fatal(err)
			}
			got, err := c.Call(t.Context(), rpc.Request{Method: "tools/call", Params: json.RawMessage(`{"name":"issues__whoami","arguments":{}}`)})
			if text := string(got) + fmt.Sprint(err); !strings.Contains(text, want) {
				t.Errorf("%s: %s", name, text)
			}
			if err := c.Close(); err != nil {
				t.Error(err)
			}
		}
	}
	w.silent(t, dir, server.log.String())
	if noted := ok(t, "audit", "query", "--limit", "50", "-o", "json", "--config", config); !strings.Contains(noted, "login to server issues, for the calls of user:ada") {
		t.Errorf("%s", noted)
	}
	if got := cli(t, "upstream", "remove", "issues", "--config", config); got.code != 0 || strings.Contains(got.err, "not all forgotten") {
		t.Errorf("%+v", got)
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	for token, person := range w.access {
		if person == "me" {
			t.Errorf("%s was not revoked", token)
		}
	}
}

// lapsed returns a tracker, and the configuration of a kernel whose login to it is of no use any more.
func lapsed(t *testing.T) (w *tracker, dir, config string) {
	t.Helper()
	w = newTracker(t)
	dir, config = home(t)
	_ = cli(t, "upstream", "add", "issues", w.URL+"/mcp", "--allow-private", "--config", config)
	if got := login(t, "issues", "--config", config); got.code != 0 {
		t.Fatalf("%+v", got)
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	clear(w.access)
	clear(w.refresh)
	return w, dir, config
}

// browse opens an address.
func browse(t *testing.T, at string) {
	t.Helper()
	p := &person{t: t}
	if _, err := p.Write([]byte(at)); err != nil || !p.seen {
		t.Errorf("%q: %v", at, err)
	}
}

// openQuestion is what a client is asked.
type openQuestion struct {
	ID     json.RawMessage `json:"id"`
	Method string          `json:"method"`
	Params struct {
		Message string `json:"message"`
		Mode    string `json:"mode"`
		URL     string `json:"url"`
	} `json:"params"`
}

// TestLoginByClient asks the client of a call to have its person log in.
func TestLoginByClient(t *testing.T) {
	t.Parallel()
	w, dir, config := lapsed(t)
	c := start(t, "serve", "--stdio", "--config", config)
	c.send(`{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":"2025-11-25","capabilities":{"elicitation":{"url":{}}},"clientInfo":{"name":"x","version":"1"}}}`)
	_ = c.next()
	c.send(`{"jsonrpc":"2.0","method":"notifications/initialized"}`)
	call := func(answer string) (said string) {
		c.send(`{"jsonrpc":"2.0","id":2,"method":"tools/call","params":{"name":"issues__whoami","arguments":{}}}`)
		for {
			said = c.next()
			var q openQuestion
			if err := json.Unmarshal([]byte(said), &q); err != nil {
				t.Fatal(err)
			}
			switch q.Method {
			case "elicitation/create":
				if q.Params.Mode != "url" {
					t.Errorf("%s", said)
				}
				if answer == "accept" {
					browse(t, q.Params.URL)
				}
				c.send(`{"jsonrpc":"2.0","id":` + string(q.ID) + `,"result":{"action":"` + answer + `"}}`)
			case "":
				return said
			}
		}
	}
	if said := call("decline"); !strings.Contains(said, "the server issues needs a login: mcp-kernel upstream login issues") {
		t.Errorf("%s", said)
	}
	if said := call("accept"); !strings.Contains(said, "you are me by […]") {
		t.Errorf("%s", said)
	}
	for _, answer := range []string{"cancel", "accept"} { // three times in a while; then nobody is asked
		w.mu.Lock()
		clear(w.access)
		w.mu.Unlock()
		if said := call(answer); !strings.Contains(said, "the server issues needs a login") {
			t.Errorf("%s: %s", answer, said)
		}
	}
	c.close()
	w.silent(t, dir, c.log.String())
}

// TestLoginByLaterClient asks one of the 2026 era, which calls again when its person has logged in.
func TestLoginByLaterClient(t *testing.T) {
	t.Parallel()
	w, dir, config := lapsed(t)
	c := start(t, "serve", "--stdio", "--config", config)
	const meta = `"_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientCapabilities":{"elicitation":{"url":{}}}}`
	call := func(more string) string {
		c.send(`{"jsonrpc":"2.0","id":2,"method":"tools/call","params":{"name":"issues__whoami","arguments":{},` + more + meta + `}}`)
		for {
			if said := c.next(); strings.Contains(said, `"id":2`) {
				return said
			}
		}
	}
	var round struct {
		Result struct {
			Type  string                  `json:"resultType"`
			Asks  map[string]openQuestion `json:"inputRequests"`
			State string                  `json:"requestState"`
		} `json:"result"`
	}
	said := call("")
	if err := json.Unmarshal([]byte(said), &round); err != nil || round.Result.Type != "input_required" || len(round.Result.Asks) != 1 {
		t.Fatalf("%s", said)
	}
	for key, q := range round.Result.Asks {
		browse(t, q.Params.URL)
		state, err := json.Marshal(round.Result.State)
		if err != nil {
			t.Fatal(err)
		}
		said = call(`"requestState":` + string(state) + `,"inputResponses":{"` + key + `":{"action":"accept"}},`)
	}
	if !strings.Contains(said, "you are me by […]") {
		t.Errorf("%s", said)
	}
	c.close()
	w.silent(t, dir, c.log.String())
}
