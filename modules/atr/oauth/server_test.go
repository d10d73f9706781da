package oauth_test

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/mcp-kernel/mcp-kernel/modules/atr/dial"
)

// A world is a protected server at /mcp and its authorization server, at one address of this machine. Both do what the
// standards say; pages puts something else in the place of a path.
type world struct {
	*httptest.Server

	mu      sync.Mutex
	pages   map[string]http.HandlerFunc
	issuer  map[string]any    // metadata that are other than usual; nil values are left out
	about   map[string]any    // and of the resource
	codes   map[string]grant  // that were given and not used
	access  map[string]grant  // tokens
	refresh map[string]grant  //
	clients map[string]string // registered ones and their secrets
	asked   []string          // paths and grant types, in order
	seen    []url.Values      // forms at /token
	life    time.Duration     // of tokens
	basic   bool              // clients authenticate by Basic alone
	secrets []string          // everything that must not be told
}

type grant struct{ client, resource, scope, challenge, redirect string }

func newWorld(tb testing.TB) *world {
	tb.Helper()
	w := &world{
		pages: map[string]http.HandlerFunc{}, issuer: map[string]any{}, about: map[string]any{}, codes: map[string]grant{},
		access: map[string]grant{}, refresh: map[string]grant{}, clients: map[string]string{"known": ""}, life: time.Hour,
	}
	w.Server = httptest.NewServer(w)
	tb.Cleanup(w.Close)
	return w
}

// client reaches this machine.
func client() *http.Client { return dial.Client(dial.Options{Permit: dial.Private()}) }

// secret makes a text that must not be told.
func (w *world) secret(kind string) string {
	text := kind + "-" + rand.Text()
	w.secrets = append(w.secrets, text)
	return text
}

// leaked reports which of all secrets so far a text has.
func (w *world) leaked(text string) string {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, secret := range w.secrets {
		if strings.Contains(text, secret) {
			return secret
		}
	}
	return ""
}

// set changes something of the world.
func (w *world) set(change func()) {
	w.mu.Lock()
	defer w.mu.Unlock()
	change()
}

// count is how often something was asked for.
func (w *world) count(what string) (n int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, asked := range w.asked {
		if asked == what {
			n++
		}
	}
	return n
}

func (w *world) ServeHTTP(rw http.ResponseWriter, r *http.Request) {
	w.mu.Lock()
	page := w.pages[r.URL.Path]
	if r.URL.Path == "/token" {
		_ = r.ParseForm()
		w.asked, w.seen = append(w.asked, "/token "+r.PostForm.Get("grant_type")), append(w.seen, r.PostForm)
	} else {
		w.asked = append(w.asked, r.URL.Path)
	}
	w.mu.Unlock()
	if page != nil {
		page(rw, r)
		return
	}
	switch r.URL.Path {
	case "/mcp":
		w.protected(rw, r)
	case "/.well-known/oauth-protected-resource/mcp":
		w.tell(rw, map[string]any{"resource": w.URL + "/mcp", "authorization_servers": []string{w.URL}}, w.about)
	case "/.well-known/oauth-authorization-server":
		w.tell(rw, map[string]any{
			"issuer": w.URL, "authorization_endpoint": w.URL + "/authorize", "token_endpoint": w.URL + "/token",
			"registration_endpoint": w.URL + "/register", "revocation_endpoint": w.URL + "/revoke",
			"code_challenge_methods_supported": []string{"S256"}, "response_types_supported": []string{"code"},
			"authorization_response_iss_parameter_supported": true,
		}, w.issuer)
	case "/authorize":
		w.authorize(rw, r)
	case "/token":
		w.token(rw, r)
	case "/register":
		w.register(rw, r)
	case "/revoke":
		w.revoke(rw, r)
	default:
		http.NotFound(rw, r)
	}
}

// tell writes a document, with what is other than usual.
func (w *world) tell(rw http.ResponseWriter, usual, other map[string]any) {
	w.mu.Lock()
	defer w.mu.Unlock()
	maps.Copy(usual, other)
	maps.DeleteFunc(usual, func(_ string, v any) bool { return v == nil })
	reply(rw, http.StatusOK, usual)
}

func reply(rw http.ResponseWriter, status int, v any) {
	rw.Header().Set("Content-Type", "application/json")
	rw.WriteHeader(status)
	_ = json.NewEncoder(rw).Encode(v) // the client may have gone
}

func refuse(rw http.ResponseWriter, code string) {
	reply(rw, http.StatusBadRequest, map[string]string{"error": code, "error_description": "because"})
}

// protected answers with what the token stands for.
func (w *world) protected(rw http.ResponseWriter, r *http.Request) {
	w.mu.Lock()
	defer w.mu.Unlock()
	token, _ := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	g, known := w.access[token]
	need := r.Header.Get("X-Need")
	switch {
	case !known:
		rw.Header().Set("WWW-Authenticate", `Basic realm="x", Bearer scope="read", resource_metadata="`+w.URL+`/.well-known/oauth-protected-resource/mcp"`)
		rw.WriteHeader(http.StatusUnauthorized)
	case need != "" && !slices.Contains(strings.Fields(g.scope), need):
		rw.Header().Set("WWW-Authenticate", `Bearer error="insufficient_scope", scope="`+need+`"`)
		rw.WriteHeader(http.StatusForbidden)
	default:
		reply(rw, http.StatusOK, map[string]string{"scope": g.scope, "resource": g.resource, "client": g.client})
	}
}

// authorize is a person who agrees at once.
func (w *world) authorize(rw http.ResponseWriter, r *http.Request) {
	w.mu.Lock()
	defer w.mu.Unlock()
	q := r.URL.Query()
	_, known := w.clients[q.Get("client_id")]
	if !known && !strings.HasPrefix(q.Get("client_id"), "https://") || q.Get("code_challenge_method") != "S256" || q.Get("response_type") != "code" {
		http.Error(rw, "no", http.StatusBadRequest)
		return
	}
	code := w.secret("code")
	w.codes[code] = grant{q.Get("client_id"), q.Get("resource"), q.Get("scope"), q.Get("code_challenge"), q.Get("redirect_uri")}
	http.Redirect(rw, r, q.Get("redirect_uri")+"?"+url.Values{"code": {code}, "state": {q.Get("state")}, "iss": {w.URL}}.Encode(), http.StatusFound)
}

// token gives tokens. A code and a refresh token are good for one.
func (w *world) token(rw http.ResponseWriter, r *http.Request) {
	w.mu.Lock()
	defer w.mu.Unlock()
	form := r.PostForm
	id, secret, basic := r.BasicAuth()
	if basic { // RFC 6749, section 2.3.1
		id, _ = url.QueryUnescape(id)
		secret, _ = url.QueryUnescape(secret)
	} else if !w.basic {
		id, secret = form.Get("client_id"), form.Get("client_secret")
	}
	if want, known := w.clients[id]; !strings.HasPrefix(id, "https://") && (!known || secret != want) {
		refuse(rw, "invalid_client")
		return
	}
	g := grant{client: id, resource: form.Get("resource"), scope: form.Get("scope")}
	switch form.Get("grant_type") {
	case "authorization_code":
		found, known := w.codes[form.Get("code")]
		delete(w.codes, form.Get("code"))
		sum := sha256.Sum256([]byte(form.Get("code_verifier")))
		if !known || found.client != id || found.resource != g.resource || found.redirect != form.Get("redirect_uri") ||
			base64.RawURLEncoding.EncodeToString(sum[:]) != found.challenge {
			refuse(rw, "invalid_grant")
			return
		}
		g.scope = found.scope
	case "refresh_token":
		found, known := w.refresh[form.Get("refresh_token")]
		delete(w.refresh, form.Get("refresh_token"))
		if !known || found.client != id || g.resource != "" && found.resource != g.resource {
			refuse(rw, "invalid_grant")
			return
		}
		g = found
	case "client_credentials", "urn:ietf:params:oauth:grant-type:token-exchange":
	default:
		refuse(rw, "unsupported_grant_type")
		return
	}
	answer := map[string]any{"access_token": w.secret("access"), "token_type": "Bearer", "expires_in": int(w.life.Seconds()), "scope": g.scope}
	w.access[answer["access_token"].(string)] = g
	if kind := form.Get("grant_type"); kind == "authorization_code" || kind == "refresh_token" {
		answer["refresh_token"] = w.secret("refresh")
		w.refresh[answer["refresh_token"].(string)] = g
	}
	reply(rw, http.StatusOK, answer)
}

func (w *world) register(rw http.ResponseWriter, r *http.Request) {
	var asked map[string]any
	_ = json.NewDecoder(r.Body).Decode(&asked) // what is not there is refused
	w.mu.Lock()
	defer w.mu.Unlock()
	if asked["application_type"] != "native" || asked["token_endpoint_auth_method"] != "none" {
		refuse(rw, "invalid_client_metadata")
		return
	}
	id := "registered-" + rand.Text()
	w.clients[id] = ""
	asked["client_id"] = id
	reply(rw, http.StatusCreated, asked)
}

func (w *world) revoke(_ http.ResponseWriter, r *http.Request) {
	w.mu.Lock()
	defer w.mu.Unlock()
	delete(w.access, r.PostFormValue("token"))
	delete(w.refresh, r.PostFormValue("token"))
}
