package oauth

import (
	"context"
	"fmt"
	"net/url"
	"strings"
)

// The words of RFC 8693.
const (
	exchange    = "urn:ietf:params:oauth:grant-type:token-exchange"
	accessToken = "urn:ietf:params:oauth:token-type:access_token" //nolint:gosec // a name of a type
)

// machine returns a token that no person is needed for, another than the one that was refused. It is kept in memory for as
// long as it is good.
func (s *Source) machine(ctx context.Context, refused string, c Challenge) (string, error) {
	now := s.k.o.Now()
	s.mu.Lock()
	last, needed, asked := s.now, s.needed, s.asked
	if refused != "" || c.Metadata != "" {
		s.said = c
	}
	said := s.said
	s.mu.Unlock()
	if last.fresh(now) && last.Access != refused {
		return last.Access, nil
	}
	if !needed {
		return "", nil // the server's challenge says more
	}
	wanted := union(s.c.Scopes)
	switch {
	case refused != "" && c.Insufficient():
		if wanted = union(asked, c.Scopes); len(wanted) == len(asked) {
			return "", fmt.Errorf("the server %s %w the token, which has all the scopes that it asks for", s.a.Server, ErrRejected)
		}
	case refused != "" && last.Access == refused && now.Sub(last.Got) < young:
		return "", fmt.Errorf("the server %s %w a token that is new", s.a.Server, ErrRejected)
	case len(asked) > 0:
		wanted = asked
	}
	if err := s.failing(); err != nil {
		return "", err
	}
	r, err := s.obtain(ctx, said, wanted)
	if err != nil {
		return "", s.failed(ctx, fmt.Errorf("server %s: %w", s.a.Server, err))
	}
	return s.use(r), nil
}

// obtain gets a token for a machine. Scopes that are nobody's wish are those that the server says.
func (s *Source) obtain(ctx context.Context, c Challenge, wanted []string) (*kept, error) {
	place, err := Discover(ctx, s.client, s.a.URL, c, s.c.Issuer)
	if err != nil {
		return nil, err
	}
	if len(wanted) == 0 {
		wanted = union(place.Scopes)
	}
	secret, err := s.k.resolve(ctx, s.c.Secret)
	if err != nil {
		return nil, err
	}
	who, err := place.Issuer.identified(s.c.ClientID, secret)
	if err != nil {
		return nil, err
	}
	form, err := s.form(ctx, &place, wanted)
	if err != nil {
		return nil, err
	}
	got, err := s.web.token(ctx, place.Issuer.Token, &who, form)
	if err != nil {
		return nil, err
	}
	r := &kept{record: record{Issuer: place.Issuer.Name, Resource: place.Resource, Scopes: wanted}}
	r.taken(&got, s.k.o.Now())
	s.mu.Lock()
	s.asked = wanted
	s.mu.Unlock()
	return r, nil
}

// form is what a machine asks with.
func (s *Source) form(ctx context.Context, place *Place, wanted []string) (url.Values, error) {
	form := url.Values{"grant_type": {"client_credentials"}, "resource": {place.Resource}}
	if s.c.Grant == Exchange {
		subject, err := s.k.resolve(ctx, s.c.Subject)
		if err != nil {
			return nil, err
		}
		form = url.Values{
			"grant_type": {exchange}, "resource": {place.Resource}, "requested_token_type": {accessToken},
			"subject_token": {subject}, "subject_token_type": {accessToken},
		}
		if s.c.SubjectType != "" {
			form.Set("subject_token_type", s.c.SubjectType)
		}
		if s.c.Resource != "" {
			form.Set("resource", s.c.Resource)
		}
	}
	if s.c.Audience != "" {
		form.Set("audience", s.c.Audience)
	}
	if len(wanted) > 0 {
		form.Set("scope", strings.Join(wanted, " "))
	}
	return form, nil
}
