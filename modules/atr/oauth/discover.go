package oauth

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// A Place is where the tokens for a server come from.
type Place struct {
	Resource string   // the identifier of the server: what tokens are asked for
	Issuer   Issuer   // who issues them
	Scopes   []string // to ask for, by what the server says; nil is nothing in particular
}

// Discover finds out where the tokens for the server at an address come from: from the metadata that its challenge names,
// from those at the well-known places, in the order of the protocol, and where there are none, from the server itself, as
// in the protocol's version of 2025-03-26. A name of the issuer that is not empty is the only one that is taken.
func Discover(ctx context.Context, client *http.Client, target string, c Challenge, issuer string) (Place, error) {
	at, err := address(target)
	if err != nil {
		return Place{}, fmt.Errorf("the server's address %w", err)
	}
	w := newWeb(client)
	w.target = at
	r, err := w.resource(ctx, at, c)
	switch {
	case errors.Is(err, errAbsent):
		r = resource{name: canonical(at), issuers: []string{at.Scheme + "://" + at.Host}}
		if issuer != "" {
			r.issuers = []string{issuer}
		}
	case err != nil:
		return Place{}, fmt.Errorf("the server's metadata: %w", err)
	}
	name := r.issuers[0]
	if issuer != "" {
		if name = issuer; !slices.Contains(r.issuers, issuer) {
			return Place{}, fmt.Errorf("the server has its tokens from %.200q, and not from %q as it is configured: %w", r.issuers[0], issuer, ErrMismatch)
		}
	}
	found, err := w.issuer(ctx, name)
	if err != nil {
		return Place{}, fmt.Errorf("the authorization server %.200q: %w", name, err)
	}
	p := Place{Resource: r.name, Issuer: found, Scopes: c.Scopes}
	if p.Scopes == nil {
		p.Scopes = r.scopes
	}
	return p, nil
}

// resource finds the metadata of the server at an address. errAbsent says that it has none.
func (w *web) resource(ctx context.Context, target *url.URL, c Challenge) (resource, error) {
	const known = "/.well-known/oauth-protected-resource"
	var places []*url.URL
	if c.Metadata != "" {
		named, err := w.address(c.Metadata)
		if err != nil {
			return resource{}, err
		}
		places = []*url.URL{named}
	} else {
		places = append(places, beside(target, known, target.EscapedPath()))
		if strings.Trim(target.Path, "/") != "" {
			places = append(places, beside(target, known, ""))
		}
	}
	for _, place := range places {
		m, err := w.get(ctx, place)
		switch {
		case errors.Is(err, errAbsent) && c.Metadata == "":
			continue
		case errors.Is(err, errAbsent):
			return resource{}, fmt.Errorf("%w: there is none where the server says", ErrDocument)
		case err != nil:
			return resource{}, err
		}
		return resourceOf(m, target)
	}
	return resource{}, errAbsent
}

// issuer finds the metadata of an authorization server, at the places and in the order that the protocol says.
func (w *web) issuer(ctx context.Context, name string) (Issuer, error) {
	at, err := w.address(name)
	if err != nil {
		return Issuer{}, err
	}
	const oauth, openID = "/.well-known/oauth-authorization-server", "/.well-known/openid-configuration"
	path := strings.TrimSuffix(at.EscapedPath(), "/")
	places := []*url.URL{beside(at, oauth, path), beside(at, openID, path)}
	if path != "" {
		places = append(places, beside(at, path, openID))
	}
	for _, place := range places {
		m, err := w.get(ctx, place)
		if errors.Is(err, errAbsent) {
			continue
		}
		if err != nil {
			return Issuer{}, err
		}
		return w.issuerOf(m, name)
	}
	return Issuer{}, fmt.Errorf("its metadata %w", errAbsent)
}

// beside is an address on the server of another.
func beside(u *url.URL, parts ...string) *url.URL {
	path := strings.TrimSuffix(strings.Join(parts, ""), "/")
	plain, err := url.PathUnescape(path)
	if err != nil {
		plain = path
	}
	return &url.URL{Scheme: u.Scheme, Host: u.Host, Path: plain, RawPath: path}
}
