package oauth

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"net/http"
	"sync"
	"time"

	"github.com/mcp-kernel/mcp-kernel/state"
)

// Bounds of a Keeper.
const (
	maxSources = 4096                   // that are remembered
	leaseFor   = 2 * fetchFor           // in which one process renews a token
	look       = 100 * time.Millisecond // how often another one looks whether it has
	trusted    = time.Second            // for which a token is used without looking whether it was given up elsewhere
	respite    = 5 * time.Second        // in which an authorization server is left alone that has failed
	young      = 10 * time.Second       // a token that is refused so soon is not refused because it is old
)

// Options are what a Keeper is made of. State and Key are required.
type Options struct {
	State state.Backend // keeps logins; every process that shares it shares them
	// Key returns the key that tokens are sealed with, of 32 bytes: see OpenKey. It is asked when it is first needed.
	Key func() ([]byte, error)
	// Resolve returns what a reference to a secret stands for. Nil takes everything as it is written.
	Resolve func(ctx context.Context, text string) (string, error)
	// Self is the principal whose logins serve everybody where a Config says Shared.
	Self   string
	Now    func() time.Time // nil is time.Now
	Random io.Reader        // nil is crypto/rand
}

// A Keeper keeps the tokens of all accounts. It is safe for concurrent use, has no goroutines and need not be closed.
type Keeper struct {
	o   Options
	key func() ([]byte, error)

	mu      sync.Mutex
	sources map[Account]*Source
}

// NewKeeper returns a Keeper, or says what is missing. Nothing is read yet.
func NewKeeper(o Options) (*Keeper, error) {
	if o.State == nil || o.Key == nil {
		return nil, errors.New("oauth: a state and a key are needed")
	}
	if o.Resolve == nil {
		o.Resolve = func(_ context.Context, text string) (string, error) { return text, nil }
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Random == nil {
		o.Random = rand.Reader
	}
	return &Keeper{o: o, key: sync.OnceValues(o.Key), sources: map[Account]*Source{}}, nil
}

// Source returns what gives the tokens of an account, which are asked for with a client that says which addresses may be
// reached at all. The config is taken as it is first seen.
func (k *Keeper) Source(a Account, c Config, client *http.Client) *Source {
	if c.Grant != Code || c.Shared {
		a.Principal = k.o.Self // nobody's but ours
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	if s := k.sources[a]; s != nil {
		return s
	}
	if len(k.sources) >= maxSources {
		clear(k.sources) // what is in use goes on to be; the state keeps several from renewing at once
	}
	s := &Source{k: k, a: a, c: c, web: newWeb(client), client: client, turn: make(chan struct{}, 1), needed: c.Needed}
	k.sources[a] = s
	return s
}

// resolve returns what a reference stands for; nothing stands for nothing.
func (k *Keeper) resolve(ctx context.Context, reference string) (string, error) {
	if reference == "" {
		return "", nil
	}
	return k.o.Resolve(ctx, reference)
}

// A LoginError says that a server needs a login that there is not. It wraps ErrLogin.
type LoginError struct {
	Server    string
	Principal string   // whose login
	Scopes    []string // that the last one had not; nil is nothing in particular
}

// Error names the server, and whose login it needs.
func (e *LoginError) Error() string {
	text := fmt.Sprintf("the server %s needs a login of %s", e.Server, e.Principal)
	if len(e.Scopes) > 0 {
		text += fmt.Sprintf(" with the scopes %q", e.Scopes)
	}
	return text
}

// Unwrap returns ErrLogin.
func (*LoginError) Unwrap() error { return ErrLogin }

// A Status says what there is of a login.
type Status struct {
	LoggedIn bool      // there is a token, or one can be had without a person
	Needed   bool      // the server wants one
	Issuer   string    // of it
	Scopes   []string  // that it has
	Wanted   []string  // that the server has asked for since
	Expires  time.Time // of the token that there is
	Renews   bool      // it is renewed when it expires
}

// Status returns what there is of an account's login. Machines have none and need none.
func (s *Source) Status(ctx context.Context) (Status, error) {
	r, err := s.k.load(ctx, &s.a)
	if err != nil || r == nil {
		return Status{LoggedIn: s.c.Grant != Code, Needed: s.c.Needed}, err
	}
	return Status{
		Needed: true, LoggedIn: r.Refresh != "" || r.fresh(s.k.o.Now()), Issuer: r.Issuer, Scopes: r.Scopes, Wanted: r.Wanted,
		Expires: r.Expires, Renews: r.Refresh != "",
	}, nil
}
