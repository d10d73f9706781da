package oauth_test

import (
	"errors"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/mcp-kernel/mcp-kernel/modules/atr/oauth"
	"github.com/mcp-kernel/mcp-kernel/state"
	"github.com/mcp-kernel/mcp-kernel/state/sqlitestate"
)

// A clock is set by hand.
type clock struct{ ahead atomic.Int64 }

func (c *clock) now() time.Time { return time.Now().Add(time.Duration(c.ahead.Load())) }

func (c *clock) pass(d time.Duration) { c.ahead.Add(int64(d)) }

func (c *clock) options(o *oauth.Options) { o.Now = c.now }

// loggedIn returns a world, a state and a clock after a login.
func loggedIn(t *testing.T) (*world, state.Backend, *clock) {
	t.Helper()
	w, backend, c := newWorld(t), memory(t), &clock{}
	if err := keeper(t, backend, c.options).Source(w.me(), oauth.Config{}, client()).Login(t.Context(), browse(t)); err != nil {
		t.Fatal(err)
	}
	return w, backend, c
}

// TestRenewOnce has many that need a new token at once, in two processes.
func TestRenewOnce(t *testing.T) {
	t.Parallel()
	w, backend, c := loggedIn(t)
	sources := []*oauth.Source{
		keeper(t, backend, c.options).Source(w.me(), oauth.Config{}, client()), keeper(t, backend, c.options).Source(w.me(), oauth.Config{}, client()),
	}
	for round := range 3 {
		c.pass(2 * time.Hour)
		var all sync.WaitGroup
		for i := range 50 {
			all.Go(func() {
				if _, err := w.call(t, sources[i%2], ""); err != nil {
					t.Error(err)
				}
			})
		}
		all.Wait()
		if n := w.count("/token refresh_token"); n != round+1 {
			t.Errorf("round %d: renewed %d times", round, n)
		}
	}
	w.kept(t, backend)
}

// TestRenewProcesses has real processes renew one login over one file.
func TestRenewProcesses(t *testing.T) {
	t.Parallel()
	const url, file = "OAUTH_TEST_URL", "OAUTH_TEST_STATE"
	if os.Getenv(url) != "" { // a child
		backend, err := sqlitestate.Open(os.Getenv(file), sqlitestate.Options{})
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = backend.Close() }()
		c := &clock{}
		c.pass(2 * time.Hour)
		w := &world{}
		at := oauth.Account{Server: "issues", Principal: "user:me", URL: os.Getenv(url)}
		s := keeper(t, backend, c.options).Source(at, oauth.Config{}, client())
		var all sync.WaitGroup
		for range 10 {
			all.Go(func() {
				if token, err := s.Token(t.Context()); err != nil || token == "" {
					t.Error(token, err, w.Server)
				}
			})
		}
		all.Wait()
		return
	}
	w, path := newWorld(t), filepath.Join(t.TempDir(), "state.db")
	w.life = 24 * time.Hour
	backend, err := sqlitestate.Open(path, sqlitestate.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = backend.Close() }()
	w.life = time.Hour
	if err := keeper(t, backend).Source(w.me(), oauth.Config{}, client()).Login(t.Context(), browse(t)); err != nil {
		t.Fatal(err)
	}
	w.set(func() { w.life = 24 * time.Hour })
	var all sync.WaitGroup
	for range 3 {
		all.Go(func() {
			cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestRenewProcesses$")
			cmd.Env = append(os.Environ(), url+"="+w.URL+"/mcp", file+"="+path)
			if text, err := cmd.CombinedOutput(); err != nil || w.leaked(string(text)) != "" {
				t.Errorf("%v\n%s", err, text)
			}
		})
	}
	all.Wait()
	if n := w.count("/token refresh_token"); n != 1 {
		t.Errorf("renewed %d times", n)
	}
}

// TestRefused has tokens that the server does not take any more.
func TestRefused(t *testing.T) {
	t.Parallel()
	w, backend, c := loggedIn(t)
	s := keeper(t, backend, c.options).Source(w.me(), oauth.Config{}, client())
	w.set(func() { clear(w.access) })
	if _, err := w.call(t, s, ""); !errors.Is(err, oauth.ErrLogin) {
		t.Errorf("a new token is refused: %v", err) // it is no use to ask for another
	}
	w, backend, c = loggedIn(t)
	s = keeper(t, backend, c.options).Source(w.me(), oauth.Config{}, client())
	c.pass(time.Minute)
	w.set(func() { clear(w.access) })
	if _, err := w.call(t, s, ""); err != nil || w.count("/token refresh_token") != 1 {
		t.Errorf("revoked, and renewed: %v", err)
	}
	c.pass(2 * time.Hour)
	w.set(func() { clear(w.refresh) })
	for range 3 {
		if _, err := w.call(t, s, ""); !errors.Is(err, oauth.ErrLogin) || w.leaked(err.Error()) != "" {
			t.Errorf("the refresh token was revoked: %v", err)
		}
	}
	if n := w.count("/token refresh_token"); n != 2 {
		t.Errorf("asked %d times", n)
	}
	if err := s.Login(t.Context(), browse(t)); err != nil {
		t.Fatal(err)
	}
	if _, err := w.call(t, s, ""); err != nil {
		t.Error(err)
	}
}

// TestRenewFails has an authorization server that is down for a while.
func TestRenewFails(t *testing.T) {
	t.Parallel()
	w, backend, c := loggedIn(t)
	s := keeper(t, backend, c.options).Source(w.me(), oauth.Config{}, client())
	c.pass(2 * time.Hour)
	w.set(func() { w.pages["/token"] = text(http.StatusServiceUnavailable, "oops") })
	for range 3 {
		if _, err := w.call(t, s, ""); err == nil || errors.Is(err, oauth.ErrLogin) {
			t.Error(err)
		}
	}
	if n := w.count("/token refresh_token"); n != 1 { // the others do not try as well
		t.Errorf("asked %d times", n)
	}
	w.set(func() { delete(w.pages, "/token") })
	c.pass(10 * time.Second)
	if _, err := w.call(t, s, ""); err != nil {
		t.Error(err)
	}
}

// hold has the next request for a token wait; release lets it go on.
func (w *world) hold() (held <-chan struct{}, release func()) {
	arrived, going := make(chan struct{}), make(chan struct{})
	var once sync.Once
	w.set(func() {
		w.pages["/token"] = func(rw http.ResponseWriter, r *http.Request) {
			first := false
			once.Do(func() { first = true })
			if first {
				close(arrived)
				<-going
			}
			w.token(rw, r)
		}
	})
	return arrived, func() { close(going) }
}

// TestLease has one process stop while it renews.
func TestLease(t *testing.T) {
	t.Parallel()
	w, backend, c := loggedIn(t)
	held, release := w.hold()
	c.pass(2 * time.Hour)
	var stuck sync.WaitGroup
	defer stuck.Wait()
	defer release()
	stuck.Go(func() {
		_, _ = keeper(t, backend, c.options).Source(w.me(), oauth.Config{}, client()).Token(t.Context()) // what it gets is nobody's
	})
	<-held
	c.pass(time.Minute) // it may be dead
	if _, err := w.call(t, keeper(t, backend, c.options).Source(w.me(), oauth.Config{}, client()), ""); err != nil {
		t.Error(err)
	}
}

// TestLogoutMeanwhile logs out while a token is renewed.
func TestLogoutMeanwhile(t *testing.T) {
	t.Parallel()
	w, backend, c := loggedIn(t)
	held, release := w.hold()
	c.pass(2 * time.Hour)
	s := keeper(t, backend, c.options).Source(w.me(), oauth.Config{Needed: true}, client())
	var renewing sync.WaitGroup
	renewing.Go(func() {
		if token, err := s.Token(t.Context()); !errors.Is(err, oauth.ErrLogin) || token != "" {
			t.Errorf("%q, %v", token, err)
		}
	})
	<-held
	w.set(func() { w.pages["/revoke"] = text(http.StatusServiceUnavailable, "") }) // so that what was renewed is there to be revoked
	if was, err := keeper(t, backend, c.options).Source(w.me(), oauth.Config{}, client()).Logout(t.Context()); !was || err == nil || w.leaked(err.Error()) != "" {
		t.Errorf("%v, %v", was, err)
	}
	w.set(func() { delete(w.pages, "/revoke"); clear(w.access) })
	release()
	renewing.Wait()
	if len(w.access)+len(w.refresh) > 0 {
		t.Error("what was renewed is good for somebody")
	}
}

// TestStepUp needs more than a token is good for.
func TestStepUp(t *testing.T) {
	t.Parallel()
	w, backend, c := loggedIn(t)
	s := keeper(t, backend, c.options).Source(w.me(), oauth.Config{}, client())
	for range 2 {
		_, err := w.call(t, s, "write")
		lacking, ok := errors.AsType[*oauth.LoginError](err)
		if !ok || !slices.Equal(lacking.Scopes, []string{"write"}) || !strings.Contains(err.Error(), `with the scopes ["write"]`) {
			t.Error(err)
		}
	}
	if got, err := w.call(t, s, "read"); err != nil { // what it is good for still goes
		t.Errorf("%s, %v", got, err)
	}
	status, err := s.Status(t.Context())
	if err != nil || !status.LoggedIn || !status.Renews || !slices.Equal(status.Wanted, []string{"write"}) {
		t.Errorf("%+v, %v", status, err)
	}
	if err := s.Login(t.Context(), browse(t)); err != nil {
		t.Fatal(err)
	}
	got, err := w.call(t, s, "write")
	if err != nil || !strings.Contains(got, `"scope":"read write"`) {
		t.Errorf("%s, %v", got, err)
	}
}

// TestBound uses a login for somebody and something else than it was made for.
func TestBound(t *testing.T) {
	t.Parallel()
	w, backend, c := loggedIn(t)
	entries, err := backend.List(t.Context(), "logins", "", 10)
	if err != nil || len(entries) != 1 {
		t.Fatal(len(entries), err)
	}
	k := keeper(t, backend, c.options)
	for name, a := range map[string]oauth.Account{
		"another person":  {Server: "issues", Principal: "user:you", URL: w.URL + "/mcp"},
		"another server":  {Server: "wiki", Principal: "user:me", URL: w.URL + "/mcp"},
		"another address": {Server: "issues", Principal: "user:me", URL: w.URL + "/other"},
	} {
		if token, err := k.Source(a, oauth.Config{Needed: true}, client()).Token(t.Context()); !errors.Is(err, oauth.ErrLogin) || token != "" {
			t.Errorf("%s: %q, %v", name, token, err)
		}
	}
	shared := oauth.Config{Needed: true, Shared: true}
	if token, err := k.Source(oauth.Account{Server: "issues", Principal: "user:you", URL: w.URL + "/mcp"}, shared, client()).Token(t.Context()); err != nil || token == "" {
		t.Error(err)
	}
	// Somebody who can write the state gives a login to somebody else.
	you := oauth.Account{Server: "issues", Principal: "user:you", URL: w.URL + "/mcp"}
	s := keeper(t, backend, c.options).Source(you, oauth.Config{Needed: true}, client())
	if err := s.Login(t.Context(), browse(t)); err != nil {
		t.Fatal(err)
	}
	all, err := backend.List(t.Context(), "logins", "", 10)
	if err != nil || len(all) != 3 { // of the wiki it is noted that it wants a login
		t.Fatal(len(all), err)
	}
	for _, e := range all {
		if err := backend.Set(t.Context(), e.Key, entries[0].Value, 0); err != nil {
			t.Fatal(err)
		}
	}
	fresh := keeper(t, backend, c.options).Source(you, oauth.Config{Needed: true}, client())
	if token, err := fresh.Token(t.Context()); !errors.Is(err, oauth.ErrLogin) || token != "" {
		t.Errorf("%q, %v", token, err)
	}
	if err := fresh.Login(t.Context(), browse(t)); err != nil { // it can be mended
		t.Error(err)
	}
}

// TestForget forgets all logins to a server, and no others.
func TestForget(t *testing.T) {
	t.Parallel()
	w, backend, c := loggedIn(t)
	k := keeper(t, backend, c.options)
	for _, a := range []oauth.Account{
		{Server: "issues", Principal: "user:you", URL: w.URL + "/mcp"}, {Server: "issues2", Principal: "user:me", URL: w.URL + "/mcp"}, {Server: "issue", Principal: "user:me", URL: w.URL + "/mcp"},
	} {
		if err := k.Source(a, oauth.Config{}, client()).Login(t.Context(), browse(t)); err != nil {
			t.Fatal(err)
		}
	}
	if err := k.Source(w.me(), oauth.Config{}, client()).Forget(t.Context()); err != nil {
		t.Error(err)
	}
	entries, err := backend.List(t.Context(), "logins", "", 10)
	if err != nil || len(entries) != 2 || !strings.HasPrefix(entries[0].Key, "logins/issue/") || !strings.HasPrefix(entries[1].Key, "logins/issues2/") || len(w.access) != 3 {
		t.Errorf("%d, %v, %d", len(entries), err, len(w.access))
	}
}

// TestMachine gets tokens without a person.
func TestMachine(t *testing.T) {
	t.Parallel()
	w, c := newWorld(t), &clock{}
	w.clients["robot"] = "s3cr:t/+ä"
	config := oauth.Config{Grant: oauth.Machine, ClientID: "robot", Secret: "s3cr:t/+ä", Issuer: w.URL, Audience: "aud"}
	backend := memory(t)
	s := keeper(t, backend, c.options).Source(oauth.Account{Server: "issues", Principal: "key:somebody", URL: w.URL + "/mcp"}, config, client())
	w.basic = true
	var all sync.WaitGroup
	for range 20 {
		all.Go(func() {
			if got, err := w.call(t, s, ""); err != nil || !strings.Contains(got, `"scope":"read"`) {
				t.Errorf("%s, %v", got, err)
			}
		})
	}
	all.Wait()
	if n := w.count("/token client_credentials"); n != 1 {
		t.Errorf("asked %d times", n)
	}
	if got, err := w.call(t, s, "write"); err != nil || !strings.Contains(got, `"scope":"read write"`) {
		t.Errorf("%s, %v", got, err)
	}
	c.pass(2 * time.Hour)
	if got, err := w.call(t, s, "write"); err != nil || w.count("/token client_credentials") != 3 {
		t.Errorf("%s, %v", got, err)
	}
	w.set(func() { clear(w.access) })
	if _, err := w.call(t, s, ""); !errors.Is(err, oauth.ErrRejected) {
		t.Errorf("a new token is refused: %v", err)
	}
	if err := s.Login(t.Context(), browse(t)); err == nil || !strings.Contains(err.Error(), "nobody logs in") {
		t.Error(err)
	}
	if entries, err := backend.List(t.Context(), "logins", "", 10); err != nil || len(entries) > 0 {
		t.Errorf("%v, %v", entries, err)
	}
	// A server that names another issuer does not get the secret there.
	thief := newWorld(t)
	w.set(func() { w.about = map[string]any{"authorization_servers": []string{thief.URL}} })
	s = keeper(t, backend, c.options).Source(w.me(), config, client())
	if _, err := w.call(t, s, ""); !errors.Is(err, oauth.ErrMismatch) || len(thief.asked) > 0 {
		t.Errorf("%v, %v", err, thief.asked)
	}
}

// TestExchange gives one token for another.
func TestExchange(t *testing.T) {
	t.Parallel()
	w, c := newWorld(t), &clock{}
	w.clients["robot"] = ""
	s := keeper(t, memory(t), c.options).Source(w.me(), oauth.Config{
		Grant: oauth.Exchange, ClientID: "robot", Issuer: w.URL, Subject: "subject-4711", Audience: "aud", Resource: "https://api.example/", Scopes: []string{"x"},
		SubjectType: "urn:ietf:params:oauth:token-type:jwt",
	}, client())
	for range 3 {
		if got, err := w.call(t, s, ""); err != nil || !strings.Contains(got, `"resource":"https://api.example/"`) {
			t.Errorf("%s, %v", got, err)
		}
	}
	want := map[string][]string{
		"grant_type": {"urn:ietf:params:oauth:grant-type:token-exchange"}, "subject_token": {"subject-4711"}, "audience": {"aud"}, "scope": {"x"}, "client_id": {"robot"},
		"subject_token_type": {"urn:ietf:params:oauth:token-type:jwt"}, "requested_token_type": {"urn:ietf:params:oauth:token-type:access_token"}, "resource": {"https://api.example/"},
	}
	if diff := cmp.Diff(want, map[string][]string(w.seen[0])); diff != "" || len(w.seen) != 1 {
		t.Error(len(w.seen), diff)
	}
}

// BenchmarkToken is what a call pays for its token: when it was looked at in the last second, and when it is looked up.
func BenchmarkToken(b *testing.B) {
	w := newWorld(b)
	backend, err := sqlitestate.Open(filepath.Join(b.TempDir(), "state.db"), sqlitestate.Options{})
	if err != nil {
		b.Fatal(err)
	}
	defer func() { _ = backend.Close() }()
	c := &clock{}
	s := keeper(b, backend, c.options).Source(w.me(), oauth.Config{}, client())
	w.life = 20 * time.Hour
	if err := s.Login(b.Context(), browse(b)); err != nil {
		b.Fatal(err)
	}
	for name, pass := range map[string]time.Duration{"known": 0, "looked up": 2 * time.Second} {
		b.Run(name, func(b *testing.B) {
			at := c.ahead.Load()
			for b.Loop() {
				if c.pass(pass); c.ahead.Load()-at > int64(10*time.Hour) {
					c.ahead.Store(at)
				}
				if token, err := s.Token(b.Context()); err != nil || token == "" {
					b.Fatal(token, err)
				}
			}
			c.ahead.Store(at)
		})
	}
}
