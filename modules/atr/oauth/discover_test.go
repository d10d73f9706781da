package oauth_test

import (
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/mcp-kernel/mcp-kernel/modules/atr/dial"
	"github.com/mcp-kernel/mcp-kernel/modules/atr/oauth"
)

func TestParseChallenge(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		headers []string
		want    oauth.Challenge
	}{
		"nothing":      {nil, oauth.Challenge{}},
		"bare":         {[]string{"Bearer"}, oauth.Challenge{}},
		"all":          {[]string{`Bearer realm="a, b", resource_metadata="https://a/b", scope="x y x", error=insufficient_scope`}, oauth.Challenge{Metadata: "https://a/b", Scopes: []string{"x", "y"}, Error: "insufficient_scope"}},
		"of others":    {[]string{`Negotiate YWJj==, DPoP algs="ES256"`, `Basic realm=x, bearer scope=a`}, oauth.Challenge{Scopes: []string{"a"}}},
		"escapes":      {[]string{`Bearer scope="a\"b c\d"`}, oauth.Challenge{Scopes: []string{"cd"}}},
		"twice":        {[]string{`Bearer scope=a, scope=b`}, oauth.Challenge{Scopes: []string{"a"}}},
		"open quote":   {[]string{`Bearer scope="a`}, oauth.Challenge{}},
		"within words": {[]string{`Basic realm="Bearer scope=a"`}, oauth.Challenge{}},
		"controls":     {[]string{"Bearer scope=\"a\x00b c\td é\""}, oauth.Challenge{Scopes: []string{"c", "d"}}},
		"spaces":       {[]string{`  Bearer   scope  =  "a" ,,  error = "b"`}, oauth.Challenge{Scopes: []string{"a"}, Error: "b"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(tt.want, oauth.ParseChallenge(tt.headers)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func FuzzParseChallenge(f *testing.F) {
	f.Add(`Bearer realm="a, b", scope="x y", error=insufficient_scope`)
	f.Add(`Negotiate YWJj==, bearer scope="\"`)
	f.Fuzz(func(t *testing.T, header string) {
		c := oauth.ParseChallenge([]string{header})
		for _, scope := range c.Scopes {
			if scope == "" || len(scope) > 256 || strings.ContainsAny(scope, " \t\r\n\"\\\x00") {
				t.Errorf("%q", scope)
			}
		}
		if len(c.Scopes) > 100 {
			t.Error(len(c.Scopes))
		}
	})
}

func TestDiscover(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	said := oauth.Challenge{Metadata: w.URL + "/.well-known/oauth-protected-resource/mcp", Scopes: []string{"read"}}
	want := oauth.Place{Resource: w.URL + "/mcp", Scopes: []string{"read"}, Issuer: oauth.Issuer{
		Name: w.URL, Authorize: w.URL + "/authorize", Token: w.URL + "/token", Register: w.URL + "/register", Revoke: w.URL + "/revoke",
		S256: true, Code: true, NamesItself: true,
	}}
	for _, c := range []oauth.Challenge{said, {Scopes: []string{"read"}}} { // said, and looked for
		got, err := oauth.Discover(t.Context(), client(), w.URL+"/mcp?key=1", c, "")
		if diff := cmp.Diff(want, got); diff != "" || err != nil {
			t.Errorf("%v %s", err, diff)
		}
	}
	if _, err := oauth.Discover(t.Context(), dial.Client(dial.Options{}), w.URL+"/mcp", said, ""); !errors.Is(err, dial.ErrForbidden) {
		t.Errorf("a client that may not reach this machine: %v", err)
	}
}

// TestPlaces looks where metadata are looked for, and in which order.
func TestPlaces(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	const known = "/.well-known/"
	for name, tt := range map[string]struct{ target, issuer, want string }{
		"with a path":    {"/a/b/", "", known + "oauth-protected-resource/a/b " + known + "oauth-protected-resource " + known + "oauth-authorization-server " + known + "openid-configuration"},
		"without one":    {"/", "", known + "oauth-protected-resource " + known + "oauth-authorization-server " + known + "openid-configuration"},
		"of a tenant":    {"", "/t 1", known + "oauth-protected-resource " + known + "oauth-authorization-server/t%201 " + known + "openid-configuration/t%201 /t%201" + known + "openid-configuration"},
		"a page for all": {"/page", "", known + "oauth-protected-resource/page " + known + "oauth-protected-resource " + known + "oauth-authorization-server " + known + "openid-configuration"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			var asked []string
			w.Config.Handler = http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
				asked = append(asked, r.URL.EscapedPath())
				if tt.target == "/page" {
					_, _ = rw.Write([]byte("<html>"))
					return
				}
				http.NotFound(rw, r)
			})
			issuer := ""
			if tt.issuer != "" {
				issuer = w.URL + strings.ReplaceAll(tt.issuer, " ", "%20")
			}
			_, err := oauth.Discover(t.Context(), client(), w.URL+tt.target, oauth.Challenge{}, issuer)
			if got := strings.Join(asked, " "); got != tt.want || err == nil {
				t.Errorf("%v\n got %s\nwant %s", err, got, tt.want)
			}
		})
	}
	// The server itself, as in 2025-03-26.
	w.pages[known+"oauth-protected-resource/mcp"] = http.NotFound
	got, err := oauth.Discover(t.Context(), client(), w.URL+"/mcp", oauth.Challenge{}, "")
	if err != nil || got.Resource != w.URL+"/mcp" || got.Issuer.Name != w.URL {
		t.Errorf("%+v, %v", got, err)
	}
}

// TestDiscoverAttacks has servers that lie about who they are or lead elsewhere.
func TestDiscoverAttacks(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		about, issuer map[string]any
		challenge     string
		configured    string
		pages         map[string]string // path to where it leads
		want          error
		text          string
	}{
		"another's resource":       {about: map[string]any{"resource": "https://bank.example/mcp"}, want: oauth.ErrMismatch},
		"a resource beside":        {about: map[string]any{"resource": "URL/mc"}, want: oauth.ErrMismatch},
		"a resource below":         {about: map[string]any{"resource": "URL/mcp/below"}, want: oauth.ErrMismatch},
		"a resource with a query":  {about: map[string]any{"resource": "URL/mcp?x=1"}, want: oauth.ErrMismatch},
		"no resource":              {about: map[string]any{"resource": nil}, want: oauth.ErrMismatch},
		"nobody issues":            {about: map[string]any{"authorization_servers": []string{}}, want: oauth.ErrDocument},
		"another issuer's name":    {issuer: map[string]any{"issuer": "https://bank.example"}, want: oauth.ErrMismatch},
		"nearly the issuer's name": {issuer: map[string]any{"issuer": "URL/"}, want: oauth.ErrMismatch},
		"not as configured":        {configured: "https://bank.example", want: oauth.ErrMismatch},
		"tokens without TLS":       {issuer: map[string]any{"token_endpoint": "http://bank.example/token"}, want: oauth.ErrInsecure},
		"a login that is a file":   {issuer: map[string]any{"authorization_endpoint": "file:///etc/passwd"}, want: oauth.ErrInsecure},
		"a login that is a script": {issuer: map[string]any{"authorization_endpoint": "javascript:alert(1)"}, want: oauth.ErrInsecure},
		"a login with a password":  {issuer: map[string]any{"authorization_endpoint": "https://a:b@bank.example/"}, want: oauth.ErrDocument},
		"a login that looks good":  {issuer: map[string]any{"authorization_endpoint": "https://b\u0430nk.example/"}, want: oauth.ErrInsecure},
		"a login with an escape":   {issuer: map[string]any{"authorization_endpoint": "https://bank.example/\u009b31m"}, want: oauth.ErrInsecure},
		"no tokens":                {issuer: map[string]any{"token_endpoint": nil}, want: oauth.ErrDocument},
		"metadata of the cloud":    {challenge: "http://169.254.169.254/latest/meta-data", want: oauth.ErrInsecure},
		"the cloud with TLS":       {challenge: "https://169.254.169.254/latest/meta-data", want: dial.ErrForbidden},
		"metadata without TLS":     {challenge: "http://bank.example/", want: oauth.ErrInsecure},
		"metadata that are absent": {challenge: "URL/nowhere", want: oauth.ErrDocument},
		"an issuer in the network": {about: map[string]any{"authorization_servers": []string{"https://169.254.169.254"}}, want: dial.ErrForbidden},
		"metadata lead elsewhere":  {pages: map[string]string{"/.well-known/oauth-protected-resource/mcp": "https://bank.example/"}, text: "leads to another server"},
		"the issuer's lead to it":  {pages: map[string]string{"/.well-known/oauth-authorization-server": "http://169.254.169.254/"}, text: "leads to another server"},
		"metadata lead on and on":  {pages: map[string]string{"/.well-known/oauth-protected-resource/mcp": "/.well-known/oauth-protected-resource/mcp"}, want: dial.ErrRedirect},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			fill := func(m map[string]any) map[string]any {
				for key, value := range m {
					if text, ok := value.(string); ok {
						m[key] = strings.ReplaceAll(text, "URL", w.URL)
					}
				}
				return m
			}
			w.about, w.issuer = fill(tt.about), fill(tt.issuer)
			for path, to := range tt.pages {
				w.pages[path] = func(rw http.ResponseWriter, r *http.Request) { http.Redirect(rw, r, to, http.StatusFound) }
			}
			c := oauth.Challenge{Metadata: strings.ReplaceAll(tt.challenge, "URL", w.URL)}
			got, err := oauth.Discover(t.Context(), client(), w.URL+"/mcp", c, tt.configured)
			if err == nil || tt.want != nil && !errors.Is(err, tt.want) || !strings.Contains(err.Error(), tt.text) {
				t.Errorf("%+v, %v", got, err)
			}
		})
	}
}

// TestDocuments has answers that are no documents.
func TestDocuments(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		text string
		want string
	}{
		"garbage":       {"{", "it is no JSON"},
		"another value": {"[]", "it is no JSON object"},
		"null":          {"null", "it is no JSON object"},
		"twice":         {`{"resource":"a","resource":"b"}`, "it is no JSON"},
		"in capitals":   {`{"RESOURCE":"URL/mcp","authorization_servers":["URL"]}`, `it says that it is of ""`},
		"huge":          {`{"x":"` + strings.Repeat("x", 300<<10) + `"}`, "more than 262144 bytes"},
		"wrong types":   {`{"resource":["URL/mcp"]}`, `it says that it is of ""`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.pages["/.well-known/oauth-protected-resource/mcp"] = func(rw http.ResponseWriter, _ *http.Request) {
				rw.Header().Set("Content-Type", "application/json; charset=utf-8")
				_, _ = rw.Write([]byte(strings.ReplaceAll(tt.text, "URL", w.URL)))
			}
			if _, err := oauth.Discover(t.Context(), client(), w.URL+"/mcp", oauth.Challenge{}, ""); err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Error(err)
			}
		})
	}
}

// remote is a server elsewhere, whose every page is one document.
type remote string

func (r remote) RoundTrip(q *http.Request) (*http.Response, error) {
	return &http.Response{
		StatusCode: http.StatusOK, Header: http.Header{"Content-Type": {"application/json"}}, Body: io.NopCloser(strings.NewReader(string(r))), Request: q,
	}, nil
}

// TestDiscoverThisMachine has a server elsewhere lead to what listens on this machine.
func TestDiscoverThisMachine(t *testing.T) {
	t.Parallel()
	const issuer = `"issuer":"https://far.example","authorization_endpoint":"https://far.example/a"`
	for name, text := range map[string]string{
		"the issuer": `{"resource":"https://far.example/mcp","authorization_servers":["http://127.0.0.1:6379"]}`,
		"its tokens": `{"resource":"https://far.example/mcp","authorization_servers":["https://far.example"],` + issuer + `,"token_endpoint":"http://localhost:6379/"}`,
		"its people": `{"resource":"https://far.example/mcp","authorization_servers":["https://far.example"],"issuer":"https://far.example","token_endpoint":"https://far.example/t","authorization_endpoint":"http://[::1]:80/"}`,
	} {
		_, err := oauth.Discover(t.Context(), &http.Client{Transport: remote(text)}, "https://far.example/mcp", oauth.Challenge{}, "")
		if !errors.Is(err, oauth.ErrInsecure) {
			t.Errorf("%s: %v", name, err)
		}
	}
	c := oauth.Challenge{Metadata: "http://127.0.0.1:6379/"}
	if _, err := oauth.Discover(t.Context(), &http.Client{Transport: remote("{}")}, "https://far.example/mcp", c, ""); !errors.Is(err, oauth.ErrInsecure) {
		t.Error(err)
	}
}

// slow is a server whose answers have no end.
type slow struct{ quick http.RoundTripper } // for all but tokens; nil is for nothing

func (s slow) RoundTrip(r *http.Request) (*http.Response, error) {
	if s.quick != nil && r.URL.Path != "/token" {
		return s.quick.RoundTrip(r)
	}
	return &http.Response{StatusCode: http.StatusOK, Header: http.Header{"Content-Type": {"application/json"}}, Body: trickle{r}, Request: r}, nil
}

// trickle is a body of a byte every second.
type trickle struct{ r *http.Request }

func (t trickle) Read(p []byte) (int, error) {
	select {
	case <-time.After(time.Second):
		p[0] = ' '
		return 1, nil
	case <-t.r.Context().Done():
		return 0, t.r.Context().Err()
	}
}

func (trickle) Close() error { return nil }

func TestSlowDocument(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		begun := time.Now()
		_, err := oauth.Discover(t.Context(), &http.Client{Transport: slow{}}, "https://slow.example/mcp", oauth.Challenge{}, "")
		if took := time.Since(begun); err == nil || took > 15*time.Second {
			t.Errorf("%v after %v", err, took)
		}
	})
}

func TestSlowToken(t *testing.T) {
	t.Parallel()
	document := remote(`{"resource":"https://far.example/mcp","authorization_servers":["https://far.example"],"issuer":"https://far.example","token_endpoint":"https://far.example/token"}`)
	synctest.Test(t, func(t *testing.T) {
		s := keeper(t, memory(t)).Source(oauth.Account{Server: "far", URL: "https://far.example/mcp"}, oauth.Config{
			Grant: oauth.Machine, ClientID: "a", Secret: "b", Issuer: "https://far.example", Needed: true,
		}, &http.Client{Transport: slow{document}})
		begun := time.Now()
		token, err := s.Token(t.Context())
		if took := time.Since(begun); err == nil || token != "" || took > 15*time.Second {
			t.Errorf("%q, %v after %v", token, err, took)
		}
	})
}

func TestDiscoverInsecure(t *testing.T) {
	t.Parallel()
	for _, target := range []string{"http://10.0.0.1/mcp", "http://public.example/mcp", "ftp://a/b", "https://a:b@c/", "https://a/#b", "://", "https:///x"} {
		if _, err := oauth.Discover(t.Context(), client(), target, oauth.Challenge{}, ""); !errors.Is(err, oauth.ErrInsecure) && !errors.Is(err, oauth.ErrDocument) {
			t.Errorf("%s: %v", target, err)
		}
	}
}
