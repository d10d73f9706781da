package main

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
)

// An authServer is an authorization server by the standards: metadata, registration, codes with PKCE for one resource, and
// tokens that are renewed once. Whoever asks is the person, and agrees.
type authServer struct {
	*notary

	mu      sync.Mutex
	clients map[string]string // and where they are sent back to
	grants  map[string]grant  // by code or refresh token, each good once
	served  []string          // grant types
}

type grant struct{ client, redirect, challenge, resource, scope string }

func newAuthServer(t *testing.T) *authServer {
	t.Helper()
	a := &authServer{clients: map[string]string{}, grants: map[string]grant{}}
	newNotary(t, a.routes)
	return a
}

func (a *authServer) routes(n *notary, mux *http.ServeMux) {
	a.notary = n
	mux.HandleFunc("GET /.well-known/oauth-authorization-server", func(w http.ResponseWriter, _ *http.Request) {
		_ = json.NewEncoder(w).Encode(map[string]any{
			"issuer": a.URL, "jwks_uri": a.URL + "/keys", "authorization_endpoint": a.URL + "/authorize", "token_endpoint": a.URL + "/token",
			"registration_endpoint": a.URL + "/register", "response_types_supported": []string{"code"},
			"grant_types_supported": []string{"authorization_code", "refresh_token"}, "code_challenge_methods_supported": []string{"S256"},
			"token_endpoint_auth_methods_supported": []string{"none"}, "authorization_response_iss_parameter_supported": true,
		})
	})
	mux.HandleFunc("POST /register", a.register)
	mux.HandleFunc("GET /authorize", a.authorize)
	mux.HandleFunc("POST /token", a.give)
	mux.HandleFunc("POST /expire", func(w http.ResponseWriter, r *http.Request) {
		text, _ := io.ReadAll(r.Body)
		fmt.Fprint(w, a.expired(string(text)))
	})
}

// register takes a client (RFC 7591).
func (a *authServer) register(w http.ResponseWriter, r *http.Request) {
	var m map[string]any
	if json.NewDecoder(r.Body).Decode(&m) != nil {
		http.Error(w, "not JSON", http.StatusBadRequest)
		return
	}
	id := rand.Text()
	m["client_id"] = id
	a.mu.Lock()
	a.clients[id] = fmt.Sprint(m["redirect_uris"].([]any)[0]) //nolint:forcetypeassert // a test's own client
	a.mu.Unlock()
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(http.StatusCreated)
	_ = json.NewEncoder(w).Encode(m)
}

// authorize sends back with a code.
func (a *authServer) authorize(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	a.mu.Lock()
	defer a.mu.Unlock()
	g := grant{q.Get("client_id"), q.Get("redirect_uri"), q.Get("code_challenge"), q.Get("resource"), q.Get("scope")}
	if a.clients[g.client] != g.redirect || g.redirect == "" || g.challenge == "" || q.Get("code_challenge_method") != "S256" || g.resource == "" {
		http.Error(w, "refused: "+r.URL.RawQuery, http.StatusBadRequest)
		return
	}
	code := rand.Text()
	a.grants[code] = g
	back := url.Values{"code": {code}, "iss": {a.URL}}
	if state := q.Get("state"); state != "" {
		back.Set("state", state)
	}
	w.Header().Set("Location", g.redirect+"?"+back.Encode())
	w.WriteHeader(http.StatusFound)
}

// give exchanges a code or a refresh token for tokens.
func (a *authServer) give(w http.ResponseWriter, r *http.Request) {
	_ = r.ParseForm()
	f, kind := r.PostForm, r.PostForm.Get("grant_type")
	a.mu.Lock()
	defer a.mu.Unlock()
	a.served = append(a.served, kind)
	handle := f.Get("code")
	if kind == "refresh_token" {
		handle = f.Get("refresh_token")
	}
	g, ok := a.grants[handle]
	delete(a.grants, handle)
	sum := sha256.Sum256([]byte(f.Get("code_verifier")))
	good := ok && g.client == f.Get("client_id") && g.resource == f.Get("resource")
	if kind == "authorization_code" {
		good = good && g.redirect == f.Get("redirect_uri") && g.challenge == base64.RawURLEncoding.EncodeToString(sum[:])
	}
	w.Header().Set("Content-Type", "application/json")
	if !good {
		w.WriteHeader(http.StatusBadRequest)
		fmt.Fprint(w, `{"error":"invalid_grant"}`)
		return
	}
	refresh := rand.Text()
	a.grants[refresh] = g
	_ = json.NewEncoder(w).Encode(map[string]any{
		"access_token": a.token(map[string]any{"aud": g.resource, "scope": g.scope, "client_id": g.client, "jti": rand.Text()}),
		"token_type":   "Bearer", "expires_in": 3600, "refresh_token": refresh, "scope": g.scope,
	})
}

// expired makes of a token one that was good an hour ago.
func (a *authServer) expired(token string) string {
	signed, err := jose.ParseSignedCompact(token, []jose.SignatureAlgorithm{jose.ES256})
	if err != nil {
		return err.Error()
	}
	var claims map[string]any
	if err := json.Unmarshal(signed.UnsafePayloadWithoutVerification(), &claims); err != nil {
		return err.Error()
	}
	claims["exp"] = time.Now().Add(-time.Hour).Unix()
	return a.token(claims)
}

// TestClientLogsIn has the official TypeScript client find the issuer, register, log in, ask for more when it needs more, and
// renew its token, in both eras.
func TestClientLogsIn(t *testing.T) {
	t.Parallel()
	programs := clients(t)
	for _, era := range []string{"modern", "legacy"} {
		t.Run(era, func(t *testing.T) {
			t.Parallel()
			a := newAuthServer(t)
			// Clients hold the server to its URI, which must be known before the server chooses its port.
			var onward atomic.Pointer[httputil.ReverseProxy]
			front := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { onward.Load().ServeHTTP(w, r) }))
			t.Cleanup(front.Close)
			dir, config := home(t)
			write(t, filepath.Join(dir, "work", "a.txt"), "hello")
			policies := filepath.Join(dir, "policies.yaml")
			write(t, policies, `[{name: default, allowed_tools: ["*"]}, {name: basic, allowed_tools: [file_list]}, {name: reader, allowed_tools: [file_read]}]`)
			write(t, config, read(t, config)+fmt.Sprintf(`
governance: {policy_files: [%q]}
server:
  http:
    auth:
      resource: %q
      issuers: [{url: %q}]
      scopes: [mcp]
      roles:
        - {name: basic, scopes: [mcp], policies: [basic]}
        - {name: readers, scopes: [files:read], policies: [reader]}
`, policies, front.URL+"/mcp", a.URL))
			inner, err := url.Parse(address(t, launch(t, built(t), "serve", "--http", "127.0.0.1:0", "--config", config, "--profile", "files")))
			if err != nil {
				t.Fatal(err)
			}
			proxy := httputil.NewSingleHostReverseProxy(&url.URL{Scheme: "http", Host: inner.Host})
			proxy.FlushInterval = -1
			onward.Store(proxy)
			spec, err := json.Marshal(map[string]any{
				"url": front.URL + "/mcp", "era": era, "expire": a.URL + "/expire",
				"calls": []map[string]any{{"name": "file_read", "arguments": map[string]any{"path": "work:a.txt"}}},
			})
			if err != nil {
				t.Fatal(err)
			}
			out, err := node(t, programs, "login.mjs", string(spec))
			if err != nil {
				t.Fatal(err)
			}
			var got struct {
				Tools, Results, Scopes []string
				Renewed                bool
				Logins                 int
			}
			if err := json.Unmarshal(out, &got); err != nil {
				t.Fatalf("%s: %v", out, err)
			}
			if !slices.Equal(got.Tools, []string{"file_list"}) || len(got.Results) != 1 || !strings.Contains(got.Results[0], "hello") ||
				!slices.Equal(got.Scopes, []string{"mcp", "mcp files:read"}) || !got.Renewed || got.Logins != 2 {
				t.Errorf("%+v", got)
			}
			a.mu.Lock()
			defer a.mu.Unlock()
			if want := []string{"authorization_code", "authorization_code", "refresh_token"}; !slices.Equal(a.served, want) {
				t.Errorf("the issuer served %v", a.served)
			}
		})
	}
}
