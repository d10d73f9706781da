package oauth_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/mcp-kernel/mcp-kernel/modules/atr/oauth"
	"github.com/mcp-kernel/mcp-kernel/state"
	"github.com/mcp-kernel/mcp-kernel/state/memstate"
)

// keeper returns a Keeper as one process has it.
func keeper(tb testing.TB, backend state.Backend, change ...func(*oauth.Options)) *oauth.Keeper {
	tb.Helper()
	o := oauth.Options{State: backend, Key: func() ([]byte, error) { return bytes.Repeat([]byte{7}, 32), nil }, Self: "user:me"}
	for _, f := range change {
		f(&o)
	}
	k, err := oauth.NewKeeper(o)
	if err != nil {
		tb.Fatal(err)
	}
	return k
}

func memory(t *testing.T) state.Backend {
	t.Helper()
	m := memstate.New(memstate.Options{})
	t.Cleanup(func() { _ = m.Close() })
	return m
}

// me is the account of most tests.
func (w *world) me() oauth.Account {
	return oauth.Account{Server: "issues", Principal: "user:me", URL: w.URL + "/mcp"}
}

// browse is a browser with a person before it who agrees to everything, and tells where the browser ended.
func browse(tb testing.TB) func(context.Context, string) error {
	tb.Helper()
	return func(ctx context.Context, address string) error {
		status, _ := visit(ctx, tb, address)
		if status != http.StatusOK {
			tb.Errorf("the browser ends with HTTP %d", status)
		}
		return nil
	}
}

// visit follows an address to its end.
func visit(ctx context.Context, tb testing.TB, address string) (status int, page string) {
	tb.Helper()
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		tb.Fatal(err)
	}
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		tb.Error(err)
		return 0, ""
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		tb.Error(err)
	}
	return answer.StatusCode, string(text)
}

// call calls the server as its transport does: with a token if there is one, and once more after a refusal.
func (w *world) call(t *testing.T, s *oauth.Source, need string) (string, error) {
	t.Helper()
	token, err := s.Token(t.Context())
	for try := range 2 {
		if err != nil {
			return "", err
		}
		r, fault := http.NewRequestWithContext(t.Context(), http.MethodPost, w.URL+"/mcp", nil)
		if fault != nil {
			t.Fatal(fault)
		}
		if r.Header.Set("X-Need", need); token != "" {
			r.Header.Set("Authorization", "Bearer "+token)
		}
		answer, fault := http.DefaultClient.Do(r)
		if fault != nil {
			t.Fatal(fault)
		}
		text, fault := io.ReadAll(answer.Body)
		if _ = answer.Body.Close(); fault != nil {
			t.Fatal(fault)
		}
		if answer.StatusCode == http.StatusOK {
			return strings.TrimSpace(string(text)), nil
		}
		if try == 0 {
			token, err = s.Renew(t.Context(), token, answer.Header.Values("WWW-Authenticate"))
		}
	}
	return "", errors.New("refused twice")
}

// TestLogin has a person log in, uses the token, and logs out.
func TestLogin(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		config oauth.Config
		issuer map[string]any
		client string // how the client is called
		scope  string
	}{
		"configured":         {oauth.Config{ClientID: "known", Scopes: []string{"a", "b"}}, nil, "known", "a b"},
		"configured, secret": {oauth.Config{ClientID: "secretive", Secret: "ref:hush", Issuer: "URL"}, nil, "secretive", "read"},
		"posted secret":      {oauth.Config{ClientID: "secretive", Secret: "ref:hush", Issuer: "URL"}, map[string]any{"token_endpoint_auth_methods_supported": []string{"private_key_jwt", "client_secret_post"}}, "secretive", "read"},
		"by a document":      {oauth.Config{Document: "https://kernel.example/client.json"}, map[string]any{"client_id_metadata_document_supported": true}, "https://kernel.example/client.json", "read"},
		"document unknown":   {oauth.Config{Document: "https://kernel.example/client.json"}, nil, "registered-", "read"},
		"registered":         {oauth.Config{}, nil, "registered-", "read"},
		"to be renewed":      {oauth.Config{}, map[string]any{"scopes_supported": []string{"everything", "offline_access"}}, "registered-", "read offline_access"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.clients["secretive"] = "hush"
			w.issuer = tt.issuer
			if tt.config.Issuer != "" {
				tt.config.Issuer = w.URL
			}
			if err := tt.config.Check("https://mcp.example/"); err != nil {
				t.Fatal(err)
			}
			backend := memory(t)
			resolve := func(o *oauth.Options) {
				o.Resolve = func(_ context.Context, text string) (string, error) { return strings.TrimPrefix(text, "ref:"), nil }
			}
			s := keeper(t, backend, resolve).Source(w.me(), tt.config, client())
			if _, err := w.call(t, s, ""); !errors.Is(err, oauth.ErrLogin) || err.Error() != "the server issues needs a login of user:me" {
				t.Errorf("before: %v", err)
			}
			if err := s.Login(t.Context(), browse(t)); err != nil {
				t.Fatal(err)
			}
			got, err := w.call(t, s, "")
			if err != nil || !strings.Contains(got, `"client":"`+tt.client) || !strings.Contains(got, `"scope":"`+tt.scope+`"`) || !strings.Contains(got, `"resource":"`+w.URL+`/mcp"`) {
				t.Errorf("%s, %v", got, err)
			}
			other := keeper(t, backend, resolve).Source(w.me(), tt.config, client()) // another process
			if again, err := w.call(t, other, ""); again != got || err != nil {
				t.Errorf("another process: %s, %v", again, err)
			}
			w.kept(t, backend)
			if was, err := s.Logout(t.Context()); !was || err != nil {
				t.Errorf("%v, %v", was, err)
			}
			if len(w.access)+len(w.refresh) > 0 {
				t.Error("the tokens were not revoked")
			}
			if was, err := s.Logout(t.Context()); was || err != nil {
				t.Errorf("a second time: %v, %v", was, err)
			}
		})
	}
}

// kept checks that what is kept tells nothing.
func (w *world) kept(t *testing.T, backend state.Backend) {
	t.Helper()
	entries, err := backend.List(t.Context(), "logins", "", 10)
	if err != nil || len(entries) != 1 {
		t.Errorf("%v, %v", entries, err)
	}
	for _, e := range entries {
		if text := e.Key + string(e.Value); w.leaked(text) != "" || strings.Contains(text, "user:me") || strings.Contains(text, w.URL) || strings.Contains(text, "hush") {
			t.Errorf("%s", text)
		}
	}
}

// TestLoginAttacks has answers that are not those to the question.
func TestLoginAttacks(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		issuer map[string]any
		config oauth.Config
		answer func(url.Values) // changes what comes back
		token  func(http.ResponseWriter, *http.Request)
		want   error
		text   string
		asked  bool // a token is asked for
	}{
		"mix-up":                  {answer: func(q url.Values) { q.Set("iss", "https://bank.example") }, want: oauth.ErrAnswer},
		"mix-up by a slash":       {answer: func(q url.Values) { q.Set("iss", q.Get("iss")+"/") }, want: oauth.ErrAnswer},
		"mix-up, none is named":   {answer: func(q url.Values) { q.Del("iss") }, want: oauth.ErrAnswer},
		"mix-up, unannounced":     {issuer: map[string]any{"authorization_response_iss_parameter_supported": nil}, answer: func(q url.Values) { q.Set("iss", "https://bank.example") }, want: oauth.ErrAnswer},
		"an error of another":     {answer: func(q url.Values) { q.Set("iss", "x"); q.Set("error", "e"); q.Set("error_description", "DO THIS") }, want: oauth.ErrAnswer},
		"no code":                 {answer: func(q url.Values) { q.Del("code") }, want: oauth.ErrAnswer},
		"a person says no":        {answer: func(q url.Values) { q.Del("code"); q.Set("error", "access_denied") }, want: oauth.ErrRefused, text: `access_denied`},
		"no PKCE":                 {issuer: map[string]any{"code_challenge_methods_supported": nil}, want: oauth.ErrPKCE},
		"plain PKCE":              {issuer: map[string]any{"code_challenge_methods_supported": []string{"plain"}}, want: oauth.ErrPKCE},
		"no codes":                {issuer: map[string]any{"response_types_supported": []string{"token"}}, want: oauth.ErrDocument},
		"no registration":         {issuer: map[string]any{"registration_endpoint": nil}, text: "configure a client_id"},
		"a code of somebody else": {answer: func(q url.Values) { q.Set("code", "stolen") }, want: oauth.ErrRefused, text: "invalid_grant", asked: true},
		"tokens are garbage":      {token: text(http.StatusOK, "<html>"), want: oauth.ErrDocument, asked: true},
		"no token":                {token: text(http.StatusOK, `{"token_type":"Bearer"}`), want: oauth.ErrDocument, asked: true},
		"a token that cannot be":  {token: text(http.StatusOK, `{"access_token":"a\r\nX: y","token_type":"Bearer"}`), want: oauth.ErrDocument, asked: true},
		"a token of another kind": {token: text(http.StatusOK, `{"access_token":"a","token_type":"DPoP"}`), want: oauth.ErrDocument, asked: true},
		"twice":                   {token: text(http.StatusOK, `{"access_token":"a","access_token":"b","token_type":"Bearer"}`), want: oauth.ErrDocument, asked: true},
		"huge":                    {token: text(http.StatusOK, `{"access_token":"`+strings.Repeat("a", 1<<20)+`"}`), want: oauth.ErrDocument, asked: true},
		"a fault":                 {token: text(http.StatusBadGateway, "oops"), want: oauth.ErrDocument, asked: true},
		"tokens lead elsewhere": {token: func(rw http.ResponseWriter, r *http.Request) {
			http.Redirect(rw, r, "https://bank.example/", http.StatusTemporaryRedirect)
		}, want: oauth.ErrRefused, text: "HTTP 307", asked: true},
		"it repeats what it got": {token: func(rw http.ResponseWriter, r *http.Request) {
			reply(rw, 400, map[string]string{"error": "invalid_request", "error_description": "not " + r.PostForm.Encode()})
		}, want: oauth.ErrRefused, asked: true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.issuer = tt.issuer
			if tt.token != nil {
				w.pages["/token"] = tt.token
			}
			backend := memory(t)
			s := keeper(t, backend).Source(w.me(), tt.config, client())
			err := s.Login(t.Context(), func(ctx context.Context, address string) error {
				u, err := url.Parse(address)
				if err != nil {
					return err
				}
				_, _ = visit(ctx, t, led(ctx, t, u, tt.answer))
				return nil
			})
			if err == nil || tt.want != nil && !errors.Is(err, tt.want) || !strings.Contains(err.Error(), tt.text) || w.leaked(err.Error()) != "" || strings.Contains(err.Error(), "DO THIS") {
				t.Error(err)
			}
			if asked := w.count("/token authorization_code") > 0; asked != tt.asked {
				t.Errorf("asked for a token: %v", asked)
			}
			if entries, err := backend.List(t.Context(), "logins", "", 10); err != nil || len(entries) > 0 {
				t.Errorf("%v, %v", entries, err)
			}
		})
	}
}

// text is a page.
func text(status int, body string) http.HandlerFunc {
	return func(rw http.ResponseWriter, _ *http.Request) {
		rw.Header().Set("Content-Type", "application/json")
		rw.WriteHeader(status)
		_, _ = rw.Write([]byte(body))
	}
}

// led logs in, and returns where that leads to, changed.
func led(ctx context.Context, t *testing.T, u *url.URL, change func(url.Values)) string {
	t.Helper()
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, u.String(), nil)
	if err != nil {
		t.Fatal(err)
	}
	answer, err := http.DefaultTransport.RoundTrip(r)
	if err != nil {
		t.Fatal(err)
	}
	_ = answer.Body.Close()
	to, err := answer.Location()
	if err != nil {
		t.Fatal(err)
	}
	q := to.Query()
	if change != nil {
		change(q)
	}
	to.RawQuery = q.Encode()
	return to.String()
}

// TestDoor knocks where a login comes back to.
func TestDoor(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	s := keeper(t, memory(t)).Source(w.me(), oauth.Config{}, client())
	var door string
	err := s.Login(t.Context(), func(ctx context.Context, address string) error {
		u, err := url.Parse(address)
		if err != nil {
			return err
		}
		right := led(ctx, t, u, nil)
		door, _, _ = strings.Cut(right, "?")
		if !strings.HasPrefix(door, "http://127.0.0.1:") {
			t.Error(door)
		}
		wrong := led(ctx, t, u, func(q url.Values) { q.Set("state", "guessed") })
		for _, knock := range []string{wrong, door, door + "?state=", right + "&state=x", right + "&code=y", "http://localhost" + strings.TrimPrefix(right, "http://127.0.0.1"), strings.Replace(right, "/callback", "/", 1)} {
			if status, page := visit(ctx, t, knock); status == http.StatusOK || strings.Contains(page, "guessed") {
				t.Errorf("%s: %d %s", knock, status, page)
			}
		}
		if status, page := visit(ctx, t, right); status != http.StatusOK || w.leaked(page) != "" {
			t.Errorf("%d %s", status, page)
		}
		if status, _ := visit(ctx, t, right); status != http.StatusOK { // a browser's reload changes nothing
			t.Error(status)
		}
		return nil
	})
	if err != nil {
		t.Error(err)
	}
	if n := w.count("/token authorization_code"); n != 1 {
		t.Errorf("%d codes were given for tokens", n)
	}
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, door, nil)
	if err != nil {
		t.Fatal(err)
	}
	if answer, err := http.DefaultTransport.RoundTrip(r); err == nil {
		_ = answer.Body.Close()
		t.Error("the door is still open")
	}
}

// TestLoginEnds has nobody log in.
func TestLoginEnds(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	s := keeper(t, memory(t)).Source(w.me(), oauth.Config{}, client())
	ctx, cancel := context.WithCancel(t.Context())
	err := s.Login(ctx, func(context.Context, string) error { cancel(); return nil })
	if !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	broken := errors.New("no browser")
	if err := s.Login(t.Context(), func(context.Context, string) error { return broken }); !errors.Is(err, broken) {
		t.Error(err)
	}
}

// TestQuestion looks at what a browser is sent to.
func TestQuestion(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.issuer["authorization_endpoint"] = w.URL + "/authorize?tenant=1"
	s := keeper(t, memory(t)).Source(w.me(), oauth.Config{ClientID: "known"}, client())
	if err := s.Login(t.Context(), func(ctx context.Context, address string) error {
		u, err := url.Parse(address)
		if err != nil {
			return err
		}
		q := u.Query()
		for _, name := range []string{"state", "code_challenge"} {
			if len(q.Get(name)) != 43 {
				t.Errorf("%s: %q", name, q.Get(name))
			}
			q.Del(name)
		}
		if !strings.HasPrefix(q.Get("redirect_uri"), "http://127.0.0.1:") {
			t.Error(q.Get("redirect_uri"))
		}
		q.Del("redirect_uri")
		want := url.Values{
			"tenant": {"1"}, "response_type": {"code"}, "client_id": {"known"}, "resource": {w.URL + "/mcp"}, "scope": {"read"}, "code_challenge_method": {"S256"},
		}
		if diff := cmp.Diff(want, q); diff != "" {
			t.Error(diff)
		}
		return browse(t)(ctx, address)
	}); err != nil {
		t.Error(err)
	}
	form := w.seen[len(w.seen)-1]
	if form.Get("resource") != w.URL+"/mcp" || len(form.Get("code_verifier")) != 43 {
		t.Errorf("%v", form)
	}
}

func TestConfigCheck(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		config oauth.Config
		want   string
	}{
		"nothing":            {oauth.Config{}, ""},
		"a secret alone":     {oauth.Config{Secret: "env:X"}, "a client_secret needs its client_id\na client_secret needs its issuer, or any server could have it"},
		"a machine":          {oauth.Config{Grant: oauth.Machine}, "a machine needs a client_id and the issuer that knows it\nclient credentials need a client_secret"},
		"an exchange":        {oauth.Config{Grant: oauth.Exchange, ClientID: "a", Issuer: "https://i.example"}, "an exchange needs a subject_token"},
		"a good exchange":    {oauth.Config{Grant: oauth.Exchange, ClientID: "a", Issuer: "https://i.example", Subject: "file:/x"}, ""},
		"insecure":           {oauth.Config{Issuer: "http://i.example", Document: "http://127.0.0.1/x"}, "issuer: \"http://i.example\" is no https address\nclient_metadata: is no https address"},
		"two names":          {oauth.Config{ClientID: "a", Document: "https://a.example/b"}, "client_id and client_metadata: one of them is the client's identifier"},
		"scopes with spaces": {oauth.Config{Scopes: []string{"a b"}, Port: 70000}, "redirect_port: 70000 is none\nscopes: each is once, without spaces and quotes, and there are at most 100"},
		"others' fields":     {oauth.Config{Audience: "a", Subject: "b"}, "subject_token, subject_token_type and resource are of an exchange\naudience is of machines"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := ""
			if err := tt.config.Check("https://mcp.example/"); err != nil {
				got = err.Error()
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestOpenKey(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "key")
	keys := make(chan string, 20)
	for range cap(keys) { // at once
		go func() {
			key, err := oauth.OpenKey(path)
			if err != nil {
				t.Error(err)
			}
			keys <- string(key)
		}()
	}
	var all []string
	for range cap(keys) {
		all = append(all, <-keys)
	}
	if slices.Sort(all); len(slices.Compact(all)) != 1 || len(all[0]) != 32 {
		t.Error("they do not have the same key")
	}
	if rest, err := filepath.Glob(filepath.Join(filepath.Dir(path), ".*")); err != nil || len(rest) > 0 {
		t.Errorf("%v, %v", rest, err)
	}
	for name, spoil := range map[string]func(string) error{
		"for others": func(p string) error { return os.Chmod(p, 0o644) },
		"short":      func(p string) error { return os.WriteFile(p, []byte("x"), 0o600) },
		"a folder":   func(p string) error { return errors.Join(os.Remove(p), os.Mkdir(p, 0o700)) },
	} {
		path := filepath.Join(t.TempDir(), "key")
		if err := oauth.CheckKey(path); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if _, err := oauth.OpenKey(path); err != nil {
			t.Fatal(err)
		}
		if err := spoil(path); err != nil {
			t.Fatal(err)
		}
		if err := oauth.CheckKey(path); !errors.Is(err, oauth.ErrKey) {
			t.Errorf("%s: %v", name, err)
		}
		if _, err := oauth.OpenKey(path); !errors.Is(err, oauth.ErrKey) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
