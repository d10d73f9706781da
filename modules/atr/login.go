package atr

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"

	"github.com/mcp-kernel/mcp-kernel/modules/atr/oauth"
	"github.com/mcp-kernel/mcp-kernel/modules/atr/rpc"
)

// ErrNoLogin says that nobody logs in to a server.
var ErrNoLogin = errors.New("takes no login: it is a program, a header authenticates, or it is called as a machine")

// source returns what gives a principal's tokens for a server that takes logins. An empty principal is Options.Self.
func (m *Module) source(name, principal string) (*oauth.Source, error) {
	i := slices.IndexFunc(m.servers, func(s *server) bool { return s.Name == name })
	if i < 0 {
		return nil, fmt.Errorf("%w: %s", ErrUnknown, name)
	}
	s := m.servers[i]
	if c, ok := s.Tokens(); !ok || c.Grant != oauth.Code || m.o.Source == nil {
		return nil, fmt.Errorf("the server %s %w", name, ErrNoLogin)
	}
	if principal == "" {
		principal = m.o.Self
	}
	return m.o.Source(s.Server, principal)
}

// Login has a person log in to a server, in a browser to which show brings an address, for the calls of a principal; empty
// is Options.Self. It waits until ctx ends.
func (m *Module) Login(ctx context.Context, name, principal string, show func(ctx context.Context, address string) error) error {
	s, err := m.source(name, principal)
	if err != nil {
		return err
	}
	return s.Login(ctx, show)
}

// Logout forgets a login and has its tokens revoked. It reports whether there was one.
func (m *Module) Logout(ctx context.Context, name, principal string) (was bool, err error) {
	s, err := m.source(name, principal)
	if err != nil {
		return false, err
	}
	return s.Logout(ctx)
}

// Forget forgets the logins of everybody to a server, if it takes any.
func (m *Module) Forget(ctx context.Context, name string) error {
	s, err := m.source(name, "")
	if errors.Is(err, ErrNoLogin) {
		return nil
	}
	if err != nil {
		return err
	}
	return s.Forget(ctx)
}

// What a Report says of a login.
const (
	LoginNeeded = "needed" // there is none, and the server wants one
	LoginGood   = "good"   // there is one
	LoginPoor   = "poor"   // there is one, and the server has since asked for more scopes
)

// login is what there is to say of our own login to a server; empty where it takes none, or has not asked for one yet.
func (s *server) login(ctx context.Context) string {
	source, err := s.m.source(s.Name, "")
	if err != nil {
		return ""
	}
	status, err := source.Status(ctx)
	switch {
	case err != nil:
		s.m.o.Fault(s.Name, err)
		return ""
	case status.LoggedIn && len(status.Wanted) > 0:
		return LoginPoor
	case status.LoggedIn:
		return LoginGood
	case status.Needed:
		return LoginNeeded
	default:
		return ""
	}
}

// missing says which login is missing, and how to come by it.
func (s *server) missing(err error) string {
	text := "the server " + s.Name + " needs a login"
	whose := ""
	if e, ok := errors.AsType[*oauth.LoginError](err); ok {
		if len(e.Scopes) > 0 {
			text += " that lets it do more"
		}
		if e.Principal != s.m.o.Self {
			whose = " --principal " + e.Principal
		}
	}
	return text + ": mcp-kernel upstream login " + s.Name + whose
}

// unauthorized reports whether a call did not go because of what we authenticate with.
func unauthorized(err error) bool {
	if _, none := errors.AsType[*rpc.TokenError](err); none {
		return true
	}
	refused, ok := errors.AsType[*rpc.StatusError](err)
	return ok && (refused.Status == http.StatusUnauthorized || refused.Status == http.StatusForbidden)
}
