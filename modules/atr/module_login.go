package atr

import (
	"context"
	"encoding/json"
	"errors"
	"time"

	"github.com/mcp-kernel/mcp-kernel/modules/atr/oauth"
	"github.com/mcp-kernel/mcp-kernel/modules/atr/rpc"
	"github.com/mcp-kernel/mcp-kernel/tools"
)

// Bounds of the logins that calls ask for. A model that calls again and again must not weary its person, nor register us at
// an authorization server each time.
const (
	loginFor   = 5 * time.Minute // that a person has
	loginTries = 3               // that are begun in loginSpan
	loginSpan  = 10 * time.Minute
)

// An attempt is a login that is under way. Several calls may wait for one, and it goes on when they have ended.
type attempt struct {
	stop    context.CancelFunc
	shown   chan struct{} // closed when the address is known
	done    chan struct{} // closed when it is over
	address string
	err     error
	ended   time.Time
}

// over reports whether the attempt is.
func (a *attempt) over() bool {
	select {
	case <-a.done:
		return true
	default:
		return false
	}
}

// attempt returns the login to the server that is under way, or has come to a good end since a time, or begins one of our own
// principal's. It is nil where there were too many.
func (s *server) attempt(since time.Time) *attempt {
	s.mu.Lock()
	defer s.mu.Unlock()
	if a := s.trying; a != nil && (!a.over() || a.err == nil && !a.ended.Before(since)) {
		return a
	}
	now := s.m.o.Now()
	if first := s.tried[0]; !first.IsZero() && now.Sub(first) < loginSpan {
		return nil
	}
	copy(s.tried[:], s.tried[1:])
	s.tried[loginTries-1] = now
	ctx, stop := context.WithTimeout(s.m.ctx, loginFor)
	a := &attempt{stop: stop, shown: make(chan struct{}), done: make(chan struct{})}
	s.trying = a
	s.m.work.Go(func() {
		defer close(a.done)
		defer stop()
		defer func() { a.ended = s.m.o.Now() }()
		a.err = s.m.Login(ctx, s.Name, "", func(_ context.Context, address string) error {
			a.address = address
			close(a.shown)
			return nil
		})
	})
	return a
}

// giveUp ends an attempt that somebody does not want.
func (s *server) giveUp(a *attempt) {
	a.stop()
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.trying == a {
		s.trying = nil
	}
}

// loggedIn asks the person at the client to log in to the server, where a login is missing and the client can open an address.
// It does so for our own principal alone: the login comes back to this machine, so that only who sits before it can make it.
// The error is the one that was given where there is no login now, or what asking returned. since is when the call began that
// missed it: whoever has logged in meanwhile is not asked to do it again.
func (o *offer) loggedIn(ctx context.Context, r *tools.Request, since time.Time, missing error) error {
	s := o.server
	if r.Caller().Principal != s.m.o.Self || s.m.o.Self == "" || s.m.o.Source == nil || !r.Supports(tools.CanOpenURL) {
		return missing
	}
	a := s.attempt(since)
	switch {
	case a == nil:
		return missing
	case a.over() && a.err == nil:
		return nil
	}
	select {
	case <-a.shown:
	case <-a.done:
		return errors.Join(missing, a.err)
	case <-ctx.Done():
		return missing
	}
	answer, err := r.Ask(ctx, tools.Question{
		Key: "mcp-kernel-login", URL: a.address, Message: "The server " + s.Name + " needs you to log in. What you do there passes this conversation by.",
	})
	switch {
	case err != nil:
		return err
	case !answer.Accepted():
		s.giveUp(a)
		return missing
	}
	select {
	case <-a.done:
		if a.err != nil {
			return errors.Join(missing, a.err)
		}
		return nil
	case <-ctx.Done():
		return missing // it goes on, for the next call
	}
}

// called makes one request of the server, and makes it again where a login was missing and somebody has logged in. The error
// is for the caller.
func (o *offer) called(ctx context.Context, r *tools.Request, t *talk, q rpc.Request) (json.RawMessage, error) {
	attempt := o.attempt
	if !r.Waits() {
		attempt = o.hold
	}
	since := o.server.m.o.Now()
	result, err := attempt(ctx, r, t, q)
	if errors.Is(err, oauth.ErrLogin) {
		if err = o.loggedIn(ctx, r, since, err); err == nil {
			result, err = attempt(ctx, r, t, q)
		} else if !errors.Is(err, oauth.ErrLogin) {
			return nil, err // of asking
		}
	}
	if errors.Is(err, tools.ErrInputRequired) {
		return nil, err
	}
	if err != nil {
		return nil, o.failed(ctx, err)
	}
	return result, nil
}
