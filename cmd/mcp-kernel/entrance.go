package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/rs/zerolog"

	"github.com/mcp-kernel/mcp-kernel/governance"
	"github.com/mcp-kernel/mcp-kernel/internal/config"
	"github.com/mcp-kernel/mcp-kernel/modules/standard"
	"github.com/mcp-kernel/mcp-kernel/server"
	"github.com/mcp-kernel/mcp-kernel/server/bearer"
	"github.com/mcp-kernel/mcp-kernel/server/keys"
)

// An entrance knows who may come in over HTTP: who shows a key, a token of an issuer, or a certificate. An Authorization header
// decides alone where there is one, whatever certificate the connection has; where nothing is configured everybody is the
// user of this machine.
type entrance struct {
	keys         *keys.Store
	tokens       *bearer.Verifier // nil takes none
	certificates bool
	roles        *standard.Roles
	policies     *standard.Policies
	config       *config.Auth
	local        governance.Caller
	now          func() time.Time
	refused      *refusals
}

func newEntrance(c config.Config, k *standard.Kernel, log zerolog.Logger) (*entrance, error) {
	auth := &c.Server.HTTP.Auth
	d := &entrance{
		keys: keys.Open(c.KeysDir(), keys.Options{Now: k.Now}), certificates: c.Server.HTTP.ClientCA != "",
		roles: standard.RolesOf(c), policies: k.Policies, config: auth, local: agent(), now: k.Now,
		refused: newRefusals(k.Journal, k.Now, log),
	}
	var err error
	d.tokens, err = verifierOf(auth, k.Now, func(err error) { log.Warn().Err(err).Msg("issuer") })
	return d, err
}

// verifierOf returns what verifies tokens by a configuration, or nil where none are taken.
func verifierOf(auth *config.Auth, now func() time.Time, onFault func(error)) (*bearer.Verifier, error) {
	if len(auth.Issuers) == 0 {
		return nil, nil //nolint:nilnil // no tokens are taken
	}
	o := bearer.Options{
		Resource: auth.Resource, Audiences: auth.Audiences, Groups: auth.GroupsClaim, Leeway: auth.Leeway, Outage: auth.Outage,
		Now: now, OnFault: onFault,
	}
	for _, i := range auth.Issuers {
		o.Issuers = append(o.Issuers, bearer.Issuer{URL: i.URL, JWKS: i.JWKS})
	}
	v, err := bearer.New(o)
	if err != nil {
		return nil, fmt.Errorf("server.http.auth: %w", err)
	}
	return v, nil
}

// locked reports whether somebody must show something to come in.
func (d *entrance) locked() bool { return d.tokens != nil || d.certificates || d.keys.Configured() }

// issuers are those whose tokens are taken.
func (d *entrance) issuers() []string {
	urls := make([]string, 0, len(d.config.Issuers))
	for _, i := range d.config.Issuers {
		urls = append(urls, i.URL)
	}
	return urls
}

// resource is what clients are told of where to get tokens.
func (d *entrance) resource() *server.ProtectedResource {
	if d.tokens == nil {
		return nil
	}
	return &server.ProtectedResource{
		Resource: strings.TrimSuffix(d.config.Resource, "/"), Issuers: d.issuers(), Scopes: d.config.Scopes, Offered: d.roles.Scopes(),
	}
}

// What a request lacked, as the log and the journal say it. None has anything in it that a stranger has sent.
var (
	errNothingShown = errors.New("neither key, token nor certificate")
	errNotOne       = errors.New("not one token in one Authorization header")
	errInQuery      = errors.New("a token in the query")
	errBadKey       = errors.New("the key is not accepted")
	errBadToken     = errors.New("the token is not accepted")
	errNoKeysNow    = errors.New("the issuer cannot be reached")
	errCertificate  = errors.New("the certificate is not accepted")
	errNoRole       = errors.New("none of the roles")
	errScope        = errors.New("the token was not given for what is needed")
)

// caller returns who a request acts for.
func (d *entrance) caller(r *http.Request) (governance.Caller, error) {
	who, lacks, because := d.judge(r)
	if lacks != nil {
		d.refused.note(addressOf(r), lacks, because)
		return governance.Caller{}, answerOf(lacks, because)
	}
	return who, nil
}

// answerOf says how a request is answered by what it lacks.
func answerOf(lacks, because error) error {
	switch {
	case errors.Is(lacks, errNotOne), errors.Is(lacks, errInQuery):
		return server.ErrMalformed
	case errors.Is(lacks, errNoKeysNow):
		return server.ErrUnjudged
	case errors.Is(lacks, errNoRole):
		return server.ErrForbidden
	case errors.Is(lacks, errScope):
		return because
	default:
		return lacks
	}
}

// judge finds out who a request acts for, or what it lacks, and why.
func (d *entrance) judge(r *http.Request) (who governance.Caller, lacks, because error) {
	if r.URL.RawQuery != "" && r.URL.Query().Has("access_token") {
		return who, errInQuery, nil
	}
	values := r.Header["Authorization"]
	switch {
	case len(values) > 0:
		return d.shown(r, values)
	case d.certificates && r.TLS != nil && len(r.TLS.VerifiedChains) > 0:
		principal, err := principalOf(r.TLS.PeerCertificates[0], d.now())
		if err != nil {
			return who, errCertificate, err
		}
		return d.as(principal, nil, nil)
	case !d.locked():
		return d.local, nil, nil
	default:
		return who, errNothingShown, nil
	}
}

// shown judges what an Authorization header shows.
func (d *entrance) shown(r *http.Request, values []string) (who governance.Caller, lacks, because error) {
	scheme, secret, _ := strings.Cut(values[0], " ")
	secret = strings.TrimSpace(secret)
	switch {
	case len(values) == 1 && !strings.EqualFold(scheme, "Bearer"):
		return who, errNothingShown, nil
	case len(values) != 1 || secret == "" || strings.ContainsAny(secret, " ,\t"):
		return who, errNotOne, nil
	}
	if d.tokens == nil || strings.HasPrefix(secret, keys.Prefix) {
		key, err := d.keys.Authenticate(secret)
		if err != nil {
			return who, errBadKey, err
		}
		return d.as(key.Principal, nil, nil)
	}
	return d.token(r.Context(), secret)
}

func (d *entrance) token(ctx context.Context, secret string) (who governance.Caller, lacks, because error) {
	t, err := d.tokens.Verify(ctx, secret)
	switch {
	case errors.Is(err, bearer.ErrUnavailable):
		return who, errNoKeysNow, err
	case err != nil:
		return who, errBadToken, err
	}
	for _, scope := range d.config.Scopes {
		if !t.Has(scope) {
			return who, errScope, &server.ScopeError{Scopes: d.config.Scopes}
		}
	}
	who, lacks, because = d.as(t.Principal, t.Scopes, t.Groups)
	if scopes := d.roles.Lacking(t.Principal); lacks != nil && scopes != nil {
		return who, errScope, &server.ScopeError{Scopes: append(slices.Clone(d.config.Scopes), scopes...)}
	}
	return who, lacks, because
}

// as returns a principal with its roles.
func (d *entrance) as(principal string, scopes, groups []string) (who governance.Caller, lacks, because error) {
	roles, err := d.roles.Of(principal, scopes, groups)
	if err != nil {
		return who, errNoRole, fmt.Errorf("%s: %w", principal, err)
	}
	return governance.Caller{Principal: principal, Roles: roles}, nil, nil
}

// missing returns the scopes that a caller's token needs so that what has a name may be called.
func (d *entrance) missing(caller governance.Caller, kind governance.Kind, name string) []string {
	if !strings.HasPrefix(caller.Principal, bearer.PrincipalPrefix) {
		return nil
	}
	scopes := d.policies.Missing(caller, kind, name)
	if scopes == nil {
		return nil
	}
	d.refused.note(caller.Principal, errScope, nil)
	return append(slices.Clone(d.config.Scopes), scopes...)
}
