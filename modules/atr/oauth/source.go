package oauth

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"sync"
	"time"

	"github.com/mcp-kernel/mcp-kernel/state"
)

// A Source gives the tokens of one account. It is safe for concurrent use: whoever needs a new token waits for the one
// that gets it.
type Source struct {
	k      *Keeper
	a      Account
	c      Config
	web    *web
	client *http.Client
	turn   chan struct{} // held by the one that gets a token

	mu     sync.Mutex
	now    kept      // the token that is used; of machines nothing else is kept
	seen   time.Time // when it was known to be the one
	needed bool      // the server takes nothing without a token
	asked  []string  // scopes that a machine has asked for
	said   Challenge // what the server last said to a machine
	fault  error     // why there was none, of an authorization server that may be able to another time
	since  time.Time // when that was
}

// Token returns the token to send, renewed where it is old. It is empty where the server has not said yet that it wants
// one. A *LoginError says that a person has to log in.
func (s *Source) Token(ctx context.Context) (string, error) {
	if token := s.current(); token != "" {
		return token, nil
	}
	if err := s.enter(ctx); err != nil {
		return "", err
	}
	defer s.leave()
	if token := s.current(); token != "" { // somebody else has got it
		return token, nil
	}
	if s.c.Grant != Code {
		return s.machine(ctx, "", Challenge{})
	}
	return s.person(ctx, "", Challenge{})
}

// Renew returns the token to send after one was refused, by the response's WWW-Authenticate headers. An error says that
// there is none that is better.
func (s *Source) Renew(ctx context.Context, refused string, headers []string) (string, error) {
	if err := s.enter(ctx); err != nil {
		return "", err
	}
	defer s.leave()
	s.mu.Lock()
	s.needed = true
	s.mu.Unlock()
	if s.c.Grant != Code {
		return s.machine(ctx, refused, ParseChallenge(headers))
	}
	return s.person(ctx, refused, ParseChallenge(headers))
}

// enter waits until nobody else gets a token.
func (s *Source) enter(ctx context.Context) error {
	select {
	case s.turn <- struct{}{}:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

func (s *Source) leave() { <-s.turn }

// current is the token that can be used without looking anything up.
func (s *Source) current() string {
	now := s.k.o.Now()
	s.mu.Lock()
	defer s.mu.Unlock()
	since := now.Sub(s.seen)
	if s.now.fresh(now) && (s.c.Grant != Code || since >= 0 && since < trusted) {
		return s.now.Access
	}
	return ""
}

// failing returns why the last attempt has failed, where that was a moment ago: not everybody who waits tries again.
func (s *Source) failing() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if since := s.k.o.Now().Sub(s.since); s.fault != nil && since >= 0 && since < respite {
		return s.fault
	}
	return nil
}

// failed notes a failure that may be over another time, and returns it. A caller that has gone is none.
func (s *Source) failed(ctx context.Context, err error) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if ctx.Err() == nil {
		s.fault, s.since = err, s.k.o.Now()
	}
	return err
}

// use notes which token is used from now on.
func (s *Source) use(r *kept) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.now, s.seen = *r, s.k.o.Now()
	return r.Access
}

// person returns the token of a login, another than the one that was refused.
func (s *Source) person(ctx context.Context, refused string, c Challenge) (string, error) {
	for {
		r, err := s.k.load(ctx, &s.a)
		if err != nil {
			return "", err
		}
		now := s.k.o.Now()
		switch {
		case r == nil || r.Login == "":
			return s.without(ctx, r)
		case r.fresh(now) && r.Access != refused:
			return s.use(r), nil
		case refused != "" && c.Insufficient():
			return "", s.want(ctx, r, c.Scopes)
		case r.Refresh == "" || refused != "" && r.Access == refused && now.Sub(r.Got) < young:
			return "", s.spend(ctx, r)
		case now.Before(r.lease) && r.lease.Sub(now) <= leaseFor:
			if err := pause(ctx); err != nil {
				return "", err
			}
			continue
		}
		if err := s.failing(); err != nil {
			return "", err
		}
		err = s.renew(ctx, r)
		if errors.Is(err, state.ErrConflict) { // somebody else was faster
			continue
		}
		if err != nil {
			return "", err
		}
		return s.use(r), nil
	}
}

// pause waits for another process.
func pause(ctx context.Context) error {
	timer := time.NewTimer(look)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// without is what there is without a login: nothing, as long as the server does not want one. That it does is noted.
func (s *Source) without(ctx context.Context, r *kept) (string, error) {
	s.mu.Lock()
	s.now = kept{}
	needed := s.needed
	s.mu.Unlock()
	if !needed {
		return "", nil
	}
	missing := &LoginError{Server: s.a.Server, Principal: s.a.Principal}
	if r == nil {
		return "", errors.Join(missing, ignored(s.k.save(ctx, &s.a, &kept{}), state.ErrConflict))
	}
	return "", missing
}

// want notes which scopes the next login should have.
func (s *Source) want(ctx context.Context, r *kept, wanted []string) error {
	lacking := &LoginError{Server: s.a.Server, Principal: s.a.Principal, Scopes: wanted}
	all := union(r.Wanted, wanted)
	if len(all) == len(r.Wanted) {
		return lacking
	}
	r.Wanted = all
	return errors.Join(lacking, ignored(s.k.save(ctx, &s.a, r), state.ErrConflict))
}

// spend notes that a token is of no use any more and that there will be no other.
func (s *Source) spend(ctx context.Context, r *kept) error {
	spent := &LoginError{Server: s.a.Server, Principal: s.a.Principal}
	s.mu.Lock()
	s.now = kept{}
	s.mu.Unlock()
	if r.Access == "" && r.Refresh == "" {
		return spent
	}
	r.Access, r.Refresh, r.lease = "", "", time.Time{}
	return errors.Join(spent, ignored(s.k.save(ctx, &s.a, r), state.ErrConflict))
}

// renew renews the tokens of a login. A refresh token may be good for one use only, so it is leased before: of all that
// share the state one renews. What it gets is kept whatever becomes of who needed it.
func (s *Source) renew(ctx context.Context, r *kept) error {
	r.lease = s.k.o.Now().Add(leaseFor)
	if err := s.k.save(ctx, &s.a, r); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), leaseFor)
	defer cancel()
	who, err := s.identity(ctx, &r.record)
	if err != nil {
		return errors.Join(err, s.release(ctx, r))
	}
	form := url.Values{"grant_type": {"refresh_token"}, "refresh_token": {r.Refresh}, "resource": {r.Resource}}
	got, err := s.web.token(ctx, r.Token, &who, form)
	refused, is := errors.AsType[*RefusedError](err)
	switch {
	case is && slices.Contains([]string{"invalid_grant", "invalid_client", "unauthorized_client", "invalid_target"}, refused.Code):
		return fmt.Errorf("%w: %w", s.spend(ctx, r), err)
	case err != nil:
		return errors.Join(s.failed(ctx, fmt.Errorf("server %s: %w", s.a.Server, err)), s.release(ctx, r))
	}
	r.taken(&got, s.k.o.Now())
	r.lease = time.Time{}
	err = s.k.save(ctx, &s.a, r)
	if errors.Is(err, state.ErrConflict) { // somebody has logged in or out meanwhile
		if after, gone := s.k.load(ctx, &s.a); gone == nil && after == nil {
			err = errors.Join(err, s.revoke(ctx, &r.record)) // these are nobody's
		}
	}
	return err
}

// release lets others try.
func (s *Source) release(ctx context.Context, r *kept) error {
	r.lease = time.Time{}
	return ignored(s.k.save(ctx, &s.a, r), state.ErrConflict)
}

// identity is who we are to the issuer of a login.
func (s *Source) identity(ctx context.Context, r *record) (identity, error) {
	who := identity{id: r.Client, secret: r.Secret, method: r.Method}
	if r.Secret == "" && r.Method != "none" {
		secret, err := s.k.resolve(ctx, s.c.Secret)
		if err != nil {
			return identity{}, err
		}
		who.secret = secret
	}
	return who, nil
}
